/*
 * dns_sign.h - what the checks of the DNS know of the keys that mail is signed
 * with, from the tables of other probes
 */
#ifndef MAILFIX_PROBES_DNS_SIGN_H
#define MAILFIX_PROBES_DNS_SIGN_H

#include "agent/dns/dkim.h"
#include "agent/fact/fact.h"

/* As the table signing_key. */
#define DNS_SIGN_KEYS_MAX 128

struct dns_sign_key {
	const char *row; /* its key in the table */
	struct dkim_key key;
	struct value in_use;        /* a bool: mail goes through its signer */
	const char *public_unknown; /* why the key itself is not known */
	/* its file is named, and of no use; NULL: it is, or none is named */
	const char *problem;
};

struct dns_sign {
	const char *unknown; /* why the keys are not known; NULL: they are */
	struct dns_sign_key keys[DNS_SIGN_KEYS_MAX];
	size_t count;
};

/*
 * dns_sign_read - every key that has a selector and a domain
 * Texts are borrowed from facts, or in arena.
 */
struct dns_sign *dns_sign_read(
    struct arena *arena, const struct fact_set *facts);

#endif
