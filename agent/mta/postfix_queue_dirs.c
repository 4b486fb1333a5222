/*
 * postfix_queue_dirs.c - hand out the names in the queue's folders, in batches
 *
 * Purpose  read folders with big buffers, share the names among threads
 * Input    names in the queue directory: hostile as far as user postfix is
 * Errors   a folder that cannot be opened or read ends the walk, but ENOENT
 * Runs as  the queue's observer, in the closed sandbox
 * Source   getdents64(2); Postfix global/dir_forest.c (one-character folders)
 */
#include "agent/mta/postfix_queue_dirs.h"

#include <sys/syscall.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"

/* struct linux_dirent64 of getdents64(2): the C library has none for us. */
struct entry {
	uint64_t ino;
	int64_t off;
	unsigned short reclen;
	unsigned char type;
	char name[];
};

static void
push(struct postfix_dirs *dirs, enum queue_state state, unsigned depth,
    const char *parent, const char *name)
{
	int n;

	if (dirs->pending_count == POSTFIX_DIRS_PENDING)
		return;
	n = snprintf(dirs->pending[dirs->pending_count].path, POSTFIX_DIRS_PATH,
	    "%s%s%s", parent, parent[0] != '\0' ? "/" : "", name);
	if (n < 0 || n >= POSTFIX_DIRS_PATH)
		return;
	dirs->pending[dirs->pending_count].state = state;
	dirs->pending[dirs->pending_count].depth = depth;
	dirs->pending_count++;
}

void
postfix_dirs_init(struct postfix_dirs *dirs, int queue_fd, unsigned states)
{
	memset(dirs, 0, sizeof(*dirs));
	(void)pthread_mutex_init(&dirs->lock, NULL);
	dirs->queue_fd = queue_fd;
	for (size_t i = 0; i < ARRAY_COUNT(dirs->open); i++)
		dirs->open[i].fd = -1;
	/* Read from the end: incoming first, the way a message goes. */
	for (unsigned i = QUEUE_STATE_MAX; i-- > 0;) {
		if ((states & (1U << i)) != 0)
			push(dirs, (enum queue_state)i, 0, "",
			    queue_state_to_text((enum queue_state)i));
	}
}

void
postfix_dirs_done(struct postfix_dirs *dirs)
{
	for (size_t i = 0; i < ARRAY_COUNT(dirs->open); i++)
		auto_close(&dirs->open[i].fd);
	(void)pthread_mutex_destroy(&dirs->lock);
}

static void
release(struct postfix_dir *dir)
{
	if (--dir->users > 0)
		return;
	(void)close(dir->fd);
	dir->fd = -1;
}

static void
fail(struct postfix_dirs *dirs, int code, const char *path)
{
	if (dirs->code == 0) {
		dirs->code = code;
		(void)snprintf(dirs->failed, sizeof(dirs->failed), "%s", path);
	}
	dirs->pending_count = 0;
}

/* Open the folder that waits on top. There is a free place for each thread. */
static void
open_next(struct postfix_dirs *dirs)
{
	struct postfix_dir *dir = dirs->open;
	const char *path = dirs->pending[--dirs->pending_count].path;

	while (dir->fd >= 0)
		dir++;
	dir->fd = openat(dirs->queue_fd, path,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir->fd < 0) {
		if (errno != ENOENT)
			fail(dirs, -errno, path);
		return;
	}
	dir->users = 1;
	dir->state = dirs->pending[dirs->pending_count].state;
	dir->depth = dirs->pending[dirs->pending_count].depth;
	memcpy(dir->path, path, sizeof(dir->path));
	dirs->reading = dir;
}

static bool
is_folder(const struct entry *entry)
{
	return entry->name[0] != '\0' && entry->name[1] == '\0' &&
	       entry->name[0] != '.' &&
	       (entry->type == DT_DIR || entry->type == DT_UNKNOWN);
}

/* Folders are noted while the lock is held: no thread has to wait for them. */
static void
push_folders(struct postfix_dirs *dirs, const struct postfix_batch *batch)
{
	const struct postfix_dir *dir = batch->dir;

	if (dir->depth >= POSTFIX_DIRS_DEPTH)
		return;
	for (size_t at = 0; at < batch->length;) {
		const struct entry *entry =
		    (const struct entry *)(const void *)(batch->bytes + at);

		if (is_folder(entry))
			push(dirs, dir->state, dir->depth + 1, dir->path,
			    entry->name);
		at += entry->reclen;
	}
}

static bool
next(struct postfix_dirs *dirs, struct postfix_batch *batch)
{
	long n;

	for (;;) {
		while (dirs->reading == NULL) {
			if (dirs->pending_count == 0)
				return false;
			open_next(dirs);
		}
		n = syscall(SYS_getdents64, dirs->reading->fd, batch->bytes,
		    sizeof(batch->bytes));
		if (n > 0) {
			batch->dir = dirs->reading;
			batch->dir->users++;
			batch->length = (size_t)n;
			batch->at = 0;
			push_folders(dirs, batch);
			return true;
		}
		if (n < 0 && errno != ENOENT)
			fail(dirs, -errno, dirs->reading->path);
		release(dirs->reading);
		dirs->reading = NULL;
	}
}

bool
postfix_dirs_next(struct postfix_dirs *dirs, struct postfix_batch *batch)
{
	bool is_there;

	(void)pthread_mutex_lock(&dirs->lock);
	if (batch->dir != NULL)
		release(batch->dir);
	batch->dir = NULL;
	is_there = next(dirs, batch);
	(void)pthread_mutex_unlock(&dirs->lock);
	return is_there;
}

const char *
postfix_batch_name(struct postfix_batch *batch, unsigned *ret_type)
{
	while (batch->at < batch->length) {
		const struct entry *entry =
		    (const struct entry *)(const void *)(batch->bytes +
		                                         batch->at);

		batch->at += entry->reclen;
		if (strcmp(entry->name, ".") == 0 ||
		    strcmp(entry->name, "..") == 0 || is_folder(entry))
			continue;
		*ret_type = entry->type;
		return entry->name;
	}
	return NULL;
}
