/*
 * dns_rows.h - name servers of a test: what they answer stands in a table
 *
 * Several rows of one name and type are one answer. A name in no row does not
 * exist; one that has rows of other types only has no such record. The root
 * has its name servers.
 */
#ifndef MAILFIX_TESTS_UNIT_DNS_ROWS_H
#define MAILFIX_TESTS_UNIT_DNS_ROWS_H

#include <string.h>
#include <strings.h>

#include "agent/base/clock.h"
#include "agent/dns/dns_book.h"
#include "tests/unit/unit.h"

struct rows_row {
	const char *name;
	enum dns_type type;
	enum dns_outcome outcome; /* other than DNS_ANSWER: instead of data */
	const char *text;         /* of a TXT; name of an MX; address */
	size_t length;            /* of text; 0: up to its NUL */
	const char *canonical;
	bool is_authentic, is_local;
};

struct rows_dns {
	const struct rows_row *rows; /* ends with a NULL name */
	size_t asked;
};

static inline void
rows_record(struct arena *arena, const struct rows_row *row,
    struct dns_record *records, struct dns_result *ret)
{
	const size_t length = row->length != 0    ? row->length
	                      : row->text != NULL ? strlen(row->text)
	                                          : 0;

	(void)arena;
	ret->outcome = row->outcome;
	ret->canonical = row->canonical;
	ret->is_authentic = row->is_authentic;
	ret->is_local = row->is_local;
	if (row->outcome != DNS_ANSWER)
		return;
	records[ret->count++] = (struct dns_record){
	    .ttl_s = 300,
	    .name = row->type == DNS_TXT || row->type == DNS_TLSA ? NULL
	                                                          : row->text,
	    .data = (const uint8_t *)row->text,
	    .length = length,
	};
	ret->records = records;
}

static inline int
rows_ask(void *state, struct arena *arena, const struct dns_query *queries,
    size_t count, uint32_t deadline_ms, struct dns_result *ret, struct why *why)
{
	struct rows_dns *zone = state;

	(void)deadline_ms;
	(void)why;
	for (size_t i = 0; i < count; i++) {
		struct dns_record *records =
		    arena_alloc(arena, 16, sizeof(*records));
		const struct rows_row *row = zone->rows;

		zone->asked++;
		ret[i] = (struct dns_result){
		    .outcome = DNS_NXDOMAIN, .server = "192.0.2.53"};
		if (strcmp(queries[i].name, ".") == 0)
			ret[i].outcome = DNS_ANSWER;
		for (; row->name != NULL; row++)
			if (strcasecmp(row->name, queries[i].name) == 0 &&
			    row->type == queries[i].type)
				rows_record(arena, row, records, &ret[i]);
			else if (strcasecmp(row->name, queries[i].name) == 0 &&
			         ret[i].outcome == DNS_NXDOMAIN)
				ret[i].outcome = DNS_NODATA;
	}
	return 0;
}

#endif
