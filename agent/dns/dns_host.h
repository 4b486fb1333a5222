/*
 * dns_host.h - the addresses of a name
 */
#ifndef MAILFIX_DNS_DNS_HOST_H
#define MAILFIX_DNS_DNS_HOST_H

#include "agent/dns/dns_book.h"
#include "agent/dns/dns_self.h"

enum dns_host_state {
	DNS_HOST_FOUND,   /* it has an address */
	DNS_HOST_MISSING, /* it has none, of either family */
	DNS_HOST_UNKNOWN,
};

struct dns_host {
	enum dns_host_state state;
	const struct dns_result *results[DNS_FAMILIES];
	const char
	    *canonical; /* it is an alias of this name; NULL: it is none */
	/* why not all of its addresses are known; NULL: they are */
	const char *unknown;
};

/*
 * dns_host_look - false: not known yet
 *
 * That it has no address is not known either where the name server says so from
 * data of its own: the world may see another.
 */
bool dns_host_look(struct dns_book *book, struct arena *arena, const char *name,
    struct dns_host *ret);

/* dns_host_has - is it one of its addresses? */
bool dns_host_has(const struct dns_host *host, const char *address);

/*
 * dns_inside_text - why an answer with a private address tells nothing of what
 * the world sees: this host is shown another view, it seems; NULL: it is not
 */
const char *dns_inside_text(struct arena *arena, const struct dns_self *self,
    const char *name, const struct dns_result *result);

/*
 * dns_host_is_ours - does it lead to one of our addresses?
 * A private address, as its own network sees it, may be one of them.
 */
enum dns_truth dns_host_is_ours(
    const struct dns_host *host, const struct dns_self *self);

/* dns_host_text - "192.0.2.1, 2001:db8::1"; "" when it has none */
const char *dns_host_text(struct arena *arena, const struct dns_host *host);

/* dns_local_text - why what a name server says of itself is not believed */
const char *dns_local_text(struct arena *arena, const char *name,
    enum dns_type type, const struct dns_result *result);

/* dns_name_address - the address that a name spells, in arena; NULL: none */
const char *dns_name_address(struct arena *arena, const char *name);

/*
 * dns_name_is_public - is it a name that the world could look up?
 * False for one without a dot, for "localhost" and for endings that are set
 * aside for a host or a network alone.
 */
bool dns_name_is_public(const char *name);

/* dns_name_is_below - "a.example.com" of "example.com" */
bool dns_name_is_below(const char *name, const char *of);

#endif
