/*
 * hold_queue.c - action hold-queue: put chosen messages on hold
 *
 * Purpose  one action; row ACTION(hold_queue) in actions/action_table.def
 * Input    parameters of the fix; ids that an observer chose
 * Errors   as queue_plan.h says
 * Runs as  actor
 * Source   postsuper(1) -h
 */
#include "actions/queue_plan.h"

static int
hold_queue_plan(const struct action_input *input, struct action_output *ret,
    struct why *why)
{
	static const struct queue_plan plan = {
	    .verb = "hold",
	    .word = "hold",
	    .state = "deferred",
	    .max = QUEUE_SELECT_MAX,
	    .takes_away = true,
	};

	return queue_plan_make(input, &plan, ret, why);
}

const struct action action_hold_queue = {
    .spec =
        {
               .name = "hold-queue",
               .risk = RISK_SAFE,
               .doc = "put chosen messages on hold: nothing tries to deliver them",
               .params = queue_plan_params_account,
               },
    .plan = hold_queue_plan,
};
