/*
 * audit_line.h - one line of the log: sealed with its hash, and checked
 *
 * Only the writer's own form is a record: the line begins with
 * {"seq":N,"prev":"<64 hex>", and ends with ,"h":"<64 hex>"}. So a check needs
 * no JSON reader, and no two readers can understand a line differently.
 */
#ifndef MAILFIX_AUDIT_AUDIT_LINE_H
#define MAILFIX_AUDIT_AUDIT_LINE_H

#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/base/hash.h"
#include "agent/base/json.h"
#include "agent/base/why.h"

/* A record is some hundred bytes; lists of ids are told as a count. */
#define AUDIT_LINE_MAX 65536U

/* What the first record follows. */
#define AUDIT_HASH_NONE                                                        \
	"0000000000000000000000000000000000000000000000000000000000000000"

struct audit_line {
	int64_t seq;
	char prev[HASH_HEX_MAX]; /* hash of the record before it */
	char hash[HASH_HEX_MAX]; /* as the line says */
	char real[HASH_HEX_MAX]; /* as it is */
};

/*
 * audit_line_parse - read one line, without its newline
 *
 * Returns 0; 1 when it is a record whose hash does not match it; -EBADMSG when
 * it is no record.
 */
int audit_line_parse(
    const char *text, size_t length, struct audit_line *ret, struct why *why);

/*
 * audit_line_make - a line with its newline
 *
 * begin  object with seq, prev, time, run, event in this order
 * ev     further members; may be empty
 * Returns 0 with its hash, or -E2BIG.
 */
int audit_line_make(const struct json *begin, const struct json *ev,
    struct buf *ret, char ret_hash[static HASH_HEX_MAX], struct why *why);

#endif
