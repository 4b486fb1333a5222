/*
 * file_walk.c - the way to a file that is to be changed, looked at step by step
 *
 * Purpose  nobody but root and the mail system can lead a change astray
 * Input    paths that an observer may have told: hostile
 * Errors   -EPERM with the directory and the reason, or another negative errno
 * Runs as  actor
 * Source   open(2) O_NOFOLLOW, path_resolution(7); Postfix's safe_open(3)
 */
#include "agent/change/file_walk.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "agent/base/auto.h"

static bool
walk_owner_ok(uid_t uid, const struct mta *mta)
{
	return uid == 0 || uid == geteuid() ||
	       (mta != NULL && mta->owner != NULL && uid == mta->owner_uid);
}

static int
walk_judge(int dir, const char *path, const struct mta *mta, struct why *why)
{
	struct stat st;

	if (fstat(dir, &st) < 0)
		return why_errno(why, "stat a directory of %s", path);
	if (!walk_owner_ok(st.st_uid, mta))
		return why_set(why, -EPERM,
		    "a directory on the way to %s belongs to user %u", path,
		    (unsigned)st.st_uid);
	if ((st.st_mode & S_ISVTX) != 0)
		return 0; /* sticky: entries of others are safe */
	if ((st.st_mode & S_IWOTH) != 0)
		return why_set(why, -EPERM,
		    "everybody may write to a directory on the way to %s",
		    path);
	if ((st.st_mode & S_IWGRP) != 0 && st.st_gid != 0 &&
	    st.st_gid != getegid() &&
	    (mta == NULL || mta->owner == NULL || st.st_gid != mta->owner_gid))
		return why_set(why, -EPERM,
		    "group %u may write to a directory on the way to %s",
		    (unsigned)st.st_gid, path);
	return 0;
}

/* One component; *p moves behind it. */
static int
walk_component(const char **p, const char *path, char ret[static NAME_MAX + 1],
    struct why *why)
{
	size_t length = strcspn(*p, "/");

	if (length == 0 || length > NAME_MAX ||
	    (length == 1 && (*p)[0] == '.') ||
	    (length == 2 && (*p)[0] == '.' && (*p)[1] == '.'))
		return why_set(
		    why, -EINVAL, "%s is not a plain absolute path", path);
	(void)memcpy(ret, *p, length);
	ret[length] = '\0';
	*p += length;
	return 0;
}

int
file_walk(const char *path, const struct mta *mta, int *ret_dir,
    const char **ret_name, struct why *why)
{
	AUTO_CLOSE int dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char name[NAME_MAX + 1];
	const char *p = path, *last;
	int r;

	if (dir < 0)
		return why_errno(why, "open /");
	if (*p != '/')
		return why_set(why, -EINVAL, "%s is not absolute", path);
	for (;;) {
		int next;

		last = ++p;
		r = walk_judge(dir, path, mta, why);
		if (r == 0)
			r = walk_component(&p, path, name, why);
		if (r < 0)
			return r;
		if (*p == '\0')
			break;
		next = openat(
		    dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			return why_errno(
			    why, "open %.*s", (int)(p - path), path);
		(void)close(dir);
		dir = next;
	}
	*ret_dir = TAKE_FD(dir);
	*ret_name = last;
	return 0;
}

bool
file_is_below(const char *path, const char *dir)
{
	size_t length = dir == NULL ? 0 : strlen(dir);

	while (length > 1 && dir[length - 1] == '/')
		length--;
	return length > 1 && strncmp(path, dir, length) == 0 &&
	       path[length] == '/';
}
