/*
 * audit_recent.c - is what was written last still as it was written?
 *
 * Purpose  before a run may change anything: the last records of the log, each
 *          with its hash, each after the one before it
 * Input    the files of the log: hostile
 * Errors   -EBADMSG: a record was changed, cut out or put in; else negative
 *          errno
 * Runs as  actor
 * Cost     RECENT_BYTES are read and hashed: 2 ms, however long the log is
 * Source   audit_verify.c checks all of it, when an admin asks
 */
#include <sys/stat.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "agent/audit/audit_log.h"
#include "agent/audit/audit_reader.h"
#include "agent/base/auto.h"
#include "agent/base/file.h"

/* Some hundred records: many runs, or all of one that went wrong. */
#define RECENT_BYTES (256 * 1024)

/* What the checked part must end with; then what must stand before it. */
struct recent {
	int64_t seq;
	char hash[HASH_HEX_MAX];
	int64_t left; /* bytes still to be checked */
};

static int
changed(struct why *why, int64_t seq, const char *text)
{
	return why_set(why, -EBADMSG,
	    "the audit log was changed near record %" PRId64
	    ": %s (mailfix audit verify says more)",
	    seq, text);
}

static void
follow(struct recent *at, const struct audit_line *line)
{
	at->seq = line->seq;
	(void)memcpy(at->hash, line->hash, sizeof(at->hash));
}

/* The next line, which ends before `size`, and is a true record. */
static int
line_next(struct audit_reader *reader, int64_t size, int64_t seq,
    struct audit_line *ret, struct why *why)
{
	const char *text;
	size_t length;
	int r = audit_reader_next(reader, &text, &length, why);

	if (r < 0)
		return r;
	if (r == 0 || reader->is_torn || reader->is_too_long ||
	    reader->offset > size)
		return changed(why, seq, "a line is not as it was written");
	r = audit_line_parse(text, length, ret, why);
	if (r < 0)
		return changed(why, seq, "not a record");
	return r > 0 ? changed(why, ret->seq, "the hash does not match") : 0;
}

/* The first line of the part may be cut: it is stepped over. */
static int
part_begin(struct audit_reader *reader, int fd, int64_t begin, struct why *why)
{
	const char *text;
	size_t length;

	audit_reader_init(reader, fd, begin > 0 ? begin - 1 : 0);
	return begin == 0 ? 1 : audit_reader_next(reader, &text, &length, why);
}

/*
 * part_check - the last at->left bytes of the first `size` ones of a file
 * Then *at is what the first record of that part follows.
 */
static int
part_check(int fd, int64_t size, struct recent *at, struct why *why)
{
	AUTO_READER struct audit_reader reader = {0};
	int64_t begin = size > at->left ? size - at->left : 0;
	struct recent last = {0}, before = {.left = at->left - size};
	struct audit_line line;
	int r = part_begin(&reader, fd, begin, why);

	while (r >= 0 && reader.offset < size) {
		bool is_first = last.seq == 0;

		r = line_next(&reader, size, last.seq, &line, why);
		if (r < 0)
			return r;
		if (is_first) {
			before.seq = line.seq - 1;
			(void)memcpy(
			    before.hash, line.prev, sizeof(before.hash));
		} else if (line.seq != last.seq + 1 ||
		           strcmp(line.prev, last.hash) != 0) {
			return changed(why, line.seq,
			    "it does not follow the record before it");
		}
		follow(&last, &line);
	}
	if (r < 0)
		return r;
	if (last.seq == 0 && size == 0)
		return 0; /* begun anew: it says nothing about its past */
	if (last.seq != at->seq || strcmp(last.hash, at->hash) != 0)
		return changed(why, at->seq, "another record stands there");
	*at = before;
	return 0;
}

static int
older_check(const struct audit_files *files, int64_t number, struct recent *at,
    struct why *why)
{
	AUTO_CLOSE int fd = -1;
	char name[AUDIT_NAME_MAX];
	struct stat st;
	int r;

	audit_files_name(files, number, name);
	r = file_open(files->dir, name, &fd, why);
	if (r == 0 && fstat(fd, &st) < 0)
		r = why_errno(why, "stat %s", name);
	return r < 0 ? r : part_check(fd, st.st_size, at, why);
}

int
audit_recent_check(const struct audit *audit, struct why *why)
{
	struct recent at = {.seq = audit->at.seq, .left = RECENT_BYTES};
	int r;

	(void)memcpy(at.hash, audit->at.hash, sizeof(at.hash));
	r = part_check(audit->fd, audit->at.size, &at, why);
	/* one older file: each is larger than what is checked */
	if (r == 0 && at.left > 0 && audit->at.count > 0)
		r = older_check(&audit->files, audit->at.count, &at, why);
	else if (r == 0 && at.left > 0 && at.seq != 0)
		r = changed(why, at.seq, "what was before it is missing");
	return r;
}
