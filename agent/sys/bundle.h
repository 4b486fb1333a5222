/*
 * bundle.h - files that only root may read, for a sealed observer, unread
 *
 * The actor has the kernel copy them into one anonymous file: not a byte of
 * them is in its own memory, which later observers inherit, and one descriptor
 * stands for any number of files.
 */
#ifndef MAILFIX_SYS_BUNDLE_H
#define MAILFIX_SYS_BUNDLE_H

#include <sys/types.h>

#include "agent/base/buf.h"
#include "agent/base/why.h"

struct bundle_file {
	off_t offset;
	size_t length;
	int error; /* negative errno: it is not in there; 0: it is */
};

/* bundle_new - an empty one; its descriptor, or a negative errno */
int bundle_new(struct why *why);

/*
 * bundle_add - append a regular file, links followed
 *
 * A device or a pipe is never opened. Longer than max: -EFBIG.
 */
void bundle_add(int fd, const char *path, size_t max, struct bundle_file *ret);

/*
 * bundle_add_text - append a secret that stands within a configuration
 * The caller wipes his own copy. Longer than max: -EFBIG.
 */
void bundle_add_text(
    int fd, const char *text, size_t max, struct bundle_file *ret);

/* bundle_read - what was added; 0, or its error */
int bundle_read(int fd, const struct bundle_file *file, struct buf *ret);

#endif
