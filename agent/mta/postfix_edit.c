/*
 * postfix_edit.c - logical lines of Postfix's files, found and replaced
 *
 * Purpose  the parts of editing that main.cf, master.cf and tables share
 * Input    text of the admin's own files: any bytes but NUL
 * Errors   none
 * Runs as  actor
 * Source   postconf(5) "main.cf", master(5), postmap(1): what a line is
 */
#include "agent/mta/postfix_edit.h"

#include <string.h>

#include "agent/mta/postfix_edit_line.h"

const char postfix_edit_mark[] =
    "# Added by mailfix, which owns what follows: `mailfix undo` removes it.\n";

/* Behind the newline of the physical line at `at`. */
static size_t
physical_next(struct postfix_text text, size_t at)
{
	const char *newline = memchr(text.bytes + at, '\n', text.length - at);

	return newline != NULL ? (size_t)(newline - text.bytes) + 1
	                       : text.length;
}

/* Behind the last byte of a physical line that is not white space. */
static size_t
content_end(struct postfix_text text, size_t begin, size_t next)
{
	while (next > begin && postfix_is_space(text.bytes[next - 1]))
		next--;
	return next;
}

/* Neither text of a logical line nor the end of one. */
static bool
physical_is_void(struct postfix_text text, size_t at, size_t next)
{
	while (at < next && postfix_is_space(text.bytes[at]))
		at++;
	return at == next || text.bytes[at] == '#';
}

bool
postfix_segment_next(struct postfix_text text, const struct postfix_line *line,
    size_t *at, size_t *ret_begin, size_t *ret_end)
{
	while (*at < line->next) {
		size_t begin = *at, next = physical_next(text, begin);

		*at = next;
		if (physical_is_void(text, begin, next))
			continue;
		*ret_begin = begin;
		*ret_end = next;
		if (text.bytes[next - 1] == '\n')
			--*ret_end;
		return true;
	}
	return false;
}

/* A logical line that begins at `begin`, its first physical line. */
static struct postfix_line
line_take(struct postfix_text text, size_t begin)
{
	size_t at = physical_next(text, begin);
	struct postfix_line line = {
	    .begin = begin, .end = content_end(text, begin, at), .next = at};

	while (at < text.length) {
		size_t next = physical_next(text, at);

		if (!physical_is_void(text, at, next)) {
			if (!postfix_is_space(text.bytes[at]))
				break;
			line.end = content_end(text, at, next);
			line.next = next;
		}
		at = next;
	}
	return line;
}

bool
postfix_line_next(
    struct postfix_text text, size_t *at, struct postfix_line *ret)
{
	while (*at < text.length) {
		size_t begin = *at, next = physical_next(text, begin);

		*at = next;
		if (physical_is_void(text, begin, next) ||
		    postfix_is_space(text.bytes[begin]))
			continue;
		*ret = line_take(text, begin);
		*at = ret->next;
		return true;
	}
	return false;
}

void
postfix_line_join(
    struct postfix_text text, const struct postfix_line *line, struct buf *out)
{
	size_t at = line->begin, begin, end;

	while (postfix_segment_next(text, line, &at, &begin, &end))
		buf_add_n(out, text.bytes + begin,
		    (end < line->end ? end : line->end) - begin);
}

size_t
postfix_line_count(struct postfix_text text, size_t from, size_t to)
{
	size_t count = 0;

	for (; from < to; from++)
		count += text.bytes[from] == '\n';
	return count;
}

void
postfix_edit_splice(struct postfix_text text, size_t begin, size_t end,
    const char *bytes, struct buf *out)
{
	buf_add_n(out, text.bytes, begin);
	buf_add(out, bytes);
	buf_add_n(out, text.bytes + end, text.length - end);
}

void
postfix_edit_append(
    struct postfix_text text, const char *block, struct buf *out)
{
	buf_add_n(out, text.bytes, text.length);
	if (text.length > 0 && text.bytes[text.length - 1] != '\n')
		buf_add_char(out, '\n');
	buf_add(out, postfix_edit_mark);
	buf_add(out, block);
}

void
postfix_edit_remove(
    struct postfix_text text, const struct postfix_line *line, struct buf *out)
{
	size_t length = strlen(postfix_edit_mark), begin = line->begin;

	if (begin >= length &&
	    memcmp(text.bytes + begin - length, postfix_edit_mark, length) ==
	        0 &&
	    (begin == length || text.bytes[begin - length - 1] == '\n'))
		begin -= length;
	postfix_edit_splice(text, begin, line->next, "", out);
}
