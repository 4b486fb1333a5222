/*
 * audit_anchors.c - hashes of records, kept where the log's owner cannot reach
 *
 * Purpose  read a file of anchors
 * Input    lines "seq hash", as the journal of another host gives them
 * Errors   -EBADMSG with the line; other negative errno of reading
 * Runs as  actor, or any user
 * Source   -
 */
#include "agent/audit/audit_anchors.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/file.h"
#include "agent/base/mem.h"

/* 400,000 anchors: one a run, every two minutes, for a year and a half. */
#define ANCHORS_BYTES_MAX (32U * 1024U * 1024U)
#define ANCHORS_LINE_MAX  96U

static int
anchor_compare(const void *a, const void *b)
{
	const struct anchor *x = a, *y = b;

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static int
anchor_parse(const char *text, size_t length, struct anchor *ret)
{
	char line[ANCHORS_LINE_MAX], end;

	if (length >= sizeof(line))
		return -EBADMSG;
	(void)memcpy(line, text, length);
	line[length] = '\0';
	if (sscanf(line, "%18" SCNd64 " %64[0-9a-f]%c", &ret->seq, ret->hash,
	        &end) != 2 ||
	    ret->seq <= 0 || strlen(ret->hash) != HASH_HEX_MAX - 1)
		return -EBADMSG;
	return 0;
}

int
anchors_load(const char *path, struct anchors *ret, struct why *why)
{
	AUTO_BUF struct buf text = {0};
	struct anchors anchors = {0};
	size_t size = 0, line = 0;
	int r = file_read(AT_FDCWD, path, ANCHORS_BYTES_MAX, &text, why);

	if (r < 0)
		return r;
	for (const char *p = buf_text(&text), *end = p + text.length;
	     p < end;) {
		size_t length = strcspn(p, "\n");

		line++;
		if (anchors.count == size) {
			size = size * 2 + 64;
			anchors.list =
			    mem_grow(anchors.list, size, sizeof(*anchors.list));
		}
		if (length > 0 &&
		    anchor_parse(p, length, &anchors.list[anchors.count]) < 0) {
			anchors_done(&anchors);
			return why_set(why, -EBADMSG,
			    "%s:%zu: not a number and a hash", path, line);
		}
		if (length > 0)
			anchors.count++;
		p += length + 1;
	}
	if (anchors.count > 1)
		qsort(anchors.list, anchors.count, sizeof(*anchors.list),
		    anchor_compare);
	*ret = anchors;
	return 0;
}

void
anchors_done(struct anchors *anchors)
{
	free(anchors->list);
	*anchors = (struct anchors){0};
}

const char *
anchors_find(const struct anchors *anchors, int64_t seq)
{
	const struct anchor key = {.seq = seq};
	const struct anchor *found =
	    anchors->count == 0 ? NULL
	                        : bsearch(&key, anchors->list, anchors->count,
	                              sizeof(*anchors->list), anchor_compare);

	return found == NULL ? NULL : found->hash;
}

int64_t
anchors_last(const struct anchors *anchors)
{
	return anchors->count == 0 ? 0 : anchors->list[anchors->count - 1].seq;
}
