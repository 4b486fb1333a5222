/*
 * postfix_edit_table.c - rows in the source of a lookup table
 *
 * Purpose  pure editing of a table that mailfix owns, and others may read
 * Input    its text: any bytes but NUL
 * Errors   none
 * Runs as  actor
 * Source   postmap(1): "key whitespace value", logical lines as in main.cf;
 *          of two rows with one key the first counts
 */
#include <string.h>
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/mta/postfix_edit.h"
#include "agent/mta/postfix_edit_line.h"

/* A row's key, compared with another as postmap folds them. */
static int
key_compare(
    struct postfix_text text, const struct postfix_line *line, const char *key)
{
	const char *begin = text.bytes + line->begin;
	size_t length = 0, wanted = strlen(key), most = line->end - line->begin;
	int order;

	while (length < most && !postfix_is_space(begin[length]))
		length++;
	order = strncasecmp(begin, key, length < wanted ? length : wanted);
	if (order != 0)
		return order;
	return length < wanted ? -1 : length > wanted;
}

static void
value_add(
    struct postfix_text text, const struct postfix_line *line, struct buf *out)
{
	AUTO_BUF struct buf joined = {0};
	const char *value;

	postfix_line_join(text, line, &joined);
	value = buf_text(&joined);
	while (*value != '\0' && !postfix_is_space(*value))
		value++;
	while (postfix_is_space(*value))
		value++;
	buf_add(out, value);
}

bool
postfix_table_find(struct postfix_text text, const char *key,
    struct postfix_line *ret, struct buf *ret_value)
{
	struct postfix_line line,
	    place = {text.length, text.length, text.length};
	bool has_place = false;
	size_t at = 0;

	while (postfix_line_next(text, &at, &line)) {
		int order = key_compare(text, &line, key);

		if (order == 0) {
			*ret = line;
			if (ret_value != NULL)
				value_add(text, &line, ret_value);
			return true;
		}
		if (order > 0 && !has_place) {
			place = (struct postfix_line){
			    line.begin, line.begin, line.begin};
			has_place = true;
		}
	}
	*ret = place;
	return false;
}

void
postfix_table_set(struct postfix_text text, const char *key, const char *value,
    struct buf *out)
{
	AUTO_BUF struct buf row = {0};
	struct postfix_line line;
	bool is_there = postfix_table_find(text, key, &line, NULL);

	if (!is_there && value != NULL && line.begin > 0 &&
	    text.bytes[line.begin - 1] != '\n')
		buf_add_char(&row, '\n');
	if (value != NULL)
		buf_addf(&row, "%s\t%s\n", key, value);
	postfix_edit_splice(text, line.begin, line.next, buf_text(&row), out);
}
