/*
 * test_log_split.c - lines of a log, and the times at their start
 *
 * Purpose  both stamps, the turn of the year, summer time, bytes of all kinds
 * Input    texts of its own; TZ as it sets it
 * Errors   a failed assertion
 * Runs as  any user
 * Source   log_split.h, log_time.h
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/base/auto.h"
#include "agent/sys/log_split.h"
#include "tests/unit/unit.h"

#define S 1000000LL

/* 2026-11-22T10:15:00Z */
#define NOW_S 1795342500LL

static void
zone_set(const char *zone)
{
	assert_int_equal(setenv("TZ", zone, 1), 0);
	tzset();
}

/* The time of one stamp, as read at now_s; -1: none. */
static int64_t
read_at(int64_t now_s, const char *stamp)
{
	struct log_clock clock;
	int64_t us = -1;

	log_clock_init(&clock, now_s * S);
	(void)log_time_read(&clock, stamp, strlen(stamp), &us);
	return us;
}

static void
iso_times(void **state)
{
	static const struct {
		const char *text;
		int64_t want_us;
	} cases[] = {
	    {"2026-11-22T10:15:00Z x",                NOW_S * S         },
	    {"2026-11-22T10:15:00.000001+00:00 x",    NOW_S * S + 1     },
	    {"2026-11-22T11:15:00.5+01:00 x",         NOW_S * S + S / 2 },
	    {"2026-11-22T05:45:00.123456789-04:30 x", NOW_S * S + 123456},
	    {"2024-02-29T00:00:00Z x",                1709164800 * S    },
	    {"1970-01-01T00:00:00Z x",                0                 },
	    {"2026-13-22T10:15:00Z x",                -1                },
	    {"2026-11-22T24:15:00Z x",                -1                },
	    {"2026-11-22T10:15:00 x",                 -1                },
	    {"2026-11-22 10:15:00Z x",                -1                },
	    {"2026-11-22T10:15:0",                    -1                },
	    {"2026-11-22T10:15:00+0100 x",            -1                },
	    {"",	                              -1                },
	    {"9999",	                          -1                },
	};

	(void)state;
	zone_set("Asia/Kathmandu"); /* makes no difference */
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
		if (read_at(NOW_S, cases[i].text) != cases[i].want_us)
			fail_msg("%s: %lld", cases[i].text,
			    (long long)read_at(NOW_S, cases[i].text));
}

static void
old_times(void **state)
{
	(void)state;
	zone_set("UTC");
	assert_int_equal(read_at(NOW_S, "Nov 22 10:15:00 h"), NOW_S * S);
	assert_int_equal(
	    read_at(NOW_S, "Nov  2 10:15:00 h"), (NOW_S - 20 * 86400) * S);
	assert_int_equal(read_at(NOW_S, "Nov 22 10:15:60 h"), (NOW_S + 60) * S);
	assert_int_equal(read_at(NOW_S, "Nov 31 10:15:00 h"), -1);
	assert_int_equal(read_at(NOW_S, "Nov 22 10:75:00 h"), -1);
	assert_int_equal(read_at(NOW_S, "Foo 22 10:15:00 h"), -1);
	assert_int_equal(read_at(NOW_S, "Nov 22 10:15"), -1);
	zone_set("Asia/Kathmandu"); /* 5:45 ahead */
	assert_int_equal(read_at(NOW_S, "Nov 22 16:00:00 h"), NOW_S * S);
}

static void
year_turns(void **state)
{
	(void)state;
	zone_set("UTC");
	/* it is 2027-01-01T00:00:05Z */
	assert_int_equal(
	    read_at(1798761605, "Dec 31 23:59:59 h"), 1798761599 * S);
	assert_int_equal(
	    read_at(1798761605, "Jan  1 00:00:01 h"), 1798761601 * S);
	/* it is 2026-12-31T23:59:59Z, and the line is younger */
	assert_int_equal(
	    read_at(1798761599, "Jan  1 00:00:01 h"), 1798761601 * S);
	/* a leap day, seen in 2026: of 2024 */
	assert_int_equal(read_at(NOW_S, "Feb 29 00:00:00 h"), 1709164800 * S);
}

static void
summer_ends(void **state)
{
	struct log_clock clock;
	int64_t us;

	(void)state;
	/* 2026-10-25 03:00 CEST is 02:00 CET: 01:00Z */
	zone_set("Europe/Berlin");
	log_clock_init(&clock, (1792890000 + 7200) * S);
	clock.last_us = 1;
	assert_int_not_equal(
	    log_time_read(&clock, "Oct 25 02:30:00", 15, &us), 0);
	assert_int_equal(us, (1792890000 - 1800) * S);
	assert_int_not_equal(
	    log_time_read(&clock, "Oct 25 02:59:59", 15, &us), 0);
	assert_int_equal(us, (1792890000 - 1) * S);
	/* the second time */
	assert_int_not_equal(
	    log_time_read(&clock, "Oct 25 02:00:00", 15, &us), 0);
	assert_int_equal(us, 1792890000 * S);
	assert_int_not_equal(
	    log_time_read(&clock, "Oct 25 02:30:00", 15, &us), 0);
	assert_int_equal(us, (1792890000 + 1800) * S);
	assert_int_not_equal(
	    log_time_read(&clock, "Oct 25 03:00:00", 15, &us), 0);
	assert_int_equal(us, (1792890000 + 3600) * S);
}

