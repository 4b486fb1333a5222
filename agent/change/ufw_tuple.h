/*
 * ufw_tuple.h - the rules of ufw as it keeps them
 *
 * ufw writes each of its rules as a comment line before the lines of iptables:
 * "### tuple ### deny tcp 587 0.0.0.0/0 any 0.0.0.0/0 in comment=6f6c64". The
 * number of a rule is its place among these; those of IPv6 come after.
 */
#ifndef MAILFIX_CHANGE_UFW_TUPLE_H
#define MAILFIX_CHANGE_UFW_TUPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/mem.h"

struct ufw_tuple {
	const char *line;   /* all of it, after "### tuple ### " */
	const char *action; /* "allow", "deny_log", "route:allow", ... */
	const char *proto;  /* "tcp", "any" */
	const char *dport;  /* "any", "25", "25,465", "1000:2000" */
	const char *dst, *sport, *src, *direction;
	const char *comment; /* decoded; NULL: none */
};

struct ufw_tuples {
	struct ufw_tuple *tuples;
	size_t count;
};

/* ufw_tuples_read - all of one file's text; lines of another form are counted
 * and have no action */
void ufw_tuples_read(
    struct arena *arena, const char *text, struct ufw_tuples *ret);

/* ufw_tuple_is_port - about this very TCP port from anywhere, whatever is done */
bool ufw_tuple_is_port(const struct ufw_tuple *tuple, uint16_t port);

/* ufw_tuple_refuses - does it deny or reject this TCP port from anywhere? */
bool ufw_tuple_refuses(const struct ufw_tuple *tuple, uint16_t port);

/* ufw_tuples_are - the same rules in the same order? */
bool ufw_tuples_are(const struct ufw_tuples *a, const struct ufw_tuples *b);

#endif
