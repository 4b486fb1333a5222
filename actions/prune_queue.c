/*
 * prune_queue.c - action prune-queue: take chosen messages into the quarantine
 *
 * Purpose  one action; row ACTION(prune_queue) in actions/action_table.def
 * Input    parameters of the fix; ids that an observer chose
 * Errors   as queue_plan.h says
 * Runs as  actor
 * Source   SPEC section 5
 */
#include "actions/queue_plan.h"

static int
prune_queue_plan(const struct action_input *input, struct action_output *ret,
    struct why *why)
{
	static const struct queue_plan plan = {
	    .verb = "prune",
	    .word = "quarantine",
	    .state = NULL,
	    .max = QUEUE_SELECT_MAX,
	    .takes_away = true,
	};

	return queue_plan_make(input, &plan, ret, why);
}

const struct action action_prune_queue = {
    .spec =
        {
               .name = "prune-queue",
               .risk = RISK_DESTRUCTIVE,
               .doc =
                "move chosen messages into the quarantine; undo brings them back",
               .params = queue_plan_params,
               },
    .plan = prune_queue_plan,
};
