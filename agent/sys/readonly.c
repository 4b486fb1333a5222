/*
 * readonly.c - a process that may change nothing in the file system
 *
 * Purpose  let a mail system's own check run without the repairs it makes
 * Input    none
 * Errors   -EOPNOTSUPP without Landlock; the caller decides
 * Runs as  a child of either role, between fork and exec
 * Source   landlock(7)
 */
#include "agent/sys/readonly.h"

#include <sys/prctl.h>

#include <errno.h>

#include "agent/base/auto.h"
#include "agent/sys/landlock.h"

/* What it may go on to do; ioctls of devices write no file. */
#define ALLOWED                                                                \
	(LANDLOCK_EXECUTE | LANDLOCK_READ_FILE | LANDLOCK_READ_DIR |           \
	    LANDLOCK_IOCTL_DEV)

int
readonly_enter(struct why *why)
{
	AUTO_CLOSE int ruleset = -1;
	int r;

	if (landlock_abi() == 0)
		return why_set(why, -EOPNOTSUPP, "no Landlock here");
	ruleset = landlock_begin(LANDLOCK_FS_ALL & ~ALLOWED, 0, 0, why);
	if (ruleset < 0)
		return ruleset;
	r = landlock_allow(
	    ruleset, "/dev/null", LANDLOCK_WRITE_FILE | LANDLOCK_TRUNCATE, why);
	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return why_errno(why, "no_new_privs");
	return landlock_restrict(ruleset, why);
}
