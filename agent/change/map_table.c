/*
 * map_table.c - a lookup table of our own: its source and its built file
 *
 * Purpose  replace both so that Postfix finds a whole table at any instant
 * Input    text of the source, made by map_entry.c
 * Errors   negative errno with the builder's own words
 * Runs as  actor; the mail system's own program builds
 * Source   postmap(1); DATABASE_README: a daemon that sees that the file behind
 *          its descriptor has no name any more opens the table anew
 */
#include "agent/change/map_table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "agent/base/text.h"
#include "agent/change/conf_words.h"
#include "agent/change/file_walk.h"
#include "agent/sys/program.h"

/* Some hundred rows take postmap 10 ms; a hanging disk takes for ever. */
#define BUILD_MS         30000U
#define BUILD_OUTPUT_MAX 4096U

#define TABLE_MODE 0644 /* postmap(1) gives the built file its source's mode */

/* Types that consist of one built file. */
static const struct {
	const char *type, *suffix;
} types[] = {
    {"hash",  ".db"  },
    {"btree", ".db"  },
    {"lmdb",  ".lmdb"},
    {"cdb",   ".cdb" },
};

/* As the settings name the table; before they do, as a new one would be. */
static const char *
type_find(const struct mta *mta, const char *path)
{
	for (size_t i = 0; i < mta->map_count; i++)
		if (strcmp(mta->maps[i].source, path) == 0)
			return mta->maps[i].type;
	return mta->map_type;
}

static int
names_set(struct map_table *table, struct arena *arena, const char *path,
    struct why *why)
{
	for (size_t i = 0; i < ARRAY_COUNT(types); i++) {
		if (!text_equal(types[i].type, table->type))
			continue;
		table->built =
		    arena_printf(arena, "%s%s", table->leaf, types[i].suffix);
		table->new_leaf =
		    arena_printf(arena, ".%s.mailfix-new", table->leaf);
		table->new_path = arena_printf(arena, "%.*s%s",
		    (int)(strlen(path) - strlen(table->leaf)), path,
		    table->new_leaf);
		table->new_built = arena_printf(
		    arena, "%s%s", table->new_leaf, types[i].suffix);
		return 0;
	}
	return why_set(why, -EPERM,
	    "tables of type %s (default_database_type) cannot be changed "
	    "without a reload: mailfix can use hash, btree, lmdb and cdb",
	    table->type != NULL ? table->type : "unknown");
}

int
map_table_open(struct change_host *host, const char *leaf,
    struct map_table *ret, struct why *why)
{
	struct map_table table = MAP_TABLE_NONE;
	const char *path;
	int r;

	if (!text_starts(leaf, CONF_TABLE_OURS) || !conf_word_ok(leaf, "_"))
		return why_set(
		    why, -EPERM, "%.80s is not a table of mailfix", leaf);
	if (host->mta->config_dir == NULL || host->mta->ops == NULL ||
	    host->mta->ops->map_build == NULL)
		return why_set(why, -EPERM, "there is no Postfix here");
	path = arena_printf(host->arena, "%s/%s", host->mta->config_dir, leaf);
	table.type = type_find(host->mta, path);
	r = file_walk(path, NULL, &table.dir, &table.leaf, why);
	if (r < 0)
		return r;
	table.path = path;
	r = names_set(&table, host->arena, path, why);
	if (r < 0) {
		map_table_done(&table);
		return r;
	}
	*ret = table;
	return 0;
}

void
map_table_done(struct map_table *table)
{
	auto_close(&table->dir);
	table->dir = -1;
}

