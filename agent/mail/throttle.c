/*
 * throttle.c - find a destination among those that are slowed down
 *
 * Purpose  one look-up
 * Input    rows from the state: our own
 * Errors   none
 * Runs as  both roles
 * Source   SPEC section 5, lower-concurrency
 */
#include "agent/mail/throttle.h"

#include <strings.h>

const struct throttle *
throttle_find(const struct throttle_list *list, const char *domain)
{
	for (size_t i = 0; list != NULL && i < list->count; i++)
		if (strcasecmp(list->rows[i].domain, domain) == 0)
			return &list->rows[i];
	return NULL;
}
