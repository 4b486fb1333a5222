/*
 * dkim_record.h - a DKIM key record, as those who verify signatures read it
 */
#ifndef MAILFIX_DNS_DKIM_RECORD_H
#define MAILFIX_DNS_DKIM_RECORD_H

#include "agent/base/mem.h"
#include "agent/dns/public_key.h"

enum dkim_record_kind {
	DKIM_RECORD_GOOD,
	DKIM_RECORD_REVOKED, /* an empty p= */
	DKIM_RECORD_BAD,     /* meant as a key, and nobody can use it */
	DKIM_RECORD_NONE,    /* a text about something else: a wildcard's */
};

struct dkim_record {
	enum dkim_record_kind kind;
	struct public_key key; /* GOOD */
	bool is_testing;       /* t=y */
	const char *problem;   /* BAD: what is wrong with it, for people */
};

/*
 * dkim_record_read - the text of one TXT record, its strings joined
 * What *ret points to is in arena.
 */
void dkim_record_read(struct arena *arena, const uint8_t *data, size_t length,
    struct dkim_record *ret);

#endif
