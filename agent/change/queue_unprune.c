/*
 * queue_unprune.c - messages back from the quarantine
 *
 * Purpose  undo of verb prune; also what ends a prune that was interrupted
 * Input    our own lists and quarantine, with their checksums
 * Errors   -EBADMSG: damaged, that message stays where it is; -EEXIST: an id is
 *          in use again, that message stays in the quarantine
 * Runs as  actor, as root
 * Source   queue_prune.h for the order; syncfs(2)
 *
 * A file that comes back has another inode than the one in its short id. The
 * queue manager does not mind; postsuper -s, which each start of Postfix runs,
 * gives it and its logs a new id (tried with Postfix 3.7: nothing is lost).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "agent/change/quarantine.h"
#include "agent/change/queue_prune.h"

struct restore {
	struct queue_work *work;
	struct quarantine *quarantine;
	int tar_fd;
	struct queue_ids back; /* restored, now or by an earlier try */
	size_t kept;           /* that stay in the quarantine */
	struct why kept_why;   /* of the first one */
};

static bool
is_message(const struct quarantine_file *file)
{
	return strncmp(file->path, "hold/", strlen("hold/")) == 0;
}

static void
keep(struct restore *restore, const struct why *why)
{
	if (restore->kept++ == 0)
		restore->kept_why = *why;
}

/* It is in the queue. Is it our own message, or does another one use its id? */
static void
judge_present(struct restore *restore, const struct quarantine_file *file,
    const char *path)
{
	char got[FILE_HASH_MAX];
	struct why why = {0};

	if (file_hash(restore->work->queue_fd, path, got, &why) < 0 ||
	    strcmp(got, file->hash) == 0)
		return;
	(void)why_set(
	    &why, -EEXIST, "%s is the id of another message now", file->id);
	keep(restore, &why);
}

/* The logs first: when the message is there, all of it is there. */
static void
restore_message(struct restore *restore, size_t first, const char **back)
{
	const struct quarantine *quarantine = restore->quarantine;
	const struct quarantine_file *message = &quarantine->files[first];
	char path[MTA_QUEUE_PATH_MAX];
	struct why why = {0};
	int r = 0;

	if (queue_id_is_anywhere(restore->work, message->id, path)) {
		judge_present(restore, message, path);
		return;
	}
	for (size_t i = first + 1; r >= 0 && i < quarantine->count &&
	                           !is_message(&quarantine->files[i]);
	     i++)
		r = quarantine_restore(&quarantine->files[i], restore->tar_fd,
		    restore->work->queue_fd, &why);
	if (r >= 0 || r == -EEXIST)
		r = quarantine_restore(
		    message, restore->tar_fd, restore->work->queue_fd, &why);
	if (r < 0)
		keep(restore, &why);
	else
		back[restore->back.count++] = message->id;
}

/* All messages of the archive, in its order. */
static struct queue_ids
messages_of(const struct restore *restore)
{
	const struct quarantine *quarantine = restore->quarantine;
	const char **ids = arena_alloc(
	    restore->work->host->arena, quarantine->count + 1, sizeof(*ids));
	size_t count = 0;

	for (size_t i = 0; i < quarantine->count; i++)
		if (is_message(&quarantine->files[i]))
			ids[count++] = quarantine->files[i].id;
	return (struct queue_ids){.ids = ids, .count = count};
}

/* Never one that was put back by an earlier try: it may be delivered since. */
static void
restore_all(struct restore *restore, struct queue_ids earlier)
{
	struct arena *arena = restore->work->host->arena;
	struct queue_ids all = messages_of(restore);
	struct queue_ids todo = queue_ids_without(arena, all, earlier);
	const char **back =
	    arena_alloc(arena, all.count + earlier.count + 1, sizeof(*back));

	restore->back.ids = back;
	for (size_t i = 0; i < earlier.count; i++)
		back[restore->back.count++] = earlier.ids[i];
	for (size_t i = 0, k = 0; k < todo.count; i++) {
		if (restore->quarantine->files[i].id != todo.ids[k])
			continue; /* a log, or back already */
		restore_message(restore, i, back);
		k++;
	}
}

static int
restore_run(struct queue_work *work, struct restore *restore, struct why *why)
{
	struct queue_ids earlier = {0};
	int r = queue_ids_load(work, QUEUE_LIST_RESTORED, &earlier, why);

	if (r < 0)
		return r;
	restore_all(restore, earlier);
	if (syncfs(work->queue_fd) < 0)
		return why_errno(why, "sync the queue");
	return queue_ids_save(work, QUEUE_LIST_RESTORED, restore->back, why);
}

static int
restore_from_quarantine(
    struct queue_work *work, struct restore *restore, struct why *why)
{
	const char *path = arena_printf(
	    work->host->arena, "%s/%s", work->host->store, QUARANTINE_TAR);
	AUTO_CLOSE int fd = -1;
	int r = quarantine_open(
	    work->host->mta, work->host->store, &restore->quarantine, why);

	if (r == 0)
		r = why_set(why, -EBADMSG, "the quarantine is gone from %s",
		    work->host->store);
	if (r > 0)
		r = file_open(AT_FDCWD, path, &fd, why);
	if (r < 0)
		return r;
	restore->tar_fd = fd;
	return restore_run(work, restore, why);
}

/* What we hold is released; what an admin holds is not ours to release. */
static int
release_all(struct queue_work *work, struct queue_ids ids,
    struct queue_ids back, struct why *why)
{
	struct queue_ids ours =
	    strcmp(work->state, "hold") == 0 ? (struct queue_ids){0} : ids;
	int r = queue_ids_move(work, MTA_QUEUE_RELEASE, "hold", ours, why);

	if (r == 0 && strcmp(work->state, "hold") != 0)
		r = queue_ids_move(work, MTA_QUEUE_RELEASE, "hold", back, why);
	return r;
}

int
queue_prune_undo(struct queue_work *work, struct queue_ids ids, struct why *why)
{
	struct restore restore = {.work = work, .tar_fd = -1};
	struct queue_ids list = {0};
	int r = queue_ids_load(work, QUEUE_LIST_UNDONE, &list, why);

	if (r != 0)
		return r < 0 ? r : 0;
	r = queue_ids_load(work, QUEUE_LIST_DELETING, &list, why);
	if (r > 0)
		r = restore_from_quarantine(work, &restore, why);
	if (r == 0)
		r = release_all(work, ids, restore.back, why);
	quarantine_free(restore.quarantine);
	if (r < 0)
		return r;
	if (restore.kept > 0)
		return why_set(why, -EEXIST,
		    "%zu of the messages stay in %s/%s: %s", restore.kept,
		    work->host->store, QUARANTINE_TAR, restore.kept_why.text);
	return queue_ids_save(
	    work, QUEUE_LIST_UNDONE, (struct queue_ids){0}, why);
}
