/*
 * audit_reader.c - the lines of one file, with bounded memory
 *
 * Purpose  read a log of any size line by line
 * Input    a log file: hostile
 * Errors   negative errno of read(2)
 * Runs as  actor
 * Source   -
 */
#include "agent/audit/audit_reader.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/mem.h"

#define READER_BYTES (AUDIT_LINE_MAX * 2U)

void
audit_reader_init(struct audit_reader *reader, int fd, int64_t offset)
{
	*reader = (struct audit_reader){
	    .fd = fd,
	    .offset = offset,
	    .bytes = mem_alloc(1, READER_BYTES),
	};
}

void
audit_reader_done(struct audit_reader *reader)
{
	free(reader->bytes);
	reader->bytes = NULL;
}

/* More bytes behind those at hand; 0 at the end of the file. */
static int
reader_fill(struct audit_reader *reader, struct why *why)
{
	size_t held = reader->end - reader->begin;
	ssize_t n;

	(void)memmove(reader->bytes, reader->bytes + reader->begin, held);
	reader->begin = 0;
	reader->end = held;
	do
		n = pread(reader->fd, reader->bytes + held, READER_BYTES - held,
		    (off_t)(reader->offset + (int64_t)held));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return why_errno(why, "read");
	reader->end += (size_t)n;
	return n > 0 ? 1 : 0;
}

static int
reader_give(struct audit_reader *reader, size_t length, size_t skip,
    const char **ret, size_t *ret_length)
{
	*ret = reader->bytes + reader->begin;
	*ret_length = length;
	reader->begin += length + skip;
	reader->offset += (int64_t)(length + skip);
	return 1;
}

int
audit_reader_next(struct audit_reader *reader, const char **ret,
    size_t *ret_length, struct why *why)
{
	reader->is_torn = false;
	reader->is_too_long = false;
	for (;;) {
		size_t held = reader->end - reader->begin;
		const char *begin = reader->bytes + reader->begin;
		const char *newline = memchr(begin, '\n', held);
		int r;

		if (newline != NULL)
			return reader_give(reader, (size_t)(newline - begin), 1,
			    ret, ret_length);
		if (held > AUDIT_LINE_MAX) {
			reader->is_too_long = true;
			return reader_give(reader, held, 0, ret, ret_length);
		}
		r = reader_fill(reader, why);
		if (r < 0)
			return r;
		if (r == 0 && reader->end == 0)
			return 0;
		if (r == 0) {
			reader->is_torn = true;
			return reader_give(
			    reader, reader->end, 0, ret, ret_length);
		}
	}
}
