/*
 * readonly.h - a process that may change nothing in the file system
 */
#ifndef MAILFIX_SYS_READONLY_H
#define MAILFIX_SYS_READONLY_H

#include "agent/base/why.h"

/*
 * readonly_enter - from now on this process and its children write nothing
 *
 * Landlock: no file is written, made, removed, renamed or cut, but /dev/null
 * is written to. Open descriptors keep what they could. Sets no_new_privs.
 * Async-signal-safe in effect: for a child between fork and exec.
 *
 * Returns 0, -EOPNOTSUPP where the kernel or a container hides Landlock, or
 * another negative errno.
 */
int readonly_enter(struct why *why);

#endif
