/*
 * limit_messages_per_connection.c - action limit-messages-per-connection
 *
 * Purpose  one action; row ACTION(limit_messages_per_connection) in
 *          actions/action_table.def: for those that cut long sessions
 * Input    facts of table `destination`; what is remembered of it
 * Errors   as lower-concurrency; -EPERM: that is not why it refuses
 * Runs as  actor; pure
 * Source   SPEC section 5; postconf(5), smtp_connection_reuse_count_limit
 */
#include <errno.h>

#include "actions/throttle_plan.h"

static int
limit_messages_plan(const struct action_input *input, struct action_output *ret,
    struct why *why)
{
	struct throttle_plan plan = {0};
	const struct step *step = NULL;
	const char *text = NULL;
	int r = throttle_plan_begin(input, &plan, why);

	if (r < 0)
		return r;
	if (plan.evidence.cause != REPLY_CAUSE_MESSAGES_PER_CONNECTION)
		return why_set(why, -EPERM,
		    "%s does not refuse for the number of messages in a "
		    "connection",
		    plan.domain);
	r = throttle_law_lower(&plan.evidence, &step, &text, why);
	if (r < 0)
		return r;
	return throttle_plan_move(input, &plan, step, text, ret, why);
}

const struct action action_limit_messages_per_connection = {
    .spec =
        {
               .name = "limit-messages-per-connection",
               .risk = RISK_SAFE,
               .doc = "send fewer messages in one connection to a destination",
               .params = throttle_plan_params,
               .tables = throttle_plan_tables,
               },
    .plan = limit_messages_plan,
    .ease = throttle_plan_ease,
};
