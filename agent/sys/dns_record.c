/*
 * dns_record.c - the answer section: the chain of CNAMEs, and what is at its end
 *
 * Purpose  from libldns's records to those of dns_data.h
 * Input    records as they were read: hostile, fields may be missing
 * Errors   DNS_BOGUS
 * Runs as  observer
 * Source   RFC 1034 section 3.6.2 (CNAME), RFC 1035 section 3.3, RFC 2181
 *          section 8 (TTL), RFC 6698 section 2 (TLSA)
 */
#include "agent/sys/dns_record.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "agent/sys/dns_wire.h"

/* A longer chain is a loop, or of no use: BIND and unbound stop before. */
#define CHAIN_MAX 16

/* A reply of 64 KiB could have 5,000 addresses; nobody's mail has so many. */
#define RECORDS_MAX 512

/* Each octet as \DDD, and dots. */
#define NAME_TEXT_MAX (4 * DNS_NAME_BYTES)

/* Lower case, what is no letter, digit, "-" or "_" as \DDD: dns_data.h. */
static char *
name_text(struct arena *arena, const ldns_rdf *name)
{
	const uint8_t *bytes = ldns.rdf_data(name);
	const size_t size = ldns.rdf_size(name);
	char text[NAME_TEXT_MAX + 1], *to = text;

	for (size_t at = 0; at < size && bytes[at] != 0;) {
		size_t end = at + 1 + bytes[at];

		if (to != text)
			*to++ = '.';
		for (at++; at < end && at < size; at++) {
			char c = (char)bytes[at];

			/* of ASCII only, whatever the locale: RFC 4343 */
			if (c >= 'A' && c <= 'Z')
				c = (char)(c + 'a' - 'A');
			if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			    c == '-' || c == '_')
				*to++ = c;
			else
				to += snprintf(to, 5, "\\%03u", (uint8_t)c);
		}
	}
	if (to == text)
		*to++ = '.';
	return arena_dup_n(arena, text, (size_t)(to - text));
}

/* A field of a record; NULL: it is not there, or of another size. size 0: any. */
static const ldns_rdf *
field(const ldns_rr *rr, size_t at, size_t size)
{
	const ldns_rdf *found =
	    at < ldns.rr_rd_count(rr) ? ldns.rr_rdf(rr, at) : NULL;

	if (found == NULL || ldns.rdf_data(found) == NULL ||
	    (size != 0 && ldns.rdf_size(found) != size))
		return NULL;
	return found;
}

/* All fields, one after the other; skip: the length before each string. */
static void
data_join(
    struct arena *arena, const ldns_rr *rr, size_t skip, struct dns_record *to)
{
	const size_t count = ldns.rr_rd_count(rr);
	size_t size = 0, length = 0;
	uint8_t *all;

	for (size_t i = 0; i < count; i++)
		size += ldns.rdf_size(ldns.rr_rdf(rr, i));
	all = arena_alloc(arena, size + 1, 1);
	for (size_t i = 0; i < count; i++) {
		const ldns_rdf *part = field(rr, i, 0);

		if (part == NULL || ldns.rdf_size(part) <= skip)
			continue;
		(void)memcpy(all + length, ldns.rdf_data(part) + skip,
		    ldns.rdf_size(part) - skip);
		length += ldns.rdf_size(part) - skip;
	}
	to->data = all;
	to->length = length;
}

static bool
address_take(
    struct arena *arena, int family, const ldns_rr *rr, struct dns_record *to)
{
	const ldns_rdf *found = field(rr, 0, family == AF_INET ? 4 : 16);
	char text[INET6_ADDRSTRLEN];

	if (found == NULL ||
	    inet_ntop(family, ldns.rdf_data(found), text, sizeof(text)) == NULL)
		return false;
	to->name = arena_dup(arena, text);
	return true;
}

static bool
name_take(
    struct arena *arena, const ldns_rr *rr, size_t at, struct dns_record *to)
{
	const ldns_rdf *found = field(rr, at, 0);

