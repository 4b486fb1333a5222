/*
 * dns_lines.h - a name server for tests: what it says is a table of lines
 *
 *   LINE("example.com", DNS_MX, "10 mx1.example.com"),
 *   LINE("example.com", DNS_TXT, "v=spf1 -all"),
 *   LINE_ALIAS("www.example.com", "w.example.net", DNS_A, "192.0.2.1"),
 *   LINE_LOCAL("host.example.com", DNS_A, "10.0.0.1"),
 *   LINE_FAULT("slow.example.com", DNS_A, DNS_TIMEOUT),
 *   LINE_END
 *
 * A name with a line of another type has no data of this one; a name without a
 * line is not there, but for the root.
 */
#ifndef MAILFIX_TESTS_UNIT_DNS_LINES_H
#define MAILFIX_TESTS_UNIT_DNS_LINES_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "agent/base/clock.h"
#include "agent/dns/dns_book.h"
#include "tests/unit/unit.h"

struct dns_line {
	const char *name;
	enum dns_type type;
	const char *value;
	enum dns_outcome outcome; /* DNS_ANSWER with a value */
	const char *canonical;
	bool is_local;
};

/* clang-format off */
#define LINE(n, t, v)                                                          \
	{.name = (n), .type = (t), .value = (v)}
#define LINE_ALIAS(n, c, t, v)                                                 \
	{.name = (n), .type = (t), .value = (v), .canonical = (c)}
#define LINE_LOCAL(n, t, v)                                                    \
	{.name = (n), .type = (t), .value = (v), .is_local = true}
#define LINE_LOCAL_FAULT(n, t, o)                                              \
	{.name = (n), .type = (t), .outcome = (o), .is_local = true}
#define LINE_FAULT(n, t, o)                                                    \
	{.name = (n), .type = (t), .outcome = (o)}
#define LINE_LOST(n, c, t, o)                                                  \
	{.name = (n), .type = (t), .outcome = (o), .canonical = (c)}
#define LINE_END {.name = NULL}

/* clang-format on */

struct lines {
	const struct dns_line *all; /* ends with a NULL name */
	unsigned asked;
};

static inline bool
lines_is_at(const struct dns_line *line, const char *name)
{
	return strcasecmp(line->name, name) == 0;
}

static inline void
lines_record(
    const struct dns_line *line, struct dns_record *record, char **after)
{
	*record = (struct dns_record){.ttl_s = 300, .name = line->value};
	if (line->type == DNS_MX) {
		record->preference = (unsigned)strtoul(line->value, after, 10);
		record->name = *after + 1;
	}
	if (line->type == DNS_TXT) {
		record->name = NULL;
		record->data = (const uint8_t *)line->value;
		record->length = strlen(line->value);
	}
}

static inline struct dns_result
lines_find(const struct lines *lines, struct arena *arena, const char *name,
    enum dns_type type)
{
	struct dns_record *records = arena_alloc(arena, 64, sizeof(*records));
	struct dns_result result = {.outcome = DNS_NXDOMAIN,
	    .records = records,
	    .server = "192.0.2.53"};
	char *after;

	if (strcmp(name, ".") == 0)
		result.outcome = DNS_ANSWER;
	for (const struct dns_line *line = lines->all; line->name; line++) {
		if (!lines_is_at(line, name))
			continue;
		if (result.outcome == DNS_NXDOMAIN)
			result.outcome = DNS_NODATA;
		if (line->value != NULL || line->type == type)
			result.is_local = result.is_local || line->is_local;
		if (line->type != type)
			continue;
		result.canonical = line->canonical;
		if (line->value == NULL) {
			result.outcome = line->outcome;
			continue;
		}
		result.outcome = DNS_ANSWER;
		lines_record(line, &records[result.count++], &after);
	}
	return result;
}

static inline int
lines_ask(void *state, struct arena *arena, const struct dns_query *queries,
    size_t count, uint32_t deadline_ms, struct dns_result *ret, struct why *why)
{
	struct lines *lines = state;

	(void)deadline_ms;
	(void)why;
	for (size_t i = 0; i < count; i++)
		ret[i] =
		    lines_find(lines, arena, queries[i].name, queries[i].type);
	lines->asked += (unsigned)count;
	return 0;
}

/* One more wave; false: nothing was wanted, which is a fault of the judge. */
static inline void
lines_wave(struct lines *lines, struct dns_book *book)
{
	const struct dns_asker asker = {lines_ask, lines};
	struct why why = {0};

	assert_true(dns_book_waves(book) < 20);
	assert_true(dns_book_wave(book, &asker, &why) > 0);
}

/* LINES_JUDGE - judge until all is known */
#define LINES_JUDGE(lines, book, judge)                                        \
	while (!(judge))                                                       \
	lines_wave((lines), (book))

static inline struct dns_book *
lines_book(struct arena *arena)
{
	return dns_book_new(arena, clock_boot_ms() + 60000);
}

#endif
