/*
 * readonly.c - a process that may change nothing in the file system
 *
 * Purpose  let a mail system's own check run without the repairs it makes
 * Input    none
 * Errors   -EOPNOTSUPP without Landlock; the caller decides
 * Runs as  a child of either role, between fork and exec
 * Source   landlock(7); Documentation/userspace-api/landlock.rst: which right
 *          came with which ABI
 */
#include "agent/sys/readonly.h"

#include <sys/prctl.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <unistd.h>

#include "agent/base/auto.h"

/* Rights that came after the header of the oldest system we build on. */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#define ABI_REFER    2
#define ABI_TRUNCATE 3

#define WRITES                                                                 \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |       \
	    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |    \
	    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |        \
	    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |      \
	    LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

static int
allow_null(int ruleset, uint64_t rights)
{
	AUTO_CLOSE int fd = open("/dev/null", O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr rule = {
	    .allowed_access = rights, .parent_fd = fd};

	if (fd < 0)
		return 0; /* no /dev/null: then nothing at all is written */
	return (int)syscall(SYS_landlock_add_rule, ruleset,
	    LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

int
readonly_enter(struct why *why)
{
	struct landlock_ruleset_attr attr = {.handled_access_fs = WRITES};
	AUTO_CLOSE int ruleset = -1;
	uint64_t null_rights = LANDLOCK_ACCESS_FS_WRITE_FILE;
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);

	if (abi < 1)
		return why_set(why, -EOPNOTSUPP, "no Landlock here");
	if (abi >= ABI_REFER)
		attr.handled_access_fs |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= ABI_TRUNCATE) {
		attr.handled_access_fs |= LANDLOCK_ACCESS_FS_TRUNCATE;
		null_rights |= LANDLOCK_ACCESS_FS_TRUNCATE;
	}
	ruleset =
	    (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (ruleset < 0)
		return why_errno(why, "Landlock");
	if (allow_null(ruleset, null_rights) < 0)
		return why_errno(why, "Landlock: /dev/null");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return why_errno(why, "no_new_privs");
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return why_errno(why, "Landlock");
	return 0;
}
