/*
 * text.h - text from outside made harmless; small text helpers
 */
#ifndef MAILFIX_BASE_TEXT_H
#define MAILFIX_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/buf.h"

/*
 * text_is_printable - valid UTF-8 and nothing that can move a cursor
 *
 * False for C0 and C1 controls, DEL, the bidirectional controls (U+202A..E,
 * U+2066..9, U+200E/F, U+061C), line and paragraph separator, surrogates,
 * overlong forms. Source: RFC 3629; Unicode UAX #9.
 */
bool text_is_printable(const char *text, size_t length);

/*
 * text_escape - append text with everything unprintable as \xNN
 *
 * The result is text_is_printable() always. Backslash stays as it is: the
 * result is for reading, not for parsing back.
 */
void text_escape(struct buf *out, const char *text, size_t length);

/* text_columns - columns on a terminal (wcwidth); text is printable */
int text_columns(const char *text);

/*
 * text_nearest - the name that was probably meant
 *
 * names  NULL-terminated
 * Returns the name with the least edit distance when that is at most a third
 * of its length (at least 1), else NULL.
 */
const char *text_nearest(const char *text, const char *const *names);

/* text_equal - both NULL, or both the same */
bool text_equal(const char *a, const char *b);

bool text_starts(const char *text, const char *prefix);
bool text_ends(const char *text, const char *suffix);

#endif
