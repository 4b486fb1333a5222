/*
 * why.c - the reason of a failure, in words for the operator
 *
 * Purpose  carry one failure's code and text up to the place that reports it
 * Input    format strings of our own; arguments may be hostile (escaped later)
 * Errors   none
 * Runs as  both roles
 * Source   STYLE of the project: Postfix passes such a buffer to fallible
 *          helpers (safe_open(3))
 */
#include "agent/base/why.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
why_set(struct why *why, int code, const char *format, ...)
{
	va_list ap;

	if (why == NULL)
		return code;
	why->code = code;
	va_start(ap, format);
	(void)vsnprintf(why->text, sizeof(why->text), format, ap);
	va_end(ap);
	return code;
}

int
why_errno(struct why *why, const char *format, ...)
{
	int saved = errno != 0 ? errno : EIO;
	size_t used;
	va_list ap;

	if (why == NULL)
		return -saved;
	why->code = -saved;
	va_start(ap, format);
	(void)vsnprintf(why->text, sizeof(why->text), format, ap);
	va_end(ap);
	used = strlen(why->text);
	(void)snprintf(why->text + used, sizeof(why->text) - used, ": %s",
	    strerror(saved));
	return -saved;
}

void
why_prefix(struct why *why, const char *format, ...)
{
	char text[WHY_TEXT_MAX];
	size_t used;
	va_list ap;

	if (why == NULL)
		return;
	(void)memcpy(text, why->text, sizeof(text));
	va_start(ap, format);
	(void)vsnprintf(why->text, sizeof(why->text), format, ap);
	va_end(ap);
	used = strlen(why->text);
	(void)snprintf(why->text + used, sizeof(why->text) - used, ": %.*s",
	    (int)(sizeof(why->text) - used), text);
}
