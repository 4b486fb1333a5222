/*
 * dns_self.h - this host as the world sees it, for those who judge
 */
#ifndef MAILFIX_DNS_DNS_SELF_H
#define MAILFIX_DNS_DNS_SELF_H

#include <stdbool.h>
#include <stddef.h>

enum dns_family { DNS_V4, DNS_V6, DNS_FAMILIES };

enum dns_truth { DNS_NO, DNS_YES, DNS_NOT_TOLD };

struct dns_self {
	const char *name;             /* as which it greets, or NULL */
	const char *const *addresses; /* where its mail leaves, as text */
	size_t address_count;
	/* why there may be others, by family; NULL: they are all told */
	const char *unknown[DNS_FAMILIES];
	/*
	 * It is known by private addresses only, so that its name servers may
	 * show it another view than the world (a split horizon).
	 */
	bool is_inside[DNS_FAMILIES];
};

/* dns_self_family - of an address as text, or -1 */
int dns_self_family(const char *address);

/* dns_address_same - the same address, however it is written */
bool dns_address_same(const char *a, const char *b);

/* dns_self_has - is it one of our addresses? */
bool dns_self_has(const struct dns_self *self, const char *address);

#endif
