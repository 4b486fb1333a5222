/*
 * audit_recover.c - where the log goes on after the run before
 *
 * Purpose  find the end of the chain; mend what a power cut can leave, refuse
 *          what it cannot
 * Input    the files of the log: hostile
 * Errors   -EBADMSG: the chain is broken; other negative errno
 * Runs as  actor
 * Source   DESIGN "Safety": a crash leaves the old state or the new one
 *
 * A power cut can leave: a line without its end; records that the head does
 * not know yet; a rotation that stopped between its steps. Nothing else.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "agent/audit/audit_log.h"
#include "agent/audit/audit_reader.h"
#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "agent/base/mem.h"

#define ROTATE_MARK ",\"event\":\"rotate\","

/* The end of the chain as far as it was followed. */
struct tail {
	int64_t seq, size;
	char hash[HASH_HEX_MAX];
	bool is_rotate;
	int64_t torn;
};

static int
broken(struct why *why, int64_t seq, const char *text)
{
	return why_set(why, -EBADMSG,
	    "the audit log is damaged near record %" PRId64
	    ": %s (mailfix audit verify says more)",
	    seq, text);
}

static int
tail_take(struct tail *tail, const char *text, size_t length, struct why *why)
{
	struct audit_line line;
	int r = audit_line_parse(text, length, &line, why);

	if (r < 0)
		return broken(why, tail->seq + 1, "not a record");
	if (r > 0)
		return broken(why, line.seq, "the hash does not match");
	if (line.seq != tail->seq + 1 || strcmp(line.prev, tail->hash) != 0)
		return broken(
		    why, line.seq, "it does not follow the record before it");
	tail->seq = line.seq;
	(void)memcpy(tail->hash, line.hash, sizeof(tail->hash));
	tail->is_rotate =
	    memmem(text, length, ROTATE_MARK, strlen(ROTATE_MARK)) != NULL;
	return 0;
}

/* Follows the chain from an offset to the end. */
static int
tail_follow(int fd, struct tail *tail, struct why *why)
{
	AUTO_READER struct audit_reader reader;
	const char *text;
	size_t length;
	int r;

	audit_reader_init(&reader, fd, tail->size);
	while ((r = audit_reader_next(&reader, &text, &length, why)) > 0) {
		if (reader.is_torn) {
			tail->torn = (int64_t)length;
			return 0;
		}
		r = tail_take(tail, text, length, why);
		if (r < 0)
			return r;
		tail->size = reader.offset;
	}
	return r;
}

/* The record that ends at `size` must be the one that the head names. */
static int
tail_at_head(
    int fd, const struct audit_head *head, struct tail *ret, struct why *why)
{
	char bytes[AUDIT_LINE_MAX + 2];
	size_t want = head->size < (int64_t)sizeof(bytes) ? (size_t)head->size
	                                                  : sizeof(bytes);
	struct audit_line line;
	const char *begin;
	ssize_t n = pread(fd, bytes, want, head->size - (int64_t)want);

	if (n < 0)
		return why_errno(why, "read the audit log");
	if ((size_t)n != want || want < 2 || bytes[want - 1] != '\n')
		return broken(why, head->seq, "its end was cut off");
	begin = memrchr(bytes, '\n', want - 1);
	begin = begin == NULL ? bytes : begin + 1;
	if (audit_line_parse(
	        begin, (size_t)(bytes + want - 1 - begin), &line, why) != 0 ||
	    line.seq != head->seq || strcmp(line.hash, head->hash) != 0)
		return broken(why, head->seq,
		    "this is not the record that the head names");
	*ret = (struct tail){.seq = line.seq, .size = head->size};
	(void)memcpy(ret->hash, line.hash, sizeof(ret->hash));
	ret->is_rotate = memmem(begin, (size_t)(bytes + want - begin),
	                     ROTATE_MARK, strlen(ROTATE_MARK)) != NULL;
	return 0;
}

