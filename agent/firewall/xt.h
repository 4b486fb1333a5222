/*
 * xt.h - one row for each match and target of the xtables compatibility layer
 *
 * Between xt_table.c, the files that know the layouts, and rule_text.c.
 */
#ifndef MAILFIX_FIREWALL_XT_H
#define MAILFIX_FIREWALL_XT_H

#include "agent/base/buf.h"
#include "agent/firewall/packet.h"

/* A match or target, once its size has been checked. */
struct nf_xt_call {
	const struct nf_expr *expr;
	uint8_t family; /* AF_INET, AF_INET6 */
	/* NULL when it is only to be told in words */
	struct nf_context *context;
	const struct nf_packet *packet;
};

/* How the kernel pads what it keeps of a match (XT_ALIGN). */
#define XT_SIZE(type) ((sizeof(type) + 7U) / 8U * 8U)

/* The layout, copied: the bytes are not aligned. */
#define XT_INFO(type, name, call)                                              \
	type name;                                                             \
	(void)memcpy(&(name), (call)->expr->xt.info, sizeof(name))

typedef struct nf_match nf_xt_match_fn(const struct nf_xt_call *call);
typedef struct nf_xt_effect nf_xt_target_fn(const struct nf_xt_call *call);
typedef void nf_xt_text_fn(struct buf *out, const struct nf_xt_call *call);

struct nf_xt_row {
	const char *name;
	uint8_t revision_min, revision_max;
	uint16_t size;           /* XT_SIZE of the layout */
	uint8_t family;          /* 0: both */
	nf_xt_match_fn *match;   /* of matches */
	nf_xt_target_fn *target; /* of targets */
	nf_xt_text_fn *text;     /* NULL: nothing is to be said */
};

/*
 * nf_xt_find - the row of a match or target (expr->op), AF_INET or AF_INET6
 * NULL: it is not known, or not in this revision, or has another size.
 */
const struct nf_xt_row *nf_xt_find(const struct nf_expr *expr, uint8_t family);

/* Answers. */
struct nf_match nf_xt_is(bool is_match);
struct nf_match nf_xt_maybe(bool is_usual, const char *reason);
struct nf_match nf_xt_unknown(const char *reason);
struct nf_match nf_xt_not(struct nf_match match);
struct nf_match nf_xt_invert(struct nf_match match, bool is_inverted);
struct nf_match nf_xt_and(struct nf_match a, struct nf_match b);
struct nf_match nf_xt_or(struct nf_match a, struct nf_match b);

/* nf_xt_port - is the port of the packet in [from, to]? */
struct nf_match nf_xt_port(
    const struct nf_packet *packet, bool is_source, unsigned from, unsigned to);
/* the port itself; 0: not known */
uint16_t nf_xt_port_get(const struct nf_packet *packet, bool is_source);

/* bytes of an address: 4, 16 */
size_t nf_xt_address_length(uint8_t family);

/* The functions, by file. */
/* xt_proto.c */
nf_xt_match_fn nf_xt_tcp, nf_xt_udp, nf_xt_multiport_v0, nf_xt_multiport;
nf_xt_match_fn nf_xt_foreign, nf_xt_absent, nf_xt_ipv6header;
nf_xt_match_fn nf_xt_length, nf_xt_ttl, nf_xt_dscp, nf_xt_tos;
nf_xt_match_fn nf_xt_ecn, nf_xt_tcpmss;
/* xt_conntrack.c */
nf_xt_match_fn nf_xt_state, nf_xt_conntrack_v1, nf_xt_conntrack_v2;
nf_xt_match_fn nf_xt_conntrack, nf_xt_connmark, nf_xt_helper;
/* xt_address.c */
nf_xt_match_fn nf_xt_addrtype_v0, nf_xt_addrtype, nf_xt_iprange;
nf_xt_match_fn nf_xt_set_v0, nf_xt_set, nf_xt_set_v3, nf_xt_set_v4;
/* xt_host.c */
nf_xt_match_fn nf_xt_mark, nf_xt_owner, nf_xt_physdev, nf_xt_pkttype;
nf_xt_match_fn nf_xt_devgroup, nf_xt_socket, nf_xt_rpfilter, nf_xt_policy;
nf_xt_match_fn nf_xt_mac;
/* xt_count.c */
nf_xt_match_fn nf_xt_comment, nf_xt_limit, nf_xt_hashlimit_v1;
nf_xt_match_fn nf_xt_hashlimit_v2, nf_xt_hashlimit, nf_xt_recent;
nf_xt_match_fn nf_xt_connlimit, nf_xt_statistic;
nf_xt_match_fn nf_xt_string, nf_xt_time, nf_xt_quota, nf_xt_cpu;
nf_xt_match_fn nf_xt_connbytes;
/* xt_target.c */
nf_xt_target_fn nf_xt_continue, nf_xt_reject, nf_xt_mark_set, nf_xt_hmark;
nf_xt_target_fn nf_xt_connmark_v1, nf_xt_connmark_v2, nf_xt_notrack;
nf_xt_target_fn nf_xt_ct, nf_xt_queue, nf_xt_tproxy, nf_xt_set_v3_target;
nf_xt_target_fn nf_xt_synproxy;
/* xt_nat.c */
nf_xt_target_fn nf_xt_redirect_v4, nf_xt_redirect_v6, nf_xt_masquerade;
nf_xt_target_fn nf_xt_dnat_v0, nf_xt_dnat_v1, nf_xt_dnat_v2;
nf_xt_target_fn nf_xt_snat_v0, nf_xt_snat_v1;
nf_xt_target_fn nf_xt_netmap_v4, nf_xt_netmap_v6;

#endif
