/*
 * file.c - files and directories opened, read, made
 *
 * Purpose  the only way in which mailfix opens ordinary files
 * Input    paths of our own or of the configuration; contents by anybody
 * Errors   negative errno with the path
 * Runs as  both roles; making directories only in the actor
 * Source   open(2), mkdir(2), fsync(2)
 */
#include "agent/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/hash.h"

/* Read at a time: enough to make system calls cheap, small on the stack. */
#define FILE_CHUNK 16384U

int
file_open(int dirfd, const char *path, int *ret_fd, struct why *why)
{
	AUTO_CLOSE int fd = -1;
	struct stat st;

	fd = openat(dirfd, path,
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return why_errno(why, "open %s", path);
	if (fstat(fd, &st) < 0)
		return why_errno(why, "stat %s", path);
	if (!S_ISREG(st.st_mode))
		return why_set(why, -EINVAL, "%s is not a regular file", path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int
file_open_link(const char *path, int *ret_fd, struct why *why)
{
	AUTO_CLOSE int place = open(path, O_PATH | O_CLOEXEC);
	char again[32];
	struct stat st;
	int fd;

	if (place < 0)
		return why_errno(why, "open %s", path);
	if (fstat(place, &st) < 0)
		return why_errno(why, "stat %s", path);
	if (!S_ISREG(st.st_mode))
		return why_set(why, -EINVAL, "%s is not a regular file", path);
	/* to open a watchdog is to start it: the path is not gone again */
	(void)snprintf(again, sizeof(again), "/proc/self/fd/%d", place);
	fd = open(again, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return why_errno(why, "open %s", path);
	*ret_fd = fd;
	return 0;
}

int
file_folder(
    int dirfd, const char *path, size_t length, int *ret_fd, struct why *why)
{
	const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	AUTO_CLOSE int dir = openat(dirfd, ".", O_PATH | O_CLOEXEC);
	char name[NAME_MAX + 1];

	for (size_t at = 0, n; dir >= 0 && at < length; at += n + 1) {
		const char *slash = memchr(path + at, '/', length - at);
		int fd;

		n = slash == NULL ? length - at : (size_t)(slash - path) - at;
		if (n == 0 || n > NAME_MAX || (n <= 2 && path[at] == '.'))
			return why_set(
			    why, -EINVAL, "%s: not a plain path", path);
		(void)memcpy(name, path + at, n);
		name[n] = '\0';
		fd = openat(dir, name, flags);
		if (fd < 0)
			return why_errno(why, "open the folder of %s", path);
		(void)close(dir);
		dir = fd;
	}
	if (dir < 0)
		return why_errno(why, "open the folder of %s", path);
	*ret_fd = TAKE_FD(dir);
	return 0;
}

static int
fd_read(int fd, const char *path, size_t max, struct buf *ret, struct why *why)
{
	AUTO_BUF struct buf all = {0};
	char chunk[FILE_CHUNK];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return why_errno(why, "read %s", path);
		if ((size_t)n > max - all.length)
			return why_set(why, -EFBIG,
			    "%s is longer than %zu bytes", path, max);
		buf_add_n(&all, chunk, (size_t)n);
	}
	buf_add_n(ret, buf_text(&all), all.length);
	return 0;
}

int
file_read(
    int dirfd, const char *path, size_t max, struct buf *ret, struct why *why)
{
	AUTO_CLOSE int fd = -1;
	int r = file_open(dirfd, path, &fd, why);

	return r < 0 ? r : fd_read(fd, path, max, ret, why);
}

int
file_read_link(const char *path, size_t max, struct buf *ret, struct why *why)
{
	AUTO_CLOSE int fd = -1;
	int r = file_open_link(path, &fd, why);

	return r < 0 ? r : fd_read(fd, path, max, ret, why);
}

int
file_write_all(int fd, const void *bytes, size_t length, struct why *why)
{
	const char *p = bytes;

	while (length > 0) {
		ssize_t n = write(fd, p, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return why_errno(why, "write");
		p += n;
		length -= (size_t)n;
	}
	return 0;
}

int
file_sync_dir(int dirfd, const char *path, struct why *why)
{
	AUTO_CLOSE int fd =
	    openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return why_errno(why, "open %s", path);
	if (fsync(fd) < 0)
		return why_errno(why, "sync %s", path);
	return 0;
}

int
file_hash(int dirfd, const char *path, char ret[static FILE_HASH_MAX],
    struct why *why)
{
	AUTO_CLOSE int fd = -1;
	char chunk[FILE_CHUNK];
	struct hash hash;
	ssize_t n;
	int r;

	r = file_open(dirfd, path, &fd, why);
	if (r < 0)
		return r;
	hash_init(&hash);
	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return why_errno(why, "read %s", path);
		hash_add(&hash, chunk, (size_t)n);
	}
	hash_end(&hash, ret);
	return 0;
}

/* Nobody but root can change the entries of this directory. */
static bool
is_roots_own(int dir)
{
	struct stat st;

	return fstat(dir, &st) == 0 && st.st_uid == 0 &&
	       (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* One step down; makes the directory when it is not there. */
static int
step_into(int dir, const char *name, bool is_last, mode_t mode)
{
	int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
	int fd = openat(dir, name, flags | O_NOFOLLOW);

	/* a link: ELOOP, or ENOTDIR together with O_DIRECTORY */
	if (fd < 0 && (errno == ELOOP || errno == ENOTDIR) && !is_last &&
	    is_roots_own(dir))
		return openat(dir, name, flags);
	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (mkdirat(dir, name, mode & 0777) < 0) {
		if (errno != EEXIST)
			return -1;
	} else if (fchmodat(dir, name, mode, 0) < 0 ||
	           file_sync_dir(dir, ".", NULL) < 0) {
		return -1;
	}
	return openat(dir, name, flags | O_NOFOLLOW);
}

int
file_mkdirs(const char *path, mode_t mode, struct why *why)
{
	AUTO_CLOSE int dir =
	    open(path[0] == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char name[NAME_MAX + 1];

	if (dir < 0)
		return why_errno(why, "open root of %s", path);
	for (const char *p = path + strspn(path, "/"); *p != '\0';) {
		size_t length = strcspn(p, "/");
		int fd;

		if (length > NAME_MAX)
			return why_set(
			    why, -ENAMETOOLONG, "%s: too long", path);
		(void)memcpy(name, p, length);
		name[length] = '\0';
		p += length;
		p += strspn(p, "/");
		fd = step_into(dir, name, *p == '\0', mode);
		if (fd < 0)
			return why_errno(why, "make directory %s", path);
		(void)close(dir);
		dir = fd;
	}
	return 0;
}
