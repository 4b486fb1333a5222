/*
 * units.h - numbers with units: read, written, combined
 *
 * All numbers are doubles: a count or bytes are exact up to 2^53.
 */
#ifndef MAILFIX_BASE_UNITS_H
#define MAILFIX_BASE_UNITS_H

#include <stdbool.h>

#include "agent/base/why.h"

enum unit {
	UNIT_COUNT,      /* 20 */
	UNIT_SHARE,      /* 90%; held as 0.9 */
	UNIT_BYTES,      /* 2GiB, 500kB */
	UNIT_SECONDS,    /* 5min */
	UNIT_PER_SECOND, /* 20/h; held per second */
	UNIT_RATIO,      /* x / y of one unit: compares with count and share */
	UNIT_MAX
};

/* Long enough for any unit_format() result. */
#define UNIT_TEXT_MAX 32

const char *unit_name(enum unit unit); /* "count", "share", "bytes", ... */

/*
 * unit_parse - read a whole text as one number with its unit
 *
 * text      "90%", "5min", "2GiB", "20/h", "1.5", "1h30min"; no sign
 * ret_unit  set on success
 * ret       in the unit's base: fraction, bytes, seconds, per second
 *
 * Durations: ms s sec min h d w (and their long forms, singular or plural);
 * bytes: B kB MB GB TB (1000), KiB MiB GiB TiB (1024), and K M G T (1024, as
 * in systemd.syntax(7)); rates: N/s N/min N/h N/d.
 * Returns 0, or -EINVAL with why.
 */
int unit_parse(
    const char *text, enum unit *ret_unit, double *ret, struct why *why);

/*
 * unit_format - a number as people read it
 *
 * "1,204", "38 %", "2.3 GiB", "15 min", "2 h 5 min", "20/h"; two significant
 * parts at most. Writes into text and returns it.
 */
const char *unit_format(
    enum unit unit, double number, char text[static UNIT_TEXT_MAX]);

#endif
