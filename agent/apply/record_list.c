/*
 * record_list.c - all records of one place; old ones removed
 *
 * Purpose  what a run before left open, keeps, or has closed
 * Input    the state directory, written by this program as root
 * Errors   -EBADMSG: a record is damaged or of a later version
 * Runs as  actor
 * Source   -
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/apply/record.h"
#include "agent/base/auto.h"
#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/base/text.h"

/* 10,000 queue ids in one record are 200 KiB. */
#define RECORD_BYTES_MAX (16U * 1024U * 1024U)

/*
 * A change that was put back, or never made, has nothing in its directory that
 * is not elsewhere; it is kept a month for people. One that failed is never
 * removed by itself: its before-image may be the only one.
 */
#define CLOSED_KEEP_S (30 * 86400)

/* A kind's own directory in a record's directory, and no deeper. */
#define CLOSED_DEPTH_MAX 4

static const char *
place_path(struct arena *arena, const char *state_dir, enum record_place place)
{
	static const char *const names[] = {"open", "kept", "closed"};

	return arena_printf(arena, "%s/changes/%s", state_dir, names[place]);
}

/* needle  what its text must contain, or NULL; 0 when it does not */
static int
record_load(struct arena *arena, const char *dir, const char *name,
    const char *needle, struct record *ret, struct why *why)
{
	AUTO_BUF struct buf text = {0};
	AUTO_JSON struct json *json = NULL;
	const char *path = arena_printf(arena, "%s/%s/record", dir, name);
	int r = file_read(AT_FDCWD, path, RECORD_BYTES_MAX, &text, why);

	if (r < 0)
		return r;
	if (needle != NULL && strstr(buf_text(&text), needle) == NULL)
		return 0;
	r = json_parse(buf_text(&text), text.length, &json, why);
	if (r == 0)
		r = record_from_json(arena, json, ret, why);
	if (r == 0 && strcmp(name, arena_printf(arena, "%s-%u", ret->run,
	                               ret->change.id)) != 0)
		r = why_set(why, -EBADMSG, "it belongs to another change");
	if (r < 0)
		why_prefix(why, "%s cannot be used", path);
	return r < 0 ? r : 1;
}

