/*
 * units.c - numbers with units: read, written, combined
 *
 * Purpose  one reading and one spelling of every number that people see
 * Input    playbooks and configuration (root's); no locale is asked
 * Errors   -EINVAL with why
 * Runs as  both roles
 * Source   systemd.syntax(7) and systemd.time(7) for the spellings; IEC
 *          80000-13 for KiB and kB
 */
#include "agent/base/units.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"

/* As many decimal digits as a double holds exactly (DBL_DIG). */
#define DIGITS_MAX 15

/* Whole numbers are exact up to here; nothing on a host is larger. */
#define NUMBER_MAX 9007199254740992.0 /* 2^53 */

#define MINUTE_S 60.0
#define HOUR_S   3600.0
#define DAY_S    86400.0
#define WEEK_S   604800.0

static const char *const unit_names[] = {
    [UNIT_COUNT] = "count",
    [UNIT_SHARE] = "share",
    [UNIT_BYTES] = "bytes",
    [UNIT_SECONDS] = "seconds",
    [UNIT_PER_SECOND] = "rate",
    [UNIT_RATIO] = "ratio",
};
_Static_assert(ARRAY_COUNT(unit_names) == UNIT_MAX, "a name for each unit");

struct suffix {
	const char *text;
	enum unit unit;
	double times, over; /* whole numbers: a value is rounded once */
};

static const struct suffix suffixes[] = {
    {"ms",           UNIT_SECONDS,    1,                    1000    },
    {"millisecond",  UNIT_SECONDS,    1,                    1000    },
    {"milliseconds", UNIT_SECONDS,    1,                    1000    },
    {"s",            UNIT_SECONDS,    1,                    1       },
    {"sec",          UNIT_SECONDS,    1,                    1       },
    {"second",       UNIT_SECONDS,    1,                    1       },
    {"seconds",      UNIT_SECONDS,    1,                    1       },
    {"min",          UNIT_SECONDS,    MINUTE_S,             1       },
    {"minute",       UNIT_SECONDS,    MINUTE_S,             1       },
    {"minutes",      UNIT_SECONDS,    MINUTE_S,             1       },
    {"h",            UNIT_SECONDS,    HOUR_S,               1       },
    {"hour",         UNIT_SECONDS,    HOUR_S,               1       },
    {"hours",        UNIT_SECONDS,    HOUR_S,               1       },
    {"d",            UNIT_SECONDS,    DAY_S,                1       },
    {"day",          UNIT_SECONDS,    DAY_S,                1       },
    {"days",         UNIT_SECONDS,    DAY_S,                1       },
    {"w",            UNIT_SECONDS,    WEEK_S,               1       },
    {"week",         UNIT_SECONDS,    WEEK_S,               1       },
    {"weeks",        UNIT_SECONDS,    WEEK_S,               1       },
    {"%",            UNIT_SHARE,      1,                    100     },
    {"B",            UNIT_BYTES,      1,                    1       },
    {"kB",           UNIT_BYTES,      1000,                 1       },
    {"MB",           UNIT_BYTES,      1000.0 * 1000,        1       },
    {"GB",           UNIT_BYTES,      1000.0 * 1000 * 1000, 1       },
    {"TB",           UNIT_BYTES,      1e12,                 1       },
    {"KiB",          UNIT_BYTES,      1024,                 1       },
    {"MiB",          UNIT_BYTES,      1024.0 * 1024,        1       },
    {"GiB",          UNIT_BYTES,      1024.0 * 1024 * 1024, 1       },
    {"TiB",          UNIT_BYTES,      1099511627776.0,      1       },
    {"K",            UNIT_BYTES,      1024,                 1       },
    {"M",            UNIT_BYTES,      1024.0 * 1024,        1       },
    {"G",            UNIT_BYTES,      1024.0 * 1024 * 1024, 1       },
    {"T",            UNIT_BYTES,      1099511627776.0,      1       },
    {"/s",           UNIT_PER_SECOND, 1,                    1       },
    {"/min",         UNIT_PER_SECOND, 1,                    MINUTE_S},
    {"/h",           UNIT_PER_SECOND, 1,                    HOUR_S  },
    {"/d",           UNIT_PER_SECOND, 1,                    DAY_S   },
};

const char *
unit_name(enum unit unit)
{
	return unit < UNIT_MAX ? unit_names[unit] : "?";
}

/*
 * Digits, perhaps a point and digits: *ret / *ret_scale. Returns how many
 * bytes, 0: none.
 */
static size_t
number_parse(
    const char *text, double *ret, double *ret_scale, bool *ret_is_long)
{
	double mantissa = 0, scale = 1;
	size_t at = 0, digits = 0, start;

	for (; isdigit((unsigned char)text[at]); at++) {
		mantissa = mantissa * 10 + (text[at] - '0');
		digits += digits > 0 || text[at] != '0';
	}
	if (at == 0)
		return 0;
	if (text[at] == '.' && isdigit((unsigned char)text[at + 1])) {
		for (start = ++at; isdigit((unsigned char)text[at]); at++) {
			mantissa = mantissa * 10 + (text[at] - '0');
			scale *= 10;
		}
		digits += at - start;
	}
	*ret_is_long = digits > DIGITS_MAX;
	*ret = mantissa;
	*ret_scale = scale;
	return at;
}

