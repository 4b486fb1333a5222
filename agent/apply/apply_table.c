/*
 * apply_table.c - how a fix goes: state x event
 *
 * Purpose  the whole order of a transaction in one table
 * Input    events of the steps
 * Errors   none: every event leads somewhere, and every way to the end
 * Runs as  actor
 * Source   the idea of one table: s6-supervise
 */
#include "agent/apply/apply_table.h"

static enum apply_event (*const steps[APPLY_STATE_MAX])(struct work *) = {
    [APPLY_LOOK] = apply_step_look,
    [APPLY_INTENT] = apply_step_intent,
    [APPLY_CHECK] = apply_step_check,
    [APPLY_CAPTURE] = apply_step_capture,
    [APPLY_PERFORM] = apply_step_perform,
    [APPLY_VERIFY] = apply_step_verify,
    [APPLY_KEEP] = apply_step_keep,
    [APPLY_UNDO] = apply_step_undo,
    [APPLY_DROP] = apply_step_drop,
};

/* clang-format off */
static const enum apply_state table[APPLY_STATE_MAX][APPLY_EVENT_MAX] = {
	/*                  DONE           REFUSED     FAILED      SHOWN       FATAL */
	[APPLY_LOOK]    = { APPLY_INTENT,  APPLY_END,  APPLY_END,  APPLY_END,  APPLY_END },
	[APPLY_INTENT]  = { APPLY_CHECK,   APPLY_DROP, APPLY_DROP, APPLY_DROP, APPLY_DROP },
	[APPLY_CHECK]   = { APPLY_CAPTURE, APPLY_DROP, APPLY_DROP, APPLY_DROP, APPLY_DROP },
	[APPLY_CAPTURE] = { APPLY_PERFORM, APPLY_DROP, APPLY_DROP, APPLY_DROP, APPLY_DROP },
	[APPLY_PERFORM] = { APPLY_VERIFY,  APPLY_UNDO, APPLY_UNDO, APPLY_UNDO, APPLY_UNDO },
	[APPLY_VERIFY]  = { APPLY_KEEP,    APPLY_UNDO, APPLY_UNDO, APPLY_UNDO, APPLY_UNDO },
	[APPLY_KEEP]    = { APPLY_END,     APPLY_END,  APPLY_END,  APPLY_END,  APPLY_END },
	[APPLY_UNDO]    = { APPLY_END,     APPLY_END,  APPLY_END,  APPLY_END,  APPLY_END },
	[APPLY_DROP]    = { APPLY_END,     APPLY_END,  APPLY_END,  APPLY_END,  APPLY_END },
	[APPLY_END]     = { APPLY_END,     APPLY_END,  APPLY_END,  APPLY_END,  APPLY_END },
};

/* clang-format on */

void
apply_table_run(struct work *work)
{
	enum apply_state state = APPLY_LOOK;

	while (state != APPLY_END)
		state = table[state][steps[state](work)];
}
