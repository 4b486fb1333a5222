/*
 * spf_record.h - an SPF record as its terms
 *
 * The grammar of RFC 7208, section 12. Nothing is looked up. Who judges, who
 * explains and who repairs a record read it here.
 */
#ifndef MAILFIX_DNS_SPF_RECORD_H
#define MAILFIX_DNS_SPF_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/mem.h"

enum spf_kind {
	SPF_ALL,
	SPF_INCLUDE,
	SPF_A,
	SPF_MX,
	SPF_PTR,
	SPF_IP4,
	SPF_IP6,
	SPF_EXISTS,
	SPF_REDIRECT, /* modifiers: from here */
	SPF_EXP,
	SPF_OTHER, /* a modifier that nobody knows: ignored, section 6 */
	SPF_KIND_MAX
};

struct spf_term {
	enum spf_kind kind;
	char qualifier;      /* '+', '-', '~' or '?'; of a mechanism */
	const char *text;    /* as it stands in the record: visible ASCII */
	const char *domain;  /* its domain-spec, macros as they are; or NULL */
	uint8_t address[16]; /* of ip4 the first four */
	unsigned cidr4, cidr6; /* of a, mx: both; of ip4, ip6: theirs */
};

struct spf_record {
	const struct spf_term *terms; /* all, in order */
	size_t count;
	const struct spf_term *redirect, *exp; /* or NULL */
	/* of all that makes it no proper record, the first; NULL: it is one */
	const char *problem;
};

/* spf_record_is - it begins with "v=spf1" and ends there, or a space follows */
bool spf_record_is(const uint8_t *data, size_t length);

/*
 * spf_record_parse - terms and the first problem
 * data is spf_record_is. With a problem the terms are those that were read
 * before it. Texts are in arena.
 */
void spf_record_parse(struct arena *arena, const uint8_t *data, size_t length,
    struct spf_record *ret);

/* spf_term_asks - it counts as a lookup: RFC 7208, section 4.6.4 */
bool spf_term_asks(const struct spf_term *term);

/* spf_is_modifier - it has a name and "=" */
static inline bool
spf_is_modifier(const struct spf_term *term)
{
	return term->kind >= SPF_REDIRECT;
}

#endif