/* Unlinks a tree that only root can write to; false when something stays. */
static bool
tree_remove(int parent, const char *name, int depth)
{
	int fd = openat(
	    parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	bool is_done = list != NULL;

	if (list == NULL) {
		auto_close(&fd);
		return false;
	}
	while ((entry = readdir(list)) != NULL) {
		const char *leaf = entry->d_name;

		if (strcmp(leaf, ".") == 0 || strcmp(leaf, "..") == 0)
			continue;
		if (unlinkat(dirfd(list), leaf, 0) < 0 &&
		    (depth == 0 || !tree_remove(dirfd(list), leaf, depth - 1)))
			is_done = false;
	}
	(void)closedir(list);
	return is_done && unlinkat(parent, name, AT_REMOVEDIR) == 0;
}

/* A directory without a record: it may hold a record that was being written,
 * and nothing else, or it stays and is told. */
static bool
begun_remove(int parent, const char *name)
{
	int fd = openat(
	    parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (list == NULL) {
		auto_close(&fd);
		return false;
	}
	while ((entry = readdir(list)) != NULL)
		if (text_starts(entry->d_name, ".record."))
			(void)unlinkat(dirfd(list), entry->d_name, 0);
	(void)closedir(list);
	return unlinkat(parent, name, AT_REMOVEDIR) == 0;
}

static int
record_compare(const void *a, const void *b)
{
	const struct record *x = a, *y = b;
	int order = strcmp(x->run, y->run);

	if (order != 0)
		return order;
	return x->change.id < y->change.id ? -1 : x->change.id > y->change.id;
}

static int
list_add(struct arena *arena, const char *dir, const char *name,
    const char *needle, struct record_list *list, size_t *size, struct why *why)
{
	struct record record;
	int r = record_load(arena, dir, name, needle, &record, why);

	if (r <= 0)
		return r;
	if (list->count == *size) {
		struct record *grown;

		*size = *size * 2 + 16;
		grown = arena_alloc(arena, *size, sizeof(*grown));
		if (list->count != 0)
			(void)memcpy(
			    grown, list->records, list->count * sizeof(*grown));
		list->records = grown;
	}
	list->records[list->count++] = record;
	return 0;
}

static int
list_load(struct arena *arena, const char *state_dir, enum record_place place,
    const char *needle, struct record_list *ret, struct why *why)
{
	const char *dir = place_path(arena, state_dir, place);
	struct record_list found = {0};
	DIR *list = opendir(dir);
	const struct dirent *entry;
	size_t size = 0;
	int r = 0;

	if (list == NULL && errno != ENOENT)
		return why_errno(why, "list %s", dir);
	while (r == 0 && list != NULL && (entry = readdir(list)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		r = list_add(
		    arena, dir, entry->d_name, needle, &found, &size, why);
		/* begun, and the record was not written: nothing was made */
		if (r == -ENOENT && place == RECORD_OPEN &&
		    begun_remove(dirfd(list), entry->d_name))
			r = 0;
	}
	if (list != NULL)
		(void)closedir(list);
	if (r < 0)
		return r;
	for (size_t i = 0; i < found.count; i++)
		found.records[i].place = place;
	if (found.count > 1)
		qsort(found.records, found.count, sizeof(*found.records),
		    record_compare);
	*ret = found;
	return 0;
}

int
record_list_load(struct arena *arena, const char *state_dir,
    enum record_place place, struct record_list *ret, struct why *why)
{
	return list_load(arena, state_dir, place, NULL, ret, why);
}

int
record_list_load_release(struct arena *arena, const char *state_dir,
    struct record_list *ret, struct why *why)
{
	/* as record_save writes it; in a text the quotes would be escaped */
	return list_load(
	    arena, state_dir, RECORD_KEPT, "\"release\":true", ret, why);
}

struct record *
record_list_find(const struct record_list *list, const char *name)
{
	const char *slash = name == NULL ? NULL : strrchr(name, '/');
	unsigned id;

	if (slash == NULL || sscanf(slash + 1, "%u", &id) != 1)
		return NULL;
	for (size_t i = 0; i < list->count; i++) {
		struct record *record = &list->records[i];

		if (record->change.id == id &&
		    strlen(record->run) == (size_t)(slash - name) &&
		    memcmp(record->run, name, (size_t)(slash - name)) == 0)
			return record;
	}
	return NULL;
}

static bool
record_is_spare(struct arena *arena, const char *dir, const char *name)
{
	struct record record;

	if (record_load(arena, dir, name, NULL, &record, NULL) < 0)
		return false;
	return record.state == RECORD_REVERTED ||
	       record.state == RECORD_UNDONE ||
	       record.state == RECORD_DROPPED ||
	       record.state == RECORD_SUPERSEDED ||
	       (record.state == RECORD_VERIFIED &&
	           !change_is_undoable(&record.change));
}

void
record_retain(struct arena *arena, const char *state_dir)
{
	const char *dir = place_path(arena, state_dir, RECORD_CLOSED);
	int64_t now_s = clock_now_s();
	DIR *list = opendir(dir);
	const struct dirent *entry;

	while (list != NULL && (entry = readdir(list)) != NULL) {
		struct stat st;

		if (entry->d_name[0] == '.' ||
		    fstatat(dirfd(list), entry->d_name, &st,
		        AT_SYMLINK_NOFOLLOW) < 0 ||
		    now_s - st.st_mtime < CLOSED_KEEP_S)
			continue;
		if (record_is_spare(arena, dir, entry->d_name))
			(void)tree_remove(
			    dirfd(list), entry->d_name, CLOSED_DEPTH_MAX);
	}
	if (list != NULL)
		(void)closedir(list);
}
