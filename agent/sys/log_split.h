/*
 * log_split.h - bytes of a log file, line by line
 */
#ifndef MAILFIX_SYS_LOG_SPLIT_H
#define MAILFIX_SYS_LOG_SPLIT_H

#include <stdbool.h>

#include "agent/mail/log_event.h"
#include "agent/sys/log_time.h"

/*
 * Postfix cuts its lines at 2,000 characters, rsyslog at 8 KiB unless told
 * otherwise; longer ones are no mail system's and are passed over.
 */
#define LOG_LINE_MAX 16384

/* Who takes lines: their texts live until it returns. */
struct log_sink {
	void (*line)(void *user, const struct log_line *line);
	void *user;
};

/* As reading showed: larger ones are slower, they leave the cache. */
#define LOG_READ_BYTES   262144
#define LOG_BUFFER_BYTES (LOG_READ_BYTES + LOG_LINE_MAX + 1)

/*
 * log_split_line - one line, without its end, taken apart
 *
 * clock  of lines in their order
 *
 * Bytes may be anything. NULs at the start are skipped: a file system that lost
 * power leaves some. Returns whether it has a time, a host, and a program.
 */
bool log_split_line(struct log_clock *clock, const char *text, size_t length,
    struct log_line *ret);

struct log_splitter {
	struct log_clock clock;
	int64_t from_us;   /* earlier lines are passed over */
	bool is_inside;    /* of a line that is too long: up to its end */
	uint64_t lines;    /* given to the sink */
	uint64_t odd;      /* without a time or a program, or too long */
	int64_t newest_us; /* of all that were given; 0: none */
};

/*
 * log_split - the lines of a buffer
 *
 * Returns how many bytes were consumed: what is left is a line without its end,
 * shorter than LOG_LINE_MAX.
 */
size_t log_split(struct log_splitter *splitter, const char *bytes,
    size_t length, const struct log_sink *sink);

#endif
