/*
 * queue_file.h - Postfix queue files made in memory, for tests
 */
#ifndef MAILFIX_TESTS_UNIT_QUEUE_FILE_H
#define MAILFIX_TESTS_UNIT_QUEUE_FILE_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/buf.h"

static inline void
record_add(struct buf *file, char type, const char *data)
{
	size_t length = strlen(data), left = length;

	buf_add_char(file, type);
	do {
		unsigned group = left & 0x7f;

		left >>= 7;
		buf_add_char(file, (char)(group | (left > 0 ? 0x80U : 0U)));
	} while (left > 0);
	buf_add_n(file, data, length);
}

/* Where the 'C' record has its six numbers: after its type and length. */
#define SIZE_AT     2
#define SIZE_LENGTH 95

static inline void
queue_file_begin(struct buf *file, int64_t arrival_s, const char *sender)
{
	char text[SIZE_LENGTH + 1];

	(void)snprintf(text, sizeof(text), "%*s", SIZE_LENGTH, "");
	record_add(file, 'C', text);
	(void)snprintf(text, sizeof(text), "%lld 4711", (long long)arrival_s);
	record_add(file, 'T', text);
	record_add(file, 'A', "rewrite_context=local");
	record_add(file, 'S', sender);
	record_add(file, 'A', "log_client_name=localhost");
}

/* The content, of that many lines. Returns its offset. */
static inline size_t
queue_file_content(struct buf *file, unsigned lines)
{
	size_t offset;

	record_add(file, 'M', "");
	offset = file->length;
	for (unsigned i = 0; i < lines; i++)
		record_add(file, 'N', "R a line that looks like a record S R");
	return offset;
}

/* Write the 'C' record, now that its numbers are known. */
static inline void
queue_file_size(struct buf *file, size_t bytes, size_t offset, unsigned to)
{
	char text[SIZE_LENGTH + 1];

	(void)snprintf(text, sizeof(text), "%15zu %15zu %15u %15d %15zu %15d",
	    bytes, offset, to, 0, bytes, 0);
	memcpy(file->text + SIZE_AT, text, SIZE_LENGTH);
}

/* An ordinary message to the recipients of a NULL-terminated list. */
static inline void
queue_file_make(struct buf *file, int64_t arrival_s, const char *sender,
    const char *const *to, unsigned lines)
{
	size_t offset, end;
	unsigned count = 0;

	queue_file_begin(file, arrival_s, sender);
	for (; to[count] != NULL; count++) {
		record_add(file, 'O', to[count]);
		record_add(file, 'R', to[count]);
	}
	offset = queue_file_content(file, lines);
	end = file->length;
	record_add(file, 'X', "");
	record_add(file, 'E', "");
	queue_file_size(file, end - offset, offset, count);
}

#endif
