/*
 * raise_concurrency.c - action raise-concurrency: a step faster again
 *
 * Purpose  one action; row ACTION(raise_concurrency) in
 *          actions/action_table.def. For sites that write their own rule; the
 *          `release` of lower-concurrency does the same by itself
 * Input    facts of table `destination`; what is remembered of it
 * Errors   -EALREADY: it is at full speed, or its last step back to that is
 *          for `release` or undo; -EAGAIN: not yet
 * Runs as  actor; pure
 * Source   SPEC section 5; throttle_law.h
 */
#include <errno.h>

#include "actions/throttle_plan.h"

static int
raise_concurrency_plan(const struct action_input *input,
    struct action_output *ret, struct why *why)
{
	struct throttle_plan plan = {0};
	int r = throttle_plan_begin(input, &plan, why);

	if (r < 0)
		return r;
	if (plan.evidence.step == NULL)
		return why_set(
		    why, -EALREADY, "%s is not slowed down", plan.domain);
	r = throttle_plan_ease(input, ret, why);
	if (r == 1)
		return why_set(why, -EALREADY,
		    "full speed is next: the slow-down of %s ends by itself",
		    plan.domain);
	return r;
}

const struct action action_raise_concurrency = {
    .spec =
        {
               .name = "raise-concurrency",
               .risk = RISK_SAFE,
               .doc = "send a step faster to a destination that is slowed down",
               .params = throttle_plan_params,
               .tables = throttle_plan_tables,
               },
    .plan = raise_concurrency_plan,
};
