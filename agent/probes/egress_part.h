/*
 * egress_part.h - is the way out open? what its parts tell each other
 *
 *   egress_gather   what the other tables say
 *   egress_pick     whom to ask, where they do not say enough
 *   egress_tell     what it all comes to
 *
 * All are pure, but for the name servers that egress_pick asks.
 */
#ifndef MAILFIX_PROBES_EGRESS_PART_H
#define MAILFIX_PROBES_EGRESS_PART_H

#include "agent/fact/fact_out.h"
#include "agent/mta/mta.h"
#include "agent/probes/probe.h"
#include "agent/sys/dns.h"
#include "agent/sys/reach.h"

/* Enough to tell a block from a server that is down; no more: no scan. */
#define EGRESS_SERVERS 3

/* Of so many domains the servers are looked up, to find different networks. */
#define EGRESS_DOMAINS 8

/* What a rule of this host does with it. */
enum egress_local {
	EGRESS_LOCAL_UNKNOWN,
	EGRESS_LOCAL_ACCEPT,
	EGRESS_LOCAL_REFUSE, /* drop or reject */
	EGRESS_LOCAL_NONE    /* no way out by this family */
};

struct egress_family {
	bool is_used; /* the mail system may use it */
	/* tries of the window */
	double reached, unreached;
	enum egress_local local;
	const char *local_reason; /* EGRESS_LOCAL_UNKNOWN */
};

struct egress {
	unsigned port;
	const struct mta_relay *relay; /* or NULL */
	struct egress_family families[PROBE_FAMILIES];
	const char *rule; /* "" none */
	const char
	    *manager;     /* who writes the rules, as table firewall; or "" */
	const char *user; /* of the mail system; NULL: not known */
	double waiting;   /* messages that are to go out */
	bool is_outside;  /* a client from outside was heard in the window */
	const char *domains[EGRESS_DOMAINS];
	size_t domain_count;
};

/* egress_gather - false with why: it cannot be told */
bool egress_gather(const struct fact_set *facts, const struct mta *mta,
    struct arena *arena, struct egress *ret, struct why *why);

/* egress_is_open_question - must this family be asked about? */
bool egress_is_open_question(
    const struct egress *egress, enum probe_family family);

/*
 * egress_is_changed - has the log seen a family open that was not when servers
 * were asked?
 */
bool egress_is_changed(
    const struct egress *egress, const struct probe_asked *asked);

/*
 * egress_pick - servers to be asked, in different networks
 *
 * all         at least 2 * EGRESS_SERVERS; their fd is not set
 * ret_reason  why there is none
 * asked       gets is_outside when a name server outside has answered
 */
size_t egress_pick(const struct egress *egress, dns_ask_fn *ask,
    struct dns_servers *servers, struct arena *arena, struct reach *all,
    struct probe_asked *asked, const char **ret_reason);

/* egress_count - what became of them, into the counts */
void egress_count(
    const struct reach *all, size_t count, struct probe_asked *asked);

/* egress_remedy - the command that lets the mail system through; or "" */
const char *egress_remedy(struct arena *arena, const struct egress *egress);

/*
 * egress_tell - the table egress, and ends it
 * asked   at_s 0: none was asked
 * reason  then: why not
 */
void egress_tell(struct arena *arena, const struct egress *egress,
    const struct probe_asked *asked, const char *reason, int64_t now_s,
    struct fact_out *out);

#endif
