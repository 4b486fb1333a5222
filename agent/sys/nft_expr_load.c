/*
 * nft_expr_load.c - expressions that load, compare and compute
 *
 * Purpose  registers, offsets and data of each
 * Input    attributes whose lengths nft_attrs_read has checked
 * Errors   false: not understood
 * Runs as  observer
 * Source   linux/netfilter/nf_tables.h; net/netfilter/nft_*.c
 */
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "agent/sys/nft_expr.h"

/* Since Linux 6.13: NFTA_BITWISE_SREG2 and three operations. */
#define BITWISE_SREG2 8U
#define BITWISE_AND   3U
#define BITWISE_XOR   5U

#define NFTA_INNER_EXPR_TYPE 5U

/* Both of the registers; a write when there is a source. */
static bool
registers_read(const struct nft_attrs *attrs, unsigned dreg, unsigned sreg,
    struct nf_expr *ret)
{
	if (!nft_slot_read(attrs, dreg, &ret->dreg) ||
	    (sreg != 0 && !nft_slot_read(attrs, sreg, &ret->sreg)))
		return false;
	ret->is_write = ret->sreg != NF_SLOT_NONE;
	return ret->is_write != (ret->dreg != NF_SLOT_NONE);
}

/* Within the register file; 0 is nothing that the kernel would load. */
static bool
length_read(const struct nft_attrs *attrs, unsigned type, struct nf_expr *ret)
{
	uint32_t length = nft_attr_u32(attrs, type, 0);

	ret->length = (uint8_t)length;
	return length > 0 && length <= NFT_DATA_VALUE_MAXLEN;
}

bool
nft_payload_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	(void)decoder;
	ret->payload.base = nft_attr_u32(attrs, NFTA_PAYLOAD_BASE, UINT32_MAX);
	ret->payload.offset = nft_attr_u32(attrs, NFTA_PAYLOAD_OFFSET, 0);
	return registers_read(
	           attrs, NFTA_PAYLOAD_DREG, NFTA_PAYLOAD_SREG, ret) &&
	       length_read(attrs, NFTA_PAYLOAD_LEN, ret);
}

bool
nft_cmp_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	struct nft_data data;

	if (attrs->at[NFTA_CMP_DATA] == NULL ||
	    !nft_data_read(decoder, attrs->at[NFTA_CMP_DATA], &data) ||
	    data.bytes == NULL ||
	    !nft_slot_read(attrs, NFTA_CMP_SREG, &ret->sreg))
		return false;
	ret->cmp.op = nft_attr_u32(attrs, NFTA_CMP_OP, UINT32_MAX);
	ret->cmp.data = nft_data_keep(decoder, data.bytes, data.length);
	ret->length = data.length;
	return ret->sreg < NF_SLOT_COUNT;
}

bool
nft_range_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	struct nft_data from, to;

	if (attrs->at[NFTA_RANGE_FROM_DATA] == NULL ||
	    attrs->at[NFTA_RANGE_TO_DATA] == NULL ||
	    !nft_data_read(decoder, attrs->at[NFTA_RANGE_FROM_DATA], &from) ||
	    !nft_data_read(decoder, attrs->at[NFTA_RANGE_TO_DATA], &to) ||
	    from.bytes == NULL || to.bytes == NULL ||
	    from.length != to.length ||
	    !nft_slot_read(attrs, NFTA_RANGE_SREG, &ret->sreg))
		return false;
	ret->range.op = nft_attr_u32(attrs, NFTA_RANGE_OP, UINT32_MAX);
	ret->range.from = nft_data_keep(decoder, from.bytes, from.length);
	ret->range.to = nft_data_keep(decoder, to.bytes, to.length);
	ret->length = from.length;
	return ret->sreg < NF_SLOT_COUNT;
}

bool
nft_immediate_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	struct nft_data data;

	if (attrs->at[NFTA_IMMEDIATE_DATA] == NULL ||
	    !nft_data_read(decoder, attrs->at[NFTA_IMMEDIATE_DATA], &data) ||
	    !nft_slot_read(attrs, NFTA_IMMEDIATE_DREG, &ret->dreg))
		return false;
	if (data.bytes == NULL) {
		ret->immediate.verdict = data.verdict;
		return ret->dreg == NF_SLOT_VERDICT;
	}
	ret->immediate.data = nft_data_keep(decoder, data.bytes, data.length);
	ret->length = data.length;
	return ret->dreg < NF_SLOT_COUNT;
}

