/*
 * signer_file.c - files of a signer's configuration, read as root
 *
 * Purpose  signer_read of signer.h
 * Input    paths of a configuration; a signer may own the folder of its tables,
 *          and may have put a link there that leads to what only root may read
 * Errors   negative errno with why; -EPERM and -ELOOP: what a signer may have
 *          put there is not read
 * Runs as  actor
 * Source   path_resolution(7); proc(5) /proc/pid/fd; the limit on links as
 *          MAXSYMLINKS of the kernel
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/probes/signer.h"

/* A table of some thousand domains. */
#define CONFIG_BYTES_MAX (512U * 1024U)

#define LINKS_MAX 40U

/* How far a path was gone, step by step. */
struct way {
	char path[PATH_MAX]; /* up to `at` without links */
	size_t at;
	struct stat folder;
	bool is_roots; /* nobody but root could change a step so far */
	unsigned links;
};

/* Takes dir. */
static int
folder_enter(struct way *way, int *dir, int next)
{
	if (*dir >= 0)
		(void)close(*dir);
	*dir = next;
	if (next < 0 || fstat(next, &way->folder) < 0)
		return -errno;
	way->is_roots = way->is_roots && way->folder.st_uid == 0 &&
	                (way->folder.st_mode & (S_IWGRP | S_IWOTH)) == 0;
	return 0;
}

/* A link is a step of root's, or it is none. */
static int
link_follow(struct way *way, int link, size_t name, struct why *why)
{
	char target[PATH_MAX], whole[PATH_MAX];
	ssize_t n;
	int length;

	if (!way->is_roots)
		return why_set(why, -ELOOP,
		    "%s: %.*s is a link in a folder that others than root may "
		    "change",
		    way->path, (int)way->at, way->path);
	n = readlinkat(link, "", target, sizeof(target) - 1);
	if (n < 0)
		return why_errno(why, "read the link %s", way->path);
	target[n] = '\0';
	length = snprintf(whole, sizeof(whole), "%.*s%s%s",
	    target[0] == '/' ? 0 : (int)name, way->path, target,
	    way->path + way->at);
	if (length < 0 || (size_t)length >= sizeof(whole) ||
	    ++way->links > LINKS_MAX)
		return why_set(
		    why, -ELOOP, "%s: too many or too long links", way->path);
	(void)memcpy(way->path, whole, (size_t)length + 1);
	way->at = 0;
	return 0;
}

/* One name on: 1 with what is there, or 0 at the end of the path. */
static int
name_open(struct way *way, int dir, size_t *ret_name, int *ret_fd,
    struct stat *ret, struct why *why)
{
	char name[NAME_MAX + 1];
	size_t start = way->at + strspn(way->path + way->at, "/");
	size_t length = strcspn(way->path + start, "/");

	if (length == 0)
		return 0;
	if (length > NAME_MAX)
		return why_set(why, -ENAMETOOLONG, "a name is too long");
	(void)memcpy(name, way->path + start, length);
	name[length] = '\0';
	*ret_name = start;
	*ret_fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (*ret_fd < 0)
		return why_errno(why, "open %s", way->path);
	way->at = start + length;
	return fstat(*ret_fd, ret) < 0 ? why_errno(why, "stat %s", way->path)
	                               : 1;
}

/* Who may put names there may not choose what root reads. */
static int
file_allowed(const struct way *way, const struct stat *st, struct why *why)
{
	if (!S_ISREG(st->st_mode) || way->path[way->at] != '\0')
		return why_set(
		    why, -EINVAL, "%s is not a regular file", way->path);
	if (way->is_roots)
		return 0;
	if (st->st_uid != 0 && st->st_uid != way->folder.st_uid)
		return why_set(why, -EPERM,
		    "%s is neither root's nor of the owner of its folder, "
		    "which others than root may change",
		    way->path);
	if (st->st_nlink != 1)
		return why_set(why, -EPERM,
		    "%s has another name elsewhere, and others than root may "
		    "change its folder",
		    way->path);
	return 0;
}

static int
place_find(const char *root, struct way *way, int *ret_fd, struct why *why)
{
	AUTO_CLOSE int dir = -1;

	for (;;) {
		AUTO_CLOSE int fd = -1;
		struct stat st;
		size_t name = 0;
		int r = 0;

		if (way->at == 0) {
			way->is_roots = true;
			r = folder_enter(way, &dir,
			    open(*root != '\0' ? root : "/",
			        O_PATH | O_DIRECTORY | O_CLOEXEC));
		}
		if (r < 0)
			return why_set(why, r, "open /: %s", strerror(-r));
		r = name_open(way, dir, &name, &fd, &st, why);
		if (r < 0)
			return r;
		if (r == 0)
			return why_set(
			    why, -EINVAL, "%s is not a file", way->path);
		if (S_ISLNK(st.st_mode))
			r = link_follow(way, fd, name, why);
		else if (S_ISDIR(st.st_mode))
			r = folder_enter(way, &dir, TAKE_FD(fd));
		else {
			r = file_allowed(way, &st, why);
			*ret_fd = r < 0 ? -1 : TAKE_FD(fd);
			return r;
		}
		if (r < 0)
			return r;
	}
}

/* Straight to where it is wiped: no buffer that grows, no stream. */
static int
whole_read(struct signers *signers, int place, const char *path,
    const char **ret, struct why *why)
{
	char again[32];
	AUTO_CLOSE int fd = -1;
	struct stat st;
	size_t done = 0;
	ssize_t n = 1;
	char *text;

	/* to open a watchdog is to start it: the path is not gone again */
	(void)snprintf(again, sizeof(again), "/proc/self/fd/%d", place);
	fd = open(again, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return why_errno(why, "open %s", path);
	if (fstat(fd, &st) < 0)
		return why_errno(why, "stat %s", path);
	if (st.st_size > (off_t)CONFIG_BYTES_MAX)
		return why_set(why, -EFBIG, "%s is longer than %u bytes", path,
		    CONFIG_BYTES_MAX);
	text = arena_alloc(signers->scratch, (size_t)st.st_size + 1, 1);
	while (n != 0 && done < (size_t)st.st_size) {
		n = read(fd, text + done, (size_t)st.st_size - done);
		if (n < 0 && errno != EINTR)
			return why_errno(why, "read %s", path);
		done += n > 0 ? (size_t)n : 0;
	}
	*ret = text;
	return 0;
}

int
signer_read(struct signers *signers, const char *path, const char **ret,
    struct why *why)
{
	AUTO_CLOSE int place = -1;
	struct way way = {0};
	int r;

	if (strlen(path) >= sizeof(way.path))
		return why_set(why, -ENAMETOOLONG, "a path is too long");
	(void)memcpy(way.path, path, strlen(path) + 1);
	r = place_find(signers->root, &way, &place, why);
	return r < 0 ? r : whole_read(signers, place, path, ret, why);
}
