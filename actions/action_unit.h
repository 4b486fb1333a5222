/*
 * action_unit.h - what start-unit, restart-unit and reload-unit have in common
 */
#ifndef MAILFIX_ACTIONS_ACTION_UNIT_H
#define MAILFIX_ACTIONS_ACTION_UNIT_H

#include "actions/action.h"

extern const struct action_param action_unit_params[];
extern const char *const action_unit_tables[]; /* of facts; ends with NULL */

/* What one verb asks of the unit before it may be planned. */
struct action_unit {
	const char *verb;        /* "start" */
	const char *const *from; /* states it may be in; NULL-terminated */
	const char *otherwise;   /* the reason when it is in another */
};

/*
 * action_unit_plan - one change of kind "unit"
 *
 * -ENODATA when a fact it rests on is unknown, -EPERM when it would do harm
 * (masked, or a mail system whose configuration fails its own check), -EBUSY
 * when systemd has a job for it, -EALREADY when it is in no state to `verb`.
 */
int action_unit_plan(const struct action_input *input,
    const struct action_unit *plan, struct action_output *ret, struct why *why);

#endif
