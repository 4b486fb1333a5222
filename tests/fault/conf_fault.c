/*
 * conf_fault.c - one step of a change of the configuration, for the sweeps
 *
 * Purpose  `conf_fault DIR STEP`: services, settings, a table and a row of it
 *          are made and undone, so that a sweep can break any system call of it
 * Input    the steps of the table below
 * Errors   status 1 and the broken promise on stdout
 * Runs as  any user
 * Source   -
 */
#include <dirent.h>
#include <stdlib.h>

#include "agent/apply/record.h"
#include "tests/unit/apply_world.h"

#define MAIN_OLD                                                               \
	"# the admin's\ntransport_maps = static:x,\n# why\n\tinline:{a=b}\n"   \
	"q = 1"
#define MASTER_OLD "smtp unix - - y - - smtp\n  -o x=y\n"
#define MAPS_OLD   "static:x, inline:{a=b}"
#define MAPS_NEW   MAPS_OLD " hash:mailfix_transport"
#define ROW        "big.test\tmailfix-c1:\n"
#define CHANGES    5

static struct world world;
static bool is_sick_for_ever;
static struct change changes[CHANGES];

static const char *const services[] = {
    "mailfix-c1 unix - - y - - smtp", "mailfix-c2 unix - - y - - smtp", NULL};
static const char *const settings[] = {
    "mailfix-c1_destination_concurrency_limit = 1",
    "mailfix-c2_destination_concurrency_limit = 2", NULL};

static const char *
at(const char *leaf)
{
	return world_path(
	    &world, "", arena_printf(world.arena, "postfix/%s", leaf));
}

static const char *
get(const char *leaf)
{
	AUTO_BUF struct buf text = {0};

	if (file_read(AT_FDCWD, at(leaf), 1 << 16, &text, NULL) < 0)
		return NULL;
	return arena_dup(world.arena, buf_text(&text));
}

static bool
has(const char *leaf, const char *part)
{
	const char *text = get(leaf);

	return text != NULL && strstr(text, part) != NULL;
}

static const char *const *
build(struct arena *arena, const struct mta *mta, const struct mta_map *map)
{
	const char **argv = arena_alloc(arena, 4, sizeof(*argv));

	(void)mta;
	argv[0] = "/bin/cp";
	argv[1] = map->source;
	argv[2] = map->built;
	return argv;
}

static int
look(void *user, const bool *wanted, struct fact_set **ret, struct why *why)
{
	bool is_cured = !is_sick_for_ever && has("mailfix_transport", ROW);

	world.before = is_cured ? WORLD_LOOK_CURED : WORLD_LOOK_SICK;
	world.after = world.before;
	return world_look(user, wanted, ret, why);
}

static void
change_init(size_t i, const char *kind, const char *verb, const char *target)
{
	changes[i] = (struct change){.id = (unsigned)i + 1,
	    .kind = change_kind_find(kind),
	    .verb = verb,
	    .target = target,
	    .text = target,
	    .base = "mailfix_transport",
	    .is_base = i + 1 < CHANGES};
}

static void
conf_init(const char *root)
{
	static const char *const quick[] = {"/bin/true", NULL};

	world_init(&world, root);
	world.mta.kind = "postfix";
	world.mta.config_dir = world_path(&world, "", "postfix");
	world.mta.map_type = "hash";
	world.ops.config_quick = quick;
	world.ops.map_build = build;
	world.host.look = look;
	change_init(0, "postfix-service", "add", "master.cf");
	changes[0].items = services;
	changes[0].item_count = 2;
	change_init(1, "postfix-param", "add", "main.cf");
	changes[1].items = settings;
	changes[1].item_count = 2;
	change_init(2, "map-entry", "create", "mailfix_transport");
	changes[2].detail = at("mailfix_transport");
	change_init(3, "postfix-param", "set", "transport_maps");
	changes[3].before = MAPS_OLD;
	changes[3].after = MAPS_NEW;
	change_init(4, "map-entry", "set", "mailfix_transport: big.test");
	changes[4].after = "mailfix-c1:";
	changes[4].detail = at("mailfix_transport");
	world.planned.changes = changes;
	world.planned.change_count = CHANGES;
}

static int
step_init(void)
{
	world_files(&world);
	(void)file_mkdirs(world.mta.config_dir, 0755, NULL);
	world_write(at("main.cf"), MAIN_OLD);
	world_write(at("master.cf"), MASTER_OLD);
	return 0;
}

