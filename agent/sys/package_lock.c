/*
 * package_lock.c - is a package manager at work?
 *
 * Purpose  say who holds a package manager's lock
 * Input    lock files of fixed names; the kernel's answer about them
 * Errors   negative errno when a lock file is there and cannot be asked
 * Runs as  actor; any process that may open the lock files
 * Source   fcntl(2) F_GETLK; dpkg(1), apt-get(8), rpm(8): their lock files
 */
#include "agent/sys/package_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "agent/base/auto.h"

static const struct {
	const char *path, *name;
} locks[] = {
    {"/var/lib/dpkg/lock-frontend",     "apt" },
    {"/var/lib/dpkg/lock",              "dpkg"},
    {"/var/lib/rpm/.rpm.lock",          "rpm" },
    {"/usr/lib/sysimage/rpm/.rpm.lock", "rpm" },
};

int
package_lock_held(struct why *why)
{
	for (size_t i = 0; i < ARRAY_COUNT(locks); i++) {
		struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
		AUTO_CLOSE int fd = open(locks[i].path,
		    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0 || fcntl(fd, F_GETLK, &lock) < 0)
			return why_errno(
			    why, "ask for the lock %s", locks[i].path);
		if (lock.l_type != F_UNLCK)
			return why_set(why, 1, "%s is at work, pid %d",
			    locks[i].name, (int)lock.l_pid);
	}
	return 0;
}
