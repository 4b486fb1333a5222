/*
 * steps_act.c - the steps of a fix that touch the host, and their way back
 *
 * Purpose  perform, verify, keep, undo
 * Input    one planned fix whose changes are captured
 * Errors   as events; the first reason is kept
 * Runs as  actor
 * Source   apply.h
 */
#include <errno.h>

#include "agent/apply/apply_table.h"

static enum apply_event
failed(struct work *work, int r, const struct why *why)
{
	work->why = *why;
	work->planned->reason = arena_dup(work->host->arena, why->text);
	return r == -EPROTO ? APPLY_FATAL : APPLY_FAILED;
}

static enum apply_event
not_written(struct work *work, int r, const struct why *why)
{
	work->fatal = r;
	work->why = *why;
	work->planned->reason = arena_dup(work->host->arena, why->text);
	return APPLY_FATAL;
}

enum apply_event
apply_step_perform(struct work *work)
{
	struct apply_host *host = work->host;

	for (size_t i = 0; i < work->planned->change_count; i++) {
		struct record *record = &work->records[i];
		struct change_host change_host = change_host_of(host, record);
		struct why why = {0};
		int r;

		if (host->progress != NULL)
			host->progress(host->user, record->change.text);
		work->performed = i + 1;
		r = host->effects->perform(&record->change, &change_host, &why);
		if (r < 0)
			return failed(work, r, &why);
		apply_changed(host, record, true);
		r = work->journal->step(
		    host, record, RECORD_PERFORMED, "done", NULL, &why);
		if (r < 0)
			return not_written(work, r, &why);
	}
	work->planned->state = PLANNED_APPLIED;
	return APPLY_DONE;
}

enum apply_event
apply_step_verify(struct work *work)
{
	const struct fix *fix = work->planned->fix;
	bool is_step =
	    work->is_ease ||
	    (fix->verify == NULL && action_has_steps(fix->action->name));
	struct why why = {0};
	int r =
	    is_step ? apply_in_effect(work, &why) : apply_verify(work, &why);

	if (r == 1)
		return APPLY_DONE;
	if (r == -EPROTO)
		work->fatal = r;
	return failed(work, r, &why);
}

int
apply_keep(struct apply_host *host, const struct journal *journal,
    struct record *record, const char *event, struct why *why)
{
	int r = journal->step(host, record, RECORD_VERIFIED, event, NULL, why);

	if (r == 0)
		r = apply_take_over(host, journal, record, why);
	if (r < 0)
		return r;
	return journal->move(host, record,
	    change_is_undoable(&record->change) ? RECORD_KEPT : RECORD_CLOSED,
	    why);
}

enum apply_event
apply_step_keep(struct work *work)
{
	struct why why = {0};
	int r = 0;

	for (size_t i = 0; r == 0 && i < work->planned->change_count; i++)
		r = apply_keep(work->host, work->journal, &work->records[i],
		    "verified", &why);
	work->planned->state = PLANNED_VERIFIED;
	work->planned->finding->state = FINDING_FIXED;
	if (action_has_steps(work->planned->fix->action->name))
		work->planned->finding->note =
		    "the next runs measure whether it helps";
	/* whether a step helps is seen later: release.c */
	if (r == 0 && !action_has_steps(work->planned->fix->action->name))
		r = work->journal->result(work->host,
		    work->planned->finding->playbook->name, true, &why);
	if (r < 0) {
		work->fatal = r;
		work->why = why;
		return APPLY_FATAL;
	}
	return APPLY_DONE;
}

/* Was anything put back, or was there nothing that could be? */
static bool
had_undo(const struct work *work)
{
	bool is_any = work->performed == 0;

	for (size_t i = 0; i < work->performed; i++)
		is_any |= change_is_undoable(&work->records[i].change);
	return is_any;
}

/* One line for the report: why it failed, and what became of it. */
static void
undo_report(struct work *work, int worst, const struct why *why)
{
	struct planned_fix *planned = work->planned;
	const char *reason = planned->reason != NULL ? planned->reason : "";

	planned->finding->state = FINDING_FAILED;
	if (worst == 0 && had_undo(work)) {
		planned->state = PLANNED_REVERTED;
		return;
	}
	planned->state = PLANNED_FAILED;
	if (worst != 0 && worst != -EOPNOTSUPP)
		planned->reason = arena_printf(work->host->arena,
		    "%s; and it could not be undone: %s", reason, why->text);
}

enum apply_event
apply_step_undo(struct work *work)
{
	struct why why = {0}, one = {0};
	int worst = 0, r;

	for (size_t i = work->planned->change_count; i > 0; i--) {
		struct record *record = &work->records[i - 1];

		if (i > work->performed) {
			r = work->journal->step(work->host, record,
			    RECORD_DROPPED, "dropped", work->planned->reason,
			    &one);
			if (r == 0)
				r = work->journal->move(
				    work->host, record, RECORD_CLOSED, &one);
		} else {
			record->reason = work->planned->reason;
			r = apply_put_back(work->host, work->journal, record,
			    RECORD_REVERTED, "reverted", &one);
		}
		/* what cannot be undone at all is the least of all troubles */
		if (r < 0 && (worst == 0 || worst == -EOPNOTSUPP)) {
			worst = r;
			why = one;
		}
	}
	undo_report(work, worst, &why);
	r = work->is_ease
	        ? 0
	        : work->journal->result(work->host,
	              work->planned->finding->playbook->name, false, &why);
	if (r < 0 && work->fatal == 0) {
		work->fatal = r;
		work->why = why;
	}
	return APPLY_DONE;
}
