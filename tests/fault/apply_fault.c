/*
 * apply_fault.c - one step of a fix's life, for the fault sweeps
 *
 * Purpose  `apply_fault DIR STEP`: a small host below DIR, one step at a time,
 *          so that a sweep can break any system call of it
 * Input    the steps of the table below
 * Errors   status 1 and the broken promise on stdout
 * Runs as  any user
 * Source   -
 */
#include <dirent.h>
#include <stdlib.h>

#include "agent/apply/record.h"
#include "tests/unit/apply_world.h"

static struct world world;

static void
die_at_pause(void *user, int ms)
{
	(void)user;
	(void)ms;
	_exit(0);
}

static void
line_ignore(void *user, const char *line)
{
	(void)user;
	(void)line;
}

static int
step_run(void)
{
	struct why why = {0};

	if (world_open(&world, &why) < 0 ||
	    apply_plan(&world.host, &world.plan, &why) < 0)
		(void)printf("run: %s\n", why.text);
	return 0;
}

static int
step_run_sick(void)
{
	world.after = WORLD_LOOK_SICK;
	return step_run();
}

static int
step_die(void)
{
	world.after = WORLD_LOOK_SICK;
	world.host.pause = die_at_pause;
	(void)step_run();
	return 1;
}

static int
step_settle(void)
{
	struct why why = {0};

	if (world_open(&world, &why) < 0 ||
	    apply_settle(&world.host, &why) < 0) {
		(void)printf("settle: %s\n", why.text);
		return 1;
	}
	return 0;
}

static int
step_settle_sick(void)
{
	world.after = WORLD_LOOK_SICK;
	return step_settle();
}

static int
step_undo(void)
{
	struct why why = {0};
	int r = world_open(&world, &why);

	if (r == 0)
		r = apply_undo(&world.host, "--last", line_ignore, NULL, &why);
	if (r < 0 && r != -ENOENT)
		(void)printf("undo: %s\n", why.text);
	return r < 0 && r != -ENOENT;
}

static int
step_init(void)
{
	world_files(&world);
	return 0;
}

static int
step_nothing(void)
{
	return 0;
}

static int
broken(const char *promise)
{
	(void)printf("broken: %s\n", promise);
	return 1;
}

/* 0 old, 1 new, -1 neither */
static int
copy_is(const char *name)
{
	const char *path = world_path(&world, "copy", name);

	if (world_has(path, WORLD_OLD) == 1)
		return 0;
	return world_has(path, WORLD_NEW) == 1 ? 1 : -1;
}

static void
problem_print(void *user, const struct audit_problem *problem)
{
	(void)user;
	(void)printf("audit: %s\n", problem->text);
}

static int
entries_in(const char *path)
{
	DIR *list = opendir(path);
	int count = 0;

	for (const struct dirent *entry;
	     list != NULL && (entry = readdir(list)) != NULL;)
		count += strcmp(entry->d_name, ".") != 0 &&
		         strcmp(entry->d_name, "..") != 0;
	if (list != NULL)
		(void)closedir(list);
	return count;
}

static int
count_in(enum record_place place)
{
	struct record_list list = {0};
	struct why why = {0};

	if (record_list_load(
	        world.arena, world.host.state_dir, place, &list, &why) < 0) {
		(void)printf("records: %s\n", why.text);
		return -1;
	}
	return (int)list.count;
}

/* After the settling. */
static int
step_check(void)
{
	int a = copy_is("a"), b = copy_is("b");
	int64_t records;
	struct why why = {0};

	if (a < 0 || b < 0)
		return broken("a file is the old one or the new one");
	if (a != b)
		return broken("a fix is all or none");
	if (entries_in(world_path(&world, "copy", "")) != 2)
		return broken("nothing is left beside the files");
	if (count_in(RECORD_OPEN) != 0)
		return broken("nothing stays open");
	if (count_in(RECORD_KEPT) != (a == 1 ? 2 : 0))
		return broken("what was made is kept, and nothing else");
	if (audit_verify(world_path(&world, "", "log/audit.jsonl"), NULL,
	        problem_print, NULL, &records, &why) != 0)
		return broken("the audit log verifies");
	if (step_settle() != 0)
		return broken("settling again works");
	if (copy_is("a") != a || copy_is("b") != b)
		return broken("settling again does nothing");
	return 0;
}

static int
step_check_old(void)
{
	int r = step_check();

	if (r == 0 && copy_is("a") != 0)
		r = broken("what was undone is old");
	return r;
}

/* At once after the fault, before anything is settled. */
static int
step_check_raw(void)
{
	return copy_is("a") < 0 || copy_is("b") < 0
	           ? broken(
	                 "a file is the old one or the new one at any instant")
	           : 0;
}

static const struct {
	const char *name;
	int (*run)(void);
} steps[] = {
    {"init",        step_init       },
    {"nothing",     step_nothing    },
    {"run",         step_run        },
    {"run-sick",    step_run_sick   }, /* and it does not help */
    {"die",         step_die        }, /* before the verification */
    {"settle",      step_settle     },
    {"settle-sick", step_settle_sick},
    {"undo",        step_undo       },
    {"check",       step_check      },
    {"check-old",   step_check_old  }, /* and all is undone */
    {"check-raw",   step_check_raw  },
};

int
main(int argc, char **argv)
{
	for (size_t i = 0; argc == 3 && i < ARRAY_COUNT(steps); i++)
		if (strcmp(steps[i].name, argv[2]) == 0) {
			int r;

			world_init(&world, argv[1]);
			r = steps[i].run();
			world_done(&world);
			return r;
		}
	(void)fputs("usage: apply_fault DIR STEP\n", stderr);
	return 64;
}
