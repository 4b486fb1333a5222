/*
 * postfix_settings.h - the effective settings of Postfix
 */
#ifndef MAILFIX_MTA_POSTFIX_SETTINGS_H
#define MAILFIX_MTA_POSTFIX_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/buf.h"
#include "agent/base/mem.h"
#include "agent/base/why.h"

struct postfix_setting {
	const char *name, *value; /* value with all $names filled in */
};

struct postfix_settings {
	struct postfix_setting *settings; /* sorted by name */
	size_t count;
};

/*
 * postfix_settings_parse - lines "name = value", as postconf(1) prints them
 *
 * Keeps what postfix_settings_keeps() keeps; other lines are skipped.
 */
void postfix_settings_parse(struct arena *arena, const char *text,
    size_t length, struct postfix_settings *ret);

/*
 * postfix_settings_keeps - is it one that mailfix may need?
 * The ones it knows by name, and all whose value names a lookup table.
 */
bool postfix_settings_keeps(const char *name, const char *value);

/*
 * postfix_settings_read - ask Postfix itself, by one postconf(1) call
 *
 * Returns 0, or a negative errno: -EINVAL when Postfix refuses its own
 * configuration, why then holds its first fatal line.
 */
int postfix_settings_read(
    struct arena *arena, struct postfix_settings *ret, struct why *why);

/* postfix_settings_write - the lines that _parse reads back */
void postfix_settings_write(
    const struct postfix_settings *settings, struct buf *out);

/* postfix_setting_text - a value; `otherwise` when it is not there */
const char *postfix_setting_text(const struct postfix_settings *settings,
    const char *name, const char *otherwise);

/* postfix_setting_number - as above; `otherwise` when it is no number */
double postfix_setting_number(const struct postfix_settings *settings,
    const char *name, double otherwise);

/*
 * postfix_setting_seconds - a time as postconf(5) writes it: "60s", "2m"
 * A number without a unit is as it is; `otherwise` when it is neither.
 */
double postfix_setting_seconds(const struct postfix_settings *settings,
    const char *name, double otherwise);

/*
 * postfix_error_line - the first fatal or error line of what a tool wrote,
 * without the tool's name before it, and the warning just before it; else
 * the last line; never empty
 */
const char *postfix_error_line(struct arena *arena, const char *text);

#endif
