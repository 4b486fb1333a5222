/*
 * step_world.h - a small host whose fix has steps: the world of apply_world.h
 * with a kind of change of its own, a row of a table, and an action that moves
 * it
 *
 * ROOT/rows/NAME  the value of a row; not there: the row is not
 *
 * To be included by one file of a program: it takes the place of the lists of
 * all kinds and of all actions.
 */
#ifndef MAILFIX_TESTS_UNIT_STEP_WORLD_H
#define MAILFIX_TESTS_UNIT_STEP_WORLD_H

#include "agent/apply/record.h"
#include "agent/change/change_store.h"
#include "tests/unit/apply_world.h"

#define STEP_BASE "table"

/* The steps of the action, from normal down. */
static const char *const step_values[] = {NULL, "c3", "c2", "c1"};

static struct world world;
static int ease_answer; /* 0: the next step; else what the action says */

static const char *
row_path(struct arena *arena, const char *target)
{
	return arena_printf(arena, "%s/rows/%s", world.root, target);
}

/* NULL: there is no such row; in the arena */
static int
row_read(const char *target, const char **ret, struct why *why)
{
	AUTO_BUF struct buf text = {0};
	int r =
	    file_read(AT_FDCWD, row_path(world.arena, target), 64, &text, why);

	*ret = r < 0 ? NULL : arena_dup(world.arena, buf_text(&text));
	return r == -ENOENT ? 0 : r;
}

static const char *
row_get(const char *target)
{
	const char *value = NULL;

	(void)row_read(target, &value, NULL);
	return value;
}

static int
row_put(const char *target, const char *value, struct why *why)
{
	const char *path = row_path(world.arena, target);

	if (value != NULL)
		return file_replace(
		    AT_FDCWD, path, value, strlen(value), NULL, why);
	if (unlink(path) < 0 && errno != ENOENT)
		return why_errno(why, "remove %s", path);
	return 0;
}

static int
row_check(
    const struct change *change, struct change_host *host, struct why *why)
{
	const char *value = NULL;
	int r = row_read(change->target, &value, why);

	(void)host;
	if (r < 0 || text_equal(value, change->before))
		return r < 0 ? r : 0;
	return why_set(why, -ESTALE, "%s is another", change->target);
}

static int
row_capture(
    const struct change *change, struct change_host *host, struct why *why)
{
	const char *value = NULL;
	int r = row_read(change->target, &value, why);

	return r < 0 ? r
	             : change_store_put(
	                   host, "value", value != NULL ? value : "-", why);
}

static int
row_perform(
    const struct change *change, struct change_host *host, struct why *why)
{
	(void)host;
	return row_put(change->target, change->after, why);
}

static int
row_look(const struct change *change, struct change_host *host,
    enum change_found *ret, struct why *why)
{
	const char *value = NULL;
	int r = row_read(change->target, &value, why);

	(void)host;
	if (r < 0)
		return r;
	if (text_equal(value, change->after))
		*ret = CHANGE_IS_AFTER;
	else if (text_equal(value, change->before))
		*ret = CHANGE_IS_BEFORE;
	else
		*ret = CHANGE_IS_FOREIGN;
	(void)why_set(why, 0, "it is %s", value != NULL ? value : "gone");
	return 0;
}

/* What was captured counts, and the record must agree with it. */
static int
row_undo(const struct change *change, struct change_host *host, struct why *why)
{
	const char *value = NULL;
	int r = change_store_get(host, "value", &value, why);

	if (r == 0 ||
	    (r > 0 && !text_equal(value,
	                  change->before != NULL ? change->before : "-")))
		return why_set(why, -EBADMSG, "the before-image is another's");
	return r < 0 ? r : row_put(change->target, change->before, why);
}

static int
row_take_over(const struct change *change, struct change_host *host,
    const struct change *older, struct change_host *older_host, struct why *why)
{
	const char *value = NULL;
	int r = change_store_get(older_host, "value", &value, why);

	(void)change;
	(void)older;
	return r < 0 ? r : change_store_put(host, "value", value, why);
}

static const char *const row_verbs[] = {"set", NULL};