static int
step_nothing(void)
{
	return 0;
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
	is_sick_for_ever = true;
	return step_run();
}

static void
die(void *user, int ms)
{
	(void)user;
	(void)ms;
	_exit(0);
}

static int
step_die(void)
{
	world.host.pause = die;
	return step_run_sick();
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

static int
step_settle_sick(void)
{
	is_sick_for_ever = true;
	return step_settle();
}

static void
line_ignore(void *user, const char *line)
{
	(void)user;
	(void)line;
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
broken(const char *promise)
{
	(void)printf("broken: %s\n", promise);
	return 1;
}

/* Names in the directory; -1 when it cannot be read. A lock that could not be
 * removed is empty and nobody's: postconf(1) takes it next. */
static int
entries(void)
{
	DIR *list = opendir(world.mta.config_dir);
	int count = list != NULL ? 0 : -1;

	for (const struct dirent *entry;
	     list != NULL && (entry = readdir(list)) != NULL;)
		count += strcmp(entry->d_name, ".") != 0 &&
		         strcmp(entry->d_name, "..") != 0 &&
		         !text_equal(get(entry->d_name), "");
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

/* At once after the fault: whatever Postfix opens now is whole. */
static int
step_check_raw(void)
{
	const char *text = get("main.cf"), *built = get("mailfix_transport.db");

	if (text == NULL || !text_starts(text, "# the admin's\n") ||
	    strstr(text, "\nq = 1") == NULL)
		return broken("main.cf is there, and the admin's lines in it");
	if (!has("master.cf", MASTER_OLD))
		return broken("master.cf is there");
	if (strstr(text, "mailfix_transport") == NULL)
		return 0;
	if (built == NULL || !text_starts(built, "# This table belongs to") ||
	    (!text_ends(built, " win.\n") && !text_ends(built, ROW)))
		return broken("a table that main.cf names is whole");
	return 0;
}

static bool
is_old(void)
{
	return text_equal(get("main.cf"), MAIN_OLD) &&
	       text_equal(get("master.cf"), MASTER_OLD) && entries() == 2;
}

static bool
is_new(void)
{
	return has("main.cf", "transport_maps = " MAPS_NEW "\nq = 1\n") &&
	       has("main.cf", settings[0]) && has("main.cf", settings[1]) &&
	       has("master.cf", services[0]) && has("master.cf", services[1]) &&
	       has("mailfix_transport", ROW) &&
	       has("mailfix_transport.db", ROW) && entries() == 4;
}

/* After the settling. */
static int
step_check(void)
{
	bool was_new = is_new();
	int64_t records;
	struct why why = {0};

	if (!was_new && !is_old())
		return broken("a fix is all or none, to the byte");
	if (count_in(RECORD_OPEN) != 0)
		return broken("nothing stays open");
	if (count_in(RECORD_KEPT) != (was_new ? CHANGES : 0))
		return broken("what was made is kept, and nothing else");
	if (audit_verify(world_path(&world, "", "log/audit.jsonl"), NULL, NULL,
	        NULL, &records, &why) != 0)
		return broken("the audit log verifies");
	if (step_settle() != 0 || is_new() != was_new)
		return broken("settling again does nothing");
	return 0;
}

static int
step_check_old(void)
{
	int r = step_check();

	return r == 0 && !is_old() ? broken("what was undone is old") : r;
}

static const struct {
	const char *name;
	int (*run)(void);
} steps[] = {
    {"init",        step_init       },
    {"nothing",     step_nothing    },
    {"run",         step_run        },
    {"run-sick",    step_run_sick   },
    {"die",         step_die        },
    {"settle",      step_settle     },
    {"settle-sick", step_settle_sick},
    {"undo",        step_undo       },
    {"check",       step_check      },
    {"check-old",   step_check_old  },
    {"check-raw",   step_check_raw  },
};

int
main(int argc, char **argv)
{
	for (size_t i = 0; argc == 3 && i < ARRAY_COUNT(steps); i++)
		if (strcmp(steps[i].name, argv[2]) == 0) {
			int r;

			conf_init(argv[1]);
			r = steps[i].run();
			world_done(&world);
			return r;
		}
	(void)fputs("usage: conf_fault DIR STEP\n", stderr);
	return 64;
}
