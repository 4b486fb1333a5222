/*
 * dir.h - the files of a directory of configuration
 */
#ifndef MAILFIX_BASE_DIR_H
#define MAILFIX_BASE_DIR_H

#include <stddef.h>

#include "agent/base/lint.h"
#include "agent/base/why.h"

/* More entries than this are no configuration. */
#define DIR_NAMES_MAX 4096

struct dir_names {
	const char **names; /* in the arena, sorted by strcmp */
	size_t count;
};

/*
 * dir_names - entries whose names end in suffix and do not start with a dot
 *
 * lint  gets, when we are root, that the directory is not root's or that others
 *       may write to it
 * Returns 0, or a negative errno with why (-ENOENT among them, and -E2BIG).
 */
int dir_names(struct arena *arena, const char *path, const char *suffix,
    struct dir_names *ret, struct lint *lint, struct why *why);

/*
 * dir_catalogue - the files that a catalogue is read from, in that order
 *
 * shipped    its path where it is installed
 * site       a directory of what the site adds to it: NAME.ini
 * directory  another one for the shipped file: when it is there, it is read,
 *            and nothing of the site's; or NULL
 * lint       gets what is wrong with the site's directory, but that it is not
 *            there
 * Returns paths, NULL-terminated, in the arena.
 */
const char *const *dir_catalogue(struct arena *arena, const char *shipped,
    const char *site, const char *directory, struct lint *lint);

struct stat;

/* dir_trust - what decides what root does must be root's alone; also a file */
void dir_trust(const char *path, const struct stat *st, struct lint *lint);

#endif
