/*
 * record.c - what is durably known of one change, from intent to undo
 *
 * Purpose  every step of a change survives a crash at any instant
 * Input    the state directory, written by this program as root
 * Errors   negative errno; -EBADMSG when a before-image is not what was kept
 * Runs as  actor
 * Source   rename(2), fsync(2)
 */
#include "agent/apply/record.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "agent/base/json.h"

#define RECORD_FILE "record"
#define CHANGES_DIR "changes"

static const char *const place_names[] = {
    [RECORD_OPEN] = "open",
    [RECORD_KEPT] = "kept",
    [RECORD_CLOSED] = "closed",
};
_Static_assert(ARRAY_COUNT(place_names) == RECORD_PLACE_MAX, "all places");

static const char *
place_dir(struct arena *arena, const char *state_dir, enum record_place place)
{
	return arena_printf(
	    arena, "%s/" CHANGES_DIR "/%s", state_dir, place_names[place]);
}

const char *
record_name(struct arena *arena, const struct record *record)
{
	return arena_printf(arena, "%s/%u", record->run, record->change.id);
}

const char *
record_dir(
    struct arena *arena, const char *state_dir, const struct record *record)
{
	return arena_printf(arena, "%s/" CHANGES_DIR "/%s/%s-%u", state_dir,
	    place_names[record->place], record->run, record->change.id);
}

int
record_begin(struct arena *arena, const char *state_dir,
    const struct record *record, struct why *why)
{
	const char *dir = record_dir(arena, state_dir, record);
	int r =
	    file_mkdirs(place_dir(arena, state_dir, record->place), 0700, why);

	if (r < 0)
		return r;
	if (mkdir(dir, 0700) < 0)
		return why_errno(why, "make %s", dir);
	r = record_save(arena, state_dir, record, why);
	if (r == 0)
		r = file_sync_dir(
		    AT_FDCWD, place_dir(arena, state_dir, record->place), why);
	return r;
}

int
record_save(struct arena *arena, const char *state_dir,
    const struct record *record, struct why *why)
{
	AUTO_JSON struct json *json = record_to_json(record);
	AUTO_BUF struct buf text = {0};
	const char *path = arena_printf(
	    arena, "%s/" RECORD_FILE, record_dir(arena, state_dir, record));

	json_write(&text, json, false);
	buf_add_char(&text, '\n');
	return file_replace(
	    AT_FDCWD, path, buf_text(&text), text.length, NULL, why);
}

int
record_move(struct arena *arena, const char *state_dir, struct record *record,
    enum record_place place, struct why *why)
{
	struct record moved = *record;
	const char *from = record_dir(arena, state_dir, record), *to;
	int r;

	moved.place = place;
	to = record_dir(arena, state_dir, &moved);
	r = file_mkdirs(place_dir(arena, state_dir, place), 0700, why);
	if (r < 0)
		return r;
	if (rename(from, to) < 0)
		return why_errno(why, "move %s to %s", from, to);
	/* the new place first: the entry must not be lost between the two */
	r = file_sync_dir(AT_FDCWD, place_dir(arena, state_dir, place), why);
	if (r == 0)
		r = file_sync_dir(
		    AT_FDCWD, place_dir(arena, state_dir, record->place), why);
	record->place = place;
	return r;
}

static int
image_add(struct arena *arena, int dir, const char *name, struct record *record,
    struct why *why)
{
	char hash[FILE_HASH_MAX];
	struct stat st;
	int r;

	if (name[0] == '.' || strcmp(name, RECORD_FILE) == 0 ||
	    record->image_count == RECORD_IMAGES_MAX)
		return 0;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return why_errno(why, "stat %s", name);
	if (!S_ISREG(st.st_mode))
		return 0; /* a kind's own directory has checksums of its own */
	r = file_hash(dir, name, hash, why);
	if (r < 0)
		return r;
	record->images[record->image_count].name = arena_dup(arena, name);
	record->images[record->image_count].hash = arena_dup(arena, hash);
	record->image_count++;
	return 0;
}

int
record_hash_images(struct arena *arena, const char *state_dir,
    struct record *record, struct why *why)
{
	const char *path = record_dir(arena, state_dir, record);
	DIR *list = opendir(path);
	const struct dirent *entry;
	int r = 0;

	if (list == NULL)
		return why_errno(why, "list %s", path);
	record->image_count = 0;
	while (r == 0 && (entry = readdir(list)) != NULL)
		r = image_add(arena, dirfd(list), entry->d_name, record, why);
	(void)closedir(list);
	return r;
}

int
record_check_images(struct arena *arena, const char *state_dir,
    const struct record *record, struct why *why)
{
	for (size_t i = 0; i < record->image_count; i++) {
		char hash[FILE_HASH_MAX];
		const char *path = arena_printf(arena, "%s/%s",
		    record_dir(arena, state_dir, record),
		    record->images[i].name);
		int r = file_hash(AT_FDCWD, path, hash, why);

		if (r < 0)
			return r;
		if (strcmp(hash, record->images[i].hash) != 0)
			return why_set(
			    why, -EBADMSG, "%s is not as it was kept", path);
	}
	return 0;
}