static int
file_open_own(const struct audit_files *files, const char *name, int flags,
    int *ret_fd, struct stat *ret_st, struct why *why)
{
	AUTO_CLOSE int fd = openat(files->dir, name,
	    flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	if (fd < 0 || fstat(fd, ret_st) < 0)
		return why_errno(why, "open %s", name);
	if (!S_ISREG(ret_st->st_mode) || ret_st->st_uid != geteuid() ||
	    (ret_st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return why_set(why, -EBADMSG,
		    "%s is not a file that only this user can write", name);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* The end of the newest older file, which a new file must follow. */
static int
tail_of_older(const struct audit_files *files, int64_t number, struct tail *ret,
    struct why *why)
{
	AUTO_CLOSE int fd = -1;
	char name[AUDIT_NAME_MAX];
	struct stat st;
	struct tail tail = {0};
	int r;

	audit_files_name(files, number, name);
	r = file_open_own(files, name, O_RDONLY, &fd, &st, why);
	if (r < 0)
		return r == -ENOENT ? broken(why, 0, "an older file is missing")
		                    : r;
	/* its first record says where it begins; verify checks the rest */
	{
		AUTO_READER struct audit_reader reader;
		struct audit_line line = {0};
		const char *text;
		size_t length;

		audit_reader_init(&reader, fd, 0);
		r = audit_reader_next(&reader, &text, &length, why);
		if (r <= 0 || audit_line_parse(text, length, &line, why) != 0)
			return broken(why, 0, "an older file is damaged");
		tail.seq = line.seq - 1;
		(void)memcpy(tail.hash, line.prev, sizeof(tail.hash));
	}
	r = tail_follow(fd, &tail, why);
	if (r == 0 && (tail.torn != 0 || !tail.is_rotate))
		r = broken(why, tail.seq, "an older file was cut off");
	tail.size = 0;
	tail.is_rotate = false;
	if (r == 0)
		*ret = tail;
	return r;
}

static int
tail_begin(const struct audit_files *files, int64_t last, struct tail *ret,
    struct why *why)
{
	*ret = (struct tail){.hash = AUDIT_HASH_NONE};
	return last == 0 ? 0 : tail_of_older(files, last, ret, why);
}

/* With a head: from where is the chain followed? */
static int
tail_from_head(struct audit *audit, const struct audit_head *head, int64_t last,
    int64_t size, struct tail *ret, struct why *why)
{
	if (last == head->count + 1) {
		/* a rotation stopped before it saved the head */
		int r = tail_of_older(&audit->files, last, ret, why);

		if (r == 0 && (ret->seq != head->seq ||
		                  strcmp(ret->hash, head->hash) != 0))
			r = broken(why, head->seq,
			    "the head names another end of the older file");
		return r;
	}
	if (last != head->count)
		return broken(why, head->seq, "older files are missing");
	if (size < head->size)
		return broken(why, head->seq, "its end was cut off");
	if (head->size > 0)
		return tail_at_head(audit->fd, head, ret, why);
	*ret = (struct tail){.seq = head->seq};
	(void)memcpy(ret->hash, head->hash, sizeof(ret->hash));
	return 0;
}

/* What a power cut left of a line is kept aside, and cut off. */
static int
torn_move(struct audit *audit, const struct tail *tail, struct why *why)
{
	AUTO_CLOSE int fd = -1;
	char name[AUDIT_NAME_MAX];
	AUTO_FREE char *bytes = mem_alloc((size_t)tail->torn, 1);
	ssize_t n = pread(audit->fd, bytes, (size_t)tail->torn, tail->size);

	if (n < 0)
		return why_errno(why, "read the torn line");
	audit_files_beside(&audit->files, "torn", name);
	fd = openat(audit->files.dir, name,
	    O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return why_errno(why, "open %s", name);
	/* a copy for the curious: a full disk must not stop the mending */
	if (file_write_all(fd, bytes, (size_t)n, NULL) == 0)
		(void)fsync(fd);
	if (ftruncate(audit->fd, tail->size) < 0 || fsync(audit->fd) < 0)
		return why_errno(why, "cut off the torn line");
	return 0;
}

static int
recover_missing(struct audit *audit, const struct audit_head *head,
    bool has_head, int64_t last, struct tail *ret, struct why *why)
{
	int r = 0;

	if (has_head && last != head->count + 1)
		return broken(
		    why, head->seq, "the log is gone, its head is not");
	if (!has_head && last != 0)
		return broken(why, 0, "the log and its head are gone");
	r = tail_begin(&audit->files, last, ret, why);
	if (r == 0 && has_head && ret->seq != head->seq)
		r = broken(why, head->seq, "the head names another end");
	if (r == 0)
		r = audit_file_create(&audit->files, &audit->fd, why);
	return r;
}

static int
recover_present(struct audit *audit, const struct audit_head *head,
    bool has_head, int64_t last, struct tail *tail, struct why *why)
{
	struct stat st;
	int r = audit_file_lock(audit->fd, audit->files.name, why);

	if (r == 0 && fstat(audit->fd, &st) < 0)
		r = why_errno(why, "stat %s", audit->files.name);
	if (r < 0)
		return r;
	r = has_head ? tail_from_head(audit, head, last, st.st_size, tail, why)
	             : tail_begin(&audit->files, last, tail, why);
	if (r == 0)
		r = tail_follow(audit->fd, tail, why);
	if (r == 0 && tail->torn > 0)
		r = torn_move(audit, tail, why);
	return r;
}

int
audit_recover(struct audit *audit, int64_t *ret_torn, bool *ret_is_rebuilt,
    struct why *why)
{
	struct audit_head head = {0};
	struct tail tail = {0};
	struct stat st;
	int64_t last;
	int has_head = audit_head_load(&audit->files, &head, why);
	int r = has_head < 0 ? has_head
	                     : audit_files_last(&audit->files, &last, why);

	if (r < 0)
		return r;
	r = file_open_own(&audit->files, audit->files.name, O_RDWR | O_APPEND,
	    &audit->fd, &st, why);
	if (r == -ENOENT)
		r = recover_missing(
		    audit, &head, has_head > 0, last, &tail, why);
	else if (r == 0)
		r = recover_present(
		    audit, &head, has_head > 0, last, &tail, why);
	if (r < 0)
		return r;
	audit->at.seq = tail.seq;
	audit->at.size = tail.size;
	audit->at.count = last;
	(void)memcpy(audit->at.hash, tail.hash, sizeof(tail.hash));
	r = audit_recent_check(audit, why);
	if (r < 0)
		return r;
	*ret_torn = tail.torn;
	*ret_is_rebuilt = has_head == 0 && tail.seq > 0;
	return tail.is_rotate ? audit_rotate_finish(audit, why) : 0;
}
