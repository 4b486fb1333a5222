/*
 * view.h - a folder seen read-only
 */
#ifndef MAILFIX_SYS_VIEW_H
#define MAILFIX_SYS_VIEW_H

#include "agent/base/why.h"

/*
 * view_open - a descriptor of a folder through which nothing can be changed
 *
 * With CAP_SYS_ADMIN it is a mount of its own, seen by nobody else and gone
 * with the descriptor: read-only whatever the reader's rights, and without
 * times of access. Postfix dates deferred mail into the future, so that each
 * reading of a file would otherwise write its inode: a fifth of the cost of
 * reading the queue. Without that capability it is the plain folder.
 *
 * Returns 0, or a negative errno with why.
 */
int view_open(const char *path, int *ret_fd, struct why *why);

#endif
