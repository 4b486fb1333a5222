/*
 * postfix_edit_line.h - inside a logical line; for postfix_edit*.c only
 */
#ifndef MAILFIX_MTA_POSTFIX_EDIT_LINE_H
#define MAILFIX_MTA_POSTFIX_EDIT_LINE_H

#include "agent/mta/postfix_edit.h"

/* What Postfix takes for white space, whatever the locale. */
static inline bool
postfix_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/*
 * postfix_segment_next - the next physical line of it that counts
 * at  begins as line->begin. The range is without the newline.
 */
bool postfix_segment_next(struct postfix_text text,
    const struct postfix_line *line, size_t *at, size_t *ret_begin,
    size_t *ret_end);

#endif
