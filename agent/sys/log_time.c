/*
 * log_time.c - the time at the start of a log line
 *
 * Purpose  both formats that rsyslog and its like write
 * Input    hostile bytes
 * Errors   0: no stamp that makes sense
 * Runs as  observer
 * Source   RFC 5424 section 6.2.3, RFC 3164 section 4.1.2; mktime(3)
 */
#include "agent/sys/log_time.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "agent/base/auto.h"

#define US_PER_S 1000000LL

/*
 * A stamp may be ahead of the look: the clock that wrote it, or the line was
 * written while we read. More is a stamp of the year before.
 */
#define AHEAD_US (86400 * US_PER_S)

/* 29 February may be as far back, when the century has none (1904). */
#define YEARS_BACK 8

/* Lines are a little out of order; a repeated hour is more than that. */
#define DISORDER_US (600 * US_PER_S)

#define ISO_KEY 16 /* "2026-11-22T10:15" */
#define ISO_S   19 /* ... with ":00" */
#define OLD_KEY 12 /* "Nov 22 10:15" */
#define OLD_S   15 /* ... with ":00" */

void
log_clock_init(struct log_clock *clock, int64_t now_us)
{
	*clock = (struct log_clock){.now_us = now_us};
}

/* Two digits, or -1; "first" may be a blank. */
static int
two(const char *text)
{
	unsigned high = (unsigned char)text[0] - '0',
	         low = (unsigned char)text[1] - '0';

	if (text[0] == ' ')
		high = 0;
	return high > 9 || low > 9 ? -1 : (int)(high * 10 + low);
}

static bool
is_kept(const struct log_clock *clock, const char *text, size_t length)
{
	return clock->key_length == length &&
	       memcmp(clock->key, text, length) == 0;
}

static void
keep(struct log_clock *clock, const char *text, size_t length, int64_t us)
{
	(void)memcpy(clock->key, text, length);
	clock->key_length = (uint32_t)length;
	clock->minute_us = us;
}

/* Days since the epoch of a date of the Gregorian calendar (H. Hinnant). */
static int64_t
days_of(int year, int month, int day)
{
	int y = month <= 2 ? year - 1 : year, era = y / 400;
	int of_era = y - era * 400;
	int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return (int64_t)era * 146097 + of_era * 365 + of_era / 4 -
	       of_era / 100 + of_year - 719468;
}

static bool
iso_minute(struct log_clock *clock, const char *text, int64_t *ret_us)
{
	int century, year, month, day, hour, minute;

	if (is_kept(clock, text, ISO_KEY)) {
		*ret_us = clock->minute_us;
		return true;
	}
	century = two(text);
	year = two(text + 2);
	month = two(text + 5);
	day = two(text + 8);
	hour = two(text + 11);
	minute = two(text + 14);
	if (century < 19 || year < 0 || text[4] != '-' || month < 1 ||
	    month > 12 || text[7] != '-' || day < 1 || day > 31 ||
	    text[10] != 'T' || hour < 0 || hour > 23 || text[13] != ':' ||
	    minute < 0 || minute > 59)
		return false;
	*ret_us =
	    ((days_of(century * 100 + year, month, day) * 24 + hour) * 60 +
	        minute) *
	    60 * US_PER_S;
	keep(clock, text, ISO_KEY, *ret_us);
	return true;
}

/* The digits of a fraction; their number. */
static size_t
fraction_read(const char *text, size_t length, int64_t *ret_us)
{
	static const int64_t scale[] = {
	    1000000, 100000, 10000, 1000, 100, 10, 1};
	size_t digits = 0, at = 0;
	int64_t value = 0;

	for (; at < length && text[at] >= '0' && text[at] <= '9'; at++)
		if (digits + 1 < ARRAY_COUNT(scale)) {
			value = value * 10 + (text[at] - '0');
			digits++;
		}
	*ret_us = value * scale[digits];
	return at;
}

/* "Z", "+01:00"; its length, or 0. */
static size_t
zone_read(const char *text, size_t length, int64_t *ret_us)
{
	int hours, minutes;

	if (length >= 1 && text[0] == 'Z') {
		*ret_us = 0;
		return 1;
	}
	if (length < 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':')
		return 0;
	hours = two(text + 1);
	minutes = two(text + 4);
	if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
		return 0;
	*ret_us = (hours * 60 + minutes) * 60 * US_PER_S;
	if (text[0] == '-')
		*ret_us = -*ret_us;
	return 6;
}