bool
nft_meta_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	(void)decoder;
	ret->key.key = nft_attr_u32(attrs, NFTA_META_KEY, UINT32_MAX);
	ret->key.direction = UINT8_MAX;
	return registers_read(attrs, NFTA_META_DREG, NFTA_META_SREG, ret);
}

bool
nft_ct_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	(void)decoder;
	ret->key.key = nft_attr_u32(attrs, NFTA_CT_KEY, UINT32_MAX);
	ret->key.direction =
	    (uint8_t)nft_attr_u32(attrs, NFTA_CT_DIRECTION, UINT8_MAX);
	return registers_read(attrs, NFTA_CT_DREG, NFTA_CT_SREG, ret);
}

/* xfrm, too: its first two attributes are the same */
bool
nft_rt_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	(void)decoder;
	ret->key.key = nft_attr_u32(attrs, NFTA_RT_KEY, UINT32_MAX);
	ret->key.direction = UINT8_MAX;
	return registers_read(attrs, NFTA_RT_DREG, 0, ret);
}

bool
nft_socket_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	(void)decoder;
	ret->key.key = nft_attr_u32(attrs, NFTA_SOCKET_KEY, UINT32_MAX);
	ret->key.level = nft_attr_u32(attrs, NFTA_SOCKET_LEVEL, 0);
	ret->key.direction = UINT8_MAX;
	return registers_read(attrs, NFTA_SOCKET_DREG, 0, ret);
}

bool
nft_tunnel_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	(void)decoder;
	ret->key.key = nft_attr_u32(attrs, NFTA_TUNNEL_KEY, UINT32_MAX);
	ret->key.direction = UINT8_MAX;
	return registers_read(attrs, NFTA_TUNNEL_DREG, 0, ret);
}

/* osf: the name of the system of a peer, whatever the rest says */
bool
nft_dreg_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	(void)decoder;
	return registers_read(attrs, NFTA_OSF_DREG, 0, ret);
}

/* What it computes may have two sources, and must say which operation it is. */
static bool
bitwise_data_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    unsigned type, uint8_t length, const uint8_t **ret)
{
	struct nft_data data;

	if (attrs->at[type] == NULL ||
	    !nft_data_read(decoder, attrs->at[type], &data) ||
	    data.bytes == NULL || data.length != length)
		return false;
	*ret = nft_data_keep(decoder, data.bytes, data.length);
	return true;
}

/* The number of bits comes as four bytes in the order of the host. */
static bool
bitwise_shift_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	const uint8_t *bytes;

	if (!bitwise_data_read(decoder, attrs, NFTA_BITWISE_DATA,
	        sizeof(ret->bitwise.shift), &bytes))
		return false;
	(void)memcpy(&ret->bitwise.shift, bytes, sizeof(ret->bitwise.shift));
	return ret->bitwise.shift < 32;
}

bool
nft_bitwise_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	uint32_t op = nft_attr_u32(attrs, NFTA_BITWISE_OP, 0);

	if (!length_read(attrs, NFTA_BITWISE_LEN, ret) ||
	    !nft_slot_read(attrs, NFTA_BITWISE_SREG, &ret->sreg) ||
	    !nft_slot_read(attrs, NFTA_BITWISE_DREG, &ret->dreg) ||
	    !nft_slot_read(attrs, BITWISE_SREG2, &ret->sreg2) ||
	    ret->sreg >= NF_SLOT_COUNT || ret->dreg >= NF_SLOT_COUNT)
		return false;
	ret->bitwise.op = op;
	if (op == NFT_BITWISE_BOOL)
		return bitwise_data_read(decoder, attrs, NFTA_BITWISE_MASK,
		           ret->length, &ret->bitwise.mask) &&
		       bitwise_data_read(decoder, attrs, NFTA_BITWISE_XOR,
		           ret->length, &ret->bitwise.xor);
	if (op == NFT_BITWISE_LSHIFT || op == NFT_BITWISE_RSHIFT)
		return bitwise_shift_read(decoder, attrs, ret);
	if (op < BITWISE_AND || op > BITWISE_XOR)
		return false;
	return ret->sreg2 < NF_SLOT_COUNT ||
	       bitwise_data_read(decoder, attrs, NFTA_BITWISE_DATA, ret->length,
	           &ret->bitwise.mask);
}

