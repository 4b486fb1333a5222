/*
 * pause_destination.c - action pause-destination: try nothing for a time
 *
 * Purpose  one action; row ACTION(pause_destination) in
 *          actions/action_table.def: for those that say "come back in 4 hours"
 * Input    facts of tables `destination` and `queue`; what is remembered
 * Errors   -EPERM: it is more than half of the mail that waits, or nobody would
 *          end it; -ENODATA: how much that is, is unknown
 * Runs as  actor; pure
 * Source   SPEC section 5; postconf(5), defer_transports
 *
 * It ends by the `release` of its fix, which only a later run can see: where
 * none was a while ago, none may come.
 */
#include <errno.h>

#include "actions/throttle_plan.h"

/* One destination is suspended, not the mail of a host. */
#define PAUSE_SHARE_MAX 0.5

static int
refuse_much(
    const struct action_input *input, const char *domain, struct why *why)
{
	struct value queued =
	    action_cell(input, "destination", domain, "queued");
	struct value all = action_cell(input, "queue", NULL, "messages");

	if (queued.kind != VALUE_NUMBER || all.kind != VALUE_NUMBER)
		return why_set(why, -ENODATA,
		    "it is not known how much of the queue that is");
	if (queued.number > PAUSE_SHARE_MAX * all.number)
		return why_set(why, -EPERM,
		    "%.0f of the %.0f messages in the queue are for %s: more "
		    "than half is not paused",
		    queued.number, all.number, domain);
	return 0;
}

/* Mail that nobody tries any more comes back to its sender in the end. */
static int
refuse_alone(const struct action_input *input, struct why *why)
{
	if (input->throttles == NULL || input->throttles->interval_s > 0)
		return 0;
	return why_set(why, -EPERM,
	    "mailfix did not run within the last hour: only a run that comes "
	    "by itself ends a pause (mailfix.timer)");
}

static int
pause_destination_plan(const struct action_input *input,
    struct action_output *ret, struct why *why)
{
	struct throttle_plan plan = {0};
	const struct step *step = step_find("pause");
	char text[UNIT_TEXT_MAX];
	int r = throttle_plan_begin(input, &plan, why);

	if (r == 0)
		r = refuse_alone(input, why);
	if (r == 0)
		r = refuse_much(input, plan.domain, why);
	if (r < 0)
		return r;
	r = throttle_plan_move(input, &plan, step, NULL, ret, why);
	if (r == 0)
		ret->summary = arena_printf(input->arena,
		    "try nothing to %s for %s", plan.domain,
		    unit_format(UNIT_SECONDS,
		        throttle_law_pause_s(&plan.evidence), text));
	return r;
}

const struct action action_pause_destination = {
    .spec =
        {
               .name = "pause-destination",
               .risk = RISK_SAFE,
               .doc = "try nothing to one destination until the time that it "
                   "named", .params = throttle_plan_params,
               .tables = throttle_plan_tables,
               },
    .plan = pause_destination_plan,
    .ease = throttle_plan_ease,
};
