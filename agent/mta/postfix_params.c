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
#include "agent/mta/postfix.h"
#include "agent/mta/postfix_lines.h"

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

void
postfix_params_parse(
    struct arena *arena, const char *text, size_t length, struct mta *mta)
{
	AUTO(postfix_lines_done)
	struct postfix_lines lines = {.at = text, .end = text + length};
	struct mta_param *all = NULL;
	size_t count = 0, size = 0;

	while (postfix_lines_next(&lines)) {
		const char *line = buf_text(&lines.text);
		const char *sign = strchr(line, '=');

		if (sign == NULL || sign == line ||
		    isspace((unsigned char)*line))
			continue;
		if (count == size) {
			struct mta_param *more =
			    arena_alloc(arena, size * 2 + 64, sizeof(*more));

			if (count != 0)
				(void)memcpy(more, all, count * sizeof(*more));
			all = more;
			size = size * 2 + 64;
		}
		all[count++] = (struct mta_param){
		    .name = trimmed(arena, line, (size_t)(sign - line)),
		    .value = trimmed(arena, sign + 1, strlen(sign + 1)),
		    .line = lines.first_line,
		};
	}
	mta->params = all;
	mta->param_count = count;
}
