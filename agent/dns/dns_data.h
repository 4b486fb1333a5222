/*
 * dns_data.h - questions to the DNS and what became of them, as data
 *
 * No sockets and no bytes of the wire: agent/sys/dns.h asks.
 */
#ifndef MAILFIX_DNS_DNS_DATA_H
#define MAILFIX_DNS_DNS_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/mem.h"
#include "agent/base/why.h"

/* Types that are understood; others come as their bytes. RFC 1035, 3596, 6698 */
enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_TLSA = 52,
};

enum dns_outcome {
	DNS_ANSWER,
	DNS_NODATA,   /* the name is there, that type is not */
	DNS_NXDOMAIN, /* the name is not there */
	DNS_SERVFAIL, /* the name server could not find out */
	DNS_REFUSED,  /* the name server does not want to */
	DNS_TIMEOUT,  /* no name server answered in time */
	DNS_BOGUS,    /* it is no proper answer, or DNSSEC says it is forged */
	DNS_DISPUTED, /* two of this host's name servers say different things */
	DNS_OUTCOME_MAX
};

/* "nxdomain"; for people: dns_outcome_text "there is no such name" */
extern const char *const dns_outcome_names[DNS_OUTCOME_MAX + 1];
const char *dns_outcome_text(enum dns_outcome outcome);

/* dns_type_name - "MX"; "TYPE64" has no name here: "?" */
const char *dns_type_name(enum dns_type type);

struct dns_query {
	const char *name; /* absolute, with or without the last dot */
	enum dns_type type;
	bool is_second; /* begin with the second name server, if there is one */
};

struct dns_record {
	uint32_t ttl_s;
	unsigned preference; /* of an MX */
	/*
	 * The name of an MX, PTR or CNAME: lower case, no last dot, "." for the
	 * root, what is no letter, digit, "-" or "_" as \DDD. An address as text.
	 * NULL for others.
	 */
	const char *name;
	/* the record's bytes; the strings of a TXT are joined; may hold NUL */
	const uint8_t *data;
	size_t length;
};

struct dns_result {
	enum dns_outcome outcome;
	const struct dns_record *records; /* of the asked type */
	size_t count;                     /* > 0 exactly with DNS_ANSWER */
	/* where the chain of CNAMEs ended; NULL: there was none */
	const char *canonical;
	bool is_authentic; /* DNSSEC, said by a server that may be believed */
	/*
	 * A resolver that looks things up for us said this from data of its own
	 * (AA and RA): a hosts file, a split view. The world may see another.
	 */
	bool is_local;
	/* that told it, as text; those that were asked in vain; NULL: none */
	const char *server;
	const char *detail; /* more than the outcome tells; NULL: no more */
};

/* dns_is_known - an answer, nodata or nxdomain: what a finding may rest on */
static inline bool
dns_is_known(const struct dns_result *result)
{
	return result->outcome <= DNS_NXDOMAIN;
}

/*
 * dns_unknown_text - why nothing can be said, for a cell that is unknown
 * "MX of example.com: no name server answered in time (192.0.2.53)"
 */
const char *dns_unknown_text(struct arena *arena, const char *name,
    enum dns_type type, const struct dns_result *result);

/*
 * What asks: agent/sys/dns.h, or a test's own.
 *
 * state        its own
 * deadline_ms  for all of them together, from now on
 * ret          as many results as queries, in their order; texts in arena
 *
 * Returns 0 when each question has its result, be it a bad one, or a negative
 * errno: nothing could be asked.
 */
typedef int dns_asker_fn(void *state, struct arena *arena,
    const struct dns_query *queries, size_t count, uint32_t deadline_ms,
    struct dns_result *ret, struct why *why);

struct dns_asker {
	dns_asker_fn *ask;
	void *state;
};

#endif
