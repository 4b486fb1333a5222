/*
 * eval_compute.c - compare and change registers
 *
 * Purpose  cmp, range, bitwise, byteorder on bytes of which some are unknown
 * Input    expressions of a rule set; registers
 * Errors   an operation that is not known: the rule is not understood
 * Runs as  observer, planner, tests
 * Source   nft_cmp.c, nft_range.c, nft_bitwise.c, nft_byteorder.c of Linux
 */
#include <endian.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "agent/firewall/eval_parts.h"

/* NFTA_BITWISE_OP of newer kernels (6.13), which the header may not have. */
enum { BITWISE_AND = 3, BITWISE_OR = 4, BITWISE_XOR = 5 };

static uint8_t *
bytes_at(struct nf_eval *eval, uint8_t slot)
{
	return eval->registers->bytes + slot * (size_t)NF_SLOT_BYTES;
}

/* What the unknown bits allow: the least and the greatest. */
struct bounds {
	uint8_t least[EVAL_REGISTER_BYTES], greatest[EVAL_REGISTER_BYTES];
};

static void
bounds_of(struct nf_eval *eval, uint8_t slot, size_t length, struct bounds *ret)
{
	const struct eval_registers *registers = eval->registers;
	size_t at = slot * (size_t)NF_SLOT_BYTES;
	const struct nf_packet *packet = &eval->branch->state.packet;
	const struct eval_note *note = registers->notes[slot];

	for (size_t i = 0; i < length; i++) {
		uint8_t known = registers->known[at + i];

		ret->least[i] = registers->bytes[at + i] & known;
		ret->greatest[i] = ret->least[i] | (uint8_t) ~(unsigned)known;
	}
	if (length == 2 && note != NULL && note->is_source_port &&
	    !eval_is_known(registers, slot, length)) {
		uint16_t least = htobe16(packet->source_port_min);
		uint16_t greatest = htobe16(packet->source_port_max);

		(void)memcpy(ret->least, &least, sizeof(least));
		(void)memcpy(ret->greatest, &greatest, sizeof(greatest));
	}
}

/* Does every value, does none lie in from..to? */
static enum nf_truth
bounds_in(const struct bounds *bounds, const uint8_t *from, const uint8_t *to,
    size_t length)
{
	if (memcmp(bounds->greatest, from, length) < 0 ||
	    memcmp(bounds->least, to, length) > 0)
		return NF_NO;
	if (memcmp(bounds->least, from, length) >= 0 &&
	    memcmp(bounds->greatest, to, length) <= 0)
		return NF_YES;
	return NF_MAYBE;
}

/* Some bit that is known differs: not equal. */
static enum nf_truth
bits_equal(
    struct nf_eval *eval, uint8_t slot, const uint8_t *data, size_t length)
{
	const struct eval_registers *registers = eval->registers;
	size_t at = slot * (size_t)NF_SLOT_BYTES;
	bool is_known = true;

	for (size_t i = 0; i < length; i++) {
		uint8_t known = registers->known[at + i];

		if (((registers->bytes[at + i] ^ data[i]) & known) != 0)
			return NF_NO;
		is_known &= known == 0xff;
	}
	return is_known ? NF_YES : NF_MAYBE;
}

/*
 * An interval of the source port on each branch. What is left beside the middle
 * of the interval is not an interval: it stays whole.
 */
static bool
narrow_port(
    struct nf_eval *eval, uint8_t slot, const uint8_t *from, const uint8_t *to)
{
	const struct nf_packet *packet = &eval->branch->state.packet;
	const struct eval_note *note = eval->registers->notes[slot];
	uint16_t min = packet->source_port_min, max = packet->source_port_max;
	uint16_t low, high;

	if (note == NULL || !note->is_source_port)
		return false;
	(void)memcpy(&low, from, sizeof(low));
	(void)memcpy(&high, to, sizeof(high));
	low = be16toh(low);
	high = be16toh(high);
	eval->narrow = (struct eval_narrow){.is_set = true,
	    .yes_min = low > min ? low : min,
	    .yes_max = high < max ? high : max,
	    .no_min = low <= min ? (uint16_t)(high + 1) : min,
	    .no_max = low > min && high >= max ? (uint16_t)(low - 1) : max};
	/* the larger part is the usual one */
	return eval->narrow.yes_max - eval->narrow.yes_min >= (max - min) / 2;
}

