/*
 * lower_concurrency.c - action lower-concurrency: send more slowly to one
 * destination
 *
 * Purpose  one action; row ACTION(lower_concurrency) in
 *          actions/action_table.def: fewer sessions, then a rate, then delays
 * Input    facts of table `destination`; what is remembered of it
 * Errors   -EPERM: it must not be, or cures nothing; -EALREADY: it is slow
 *          enough; -ENODATA: a fact it rests on is unknown
 * Runs as  actor; pure
 * Source   SPEC section 5; throttle_law.h
 */
#include "actions/throttle_plan.h"

static int
lower_concurrency_plan(const struct action_input *input,
    struct action_output *ret, struct why *why)
{
	struct throttle_plan plan = {0};
	const struct step *step = NULL;
	const char *text = NULL;
	int r = throttle_plan_begin(input, &plan, why);

	if (r == 0)
		r = throttle_law_lower(&plan.evidence, &step, &text, why);
	if (r < 0)
		return r;
	return throttle_plan_move(input, &plan, step, text, ret, why);
}

const struct action action_lower_concurrency = {
    .spec =
        {
               .name = "lower-concurrency",
               .risk = RISK_SAFE,
               .doc = "send more slowly to one destination: fewer sessions, then "
                   "fewer messages a time; back up a step at a time", .params = throttle_plan_params,
               .tables = throttle_plan_tables,
               },
    .plan = lower_concurrency_plan,
    .ease = throttle_plan_ease,
};
