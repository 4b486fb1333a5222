/*
 * throttle_group.h - domains at the same mail servers, which share one limit
 */
#ifndef MAILFIX_ACTIONS_THROTTLE_GROUP_H
#define MAILFIX_ACTIONS_THROTTLE_GROUP_H

#include "actions/action.h"
#include "agent/mail/step.h"

struct throttle_group {
	/* the servers, by which the rows of all send: so the queue manager has
	 * one queue, and one limit, for them; NULL: each by its own name */
	const char *nexthop;
	const char *const *domains; /* the one asked about is the first */
	size_t count;               /* 1: it is alone */
};

/*
 * throttle_group_find - those that move to that step with it
 *
 * Alone is a domain whose servers are not known for sure in this run, or that
 * no other has; and every one where a setting decides by the name that mail is
 * sent to (TLS, logins). Only sessions and rates can be shared.
 */
void throttle_group_find(const struct action_input *input, const char *domain,
    const struct step *step, struct throttle_group *ret);

/*
 * throttle_group_confirm - leave out those whose servers are others when they
 * are asked about alone; with nobody left to share with, it is alone
 */
void throttle_group_confirm(
    const struct action_input *input, struct throttle_group *group);

/*
 * throttle_group_content - may it go faster, if it is for the others?
 * Returns 0, or -EAGAIN: one of them is refused.
 */
int throttle_group_content(const struct action_input *input, const char *domain,
    const struct step *step, struct why *why);

#endif
