/*
 * audit_verify.c - walk the whole chain and tell every problem
 *
 * Purpose  what was edited, cut, swapped, deleted or begun anew since it was
 *          written; read only
 * Input    the files of the log, its head, a file of anchors: all hostile
 * Errors   negative errno when the log could not be read; problems of its
 *          content are reported and counted
 * Runs as  actor, or any user who may read the log
 * Source   -
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/audit/audit.h"
#include "agent/audit/audit_anchors.h"
#include "agent/audit/audit_files.h"
#include "agent/audit/audit_reader.h"
#include "agent/base/auto.h"
#include "agent/base/file.h"

struct verify {
	struct audit_files files;
	struct audit_head head;
	bool has_head;
	struct anchors anchors;
	const char *file; /* at hand */
	int64_t seq;      /* of the record before; 0: none yet */
	char hash[HASH_HEX_MAX];
	int64_t records;
	int problems;
	bool is_head_seen;
	void (*report)(void *user, const struct audit_problem *problem);
	void *user;
};

static void problem(struct verify *verify, int64_t seq, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void
problem(struct verify *verify, int64_t seq, const char *format, ...)
{
	struct audit_problem told = {.seq = seq, .file = verify->file};
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(told.text, sizeof(told.text), format, ap);
	va_end(ap);
	verify->problems++;
	if (verify->report != NULL)
		verify->report(verify->user, &told);
}

static void
verify_order(struct verify *verify, const struct audit_line *line)
{
	if (verify->seq == 0 && line->seq != 1)
		problem(verify, line->seq,
		    "the log begins with record %" PRId64
		    ": what was before it is missing",
		    line->seq);
	else if (line->seq != verify->seq + 1)
		problem(verify, line->seq,
		    "sequence gap: record %" PRId64 " follows record %" PRId64,
		    line->seq, verify->seq);
	else if (strcmp(line->prev, verify->hash) != 0)
		problem(verify, line->seq,
		    "it does not follow the record before it, which was "
		    "another one");
}

static void
verify_pins(struct verify *verify, const struct audit_line *line)
{
	const char *anchor = anchors_find(&verify->anchors, line->seq);

	if (anchor != NULL && strcmp(anchor, line->hash) != 0)
		problem(verify, line->seq,
		    "record %" PRId64 " differs from its anchor", line->seq);
	if (!verify->has_head || line->seq != verify->head.seq)
		return;
	verify->is_head_seen = true;
	if (strcmp(verify->head.hash, line->hash) != 0)
		problem(verify, line->seq,
		    "record %" PRId64 " is not the one that the head names",
		    line->seq);
}

static void
verify_line(struct verify *verify, const char *text, size_t length)
{
	struct audit_line line;
	int r = audit_line_parse(text, length, &line, NULL);

	if (r < 0) {
		problem(verify, verify->seq + 1,
		    "not a record (after record %" PRId64 ")", verify->seq);
		return;
	}
	if (r > 0)
		problem(verify, line.seq,
		    "the hash does not match the line (after record %" PRId64
		    ")",
		    verify->seq);
	verify_order(verify, &line);
	verify_pins(verify, &line);
	verify->records++;
	verify->seq = line.seq;
	(void)memcpy(verify->hash, line.hash, sizeof(verify->hash));
}

static int
verify_file(struct verify *verify, int64_t number, struct why *why)
{
	AUTO_READER struct audit_reader reader = {0};
	AUTO_CLOSE int fd = -1;
	char name[AUDIT_NAME_MAX];
	const char *text;
	size_t length;
	int r;

	audit_files_name(&verify->files, number, name);
	verify->file = name;
	r = file_open(verify->files.dir, name, &fd, why);
	if (r == -ENOENT) {
		problem(verify, 0, "%s is missing", name);
		verify->file = NULL;
		return 0;
	}
	if (r < 0)
		return r;
	audit_reader_init(&reader, fd, 0);
	while ((r = audit_reader_next(&reader, &text, &length, why)) > 0) {
		if (reader.is_torn)
			problem(verify, verify->seq + 1,
			    "the last line is torn (%zu bytes)", length);
		else
			verify_line(verify, text, length);
	}
	verify->file = NULL;
	return r;
}

static void
verify_end(struct verify *verify)
{
	int64_t anchored = anchors_last(&verify->anchors);
	char name[AUDIT_NAME_MAX];

	audit_files_beside(&verify->files, "head", name);
	verify->file = name;
	if (!verify->has_head)
		problem(verify, 0, "%s is missing", name);
	else if (verify->head.seq > verify->seq)
		problem(verify, verify->seq,
		    "cut: the log ends with record %" PRId64
		    ", its head names record %" PRId64,
		    verify->seq, verify->head.seq);
	else if (verify->head.seq > 0 && !verify->is_head_seen)
		problem(verify, verify->head.seq,
		    "the record that the head names is missing");
	verify->file = verify->files.name;
	if (anchored > verify->seq)
		problem(verify, verify->seq,
		    "cut: the log ends with record %" PRId64 ", record %" PRId64
		    " was anchored",
		    verify->seq, anchored);
}

static int
verify_begin(struct verify *verify, const char *path, const char *anchors,
    int64_t *ret_last, struct why *why)
{
	int r = audit_files_open(path, &verify->files, why);

	if (r == 0)
		r = audit_files_last(&verify->files, ret_last, why);
	if (r == 0 && anchors != NULL)
		r = anchors_load(anchors, &verify->anchors, why);
	if (r < 0)
		return r;
	r = audit_head_load(&verify->files, &verify->head, why);
	verify->has_head = r > 0;
	if (r == -EBADMSG) {
		/* damaged, but there: one problem, told once */
		problem(verify, 0, "the head is damaged");
		verify->has_head = true;
		verify->head = (struct audit_head){0};
		r = 0;
	}
	return r < 0 ? r : 0;
}

int
audit_verify(const char *path, const char *anchors,
    void (*report)(void *user, const struct audit_problem *problem), void *user,
    int64_t *ret_records, struct why *why)
{
	struct verify verify = {.files = {.dir = -1},
	    .hash = AUDIT_HASH_NONE,
	    .report = report,
	    .user = user};
	int64_t last = 0;
	int r = verify_begin(&verify, path, anchors, &last, why);

	for (int64_t i = 1; r == 0 && i <= last; i++)
		r = verify_file(&verify, i, why);
	if (r == 0)
		r = verify_file(&verify, 0, why);
	if (r == 0)
		verify_end(&verify);
	anchors_done(&verify.anchors);
	audit_files_done(&verify.files);
	if (r < 0)
		return r;
	*ret_records = verify.records;
	return verify.problems;
}
