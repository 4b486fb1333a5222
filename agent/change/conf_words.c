/*
 * conf_words.c - what may be written into a configuration file at all
 *
 * Purpose  no value ever becomes a second line, and nothing is taken away that
 *          is still used
 * Input    parts of changes; the configuration as it is
 * Errors   conf_words.h
 * Runs as  actor
 * Source   postconf(5), transport(5)
 */
#include "agent/change/conf_words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/change/conf_file.h"

/* An admin's own transport_maps may have grown to some KiB; a record of the
 * change holds the value twice. */
#define VALUE_BYTES_MAX 65536U

bool
conf_word_ok(const char *text, const char *more)
{
	static const char words[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                            "abcdefghijklmnopqrstuvwxyz0123456789";

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++)
		if (strchr(words, *text) == NULL && strchr(more, *text) == NULL)
			return false;
	return true;
}

int
conf_value_check(const char *name, const char *value, struct why *why)
{
	size_t length = strlen(value);

	if (length > VALUE_BYTES_MAX)
		return why_set(why, -EPERM,
		    "the value of %s is longer than %u bytes", name,
		    VALUE_BYTES_MAX);
	if (!text_is_printable(value, length) ||
	    (length > 0 && (value[0] == ' ' || value[length - 1] == ' ')))
		return why_set(why, -EPERM,
		    "the value of %s has bytes that do not belong there", name);
	return 0;
}

/* Does the value name it: all of it, or as "transport:nexthop" somewhere? */
static bool
is_named(const char *text, const char *transport)
{
	size_t length = strlen(transport);

	for (const char *at = strstr(text, transport); at != NULL;
	     at = strstr(at + 1, transport)) {
		char next = at[length];

		if (at > text && strchr(" \t,{:=", at[-1]) == NULL)
			continue;
		if (next == ':' || next == '\0' || next == ' ' || next == '\t')
			return true;
	}
	return false;
}

static int
unused_in(struct postfix_text text, const char *path, const char *transport,
    struct why *why)
{
	AUTO_BUF struct buf joined = {0};
	struct postfix_line line;
	size_t at = 0;

	while (postfix_line_next(text, &at, &line)) {
		buf_clear(&joined);
		postfix_line_join(text, &line, &joined);
		/* its own parameters, and those of its sisters */
		if (text_starts(buf_text(&joined), CONF_OURS) ||
		    !is_named(buf_text(&joined), transport))
			continue;
		return why_set(why, -EBUSY, "%s is still used in %s (%.*s)",
		    transport, path, (int)strcspn(buf_text(&joined), " \t="),
		    buf_text(&joined));
	}
	return 0;
}

int
conf_unused(struct change_host *host, const char *transport, struct why *why)
{
	static const char *const leaves[] = {CONF_TABLE_TRANSPORT, "main.cf"};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_COUNT(leaves); i++) {
		AUTO_CONF struct conf_file file = CONF_FILE_NONE;

		r = conf_file_open(host, leaves[i], false, &file, why);
		if (r == -ENOENT)
			r = 0;
		else if (r == 0)
			r = unused_in(
			    conf_file_text(&file), file.path, transport, why);
	}
	return r;
}
