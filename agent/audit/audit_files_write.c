/*
 * audit_files_write.c - files of the log made, rotated, reserved
 *
 * Purpose  the steps that change which files there are
 * Input    names of our own
 * Errors   negative errno
 * Runs as  actor
 * Source   rename(2), flock(2), posix_fallocate(3)
 */
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/audit/audit_log.h"
#include "agent/base/auto.h"
#include "agent/base/file.h"

int
audit_file_lock(int fd, const char *name, struct why *why)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return why_set(
		    why, -EBUSY, "another process writes to %s", name);
	return why_errno(why, "lock %s", name);
}

int
audit_file_create(const struct audit_files *files, int *ret_fd, struct why *why)
{
	AUTO_CLOSE int fd = openat(files->dir, files->name,
	    O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    0600);
	int r;

	if (fd < 0)
		return why_errno(why, "create %s", files->name);
	r = audit_file_lock(fd, files->name, why);
	if (r == 0)
		r = file_sync_dir(files->dir, ".", why);
	if (r == 0)
		*ret_fd = TAKE_FD(fd);
	return r;
}

int
audit_rotate_finish(struct audit *audit, struct why *why)
{
	char name[AUDIT_NAME_MAX];
	int fd = -1, r;

	audit_files_name(&audit->files, audit->at.count + 1, name);
	if (renameat2(audit->files.dir, audit->files.name, audit->files.dir,
	        name, RENAME_NOREPLACE) < 0)
		return why_errno(
		    why, "rename %s to %s", audit->files.name, name);
	if (fchmod(audit->fd, 0400) < 0)
		return why_errno(why, "make %s read-only", name);
	r = file_sync_dir(audit->files.dir, ".", why);
	if (r == 0)
		r = audit_file_create(&audit->files, &fd, why);
	if (r < 0)
		return r;
	auto_close(&audit->fd);
	audit->fd = fd;
	audit->at.size = 0;
	audit->at.count++;
	return audit_head_save(&audit->files, &audit->at, why);
}

int
audit_reserve_make(const struct audit_files *files, struct why *why)
{
	char name[AUDIT_NAME_MAX];
	AUTO_CLOSE int fd = -1;
	struct stat st;
	int r;

	audit_files_beside(files, "reserve", name);
	fd = openat(
	    files->dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || fstat(fd, &st) < 0)
		return why_errno(why, "make %s", name);
	if (st.st_size >= AUDIT_RESERVE_BYTES)
		return 0;
	r = posix_fallocate(fd, 0, AUDIT_RESERVE_BYTES);
	if (r == 0)
		return 0;
	/* half a reserve would look like a whole one next time */
	(void)unlinkat(files->dir, name, 0);
	return why_set(why, -r, "reserve room for %s: %s", name, strerror(r));
}

void
audit_reserve_free(const struct audit_files *files)
{
	char name[AUDIT_NAME_MAX];

	audit_files_beside(files, "reserve", name);
	(void)unlinkat(files->dir, name, 0);
}
