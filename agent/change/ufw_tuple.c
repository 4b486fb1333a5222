/*
 * ufw_tuple.c - the rules of ufw as it keeps them
 *
 * Purpose  which rules there are, in which order, and what they are about
 * Input    /etc/ufw/user.rules, user6.rules: root's, and edited by hand at times
 * Errors   none: a line that is not understood is one about nothing
 * Runs as  actor; pure
 * Source   ufw 0.36, backend_iptables.py: write_user_rules, read_user_rules
 */
#include "agent/change/ufw_tuple.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/text.h"

#define TUPLE_PREFIX   "### tuple ### "
#define COMMENT_PREFIX "comment="

/* action proto dport dst sport src [app app] direction [comment] */
#define WORDS_MAX 10

/* ufw takes fewer ports in one rule than iptables' multiport, which has 15. */
#define PORTS_MAX 64

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* NULL when it is no hex, or has what cannot be shown. */
static const char *
comment_decode(struct arena *arena, const char *hex)
{
	size_t length = strlen(hex) / 2;
	char *text = arena_alloc(arena, length + 1, 1);

	for (size_t i = 0; i < length; i++) {
		int high = hex_digit(hex[2 * i]),
		    low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return NULL;
		text[i] = (char)(high << 4 | low);
	}
	return text_is_printable(text, length) ? text : NULL;
}

static struct ufw_tuple
tuple_read(struct arena *arena, const char *line)
{
	struct ufw_tuple tuple = {.line = line};
	const char *words[WORDS_MAX + 1] = {0};
	char *copy = arena_dup(arena, line), *at = NULL;
	size_t count = 0;

	for (char *word = strtok_r(copy, " ", &at);
	     word != NULL && count <= WORDS_MAX;
	     word = strtok_r(NULL, " ", &at))
		words[count++] = word;
	if (count > 0 && text_starts(words[count - 1], COMMENT_PREFIX)) {
		count--;
		tuple.comment = comment_decode(
		    arena, words[count] + strlen(COMMENT_PREFIX));
	}
	/* by a profile of an application it has the names of two, or "-" */
	if (count != 7 && count != 9)
		return tuple;
	tuple.action = words[0];
	tuple.proto = words[1];
	tuple.dport = words[2];
	tuple.dst = words[3];
	tuple.sport = words[4];
	tuple.src = words[5];
	tuple.direction = words[count - 1];
	return tuple;
}

void
ufw_tuples_read(struct arena *arena, const char *text, struct ufw_tuples *ret)
{
	size_t size = 0;

	*ret = (struct ufw_tuples){0};
	for (const char *at = text; (at = strstr(at, TUPLE_PREFIX)) != NULL;
	     at++)
		size++;
	ret->tuples = arena_alloc(arena, size, sizeof(*ret->tuples));
	while (*text != '\0') {
		size_t length = strcspn(text, "\n");

		if (text_starts(text, TUPLE_PREFIX))
			ret->tuples[ret->count++] = tuple_read(arena,
			    arena_dup_n(arena, text + strlen(TUPLE_PREFIX),
			        length - strlen(TUPLE_PREFIX)));
		text += length;
		text += *text == '\n';
	}
}

static bool
is_anywhere(const char *address)
{
	return strcmp(address, "0.0.0.0/0") == 0 ||
	       strcmp(address, "::/0") == 0;
}

static bool
is_from_anywhere(const struct ufw_tuple *tuple)
{
	return tuple->action != NULL && !text_starts(tuple->action, "route:") &&
	       is_anywhere(tuple->src) && is_anywhere(tuple->dst) &&
	       strcmp(tuple->sport, "any") == 0;
}

bool
ufw_tuple_is_port(const struct ufw_tuple *tuple, uint16_t port)
{
	char *end = NULL;

	return is_from_anywhere(tuple) && strcmp(tuple->proto, "tcp") == 0 &&
	       strcmp(tuple->direction, "in") == 0 &&
	       strtoul(tuple->dport, &end, 10) == port && *end == '\0';
}

/* "any", "25", "25,465", "1000:2000" */
static bool
ports_cover(const char *ports, uint16_t port)
{
	if (strcmp(ports, "any") == 0)
		return true;
	for (int i = 0; i < PORTS_MAX; i++) {
		char *end = NULL;
		unsigned long from = strtoul(ports, &end, 10), to = from;

		if (*end == ':')
			to = strtoul(end + 1, &end, 10);
		if (from <= port && port <= to)
			return true;
		if (*end != ',')
			return false;
		ports = end + 1;
	}
	return false;
}

bool
ufw_tuple_refuses(const struct ufw_tuple *tuple, uint16_t port)
{
	return is_from_anywhere(tuple) &&
	       (text_starts(tuple->action, "deny") ||
	           text_starts(tuple->action, "reject")) &&
	       (strcmp(tuple->proto, "tcp") == 0 ||
	           strcmp(tuple->proto, "any") == 0) &&
	       text_starts(tuple->direction, "in") &&
	       ports_cover(tuple->dport, port);
}

bool
ufw_tuples_are(const struct ufw_tuples *a, const struct ufw_tuples *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->tuples[i].line, b->tuples[i].line) != 0)
			return false;
	return true;
}