static void
narrow_swap(struct eval_narrow *narrow)
{
	*narrow = (struct eval_narrow){.is_set = narrow->is_set,
	    .yes_min = narrow->no_min,
	    .yes_max = narrow->no_max,
	    .no_min = narrow->yes_min,
	    .no_max = narrow->yes_max};
}

static enum eval_result
truth_result(struct nf_eval *eval, enum nf_truth truth, bool is_inverted,
    uint8_t slot, size_t length, const uint8_t *from, const uint8_t *to)
{
	enum eval_result result;
	bool is_usual;

	switch (truth) {
	case NF_YES:
		return is_inverted ? EVAL_BREAK : EVAL_NEXT;
	case NF_NO:
		return is_inverted ? EVAL_NEXT : EVAL_BREAK;
	case NF_MAYBE:
	case NF_UNKNOWN:
		break;
	}
	/* that something equals one value is the rare case */
	result = eval_doubt_of(eval, slot, length, is_inverted);
	if (length != 2)
		return result;
	is_usual = narrow_port(eval, slot, from, to);
	if (eval->narrow.is_set) {
		eval->match.is_usual = is_usual != is_inverted;
		if (is_inverted)
			narrow_swap(&eval->narrow);
	}
	return result;
}

static enum eval_result
in_range(struct nf_eval *eval, const struct nf_expr *expr, const uint8_t *from,
    const uint8_t *to, bool is_inverted)
{
	struct bounds bounds;
	size_t length = expr->length;
	const uint8_t *value = bytes_at(eval, expr->sreg);

	if (eval_is_known(eval->registers, expr->sreg, length)) {
		bool is_in = memcmp(value, from, length) >= 0 &&
		             memcmp(value, to, length) <= 0;

		return is_in != is_inverted ? EVAL_NEXT : EVAL_BREAK;
	}
	bounds_of(eval, expr->sreg, length, &bounds);
	return truth_result(eval, bounds_in(&bounds, from, to, length),
	    is_inverted, expr->sreg, length, from, to);
}

static enum eval_result
cmp_equal(struct nf_eval *eval, const struct nf_expr *expr, bool is_inverted)
{
	const uint8_t *data = expr->cmp.data;
	size_t length = expr->length;
	enum nf_truth truth;

	if (!eval->registers->has_unknown) {
		bool is_equal =
		    memcmp(bytes_at(eval, expr->sreg), data, length) == 0;

		return is_equal != is_inverted ? EVAL_NEXT : EVAL_BREAK;
	}
	truth = bits_equal(eval, expr->sreg, data, length);
	/* of a source port more is known than its bits */
	if (truth == NF_MAYBE && length == 2)
		return in_range(eval, expr, data, data, is_inverted);
	return truth_result(
	    eval, truth, is_inverted, expr->sreg, length, data, data);
}

/* As ranges with both ends in: "< x" is "not x..greatest". */
static enum eval_result
cmp_order(struct nf_eval *eval, const struct nf_expr *expr)
{
	static const uint8_t zeros[EVAL_REGISTER_BYTES];
	uint8_t ones[EVAL_REGISTER_BYTES];
	const uint8_t *data = expr->cmp.data;

	(void)memset(ones, 0xff, sizeof(ones));
	switch (expr->cmp.op) {
	case NFT_CMP_LT:
		return in_range(eval, expr, data, ones, true);
	case NFT_CMP_LTE:
		return in_range(eval, expr, zeros, data, false);
	case NFT_CMP_GT:
		return in_range(eval, expr, zeros, data, true);
	case NFT_CMP_GTE:
		return in_range(eval, expr, data, ones, false);
	default:
		return eval_not_understood(eval, "compare");
	}
}

enum eval_result
eval_cmp(struct nf_eval *eval, const struct nf_expr *expr)
{
	if (!eval_span(expr->sreg, expr->length))
		return eval_not_understood(eval, "compare");
	eval_sample_cmp(eval, expr);
	if (expr->cmp.op == NFT_CMP_EQ || expr->cmp.op == NFT_CMP_NEQ)
		return cmp_equal(eval, expr, expr->cmp.op == NFT_CMP_NEQ);
	return cmp_order(eval, expr);
}

