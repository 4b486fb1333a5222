/*
 * domain_mx.h - where mail for a domain goes
 */
#ifndef MAILFIX_DNS_DOMAIN_MX_H
#define MAILFIX_DNS_DOMAIN_MX_H

#include "agent/dns/dns_host.h"

/*
 * Looked at, the preferred first. Postfix tries five (smtp_mx_address_limit),
 * the biggest providers have ten.
 */
#define DOMAIN_MX_MAX 16

enum domain_mx_state {
	DOMAIN_MX_OK,       /* it has MX records */
	DOMAIN_MX_IMPLICIT, /* none, and an address: RFC 5321 section 5.1 */
	DOMAIN_MX_NULL,     /* "0 .": it takes no mail: RFC 7505 */
	DOMAIN_MX_NONE,     /* neither MX nor address */
	DOMAIN_MX_UNKNOWN,
	DOMAIN_MX_STATE_MAX
};

extern const char *const domain_mx_state_names[DOMAIN_MX_STATE_MAX];

enum domain_mx_host_state {
	DOMAIN_MX_HOST_OK,
	DOMAIN_MX_HOST_MISSING, /* its name has no address */
	DOMAIN_MX_HOST_LITERAL, /* its name is an address */
	DOMAIN_MX_HOST_ROOT,    /* a null MX that is none */
	DOMAIN_MX_HOST_UNKNOWN,
	DOMAIN_MX_HOST_STATE_MAX
};

extern const char *const domain_mx_host_state_names[DOMAIN_MX_HOST_STATE_MAX];

struct domain_mx_host {
	const char *name; /* "." for the root */
	unsigned preference;
	enum domain_mx_host_state state;
	const char *unknown; /* why not, of MX_HOST_UNKNOWN; else NULL */
	const char *canonical;
	const char *addresses;
	/* those that are not of the public internet; "" when there is none */
	const char *inside;
	const char *inside_unknown; /* NULL: inside holds */
	const char *problem;        /* what is wrong, for people; "" */
	enum dns_truth is_ours;
};

struct domain_mx {
	enum domain_mx_state state;
	const char *unknown; /* why not, of DOMAIN_MX_UNKNOWN */
	const char *text;    /* "10 mx1.example.com, 20 mx2.example.com" */
	bool is_missing;     /* the whole name is not there */
	struct domain_mx_host *hosts; /* by preference */
	size_t count;
	/* each of them has no address */
	enum dns_truth is_dead;
	enum dns_truth leads_here;
};

/*
 * domain_mx_judge - false: not known yet
 * looks_at_hosts  ask for the addresses of its servers
 */
bool domain_mx_judge(struct dns_book *book, struct arena *arena,
    const struct dns_self *self, const char *domain, bool looks_at_hosts,
    struct domain_mx *ret);

#endif
