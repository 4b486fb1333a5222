/*
 * firewall_ask.h - have an observer read the rule set, and answer one question
 *
 * The rule set is read and evaluated by a process that is shut in; what comes
 * back is text and numbers, each checked.
 */
#ifndef MAILFIX_PROBES_FIREWALL_ASK_H
#define MAILFIX_PROBES_FIREWALL_ASK_H

#include "agent/firewall/opening.h"

/* One row of `explain port`; all texts printable, in the caller's arena. */
struct firewall_verdict {
	uint8_t family;        /* AF_INET, AF_INET6 */
	const char *interface; /* name; NULL: none */
	const char *from, *to; /* NULL: anyone */
	enum nf_outcome outcome;
	bool has_rule, has_chain; /* no rule: the policy of the chain */
	const char *rule_family, *rule_table, *rule_chain, *rule_text;
	uint64_t rule_handle;
	const char *reason; /* or NULL */
	/* for anyone: "203.0.113.0/24: accept", who is treated otherwise */
	const char *others;
	/* the accept rule behind the one that refuses, where it stands */
	const char *shadowed;
	const char *const
	    *path; /* "inet:filter:input#12=drop"; NULL-terminated */
	const char *const *tree; /* the same for people, indented, NULL-term. */
};

struct firewall_answer {
	struct firewall_verdict *verdicts;
	size_t count;
	/* one line: families that are not here, what was not looked into */
	const char *note; /* or NULL */
};

/* firewall_explain - `explain port`; -EPERM: needs root */
int firewall_explain(struct arena *arena, const struct nf_survey_query *query,
    struct firewall_answer *ret, struct why *why);

/*
 * firewall_plan - what would open that port (nf_opening_plan), in the rule set
 * of this moment; texts in the arena
 */
int firewall_plan(struct arena *arena, uint16_t port, struct nf_opening *ret,
    struct why *why);

/*
 * firewall_is_open - 1: anyone outside gets through, in every family and on
 * every interface as far as `accept` is about them; 0: not; negative errno
 */
int firewall_is_open(const struct nf_accept *accept, struct why *why);

#endif
