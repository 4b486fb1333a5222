/*
 * steps_fault.c - one step of the life of a slow-down, for the fault sweeps
 *
 * Purpose  `steps_fault DIR STEP`: rows that are made, moved step by step,
 *          eased and undone, so that a sweep can break any system call of it
 * Input    the steps of the table below
 * Errors   status 1 and the broken promise on stdout
 * Runs as  any user
 * Source   -
 */
#include <stdlib.h>

#include "tests/unit/step_world.h"

#define RUN1 "20261122T101500-0001"
#define RUN2 "20261122T101505-0002"
#define RUN3 "20261122T101510-0003"

static int
say(const char *what, int r, const struct why *why)
{
	if (r < 0)
		(void)printf("%s: %s\n", what, why->text);
	return 0;
}

static int
step_nothing(void)
{
	return 0;
}

/* What the row stands on, the row, and another row. */
static int
step_slow(void)
{
	struct change changes[3] = {row_change("services", NULL, "made"),
	    row_change("big", NULL, "c3"), row_change("other", NULL, "c3")};
	struct why why = {0};
	int r = world_open(&world, &why);

	changes[0].is_base = true;
	if (r == 0)
		r = step_fix(RUN1, changes, ARRAY_COUNT(changes), &why);
	return say("slow", r, &why);
}

static int
row_slower(void)
{
	struct change change = row_change("big", "c3", "c2");
	struct why why = {0};
	int r;

	world.host.run = RUN2;
	r = world_open(&world, &why);
	if (r == 0)
		r = step_fix(RUN2, &change, 1, &why);
	return say("slower", r, &why);
}

/* The row is moved, and then the run is no more. */
static void
die(void *user, const struct change *change, bool is_made)
{
	(void)user;
	(void)change;
	(void)is_made;
	_exit(0);
}

static int
step_slower_die(void)
{
	world.host.changed = die;
	(void)row_slower();
	return 1;
}

static int
step_ease(void)
{
	struct fact_set *facts = NULL;
	struct why why = {0};
	int r;

	world.host.run = RUN3;
	r = world_open(&world, &why);
	world.before = world.after = WORLD_LOOK_CURED;
	if (r == 0)
		r = world_look(&world, NULL, &facts, &why);
	world.host.looked_s = clock_now_s();
	if (r == 0)
		r = apply_release(&world.host, facts, NULL, &why);
	return say("ease", r, &why);
}

static int
step_settle(void)
{
	struct why why = {0};

	if (world_open(&world, &why) == 0 &&
	    apply_settle(&world.host, &why) >= 0)
		return 0;
	(void)printf("settle: %s\n", why.text);
	return 1;
}

static void
line_ignore(void *user, const char *line)
{
	(void)user;
	(void)line;
}

/* The first run made all, and the later ones only went on from it. */
static int
step_undo(void)
{
	struct why why = {0};
	int r = world_open(&world, &why);

	if (r == 0)
		r = apply_undo(&world.host, RUN1, line_ignore, NULL, &why);
	(void)say("undo", r, &why);
	return r < 0;
}

static int
broken(const char *promise)
{
	(void)printf("broken: %s\n", promise);
	return 1;
}

static int
count_in(enum record_place place, const char *target, struct record *ret)
{
	struct record_list list = {0};
	struct why why = {0};
	int count = 0;

	if (record_list_load(
	        world.arena, world.host.state_dir, place, &list, &why) < 0) {
		(void)printf("records: %s\n", why.text);
		return -1;
	}
	for (size_t i = 0; i < list.count; i++)
		if (target == NULL ||
		    text_equal(list.records[i].change.target, target)) {
			*ret = list.records[i];
			count++;
		}
	return count;
}

static bool
is_step(const char *value)
{
	return text_equal(value, "c3") || text_equal(value, "c2");
}

/* At once after the fault, before anything is settled. */
static int
step_check_raw(void)
{
	const char *value = row_get("big");

	return value == NULL || is_step(value)
	           ? 0
	           : broken("a row has one of its values at any instant");
}

/* After the settling: the row is at a step, and undo leads to no row. */
static int
step_check(void)
{
	const char *value = row_get("big");
	struct record record = {0};
	int64_t count;
	struct why why = {0};

	if (!is_step(value))
		return broken("a row stays at a step");
	if (count_in(RECORD_OPEN, NULL, &record) != 0)
		return broken("nothing stays open");
	if (count_in(RECORD_KEPT, "big", &record) != 1)
		return broken("one record of the row is kept");
	if (record.change.before != NULL)
		return broken("it leads back to the beginning");
	if (!text_equal(record.change.after, value))
		return broken("it says where the row stands");
	if (audit_verify(world_path(&world, "", "log/audit.jsonl"), NULL, NULL,
	        NULL, &count, &why) != 0)
		return broken("the audit log verifies");
	if (step_undo() != 0 || row_get("big") != NULL)
		return broken("it can be undone");
	return 0;
}

static int
step_check_old(void)
{
	struct record record = {0};

	if (row_get("big") != NULL || row_get("other") != NULL ||
	    row_get("services") != NULL)
		return broken("what was undone is gone");
	if (count_in(RECORD_OPEN, NULL, &record) != 0 ||
	    count_in(RECORD_KEPT, NULL, &record) != 0)
		return broken("no record stays");
	return 0;
}

static const struct {
	const char *name;
	int (*run)(void);
} steps[] = {
    {"init",       step_nothing   },
    {"nothing",    step_nothing   },
    {"slow",       step_slow      },
    {"slower",     row_slower     },
    {"slower-die", step_slower_die},
    {"ease",       step_ease      },
    {"settle",     step_settle    },
    {"undo",       step_undo      },
    {"check",      step_check     },
    {"check-old",  step_check_old },
    {"check-raw",  step_check_raw },
};

int
main(int argc, char **argv)
{
	for (size_t i = 0; argc == 3 && i < ARRAY_COUNT(steps); i++)
		if (strcmp(steps[i].name, argv[2]) == 0) {
			int r;

			step_world_init(argv[1]);
			r = steps[i].run();
			world_done(&world);
			return r;
		}
	(void)fputs("usage: steps_fault DIR STEP\n", stderr);
	return 64;
}
