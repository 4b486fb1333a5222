/*
 * postfix_edit.h - main.cf, master.cf and lookup tables, edited byte by byte
 *
 * Pure: text in, text out. What is not asked for stays as it is, comments,
 * odd spacing, CRLF and a missing newline at the end included. Text with a NUL
 * is refused by those who read it.
 */
#ifndef MAILFIX_MTA_POSTFIX_EDIT_H
#define MAILFIX_MTA_POSTFIX_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/buf.h"

struct postfix_text {
	const char *bytes;
	size_t length;
};

/*
 * A logical line: the first physical line, the indented ones that go on with
 * it, and the comments and empty lines between them.
 */
struct postfix_line {
	size_t begin; /* of its first byte */
	size_t end;   /* behind its last byte that counts: no blank, no \n */
	size_t next;  /* behind the newline after it */
};

/*
 * postfix_line_next - the logical line at or after *at, which moves behind it
 * What is indented with nothing before it to go on with is passed by, as
 * Postfix does. False at the end.
 */
bool postfix_line_next(
    struct postfix_text text, size_t *at, struct postfix_line *ret);

/* postfix_line_join - append it as Postfix reads it: one line, no comments */
void postfix_line_join(
    struct postfix_text text, const struct postfix_line *line, struct buf *out);

/* postfix_line_count - physical lines that end between two places */
size_t postfix_line_count(struct postfix_text text, size_t from, size_t to);

/* postfix_edit_splice - append the text, other bytes in place of a range */
void postfix_edit_splice(struct postfix_text text, size_t begin, size_t end,
    const char *bytes, struct buf *out);

/* The comment that stands before what was added; one physical line. */
extern const char postfix_edit_mark[];

/*
 * postfix_edit_append - append the text, the mark, and a block of whole lines
 * block  ends with a newline
 */
void postfix_edit_append(
    struct postfix_text text, const char *block, struct buf *out);

/*
 * postfix_edit_remove - append the text without that logical line, and without
 * the mark when it stands right before it
 */
void postfix_edit_remove(
    struct postfix_text text, const struct postfix_line *line, struct buf *out);

/*
 * postfix_value_add - append a value with one blank for any white space in it
 * To Postfix it is the same, and it is one line that a record can hold.
 */
void postfix_value_add(const char *value, struct buf *out);

/*
 * postfix_main_find - how often main.cf sets a parameter
 *
 * ret        the last of them, which is the one that counts; if any
 * ret_value  gets its value, as postfix_value_add(); or NULL
 */
size_t postfix_main_find(struct postfix_text text, const char *name,
    struct postfix_line *ret, struct buf *ret_value);

/* postfix_main_set - append the text, with another value in that line */
void postfix_main_set(struct postfix_text text, const struct postfix_line *line,
    const char *value, struct buf *out);

/* postfix_master_find - how often master.cf has a service; the last of them */
size_t postfix_master_find(struct postfix_text text, const char *name,
    const char *type, struct postfix_line *ret);

/*
 * postfix_master_limit - where a service line says how many processes at most
 * Returns false when it has no such field.
 */
bool postfix_master_limit(struct postfix_text text,
    const struct postfix_line *line, size_t *ret_begin, size_t *ret_end);

/*
 * postfix_table_find - the row of a key in the source of a lookup table
 *
 * Keys are the same in either case (postmap(1) folds them). Returns true with
 * *ret and its value appended to ret_value; else false, and *ret is where the
 * row belongs in a sorted table: its begin, end and next are the same.
 */
bool postfix_table_find(struct postfix_text text, const char *key,
    struct postfix_line *ret, struct buf *ret_value);

/*
 * postfix_table_set - append the text with the row set, or without it
 * value  NULL: the row goes
 */
void postfix_table_set(struct postfix_text text, const char *key,
    const char *value, struct buf *out);

#endif
