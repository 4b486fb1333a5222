/*
 * queue_dir.h - a queue directory of Postfix made for a test
 */
#ifndef MAILFIX_TESTS_UNIT_QUEUE_DIR_H
#define MAILFIX_TESTS_UNIT_QUEUE_DIR_H

#include <sys/stat.h>
#include <sys/types.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/mta/mta.h"
#include "agent/mta/postfix_queue.h"
#include "agent/mta/postfix_queue_scan.h"
#include "tests/unit/queue_file.h"
#include "tests/unit/unit.h"

struct queue_dir {
	char path[64];
	int fd;
	struct mta_ops ops;
	struct mta mta;
};

static inline void
queue_dir_init(struct queue_dir *dir)
{
	static const char *const folders[] = {"incoming", "active", "deferred",
	    "deferred/4", "deferred/5", "hold", "maildrop", "corrupt", "defer",
	    "defer/4", "bounce", "trace"};

	memset(dir, 0, sizeof(*dir));
	(void)snprintf(
	    dir->path, sizeof(dir->path), "/tmp/mailfix-queue-XXXXXX");
	assert_non_null(mkdtemp(dir->path));
	dir->fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir->fd >= 0);
	for (size_t i = 0; i < ARRAY_COUNT(folders); i++)
		assert_int_equal(mkdirat(dir->fd, folders[i], 0700), 0);
	dir->ops.kind = "postfix";
	dir->ops.queue_id_ok = postfix_queue_id_ok;
	dir->ops.queue_depth = postfix_queue_depth;
	dir->ops.queue_find = postfix_queue_find;
	dir->ops.queue_scan = postfix_queue_scan;
	dir->ops.queue_logs = postfix_queue_logs;
	dir->mta.ops = &dir->ops;
	dir->mta.kind = "postfix";
	dir->mta.queue_dir = dir->path;
	dir->mta.owner_uid = getuid();
	dir->mta.owner_gid = getgid();
}

static inline int
queue_dir_remove(
    const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void
queue_dir_done(struct queue_dir *dir)
{
	(void)close(dir->fd);
	(void)nftw(dir->path, queue_dir_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void
queue_dir_write(const struct queue_dir *dir, const char *path, mode_t mode,
    const void *bytes, size_t length)
{
	int fd = openat(
	    dir->fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(write(fd, bytes, length), (ssize_t)length);
	assert_int_equal(close(fd), 0);
}

/* A message to one or two recipients; to_2 may be NULL. */
static inline void
queue_dir_message(const struct queue_dir *dir, const char *path,
    int64_t arrival_s, const char *sender, const char *to, const char *to_2)
{
	const char *const recipients[] = {to, to_2, NULL};
	AUTO_BUF struct buf bytes = {0};

	queue_file_make(&bytes, arrival_s, sender, recipients, 10);
	queue_dir_write(dir, path, 0700, bytes.text, bytes.length);
}

#endif
