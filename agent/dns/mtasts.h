/*
 * mtasts.h - the record that announces a policy of MTA-STS
 */
#ifndef MAILFIX_DNS_MTASTS_H
#define MAILFIX_DNS_MTASTS_H

#include "agent/dns/dns_book.h"

enum mtasts_state {
	MTASTS_NONE, /* the domain has none, as most do */
	MTASTS_OK,
	MTASTS_DUPLICATE,
	MTASTS_INVALID,
	MTASTS_NO_HOST, /* the policy cannot be fetched: no such server */
	MTASTS_UNKNOWN,
	MTASTS_STATE_MAX
};

/* Ends with a NULL, that of MTASTS_UNKNOWN; so do all such lists of states. */
extern const char *const mtasts_state_names[MTASTS_STATE_MAX];

struct mtasts {
	enum mtasts_state state;
	const char *unknown; /* why not, of MTASTS_UNKNOWN */
	const char *record;  /* as it stands; "" without one */
	const char *id;      /* "" without one */
	const char *problem; /* what is wrong, for people; "" */
	const char *paste;   /* the record as it should be, or NULL */
};

/* mtasts_judge - false: not known yet */
bool mtasts_judge(struct dns_book *book, struct arena *arena,
    const char *domain, struct mtasts *ret);

#endif