static void
summer_begins(void **state)
{
	(void)state;
	/* 2026-03-29: after 01:59:59 CET comes 03:00:00 CEST, 01:00Z */
	zone_set("Europe/Berlin");
	assert_int_equal(
	    read_at(1774749600, "Mar 29 01:59:59 h"), (1774746000 - 1) * S);
	assert_int_equal(
	    read_at(1774749600, "Mar 29 03:00:00 h"), 1774746000 * S);
}

static bool
split(const char *text, size_t length, struct log_line *ret)
{
	struct log_clock clock;

	zone_set("UTC");
	log_clock_init(&clock, NOW_S * S);
	return log_split_line(&clock, text, length, ret);
}

static void
parts(void **state)
{
	static const char nul[] = "\0\0\0Nov 22 10:15:00 h a: b\0c";
	struct log_line line;
	const char *text =
	    "2026-11-22T10:15:00.1Z mx1 postfix/mailfix-c2/smtp[77]: 4F: x";

	(void)state;
	assert_true(split(text, strlen(text), &line));
	assert_true(span_is(line.program, "postfix/mailfix-c2/smtp"));
	assert_int_equal(line.pid, 77);
	assert_true(span_is(line.text, "4F: x"));
	text = "Nov 22 10:15:00 mx1 opendkim: key";
	assert_true(split(text, strlen(text), &line));
	assert_true(span_is(line.program, "opendkim"));
	assert_int_equal(line.pid, 0);
	assert_true(split(nul, sizeof(nul) - 1, &line));
	assert_int_equal(line.text.length, 3);
	text = "Nov 22 10:15:00 mx1 a[1]:";
	assert_true(split(text, strlen(text), &line));
	assert_int_equal(line.text.length, 0);
}

static void
no_lines(void **state)
{
	static const char *const cases[] = {
	    "Nov 22 10:15:00",
	    "Nov 22 10:15:00 ",
	    "Nov 22 10:15:00 mx1",
	    "Nov 22 10:15:00 mx1 ",
	    "Nov 22 10:15:00 mx1 last message repeated 2 times",
	    "Nov 22 10:15:00 mx1 a[12",
	    "Nov 22 10:15:00 mx1 a[12]",
	    "Nov 22 10:15:00 mx1 a[x]: b",
	    "Nov 22 10:15:00 mx1 a[1234567890]: b",
	    "Nov 22 10:15:00 mx1 : b",
	    "\t at java.lang.Thread",
	};
	struct log_line line;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
		/* exactly as long: a step behind is seen by a sanitizer */
		for (size_t n = 0; n <= strlen(cases[i]); n++) {
			char *copy = malloc(n + 1);

			assert_non_null(copy);
			memcpy(copy, cases[i], n);
			if (split(copy, n, &line))
				fail_msg("%s, %zu", cases[i], n);
			free(copy);
		}
}

static void
count(void *user, const struct log_line *line)
{
	assert_true(line->text.length > 0);
	(*(unsigned *)user)++;
}

static void
buffers(void **state)
{
	static const char text[] = "Nov 22 10:15:00 h a: 1\n"
	                           "Nov 22 10:15:00 h a: 2\r\n"
	                           "\n"
	                           "no line\n"
	                           "Nov 22 10:15:01 h a: 3";
	unsigned seen = 0;
	struct log_sink sink = {.line = count, .user = &seen};
	struct log_splitter splitter = {0};

	(void)state;
	zone_set("UTC");
	log_clock_init(&splitter.clock, NOW_S * S);
	assert_int_equal(log_split(&splitter, text, sizeof(text) - 1, &sink),
	    sizeof(text) - 1 - strlen("Nov 22 10:15:01 h a: 3"));
	assert_int_equal(seen, 2);
	assert_int_equal(splitter.odd, 1);
	assert_int_equal(splitter.newest_us, NOW_S * S);
}

static void
too_long(void **state)
{
	static char text[3 * LOG_LINE_MAX];
	unsigned seen = 0;
	struct log_sink sink = {.line = count, .user = &seen};
	struct log_splitter splitter = {0};
	const char *good = "\nNov 22 10:15:01 h a: 3\n";

	(void)state;
	zone_set("UTC");
	memset(text, 'x', sizeof(text));
	memcpy(text, "Nov 22 10:15:00 h a: ", 21);
	log_clock_init(&splitter.clock, NOW_S * S);
	/* no end yet: consumed all the same, and its end later */
	assert_int_equal(
	    log_split(&splitter, text, sizeof(text), &sink), sizeof(text));
	assert_true(splitter.is_inside);
	assert_int_equal(log_split(&splitter, "yyy", 3, &sink), 0);
	assert_int_equal(
	    log_split(&splitter, good, strlen(good), &sink), strlen(good));
	assert_int_equal(seen, 1);
	assert_int_equal(splitter.odd, 1);
	/* with its end at once */
	memcpy(text + sizeof(text) - strlen(good), good, strlen(good));
	assert_int_equal(
	    log_split(&splitter, text, sizeof(text), &sink), sizeof(text));
	assert_int_equal(seen, 2);
	assert_int_equal(splitter.odd, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(iso_times),
	    cmocka_unit_test(old_times),
	    cmocka_unit_test(year_turns),
	    cmocka_unit_test(summer_ends),
	    cmocka_unit_test(summer_begins),
	    cmocka_unit_test(parts),
	    cmocka_unit_test(no_lines),
	    cmocka_unit_test(buffers),
	    cmocka_unit_test(too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