/* The letters, '%' or '/' and letters that follow a number. */
static size_t
suffix_length(const char *text)
{
	size_t at = 0;

	if (text[0] == '%')
		return 1;
	if (text[0] == '/')
		at = 1;
	while (isalpha((unsigned char)text[at]))
		at++;
	return at;
}

static const struct suffix *
suffix_find(const char *text, size_t length)
{
	for (size_t i = 0; i < ARRAY_COUNT(suffixes); i++)
		if (strlen(suffixes[i].text) == length &&
		    strncmp(suffixes[i].text, text, length) == 0)
			return &suffixes[i];
	return NULL;
}

static int
suffix_fail(
    const char *text, const char *suffix, size_t length, struct why *why)
{
	const char *names[ARRAY_COUNT(suffixes) + 1] = {NULL}, *near;
	char wrong[32];

	if (length >= sizeof(wrong))
		return why_set(why, -EINVAL, "'%s' is not a number", text);
	(void)memcpy(wrong, suffix, length);
	wrong[length] = '\0';
	for (size_t i = 0; i < ARRAY_COUNT(suffixes); i++)
		names[i] = suffixes[i].text;
	if (wrong[0] == '/')
		return why_set(why, -EINVAL,
		    "'%s': unknown unit '%s', a rate is /s, /min, /h or /d",
		    text, wrong);
	/* one letter is near to every other one */
	near = strcmp(wrong, "m") == 0 ? "min"
	       : length > 1            ? text_nearest(wrong, names)
	                               : NULL;
	if (near != NULL)
		return why_set(why, -EINVAL,
		    "'%s': unknown unit '%s', did you mean '%s'?", text, wrong,
		    near);
	return why_set(why, -EINVAL, "'%s': unknown unit '%s'", text, wrong);
}

static int
part_parse(const char *text, const char *at, size_t *ret_used,
    enum unit *ret_unit, double *ret, struct why *why)
{
	static const struct suffix none = {"", UNIT_COUNT, 1, 1};
	bool is_long = false;
	double number, scale;
	size_t used = number_parse(at, &number, &scale, &is_long), length;
	const struct suffix *suffix = &none;

	if (used == 0)
		return why_set(why, -EINVAL, "'%s' is not a number", text);
	if (is_long)
		return why_set(why, -EINVAL, "'%s': more than %d digits", text,
		    DIGITS_MAX);
	length = suffix_length(at + used);
	if (length != 0)
		suffix = suffix_find(at + used, length);
	if (suffix == NULL)
		return suffix_fail(text, at + used, length, why);
	*ret_unit = suffix->unit;
	*ret = number * suffix->times / (scale * suffix->over);
	*ret_used = used + length;
	return 0;
}

int
unit_parse(const char *text, enum unit *ret_unit, double *ret, struct why *why)
{
	double sum = 0, number = 0;
	enum unit unit = UNIT_COUNT;
	const char *at = text;
	size_t used = 0;
	int rc;

	do {
		double last = number;

		rc = part_parse(text, at, &used, &unit, &number, why);
		if (rc < 0)
			return rc;
		/* "1h30min": each part smaller than the one before */
		if (at != text && (unit != UNIT_SECONDS || number >= last))
			return why_set(
			    why, -EINVAL, "'%s' is not a number", text);
		sum += number;
		at += used;
	} while (unit == UNIT_SECONDS && isdigit((unsigned char)*at));
	if (*at == ' ')
		return why_set(why, -EINVAL,
		    "'%s': no space between a number and its unit", text);
	if (*at != '\0')
		return why_set(why, -EINVAL, "'%s' is not a number", text);
	if (sum > NUMBER_MAX)
		return why_set(why, -EINVAL, "'%s' is too large", text);
	*ret_unit = unit;
	*ret = sum;
	return 0;
}

/* "1,204,000" of the digits of a whole number. */
static void
whole_format(double number, char *text, size_t size)
{
	char digits[UNIT_TEXT_MAX];
	size_t length, out = 0;

	(void)snprintf(digits, sizeof(digits), "%.0f", number);
	length = strlen(digits);
	for (size_t i = 0; i < length && out + 2 < size; i++) {
		if (i != 0 && (length - i) % 3 == 0)
			text[out++] = ',';
		text[out++] = digits[i];
	}
	text[out] = '\0';
}

/* At most `decimals` of them, and none that are zero at the end. */
static void
decimal_format(double number, int decimals, char *text, size_t size)
{
	(void)snprintf(text, size, "%.*f", decimals, number);
	if (strchr(text, '.') == NULL)
		return;
	for (size_t end = strlen(text); text[end - 1] == '0'; end--)
		text[end - 1] = '\0';
	if (text_ends(text, "."))
		text[strlen(text) - 1] = '\0';
}