	if (found == NULL)
		return false;
	to->name = name_text(arena, found);
	return true;
}

static bool
mx_take(struct arena *arena, const ldns_rr *rr, struct dns_record *to)
{
	const ldns_rdf *preference = field(rr, 0, 2);
	const uint8_t *bytes;

	if (preference == NULL)
		return false;
	bytes = ldns.rdf_data(preference);
	to->preference = ((unsigned)bytes[0] << 8) | bytes[1];
	return name_take(arena, rr, 1, to);
}

/* false: a field is missing. */
static bool
record_take(struct arena *arena, uint16_t type, const ldns_rr *rr,
    struct dns_record *to)
{
	const uint32_t ttl_s = ldns.rr_ttl(rr);

	/* RFC 2181 section 8: the highest bit set means 0 */
	to->ttl_s = ttl_s > INT32_MAX ? 0 : ttl_s;
	data_join(arena, rr, type == DNS_TXT ? 1 : 0, to);
	switch (type) {
	case DNS_A:
		return address_take(arena, AF_INET, rr, to);
	case DNS_AAAA:
		return address_take(arena, AF_INET6, rr, to);
	case DNS_MX:
		return mx_take(arena, rr, to);
	case DNS_NS:
	case DNS_PTR:
	case DNS_CNAME:
		return name_take(arena, rr, 0, to);
	default:
		/* a TXT has one string or more */
		return ldns.rr_rd_count(rr) > 0;
	}
}

static bool
is_at(const ldns_rr *rr, uint16_t type, const ldns_rdf *owner)
{
	return ldns.rr_get_class(rr) == LDNS_RR_CLASS_IN &&
	       (uint16_t)ldns.rr_get_type(rr) == type &&
	       ldns.dname_compare(ldns.rr_owner(rr), owner) == 0;
}

/* Where a name leads: itself without a CNAME; NULL: it cannot be read. */
static const ldns_rdf *
chain_step(const ldns_rr_list *list, const ldns_rdf *name)
{
	for (size_t i = 0; i < ldns.rr_list_rr_count(list); i++) {
		const ldns_rr *rr = ldns.rr_list_rr(list, i);

		if (is_at(rr, DNS_CNAME, name))
			return field(rr, 0, 0);
	}
	return name;
}

/* The end of the chain; NULL: there is none. */
static const ldns_rdf *
chain_end(const ldns_rr_list *list, const ldns_rdf *name)
{
	for (unsigned steps = 0; steps <= CHAIN_MAX; steps++) {
		const ldns_rdf *next = chain_step(list, name);

		if (next == NULL || next == name)
			return next;
		name = next;
	}
	return NULL;
}

enum dns_outcome
dns_record_read(const ldns_rr_list *list, uint16_t type, const ldns_rdf *asked,
    struct arena *arena, struct dns_result *ret)
{
	const size_t count = ldns.rr_list_rr_count(list);
	const ldns_rdf *end =
	    type == DNS_CNAME ? asked : chain_end(list, asked);
	struct dns_record *all = NULL;
	size_t found = 0;

	if (end == NULL)
		return DNS_BOGUS;
	if (end != asked)
		ret->canonical = name_text(arena, end);
	for (size_t i = 0; i < count; i++)
		found += is_at(ldns.rr_list_rr(list, i), type, end) ? 1 : 0;
	if (found == 0 || found > RECORDS_MAX)
		return found == 0 ? DNS_NODATA : DNS_BOGUS;
	ret->records = all = arena_alloc(arena, found, sizeof(*all));
	for (size_t i = 0; i < count; i++) {
		const ldns_rr *rr = ldns.rr_list_rr(list, i);

		if (is_at(rr, type, end) &&
		    !record_take(arena, type, rr, &all[ret->count++]))
			return DNS_BOGUS;
	}
	return DNS_ANSWER;
}
