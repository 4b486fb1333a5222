/*
 * log_print.h - what tells one log file from another: bytes of it, and times
 */
#ifndef MAILFIX_SYS_LOG_PRINT_H
#define MAILFIX_SYS_LOG_PRINT_H

#include <sys/stat.h>

#include "agent/sys/log_follow.h"
#include "agent/sys/log_stream.h"

/* The first lines: one that is cut by it is long, and the next will do. */
#define LOG_HEAD_MAX 4096

struct log_file {
	const struct log_input *input;
	struct stat st;
	struct log_stream *stream; /* heap */
	size_t head_length;
	int64_t first_us; /* of its first line that has a time; 0: none */
	char head[LOG_HEAD_MAX];
};

/* log_hash - against accidents, not against forgers: they gain nothing here */
uint64_t log_hash(const void *bytes, size_t length);

/* log_file_open - attributes, head, first time; 0 or a negative errno */
int log_file_open(struct log_file *file, const struct log_input *input,
    int64_t now_us, struct why *why);
void log_file_done(struct log_file *file);

/* log_file_is_copy - do both begin with the same bytes? */
bool log_file_is_copy(const struct log_file *a, const struct log_file *b);

enum log_match {
	LOG_MATCH_NONE,
	LOG_MATCH_SHORT, /* a copy that ends before the mark: all was read */
	LOG_MATCH_HERE   /* the stream stands at the mark */
};

/*
 * log_file_match - is the mark in this file?
 * tail  gets the bytes before the mark, mark->tail_length of them
 */
enum log_match log_file_match(struct log_file *file,
    const struct log_mark *mark, char tail[static LOG_PRINT_MAX]);

/*
 * log_file_bisect - an offset before the first line of that time or later
 * Between low and the end; in the middle of a line, unless it is low.
 */
uint64_t log_file_bisect(
    const struct log_file *file, uint64_t low, int64_t from_us, int64_t now_us);

#endif
