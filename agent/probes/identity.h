/*
 * identity.h - as whom this host sends: addresses, domains, names
 *
 * The configuration comes first ([host] of mailfix.conf), then what the mail
 * system is told, then routes; who really sent, from the log, comes in the
 * observer. What cannot be known is said, never guessed: behind
 * NAT the world sees an address that no interface has.
 */
#ifndef MAILFIX_PROBES_IDENTITY_H
#define MAILFIX_PROBES_IDENTITY_H

#include "agent/fact/fact.h"
#include "agent/mta/mta_identity.h"
#include "agent/probes/probe.h"

/* Hosts have one or two; a pool of a sender of newsletters some more. */
#define IDENTITY_ADDRESSES_MAX 32

/* A run asks some ten questions for each. More are said to be left out. */
#define IDENTITY_DOMAINS_MAX 64

struct identity_address {
	const char *text; /* canonical, as inet_ntop */
	int family;       /* AF_INET, AF_INET6 */
	/* "configured", "smtp_bind_address", "inet_interfaces", "route" */
	const char *source;
};

struct identity_domain {
	const char *name; /* lower case */
	/* "configured", "myorigin", "signing key", "log" */
	const char *source;
	bool is_sender;  /* mail leaves in its name */
	bool is_hosted;  /* mail for it ends here */
	bool is_relayed; /* mail for it passes through here */
	bool is_own;     /* it is the name of this host itself */
	/* another one is written in its place before mail leaves */
	bool is_rewritten;
	/* a signer of this host has a key for it */
	bool is_signed;
	/*
	 * Its mail leaves, or may leave, through a relay that other mail does
	 * not take: what the world says of our addresses is nothing to it.
	 */
	bool has_relay_of_its_own;
};

struct identity {
	struct identity_address addresses[IDENTITY_ADDRESSES_MAX];
	size_t address_count;
	/* why there may be others, or none, by family; NULL: they are all told */
	const char *address_unknown[PROBE_FAMILIES];
	/*
	 * Packets leave here from private addresses, whatever the world is told:
	 * its name servers may show it another view.
	 */
	bool is_inside[PROBE_FAMILIES];
	struct identity_domain domains[IDENTITY_DOMAINS_MAX];
	size_t domain_count;
	const char *domains_unknown; /* why there may be others, or NULL */
	/* [host] domains names all that are sent for; or there are none */
	bool is_closed;
	const char *helo; /* NULL: see helo_unknown */
	const char *helo_unknown;
	const char *relay; /* all mail leaves through it; NULL: directly */
	/* no mail leaves this host, as far as its configuration tells */
	bool is_silent;
	bool is_by_sender; /* some domains may have a relay of their own */
	const struct mta_identity *mta; /* what the mail system says; or NULL */
};

/*
 * identity_read - in prepare, as the actor: what configuration and routes say
 * Sends nothing. Texts are in job->arena.
 */
void identity_read(const struct probe_job *job, struct identity *ret);

/*
 * identity_domain_get - the row of a name, made when there is none
 * NULL when there are too many, which domains_unknown then says.
 */
struct identity_domain *identity_domain_get(struct identity *identity,
    struct arena *arena, const char *name, const char *source);

/*
 * identity_ask - in told, as the actor: which of the domains that the log, keys
 * and configuration name stand in tables that cannot be listed
 * Sets job->note when domains may be left out.
 */
void identity_ask(struct identity *identity, struct probe_job *job);

/*
 * identity_add_facts - in collect: domains that keys are for, senders of mail
 * that was handed in here; as far as those tables are known
 */
void identity_add_facts(struct identity *identity, struct arena *arena,
    const struct fact_set *facts);

#endif
