/*
 * spf_repair.h - the record that a domain should have instead
 *
 * What is there stays: terms, their order, their qualifiers. What is added are
 * addresses; what goes are terms that nobody can read or that lead nowhere. A
 * record is proposed only when it was tried on every address, and each passes.
 */
#ifndef MAILFIX_DNS_SPF_REPAIR_H
#define MAILFIX_DNS_SPF_REPAIR_H

#include "agent/dns/spf.h"

struct spf_repair {
	const char *domain, *helo;
	const char *const *records; /* that are there now: 0 or more */
	size_t record_count;
	const char *const *addresses; /* that must pass; IPv4, IPv6 */
	size_t address_count;
	/* everybody passes by it: no wide piece of the internet stays */
	bool drops_wide;
};

/*
 * spf_repair_make - a record for all of them
 *
 * *ret  "v=spf1 ..."; NULL: none can be told, somebody must decide
 * Returns true with *ret, false: more must be known first.
 */
bool spf_repair_make(struct dns_book *book, struct arena *arena,
    const struct spf_repair *repair, const char **ret);

#endif
