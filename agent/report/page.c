/*
 * page.c - lines for a terminal
 *
 * Purpose  escape, wrap, align and colour text
 * Input    texts that others wrote, hostile; widths of the terminal
 * Errors   none
 * Runs as  the actor
 * Source   ECMA-48 8.3.117 SGR for the colours; wcwidth(3) for the widths
 */
#include "agent/report/page.h"

#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"

static const char *const look_codes[] = {
    [PAGE_PLAIN] = "",
    [PAGE_BOLD] = "\033[1m",
    [PAGE_BAD] = "\033[1;31m",
    [PAGE_WARN] = "\033[33m",
    [PAGE_GOOD] = "\033[32m",
    [PAGE_DIM] = "\033[2m",
};

_Static_assert(ARRAY_COUNT(look_codes) == PAGE_LOOK_MAX, "a code for each");

/* Spaces between a text and what is aligned to the right of it. */
#define PAGE_RIGHT_GAP 2

/* Our own texts set parts apart with up to three; others' need no more. */
#define PAGE_SPACES_MAX 3

struct line {
	struct page *page;
	enum page_look look;
	int indent, used;
	bool is_empty; /* nothing but the head is on this line */
};

struct page
page_begin(struct buf *out, int columns, bool is_colour)
{
	if (columns < PAGE_COLUMNS_MIN)
		columns = PAGE_COLUMNS_MIN;
	if (columns > PAGE_COLUMNS_MAX)
		columns = PAGE_COLUMNS_MAX;
	return (struct page){
	    .out = out, .columns = columns, .is_colour = is_colour};
}

static void
look_on(struct page *page, enum page_look look)
{
	if (page->is_colour)
		buf_add(page->out, look_codes[look]);
}

static void
look_off(struct page *page, enum page_look look)
{
	if (page->is_colour && look != PAGE_PLAIN)
		buf_add(page->out, "\033[0m");
}

static void
line_break(struct line *line)
{
	look_off(line->page, line->look);
	buf_addf(line->page->out, "\n%*s", line->indent, "");
	look_on(line->page, line->look);
	line->used = line->indent;
	line->is_empty = true;
}

/* Bytes of the UTF-8 character at text, which is valid. */
static size_t
character_length(const char *text)
{
	size_t n = 1;

	while ((text[n] & 0xC0) == 0x80)
		n++;
	return n;
}

static int
columns_of(const char *text, size_t length)
{
	AUTO_BUF struct buf copy = {0};

	buf_add_n(&copy, text, length);
	return text_columns(buf_text(&copy));
}

/* A word that fits on no line: as many characters on each as it can hold. */
static void
word_cut(struct line *line, const char *word, size_t length)
{
	while (length > 0) {
		size_t n = character_length(word);
		int wide;

		n = n < length ? n : length;
		wide = columns_of(word, n);
		if (line->used + wide > line->page->columns && !line->is_empty)
			line_break(line);
		buf_add_n(line->page->out, word, n);
		line->used += wide;
		line->is_empty = false;
		word += n;
		length -= n;
	}
}

/* An address that is cut cannot be followed: it runs over the edge. */
static bool
is_link(const char *word, size_t length)
{
	static const char start[] = "https://";

	return length > strlen(start) && text_starts(word, start);
}

static void
word_add(struct line *line, const char *word, size_t length, int space)
{
	int wide = columns_of(word, length);

	if (line->is_empty)
		space = 0;
	if (line->used + space + wide > line->page->columns &&
	    !line->is_empty) {
		line_break(line);
		space = 0;
	}
	buf_addf(line->page->out, "%*s", space, "");
	line->used += space;
	if (line->used + wide > line->page->columns && !is_link(word, length)) {
		word_cut(line, word, length);
		return;
	}
	buf_add_n(line->page->out, word, length);
	line->used += wide;
	line->is_empty = false;
}

static void
words_add(struct line *line, const char *text)
{
	while (*text != '\0') {
		size_t space = strspn(text, " ");
		size_t length = strcspn(text + space, " ");

		if (length > 0)
			word_add(line, text + space, length,
			    space < PAGE_SPACES_MAX ? (int)space
			                            : PAGE_SPACES_MAX);
		text += space + length;
	}
}

static void
right_add(struct line *line, const char *right)
{
	struct page *page = line->page;
	int wide = text_columns(right);
	int pad = page->columns - line->used - wide;

	if (pad < PAGE_RIGHT_GAP) {
		pad = page->columns - wide;
		if (pad < line->indent)
			pad = line->indent;
		buf_add_char(page->out, '\n');
	}
	buf_addf(page->out, "%*s", pad, "");
	look_on(page, PAGE_DIM);
	buf_add(page->out, right);
	look_off(page, PAGE_DIM);
}

void
page_line(struct page *page, enum page_look look, const char *head,
    const char *text, const char *right)
{
	AUTO_BUF struct buf escaped = {0}, tag = {0};
	struct line line = {.page = page,
	    .look = look,
	    .indent = text_columns(head),
	    .used = text_columns(head),
	    .is_empty = true};

	text_escape(&escaped, text, strlen(text));
	look_on(page, look);
	buf_add(page->out, head);
	words_add(&line, buf_text(&escaped));
	look_off(page, look);
	if (right != NULL && right[0] != '\0') {
		text_escape(&tag, right, strlen(right));
		right_add(&line, buf_text(&tag));
	}
	buf_add_char(page->out, '\n');
}

/* To be typed as it is: however long, it is one line. */
static void
command_line(struct page *page, const char *head, const char *text)
{
	AUTO_BUF struct buf escaped = {0};

	text_escape(&escaped, text, strlen(text));
	buf_addf(page->out, "%s  %s\n", head, buf_text(&escaped));
}

void
page_advice(struct page *page, const char *head, const char *text)
{
	AUTO_BUF struct buf blank = {0};
	const char *now = head;
	bool is_command = false;

	buf_addf(&blank, "%*s", text_columns(head), "");
	while (*text != '\0') {
		AUTO_BUF struct buf piece = {0};
		size_t length = strcspn(text, "`");

		/* one that nothing closes is no command */
		if (is_command && text[length] == '\0')
			is_command = false;
		/* the mark that stood behind a command has nothing to end */
		if (!is_command && now != head)
			while (length > 0 && strchr(".,;: ", *text) != NULL) {
				text++;
				length--;
			}
		buf_add_n(&piece, text, length);
		if (length > 0 && is_command)
			command_line(page, now, buf_text(&piece));
		else if (length > 0)
			page_line(
			    page, PAGE_PLAIN, now, buf_text(&piece), NULL);
		if (length > 0)
			now = buf_text(&blank);
		text += length;
		if (*text == '`') {
			is_command = !is_command;
			text++;
		}
	}
}

void
page_pieces(struct page *page, const char *const *pieces)
{
	AUTO_BUF struct buf line = {0};

	for (; *pieces != NULL; pieces++) {
		int used = text_columns(buf_text(&line));

		if (line.length > 0 &&
		    used + PAGE_SPACES_MAX + text_columns(*pieces) >
		        page->columns) {
			page_line(page, PAGE_PLAIN, "", buf_text(&line), NULL);
			buf_clear(&line);
		}
		buf_addf(
		    &line, "%*s", line.length > 0 ? PAGE_SPACES_MAX : 0, "");
		buf_add(&line, *pieces);
	}
	if (line.length > 0)
		page_line(page, PAGE_PLAIN, "", buf_text(&line), NULL);
}

void
page_gap(struct page *page)
{
	buf_add_char(page->out, '\n');
}
