/*
 * log_print.c - what tells one log file from another: bytes of it, and times
 *
 * Purpose  find the place where the run before stopped, or a time
 * Input    hostile bytes
 * Errors   a file that cannot be read matches nothing
 * Runs as  observer
 * Source   logrotate(8): rename, copytruncate, compress, dateext
 */
#include "agent/sys/log_print.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/mem.h"

/* Read at each step of a bisection: some lines, and one that is long. */
#define PIECE_BYTES 32768

/* Bisecting further saves nothing: this is read in 50 us. */
#define NEAR_BYTES 131072

uint64_t
log_hash(const void *bytes, size_t length)
{
	const unsigned char *at = bytes;
	uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ at[i]) * 0x100000001b3;
	return hash;
}

/* The time of the first whole line in these bytes that has one; 0: none. */
static int64_t
first_time(const char *bytes, size_t length, bool is_at_start, int64_t now_us)
{
	const char *at = bytes, *end = bytes + length, *eol;
	struct log_clock clock;
	struct log_line line;

	log_clock_init(&clock, now_us);
	for (; (eol = memchr(at, '\n', (size_t)(end - at))) != NULL;
	     at = eol + 1, is_at_start = true)
		if (is_at_start &&
		    log_split_line(&clock, at, (size_t)(eol - at), &line))
			return line.time_us;
	return 0;
}

int
log_file_open(struct log_file *file, const struct log_input *input,
    int64_t now_us, struct why *why)
{
	ssize_t n = 0;

	*file = (struct log_file){.input = input};
	if (fstat(input->fd, &file->st) < 0)
		return why_errno(why, "look at the log");
	file->stream = log_stream_new(input->fd, input->is_gzip);
	while (file->head_length < LOG_HEAD_MAX) {
		n = log_stream_read(file->stream,
		    file->head + file->head_length,
		    LOG_HEAD_MAX - file->head_length, why);
		if (n <= 0)
			break;
		file->head_length += (size_t)n;
	}
	/* one that is cut off may still be good for a head */
	if (n < 0 && file->head_length == 0)
		return (int)n;
	file->first_us =
	    first_time(file->head, file->head_length, true, now_us);
	return log_stream_seek(file->stream, 0, why);
}

void
log_file_done(struct log_file *file)
{
	file->stream = log_stream_free(file->stream);
}

bool
log_file_is_copy(const struct log_file *a, const struct log_file *b)
{
	size_t length =
	    a->head_length < b->head_length ? a->head_length : b->head_length;

	return (a->st.st_dev == b->st.st_dev && a->st.st_ino == b->st.st_ino) ||
	       (length > 0 && memcmp(a->head, b->head, length) == 0);
}

static bool
tail_matches(struct log_file *file, const struct log_mark *mark,
    char tail[static LOG_PRINT_MAX])
{
	size_t length = 0;
	struct why why;

	if (log_stream_seek(
	        file->stream, mark->offset - mark->tail_length, &why) < 0)
		return false;
	while (length < mark->tail_length) {
		ssize_t n = log_stream_read(file->stream, tail + length,
		    mark->tail_length - length, &why);

		if (n <= 0)
			return false;
		length += (size_t)n;
	}
	return log_hash(tail, length) == mark->tail_hash;
}

enum log_match
log_file_match(struct log_file *file, const struct log_mark *mark,
    char tail[static LOG_PRINT_MAX])
{
	bool is_same = (uint64_t)file->st.st_dev == mark->device &&
	               (uint64_t)file->st.st_ino == mark->inode;

	/* nothing was read of it: no bytes to know it by */
	if (mark->offset == 0)
		return is_same ? LOG_MATCH_HERE : LOG_MATCH_NONE;
	if (file->head_length < mark->head_length ||
	    log_hash(file->head, mark->head_length) != mark->head_hash)
		return LOG_MATCH_NONE;
	if (tail_matches(file, mark, tail))
		return LOG_MATCH_HERE;
	if (file->input->is_gzip)
		return log_stream_offset(file->stream) < mark->offset
		           ? LOG_MATCH_SHORT
		           : LOG_MATCH_NONE;
	return (uint64_t)file->st.st_size < mark->offset ? LOG_MATCH_SHORT
	                                                 : LOG_MATCH_NONE;
}

static ssize_t
piece_read(int fd, char *bytes, uint64_t offset)
{
	ssize_t n;

	do
		n = pread(fd, bytes, PIECE_BYTES, (off_t)offset);
	while (n < 0 && errno == EINTR);
	return n;
}

uint64_t
log_file_bisect(
    const struct log_file *file, uint64_t low, int64_t from_us, int64_t now_us)
{
	AUTO_FREE char *piece = mem_alloc(1, PIECE_BYTES);
	uint64_t high = (uint64_t)file->st.st_size;

	while (high > low && high - low > NEAR_BYTES) {
		uint64_t middle = low + (high - low) / 2;
		ssize_t n = piece_read(file->input->fd, piece, middle);
		int64_t us =
		    n > 0 ? first_time(piece, (size_t)n, false, now_us) : 0;

		/* no line of a log in here: read it all */
		if (us == 0)
			break;
		if (us < from_us)
			low = middle;
		else
			high = middle;
	}
	return low;
}

void
log_newest_line(int fd, int64_t now_us, struct log_newest *ret)
{
	AUTO_FREE char *piece = mem_alloc(1, PIECE_BYTES);
	const char *eol, *at = piece;
	struct log_clock clock;
	struct log_line line;
	struct stat st;
	ssize_t n;

	*ret = (struct log_newest){0};
	if (fstat(fd, &st) < 0)
		return;
	n = piece_read(fd, piece,
	    st.st_size > PIECE_BYTES ? (uint64_t)(st.st_size - PIECE_BYTES)
	                             : 0);
	log_clock_init(&clock, now_us);
	for (; n > 0 &&
	       (eol = memchr(at, '\n', (size_t)(piece + n - at))) != NULL;
	     at = eol + 1)
		if (log_split_line(&clock, at, (size_t)(eol - at), &line) &&
		    line.time_us >= ret->us) {
			ret->us = line.time_us;
			ret->length = line.text.length < LOG_MARKED_BYTES
			                  ? line.text.length
			                  : LOG_MARKED_BYTES;
			(void)memcpy(ret->text, line.text.text, ret->length);
		}
}
