/*
 * tlsrpt.h - the record that asks for reports about TLS
 */
#ifndef MAILFIX_DNS_TLSRPT_H
#define MAILFIX_DNS_TLSRPT_H

#include "agent/dns/dns_book.h"

enum tlsrpt_state {
	TLSRPT_NONE, /* the domain wants none, as most do */
	TLSRPT_OK,
	TLSRPT_DUPLICATE,
	TLSRPT_INVALID,
	TLSRPT_UNKNOWN,
	TLSRPT_STATE_MAX
};

extern const char *const tlsrpt_state_names[TLSRPT_STATE_MAX];

struct tlsrpt {
	enum tlsrpt_state state;
	const char *unknown; /* why not, of TLSRPT_UNKNOWN */
	const char *record;  /* as it stands; "" without one */
	const char *rua;     /* where reports go; "" without one */
	const char *problem; /* what is wrong, for people; "" */
	const char *paste;   /* the record as it should be */
};

/* tlsrpt_judge - false: not known yet */
bool tlsrpt_judge(struct dns_book *book, struct arena *arena,
    const char *domain, struct tlsrpt *ret);

#endif
