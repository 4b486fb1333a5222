/*
 * queue_prune.c - messages into the quarantine
 *
 * Purpose  verb prune of kind queue-move
 * Input    ids; files of the queue, copied and never parsed
 * Errors   -ESTALE: none is there any more; -ENOSPC; -EIO when the mail system
 *          did not do its part: the caller then undoes
 * Runs as  actor, as root
 * Source   postsuper(1) -h, -d; DESIGN "No mail is ever lost"
 */
#include "agent/change/queue_prune.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/change/quarantine.h"

/*
 * The copy and as much again: the store's file system is often the queue's or
 * the root's, and a mail host without room is worse than one with old bounces.
 */
#define SPACE_TIMES 2

/* Headers and padding in the archive, the lines of lists, and the logs. */
#define SPACE_EACH 8192

static const char hold[] = "hold";

static bool
is_held_by_admin(struct queue_work *work)
{
	return strcmp(work->state, hold) == 0;
}

/*
 * The file system that the store will be on. In a dry run, and on a host where
 * nothing was ever changed, neither it nor what it lies in is there.
 */
static int
store_room(const char *store, struct statvfs *ret, struct why *why)
{
	AUTO_FREE char *path = mem_dup(store);
	char *slash;

	while (statvfs(path, ret) < 0) {
		slash = strrchr(path, '/');
		if (errno != ENOENT || slash == NULL || slash == path)
			return why_errno(why, "ask for room at %s", store);
		*slash = '\0';
	}
	return 0;
}

int
queue_prune_check(
    struct queue_work *work, struct queue_ids ids, struct why *why)
{
	char path[MTA_QUEUE_PATH_MAX];
	uint64_t need = 0, room;
	struct statvfs fs;
	struct stat st;

	for (size_t i = 0; i < ids.count; i++)
		if (queue_find(work, work->state, ids.ids[i], path, &st))
			need += (uint64_t)st.st_size + SPACE_EACH;
	if (store_room(work->host->store, &fs, why) < 0)
		return why->code;
	room = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (room / SPACE_TIMES < need)
		return why_set(why, -ENOSPC,
		    "the quarantine needs %llu MiB and as much again, and %s "
		    "has %llu MiB free",
		    (unsigned long long)(need >> 20), work->host->store,
		    (unsigned long long)(room >> 20));
	return 0;
}

/* A message and what belongs to it. */
static int
copy_one(struct queue_work *work, struct quarantine_writer *writer,
    const char *id, struct why *why)
{
	const char *const *logs = work->host->mta->ops->queue_logs;
	char path[MTA_QUEUE_PATH_MAX];
	int r;

	if (!queue_find(work, hold, id, path, NULL))
		return why_set(why, -ESTALE, "%s was released meanwhile", id);
	r = quarantine_add(writer, work->queue_fd, path, why);
	for (size_t i = 0; r == 0 && logs[i] != NULL; i++)
		if (queue_find(work, logs[i], id, path, NULL))
			r = quarantine_add(writer, work->queue_fd, path, why);
	return r;
}

static int
copy_all(struct queue_work *work, struct queue_ids ids, struct why *why)
{
	struct quarantine_writer *writer = NULL;
	int r = quarantine_begin(work->host->store, &writer, why);

	for (size_t i = 0; r == 0 && i < ids.count; i++)
		r = copy_one(work, writer, ids.ids[i], why);
	if (r == 0)
		r = quarantine_commit(writer, why);
	quarantine_writer_free(writer);
	return r;
}

/* Out of hold/, and not anywhere else: then it was removed. */
static struct queue_ids
gone_of(struct queue_work *work, struct queue_ids ids)
{
	struct queue_ids out = queue_ids_in(work, hold, ids, true);
	const char **gone =
	    arena_alloc(work->host->arena, out.count + 1, sizeof(*gone));
	char path[MTA_QUEUE_PATH_MAX];
	size_t count = 0;

	for (size_t i = 0; i < out.count; i++)
		if (!queue_id_is_anywhere(work, out.ids[i], path))
			gone[count++] = out.ids[i];
	return (struct queue_ids){.ids = gone, .count = count};
}

static int
remove_all(struct queue_work *work, struct queue_ids ids, struct why *why)
{
	struct queue_ids gone;
	int r = queue_ids_save(work, QUEUE_LIST_DELETING, ids, why), saved;

	if (r < 0)
		return r;
	r = queue_ids_move(work, MTA_QUEUE_DELETE, hold, ids, why);
	gone = gone_of(work, ids);
	saved = queue_ids_save(work, QUEUE_LIST_GONE, gone, r < 0 ? NULL : why);
	if (r < 0 || saved < 0)
		return r < 0 ? r : saved;
	if (gone.count < ids.count)
		return why_set(why, -EIO,
		    "%zu of %zu messages were released by somebody else",
		    ids.count - gone.count, ids.count);
	return 0;
}

int
queue_prune_perform(
    struct queue_work *work, struct queue_ids ids, struct why *why)
{
	struct queue_ids held;
	int r = 0;

	if (!is_held_by_admin(work))
		r = queue_ids_move(work, MTA_QUEUE_HOLD, work->state, ids, why);
	if (r < 0)
		return r;
	held = queue_ids_in(work, hold, ids, false);
	if (held.count == 0)
		return why_set(
		    why, -ESTALE, "none of the messages is there any more");
	r = copy_all(work, held, why);
	return r < 0 ? r : remove_all(work, held, why);
}

/* Removed and not yet back: one is enough. */
static bool
some_are_out(struct queue_work *work, struct queue_ids gone)
{
	char path[MTA_QUEUE_PATH_MAX];

	for (size_t i = 0; i < gone.count; i++)
		if (!queue_id_is_anywhere(work, gone.ids[i], path))
			return true;
	return false;
}

static int
look_after_delete(struct queue_work *work, struct queue_ids held,
    enum change_found *ret, struct why *why)
{
	struct quarantine *quarantine = NULL;
	struct queue_ids gone = {0}, undone = {0};
	int r = queue_ids_load(work, QUEUE_LIST_UNDONE, &undone, why);

	if (r != 0) {
		*ret = CHANGE_IS_BEFORE;
		return r < 0 ? r : 0;
	}
	r = quarantine_open(
	    work->host->mta, work->host->store, &quarantine, why);
	quarantine_free(quarantine);
	if (r == 0)
		return why_set(why, -EBADMSG, "the quarantine is gone from %s",
		    work->host->store);
	if (r > 0)
		r = queue_ids_load(work, QUEUE_LIST_GONE, &gone, why);
	if (r < 0)
		return r;
	if (r == 0 || (held.count > 0 && !is_held_by_admin(work)))
		*ret = CHANGE_IS_PARTIAL;
	else
		*ret = some_are_out(work, gone) ? CHANGE_IS_AFTER
		                                : CHANGE_IS_BEFORE;
	return 0;
}

int
queue_prune_look(struct queue_work *work, struct queue_ids ids,
    enum change_found *ret, struct why *why)
{
	struct queue_ids held = queue_ids_in(work, hold, ids, false);
	struct queue_ids deleting = {0};
	int r = queue_ids_load(work, QUEUE_LIST_DELETING, &deleting, why);

	if (r < 0)
		return r;
	if (r > 0)
		return look_after_delete(work, held, ret, why);
	*ret = held.count > 0 && !is_held_by_admin(work) ? CHANGE_IS_PARTIAL
	                                                 : CHANGE_IS_BEFORE;
	return 0;
}