static const struct change_kind change_row = {
    .name = "row",
    .verbs = row_verbs,
    .is_undoable = true,
    .check = row_check,
    .capture = row_capture,
    .perform = row_perform,
    .look = row_look,
    .undo = row_undo,
    .take_over = row_take_over,
};

const struct change_kind *const change_kinds[] = {&change_row, NULL};

const struct change_kind *
change_kind_find(const char *name)
{
	return strcmp(name, change_row.name) == 0 ? &change_row : NULL;
}

bool
change_is_undoable(const struct change *change)
{
	return change->kind->is_undoable;
}

bool
change_is_traceless(const struct change *change)
{
	(void)change;
	return false;
}

static struct change
row_change(const char *target, const char *before, const char *after)
{
	return (struct change){.kind = &change_row,
	    .verb = row_verbs[0],
	    .target = target,
	    .before = before,
	    .after = after,
	    .text = arena_printf(world.arena, "%s -> %s", target,
	        after != NULL ? after : "nothing"),
	    .base = STEP_BASE};
}

static size_t
step_index(const char *value)
{
	for (size_t i = 0; i < ARRAY_COUNT(step_values); i++)
		if (text_equal(value, step_values[i]))
			return i;
	return 0;
}

static int
ladder_ease(const struct action_input *input, struct action_output *ret,
    struct why *why)
{
	size_t at = step_index(row_get("big"));

	if (ease_answer < 0)
		return why_set(why, ease_answer, "not now");
	if (ease_answer > 0 || at <= 1)
		return 1;
	*action_change(input, ret) =
	    row_change("big", step_values[at], step_values[at - 1]);
	return 0;
}

static const struct action action_step = {
    .spec = {.name = "step", .risk = RISK_SAFE, .doc = "slow down"},
    .ease = ladder_ease,
};

const struct action *const action_table[] = {&action_step, NULL};

const struct action *
action_find(const char *name)
{
	return strcmp(name, "step") == 0 ? &action_step : NULL;
}

bool
action_has_steps(const char *name)
{
	return action_find(name) != NULL;
}

struct change *
action_change(const struct action_input *input, struct action_output *ret)
{
	(void)input;
	ret->changes = arena_alloc(world.arena, 1, sizeof(*ret->changes));
	ret->count = 1;
	return ret->changes;
}

/* Not asked for here; what of the library is linked names them. */
const struct action_spec *const *
action_specs(void)
{
	return NULL;
}

const char *
action_text(const struct action_input *input, const char *name)
{
	(void)input;
	(void)name;
	return NULL;
}

double
action_number(
    const struct action_input *input, const char *name, double otherwise)
{
	(void)input;
	(void)name;
	return otherwise;
}

static inline void
step_world_init(const char *root)
{
	const struct table *row = schema_table_find("chroot_file", NULL);
	struct expr_place place = {.file = "test", .line = 1};
	struct lint lint = {.arena = world.arena};

	world_init(&world, root);
	lint.arena = world.arena;
	(void)file_mkdirs(world_path(&world, "", "rows"), 0755, NULL);
	world.planned.changes = NULL;
	world.planned.change_count = 0;
	world.fix.action = &action_step.spec;
	world.fix.name = "slow";
	world.fix.release = expr_parse(
	    world.arena, "not stale", row, EXPR_TYPE_BOOL, place, &lint);
	world.config.changes_per_run = 10;
	ease_answer = 0;
	lint_done(&lint);
}

/* A run of its own that makes these changes as one fix. */
static inline int
step_fix(const char *run, struct change *changes, size_t count, struct why *why)
{
	for (size_t i = 0; i < count; i++)
		changes[i].id = (unsigned)i + 1;
	world.planned = (struct planned_fix){.finding = &world.finding,
	    .fix = &world.fix,
	    .changes = changes,
	    .change_count = count,
	    .is_approved = true};
	world.finding.state = FINDING_FOUND;
	world.host.run = run;
	world.host.changes = 0;
	world.before = WORLD_LOOK_SICK;
	return apply_plan(&world.host, &world.plan, why);
}

#endif
