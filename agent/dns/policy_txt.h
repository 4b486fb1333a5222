/*
 * policy_txt.h - TXT records of one kind: "v=NAME; field=value; ..."
 *
 * MTA-STS and TLS-RPT have the same frame (RFC 8461 section 3.1, RFC 8460
 * section 3): of the records at a name those that begin with the version count,
 * and there must be exactly one.
 */
#ifndef MAILFIX_DNS_POLICY_TXT_H
#define MAILFIX_DNS_POLICY_TXT_H

#include "agent/dns/dns_book.h"

enum policy_txt_state {
	POLICY_TXT_NONE,      /* other texts do not count: a wildcard's */
	POLICY_TXT_OK,        /* one; its frame is right */
	POLICY_TXT_DUPLICATE, /* more than one: none counts */
	POLICY_TXT_INVALID,   /* it was meant for one, and does not count */
	POLICY_TXT_UNKNOWN,
};

struct policy_field {
	const char *name, *value;
};

/* An id or addresses, and what may be invented in the years to come. */
#define POLICY_FIELDS_MAX 16

struct policy_txt {
	enum policy_txt_state state;
	const char *unknown; /* why not */
	const char *text;    /* the record, or the first; "" without one */
	const char *problem; /* of its frame, for people; "" */
	struct policy_field fields[POLICY_FIELDS_MAX];
	size_t count;
};

/*
 * policy_txt_look - false: not known yet
 * version  "v=STSv1"
 */
bool policy_txt_look(struct dns_book *book, struct arena *arena,
    const char *name, const char *version, struct policy_txt *ret);

/*
 * policy_txt_field - the value of a field, or NULL
 * *ret_problem says so when it is there twice, or in capitals.
 */
const char *policy_txt_field(
    const struct policy_txt *txt, const char *name, const char **ret_problem);

#endif
