/*
 * clock.h - the only source of time
 *
 * Wall time for people and records, boot time (CLOCK_BOOTTIME: goes on during
 * suspend, is not set back) for cooldowns and deadlines. Tests fix both.
 */
#ifndef MAILFIX_BASE_CLOCK_H
#define MAILFIX_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* "2026-11-22T10:15:00Z" and the NUL */
#define CLOCK_ISO_MAX 24

int64_t clock_now_s(void);       /* seconds since the epoch */
int64_t clock_boot_ms(void);     /* milliseconds since boot */
const char *clock_boot_id(void); /* of this boot, static; "" if not told */

/* clock_iso - UTC, RFC 3339 with whole seconds; writes into text */
const char *clock_iso(int64_t now_s, char text[static CLOCK_ISO_MAX]);

/* clock_fix - tests only: from now on both clocks stand at this second */
void clock_fix(int64_t now_s);

#endif
