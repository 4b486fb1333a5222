/*
 * audit_reader.h - the lines of one file, with bounded memory
 */
#ifndef MAILFIX_AUDIT_AUDIT_READER_H
#define MAILFIX_AUDIT_AUDIT_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/audit/audit_line.h"

struct audit_reader {
	int fd;         /* borrowed */
	int64_t offset; /* of the line that comes next */
	char *bytes;    /* heap */
	size_t begin, end;
	bool is_torn;     /* the line at hand has no newline */
	bool is_too_long; /* it is longer than a record can be: cut */
};

#define AUTO_READER __attribute__((cleanup(audit_reader_done)))

/* audit_reader_init - from this offset of an open file */
void audit_reader_init(struct audit_reader *reader, int fd, int64_t offset);
void audit_reader_done(struct audit_reader *reader);

/*
 * audit_reader_next - the next line, without its newline
 *
 * ret  stays valid until the next call
 * Returns 1, 0 at the end, or a negative errno.
 */
int audit_reader_next(struct audit_reader *reader, const char **ret,
    size_t *ret_length, struct why *why);

#endif