bool
nft_byteorder_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	(void)decoder;
	ret->byteorder.op = nft_attr_u32(attrs, NFTA_BYTEORDER_OP, UINT32_MAX);
	ret->byteorder.size = nft_attr_u32(attrs, NFTA_BYTEORDER_SIZE, 0);
	return length_read(attrs, NFTA_BYTEORDER_LEN, ret) &&
	       nft_slot_read(attrs, NFTA_BYTEORDER_SREG, &ret->sreg) &&
	       nft_slot_read(attrs, NFTA_BYTEORDER_DREG, &ret->dreg) &&
	       ret->sreg < NF_SLOT_COUNT && ret->dreg < NF_SLOT_COUNT;
}

bool
nft_fib_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	(void)decoder;
	ret->fib.result = nft_attr_u32(attrs, NFTA_FIB_RESULT, UINT32_MAX);
	ret->fib.flags = nft_attr_u32(attrs, NFTA_FIB_FLAGS, 0);
	return registers_read(attrs, NFTA_FIB_DREG, 0, ret);
}

/* Neither register: the option is taken out ("reset tcp option"). */
bool
nft_exthdr_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	uint32_t length = nft_attr_u32(attrs, NFTA_EXTHDR_LEN, 0);

	(void)decoder;
	ret->exthdr.type = nft_attr_u32(attrs, NFTA_EXTHDR_TYPE, UINT32_MAX);
	ret->exthdr.offset = nft_attr_u32(attrs, NFTA_EXTHDR_OFFSET, 0);
	ret->exthdr.op =
	    nft_attr_u32(attrs, NFTA_EXTHDR_OP, NFT_EXTHDR_OP_IPV6);
	ret->exthdr.flags = nft_attr_u32(attrs, NFTA_EXTHDR_FLAGS, 0);
	if (!nft_slot_read(attrs, NFTA_EXTHDR_DREG, &ret->dreg) ||
	    !nft_slot_read(attrs, NFTA_EXTHDR_SREG, &ret->sreg) ||
	    length > NFT_DATA_VALUE_MAXLEN)
		return false;
	ret->length = (uint8_t)length;
	ret->is_write = ret->dreg == NF_SLOT_NONE;
	return true;
}

bool
nft_numgen_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	(void)decoder;
	ret->number.type = nft_attr_u32(attrs, NFTA_NG_TYPE, UINT32_MAX);
	ret->number.modulus = nft_attr_u32(attrs, NFTA_NG_MODULUS, 0);
	ret->number.offset = nft_attr_u32(attrs, NFTA_NG_OFFSET, 0);
	return registers_read(attrs, NFTA_NG_DREG, 0, ret);
}

bool
nft_hash_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	(void)decoder;
	ret->number.type =
	    nft_attr_u32(attrs, NFTA_HASH_TYPE, NFT_HASH_JENKINS);
	ret->number.modulus = nft_attr_u32(attrs, NFTA_HASH_MODULUS, 0);
	ret->number.offset = nft_attr_u32(attrs, NFTA_HASH_OFFSET, 0);
	ret->number.seed = nft_attr_u32(attrs, NFTA_HASH_SEED, 0);
	ret->length = (uint8_t)nft_attr_u32(attrs, NFTA_HASH_LEN, 0);
	return nft_slot_read(attrs, NFTA_HASH_SREG, &ret->sreg) &&
	       nft_slot_read(attrs, NFTA_HASH_DREG, &ret->dreg) &&
	       ret->dreg < NF_SLOT_COUNT &&
	       nft_attr_u32(attrs, NFTA_HASH_LEN, 0) <= NFT_DATA_VALUE_MAXLEN;
}

/* What it loads of an inner packet is not known; where it puts it, is. */
bool
nft_inner_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_expr *ret)
{
	static const char two_registers[] = "44444444";
	struct nft_attrs inner, registers;

	(void)decoder;
	if (attrs->at[NFTA_INNER_EXPR_TYPE] == NULL)
		return false;
	nft_attrs_read(attrs->at[NFTA_INNER_EXPR_TYPE], "sn", &inner);
	if (inner.odd != 0 || inner.at[NFTA_EXPR_DATA] == NULL)
		return false;
	/* payload and meta: both begin with dreg */
	nft_attrs_read(inner.at[NFTA_EXPR_DATA], two_registers, &registers);
	return registers.odd == 0 &&
	       nft_slot_read(&registers, NFTA_PAYLOAD_DREG, &ret->dreg) &&
	       ret->dreg < NF_SLOT_COUNT;
}
