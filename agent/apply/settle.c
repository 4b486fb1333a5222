/*
 * settle.c - finish or revert what an earlier run left open
 *
 * Purpose  after a crash at any instant: the old state or the new one, with a
 *          record of it; running it again does nothing
 * Input    records of the state directory; the host as it stands
 * Errors   negative errno: the log or a record cannot be used, nothing may be
 *          fixed in this run
 * Runs as  actor, before anything else
 * Source   DESIGN "Safety": a crash leaves either the old state or the new one
 *
 * A fix is all or none. When one of its changes is verified, all were: they
 * are kept. Else, when the fresh look shows that all are made and the problem
 * is gone, they are verified now. Else they are put back, the last one first.
 */
#include <errno.h>

#include "agent/apply/work.h"
#include "agent/base/clock.h"
#include "agent/base/text.h"
#include "agent/state/state.h"

/* A change that cannot be put back three runs in a row needs a person. */
#define SETTLE_TRIES_MAX 3U

/* How often old records are looked for, and the counter that tells when. */
#define RETAIN_S         3600
#define COUNTER_RETAINED "records.retained"

struct settle {
	struct apply_host *host;
	const struct journal *journal;
	struct record *records; /* of one fix */
	size_t count;
	int settled;
};

static bool
is_one_fix(const struct record *a, const struct record *b)
{
	return text_equal(a->run, b->run) && text_equal(a->fix, b->fix) &&
	       text_equal(a->playbook, b->playbook) &&
	       text_equal(a->item, b->item);
}

static int
settle_note(struct settle *settle, struct record *record, const char *how,
    struct why *why)
{
	settle->settled++;
	return settle->journal->note(settle->host, record, "settled", how, why);
}

/* Did the crash come after the verification of some of them? */
static bool
was_verified(const struct settle *settle, const struct record_list *kept)
{
	for (size_t i = 0; i < settle->count; i++)
		if (settle->records[i].state == RECORD_VERIFIED)
			return true;
	for (size_t i = 0; i < kept->count; i++)
		if (is_one_fix(&kept->records[i], &settle->records[0]))
			return true;
	return false;
}

static bool
is_made(struct settle *settle, struct record *record)
{
	struct change_host host = change_host_of(settle->host, record);
	enum change_found found;

	if (record->state != RECORD_CAPTURED &&
	    record->state != RECORD_PERFORMED)
		return false;
	return settle->host->effects->look(
	           &record->change, &host, &found, NULL) == 0 &&
	       found == CHANGE_IS_AFTER;
}

static const struct fix *
fix_find(const struct playbook *playbook, const char *name)
{
	for (size_t i = 0; playbook != NULL && i < playbook->fix_count; i++)
		if (text_equal(playbook->fixes[i].name, name))
			return &playbook->fixes[i];
	return NULL;
}

/* All made, and the problem gone: what is missing is only the last word. */
static bool
is_cured(struct settle *settle)
{
	struct apply_host *host = settle->host;
	const struct record *first = &settle->records[0];
	const struct playbook *playbook =
	    host->playbooks == NULL
	        ? NULL
	        : playbook_find(host->playbooks, first->playbook);
	const struct fix *fix = fix_find(playbook, first->fix);
	struct fact_set *facts = NULL;

	if (fix == NULL || host->look == NULL)
		return false;
	for (size_t i = 0; i < settle->count; i++)
		if (!is_made(settle, &settle->records[i]))
			return false;
	if (fix->verify == NULL && action_has_steps(fix->action->name))
		return true; /* a step is verified when it is in effect */
	return apply_look(host, fix->verify, playbook->when, &facts, NULL) ==
	           0 &&
	       apply_cure(host, playbook, fix, first->item, facts, NULL) ==
	           CURE_YES;
}

static int
keep_all(struct settle *settle, const char *how, struct why *why)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < settle->count; i++) {
		struct record *record = &settle->records[i];

		apply_changed(settle->host, record, true);
		r = settle_note(settle, record, how, why);
		if (r == 0)
			r = apply_keep(settle->host, settle->journal, record,
			    "verified", why);
	}
	return r;
}

/* Not now: the next run tries again, and after some tries a person must. */
static int
put_off(struct settle *settle, struct record *record, const struct why *reason,
    struct why *why)
{
	const char *text = arena_dup(settle->host->arena, reason->text);
	int r;

