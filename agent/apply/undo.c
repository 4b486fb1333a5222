/*
 * undo.c - mailfix undo: RUN, RUN/CHANGE, --last or --temporary
 *
 * Purpose  put back by hand what was kept, the last change first
 * Input    words of the command line; records
 * Errors   -ENOENT: nothing such is kept; -ESTALE: something was left alone;
 *          -EBUSY: only what others stand on was asked for
 * Runs as  actor
 * Source   SPEC section 2
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/apply/work.h"
#include "agent/base/auto.h"
#include "agent/base/clock.h"
#include "agent/base/text.h"

struct wish {
	const char *run;
	unsigned id;       /* 0: all of the run */
	bool is_temporary; /* of all runs: what a later one would have ended */
};

struct undoing {
	struct apply_host *host;
	void (*report)(void *user, const char *line);
	void *user;
	struct record_list open, kept, closed;
	int closed_error;
	struct why closed_why;
	struct wish wish;
	bool *is_wished; /* of the kept ones */
	size_t wished, undone, in_use;
	int worst;
	struct why why; /* of the worst */
};

/*
 * The last run of which something can be undone. What was asked for and left
 * alone does not stand in the way of older ones for ever: an admin who asks
 * again has read why.
 */
static int
wish_last(const struct record_list *kept, struct wish *ret, struct why *why)
{
	/* they are sorted by run, and runs are named by time */
	for (size_t i = kept->count; i > 0; i--)
		if (!kept->records[i - 1].is_left) {
			ret->run = kept->records[i - 1].run;
			return 0;
		}
	if (kept->count == 0)
		return why_set(
		    why, -ENOENT, "there is no change that could be undone");
	return why_set(why, -ENOENT,
	    "there is no change that could be undone but what was left alone: "
	    "ask for it by its name (mailfix history), such as %s/%u",
	    kept->records[kept->count - 1].run,
	    kept->records[kept->count - 1].change.id);
}

static int
wish_parse(struct arena *arena, const char *which,
    const struct record_list *kept, struct wish *ret, struct why *why)
{
	const char *slash = strchr(which, '/');
	unsigned long id = 0;
	char *end = NULL;

	*ret = (struct wish){.run = which};
	ret->is_temporary = strcmp(which, "--temporary") == 0;
	if (strcmp(which, "--last") == 0)
		return wish_last(kept, ret, why);
	if (slash == NULL)
		return 0;
	if (slash[1] >= '0' && slash[1] <= '9')
		id = strtoul(slash + 1, &end, 10);
	if (end == NULL || *end != '\0' || id == 0 || id > UINT32_MAX)
		return why_set(why, -EINVAL,
		    "%s is not a run, or a run and the number of a change",
		    which);
	ret->run = arena_dup_n(arena, which, (size_t)(slash - which));
	ret->id = (unsigned)id;
	return 0;
}

static bool
is_wished(const struct wish *wish, const struct record *record)
{
	if (wish->is_temporary)
		return record->has_release;
	return strcmp(wish->run, record->run) == 0 &&
	       (wish->id == 0 || wish->id == record->change.id);
}

/* Which of the kept ones stands for it in the end? NULL: none is kept. */
static struct record *
stands_for(struct undoing *undoing, const struct record *record)
{
	/* each step leads to a later record: no more steps than records */
	for (size_t i = 0; record != NULL && i <= undoing->closed.count; i++) {
		struct record *kept =
		    record_list_find(&undoing->kept, record->by);

		if (kept != NULL)
			return kept;
		record = record_list_find(&undoing->closed, record->by);
	}
	return NULL;
}

static void
wish_gather(struct undoing *undoing)
{
	for (size_t i = 0; i < undoing->kept.count; i++)
		undoing->is_wished[i] =
		    is_wished(&undoing->wish, &undoing->kept.records[i]);
	for (size_t i = 0;
	     !undoing->wish.is_temporary && i < undoing->closed.count; i++) {
		const struct record *closed = &undoing->closed.records[i],
		                    *kept = NULL;

		if (closed->state == RECORD_SUPERSEDED &&
		    is_wished(&undoing->wish, closed))
			kept = stands_for(undoing, closed);
		if (kept != NULL)
			undoing->is_wished[kept - undoing->kept.records] = true;
	}
	for (size_t i = 0; i < undoing->kept.count; i++)
		undoing->wished += undoing->is_wished[i];
}

/* Nothing such is kept: is it closed, and how? 0: it is undone already. */
static int
say_why_not(struct undoing *undoing, const char *which, struct why *why)
{
	struct arena *arena = undoing->host->arena;
	size_t undone = 0;

	for (size_t i = 0; i < undoing->closed.count; i++) {
		const struct record *record = &undoing->closed.records[i];
		bool is_undone = record->state == RECORD_UNDONE ||
		                 record->state == RECORD_SUPERSEDED;

		if (!is_wished(&undoing->wish, record))
			continue;
		if (!is_undone && record->state == RECORD_VERIFIED)
			return why_set(why, -EOPNOTSUPP, "%s cannot be undone",
			    record->change.text);
		if (!is_undone)
			return why_set(why, -ENOENT, "%s is %s already%s%s",
			    record->change.text,
			    record_state_to_text(record->state),
			    record->reason != NULL ? ": " : "",
			    record->reason != NULL ? record->reason : "");
		undone++;
		undoing->report(undoing->user,
		    arena_printf(arena, "%s/%u  undone already: %s",
		        record->run, record->change.id, record->change.text));
	}
	if (undone > 0)
		return 0;
	return why_set(why, -ENOENT,
	    "%s has no change that could be undone (mailfix history lists "
	    "them)",
	    which);
}

