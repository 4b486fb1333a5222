/*
 * postfix_edit_main.c - a parameter of main.cf, found and set
 *
 * Purpose  pure editing of main.cf
 * Input    its text: any bytes but NUL
 * Errors   none; a line without "=" sets nothing
 * Runs as  actor
 * Source   postconf(5): the last setting of a parameter counts
 */
#include <string.h>

#include "agent/base/auto.h"
#include "agent/mta/postfix_edit.h"
#include "agent/mta/postfix_edit_line.h"

/* "name = value" in one line; false when it is not of this form. */
static bool
joined_is(const char *text, const char *name, const char **ret_value)
{
	size_t length = strlen(name);

	if (strncmp(text, name, length) != 0)
		return false;
	text += length;
	while (postfix_is_space(*text))
		text++;
	if (*text != '=')
		return false;
	do
		text++;
	while (postfix_is_space(*text));
	*ret_value = text;
	return true;
}

void
postfix_value_add(const char *value, struct buf *out)
{
	for (; *value != '\0'; value++)
		if (!postfix_is_space(*value))
			buf_add_char(out, *value);
		else if (!postfix_is_space(value[1]))
			buf_add_char(out, ' ');
}

size_t
postfix_main_find(struct postfix_text text, const char *name,
    struct postfix_line *ret, struct buf *ret_value)
{
	AUTO_BUF struct buf joined = {0}, last = {0};
	struct postfix_line line;
	size_t count = 0, at = 0;

	while (postfix_line_next(text, &at, &line)) {
		const char *value;

		/* most lines are told apart by their first byte */
		if (text.bytes[line.begin] != name[0])
			continue;
		buf_clear(&joined);
		postfix_line_join(text, &line, &joined);
		if (!joined_is(buf_text(&joined), name, &value))
			continue;
		count++;
		*ret = line;
		buf_clear(&last);
		postfix_value_add(value, &last);
	}
	if (ret_value != NULL && count > 0)
		buf_add(ret_value, buf_text(&last));
	return count;
}

/* Behind the "=" of the line, and behind the blanks after it when the value
 * begins on the same physical line. */
static size_t
value_begin(struct postfix_text text, const struct postfix_line *line)
{
	size_t at = line->begin, begin, end;
	const char *sign = NULL;

	while (
	    sign == NULL && postfix_segment_next(text, line, &at, &begin, &end))
		sign = memchr(text.bytes + begin, '=', end - begin);
	if (sign == NULL)
		return line->end;
	begin = (size_t)(sign - text.bytes) + 1;
	at = begin;
	while (at < end && postfix_is_space(text.bytes[at]))
		at++;
	return at < end ? at : begin;
}

void
postfix_main_set(struct postfix_text text, const struct postfix_line *line,
    const char *value, struct buf *out)
{
	size_t begin = value_begin(text, line);
	bool is_bare =
	    text.bytes[begin - 1] == '=' &&
	    (begin == text.length || postfix_is_space(text.bytes[begin]));
	AUTO_BUF struct buf bytes = {0};

	if (is_bare && value[0] != '\0')
		buf_add_char(&bytes, ' ');
	buf_add(&bytes, value);
	postfix_edit_splice(text, begin, line->end, buf_text(&bytes), out);
}
