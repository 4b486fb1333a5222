/*
 * planning.h - the work at hand of plan_build; for this folder only
 */
#ifndef MAILFIX_PLAN_PLANNING_H
#define MAILFIX_PLAN_PLANNING_H

#include "agent/plan/plan.h"

struct planning {
	const struct plan_request *request;
	struct planned_fix *fixes; /* heap; handed to the arena at the end */
	size_t count, size;
	unsigned changes;    /* of the fixes planned so far */
	unsigned disruptive; /* fixes planned so far */
};

/*
 * planning_gate - may this fix be made at all, now?
 *
 * Asked before the action is: what a fix would do does not matter when it must
 * not be done. Returns NULL, or the reason; *ret_state then says whether it is
 * skipped or limited.
 */
const char *planning_gate(const struct planning *planning,
    const struct finding *finding, const struct fix *fix,
    enum planned_state *ret_state);

/*
 * planning_budget - do these changes fit beside the others of this run?
 * Returns NULL, or the reason.
 */
const char *planning_budget(const struct planning *planning,
    const struct fix *fix, const struct action_output *output);

#endif
