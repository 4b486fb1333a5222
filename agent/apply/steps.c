/*
 * steps.c - the steps of a fix, up to the last one that can be refused
 *
 * Purpose  look, intent, check, capture, and dropping what was never made
 * Input    one planned fix
 * Errors   as events; the first reason is kept
 * Runs as  actor
 * Source   apply.h
 */
#include <errno.h>

#include "agent/apply/apply_table.h"
#include "agent/base/clock.h"

/* A plan shown at once rests on a look of this age at most; probes take two
 * seconds together. What waited longer for an answer is looked at again. */
#define FRESH_S 5

struct change_host
change_host_of(struct apply_host *host, const struct record *record)
{
	return (struct change_host){
	    .arena = host->arena,
	    .config = host->config,
	    .mta = host->mta,
	    .store = record_dir(host->arena, host->state_dir, record),
	};
}

void
apply_changed(
    struct apply_host *host, const struct record *record, bool is_made)
{
	if (host->changed != NULL)
		host->changed(host->user, &record->change, is_made);
}

static enum apply_event
skip(struct work *work, const char *prefix, const struct why *why)
{
	work->planned->state = PLANNED_SKIPPED;
	work->planned->reason =
	    arena_printf(work->host->arena, "%s%s", prefix, why->text);
	return APPLY_REFUSED;
}

/* Logged as well; a log that cannot be written ends the run. */
static enum apply_event
skip_logged(struct work *work, const char *prefix, const struct why *why)
{
	int r;

	(void)skip(work, prefix, why);
	r = work->journal->skip(work->host, work->planned, &work->why);
	if (r < 0)
		work->fatal = r;
	return r < 0 ? APPLY_FATAL : APPLY_REFUSED;
}

static enum apply_event
fatal(struct work *work, int r, const struct why *why)
{
	work->fatal = r;
	work->why = *why;
	(void)skip(work, "", why);
	return APPLY_FATAL;
}

static bool
is_fresh(const struct apply_host *host)
{
	int64_t age_s = clock_now_s() - host->looked_s;

	return host->looked_s > 0 && age_s >= 0 && age_s <= FRESH_S;
}

/* A step toward normal rests on the fix's `release`. */
static enum apply_event
look_release(struct work *work)
{
	const struct expr *release = work->planned->fix->release;
	const struct finding *finding = work->planned->finding;
	struct fact_set *facts = NULL;
	struct why why = {0};
	struct value value;
	int r = apply_look(work->host, release, NULL, &facts, &why);

	if (r == -EPROTO)
		return fatal(work, r, &why);
	if (r < 0)
		return skip_logged(work, "no fresh look: ", &why);
	value = expr_eval(work->host->arena, release, facts, finding->item);
	if (value.kind == VALUE_BOOL && value.is_true)
		return APPLY_DONE;
	(void)why_set(&why, 0, "%s",
	    value.kind == VALUE_UNKNOWN && value.text != NULL
	        ? value.text
	        : "its release does not hold any more");
	return skip_logged(work, "stale: ", &why);
}

enum apply_event
apply_step_look(struct work *work)
{
	struct finding *finding = work->planned->finding;
	struct fact_set *facts = NULL;
	struct why why = {0};
	enum cure gone;
	int r;

	if (is_fresh(work->host))
		return APPLY_DONE;
	if (work->is_ease)
		return look_release(work);
	r = apply_look(work->host, finding->playbook->when, NULL, &facts, &why);
	if (r == -EPROTO)
		return fatal(work, r, &why);
	if (r < 0)
		return skip_logged(work, "no fresh look: ", &why);
	gone = apply_gone(
	    work->host, finding->playbook, finding->item, facts, &why);
	if (gone == CURE_UNKNOWN)
		return skip_logged(work, "stale: no longer known: ", &why);
	if (gone == CURE_YES) {
		/* as a start of Postfix also copies what its chroot needs */
		finding->state = FINDING_FIXED;
		(void)why_set(&why, 0, "the problem is gone by now");
		return skip_logged(work, "stale: ", &why);
	}
	return APPLY_DONE;
}

enum apply_event
apply_step_intent(struct work *work)
{
	struct why why = {0};

	for (size_t i = 0; i < work->planned->change_count; i++) {
		int r;

		work->begun = i + 1;
		r = work->journal->begin(work->host, &work->records[i], &why);
		if (r < 0)
			return fatal(work, r, &why);
	}
	return APPLY_DONE;
}

enum apply_event
apply_step_check(struct work *work)
{
	for (size_t i = 0; i < work->planned->change_count; i++) {
		struct change_host host =
		    change_host_of(work->host, &work->records[i]);
		struct why why = {0};
		int r = work->host->effects->check(
		    &work->records[i].change, &host, &why);

		if (r < 0)
			return skip_logged(
			    work, r == -ESTALE ? "stale: " : "", &why);
	}
	return APPLY_DONE;
}

static enum apply_event
capture_one(struct work *work, struct record *record)
{
	struct change_host host = change_host_of(work->host, record);
	struct why why = {0};
	int r = work->host->effects->capture(&record->change, &host, &why);

	if (r == EFFECTS_SHOWN)
		return APPLY_SHOWN;
	if (r < 0) {
		(void)skip_logged(work, "", &why);
		return work->fatal < 0 ? APPLY_FATAL : APPLY_FAILED;
	}
	r = work->journal->step(
	    work->host, record, RECORD_CAPTURED, "captured", NULL, &why);
	return r < 0 ? fatal(work, r, &why) : APPLY_DONE;
}

enum apply_event
apply_step_capture(struct work *work)
{
	enum apply_event event = APPLY_DONE;
	struct why why = {0};
	int r;

	for (size_t i = 0;
	     event == APPLY_DONE && i < work->planned->change_count; i++)
		event = capture_one(work, &work->records[i]);
	if (event != APPLY_DONE)
		return event;
	if (work->is_ease)
		return APPLY_DONE; /* limits are for what makes it worse */
	/* before the first act: a crash in it counts as a try */
	r = work->journal->count(work->host, work->planned, &why);
	return r < 0 ? fatal(work, r, &why) : APPLY_DONE;
}

enum apply_event
apply_step_drop(struct work *work)
{
	for (size_t i = work->begun; i > 0; i--) {
		struct record *record = &work->records[i - 1];
		struct why why = {0};
		int r = work->journal->step(work->host, record, RECORD_DROPPED,
		    "dropped", work->planned->reason, &why);

		/* what cannot be closed now is settled by the next run */
		if (r == 0)
			r = work->journal->move(
			    work->host, record, RECORD_CLOSED, &why);
		if (r < 0 && work->fatal == 0) {
			work->fatal = r;
			work->why = why;
		}
	}
	return APPLY_DONE;
}
