/*
 * address_ptr.h - the name of an address, and whether it leads back
 */
#ifndef MAILFIX_DNS_ADDRESS_PTR_H
#define MAILFIX_DNS_ADDRESS_PTR_H

#include "agent/dns/dns_host.h"

/*
 * Names of an address that are looked at. Receivers look at ten (RFC 7208
 * sections 4.6.4 and 5.5), which ten changes with each answer, so that one of
 * some more is found by most of them in the end.
 */
#define ADDRESS_PTR_MAX 32

enum address_ptr_state {
	ADDRESS_PTR_OK,          /* one of its names has this address */
	ADDRESS_PTR_MISSING,     /* it has no name */
	ADDRESS_PTR_UNCONFIRMED, /* none of its names has this address */
	ADDRESS_PTR_UNKNOWN,
	ADDRESS_PTR_STATE_MAX
};

extern const char *const address_ptr_state_names[ADDRESS_PTR_STATE_MAX];

struct address_ptr {
	enum address_ptr_state state;
	const char *unknown; /* why not, of ADDRESS_PTR_UNKNOWN */
	const char *names;   /* "mx1.example.com, mx2.example.com"; "" */
	const char *name;    /* the one that leads back, or NULL */
	const char *problem; /* where they lead instead; "" */
	/* told by a name server from its own data: the world may see another */
	bool is_local;
	/* where its PTR record stands, or would: the reverse name, or what that
	 * is an alias of (RFC 2317) */
	const char *owner;
};

/*
 * address_ptr_judge - false: not known yet
 * A name that leads back is enough, whatever the others do; the reverse name
 * may be an alias (RFC 2317).
 */
bool address_ptr_judge(struct dns_book *book, struct arena *arena,
    const struct dns_self *self, const char *address, struct address_ptr *ret);

#endif
