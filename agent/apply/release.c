/*
 * release.c - kept changes that are no longer needed are undone, or eased
 *
 * Purpose  a change with `release` goes when that has held for its time, at
 *          once or by the steps that its action has
 * Input    facts of this run; records; playbooks, which may have changed since
 * Errors   negative errno: the log or a record cannot be used
 * Runs as  actor
 * Source   SPEC section 3, release
 */
#include <errno.h>
#include <string.h>

#include "agent/apply/work.h"
#include "agent/base/clock.h"
#include "agent/base/text.h"
#include "agent/state/state.h"

/* What could not be released is tried again after so long, times its tries. */
#define RETRY_S   60.0
#define TRIES_MAX 60U

struct release {
	struct apply_host *host;
	const struct fact_set *facts;
	struct record_list kept;
	bool *is_done; /* of the kept ones */
	struct plan eased;
	int undone;
};

static const struct fix *
fix_of(const struct apply_host *host, const struct record *record)
{
	const struct playbook *playbook =
	    host->playbooks == NULL
	        ? NULL
	        : playbook_find(host->playbooks, record->playbook);

	for (size_t i = 0; playbook != NULL && i < playbook->fix_count; i++)
		if (strcmp(playbook->fixes[i].name, record->fix) == 0)
			return &playbook->fixes[i];
	return NULL;
}

/* In a dry run nothing is remembered. */
static int
since_set(struct apply_host *host, struct record *record, int64_t since_s,
    struct why *why)
{
	if (record->release_since_s == since_s || host->audit == NULL)
		return 0;
	record->release_since_s = since_s;
	return record_save(host->arena, host->state_dir, record, why);
}

/* 1: it has held for its time. An unknown begins the time anew. */
static int
release_is_due(struct apply_host *host, struct record *record,
    const struct fix *fix, const struct fact_set *facts, struct why *why)
{
	struct value value =
	    expr_eval(host->arena, fix->release, facts, record->item);
	double wait_s = fix->release_s + RETRY_S * record->tries;
	int64_t now_s = clock_now_s();
	int r;

	if (value.kind != VALUE_BOOL || !value.is_true)
		return since_set(host, record, 0, why);
	if (record->release_since_s == 0 || record->release_since_s > now_s) {
		r = since_set(host, record, now_s, why);
		if (r < 0)
			return r;
		if (wait_s > 0)
			return 0;
	}
	return (double)(now_s - record->release_since_s) >= wait_s ? 1 : 0;
}

/* It could not be done: later again, and later each time. */
static int
release_put_off(struct apply_host *host, struct record *record, struct why *why)
{
	if (record->tries < TRIES_MAX)
		record->tries++;
	return since_set(host, record, 0, why);
}

static int
release_one(struct apply_host *host, struct record *record, struct why *why)
{
	const struct journal *journal = journal_for(host);
	struct why reason = {0};
	int r = journal->note(host, record, "release", NULL, why);

	if (r < 0)
		return r;
	record->reason = "no longer needed";
	r = apply_put_back(
	    host, journal, record, RECORD_UNDONE, "undone", &reason);
	if (r == 0)
		return 1;
	/* told and left: by hand it can be tried again */
	if (r != -ESTALE)
		(void)journal->note(
		    host, record, "not-released", reason.text, NULL);
	return release_put_off(host, record, why);
}

/* Most sites have none: then the kept records need not be read. */
static bool
has_release(const struct playbook_set *set)
{
	for (size_t i = 0; set != NULL && i < set->count; i++)
		for (size_t j = 0; j < set->playbooks[i].fix_count; j++)
			if (set->playbooks[i].fixes[j].release != NULL)
				return true;
	return false;
}

static bool
is_one_fix(const struct record *a, const struct record *b)
{
	return strcmp(a->playbook, b->playbook) == 0 &&
	       strcmp(a->fix, b->fix) == 0 && text_equal(a->item, b->item);
}

/*
 * All that the fix has made for this item, the last one first. What others
 * stand on stays: it was made once, and does nothing by itself.
 */
static int
release_all(struct release *release, size_t i, struct why *why)
{
	struct record *records = release->kept.records;
	const struct record *first = &records[i];

	for (size_t k = i + 1; k > 0; k--) {
		int r;

		if (release->is_done[k - 1] || records[k - 1].change.is_base ||
		    !is_one_fix(&records[k - 1], first))
			continue;
		release->is_done[k - 1] = true;
		r = release_one(release->host, &records[k - 1], why);
		if (r < 0)
			return r;
		release->undone += r;
	}
	return 0;
}

/* Once for all that the fix has made for this item. */
static int
ease_one(
    struct release *release, size_t i, const struct fix *fix, struct why *why)
{
	struct apply_host *host = release->host;
	struct record *record = &release->kept.records[i];
	struct planned_fix step = {0};
	int r = apply_ease(host, record,
	    playbook_find(host->playbooks, record->playbook), fix,
	    release->facts, &step, why);

	if (r == 1)
		return release_all(release, i, why);
	for (size_t k = 0; k < release->kept.count; k++)
		release->is_done[k] |=
		    is_one_fix(&release->kept.records[k], record);
	release->eased.fixes[release->eased.count++] = step;
	if (r < 0)
		return r;
	if (step.state == PLANNED_REVERTED || step.state == PLANNED_FAILED)
		return release_put_off(host, record, why);
	return 0;
}

static int
release_turn(struct release *release, size_t i, struct why *why)
{
	struct apply_host *host = release->host;
	struct record *record = &release->kept.records[i];
	const struct fix *fix =
	    record->has_release ? fix_of(host, record) : NULL;
	int r;

	/* the facts are older than what was made in this run */
	if (fix == NULL || fix->release == NULL || record->change.is_base ||
	    release->is_done[i] || strcmp(record->run, host->run) == 0)
		return 0;
	r = release_is_due(host, record, fix, release->facts, why);
	if (r <= 0)
		return r;
	if (action_has_steps(fix->action->name)) {
		/* what is content now was no vain effort: for the breaker */
		if (host->audit != NULL)
			state_fix_result(host->state, record->playbook, true);
		return ease_one(release, i, fix, why);
	}
	release->is_done[i] = true;
	r = release_one(host, record, why);
	if (r > 0)
		release->undone += r;
	return r < 0 ? r : 0;
}

int
apply_release(struct apply_host *host, const struct fact_set *facts,
    struct plan *eased, struct why *why)
{
	struct release release = {.host = host, .facts = facts};
	int r;

	if (eased != NULL)
		*eased = (struct plan){0};
	if (!has_release(host->playbooks))
		return 0;
	r = record_list_load_release(
	    host->arena, host->state_dir, &release.kept, why);
	if (r < 0)
		return r;
	release.is_done = arena_alloc(
	    host->arena, release.kept.count, sizeof(*release.is_done));
	release.eased.fixes = arena_alloc(
	    host->arena, release.kept.count, sizeof(*release.eased.fixes));
	for (size_t i = release.kept.count; r == 0 && i > 0; i--)
		r = release_turn(&release, i - 1, why);
	if (eased != NULL)
		*eased = release.eased;
	return r < 0 ? r : release.undone;
}
