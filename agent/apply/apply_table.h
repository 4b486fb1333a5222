/*
 * apply_table.h - how a fix goes: state x event
 */
#ifndef MAILFIX_APPLY_APPLY_TABLE_H
#define MAILFIX_APPLY_APPLY_TABLE_H

#include "agent/apply/work.h"

enum apply_state {
	APPLY_LOOK,    /* does the finding still hold? */
	APPLY_INTENT,  /* write down what will be done */
	APPLY_CHECK,   /* each change's own second look */
	APPLY_CAPTURE, /* keep all that undo needs */
	APPLY_PERFORM, /* one change after the other */
	APPLY_VERIFY,  /* look until cured */
	APPLY_KEEP,    /* for undo at any later time */
	APPLY_UNDO,    /* put back, the last one first */
	APPLY_DROP,    /* close what was never made */
	APPLY_END,
	APPLY_STATE_MAX
};

enum apply_event {
	APPLY_DONE,
	APPLY_REFUSED, /* it should not be done, or need not */
	APPLY_FAILED,
	APPLY_SHOWN, /* these effects go no further: the plan stands */
	APPLY_FATAL, /* nothing more may be done in this run */
	APPLY_EVENT_MAX
};

/* One step each; they set the fix's state and reason. */
enum apply_event apply_step_look(struct work *work);
enum apply_event apply_step_intent(struct work *work);
enum apply_event apply_step_check(struct work *work);
enum apply_event apply_step_capture(struct work *work);
enum apply_event apply_step_perform(struct work *work);
enum apply_event apply_step_verify(struct work *work);
enum apply_event apply_step_keep(struct work *work);
enum apply_event apply_step_undo(struct work *work);
enum apply_event apply_step_drop(struct work *work);

/* apply_table_run - from LOOK to END */
void apply_table_run(struct work *work);

#endif