static void
undo_one(struct undoing *undoing, struct record *record)
{
	struct apply_host *host = undoing->host;
	const struct journal *journal = journal_for(host);
	struct why reason = {0};
	int r;

	if (host->progress != NULL)
		host->progress(host->user, record->change.text);
	r = journal->note(host, record, "undo", "by hand", &reason);
	if (r == 0) {
		record->reason = "by hand";
		r = apply_put_back(
		    host, journal, record, RECORD_UNDONE, "undone", &reason);
		if (r < 0 && r != -ESTALE)
			(void)journal->note(
			    host, record, "not-undone", reason.text, NULL);
		undoing->report(undoing->user,
		    r == 0 ? arena_printf(host->arena, "%s/%u  undone: %s",
		                 record->run, record->change.id,
		                 record->change.text)
		           : arena_printf(host->arena, "%s/%u  not undone: %s",
		                 record->run, record->change.id, reason.text));
	}
	if (r == 0 && host->state != NULL && !record->change.is_base)
		state_undo_note(host->state, record->playbook, record->item,
		    record->fix, clock_now_s());
	undoing->undone += r == 0;
	if (r < 0 && undoing->worst == 0) {
		undoing->worst = r;
		undoing->why = reason;
	}
}

/* The first change that stands on this base, kept or left open by a crash. */
static const struct record *
base_user(const struct undoing *undoing, const char *base)
{
	const struct record_list *const lists[] = {
	    &undoing->kept, &undoing->open};

	for (size_t k = 0; k < ARRAY_COUNT(lists); k++)
		for (size_t i = 0; i < lists[k]->count; i++) {
			const struct record *record = &lists[k]->records[i];

			if (record->place != RECORD_CLOSED &&
			    !record->change.is_base &&
			    text_equal(record->change.base, base))
				return record;
		}
	return NULL;
}

/* Was a change undone just now that stood on this base? */
static bool
base_was_left(const struct undoing *undoing, const char *base)
{
	for (size_t i = 0; i < undoing->kept.count; i++) {
		const struct record *record = &undoing->kept.records[i];

		if (record->place == RECORD_CLOSED && !record->change.is_base &&
		    text_equal(record->change.base, base))
			return true;
	}
	return false;
}

/* A base goes after what stands on it, and with the last that did. */
static void
undo_base(struct undoing *undoing, size_t i)
{
	struct record *record = &undoing->kept.records[i];
	const struct record *user = base_user(undoing, record->change.base);

	if (user == NULL) {
		if (undoing->is_wished[i] ||
		    base_was_left(undoing, record->change.base))
			undo_one(undoing, record);
		return;
	}
	if (!undoing->is_wished[i])
		return;
	undoing->in_use++;
	(void)why_set(&undoing->why, -EBUSY,
	    "%s stays, for it is in use: undo %s/%u first (%s)",
	    record->change.text, user->run, user->change.id, user->change.text);
	undoing->report(undoing->user,
	    arena_printf(undoing->host->arena, "%s/%u  %s", record->run,
	        record->change.id, undoing->why.text));
}

static bool
is_base(const struct record *record)
{
	return record->change.base != NULL && record->change.is_base;
}

static int
undo_wished(struct undoing *undoing, struct why *why)
{
	for (size_t i = undoing->kept.count; i > 0; i--)
		if (undoing->is_wished[i - 1] &&
		    !is_base(&undoing->kept.records[i - 1]))
			undo_one(undoing, &undoing->kept.records[i - 1]);
	for (size_t i = undoing->kept.count; i > 0; i--)
		if (is_base(&undoing->kept.records[i - 1]))
			undo_base(undoing, i - 1);
	/* what stays for others is told, and no failure of the rest */
	if (undoing->worst == 0 && undoing->undone == 0 && undoing->in_use > 0)
		undoing->worst = -EBUSY;
	if (undoing->worst < 0)
		*why = undoing->why;
	return undoing->worst;
}

/*
 * What is open or closed says more about what is kept; a damaged record there
 * does not stand in the way of who wants the old state back, now.
 */
static int
records_load(struct undoing *undoing, struct why *why)
{
	struct apply_host *host = undoing->host;
	int r = record_list_load(
	    host->arena, host->state_dir, RECORD_KEPT, &undoing->kept, why);

	(void)record_list_load(
	    host->arena, host->state_dir, RECORD_OPEN, &undoing->open, NULL);
	undoing->closed_error = record_list_load(host->arena, host->state_dir,
	    RECORD_CLOSED, &undoing->closed, &undoing->closed_why);
	return r;
}

int
apply_undo(struct apply_host *host, const char *which,
    void (*report)(void *user, const char *line), void *user, struct why *why)
{
	struct undoing undoing = {.host = host, .report = report, .user = user};
	int r = records_load(&undoing, why);

	if (r == 0)
		r = wish_parse(
		    host->arena, which, &undoing.kept, &undoing.wish, why);
	if (r < 0)
		return r;
	undoing.is_wished = arena_alloc(
	    host->arena, undoing.kept.count, sizeof(*undoing.is_wished));
	wish_gather(&undoing);
	if (undoing.wished == 0 && undoing.wish.is_temporary)
		return 0;
	if (undoing.wished == 0 && undoing.closed_error < 0) {
		*why = undoing.closed_why;
		return undoing.closed_error;
	}
	if (undoing.wished == 0)
		return say_why_not(&undoing, which, why);
	return undo_wished(&undoing, why);
}
