/*
 * file_walk.h - the way to a file that is to be changed, looked at step by step
 */
#ifndef MAILFIX_CHANGE_FILE_WALK_H
#define MAILFIX_CHANGE_FILE_WALK_H

#include "agent/change/change.h"

/*
 * file_walk - open the directory of an absolute path
 *
 * path      absolute, without "." and ".." and doubled slashes
 * mta       NULL: its owner is not trusted either, since what follows uses the
 *           path once more
 * ret_dir   O_PATH descriptor of its directory; caller closes
 * ret_name  its last component, inside `path`
 *
 * No link is followed. Each directory on the way belongs to root or to the
 * mail system's owner, and nobody else may put entries in the place of others
 * (a sticky one, as /tmp, is allowed). Returns 0; -EPERM with the directory and
 * the reason; or another negative errno.
 */
int file_walk(const char *path, const struct mta *mta, int *ret_dir,
    const char **ret_name, struct why *why);

/* file_is_below - is path inside dir? Both absolute; NULL dir: no */
bool file_is_below(const char *path, const char *dir);

#endif