enum eval_result
eval_range(struct nf_eval *eval, const struct nf_expr *expr)
{
	if (!eval_span(expr->sreg, expr->length) ||
	    expr->range.op > NFT_RANGE_NEQ)
		return eval_not_understood(eval, "range");
	eval_sample_cmp(eval, expr);
	return in_range(eval, expr, expr->range.from, expr->range.to,
	    expr->range.op == NFT_RANGE_NEQ);
}

/* A result whose bits are known where `known` says so. */
static enum eval_result
computed(struct nf_eval *eval, const struct nf_expr *expr, const uint8_t *data,
    const uint8_t *known)
{
	const struct eval_note *note;

	if (!eval->registers->has_unknown)
		return eval_store(eval, expr->dreg, data, expr->length);
	note = eval_note_of(eval->registers, expr->sreg, expr->length);
	if (note->is_source_port) {
		/* no longer the port itself */
		struct eval_note *other =
		    arena_alloc(eval->scratch, 1, sizeof(*other));

		*other = (struct eval_note){note->truth, note->reason, false};
		note = other;
	}
	return eval_store_doubt(
	    eval, expr->dreg, data, known, expr->length, note);
}

static enum eval_result
mask_xor(struct nf_eval *eval, const struct nf_expr *expr)
{
	uint8_t data[EVAL_REGISTER_BYTES], known[EVAL_REGISTER_BYTES];
	struct eval_registers *registers = eval->registers;
	size_t at = expr->sreg * (size_t)NF_SLOT_BYTES;
	bool is_address =
	    registers->address_slot == expr->sreg && expr->dreg == expr->sreg;
	enum eval_result result;

	for (size_t i = 0; i < expr->length; i++) {
		uint8_t mask = expr->bitwise.mask[i];
		uint8_t change =
		    expr->bitwise.xor != NULL ? expr->bitwise.xor [i] : 0;

		data[i] = (registers->bytes[at + i] & mask) ^ change;
		known[i] =
		    registers->has_unknown
		        ? registers->known[at + i] | (uint8_t) ~(unsigned)mask
		        : 0xff;
	}
	result = computed(eval, expr, data, known);
	if (is_address) {
		registers->address_slot = expr->dreg;
		registers->address_mask = expr->bitwise.mask;
	}
	return result;
}

/* AND, OR, XOR with a second register, or with a value in `mask`. */
static enum eval_result
two_registers(struct nf_eval *eval, const struct nf_expr *expr)
{
	uint8_t data[EVAL_REGISTER_BYTES], known[EVAL_REGISTER_BYTES];
	const struct eval_registers *registers = eval->registers;
	size_t at = expr->sreg * (size_t)NF_SLOT_BYTES;
	size_t other = expr->sreg2 * (size_t)NF_SLOT_BYTES;
	bool has_other = expr->sreg2 != NF_SLOT_NONE;

	if (has_other ? !eval_span(expr->sreg2, expr->length)
	              : expr->bitwise.mask == NULL)
		return eval_not_understood(eval, "bitwise");
	for (size_t i = 0; i < expr->length; i++) {
		uint8_t a = registers->bytes[at + i];
		uint8_t b = has_other ? registers->bytes[other + i]
		                      : expr->bitwise.mask[i];
		uint8_t known_a = 0xff, known_b = 0xff;

		if (registers->has_unknown) {
			known_a = registers->known[at + i];
			known_b =
			    has_other ? registers->known[other + i] : 0xff;
		}
		known[i] = known_a & known_b;
		if (expr->bitwise.op == BITWISE_AND) {
			data[i] = a & b;
			known[i] |= (known_a & (uint8_t) ~(unsigned)a) |
			            (known_b & (uint8_t) ~(unsigned)b);
		} else if (expr->bitwise.op == BITWISE_OR) {
			data[i] = a | b;
			known[i] |= (known_a & a) | (known_b & b);
		} else {
			data[i] = a ^ b;
		}
	}
	if (has_other && !eval_is_known(registers, expr->sreg2, expr->length) &&
	    eval_is_known(registers, expr->sreg, expr->length))
		return eval_store_doubt(eval, expr->dreg, data, known,
		    expr->length,
		    eval_note_of(registers, expr->sreg2, expr->length));
	return computed(eval, expr, data, known);
}

