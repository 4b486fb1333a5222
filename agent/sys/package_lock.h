/*
 * package_lock.h - is a package manager at work?
 *
 * While dpkg, apt or rpm hold their locks, services stop and start and files
 * are half replaced: nothing may be fixed then.
 */
#ifndef MAILFIX_SYS_PACKAGE_LOCK_H
#define MAILFIX_SYS_PACKAGE_LOCK_H

#include "agent/base/why.h"

/*
 * package_lock_held - look for a held lock; read only, takes none
 *
 * Returns 1 with why saying who ("dpkg, pid 812"), 0 when nobody is, or a
 * negative errno when that could not be told (without root: -EACCES).
 */
int package_lock_held(struct why *why);

#endif
