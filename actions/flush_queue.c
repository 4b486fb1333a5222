/*
 * flush_queue.c - action flush-queue: try chosen deferred messages again
 *
 * Purpose  one action; row ACTION(flush_queue) in actions/action_table.def
 * Input    parameters of the fix; ids that an observer chose
 * Errors   as queue_plan.h says
 * Runs as  actor
 * Source   postqueue(1) -i
 */
#include "actions/queue_plan.h"

/*
 * As many as a run may be busy with: a hundred a second (measured), or all at
 * once. The rest is left to later runs, and to Postfix.
 */
#define FLUSH_MAX 1000

static int
flush_queue_plan(const struct action_input *input, struct action_output *ret,
    struct why *why)
{
	static const struct queue_plan plan = {
	    .verb = "flush",
	    .word = "try again",
	    .state = "deferred",
	    .max = FLUSH_MAX,
	    .takes_away = false,
	};

	return queue_plan_make(input, &plan, ret, why);
}

const struct action action_flush_queue = {
    .spec =
        {
               .name = "flush-queue",
               .risk = RISK_SAFE,
               .doc = "try chosen deferred messages again, slowly",
               .params = queue_plan_params_no_state,
               },
    .plan = flush_queue_plan,
};
