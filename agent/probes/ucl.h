/*
 * ucl.h - the part of libucl's language that rspamd's own files are written in
 */
#ifndef MAILFIX_PROBES_UCL_H
#define MAILFIX_PROBES_UCL_H

#include <stddef.h>

#include "agent/base/mem.h"
#include "agent/base/why.h"

/* A value, or an object or an array: then value is NULL. */
struct ucl_node {
	const char *key; /* "" in an array */
	const char *value;
	struct ucl_node *children, *last; /* in the order of the file */
	struct ucl_node *next;
	const char *file; /* where it stands */
};

/*
 * ucl_read - add the content of a file to an object
 *
 * root  an object; what the file says comes behind what is there
 * file  for `file` of the nodes, kept
 *
 * A key with several values stands there several times: the last one counts.
 * Includes are skipped: rspamd's own lead to places that are read anyway.
 * Returns 0, or -EINVAL with why: something that is not understood, and root is
 * as far as it goes.
 */
int ucl_read(struct arena *arena, const char *file, const char *text,
    struct ucl_node *root, struct why *why);

/* ucl_find - the last one of that name; NULL: none */
const struct ucl_node *ucl_find(const struct ucl_node *object, const char *key);

/* ucl_text - the last value of that name, or otherwise */
const char *ucl_text(
    const struct ucl_node *object, const char *key, const char *otherwise);

#endif
