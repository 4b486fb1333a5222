/*
 * mta.c - which mail system is it?
 *
 * Purpose  ask each row in turn
 * Input    the configuration's mta =, installed programs
 * Errors   negative errno when a mail system is there and cannot be told
 * Runs as  the actor, or any user
 * Source   SPEC section 5, [host] mta
 */
#include "agent/mta/mta.h"

#include <string.h>

#include "agent/base/auto.h"
#include "agent/mta/exim.h"
#include "agent/mta/postfix.h"

/* Postfix first: its package replaces Exim's, not the other way round. */
static const struct mta_ops *const mta_table[] = {&postfix_ops, &exim_ops};

int
mta_detect(struct arena *arena, const struct config *config, struct mta *ret,
    struct why *why)
{
	static const char *const none[] = {NULL};
	const char *wanted =
	    config != NULL && config->mta != NULL ? config->mta : "auto";

	for (size_t i = 0; i < ARRAY_COUNT(mta_table); i++) {
		struct mta mta = {0};
		int found;

		if (strcmp(wanted, "auto") != 0 &&
		    strcmp(wanted, mta_table[i]->kind) != 0)
			continue;
		found = mta_table[i]->detect(arena, config, &mta, why);
		if (found < 0)
			return found;
		if (found > 0) {
			*ret = mta;
			return 0;
		}
	}
	*ret = (struct mta){
	    .kind = "none", .mailbox_dirs = none, .instances = none};
	return 0;
}
