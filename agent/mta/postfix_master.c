/*
 * postfix_master.c - master.cf: which services Postfix runs, and how
 *
 * Purpose  parse the service table: names, types, chroot, limits, -o settings
 * Input    text of master.cf, written by the admin: trusted, but not correct
 * Errors   -EINVAL with file and line where Postfix would refuse the file
 * Runs as  the actor
 * Source   master(5); MASTER_README
 */
#include "agent/mta/postfix_master.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/mta/postfix_edit.h"

/* service type private unpriv chroot wakeup maxproc command */
#define FIELDS_MIN 8

static const char *const service_types[] = {
    "inet", "unix", "fifo", "pass", "unix-dgram", NULL};

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/*
 * The next word, or { text with blanks } without its braces; NULL at the end.
 * Nested braces stay. An open brace without its partner takes all.
 */
static char *
word_next(struct arena *arena, const char **at)
{
	const char *p = *at, *start;
	int depth = 0;

	while (is_space(*p))
		p++;
	if (*p == '\0')
		return NULL;
	start = p;
	if (*p != '{') {
		while (*p != '\0' && !is_space(*p))
			p++;
		*at = p;
		return arena_dup_n(arena, start, (size_t)(p - start));
	}
	for (; *p != '\0'; p++) {
		depth += *p == '{' ? 1 : *p == '}' ? -1 : 0;
		if (depth == 0)
			break;
	}
	*at = *p == '}' ? p + 1 : p;
	for (start++; start < p && is_space(*start);)
		start++;
	while (p > start && is_space(p[-1]))
		p--;
	return arena_dup_n(arena, start, (size_t)(p - start));
}

/* "name = value" without the blanks around the sign. */
static const char *
override_clean(struct arena *arena, const char *text)
{
	const char *sign = strchr(text, '='), *name_end = sign;
	const char *value;

	if (sign == NULL)
		return text;
	while (name_end > text && is_space(name_end[-1]))
		name_end--;
	value = sign + 1;
	while (is_space(*value))
		value++;
	return arena_printf(
	    arena, "%.*s=%s", (int)(name_end - text), text, value);
}

/* Each -o name=value; programs of the pipe kind have other words as well. */
static const char *const *
overrides_parse(struct arena *arena, const char *at)
{
	size_t count = 0, most = strlen(at) / 3 + 1;
	const char **all = arena_alloc(arena, most + 1, sizeof(*all));
	const char *word;

	while (count < most && (word = word_next(arena, &at)) != NULL) {
		if (strncmp(word, "-o", 2) != 0)
			continue;
		word = word[2] != '\0' ? word + 2 : word_next(arena, &at);
		if (word != NULL && strchr(word, '=') != NULL)
			all[count++] = override_clean(arena, word);
	}
	return all;
}

static const char *
trimmed(struct arena *arena, const char *text)
{
	size_t length;

	while (is_space(*text))
		text++;
	length = strlen(text);
	while (length > 0 && is_space(text[length - 1]))
		length--;
	return arena_dup_n(arena, text, length);
}

static int
type_check(const char *type, const char *where, struct why *why)
{
	for (size_t i = 0; service_types[i] != NULL; i++)
		if (strcmp(service_types[i], type) == 0)
			return 0;
	return why_set(
	    why, -EINVAL, "%s: bad service type \"%s\"", where, type);
}

static int
limit_parse(const char *text, const char *where, long *ret, struct why *why)
{
	char *end;
	long limit;

	if (strcmp(text, "-") == 0) {
		*ret = -1;
		return 0;
	}
	errno = 0;
	limit = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || limit < 0)
		return why_set(
		    why, -EINVAL, "%s: bad process limit \"%s\"", where, text);
	*ret = limit;
	return 0;
}

static int
service_parse(struct arena *arena, const char *where, const char *at,
    struct postfix_service *ret, struct why *why)
{
	struct postfix_service service = {0};
	char *fields[FIELDS_MIN];
	int code;

	for (size_t i = 0; i < FIELDS_MIN; i++) {
		fields[i] = word_next(arena, &at);
		if (fields[i] == NULL)
			return why_set(
			    why, -EINVAL, "%s: bad field count", where);
	}
	service.name = fields[0];
	service.type = fields[1];
	service.command = fields[7];
	service.chroot = fields[4][0];
	code = type_check(service.type, where, why);
	if (code == 0)
		code =
		    limit_parse(fields[6], where, &service.process_limit, why);
	if (code == 0 &&
	    (strchr("yn-", service.chroot) == NULL || fields[4][1] != '\0'))
		code = why_set(why, -EINVAL,
		    "%s: field \"%s\": must be y, n or -", where, fields[4]);
	if (code < 0)
		return code;
	service.overrides = overrides_parse(arena, at);
	service.middle = arena_printf(arena, "%s %s %s %s %s", fields[2],
	    fields[3], fields[4], fields[5], fields[6]);
	service.args = trimmed(arena, at);
	*ret = service;
	return 0;
}

/* Room for one more. */
static int
services_grow(struct arena *arena, const char *path,
    struct postfix_services *all, size_t *size, struct why *why)
{
	struct postfix_service *more;

	if (all->count == POSTFIX_SERVICES_MAX)
		return why_set(why, -EINVAL, "%s: more than %u services", path,
		    POSTFIX_SERVICES_MAX);
	if (all->count < *size)
		return 0;
	*size = *size * 2 + 64;
	more = arena_alloc(arena, *size, sizeof(*more));
	if (all->count != 0)
		(void)memcpy(more, all->services, all->count * sizeof(*more));
	all->services = more;
	return 0;
}

int
postfix_master_parse(struct arena *arena, const char *path, const char *text,
    size_t length, struct postfix_services *ret, struct why *why)
{
	const struct postfix_text whole = {.bytes = text, .length = length};
	struct postfix_services all = {0};
	AUTO_BUF struct buf joined = {0};
	struct postfix_line line;
	size_t at = 0, counted = 0, number = 1, size = 0;

	if (memchr(text, '\0', length) != NULL)
		return why_set(why, -EINVAL, "%s: not a text file", path);
	while (postfix_line_next(whole, &at, &line)) {
		int code = services_grow(arena, path, &all, &size, why);

		number += postfix_line_count(whole, counted, line.begin);
		counted = line.begin;
		buf_clear(&joined);
		postfix_line_join(whole, &line, &joined);
		if (code == 0)
			code = service_parse(arena,
			    arena_printf(arena, "%s: line %zu", path, number),
			    buf_text(&joined), &all.services[all.count], why);
		if (code < 0)
			return code;
		all.services[all.count++].line = number;
	}
	*ret = all;
	return 0;
}
