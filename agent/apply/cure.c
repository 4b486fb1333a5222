/*
 * cure.c - fresh looks, and what they say about a finding
 *
 * Purpose  stale before, verified after; unknown is neither
 * Input    facts of observers; expressions of checked playbooks
 * Errors   negative errno of a look
 * Runs as  actor
 * Source   SPEC section 3, verify
 */
#include <poll.h>

#include "agent/apply/work.h"
#include "agent/base/clock.h"

/* The playbook gives no time: as long as a slow service needs to answer. */
#define VERIFY_DEFAULT_S 30.0

/* Pauses between looks grow: a look costs some ms, and most cures are fast. */
#define VERIFY_PAUSE_MS     200
#define VERIFY_PAUSE_MAX_MS 3000

/* With these pauses an hour has fewer; a clock that stands must end, too. */
#define VERIFY_LOOKS_MAX 1300

int
apply_look(struct apply_host *host, const struct expr *a, const struct expr *b,
    struct fact_set **ret, struct why *why)
{
	bool *wanted =
	    arena_alloc(host->arena, schema_table_count(), sizeof(*wanted));

	if (a != NULL)
		expr_tables(a, wanted);
	if (b != NULL)
		expr_tables(b, wanted);
	return host->look(host->user, wanted, ret, why);
}

enum cure
apply_gone(struct apply_host *host, const struct playbook *playbook,
    const char *item, const struct fact_set *facts, struct why *why)
{
	struct value value;

	if (playbook->for_each != NULL) {
		const struct fact_table *table =
		    fact_table_get(facts, playbook->for_each);

		/* the row is gone, and with it what was wrong about it */
		if (table->state == FACT_KNOWN && item != NULL &&
		    fact_row_find(table, item) == NULL)
			return CURE_YES;
	}
	value = expr_eval(host->arena, playbook->when, facts, item);
	if (value.kind == VALUE_BOOL)
		return value.is_true ? CURE_NO : CURE_YES;
	(void)why_set(why, 0, "%s", value.text != NULL ? value.text : "?");
	return CURE_UNKNOWN;
}

enum cure
apply_cure(struct apply_host *host, const struct playbook *playbook,
    const struct fix *fix, const char *item, const struct fact_set *facts,
    struct why *why)
{
	struct value value;

	if (fix->verify == NULL)
		return apply_gone(host, playbook, item, facts, why);
	value = expr_eval(host->arena, fix->verify, facts, item);
	if (value.kind == VALUE_BOOL)
		return value.is_true ? CURE_YES : CURE_NO;
	(void)why_set(why, 0, "%s", value.text != NULL ? value.text : "?");
	return CURE_UNKNOWN;
}

static void
verify_pause(struct apply_host *host, int ms)
{
	if (host->pause != NULL)
		host->pause(host->user, ms);
	else
		(void)poll(NULL, 0, ms); /* a signal ends it early */
}

static bool
is_stopping(const struct apply_host *host)
{
	return host->is_stopping != NULL && host->is_stopping(host->user);
}

int
apply_verify(struct work *work, struct why *why)
{
	struct apply_host *host = work->host;
	const struct planned_fix *planned = work->planned;
	const struct playbook *playbook = planned->finding->playbook;
	double wait_s = planned->fix->verify_s > 0 ? planned->fix->verify_s
	                                           : VERIFY_DEFAULT_S;
	int64_t end_ms = clock_boot_ms() + (int64_t)(wait_s * 1000);
	int pause_ms = VERIFY_PAUSE_MS;
	enum cure cure = CURE_UNKNOWN;

	for (int i = 0; i < VERIFY_LOOKS_MAX; i++) {
		/* read before the look: what a stop finds is the last word */
		bool is_last = is_stopping(host) || clock_boot_ms() >= end_ms;
		struct fact_set *facts = NULL;
		int r = apply_look(
		    host, planned->fix->verify, playbook->when, &facts, why);

		if (r < 0)
			return r;
		cure = apply_cure(host, playbook, planned->fix,
		    planned->finding->item, facts, why);
		if (cure == CURE_YES)
			return 1;
		if (is_last)
			break;
		verify_pause(host, pause_ms);
		pause_ms = pause_ms * 3 / 2 < VERIFY_PAUSE_MAX_MS
		               ? pause_ms * 3 / 2
		               : VERIFY_PAUSE_MAX_MS;
	}
	if (cure == CURE_UNKNOWN) {
		why_prefix(why, "not known whether it helped");
		return 0;
	}
	(void)why_set(why, 0,
	    is_stopping(host) ? "it had not helped when the "
	                        "run was told to end"
	                      : "it did not help within %g s",
	    wait_s);
	return 0;
}

int
apply_in_effect(struct work *work, struct why *why)
{
	static const char *const words[] = {
	    [CHANGE_IS_BEFORE] = "it is as it was before",
	    [CHANGE_IS_AFTER] = "",
	    [CHANGE_IS_PARTIAL] = "it is only half made",
	    [CHANGE_IS_FOREIGN] = "somebody else has changed it",
	};

	for (size_t i = 0; i < work->planned->change_count; i++) {
		const struct record *record = &work->records[i];
		struct change_host host = change_host_of(work->host, record);
		enum change_found found = CHANGE_IS_PARTIAL;
		struct why reason = {0};
		int r;

		if (!change_is_undoable(&record->change))
			continue; /* a try leaves no trace of its own */
		r = work->host->effects->look(
		    &record->change, &host, &found, &reason);
		if (r < 0)
			return why_set(why, 0,
			    "%s: not known whether it is "
			    "in effect: %s",
			    record->change.text, reason.text);
		if (found != CHANGE_IS_AFTER)
			return why_set(why, 0, "%s is not in effect: %s",
			    record->change.text, words[found]);
	}
	return 1;
}