static void
count_format(double number, char *text)
{
	if (number == floor(number) || number >= 1000)
		whole_format(round(number), text, UNIT_TEXT_MAX);
	else
		decimal_format(
		    number, number < 0.1 ? 4 : 2, text, UNIT_TEXT_MAX);
}

static void
share_format(double number, char *text)
{
	double percent = number * 100;
	char digits[UNIT_TEXT_MAX - 4];
	/* 99.6 % full is not 100 %, and 0.4 % is not nothing */
	int decimals = percent < 10 || (percent > 99 && percent < 100) ? 1 : 0;

	if (decimals == 1 && percent > 99 && percent >= 99.95)
		percent = 99.9;
	decimal_format(percent, decimals, digits, sizeof(digits));
	(void)snprintf(text, UNIT_TEXT_MAX, "%s %%", digits);
}

static void
bytes_format(double number, char *text)
{
	static const char *const units[] = {
	    "B", "KiB", "MiB", "GiB", "TiB", "PiB"};
	char digits[UNIT_TEXT_MAX - 8];
	size_t unit = 0;

	/* 1023.6 KiB would be written as "1024 KiB" */
	while (unit + 1 < ARRAY_COUNT(units) && round(number) >= 1024) {
		number /= 1024;
		unit++;
	}
	decimal_format(
	    number, unit > 0 && number < 100 ? 1 : 0, digits, sizeof(digits));
	(void)snprintf(text, UNIT_TEXT_MAX, "%s %s", digits, units[unit]);
}

static void
seconds_format(double number, char *text)
{
	static const struct {
		const char *name;
		double factor;
	} parts[] = {
	    {"d",   DAY_S   },
            {"h",   HOUR_S  },
            {"min", MINUTE_S},
            {"s",   1       }
        };

	double rest = round(number);
	size_t big = 0;

	if (number < 1 && number > 0) {
		(void)snprintf(text, UNIT_TEXT_MAX, "%.0f ms", number * 1000);
		return;
	}
	if (number < 10 && number != rest) {
		char digits[UNIT_TEXT_MAX - 8];

		decimal_format(number, 1, digits, sizeof(digits));
		(void)snprintf(text, UNIT_TEXT_MAX, "%s s", digits);
		return;
	}
	while (big + 1 < ARRAY_COUNT(parts) && rest < parts[big].factor)
		big++;
	if (big + 1 < ARRAY_COUNT(parts))
		rest =
		    round(rest / parts[big + 1].factor) * parts[big + 1].factor;
	/* 59 min 59.7 s and the like round up into the part above */
	if (big > 0 && rest >= parts[big - 1].factor)
		big--;
	{
		double count = floor(rest / parts[big].factor);
		double small = rest - count * parts[big].factor;

		if (big + 1 < ARRAY_COUNT(parts) && small > 0)
			(void)snprintf(text, UNIT_TEXT_MAX, "%.0f %s %.0f %s",
			    count, parts[big].name,
			    small / parts[big + 1].factor, parts[big + 1].name);
		else
			(void)snprintf(text, UNIT_TEXT_MAX, "%.0f %s", count,
			    parts[big].name);
	}
}

static void
rate_format(double number, char *text)
{
	static const struct {
		const char *name;
		double factor;
	} per[] = {
	    {"s",   1       },
            {"min", MINUTE_S},
            {"h",   HOUR_S  },
            {"d",   DAY_S   }
        };

	char digits[UNIT_TEXT_MAX - 8];
	size_t i = 0;

	/* 0.9999.. of a rate that was given by the hour is one an hour */
	while (i + 1 < ARRAY_COUNT(per) && number * per[i].factor < 1 - 1e-9)
		i++;
	if (number == 0)
		i = 0;
	number *= per[i].factor;
	decimal_format(number, number < 100 ? 1 : 0, digits, sizeof(digits));
	(void)snprintf(text, UNIT_TEXT_MAX, "%s/%s", digits, per[i].name);
}

const char *
unit_format(enum unit unit, double number, char text[static UNIT_TEXT_MAX])
{
	static void (*const formats[])(double, char *) = {
	    [UNIT_COUNT] = count_format,
	    [UNIT_SHARE] = share_format,
	    [UNIT_BYTES] = bytes_format,
	    [UNIT_SECONDS] = seconds_format,
	    [UNIT_PER_SECOND] = rate_format,
	    [UNIT_RATIO] = count_format,
	};
	char plain[UNIT_TEXT_MAX];

	if (!isfinite(number) || unit >= UNIT_MAX) {
		(void)strcpy(text, "?");
		return text;
	}
	if (fabs(number) > NUMBER_MAX * 1024) {
		(void)snprintf(text, UNIT_TEXT_MAX, "%.3g", number);
		return text;
	}
	formats[unit](fabs(number), plain);
	(void)snprintf(text, UNIT_TEXT_MAX, "%s%.*s", number < 0 ? "-" : "",
	    UNIT_TEXT_MAX - 2, plain);
	return text;
}
