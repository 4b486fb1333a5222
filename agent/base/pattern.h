/*
 * pattern.h - regular expressions through PCRE2; only pattern.c sees it
 *
 * A pattern is compiled once, when what names it is loaded, and matched
 * against bytes: no UTF mode, no JIT (a sandbox allows no executable memory).
 * Every match has limits, so that neither a bad pattern nor a hostile text
 * can hold up a run.
 */
#ifndef MAILFIX_BASE_PATTERN_H
#define MAILFIX_BASE_PATTERN_H

#include <stddef.h>

#include "agent/base/mem.h"
#include "agent/base/why.h"

struct pattern; /* in an arena */

/*
 * pattern_compile - in Perl's syntax, case counts, found anywhere
 *
 * Returns 0 with *ret set, or -EINVAL with why: what is wrong and where.
 */
int pattern_compile(struct arena *arena, const char *regex,
    struct pattern **ret, struct why *why);

/*
 * pattern_match - does it occur in these bytes?
 *
 * Returns 1 or 0, or -E2BIG with why when a limit was reached first.
 */
int pattern_match(const struct pattern *pattern, const char *bytes,
    size_t length, struct why *why);

/*
 * pattern_share - patterns that are never tried at the same time use one memory
 *
 * Making what PCRE2 needs for a match takes longer than most matches. scratch:
 * from pattern_scratch_new(), which lives as long as the patterns.
 */
struct pattern_scratch;
struct pattern_scratch *pattern_scratch_new(struct arena *arena);
void pattern_share(struct pattern *pattern, struct pattern_scratch *scratch);

/* A part of a match: (?<name>...) in the pattern. */
struct pattern_group {
	const char *name;
	const char *text; /* in the bytes; NULL: it took no part */
	size_t length;
};

/*
 * pattern_capture - as pattern_match; when it matches, what the groups hold
 *
 * groups  names given, the rest filled in; a name that the pattern does not
 *         have stays without a text
 */
int pattern_capture(const struct pattern *pattern, const char *bytes,
    size_t length, struct pattern_group *groups, size_t count, struct why *why);

#endif
