/*
 * dkim.h - is the key that this host signs with the one that the DNS has?
 */
#ifndef MAILFIX_DNS_DKIM_H
#define MAILFIX_DNS_DKIM_H

#include "agent/dns/dns_book.h"
#include "agent/dns/public_key.h"

enum dkim_state {
	DKIM_OK,
	DKIM_MISSING,
	DKIM_DUPLICATE, /* several records: which one is taken is chance */
	DKIM_INVALID,
	DKIM_REVOKED,
	DKIM_MISMATCH, /* the key of somebody else, or of before */
	DKIM_WEAK,     /* receivers do not accept so short a key */
	DKIM_TESTING,  /* good, but receivers are told to act as without it */
	DKIM_STATE_MAX
};

/* "ok", "missing", ... */
extern const char *const dkim_state_names[DKIM_STATE_MAX + 1];

/* dkim_worst - of two keys of one domain, what is worse for its mail */
enum dkim_state dkim_worst(enum dkim_state a, enum dkim_state b);

/* RFC 8301 section 3.2: verifiers must not accept less. */
#define DKIM_BITS_MIN 1024

/* One key that this host signs with. */
struct dkim_key {
	const char *selector, *domain;
	/* its public half, a SubjectPublicKeyInfo in base 64; NULL: not known */
	const char *letters;
};

struct dkim_verdict {
	enum dkim_state state;
	const char *unknown; /* why nothing can be said; NULL: the rest holds */
	bool has_key;        /* the record has one: type and bits are its */
	enum public_key_type type;
	unsigned bits;
	bool is_compared, matches; /* with the key here */
	const char *name;          /* where it was asked for */
	const char *problem;       /* for people; "" when there is none */
	const char *paste; /* the right record; NULL: our key is not known */
};

/*
 * dkim_judge - as far as the book goes
 * Returns false while something must be asked first.
 */
bool dkim_judge(struct arena *arena, struct dns_book *book,
    const struct dkim_key *key, struct dkim_verdict *ret);

#endif
