/*
 * dns_zone.h - a small world of DNS for those who judge
 *
 * Records by name and type, and an asker over them. A name has a CNAME or
 * records; what is not there is NODATA or NXDOMAIN. Texts are borrowed.
 */
#ifndef MAILFIX_TESTS_UNIT_DNS_ZONE_H
#define MAILFIX_TESTS_UNIT_DNS_ZONE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/base/clock.h"
#include "agent/dns/dns_book.h"

#define ZONE_RECORDS 512

struct zone_record {
	const char *name; /* escaped as in dns_record */
	enum dns_type type;
	struct dns_record record;
};

struct zone {
	struct arena *arena;
	struct zone_record records[ZONE_RECORDS];
	size_t count;

	/* names of which every type that is not there is this */
	struct {
		const char *name;
		enum dns_outcome outcome;
	} broken[16];

	size_t broken_count;
	size_t asked;
	bool is_local;
};

/* What is no letter, digit, "-", "_" or dot as \DDD; no last dot; lower case. */
static inline const char *
zone_name(struct arena *arena, const char *raw, size_t length)
{
	AUTO_BUF struct buf out = {0};

	if (length > 0 && raw[length - 1] == '.')
		length--;
	for (size_t i = 0; i < length; i++) {
		const char c = raw[i];

		if (c >= 'A' && c <= 'Z')
			buf_add_char(&out, (char)(c | 0x20));
		else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		         c == '-' || c == '_' || c == '.')
			buf_add_char(&out, c);
		else
			buf_addf(&out, "\\%03u", (unsigned)(uint8_t)c);
	}
	return arena_dup(arena, length == 0 ? "." : buf_text(&out));
}

static inline void
zone_add(struct zone *zone, const char *name, enum dns_type type,
    unsigned preference, const char *data, size_t length)
{
	struct zone_record *to = &zone->records[zone->count++];

	if (zone->count == ZONE_RECORDS)
		abort();
	to->name = zone_name(zone->arena, name, strlen(name));
	to->type = type;
	to->record.preference = preference;
	to->record.data =
	    (const uint8_t *)arena_dup_n(zone->arena, data, length);
	to->record.length = length;
	if (type == DNS_A || type == DNS_AAAA)
		to->record.name = arena_dup_n(zone->arena, data, length);
	else if (type != DNS_TXT)
		to->record.name = zone_name(zone->arena, data, length);
}

static inline void
zone_put(
    struct zone *zone, const char *name, enum dns_type type, const char *data)
{
	zone_add(zone, name, type, 10, data, strlen(data));
}

static inline void
zone_break(struct zone *zone, const char *name, enum dns_outcome outcome)
{
	zone->broken[zone->broken_count].name = name;
	zone->broken[zone->broken_count++].outcome = outcome;
}

static inline bool
zone_is(const char *name, const char *asked)
{
	size_t length = strlen(asked);

	if (length > 1 && asked[length - 1] == '.')
		length--;
	return strlen(name) == length && strncasecmp(name, asked, length) == 0;
}

static inline struct dns_result
zone_find(
    struct zone *zone, const char *name, enum dns_type type, unsigned links)
{
	struct dns_result result = {.outcome = DNS_NXDOMAIN};
	struct dns_record *all = NULL;

	for (size_t i = 0; i < zone->count; i++) {
		const struct zone_record *at = &zone->records[i];

		if (!zone_is(at->name, name))
			continue;
		if (at->type == DNS_CNAME && type != DNS_CNAME) {
			if (links == 8)
				return (struct dns_result){
				    .outcome = DNS_SERVFAIL};
			return zone_find(
			    zone, at->record.name, type, links + 1);
		}
		if (result.outcome == DNS_NXDOMAIN)
			result.outcome = DNS_NODATA;
		if (at->type != type)
			continue;
		if (all == NULL)
			result.records = all = arena_alloc(
			    zone->arena, ZONE_RECORDS, sizeof(*all));
		all[result.count++] = at->record;
		result.outcome = DNS_ANSWER;
	}
	if (result.count == 0)
		for (size_t i = 0; i < zone->broken_count; i++)
			if (zone_is(zone->broken[i].name, name))
				result.outcome = zone->broken[i].outcome;
	result.is_local = zone->is_local && result.count > 0;
	return result;
}

static inline int
zone_ask(void *state, struct arena *arena, const struct dns_query *queries,
    size_t count, uint32_t deadline_ms, struct dns_result *ret, struct why *why)
{
	struct zone *zone = state;

	(void)arena;
	(void)deadline_ms;
	(void)why;
	for (size_t i = 0; i < count; i++)
		ret[i] = zone_find(zone, queries[i].name, queries[i].type, 0);
	zone->asked += count;
	return 0;
}

#endif
