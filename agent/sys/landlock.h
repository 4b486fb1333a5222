/*
 * landlock.h - rulesets of Landlock, whatever the system's header knows
 *
 * The numbers are the kernel's; linux/landlock.h of the oldest systems that we
 * build on lacks the later ones, or is not there.
 */
#ifndef MAILFIX_SYS_LANDLOCK_H
#define MAILFIX_SYS_LANDLOCK_H

#include <stdint.h>

#include "agent/base/why.h"

#define LANDLOCK_EXECUTE    (1ULL << 0)
#define LANDLOCK_WRITE_FILE (1ULL << 1)
#define LANDLOCK_READ_FILE  (1ULL << 2)
#define LANDLOCK_READ_DIR   (1ULL << 3)
#define LANDLOCK_TRUNCATE   (1ULL << 14)
#define LANDLOCK_IOCTL_DEV  (1ULL << 15)
#define LANDLOCK_FS_ALL     ((1ULL << 16) - 1)
#define LANDLOCK_NET_ALL    3ULL /* bind and connect of TCP */
#define LANDLOCK_SCOPED_ALL 3ULL /* abstract sockets and signals outside */

int landlock_abi(void); /* 0: no Landlock */

/*
 * landlock_begin - a ruleset that denies all this, as far as the kernel can
 * Returns a descriptor, or a negative errno.
 */
int landlock_begin(uint64_t fs, uint64_t net, uint64_t scoped, struct why *why);

/*
 * landlock_allow - these rights at, and below, a path
 * A path that is not there, or that we may not reach, needs no rule: 0.
 */
int landlock_allow(int ruleset, const char *path, uint64_t fs, struct why *why);

/* landlock_restrict - from now on; no_new_privs must be set */
int landlock_restrict(int ruleset, struct why *why);

#endif
