/*
 * log_time.h - the time at the start of a log line
 */
#ifndef MAILFIX_SYS_LOG_TIME_H
#define MAILFIX_SYS_LOG_TIME_H

#include <stddef.h>
#include <stdint.h>

/* "2026-11-22T10:15" and the zone, "Nov 22 10:15": what repeats */
#define LOG_TIME_KEY_MAX 24

/*
 * Lines come in the order of time, hundreds in a minute: the minute of the line
 * before is kept, so that no calendar is needed for each line.
 */
struct log_clock {
	int64_t now_us;  /* of the look: a stamp without a year is near it */
	int64_t last_us; /* of the line before; 0: none */
	char key[LOG_TIME_KEY_MAX];
	uint32_t key_length;
	int64_t minute_us; /* what the key means */
};

void log_clock_init(struct log_clock *clock, int64_t now_us);

/*
 * log_time_read - the stamp at the start of a line
 *
 *   2026-11-22T10:15:00.123456+01:00, also with Z, or without a fraction
 *   Nov 22 10:15:00, local time: no year (the latest that is not in the
 *   future), no zone (of the two hours of a night in October, the one that goes
 *   on from the line before)
 *
 * The zone is that of tzset(3), called before.
 * Returns the length of the stamp with *ret_us set, or 0.
 */
size_t log_time_read(
    struct log_clock *clock, const char *text, size_t length, int64_t *ret_us);

#endif
