/*
 * nft_expr.h - how each expression is read; between nft_expr.c and its parts
 */
#ifndef MAILFIX_SYS_NFT_EXPR_H
#define MAILFIX_SYS_NFT_EXPR_H

#include "agent/sys/nft_decode.h"

/* Fills what it has beside op; false: something in it is not understood. */
typedef bool nft_expr_fn(struct nft_decoder *decoder,
    const struct nft_attrs *attrs, struct nf_expr *ret);

struct nft_expr_row {
	const char *name;
	enum nf_op op;
	const char *kinds; /* nft_attrs_read */
	nft_expr_fn *read; /* NULL: nothing in it matters to us */
};

/* A register as a slot; NF_SLOT_NONE: no such attribute. False: unknown. */
bool nft_slot_read(const struct nft_attrs *attrs, unsigned type, uint8_t *ret);

/* nft_expr_load.c: what loads, compares and computes */
nft_expr_fn nft_payload_read, nft_cmp_read, nft_immediate_read, nft_meta_read,
    nft_ct_read, nft_bitwise_read, nft_range_read, nft_byteorder_read,
    nft_fib_read, nft_exthdr_read, nft_rt_read, nft_socket_read, nft_dreg_read,
    nft_tunnel_read, nft_numgen_read, nft_hash_read, nft_inner_read;

/* nft_expr_act.c: what looks up, limits, changes the way of a packet */
nft_expr_fn nft_lookup_read, nft_xt_read, nft_limit_read, nft_log_read,
    nft_reject_read, nft_nat_read, nft_masq_read, nft_redir_read,
    nft_tproxy_read, nft_dynset_read, nft_connlimit_read, nft_quota_read,
    nft_objref_read, nft_queue_read;

#endif
