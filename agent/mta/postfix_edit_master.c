/*
 * postfix_edit_master.c - a service of master.cf, found; its process limit
 *
 * Purpose  pure editing of master.cf
 * Input    its text: any bytes but NUL
 * Errors   none
 * Runs as  actor
 * Source   master(5): the fields of a service
 */
#include <string.h>

#include "agent/mta/postfix_edit.h"
#include "agent/mta/postfix_edit_line.h"

/* service type private unpriv chroot wakeup maxproc */
#define FIELD_LIMIT 6U

/* The n-th word of a logical line, in the text itself. */
static bool
field_find(struct postfix_text text, const struct postfix_line *line,
    unsigned wanted, size_t *ret_begin, size_t *ret_end)
{
	size_t at = line->begin, begin, end;

	while (postfix_segment_next(text, line, &at, &begin, &end)) {
		while (begin < end) {
			size_t word = begin;

			while (word < end && postfix_is_space(text.bytes[word]))
				word++;
			begin = word;
			while (
			    begin < end && !postfix_is_space(text.bytes[begin]))
				begin++;
			if (begin == word)
				break;
			if (wanted-- > 0)
				continue;
			*ret_begin = word;
			*ret_end = begin;
			return true;
		}
	}
	return false;
}

static bool
field_is(struct postfix_text text, const struct postfix_line *line,
    unsigned number, const char *wanted)
{
	size_t begin, end;

	return field_find(text, line, number, &begin, &end) &&
	       end - begin == strlen(wanted) &&
	       memcmp(text.bytes + begin, wanted, end - begin) == 0;
}

size_t
postfix_master_find(struct postfix_text text, const char *name,
    const char *type, struct postfix_line *ret)
{
	struct postfix_line line;
	size_t count = 0, at = 0;

	while (postfix_line_next(text, &at, &line)) {
		if (!field_is(text, &line, 0, name) ||
		    !field_is(text, &line, 1, type))
			continue;
		count++;
		*ret = line;
	}
	return count;
}

bool
postfix_master_limit(struct postfix_text text, const struct postfix_line *line,
    size_t *ret_begin, size_t *ret_end)
{
	return field_find(text, line, FIELD_LIMIT, ret_begin, ret_end);
}
