/*
 * sandbox_landlock.c - what of the file system a sandboxed process may see
 *
 * Purpose  read-only below its roots, nothing elsewhere, no TCP, no signals
 * Input    roots: paths of our own or of the configuration
 * Errors   negative errno
 * Runs as  observer
 * Source   landlock(7); Documentation/userspace-api/landlock.rst. The header of
 *          the oldest systems we build on lacks the later parts, or is not
 *          there: the few constants are ours.
 */
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/sys/sandbox.h"

/* The same number on all architectures. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule       445
#define SYS_landlock_restrict_self  446
#endif

#define GET_VERSION       1U
#define RULE_PATH_BENEATH 1

#define FS_READ_FILE (1ULL << 2)
#define FS_READ_DIR  (1ULL << 3)

#define NET_ALL    3ULL /* bind and connect of TCP */
#define SCOPED_ALL 3ULL /* abstract sockets and signals outside */

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
sandbox_landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, GET_VERSION);

	return abi > 0 ? (int)abi : 0;
}

static int
ruleset_create(unsigned needs)
{
	unsigned abi = (unsigned)sandbox_landlock_abi();
	unsigned known = abi < ARRAY_COUNT(fs_right_count)
	                     ? abi
	                     : ARRAY_COUNT(fs_right_count) - 1;
	struct ruleset_attr attr = {.fs = (1ULL << fs_right_count[known]) - 1};
	size_t size = sizeof(attr.fs);

	if (abi >= ABI_NET) {
		size = offsetof(struct ruleset_attr, scoped);
		if ((needs & SANDBOX_INET) == 0)
			attr.net = NET_ALL;
	}
	if (abi >= ABI_SCOPED) {
		size = sizeof(attr);
		attr.scoped = SCOPED_ALL;
	}
	return (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
}

/* A root that is not there, or that we may not reach, needs no rule. */
static int
root_allow(int ruleset, const char *path)
{
	AUTO_CLOSE int fd = open(path, O_PATH | O_CLOEXEC);
	struct path_beneath_attr rule = {
	    .allowed = FS_READ_FILE, .parent_fd = fd};
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return 0;
	if (S_ISDIR(st.st_mode))
		rule.allowed |= FS_READ_DIR;
	return (int)syscall(
	    SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0);
}

int
sandbox_landlock_enter(
    unsigned needs, const char *const *roots, struct why *why)
{
	AUTO_CLOSE int ruleset = ruleset_create(needs);

	if (ruleset < 0)
		return why_errno(why, "Landlock");
	for (; roots != NULL && *roots != NULL; roots++)
		if (root_allow(ruleset, *roots) < 0)
			return why_errno(why, "Landlock: %s", *roots);
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return why_errno(why, "Landlock");
	return 0;
}
