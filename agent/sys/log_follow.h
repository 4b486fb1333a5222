/*
 * log_follow.h - go on reading a log file where the run before stopped
 *
 * Whatever was done to the file meanwhile: renamed, compressed, copied and
 * truncated, emptied, replaced. A file is known by its bytes, those at its
 * start and those before the place where reading stopped: inodes are reused,
 * and a copy has another one.
 */
#ifndef MAILFIX_SYS_LOG_FOLLOW_H
#define MAILFIX_SYS_LOG_FOLLOW_H

#include "agent/base/why.h"
#include "agent/sys/log_split.h"

/*
 * Bytes that tell a file from others: a few lines, each with its time. Longer
 * ones tell no more.
 */
#define LOG_PRINT_MAX 1024

/* Where reading stopped. Flat: it is kept in a file, and hostile from there. */
struct log_mark {
	uint64_t device, inode, offset; /* of the uncompressed text */
	uint64_t head_hash, tail_hash;
	uint32_t head_length, tail_length; /* bytes that these are of */
	uint32_t is_inside;                /* of a line that is too long */
	uint32_t is_set;                   /* else nothing was read yet */
	int64_t newest_us;                 /* of all lines so far; 0: none */
};

/* The log now, and what became of it. */
struct log_input {
	int fd;
	bool is_gzip;
};

/* The log itself and those before it: by size, several a window. */
#define LOG_INPUTS_MAX 6

struct log_read {
	uint64_t lines, odd;
	int64_t newest_us; /* 0: no line was read */
	int64_t since_us;  /* what was read begins here; 0: at a mark */
	bool has_gap;      /* the mark was not found: lines may be missing */
	bool is_cut;       /* there is more, for the next run */
};

/* log_mark_check - may it be used? Of hostile bytes. */
bool log_mark_check(const struct log_mark *mark);

/*
 * log_follow - all lines since the mark, oldest first
 *
 * inputs  the log first, then older ones in any order
 * mark    of the run before, or all zero; moved to where this one stopped
 * from_us lines before this time are passed over, by bisecting where they are
 *         many
 * cut_ms  boot time after which no more is read
 *
 * A line without its end is left for the next run. Returns 0 or a negative
 * errno with why; the mark is then still right for what the sink got.
 */
int log_follow(const struct log_input *inputs, size_t count, int64_t now_us,
    int64_t from_us, int64_t cut_ms, struct log_mark *mark,
    const struct log_sink *sink, struct log_read *ret, struct why *why);

/* As much of a line as tells it from others. */
#define LOG_MARKED_BYTES 160

struct log_newest {
	int64_t us; /* 0: not known */
	char text[LOG_MARKED_BYTES];
	uint32_t length;
};

/* log_newest_line - the newest line of a plain log: its time, its beginning */
void log_newest_line(int fd, int64_t now_us, struct log_newest *ret);

#endif
