/*
 * apply_world.h - a small host for tests of agent/apply: two files of a chroot
 * that differ from their sources, a playbook that sees it, a fix that copies
 *
 * ROOT/source/{a,b}                the files of the host
 * ROOT/queue/ROOT/source/{a,b}     the chroot's copies
 * ROOT/state, ROOT/log/audit.jsonl what the agent writes
 */
#ifndef MAILFIX_TESTS_UNIT_APPLY_WORLD_H
#define MAILFIX_TESTS_UNIT_APPLY_WORLD_H

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "actions/action.h"
#include "agent/apply/apply.h"
#include "agent/base/auto.h"
#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/base/text.h"
#include "agent/state/state.h"

#define WORLD_OLD "old bytes\n"
#define WORLD_NEW "new bytes\n"
#define WORLD_RUN "20261122T101500-4f2a"

extern const struct action action_refresh_chroot;

/* What the fake look answers. */
enum world_look {
	WORLD_LOOK_TRUE,    /* as the files are */
	WORLD_LOOK_SICK,    /* sick whatever is done */
	WORLD_LOOK_CURED,   /* cured whatever is done */
	WORLD_LOOK_UNKNOWN, /* not told */
	WORLD_LOOK_LIES     /* the observer broke the protocol */
};

struct world {
	const char *root;
	struct arena *arena;
	struct config config;
	struct mta mta;
	struct mta_ops ops;
	const char *chroot_files[3];
	struct playbook playbook;
	struct playbook_set playbooks;
	struct fix fix;
	struct finding finding;
	struct change changes[2];
	struct planned_fix planned;
	struct plan plan;
	struct apply_host host;
	enum world_look before, after; /* by whether the first copy is new */
	int looks;
	int64_t now_s;
	bool is_stopping;
};

static inline const char *
world_path(struct world *world, const char *format, const char *name)
{
	const char *path = arena_printf(world->arena, "%s/", world->root);

	if (strcmp(format, "source") == 0)
		return arena_printf(world->arena, "%ssource/%s", path, name);
	if (strcmp(format, "copy") == 0)
		return arena_printf(world->arena, "%squeue%s/source/%s", path,
		    world->root, name);
	return arena_printf(world->arena, "%s%s", path, name);
}

static inline void
world_write(const char *path, const char *text)
{
	struct stat like = {.st_mode = S_IFREG | 0640,
	    .st_uid = geteuid(),
	    .st_gid = getegid()};

	if (file_replace(AT_FDCWD, path, text, strlen(text), &like, NULL) < 0)
		(void)fprintf(stderr, "cannot write %s\n", path);
}

/* 1 when the file has this text, 0 when another, -1 when it is not there */
static inline int
world_has(const char *path, const char *text)
{
	AUTO_BUF struct buf bytes = {0};

	if (file_read(AT_FDCWD, path, 4096, &bytes, NULL) < 0)
		return -1;
	return strcmp(buf_text(&bytes), text) == 0;
}

static inline void
world_files(struct world *world)
{
	(void)file_mkdirs(world_path(world, "source", ""), 0755, NULL);
	(void)file_mkdirs(world_path(world, "copy", ""), 0755, NULL);
	world_write(world_path(world, "source", "a"), WORLD_NEW);
	world_write(world_path(world, "source", "b"), WORLD_NEW);
	world_write(world_path(world, "copy", "a"), WORLD_OLD);
	world_write(world_path(world, "copy", "b"), WORLD_OLD);
}

static inline bool
world_sick(struct world *world, const char *name)
{
	bool is_new =
	    world_has(world_path(world, "copy", name), WORLD_NEW) == 1;
	enum world_look look = is_new ? world->after : world->before;

	return look == WORLD_LOOK_SICK || (look == WORLD_LOOK_TRUE && !is_new);
}

