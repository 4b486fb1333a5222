/*
 * file_replace.c - a file replaced as a whole, durably
 *
 * Purpose  write beside, sync, rename, sync the directory
 * Input    paths and bytes that the actor has decided on
 * Errors   negative errno with the path; never a half-written file
 * Runs as  actor
 * Source   rename(2), fsync(2), open(2) O_TMPFILE, xattr(7)
 */
#include <sys/random.h>
#include <sys/xattr.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"

/* ".", a name, ".mailfix-" and 8 digits. */
#define TEMP_NAME_MAX (NAME_MAX + 32)

/* A security label or an ACL of ordinary size; a longer one is not copied. */
#define XATTR_MAX 4096

/* Best effort: a file system may have no labels, a user may not set them. */
static void
attributes_copy(int from_fd, int to_fd)
{
	static const char *const names[] = {
	    "security.selinux", "system.posix_acl_access"};
	char value[XATTR_MAX];

	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		ssize_t n = fgetxattr(from_fd, names[i], value, sizeof(value));

		if (n > 0)
			(void)fsetxattr(to_fd, names[i], value, (size_t)n, 0);
	}
}

static int
owner_set(int fd, const struct stat *like, struct why *why)
{
	uid_t uid = like != NULL ? like->st_uid : 0;
	gid_t gid = like != NULL ? like->st_gid : 0;
	struct stat st;

	if (like == NULL && geteuid() != 0)
		return 0;
	if (fstat(fd, &st) < 0)
		return why_errno(why, "stat");
	if (st.st_uid == uid && st.st_gid == gid)
		return 0;
	if (fchown(fd, uid, gid) < 0)
		return why_errno(why, "change owner");
	return 0;
}

/* What the file must be before anybody can see it. */
static int
temp_fill(int fd, int old_fd, const void *bytes, size_t length,
    const struct stat *like, struct why *why)
{
	int r = file_write_all(fd, bytes, length, why);

	if (r == 0)
		r = owner_set(fd, like, why);
	if (r < 0)
		return r;
	if (old_fd >= 0)
		attributes_copy(old_fd, fd);
	/* after the ACL, which carries a mode of its own */
	if (fchmod(fd, like != NULL ? like->st_mode & 07777 : 0600) < 0)
		return why_errno(why, "change mode");
	if (fsync(fd) < 0)
		return why_errno(why, "sync");
	return 0;
}

/*
 * A file without a name, so that a crash leaves nothing behind; where the file
 * system has none (NFS, some overlays), one with the name `temp`.
 */
static int
temp_open(int dir, const char *temp, bool *ret_is_named)
{
	int fd = openat(dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

	*ret_is_named = false;
	if (fd >= 0 ||
	    (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
		return fd;
	*ret_is_named = true;
	return openat(dir, temp,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

static int
temp_link(int fd, int dir, const char *temp)
{
	char self[32];

	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, self, dir, temp, AT_SYMLINK_FOLLOW);
}

static void
temp_name(const char *name, char ret[static TEMP_NAME_MAX])
{
	unsigned number = 0;

	/* a hidden name that no *.conf or *.prom matches */
	(void)!getrandom(&number, sizeof(number), GRND_NONBLOCK);
	(void)snprintf(
	    ret, TEMP_NAME_MAX, ".%.200s.mailfix-%08x", name, number);
}

static int
replace_in(int dir, const char *name, int old_fd, const void *bytes,
    size_t length, const struct stat *like, struct why *why)
{
	char temp[TEMP_NAME_MAX];
	AUTO_CLOSE int fd = -1;
	bool is_named;
	int r;

	temp_name(name, temp);
	fd = temp_open(dir, temp, &is_named);
	if (fd < 0)
		return why_errno(why, "create");
	r = temp_fill(fd, old_fd, bytes, length, like, why);
	if (r == 0 && !is_named) {
		if (temp_link(fd, dir, temp) < 0)
			return why_errno(why, "link");
		is_named = true;
	}
	if (r == 0 && renameat(dir, temp, dir, name) < 0)
		r = why_errno(why, "rename");
	if (r < 0 && is_named)
		(void)unlinkat(dir, temp, 0);
	if (r < 0)
		return r;
	if (fsync(dir) < 0)
		return why_errno(
		    why, "the new file is in place; sync of its directory");
	return 0;
}

/* Opens the directory of path; *ret_name is the last component. */
static int
parent_open(int dirfd, const char *path, int *ret_dir, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	char parent[PATH_MAX];
	size_t length = slash != NULL ? (size_t)(name - path) : 0;
	int fd;

	if (length >= sizeof(parent) || strlen(name) > NAME_MAX)
		return -ENAMETOOLONG;
	if (name[0] == '\0' || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return -EISDIR;
	(void)memcpy(parent, path, length);
	parent[length] = '\0';
	fd = openat(dirfd, length > 0 ? parent : ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*ret_dir = fd;
	*ret_name = name;
	return 0;
}

int
file_replace(int dirfd, const char *path, const void *bytes, size_t length,
    const struct stat *like, struct why *why)
{
	AUTO_CLOSE int dir = -1, old_fd = -1;
	const char *name = NULL;
	struct stat st;
	int r;

	r = parent_open(dirfd, path, &dir, &name);
	if (r < 0)
		return why_set(
		    why, r, "open directory of %s: %s", path, strerror(-r));
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		if (S_ISLNK(st.st_mode))
			return why_set(why, -ELOOP, "%s is a link", path);
		if (!S_ISREG(st.st_mode))
			return why_set(
			    why, -EINVAL, "%s is not a regular file", path);
		/* only to copy its label: may fail without root */
		(void)file_open(dir, name, &old_fd, NULL);
	} else if (errno != ENOENT) {
		return why_errno(why, "stat %s", path);
	}
	r = replace_in(dir, name, old_fd, bytes, length, like, why);
	if (r < 0)
		why_prefix(why, "replace %s", path);
	return r;
}
