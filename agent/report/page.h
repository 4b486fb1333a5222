/*
 * page.h - lines for a terminal: escaped, wrapped, aligned, coloured
 *
 * The only place that knows escape sequences. Texts may come from anywhere:
 * they are escaped here, so that nothing in them can move the cursor.
 */
#ifndef MAILFIX_REPORT_PAGE_H
#define MAILFIX_REPORT_PAGE_H

#include <stdbool.h>

#include "agent/base/buf.h"

/* Narrower than this nothing can be aligned; wider than this nobody reads. */
#define PAGE_COLUMNS_MIN 40
#define PAGE_COLUMNS_MAX 100

enum page_look {
	PAGE_PLAIN,
	PAGE_BOLD,
	PAGE_BAD,
	PAGE_WARN,
	PAGE_GOOD,
	PAGE_DIM,
	PAGE_LOOK_MAX
};

struct page {
	struct buf *out;
	int columns;
	bool is_colour;
};

struct page page_begin(struct buf *out, int columns, bool is_colour);

/*
 * page_line - one paragraph
 *
 * head   what stands before it ("x ", "  fix   "); later lines are indented as
 *        far; printed with the look of the text
 * text   wrapped at spaces; a word that is too long is cut between characters
 * right  aligned to the right edge, on the last line when it fits there, else
 *        on a line of its own; dim; or NULL
 */
void page_line(struct page *page, enum page_look look, const char *head,
    const char *text, const char *right);

/*
 * page_advice - a paragraph in which `commands` stand on lines of their own,
 * never wrapped, without their backquotes: they can be copied as they are
 */
void page_advice(struct page *page, const char *head, const char *text);

/*
 * page_pieces - texts that stay whole (commands to type), beside each other
 * where the line is wide enough; NULL-terminated
 */
void page_pieces(struct page *page, const char *const *pieces);

void page_gap(struct page *page); /* an empty line */

#endif