static inline int
world_look(
    void *user, const bool *wanted, struct fact_set **ret, struct why *why)
{
	struct world *world = user;
	struct fact_set *set = fact_set_new(world->arena);
	const struct table *schema = schema_table_find("chroot_file", NULL);
	struct fact_table *table = fact_table_get(set, schema);
	const char *path = world_path(world, "copy", "a");
	bool is_new = world_has(path, WORLD_NEW) == 1;
	enum world_look look = is_new ? world->after : world->before;
	struct fact_row *row;

	(void)wanted;
	world->looks++;
	if (look == WORLD_LOOK_LIES)
		return why_set(why, -EPROTO, "an observer lied");
	if (look == WORLD_LOOK_UNKNOWN) {
		fact_table_set_unknown(set, table, "not told");
		*ret = set;
		return 0;
	}
	fact_table_set_known(table);
	row = fact_row_add(set, table, path);
	row->cells[schema_column_find(schema, "exists")] = VALUE_BOOL_OF(true);
	row->cells[schema_column_find(schema, "stale")] =
	    VALUE_BOOL_OF(world_sick(world, "a"));
	*ret = set;
	return 0;
}

static inline void
world_pause(void *user, int ms)
{
	struct world *world = user;

	world->now_s += (ms + 999) / 1000;
	clock_fix(world->now_s);
}

static inline bool
world_stopping(void *user)
{
	return ((struct world *)user)->is_stopping;
}

static inline void
world_change(struct world *world, unsigned id, const char *name)
{
	struct change *change = &world->changes[id - 1];

	change->id = id;
	change->kind = change_kind_find("file");
	change->verb = "copy";
	change->target = world_path(world, "copy", name);
	change->detail = world_path(world, "source", name);
	change->before = "differs";
	change->after = "the same";
	change->text = arena_printf(world->arena, "copy %s", name);
}

static inline void
world_playbook(struct world *world)
{
	const struct table *row = schema_table_find("chroot_file", NULL);
	struct expr_place place = {.file = "test", .line = 1};
	struct lint lint = {.arena = world->arena};

	world->fix = (struct fix){
	    .name = "refresh",
	    .action = &action_refresh_chroot.spec,
	    .verify_s = 5,
	};
	world->playbook = (struct playbook){
	    .name = "chroot-stale",
	    .for_each = row,
	    .when = expr_parse(
	        world->arena, "stale", row, EXPR_TYPE_BOOL, place, &lint),
	    .fixes = &world->fix,
	    .fix_count = 1,
	};
	lint_done(&lint);
	world->playbooks =
	    (struct playbook_set){.playbooks = &world->playbook, .count = 1};
}

/* Everything but the state and the log. */
static inline void
world_init(struct world *world, const char *root)
{
	*world = (struct world){.root = root,
	    .arena = arena_new(),
	    .now_s = clock_now_s()}; /* files have real times */
	clock_fix(world->now_s);
	world->mta.kind = "none";
	world->chroot_files[0] = world_path(world, "source", "a") + 1;
	world->chroot_files[1] = world_path(world, "source", "b") + 1;
	world->ops.chroot_files = world->chroot_files;
	world->mta.ops = &world->ops;
	world->mta.queue_dir = world_path(world, "", "queue");
	world_playbook(world);
	world_change(world, 1, "a");
	world_change(world, 2, "b");
	world->finding = (struct finding){.playbook = &world->playbook,
	    .item = world_path(world, "copy", "a")};
	world->planned = (struct planned_fix){.finding = &world->finding,
	    .fix = &world->fix,
	    .changes = world->changes,
	    .change_count = 2,
	    .is_approved = true};
	world->plan = (struct plan){.fixes = &world->planned, .count = 1};
	world->host = (struct apply_host){.arena = world->arena,
	    .config = &world->config,
	    .mta = &world->mta,
	    .state_dir = world_path(world, "", "state"),
	    .run = WORLD_RUN,
	    .effects = &effects_none,
	    .playbooks = &world->playbooks,
	    .look = world_look,
	    .is_stopping = world_stopping,
	    .pause = world_pause,
	    .user = world};
}

/* The state and the log: from now on it acts. */
static inline int
world_open(struct world *world, struct why *why)
{
	int r = file_mkdirs(world->host.state_dir, 0700, why);

	if (r == 0)
		r = state_load(world->host.state_dir, &world->host.state, why);
	if (r == 0)
		r = audit_open(world_path(world, "", "log/audit.jsonl"),
		    world->host.run, &world->host.audit, why);
	if (r == 0)
		world->host.effects = &effects_real;
	return r;
}

static inline void
world_close(struct world *world)
{
	world->host.audit = audit_free(world->host.audit);
	world->host.state = state_free(world->host.state);
	world->host.effects = &effects_none;
}

static inline void
world_done(struct world *world)
{
	world_close(world);
	world->arena = arena_free(world->arena);
	clock_fix(-1);
}

#endif
