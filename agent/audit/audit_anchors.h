/*
 * audit_anchors.h - hashes of records, kept where the log's owner cannot reach
 */
#ifndef MAILFIX_AUDIT_AUDIT_ANCHORS_H
#define MAILFIX_AUDIT_AUDIT_ANCHORS_H

#include <stddef.h>
#include <stdint.h>

#include "agent/base/hash.h"
#include "agent/base/why.h"

struct anchor {
	int64_t seq;
	char hash[HASH_HEX_MAX];
};

struct anchors {
	struct anchor *list; /* heap, by seq */
	size_t count;
};

/*
 * anchors_load - a file of "seq hash" lines in any order
 * -EBADMSG with the line when one is something else.
 */
int anchors_load(const char *path, struct anchors *ret, struct why *why);
void anchors_done(struct anchors *anchors);

/* anchors_find - the hash for a record, or NULL; anchors_last - 0 when none */
const char *anchors_find(const struct anchors *anchors, int64_t seq);
int64_t anchors_last(const struct anchors *anchors);

#endif
