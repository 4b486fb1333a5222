/*
 * postfix_params.c - what the admin's own main.cf sets
 *
 * Purpose  names, values as they stand there, and lines
 * Input    text of main.cf: trusted, but not correct
 * Errors   none: what is no "name = value" is left out
 * Runs as  the actor
 * Source   postconf(5)
 */
#include <ctype.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/mta/postfix.h"
#include "agent/mta/postfix_edit.h"

static const char *
trimmed(struct arena *arena, const char *text, size_t length)
{
	while (length > 0 && isspace((unsigned char)*text)) {
		text++;
		length--;
	}
	while (length > 0 && isspace((unsigned char)text[length - 1]))
		length--;
	return arena_dup_n(arena, text, length);
}

/* One more, when the line is "name = value". */
static bool
param_read(struct arena *arena, const char *line, struct mta_param *ret)
{
	const char *sign = strchr(line, '=');
	AUTO_BUF struct buf value = {0};

	if (sign == NULL || sign == line)
		return false;
	ret->name = trimmed(arena, line, (size_t)(sign - line));
	postfix_value_add(sign + 1, &value);
	ret->value = trimmed(arena, buf_text(&value), value.length);
	return true;
}

static struct mta_param *
params_grow(struct arena *arena, const struct mta_param *old, size_t count)
{
	struct mta_param *more =
	    arena_alloc(arena, count * 2 + 64, sizeof(*more));

	if (count != 0)
		(void)memcpy(more, old, count * sizeof(*more));
	return more;
}

void
postfix_params_parse(
    struct arena *arena, const char *text, size_t length, struct mta *mta)
{
	const struct postfix_text whole = {.bytes = text, .length = length};
	AUTO_BUF struct buf joined = {0};
	struct mta_param *all = NULL;
	struct postfix_line line;
	size_t at = 0, counted = 0, number = 1, count = 0, size = 0;

	while (postfix_line_next(whole, &at, &line)) {
		number += postfix_line_count(whole, counted, line.begin);
		counted = line.begin;
		buf_clear(&joined);
		postfix_line_join(whole, &line, &joined);
		if (count == size) {
			all = params_grow(arena, all, count);
			size = count * 2 + 64;
		}
		if (!param_read(arena, buf_text(&joined), &all[count]))
			continue;
		all[count++].line = number;
	}
	mta->params = all;
	mta->param_count = count;
}
