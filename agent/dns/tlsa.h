/*
 * tlsa.h - do senders with DANE find the certificate that they were told of?
 */
#ifndef MAILFIX_DNS_TLSA_H
#define MAILFIX_DNS_TLSA_H

#include "agent/dns/dns_book.h"
#include "agent/dns/dns_self.h"

enum tlsa_state {
	TLSA_NONE, /* no records: DANE is not used */
	TLSA_OK,
	TLSA_MISMATCH, /* no record is of the server's certificate */
	TLSA_PARTIAL,  /* of one certificate that it shows, and not of all */
	TLSA_UNUSABLE, /* not one record is of a kind that is for mail */
	TLSA_INSECURE, /* without DNSSEC nobody believes them */
	TLSA_STATE_MAX
};

extern const char *const tlsa_state_names[TLSA_STATE_MAX + 1];

/* tlsa_worst - of two mail servers of one domain, what is worse for its mail */
enum tlsa_state tlsa_worst(enum tlsa_state a, enum tlsa_state b);

/* One certificate of a file that the server shows at port 25. */
struct tlsa_certificate {
	const char *file, *names; /* DNS names, by spaces */
	bool is_leaf;
	/* in hex */
	const char *sha256, *sha512, *spki_sha256, *spki_sha512;
};

struct tlsa_query {
	const char *host;
	const struct tlsa_certificate *certificates;
	size_t certificate_count;
	const char *certificates_unknown; /* why not all are known, or NULL */
};

struct tlsa_verdict {
	enum tlsa_state state;
	const char *unknown; /* why nothing can be said; NULL: the rest holds */
	const char *name;    /* "_25._tcp.mx.example.com" */
	const char *records; /* "3 1 1 ab12..., 2 0 1 cd34..."; "" */
	const char *problem; /* for people; "" */
	const char *paste; /* the right record; NULL: no certificate is known */
};

/* tlsa_judge - false while something must be asked first */
bool tlsa_judge(struct arena *arena, struct dns_book *book,
    const struct tlsa_query *query, struct tlsa_verdict *ret);

enum tlsa_match {
	TLSA_MATCH_NO,
	TLSA_MATCH_YES,
	TLSA_MATCH_MAYBE, /* it may be an issuer that is not in the chain */
	TLSA_MATCH_UNUSABLE,
};

/*
 * tlsa_record_match - one record and the chain that comes with a leaf
 * data  of the record: usage, selector, matching type, then the rest: hostile
 */
enum tlsa_match tlsa_record_match(const uint8_t *data, size_t length,
    const struct tlsa_query *query, const struct tlsa_certificate *leaf);

#endif
