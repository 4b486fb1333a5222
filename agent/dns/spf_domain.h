/*
 * spf_domain.h - SPF of a domain, and of each address that sends in its name
 */
#ifndef MAILFIX_DNS_SPF_DOMAIN_H
#define MAILFIX_DNS_SPF_DOMAIN_H

#include "agent/dns/spf.h"

enum spf_state {
	SPF_STATE_OK,
	SPF_STATE_NONE,     /* no record */
	SPF_STATE_MULTIPLE, /* more than one: as good as none */
	SPF_STATE_ERROR,    /* receivers give up on it */
	SPF_STATE_MAX
};

extern const char *const spf_state_names[SPF_STATE_MAX + 1];

struct spf_sender {
	const char *address;
	struct spf_answer answer;
	const char *unknown; /* why the result cannot be told; or NULL */
	/* no term is about it: it is one of those at the end, or of "all" */
	bool is_left_out;
};

struct spf_domain {
	enum spf_state state;
	const char *unknown; /* why the state cannot be told; or NULL */
	const char *problem; /* in words; "" without one */
	const char *record;  /* printable; of several the first; "" */
	/* at most, over all its terms; what follows from who sends is not asked */
	unsigned lookups, voids;
	const char *void_names; /* "" without any */
	bool passes_all;        /* whoever sends may */
	struct spf_sender *senders;
	size_t sender_count;
	/* the record by which all addresses pass, to paste; NULL: not needed, or
	 * nobody can tell */
	const char *paste;
};

/*
 * spf_inside_text - why a result that is no pass tells nothing to who is in a
 * private network himself; NULL: no address of one was met
 */
const char *spf_inside_text(
    struct arena *arena, const struct spf_answer *answer);

/*
 * spf_unknown_text - why nothing may rest on a result; NULL: it holds
 *
 * One that is no pass must come from what name servers told, from nothing that
 * this host's resolver has itself, and not from the local part alone.
 */
const char *spf_unknown_text(
    struct arena *arena, const struct spf_answer *answer);

/*
 * spf_domain_judge - as far as the book goes
 *
 * addresses  that send in its name: MAIL FROM postmaster@domain
 * helo       what they say in HELO; NULL: the domain
 * Returns true with ret, in arena; false: more must be known first.
 */
bool spf_domain_judge(struct dns_book *book, struct arena *arena,
    const char *domain, const char *helo, const char *const *addresses,
    size_t address_count, struct spf_domain *ret);

#endif