/* Words of 32 bits in host order, the first is the highest. */
static void
words_shift(const uint8_t *from, uint8_t *to, size_t length, uint32_t shift,
    bool is_left, uint8_t fill)
{
	uint32_t words[NF_SLOT_COUNT], carry;
	size_t count = (length + NF_SLOT_BYTES - 1) / NF_SLOT_BYTES;

	(void)memset(words, 0, sizeof(words));
	(void)memcpy(words, from, length);
	carry = fill == 0 ? 0
	        : is_left ? UINT32_MAX >> (32 - shift)
	                  : UINT32_MAX << (32 - shift);
	for (size_t n = 0; n < count; n++) {
		size_t i = is_left ? count - 1 - n : n;
		uint32_t word = words[i];

		words[i] = (is_left ? word << shift : word >> shift) | carry;
		carry = is_left ? word >> (32 - shift) : word << (32 - shift);
	}
	(void)memcpy(to, words, length);
}

static enum eval_result
shifted(struct nf_eval *eval, const struct nf_expr *expr)
{
	uint8_t data[EVAL_REGISTER_BYTES], known[EVAL_REGISTER_BYTES];
	const struct eval_registers *registers = eval->registers;
	size_t at = expr->sreg * (size_t)NF_SLOT_BYTES;
	bool is_left = expr->bitwise.op == NFT_BITWISE_LSHIFT;
	uint32_t shift = expr->bitwise.shift;

	if (shift == 0 || shift >= 32)
		return eval_not_understood(eval, "shift");
	words_shift(
	    registers->bytes + at, data, expr->length, shift, is_left, 0);
	(void)memset(known, 0xff, sizeof(known));
	if (registers->has_unknown)
		words_shift(registers->known + at, known, expr->length, shift,
		    is_left, 0xff);
	return computed(eval, expr, data, known);
}

enum eval_result
eval_bitwise(struct nf_eval *eval, const struct nf_expr *expr)
{
	if (!eval_span(expr->sreg, expr->length) ||
	    !eval_span(expr->dreg, expr->length))
		return eval_not_understood(eval, "bitwise");
	switch (expr->bitwise.op) {
	case NFT_BITWISE_BOOL:
		return mask_xor(eval, expr);
	case NFT_BITWISE_LSHIFT:
	case NFT_BITWISE_RSHIFT:
		return shifted(eval, expr);
	case BITWISE_AND:
	case BITWISE_OR:
	case BITWISE_XOR:
		return two_registers(eval, expr);
	default:
		return eval_not_understood(eval, "bitwise");
	}
}

/* To and from network order are the same on either kind of host. */
static void
words_swap(uint8_t *data, size_t length, size_t size)
{
#if __BYTE_ORDER == __LITTLE_ENDIAN
	for (size_t at = 0; at + size <= length; at += size)
		for (size_t i = 0; i < size / 2; i++) {
			uint8_t byte = data[at + i];

			data[at + i] = data[at + size - 1 - i];
			data[at + size - 1 - i] = byte;
		}
#else
	(void)data, (void)length, (void)size;
#endif
}

enum eval_result
eval_byteorder(struct nf_eval *eval, const struct nf_expr *expr)
{
	uint8_t data[EVAL_REGISTER_BYTES], known[EVAL_REGISTER_BYTES];
	size_t at = expr->sreg * (size_t)NF_SLOT_BYTES;
	size_t size = expr->byteorder.size;

	if (!eval_span(expr->sreg, expr->length) ||
	    !eval_span(expr->dreg, expr->length) ||
	    (size != 2 && size != 4 && size != 8) ||
	    expr->byteorder.op > NFT_BYTEORDER_HTON)
		return eval_not_understood(eval, "byteorder");
	(void)memcpy(data, eval->registers->bytes + at, expr->length);
	words_swap(data, expr->length, size);
	(void)memset(known, 0xff, sizeof(known));
	if (eval->registers->has_unknown) {
		(void)memcpy(known, eval->registers->known + at, expr->length);
		words_swap(known, expr->length, size);
	}
	return computed(eval, expr, data, known);
}
