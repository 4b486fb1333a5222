/*
 * postfix_lines.c - the logical lines of main.cf and master.cf
 *
 * Purpose  join a line and the indented ones that go on with it
 * Input    text of a configuration file: the admin's, but not always correct
 * Errors   none
 * Runs as  the actor
 * Source   postconf(5), master(5): "logical line"
 */
#include "agent/mta/postfix_lines.h"

#include <string.h>

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* The next physical line; false at the end. */
static bool
line_next(struct postfix_lines *reader, const char **ret, size_t *ret_length)
{
	const char *end;

	if (reader->at >= reader->end)
		return false;
	end = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
	if (end == NULL)
		end = reader->end;
	*ret = reader->at;
	*ret_length = (size_t)(end - reader->at);
	reader->at = end < reader->end ? end + 1 : end;
	reader->line++;
	return true;
}

/* Comments and empty lines neither end nor go on with a logical line. */
static bool
line_is_void(const char *line, size_t length)
{
	size_t i = 0;

	while (i < length && is_space(line[i]))
		i++;
	return i == length || line[i] == '#';
}

bool
postfix_lines_next(struct postfix_lines *reader)
{
	bool has_text = false;

	buf_clear(&reader->text);
	for (;;) {
		struct postfix_lines before = *reader;
		const char *line;
		size_t length;

		if (!line_next(reader, &line, &length))
			return has_text;
		if (line_is_void(line, length))
			continue;
		if (has_text && !is_space(line[0])) {
			reader->at = before.at;
			reader->line = before.line;
			return true;
		}
		if (!has_text)
			reader->first_line = reader->line;
		buf_add_n(&reader->text, line, length);
		buf_add_char(&reader->text, ' ');
		has_text = true;
	}
}

void
postfix_lines_done(struct postfix_lines *lines)
{
	buf_done(&lines->text);
}