	record->tries++;
	if (record->tries < SETTLE_TRIES_MAX)
		return settle->journal->step(settle->host, record,
		    record->state, "not-settled", text, why);
	r = settle->journal->step(
	    settle->host, record, RECORD_FAILED, "failed", text, why);
	if (r == 0)
		r = settle_note(settle, record, "given up", why);
	if (r == 0)
		r = settle->journal->move(
		    settle->host, record, RECORD_CLOSED, why);
	return r;
}

static int
revert_made(struct settle *settle, struct record *record, struct why *why)
{
	struct why reason = {0};
	int r = settle_note(settle, record, "interrupted", why);

	if (r < 0)
		return r;
	record->reason = "the run was interrupted before it was verified";
	r = apply_put_back(settle->host, settle->journal, record,
	    RECORD_REVERTED, "reverted", &reason);
	if (r == 0 || record->place == RECORD_CLOSED)
		return 0;
	settle->settled--;
	return put_off(settle, record, &reason, why);
}

static int
revert_one(struct settle *settle, struct record *record, struct why *why)
{
	int r = 0;

	switch (record->state) {
	case RECORD_CAPTURED:
	case RECORD_PERFORMED:
		return revert_made(settle, record, why);
	case RECORD_INTENT:
		r = settle->journal->step(settle->host, record, RECORD_DROPPED,
		    "dropped", "the run was interrupted before it was made",
		    why);
		if (r < 0)
			return r;
		r = settle_note(settle, record, "never made", why);
		break;
	case RECORD_VERIFIED:
	case RECORD_REVERTED:
	case RECORD_UNDONE:
	case RECORD_FAILED:
	case RECORD_DROPPED:
	case RECORD_SUPERSEDED:
	case RECORD_STATE_MAX:
		/* its last step is done; only the closing is missing */
		r = settle_note(settle, record, "closed", why);
		break;
	}
	if (r == 0)
		r = settle->journal->move(
		    settle->host, record, RECORD_CLOSED, why);
	return r;
}

static int
settle_fix(
    struct settle *settle, const struct record_list *kept, struct why *why)
{
	const char *playbook = settle->records[0].playbook;
	bool was_begun = false;
	int r = 0;

	if (was_verified(settle, kept))
		return keep_all(settle, "verified before", why);
	if (is_cured(settle))
		return keep_all(settle, "verified now", why);
	for (size_t i = settle->count; r == 0 && i > 0; i--) {
		was_begun |= settle->records[i - 1].state != RECORD_INTENT &&
		             settle->records[i - 1].state != RECORD_DROPPED;
		r = revert_one(settle, &settle->records[i - 1], why);
	}
	if (r == 0 && was_begun)
		r = settle->journal->result(settle->host, playbook, false, why);
	return r;
}

/* Once an hour: a timer may run every few seconds. */
static void
retain(struct apply_host *host)
{
	double unused;
	int64_t at_s;

	if (host->state != NULL &&
	    state_counter_get(host->state, COUNTER_RETAINED, &unused, &at_s) &&
	    clock_now_s() - at_s < RETAIN_S)
		return;
	record_retain(host->arena, host->state_dir);
	if (host->state != NULL)
		state_counter_set(host->state, COUNTER_RETAINED, 1);
}

int
apply_settle(struct apply_host *host, struct why *why)
{
	struct record_list open = {0}, kept = {0};
	int settled = 0;
	int r = record_list_load(
	    host->arena, host->state_dir, RECORD_OPEN, &open, why);

	if (r == 0 && open.count != 0)
		r = record_list_load(
		    host->arena, host->state_dir, RECORD_KEPT, &kept, why);
	for (size_t i = 0, next; r == 0 && i < open.count; i = next) {
		struct settle settle = {.host = host,
		    .journal = journal_for(host),
		    .records = &open.records[i]};

		for (next = i; next < open.count && is_one_fix(&open.records[i],
		                                        &open.records[next]);
		     next++)
			settle.count++;
		if (host->progress != NULL)
			host->progress(
			    host->user, "settling what a run left open");
		r = settle_fix(&settle, &kept, why);
		settled += settle.settled;
	}
	if (r < 0)
		return r;
	retain(host);
	return settled;
}
