/*
 * landlock.c - rulesets of Landlock, whatever the system's header knows
 *
 * Purpose  one place for its system calls and for what each ABI knows
 * Input    paths of our own or of the configuration
 * Errors   negative errno
 * Runs as  observer; a child of either role, between fork and exec
 * Source   landlock(7); Documentation/userspace-api/landlock.rst
 */
#include "agent/sys/landlock.h"

#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

#include "agent/base/auto.h"

/* The same number on all architectures. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule       445
#define SYS_landlock_restrict_self  446
#endif

#define GET_VERSION       1U
#define RULE_PATH_BENEATH 1

/* Rights that make sense for a file that is no directory. */
#define FS_OF_FILE                                                             \
	(LANDLOCK_EXECUTE | LANDLOCK_WRITE_FILE | LANDLOCK_READ_FILE |         \
	    LANDLOCK_TRUNCATE | LANDLOCK_IOCTL_DEV)

/* How many of the fs rights this ABI knows, from bit 0. */
static const unsigned fs_right_count[] = {
    [1] = 13, /* execute .. make_sym */
    [2] = 14, /* refer */
    [3] = 15, /* truncate */
    [4] = 15,
    [5] = 16, /* ioctl_dev */
};

#define ABI_NET    4
#define ABI_SCOPED 6

struct ruleset_attr {
	uint64_t fs, net, scoped;
};

struct path_beneath_attr {
	uint64_t allowed;
	int32_t parent_fd;
} __attribute__((packed));

int
landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, GET_VERSION);

	return abi > 0 ? (int)abi : 0;
}

static uint64_t
fs_known(unsigned abi)
{
	unsigned known = abi < ARRAY_COUNT(fs_right_count)
	                     ? abi
	                     : ARRAY_COUNT(fs_right_count) - 1;

	return (1ULL << fs_right_count[known]) - 1;
}

int
landlock_begin(uint64_t fs, uint64_t net, uint64_t scoped, struct why *why)
{
	unsigned abi = (unsigned)landlock_abi();
	struct ruleset_attr attr = {
	    .fs = fs & fs_known(abi),
	    .net = abi >= ABI_NET ? net : 0,
	    .scoped = abi >= ABI_SCOPED ? scoped : 0,
	};
	size_t size = abi >= ABI_SCOPED ? sizeof(attr)
	              : abi >= ABI_NET  ? offsetof(struct ruleset_attr, scoped)
	                                : sizeof(attr.fs);
	long fd = syscall(SYS_landlock_create_ruleset, &attr, size, 0);

	return fd < 0 ? why_errno(why, "Landlock") : (int)fd;
}

int
landlock_allow(int ruleset, const char *path, uint64_t fs, struct why *why)
{
	AUTO_CLOSE int fd = open(path, O_PATH | O_CLOEXEC);
	struct path_beneath_attr rule = {
	    .allowed = fs & fs_known((unsigned)landlock_abi()),
	    .parent_fd = fd,
	};
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return 0;
	if (!S_ISDIR(st.st_mode))
		rule.allowed &= FS_OF_FILE;
	if (syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule,
	        0) < 0)
		return why_errno(why, "Landlock: %s", path);
	return 0;
}

int
landlock_restrict(int ruleset, struct why *why)
{
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return why_errno(why, "Landlock");
	return 0;
}
