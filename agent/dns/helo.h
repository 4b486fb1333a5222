/*
 * helo.h - the name by which a server greets others
 */
#ifndef MAILFIX_DNS_HELO_H
#define MAILFIX_DNS_HELO_H

#include "agent/dns/dns_host.h"

enum helo_state {
	HELO_OK,
	HELO_LITERAL,      /* [192.0.2.1]: RFC 5321 section 4.1.3 */
	HELO_INVALID,      /* receivers refuse it as it is spelled */
	HELO_UNRESOLVABLE, /* it has no address */
	HELO_UNKNOWN,
	HELO_STATE_MAX
};

extern const char *const helo_state_names[HELO_STATE_MAX];

struct helo {
	enum helo_state state;
	const char *unknown;   /* why not, of HELO_UNKNOWN */
	const char *problem;   /* what is wrong, for people; "" */
	const char *addresses; /* "192.0.2.1, 2001:db8::1" */
	/* one of them is one of ours; no finding rests on DNS_NOT_TOLD */
	enum dns_truth matches;
};

/*
 * helo_spelling - what is wrong with how a host's full name is spelled, or NULL
 * An address in brackets is no name.
 */
const char *helo_spelling(const char *name);

/*
 * helo_judge - false: not known yet
 * name  as it is sent
 */
bool helo_judge(struct dns_book *book, struct arena *arena,
    const struct dns_self *self, const char *name, struct helo *ret);

#endif
