/*
 * queue_scan.c - names of the states, domains of addresses
 *
 * Purpose  what all mail systems share of a walk over the queue
 * Input    addresses as senders chose them: any bytes
 * Errors   -EINVAL for a state that does not exist
 * Runs as  the queue's observer; the names also in the actor
 * Source   RFC 1035, RFC 6531; QSHAPE_README for what a domain is
 */
#include "agent/mta/queue_scan.h"

#include <errno.h>
#include <string.h>

#include "agent/base/auto.h"

static const char *const names[] = {
    [QUEUE_INCOMING] = "incoming",
    [QUEUE_ACTIVE] = "active",
    [QUEUE_DEFERRED] = "deferred",
    [QUEUE_HOLD] = "hold",
};
_Static_assert(ARRAY_COUNT(names) == QUEUE_STATE_MAX, "a name a state");

const char *
queue_state_to_text(enum queue_state state)
{
	return state < QUEUE_STATE_MAX ? names[state] : "?";
}

int
queue_state_from_text(const char *text, enum queue_state *ret)
{
	for (size_t i = 0; i < QUEUE_STATE_MAX; i++) {
		if (strcmp(text, names[i]) == 0) {
			*ret = (enum queue_state)i;
			return 0;
		}
	}
	return -EINVAL;
}

size_t
queue_domain(
    const struct queue_text *address, char ret[static QUEUE_DOMAIN_MAX])
{
	const char *at = NULL;
	size_t length;

	if (address->length > 0)
		at = memrchr(address->text, '@', address->length);
	if (at != NULL) {
		at++;
		length = address->length - (size_t)(at - address->text);
		while (length > 0 && at[length - 1] == '.')
			length--;
	}
	if (at == NULL || length == 0) {
		memcpy(ret, QUEUE_DOMAIN_NONE, sizeof(QUEUE_DOMAIN_NONE));
		return sizeof(QUEUE_DOMAIN_NONE) - 1;
	}
	if (length > QUEUE_DOMAIN_MAX - 1)
		length = QUEUE_DOMAIN_MAX - 1;
	for (size_t i = 0; i < length; i++) {
		char c = at[i];

		ret[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	ret[length] = '\0';
	return length;
}
