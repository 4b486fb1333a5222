/*
 * nft_expr_act.c - expressions that look up, limit, log, and turn packets
 *
 * Purpose  sets, registers and numbers of each
 * Input    attributes whose lengths nft_attrs_read has checked
 * Errors   false: not understood
 * Runs as  observer
 * Source   linux/netfilter/nf_tables.h; net/netfilter/nft_*.c
 */
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "agent/sys/nft_expr.h"

/* The set of that name in the table of the rule. */
static const char *
set_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    unsigned type, struct nf_set **ret)
{
	const char *raw = nft_attr_text(attrs, type);
	const char *name;

	*ret = NULL;
	if (raw == NULL)
		return NULL;
	*ret = nf_set_find(decoder->ruleset, decoder->table, raw);
	if (*ret != NULL)
		return (*ret)->name;
	name = nft_text_dup(decoder->arena, raw, strlen(raw));
	*ret = nf_set_find(decoder->ruleset, decoder->table, name);
	return name;
}

bool
nft_lookup_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	uint32_t flags = nft_attr_u32(attrs, NFTA_LOOKUP_FLAGS, 0);

	ret->lookup.name =
	    set_read(decoder, attrs, NFTA_LOOKUP_SET, &ret->lookup.set);
	ret->is_inverted = (flags & NFT_LOOKUP_F_INV) != 0;
	return (flags & ~(uint32_t)NFT_LOOKUP_F_INV) == 0 &&
	       ret->lookup.name != NULL &&
	       nft_slot_read(attrs, NFTA_LOOKUP_SREG, &ret->sreg) &&
	       nft_slot_read(attrs, NFTA_LOOKUP_DREG, &ret->dreg) &&
	       ret->sreg < NF_SLOT_COUNT;
}

/* One guard or a list of them. */
static void
guards_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	if (attrs->at[NFTA_DYNSET_EXPRESSIONS] != NULL) {
		ret->lookup.expr_count = nft_exprs_read(decoder,
		    attrs->at[NFTA_DYNSET_EXPRESSIONS], &ret->lookup.exprs);
	} else if (attrs->at[NFTA_DYNSET_EXPR] != NULL) {
		struct nf_expr *one =
		    arena_alloc(decoder->arena, 1, sizeof(*one));

		nft_expr_read(decoder, attrs->at[NFTA_DYNSET_EXPR], one);
		ret->lookup.exprs = one;
		ret->lookup.expr_count = 1;
	}
}

bool
nft_dynset_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	static const uint32_t known = NFT_DYNSET_F_INV | NFT_DYNSET_F_EXPR;
	uint32_t flags = nft_attr_u32(attrs, NFTA_DYNSET_FLAGS, 0);

	ret->lookup.name =
	    set_read(decoder, attrs, NFTA_DYNSET_SET_NAME, &ret->lookup.set);
	ret->lookup.op = nft_attr_u32(attrs, NFTA_DYNSET_OP, UINT32_MAX);
	ret->is_inverted = (flags & NFT_DYNSET_F_INV) != 0;
	guards_read(decoder, attrs, ret);
	return (flags & ~known) == 0 && ret->lookup.name != NULL &&
	       nft_slot_read(attrs, NFTA_DYNSET_SREG_KEY, &ret->sreg) &&
	       nft_slot_read(attrs, NFTA_DYNSET_SREG_DATA, &ret->sreg2) &&
	       ret->sreg < NF_SLOT_COUNT;
}

bool
nft_xt_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	const struct nlattr *info = attrs->at[NFTA_MATCH_INFO];
	const char *name = nft_attr_text(attrs, NFTA_MATCH_NAME);
	size_t length = info != NULL ? mnl_attr_get_payload_len(info) : 0;

	if (name == NULL)
		return false;
	ret->xt.name = nft_text_dup(decoder->arena, name, strlen(name));
	ret->xt.revision = nft_attr_u32(attrs, NFTA_MATCH_REV, 0);
	ret->xt.info_length = (uint16_t)length;
	if (length > 0 && length <= UINT8_MAX) {
		ret->xt.info =
		    nft_data_keep(decoder, mnl_attr_get_payload(info), length);
	} else if (length > 0) {
		uint8_t *copy = arena_alloc(decoder->arena, length, 1);

		(void)memcpy(copy, mnl_attr_get_payload(info), length);
		ret->xt.info = copy;
	}
	return true;
}

bool
nft_limit_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	uint32_t flags = nft_attr_u32(attrs, NFTA_LIMIT_FLAGS, 0);

	(void)decoder;
	ret->limit.rate = nft_attr_u64(attrs, NFTA_LIMIT_RATE, 0);
	ret->limit.per_s = nft_attr_u64(attrs, NFTA_LIMIT_UNIT, 0);
	ret->limit.burst = nft_attr_u32(attrs, NFTA_LIMIT_BURST, 0);
	ret->limit.type = nft_attr_u32(attrs, NFTA_LIMIT_TYPE, NFT_LIMIT_PKTS);
	ret->is_inverted = (flags & NFT_LIMIT_F_INV) != 0;
	return (flags & ~(uint32_t)NFT_LIMIT_F_INV) == 0;
}

