/*
 * audit.h - the chained log of decisions and changes
 *
 * JSON Lines, append-only: {"seq":N,"prev":"<hash>","time":"...","run":"...",
 * "event":"...", ...,"h":"<sha256 of all bytes of the line before ,\"h\":>"}.
 * audit.head beside it (seq, hash, file) shows a cut tail; the journal gets a
 * structured copy, the anchor outside.
 */
#ifndef MAILFIX_AUDIT_AUDIT_H
#define MAILFIX_AUDIT_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/base/json.h"
#include "agent/base/why.h"

struct audit; /* heap */

/*
 * audit_open - for appending; checks the tail against the head
 *
 * A torn last line (power cut) is moved to audit.torn and noted. -EBADMSG: the
 * chain is broken; nothing may be fixed until an admin looked (why says what).
 */
int audit_open(
    const char *path, const char *run, struct audit **ret, struct why *why);
struct audit *audit_free(struct audit *audit);

/*
 * audit_append - one record, durable on return (fdatasync)
 *
 * event  "run-begin", "finding", "intent", "captured", "done", "verified",
 *        "reverted", "undone", "failed", "skipped", "settled", "run-end", ...
 * ev     members to add; consumed
 */
int audit_append(
    struct audit *audit, const char *event, struct json *ev, struct why *why);

/* One problem that verify found. */
struct audit_problem {
	int64_t seq; /* near which; 0: the file as a whole */
	const char *file;
	char text[200];
};

/*
 * audit_verify - walk the whole chain, rotated files included
 *
 * report  called for each problem
 * anchors path of a file of "seq hash" lines kept elsewhere, or NULL
 * Returns the number of problems, or a negative errno.
 */
int audit_verify(const char *path, const char *anchors,
    void (*report)(void *user, const struct audit_problem *problem), void *user,
    int64_t *ret_records, struct why *why);

/*
 * audit_walk - records in order, oldest first; visit returns false to stop
 * Lines that do not parse are skipped and counted in *ret_bad.
 */
int audit_walk(const char *path,
    bool (*visit)(void *user, const struct json *record), void *user,
    size_t *ret_bad, struct why *why);

#endif
