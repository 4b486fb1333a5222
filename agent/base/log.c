/*
 * log.c - one line to the operator, on stderr
 *
 * Purpose  what went wrong, or with -v what is being done
 * Input    format strings of our own; arguments may be hostile: the whole line
 *          is escaped, so that nothing in it moves a cursor or starts a line
 * Errors   none: when stderr is gone there is nobody to tell
 * Runs as  actor
 * Source   STYLE of the project: one fault, one line
 */
#include "agent/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/buf.h"
#include "agent/base/text.h"

/* A line for a person; longer ones are cut. */
#define LOG_LINE_MAX 1024

static const char *const level_prefix[] = {
    [LOG_LEVEL_ERROR] = "mailfix: ",
    [LOG_LEVEL_WARN] = "mailfix: warning: ",
    [LOG_LEVEL_INFO] = "mailfix: ",
    [LOG_LEVEL_DEBUG] = "mailfix: debug: ",
};

static enum log_level log_highest = LOG_LEVEL_WARN;

void
log_level_set(enum log_level highest)
{
	log_highest = highest;
}

void
log_line(enum log_level level, const char *format, ...)
{
	AUTO_BUF struct buf line = {0};
	char text[LOG_LINE_MAX];
	va_list ap;

	if (level > log_highest)
		return;
	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	buf_add(&line, level_prefix[level]);
	text_escape(&line, text, strlen(text));
	buf_add_char(&line, '\n');
	/* one write, so that lines of two processes do not mix */
	(void)!write(STDERR_FILENO, line.text, line.length);
}
