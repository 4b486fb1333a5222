/*
 * undo.c - mailfix undo: RUN, RUN/CHANGE or --last
 *
 * Purpose  put back by hand what was kept, the last change first
 * Input    words of the command line; records
 * Errors   -ENOENT: nothing such is kept; -ESTALE: something was left alone
 * Runs as  actor
 * Source   SPEC section 2
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/apply/work.h"

struct wish {
	const char *run;
	unsigned id; /* 0: all of the run */
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
	return strcmp(wish->run, record->run) == 0 &&
	       (wish->id == 0 || wish->id == record->change.id);
}

/* Nothing such is kept: is it closed, and how? */
static int
say_why_not(struct apply_host *host, const char *which, const struct wish *wish,
    struct why *why)
{
	struct record_list closed = {0};
	int r = record_list_load(
	    host->arena, host->state_dir, RECORD_CLOSED, &closed, why);

	if (r < 0)
		return r;
	for (size_t i = 0; i < closed.count; i++) {
		const struct record *record = &closed.records[i];

		if (!is_wished(wish, record))
			continue;
		if (record->state == RECORD_VERIFIED)
			return why_set(why, -EOPNOTSUPP, "%s cannot be undone",
			    record->change.text);
		return why_set(why, -ENOENT, "%s is %s already%s%s",
		    record->change.text, record_state_to_text(record->state),
		    record->reason != NULL ? ": " : "",
		    record->reason != NULL ? record->reason : "");
	}
	return why_set(why, -ENOENT,
	    "%s has no change that could be undone (mailfix history lists "
	    "them)",
	    which);
}

static int
undo_one(struct apply_host *host, struct record *record,
    void (*report)(void *user, const char *line), void *user, struct why *why)
{
	const struct journal *journal = journal_for(host);
	struct why reason = {0};
	int r;

	if (host->progress != NULL)
		host->progress(host->user, record->change.text);
	r = journal->note(host, record, "undo", "by hand", why);
	if (r < 0)
		return r;
	record->reason = "by hand";
	r = apply_put_back(
	    host, journal, record, RECORD_UNDONE, "undone", &reason);
	if (r < 0 && r != -ESTALE)
		(void)journal->note(
		    host, record, "not-undone", reason.text, NULL);
	report(user,
	    r == 0 ? arena_printf(host->arena, "%s/%u  undone: %s", record->run,
	                 record->change.id, record->change.text)
	           : arena_printf(host->arena, "%s/%u  not undone: %s",
	                 record->run, record->change.id, reason.text));
	if (r < 0)
		*why = reason;
	return r;
}

int
apply_undo(struct apply_host *host, const char *which,
    void (*report)(void *user, const char *line), void *user, struct why *why)
{
	struct record_list kept = {0};
	struct wish wish = {0};
	bool is_found = false;
	int worst = 0;
	int r = record_list_load(
	    host->arena, host->state_dir, RECORD_KEPT, &kept, why);

	if (r == 0)
		r = wish_parse(host->arena, which, &kept, &wish, why);
	if (r < 0)
		return r;
	for (size_t i = kept.count; i > 0; i--) {
		struct why one = {0};

		if (!is_wished(&wish, &kept.records[i - 1]))
			continue;
		is_found = true;
		r = undo_one(host, &kept.records[i - 1], report, user, &one);
		if (r < 0 && worst == 0) {
			worst = r;
			*why = one;
		}
	}
	if (!is_found)
		return say_why_not(host, which, &wish, why);
	return worst;
}
