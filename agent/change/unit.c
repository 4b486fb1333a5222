/*
 * unit.c - changes of kind "unit": start, restart, reload a service
 *
 * Purpose  one kind of change; row CHANGE(unit) in change_table.def
 * Input    a unit's name, which an observer may have told: checked here
 * Errors   -EPERM where it would do harm, -ESTALE where the unit is not as
 *          planned, else negative errno
 * Runs as  actor
 * Source   org.freedesktop.systemd1(5), systemd.unit(5)
 *
 * A start is undone by a stop, and only as long as systemd's InvocationID
 * shows that what runs is what we started. A restart and a reload stay made.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/change/change_store.h"
#include "agent/change/unit_check.h"
#include "agent/sys/unit_job.h"

/* Postfix starts in a second, a content filter that loads its data in 30;
 * DefaultTimeoutStartSec of systemd is 90 s, and a run must end within that. */
#define UNIT_JOB_MS 60000

/* What capture kept. */
struct unit_before {
	char active[UNIT_WORD_MAX];
	char invocation[UNIT_INVOCATION_MAX];
};

static int
unit_capture(
    const struct change *change, struct change_host *host, struct why *why)
{
	struct unit_look now;
	char text[UNIT_WORD_MAX + UNIT_INVOCATION_MAX + 1];
	int r = unit_look(change->target, &now, why);

	if (r < 0)
		return r;
	(void)snprintf(text, sizeof(text), "%s %s", now.active, now.invocation);
	return change_store_put(host, "before", text, why);
}

static int
unit_before_get(
    struct change_host *host, struct unit_before *ret, struct why *why)
{
	const char *text, *space;
	int r = change_store_get(host, "before", &text, why);

	if (r < 0)
		return r;
	space = r == 0 ? NULL : strchr(text, ' ');
	if (space == NULL || space - text >= UNIT_WORD_MAX)
		return why_set(
		    why, -ENODATA, "it was not kept how the unit was before");
	*ret = (struct unit_before){0};
	(void)memcpy(ret->active, text, (size_t)(space - text));
	(void)snprintf(
	    ret->invocation, sizeof(ret->invocation), "%s", space + 1);
	return 0;
}

/* The job is over; does the unit run? */
static int
unit_believe(
    const struct change *change, struct change_host *host, struct why *why)
{
	struct unit_look now;
	int r = unit_look(change->target, &now, why);

	if (r < 0)
		return r;
	if (strcmp(now.active, "active") != 0)
		return why_set(why, -EIO, "%s ended at once: %s, %s",
		    change->target, now.active, now.result);
	return change_store_put(host, "after", now.invocation, why);
}

static int
unit_perform(
    const struct change *change, struct change_host *host, struct why *why)
{
	struct unit_look now;
	int r = unit_job_run(change->verb, change->target, UNIT_JOB_MS, why);

	if (r >= 0)
		return unit_believe(change, host, why);
	/* the limit is there for a reason: reported, not retried, not reset */
	if (r == -EIO && unit_look(change->target, &now, NULL) == 0 &&
	    strcmp(now.result, "start-limit-hit") == 0)
		return why_set(why, r,
		    "%s was started too often in a short time: systemd refuses "
		    "for now (start-limit-hit)",
		    change->target);
	return r;
}

static bool
unit_is_settled(const struct unit_look *now)
{
	return strcmp(now->active, "active") == 0 ||
	       strcmp(now->active, "inactive") == 0 ||
	       strcmp(now->active, "failed") == 0;
}

static int
unit_look_start(const struct change *change, const struct unit_look *now,
    const char *after, enum change_found *ret, struct why *why)
{
	if (strcmp(now->active, "active") != 0)
		*ret = CHANGE_IS_BEFORE;
	else if (after == NULL || strcmp(after, now->invocation) == 0)
		*ret = CHANGE_IS_AFTER;
	else {
		*ret = CHANGE_IS_FOREIGN;
		(void)why_set(why, 0,
		    "%s was started again since, not by this change",
		    change->target);
	}
	return 0;
}

static int
unit_kind_look(const struct change *change, struct change_host *host,
    enum change_found *ret, struct why *why)
{
	struct unit_before before;
	struct unit_look now;
	const char *after;
	int r = unit_before_get(host, &before, why);

	if (r == 0)
		r = change_store_get(host, "after", &after, why);
	if (r >= 0)
		r = unit_look(change->target, &now, why);
	if (r < 0)
		return r;
	if (!unit_is_settled(&now) || now.job != 0)
		*ret = CHANGE_IS_PARTIAL;
	else if (strcmp(change->verb, "start") == 0)
		return unit_look_start(change, &now, after, ret, why);
	else if (strcmp(change->verb, "reload") == 0)
		*ret = after != NULL ? CHANGE_IS_AFTER : CHANGE_IS_BEFORE;
	else if (strcmp(now.invocation, before.invocation) == 0)
		*ret = CHANGE_IS_BEFORE;
	else
		*ret = strcmp(now.active, "active") == 0 ? CHANGE_IS_AFTER
		                                         : CHANGE_IS_PARTIAL;
	return 0;
}

static int
unit_undo(
    const struct change *change, struct change_host *host, struct why *why)
{
	struct unit_before before;
	struct unit_look now;
	const char *after;
	int r = unit_before_get(host, &before, why);

	if (r == 0)
		r = change_store_get(host, "after", &after, why);
	if (r >= 0)
		r = unit_look(change->target, &now, why);
	if (r < 0)
		return r;
	if (strcmp(before.active, "active") == 0)
		return why_set(why, -ESTALE, "%s ran before: it is not stopped",
		    change->target);
	if (strcmp(now.active, "inactive") == 0 ||
	    strcmp(now.active, "failed") == 0)
		return 0;
	if (after == NULL || strcmp(after, now.invocation) != 0)
		return why_set(why, -ESTALE,
		    "%s runs, and it is not certain that this change started it",
		    change->target);
	return unit_job_run("stop", change->target, UNIT_JOB_MS, why);
}

static const char *const verbs[] = {"start", "restart", "reload", NULL};
static const char *const lasting[] = {"restart", "reload", NULL};
static const char *const traceless[] = {"reload", NULL};

const struct change_kind change_unit = {
    .name = "unit",
    .verbs = verbs,
    .is_undoable = true,
    .lasting = lasting,
    .traceless = traceless,
    .check = unit_check,
    .capture = unit_capture,
    .perform = unit_perform,
    .look = unit_kind_look,
    .undo = unit_undo,
};