bool
nft_connlimit_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	uint32_t flags = nft_attr_u32(attrs, NFTA_CONNLIMIT_FLAGS, 0);

	(void)decoder;
	ret->amount.count = nft_attr_u32(attrs, NFTA_CONNLIMIT_COUNT, 0);
	ret->is_inverted = (flags & NFT_CONNLIMIT_F_INV) != 0;
	return (flags & ~(uint32_t)NFT_CONNLIMIT_F_INV) == 0;
}

bool
nft_quota_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	static const uint32_t known = NFT_QUOTA_F_INV | NFT_QUOTA_F_DEPLETED;
	uint32_t flags = nft_attr_u32(attrs, NFTA_QUOTA_FLAGS, 0);

	(void)decoder;
	ret->amount.count = nft_attr_u64(attrs, NFTA_QUOTA_BYTES, 0);
	ret->amount.used = nft_attr_u64(attrs, NFTA_QUOTA_CONSUMED, 0);
	ret->is_inverted = (flags & NFT_QUOTA_F_INV) != 0;
	return (flags & ~known) == 0;
}

bool
nft_log_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	const char *prefix = nft_attr_text(attrs, NFTA_LOG_PREFIX);

	if (prefix != NULL)
		ret->log.prefix =
		    nft_text_dup(decoder->arena, prefix, strlen(prefix));
	return true;
}

bool
nft_objref_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	const char *name = nft_attr_text(attrs, NFTA_OBJREF_IMM_NAME);

	ret->object.type = nft_attr_u32(attrs, NFTA_OBJREF_IMM_TYPE, 0);
	if (name != NULL) {
		ret->object.name =
		    nft_text_dup(decoder->arena, name, strlen(name));
		return true;
	}
	return set_read(decoder, attrs, NFTA_OBJREF_SET_NAME,
	           &ret->object.set) != NULL &&
	       nft_slot_read(attrs, NFTA_OBJREF_SET_SREG, &ret->sreg) &&
	       ret->sreg < NF_SLOT_COUNT;
}

bool
nft_reject_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	(void)decoder;
	ret->reject.type = nft_attr_u32(attrs, NFTA_REJECT_TYPE, UINT32_MAX);
	ret->reject.code = nft_attr_u32(attrs, NFTA_REJECT_ICMP_CODE, 0);
	return true;
}

bool
nft_queue_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	(void)decoder;
	ret->queue.flags = nft_attr_u32(attrs, NFTA_QUEUE_FLAGS, 0);
	return nft_slot_read(attrs, NFTA_QUEUE_SREG_QNUM, &ret->sreg);
}

static void
nat_clear(struct nf_expr *ret)
{
	ret->nat.address_min = ret->nat.address_max = NF_SLOT_NONE;
	ret->nat.port_min = ret->nat.port_max = NF_SLOT_NONE;
}

bool
nft_nat_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	(void)decoder;
	nat_clear(ret);
	ret->nat.type = nft_attr_u32(attrs, NFTA_NAT_TYPE, UINT32_MAX);
	ret->nat.family = nft_attr_u32(attrs, NFTA_NAT_FAMILY, 0);
	ret->nat.flags = nft_attr_u32(attrs, NFTA_NAT_FLAGS, 0);
	return nft_slot_read(
	           attrs, NFTA_NAT_REG_ADDR_MIN, &ret->nat.address_min) &&
	       nft_slot_read(
	           attrs, NFTA_NAT_REG_ADDR_MAX, &ret->nat.address_max) &&
	       nft_slot_read(
	           attrs, NFTA_NAT_REG_PROTO_MIN, &ret->nat.port_min) &&
	       nft_slot_read(attrs, NFTA_NAT_REG_PROTO_MAX, &ret->nat.port_max);
}

bool
nft_masq_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	(void)decoder;
	nat_clear(ret);
	ret->nat.flags = nft_attr_u32(attrs, NFTA_MASQ_FLAGS, 0);
	return nft_slot_read(
	           attrs, NFTA_MASQ_REG_PROTO_MIN, &ret->nat.port_min) &&
	       nft_slot_read(
	           attrs, NFTA_MASQ_REG_PROTO_MAX, &ret->nat.port_max);
}

bool
nft_redir_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	(void)decoder;
	nat_clear(ret);
	ret->nat.type = NFT_NAT_DNAT;
	ret->nat.flags = nft_attr_u32(attrs, NFTA_REDIR_FLAGS, 0);
	return nft_slot_read(
	           attrs, NFTA_REDIR_REG_PROTO_MIN, &ret->nat.port_min) &&
	       nft_slot_read(
	           attrs, NFTA_REDIR_REG_PROTO_MAX, &ret->nat.port_max);
}

bool
nft_tproxy_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	(void)decoder;
	nat_clear(ret);
	ret->nat.type = NFT_NAT_DNAT;
	ret->nat.family = nft_attr_u32(attrs, NFTA_TPROXY_FAMILY, 0);
	return nft_slot_read(
	           attrs, NFTA_TPROXY_REG_ADDR, &ret->nat.address_min) &&
	       nft_slot_read(attrs, NFTA_TPROXY_REG_PORT, &ret->nat.port_min);
}