static size_t
iso_read(
    struct log_clock *clock, const char *text, size_t length, int64_t *ret_us)
{
	int64_t us, zone_us, fraction_us;
	size_t at = ISO_S, zone;
	int second;

	if (length < ISO_S + 1 || text[16] != ':' ||
	    !iso_minute(clock, text, &us))
		return 0;
	second = two(text + 17);
	if (second < 0 || second > 60)
		return 0;
	us += second * US_PER_S;
	if (text[at] == '.' || text[at] == ',') {
		at++;
		at += fraction_read(text + at, length - at, &fraction_us);
		us += fraction_us;
	}
	zone = zone_read(text + at, length - at, &zone_us);
	if (zone == 0)
		return 0;
	*ret_us = us - zone_us;
	return at + zone;
}

/* This local minute, summer time or not; -1 when there is no such one. */
static int64_t
local_us(const struct tm *when, int is_dst)
{
	struct tm tm = *when;
	time_t s;

	tm.tm_isdst = is_dst;
	s = mktime(&tm);
	if (s == (time_t)-1 || tm.tm_mday != when->tm_mday ||
	    tm.tm_mon != when->tm_mon || tm.tm_hour != when->tm_hour ||
	    (is_dst >= 0 && tm.tm_isdst != is_dst))
		return -1;
	return (int64_t)s * US_PER_S;
}

/*
 * The clock goes back at night: that hour comes twice. The first one, unless
 * the line before was later already.
 */
static int64_t
local_minute(const struct log_clock *clock, const struct tm *when)
{
	int64_t summer = local_us(when, 1), winter = local_us(when, 0), early,
	        late, before = clock->last_us;

	if (summer < 0 || winter < 0) {
		if (summer < 0 && winter < 0)
			/* an hour that the clock left out: what mktime says */
			return local_us(when, -1);
		return summer < 0 ? winter : summer;
	}
	early = summer < winter ? summer : winter;
	late = summer < winter ? winter : summer;
	if (before == 0)
		return late <= clock->now_us ? late : early;
	return early + 60 * US_PER_S + DISORDER_US > before ? early : late;
}

static bool
old_minute(struct log_clock *clock, const char *text, int64_t *ret_us)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct tm when = {.tm_isdst = -1}, now;
	time_t now_s = (time_t)(clock->now_us / US_PER_S);
	int month = 0;

	if (is_kept(clock, text, OLD_KEY)) {
		*ret_us = clock->minute_us;
		return true;
	}
	while (month < 12 && memcmp(months + (size_t)month * 3, text, 3) != 0)
		month++;
	when.tm_mon = month;
	when.tm_mday = two(text + 4);
	when.tm_hour = two(text + 7);
	when.tm_min = two(text + 10);
	if (month == 12 || text[3] != ' ' || when.tm_mday < 1 ||
	    when.tm_mday > 31 || text[6] != ' ' || when.tm_hour < 0 ||
	    when.tm_hour > 23 || text[9] != ':' || when.tm_min < 0 ||
	    when.tm_min > 59 || localtime_r(&now_s, &now) == NULL)
		return false;
	for (int back = -1; back <= YEARS_BACK; back++) {
		int64_t us;

		when.tm_year = now.tm_year - back;
		us = local_minute(clock, &when);
		if (us >= 0 && us <= clock->now_us + AHEAD_US) {
			*ret_us = us;
			keep(clock, text, OLD_KEY, us);
			return true;
		}
	}
	return false;
}

static size_t
old_read(
    struct log_clock *clock, const char *text, size_t length, int64_t *ret_us)
{
	int64_t us;
	int second;

	if (length < OLD_S || text[OLD_KEY] != ':' ||
	    !old_minute(clock, text, &us))
		return 0;
	second = two(text + OLD_KEY + 1);
	if (second < 0 || second > 60)
		return 0;
	*ret_us = us + second * US_PER_S;
	return OLD_S;
}

size_t
log_time_read(
    struct log_clock *clock, const char *text, size_t length, int64_t *ret_us)
{
	size_t taken;

	if (length == 0)
		return 0;
	taken = text[0] >= '0' && text[0] <= '9'
	            ? iso_read(clock, text, length, ret_us)
	            : old_read(clock, text, length, ret_us);
	if (taken > 0)
		clock->last_us = *ret_us;
	return taken;
}
