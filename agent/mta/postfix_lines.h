/*
 * postfix_lines.h - the logical lines of main.cf and master.cf
 */
#ifndef MAILFIX_MTA_POSTFIX_LINES_H
#define MAILFIX_MTA_POSTFIX_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/buf.h"

/* Begin with `at` and `end` set and all else zero; end with _done. */
struct postfix_lines {
	const char *at, *end;
	size_t line;       /* of the physical line read last, from 1 */
	size_t first_line; /* of the logical line at hand */
	struct buf text;   /* the logical line at hand, joined by blanks */
};

/*
 * postfix_lines_next - the next logical line into ->text
 *
 * A line that begins with a blank goes on with the one before; empty lines and
 * comments neither end nor go on with one. Returns false at the end.
 */
bool postfix_lines_next(struct postfix_lines *lines);

void postfix_lines_done(struct postfix_lines *lines);

#endif