/* 1, 0, or a negative errno */
static int
is_there(const struct map_table *table, const char *leaf, struct why *why)
{
	struct stat st;

	if (fstatat(table->dir, leaf, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : why_errno(why, "stat %s", leaf);
	if (!S_ISREG(st.st_mode))
		return why_set(why, -EPERM, "%s is not a regular file", leaf);
	return 1;
}

/* Has the source been renamed, and the built file not? */
static int
is_unfinished(const struct map_table *table, struct why *why)
{
	int built = is_there(table, table->new_built, why);

	if (built <= 0)
		return built;
	built = is_there(table, table->new_leaf, why);
	return built < 0 ? built : !built;
}

int
map_table_state(
    const struct map_table *table, enum map_state *ret, struct why *why)
{
	int source = is_there(table, table->leaf, why);
	int built = is_there(table, table->built, why);
	int unfinished = is_unfinished(table, why);

	if (source < 0 || built < 0 || unfinished < 0)
		return source < 0 ? source : built < 0 ? built : unfinished;
	if (unfinished > 0 || source != built)
		*ret = MAP_HALF;
	else
		*ret = source > 0 ? MAP_WHOLE : MAP_NONE;
	return 0;
}

/* The built one first: alone it would mean that it is to be renamed. */
static int
new_remove(const struct map_table *table, struct why *why)
{
	if (unlinkat(table->dir, table->new_built, 0) < 0 && errno != ENOENT)
		return why_errno(why, "remove %s", table->new_built);
	if (unlinkat(table->dir, table->new_leaf, 0) < 0 && errno != ENOENT)
		return why_errno(why, "remove %s", table->new_leaf);
	return 0;
}

static int
built_rename(const struct map_table *table, struct why *why)
{
	if (renameat(table->dir, table->new_built, table->dir, table->built) <
	    0)
		return why_errno(why, "rename to %s", table->built);
	return file_sync_dir(table->dir, ".", why);
}

int
map_table_tidy(const struct map_table *table, struct why *why)
{
	int r = is_unfinished(table, why);

	if (r > 0)
		return built_rename(table, why);
	return r < 0 ? r : new_remove(table, why);
}

static int
build_run(
    const struct map_table *table, struct change_host *host, struct why *why)
{
	const struct mta_map map = {.type = table->type,
	    .source = table->new_path,
	    .built = arena_printf(host->arena, "%s%s", table->new_path,
	        table->new_built + strlen(table->new_leaf)),
	    .setting = "transport_maps"};
	const struct program program = {
	    .argv = host->mta->ops->map_build(host->arena, host->mta, &map),
	    .output_max = BUILD_OUTPUT_MAX,
	    .deadline_ms = BUILD_MS,
	    .is_joined = true};
	struct program_result result = {0};
	AUTO_BUF struct buf text = {0};
	int r = program_run(&program, &result, why);

	if (r < 0)
		return r;
	text_escape(&text, buf_text(&result.output),
	    strcspn(buf_text(&result.output), "\n"));
	if (result.is_late)
		r = why_set(why, -ETIME, "%s: not built in %u s", table->leaf,
		    BUILD_MS / 1000);
	else if (result.status != 0)
		r = why_set(why, -EIO, "%s: status %d: %s", program.argv[0],
		    result.status, buf_text(&text));
	buf_done(&result.output);
	buf_done(&result.errors);
	return r;
}

/* The program may not have synced what it wrote. */
static int
built_settle(const struct map_table *table, struct why *why)
{
	AUTO_CLOSE int fd = -1;
	int r = file_open(table->dir, table->new_built, &fd, why);

	if (r < 0)
		return r;
	if (fchmod(fd, TABLE_MODE) < 0)
		return why_errno(why, "change mode of %s", table->new_built);
	if (fsync(fd) < 0)
		return why_errno(why, "sync %s", table->new_built);
	return 0;
}

static int
new_make(const struct map_table *table, struct change_host *host,
    const struct buf *source, struct why *why)
{
	const struct stat like = {.st_mode = S_IFREG | TABLE_MODE,
	    .st_uid = geteuid(),
	    .st_gid = getegid()};
	int r = file_replace(table->dir, table->new_leaf, buf_text(source),
	    source->length, &like, why);

	if (r == 0)
		r = build_run(table, host, why);
	if (r == 0)
		r = built_settle(table, why);
	return r == 0 ? file_sync_dir(table->dir, ".", why) : r;
}

int
map_table_put(const struct map_table *table, struct change_host *host,
    const struct buf *source, struct why *why)
{
	int r = map_table_tidy(table, why);

	if (r == 0)
		r = new_make(table, host, source, why);
	if (r < 0) {
		(void)new_remove(table, NULL);
		return r;
	}
	if (renameat(table->dir, table->new_leaf, table->dir, table->leaf) <
	    0) {
		r = why_errno(why, "rename to %s", table->path);
		(void)new_remove(table, NULL);
		return r;
	}
	r = file_sync_dir(table->dir, ".", why);
	return r < 0 ? r : built_rename(table, why);
}

int
map_table_remove(const struct map_table *table, struct why *why)
{
	int r = new_remove(table, why);

	if (r < 0)
		return r;
	if (unlinkat(table->dir, table->built, 0) < 0 && errno != ENOENT)
		return why_errno(why, "remove %s", table->built);
	if (unlinkat(table->dir, table->leaf, 0) < 0 && errno != ENOENT)
		return why_errno(why, "remove %s", table->path);
	return file_sync_dir(table->dir, ".", why);
}
