/*
 * release_queue.c - action release-queue: let chosen messages on hold go on
 *
 * Purpose  one action; row ACTION(release_queue) in actions/action_table.def
 * Input    parameters of the fix; ids that an observer chose
 * Errors   as queue_plan.h says
 * Runs as  actor
 * Source   postsuper(1) -H
 */
#include "actions/queue_plan.h"

static int
release_queue_plan(const struct action_input *input, struct action_output *ret,
    struct why *why)
{
	static const struct queue_plan plan = {
	    .verb = "release",
	    .word = "release",
	    .state = "hold",
	    .max = QUEUE_SELECT_MAX,
	    .takes_away = false,
	};

	return queue_plan_make(input, &plan, ret, why);
}

const struct action action_release_queue = {
    .spec =
        {
               .name = "release-queue",
               .risk = RISK_SAFE,
               .doc = "release chosen messages that are on hold",
               .params = queue_plan_params_no_state,
               },
    .plan = release_queue_plan,
};
