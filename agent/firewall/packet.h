/*
 * packet.h - the packet on its way, as expressions see it; inside the evaluator
 *
 * Between eval_*.c (native expressions), xt_*.c (the compatibility layer) and
 * set_lookup.c.
 */
#ifndef MAILFIX_FIREWALL_PACKET_H
#define MAILFIX_FIREWALL_PACKET_H

#include "agent/firewall/question.h"

/* Does it match? Absent data is NF_NO, under negation too. */
enum nf_truth {
	NF_NO,
	NF_YES,
	/* either: time, counters, sets that packets fill, what a client chooses */
	NF_MAYBE,
	/* it is not understood, or could not be read */
	NF_UNKNOWN,
};

/* An answer and, for MAYBE and UNKNOWN, on what it hangs; one line. */
struct nf_match {
	enum nf_truth truth;
	const char *reason; /* in the arena, or static */
	/* MAYBE: what is usual: below the limit, not in the set */
	bool is_usual;
};

#define NF_NETWORK_BYTES   40U /* IPv6; IPv4 without options is 20 */
#define NF_TRANSPORT_BYTES 60U /* TCP with the most options */

/* Numbers of a packet that may be unknown. */
struct nf_number {
	uint32_t value;
	bool is_known;
};

struct nf_packet {
	uint8_t family; /* AF_INET, AF_INET6 */
	bool is_reply;  /* the SYN/ACK */
	bool is_later; /* the client's first packet after the handshake's SYN */
	/* headers as on the wire; a bit that is 0 in `known` is not known */
	uint8_t network[NF_NETWORK_BYTES], network_known[NF_NETWORK_BYTES];
	uint8_t transport[NF_TRANSPORT_BYTES];
	uint8_t transport_known[NF_TRANSPORT_BYTES];
	/* host order, and of the client and the server in the answer as well;
	 * [source_port_min, source_port_max] where it is not known: narrowed on
	 * each branch by the compares before */
	uint16_t source_port_min, source_port_max;
	uint16_t port;
	/* at this hook; NULL: none there */
	const struct net_interface *in, *out;
	struct nf_number mark, ct_mark, priority;
	/* the connection, as conntrack sees it at this hook */
	bool is_tracked;   /* it has one: after the hook's -200, not notrack */
	bool is_untracked; /* notrack, or raw's CT --notrack */
	bool is_confirmed; /* the entry is in the table: never for the SYN */
	bool is_snat, is_dnat; /* ct status */
	struct nf_address original_from, original_to;
	uint16_t original_port, original_source_port; /* 0: not known */
	/* and as its answers are addressed: what nat has made of it so far */
	struct nf_address reply_from, reply_to;
	uint16_t reply_port; /* of reply_from */
	/* whose socket it is; only where there is one: output, postrouting */
	bool has_socket;
	struct nf_number uid, gid;
	uint8_t hook; /* enum nf_hook */
};

struct nf_eval; /* the run of the evaluator; eval.h */

/* What a match may use besides the packet. */
struct nf_context {
	struct arena *arena;
	const struct nf_ruleset *ruleset;
	const struct net *net;
	const struct nf_chain *chain;
	const struct nf_rule *rule;
	struct nf_samples *samples; /* or NULL */
	/* -ESTALE and the like: the evaluation ends with it */
	int code;
	struct why *why;
};

void nf_packet_from(const struct nf_packet *packet, struct nf_address *ret);
void nf_packet_to(const struct nf_packet *packet, struct nf_address *ret);

/*
 * nf_xt_match - a match of the compatibility layer, `is_inverted` and all
 * One that is not known, or whose revision or size is not: NF_UNKNOWN.
 */
struct nf_match nf_xt_match(struct nf_context *context,
    const struct nf_packet *packet, const struct nf_expr *expr);

/* What a target of the compatibility layer does; the evaluator carries it out. */
enum nf_xt_action {
	NF_XT_CONTINUE, /* LOG, CT without effect here, ... */
	NF_XT_VERDICT,  /* verdict */
	NF_XT_REJECT,
	NF_XT_DNAT,    /* also REDIRECT, NETMAP of the destination: to, port */
	NF_XT_SNAT,    /* also MASQUERADE */
	NF_XT_MARK,    /* mark */
	NF_XT_CT_MARK, /* mark, of the connection */
	NF_XT_NOTRACK,
	NF_XT_UNKNOWN, /* reason */
};

struct nf_xt_effect {
	enum nf_xt_action action;
	struct nf_verdict verdict;
	struct nf_address to; /* family 0: as it is (REDIRECT: this host) */
	bool is_redirect;
	uint16_t port; /* host order; 0: as it is */
	struct nf_number mark;
	const char *reason;
};

struct nf_xt_effect nf_xt_target(struct nf_context *context,
    const struct nf_packet *packet, const struct nf_expr *expr);

/*
 * nf_set_lookup - is that key in the set? Loads the set when it must
 *
 * key, known  [set->key_length], bits that are 0 in known are not known
 * ret         the element, when the answer is YES or MAYBE; else NULL
 *
 * MAYBE: some elements match whatever the unknown bits are, others not; the
 * set changes by packets or a timeout; the element has a guard (limit, quota).
 * A map that gives different things for the unknown bits is UNKNOWN here;
 * nf_set_hits tells them apart.
 */
struct nf_match nf_set_lookup(struct nf_context *context, struct nf_set *set,
    const uint8_t *key, const uint8_t *known, const struct nf_element **ret);

/* As many as there may be live paths. */
#define NF_HITS_MAX 64U

/* What a key with unknown bits may hit; elements of one effect count once. */
struct nf_hits {
	const struct nf_element *elements[NF_HITS_MAX];
	size_t count;
	bool may_miss; /* or it is not in the set */
	bool is_cut;   /* there are more */
};

/*
 * nf_set_hits - all that nf_set_lookup may have meant
 *
 * Returns as that one does, but MAYBE where it has UNKNOWN for a map.
 */
struct nf_match nf_set_hits(struct nf_context *context, struct nf_set *set,
    const uint8_t *key, const uint8_t *known, struct nf_hits *ret);

#endif
