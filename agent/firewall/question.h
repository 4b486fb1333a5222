/*
 * question.h - what would happen to a new TCP connection, and which rule does it
 *
 * A hypothetical SYN goes through the hooks as the kernel would send it, then
 * the SYN/ACK that answers it. Three-valued: what depends on time, on counters,
 * on fields that an ordinary client chooses, is tried both ways.
 */
#ifndef MAILFIX_FIREWALL_QUESTION_H
#define MAILFIX_FIREWALL_QUESTION_H

#include "agent/firewall/net.h"
#include "agent/firewall/ruleset.h"

enum nf_direction { NF_IN, NF_OUT };

struct nf_question {
	enum nf_direction direction;
	struct nf_address from, to; /* of one family; both required */
	uint16_t port;              /* the destination port of the SYN */
	uint16_t source_port;       /* 0: any from 1024 on */
	/*
	 * in: where it arrives; out: where it leaves, or 0: as the route says. A
	 * connection in from an address of ours arrives through lo whatever
	 * stands here.
	 */
	unsigned interface;
	/* out: whose socket it is */
	bool is_user_known;
	uint32_t uid, gid;
};

enum nf_outcome {
	NF_ACCEPTED,
	NF_DROPPED,
	NF_REJECTED,
	NF_DEPENDS,   /* both are possible: see `reason` */
	NF_NOT_KNOWN, /* something on the way is not understood */
};

const char *nf_outcome_name(
    enum nf_outcome outcome); /* "accept", "drop", ... */

/* One thing that happened on the way. */
struct nf_step {
	const struct nf_chain *chain; /* NULL: no chain, see text */
	const struct nf_rule
	    *rule;      /* NULL: the policy, or the end of a chain */
	unsigned depth; /* of jumps, from 0 */
	bool is_reply;  /* on the way of the SYN/ACK */
	/* "accept", "drop", "reject", "jump ufw-user-input", "return",
	 * "policy accept", "dnat to 10.0.0.2:25", "route: leaves by eth0" */
	const char *text;
};

struct nf_answer {
	enum nf_outcome outcome;
	/* what decided: the rule that refuses, or the last one that accepts;
	 * rule NULL: the policy of `chain`; chain NULL: no rule at all */
	const struct nf_chain *chain;
	const struct nf_rule *rule;
	bool is_reply; /* the answer to the SYN is what does not get through */
	bool is_forwarded;    /* dnat leads it to another host, `to` */
	struct nf_address to; /* after dnat, redirect; else as asked */
	uint16_t port;
	const struct nf_step *path;
	size_t path_length;
	/*
	 * depends: both outcomes, with what each hangs on; unknown: the rule and
	 * the expression. Else NULL, or what was assumed. One line, printable.
	 */
	const char *reason;
	/* depends: what happens in the ordinary case (below the limit, not in a
	 * set that packets fill), and the rule that does it is chain, rule */
	enum nf_outcome usual;
};

/*
 * Addresses that rules tell apart from the one that was asked about: taken from
 * compares of the source address that did not match (in), of the destination
 * (out). For "open only for some".
 */
#define NF_SAMPLES_MAX 16U

struct nf_samples {
	struct nf_address addresses[NF_SAMPLES_MAX];
	/* as the rule says it: "10.0.0.0/8", "@blocked" */
	const char *names[NF_SAMPLES_MAX];
	size_t count;
};

struct nf_options {
	struct nf_samples *samples; /* filled; or NULL */
	/*
	 * As if these rules did not match: to see what stands behind them.
	 * NULL-terminated; or NULL
	 */
	const struct nf_rule *const *ignored;
	/*
	 * not the SYN, but what follows when it was answered: a connection that
	 * was set up, without nat. Its answer is not looked at.
	 */
	bool is_later;
};

/*
 * nf_ask - answer a question
 *
 * arena    holds the texts and the path of *ret
 * options  NULL: none
 *
 * Unknown is an answer. Returns 0; -ESTALE: the rule set changed while its
 * parts were loaded, open it anew; or another negative errno with why.
 */
int nf_ask(struct arena *arena, const struct nf_ruleset *ruleset,
    const struct net *net, const struct nf_question *question,
    const struct nf_options *options, struct nf_answer *ret, struct why *why);

#endif
