/*
 * release.c - kept changes that are no longer needed are undone
 *
 * Purpose  a change with `release` goes when that has held for its time
 * Input    facts of this run; records; playbooks, which may have changed since
 * Errors   negative errno: the log or a record cannot be used
 * Runs as  actor
 * Source   SPEC section 3, release
 */
#include <errno.h>
#include <string.h>

#include "agent/apply/work.h"
#include "agent/base/clock.h"

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

static int
since_set(struct apply_host *host, struct record *record, int64_t since_s,
    struct why *why)
{
	if (record->release_since_s == since_s)
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
	int64_t now_s = clock_now_s();
	int r;

	if (value.kind != VALUE_BOOL || !value.is_true)
		return since_set(host, record, 0, why);
	if (record->release_since_s == 0 || record->release_since_s > now_s) {
		r = since_set(host, record, now_s, why);
		if (r < 0)
			return r;
	}
	return (double)(now_s - record->release_since_s) >= fix->release_s ? 1
	                                                                   : 0;
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
	return since_set(host, record, 0, why);
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

int
apply_release(
    struct apply_host *host, const struct fact_set *facts, struct why *why)
{
	struct record_list kept = {0};
	int count = 0, r;

	if (!has_release(host->playbooks))
		return 0;
	r = record_list_load(
	    host->arena, host->state_dir, RECORD_KEPT, &kept, why);
	if (r < 0)
		return r;
	for (size_t i = kept.count; i > 0; i--) {
		struct record *record = &kept.records[i - 1];
		const struct fix *fix =
		    record->has_release ? fix_of(host, record) : NULL;

		if (fix == NULL || fix->release == NULL)
			continue;
		r = release_is_due(host, record, fix, facts, why);
		if (r == 1)
			r = release_one(host, record, why);
		if (r < 0)
			return r;
		count += r;
	}
	return count;
}
