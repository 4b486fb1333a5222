/*
 * effects.c - the last step, as two tables: make the change, or only show it
 *
 * Purpose  a dry run is the same code with another table plugged in
 * Input    changes of the closed set
 * Errors   those of the kind; effects_none fails where a check refuses
 * Runs as  actor
 * Source   DESIGN "The flow"
 */
#include <errno.h>

#include "agent/change/change.h"

static int
real_check(
    const struct change *change, struct change_host *host, struct why *why)
{
	return change->kind->check(change, host, why);
}

static int
real_capture(
    const struct change *change, struct change_host *host, struct why *why)
{
	return change->kind->capture(change, host, why);
}

static int
real_perform(
    const struct change *change, struct change_host *host, struct why *why)
{
	return change->kind->perform(change, host, why);
}

static int
real_look(const struct change *change, struct change_host *host,
    enum change_found *ret, struct why *why)
{
	return change->kind->look(change, host, ret, why);
}

static int
real_take_over(const struct change *change, struct change_host *host,
    const struct change *older, struct change_host *older_host, struct why *why)
{
	return change->kind->take_over(change, host, older, older_host, why);
}

static int
real_undo(
    const struct change *change, struct change_host *host, struct why *why)
{
	if (!change_is_undoable(change))
		return why_set(why, -EOPNOTSUPP, "%s cannot be undone",
		    change->text != NULL ? change->text : change->verb);
	return change->kind->undo(change, host, why);
}

static void
real_tidy(const struct change *change, struct change_host *host)
{
	if (change->kind->tidy != NULL)
		change->kind->tidy(change, host);
}

const struct effects effects_real = {
    .mode = "apply",
    .check = real_check,
    .capture = real_capture,
    .perform = real_perform,
    .look = real_look,
    .undo = real_undo,
    .take_over = real_take_over,
    .tidy = real_tidy,
};

/* A plan is shown also to a user who may not see all that the check looks at;
 * the run that makes the change looks again. */
static int
none_check(
    const struct change *change, struct change_host *host, struct why *why)
{
	int r = change->kind->check(change, host, why);

	return r == -EACCES ? 0 : r;
}

static int
none_stop(
    const struct change *change, struct change_host *host, struct why *why)
{
	(void)change;
	(void)host;
	(void)why;
	return EFFECTS_SHOWN;
}

static int
none_take_over(const struct change *change, struct change_host *host,
    const struct change *older, struct change_host *older_host, struct why *why)
{
	(void)older;
	(void)older_host;
	return none_stop(change, host, why);
}

static void
none_tidy(const struct change *change, struct change_host *host)
{
	(void)change;
	(void)host;
}

const struct effects effects_none = {
    .mode = "dry-run",
    .check = none_check,
    .capture = none_stop,
    .perform = none_stop,
    .look = real_look,
    .undo = none_stop,
    .take_over = none_take_over,
    .tidy = none_tidy,
};
