/*
 * dmarc.h - what receivers are asked to do with mail in a domain's name, and
 * whether mail of this host stands it
 */
#ifndef MAILFIX_DNS_DMARC_H
#define MAILFIX_DNS_DMARC_H

#include "agent/dns/dmarc_walk.h"
#include "agent/dns/dns_self.h"

enum dmarc_state {
	DMARC_OK,
	DMARC_MISSING,
	DMARC_DUPLICATE, /* several records at one name: all are dropped */
	DMARC_INVALID,   /* receivers pass over it, or over a part of it */
	DMARC_STATE_MAX
};

extern const char *const dmarc_state_names[DMARC_STATE_MAX + 1];

/* In whose name mail of this host is signed. */
struct dmarc_signer {
	const char *domain, *selector;
	enum dns_truth is_used; /* mail goes through it */
};

struct dmarc_query {
	const char *domain;
	const struct dmarc_signer *signers;
	size_t signer_count;
	/* why it is not known that nobody else signs; NULL: it is */
	const char *signers_unknown;
	/* from where it sends; MAIL FROM is taken to be of the same domain */
	const char *const *addresses;
	size_t address_count;
	const char *addresses_unknown; /* why there may be others; NULL */
	const char *helo;              /* or NULL */
};

struct dmarc_verdict {
	enum dmarc_state state;
	const char *unknown;   /* why state is not known; NULL: it is */
	const char *name;      /* of the record that it is about */
	const char *record_at; /* the domain whose policy applies; "" */
	enum dmarc_policy policy;
	const char *policy_unknown; /* NULL: it is known */
	const char *problem;        /* for people; "" */
	const char *paste;          /* NULL: there is none to propose */

	enum dns_truth is_aligned;
	const char *aligned_by; /* "DKIM, mail._domainkey.example.com"; or why
	                           not, or why that is not known */
	/* domains that do not say that they want reports about it; "" */
	const char *refused;
	const char *refused_unknown; /* NULL: refused is known */
	const char *refused_paste;   /* what the first of them lacks; or NULL */
};

/* dmarc_judge - false while something must be asked first */
bool dmarc_judge(struct arena *arena, struct dns_book *book,
    const struct dmarc_query *query, struct dmarc_verdict *ret);

/*
 * dmarc_align_judge - does mail of this host align with the domain?
 * record  of the policy that applies; fills the members of the alignment
 */
bool dmarc_align_judge(struct arena *arena, struct dns_book *book,
    const struct dmarc_query *query, const struct dmarc_walk *walk,
    const struct dmarc_record *record, struct dmarc_verdict *ret);

/*
 * dmarc_report_judge - do those who are to get reports want them?
 * step  that has the record; fills the members of refused
 */
bool dmarc_report_judge(struct arena *arena, struct dns_book *book,
    const struct dmarc_step *step, struct dmarc_verdict *ret);

#endif
