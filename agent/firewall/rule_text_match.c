/*
 * rule_text_match.c - compares in nft's words
 *
 * Purpose  a load, what changes it and a compare become "ip saddr 10.0.0.0/8"
 * Input    expressions of any program: hostile
 * Errors   none; what nft has no words for is told by its bytes
 * Runs as  observer
 * Source   nft(8); what nft 1.0.6 makes of its own rules
 */
#include <linux/netfilter/nf_tables.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/firewall/rule_words.h"

static const char *const operators[] = {
    [NFT_CMP_EQ] = "==",
    [NFT_CMP_NEQ] = "!=",
    [NFT_CMP_LT] = "<",
    [NFT_CMP_LTE] = "<=",
    [NFT_CMP_GT] = ">",
    [NFT_CMP_GTE] = ">=",
};

static const char *
operator_of(const struct nf_expr *expr)
{
	return expr->cmp.op < ARRAY_COUNT(operators) ? operators[expr->cmp.op]
	                                             : "[unknown operator]";
}

/* "lhs ", "lhs != " */
static void
add_left(struct text *text, const char *name, const char *operator)
{
	if (strcmp(operator, "==") == 0)
		text_add(text, "%s ", name);
	else
		text_add(text, "%s %s ", name, operator);
}

/* Is there a load behind this one that says the same by its name? */
static bool
is_told_later(const struct text *text, size_t at, uint32_t base)
{
	for (size_t i = at + 1; i < text->rule->expr_count; i++) {
		const struct nf_expr *expr = &text->rule->exprs[i];

		if (expr->op == NF_OP_PAYLOAD && expr->payload.base == base)
			return true;
		if (base != NFT_PAYLOAD_NETWORK_HEADER)
			continue;
		/* "icmp" and "icmpv6" tell the family too */
		if (expr->op == NF_OP_REJECT &&
		    expr->reject.type == NFT_REJECT_ICMP_UNREACH)
			return true;
		if (expr->op == NF_OP_CMP && expr->length == 1 &&
		    (expr->cmp.data[0] == IPPROTO_ICMP ||
		        expr->cmp.data[0] == IPPROTO_ICMPV6) &&
		    is_told_later(text, i, NFT_PAYLOAD_TRANSPORT_HEADER))
			return true;
	}
	return false;
}

/*
 * nft puts a compare of the protocol before what only that one has; then it is
 * in the name already: "tcp dport 25".
 */
static bool
note_dependency(struct text *text, const struct text_word *word,
    const struct nf_expr *expr, size_t at)
{
	const struct nf_expr *load = word->load;
	uint32_t number;

	if (word->mask || expr->op != NF_OP_CMP || expr->cmp.op != NFT_CMP_EQ)
		return false;
	number = text_number(expr->cmp.data, expr->length, true);
	if (load->op == NF_OP_PAYLOAD && expr->length == 1 &&
	    load->payload.base == NFT_PAYLOAD_NETWORK_HEADER &&
	    ((text->nfproto == NF_FAMILY_IPV4 && load->payload.offset == 9) ||
	        (text->nfproto == NF_FAMILY_IPV6 &&
	            load->payload.offset == 6))) {
		text->protocol = (int)number;
		return is_told_later(text, at, NFT_PAYLOAD_TRANSPORT_HEADER);
	}
	if (load->op != NF_OP_META)
		return false;
	switch (load->key.key) {
	case NFT_META_L4PROTO:
		text->protocol = (int)number;
		return is_told_later(text, at, NFT_PAYLOAD_TRANSPORT_HEADER);
	case NFT_META_NFPROTO:
		text->nfproto = (uint8_t)number;
		return is_told_later(text, at, NFT_PAYLOAD_NETWORK_HEADER);
	case NFT_META_PROTOCOL:
		if (number == ETHERTYPE_IP)
			text->nfproto = NF_FAMILY_IPV4;
		else if (number == ETHERTYPE_IPV6)
			text->nfproto = NF_FAMILY_IPV6;
		return is_told_later(text, at, NFT_PAYLOAD_NETWORK_HEADER);
	case NFT_META_IIFTYPE:
	case NFT_META_OIFTYPE:
		return is_told_later(text, at, NFT_PAYLOAD_LL_HEADER);
	default:
		return false;
	}
}

static bool
is_zero(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] != 0)
			return false;
	}
	return true;
}

static bool
is_flags(enum text_kind kind)
{
	return kind == TEXT_STATE || kind == TEXT_STATUS ||
	       kind == TEXT_TCP_FLAGS;
}

/* (x & mask) op value, of bits with names */
static void
compare_flags(struct text *text, const struct text_field *field,
    const struct text_word *word, const struct nf_expr *expr)
{
	bool is_network = !text_is_host_order(field->kind);
	uint32_t mask =
	    text_number(word->mask->bitwise.mask, expr->length, is_network);
	uint32_t value = text_number(expr->cmp.data, expr->length, is_network);

	if (value == 0 && expr->cmp.op == NFT_CMP_NEQ) {
		text_add(text, "%s ", field->name);
		text_flags(text->out, field->kind, mask, ",");
		return;
	}
	if (value == 0 && expr->cmp.op == NFT_CMP_EQ) {
		text_add(text, "%s ! ", field->name);
		text_flags(text->out, field->kind, mask, ",");
		return;
	}
	text_add(text, "%s & (", field->name);
	text_flags(text->out, field->kind, mask, " | ");
	buf_addf(text->out, ") %s ", operator_of(expr));
	if (value == 0)
		buf_add(text->out, "0");
	else
		text_flags(text->out, field->kind, value, " | ");
}

static void
compare_masked(struct text *text, const struct text_field *field,
    const struct text_word *word, const struct nf_expr *expr)
{
	size_t length = expr->length;
	int bits = text_mask_bits(word->mask->bitwise.mask, length);
	bool is_equal =
	    expr->cmp.op == NFT_CMP_EQ || expr->cmp.op == NFT_CMP_NEQ;

	if (is_flags(field->kind) && length <= 4) {
		compare_flags(text, field, word, expr);
		return;
	}
	if (field->kind == TEXT_ADDRESS && bits >= 0 && is_equal) {
		add_left(text, field->name, operator_of(expr));
		text_prefix(text->out, text, expr->cmp.data, length,
		    field->length, (unsigned)bits);
		return;
	}
	if (field->kind == TEXT_DSCP && length == 1 &&
	    word->mask->bitwise.mask[0] == 0xfc) {
		add_left(text, field->name, operator_of(expr));
	} else {
		text_add(text, "%s & ", field->name);
		text_value(text->out, text, field->kind,
		    word->mask->bitwise.mask, length, word->is_swapped);
		buf_addf(text->out, " %s ", operator_of(expr));
	}
	text_value(text->out, text, field->kind, expr->cmp.data, length,
	    word->is_swapped);
}

/* Both ports at once, as iptables-nft loads them. */
static bool
compare_ports(
    struct text *text, const struct text_word *word, const struct nf_expr *expr)
{
	struct text_word one = *word;
	struct nf_expr load = *word->load;
	struct text_field field;

	if (load.op != NF_OP_PAYLOAD || load.payload.offset != 0 ||
	    load.payload.base != NFT_PAYLOAD_TRANSPORT_HEADER ||
	    load.length != 4 || expr->length != 4 || word->mask ||
	    expr->cmp.op != NFT_CMP_EQ)
		return false;
	load.length = 2;
	one.load = &load;
	for (size_t i = 0; i < 2; i++) {
		load.payload.offset = (uint32_t)i * 2;
		text_field_get(text, &one, &field);
		if (strstr(field.name, "port") == NULL)
			return false;
		text_add(text, "%s %u", field.name,
		    text_number(expr->cmp.data + i * 2, 2, true));
	}
	return true;
}

static void
compare_plain(struct text *text, const struct text_field *field,
    const struct text_word *word, const struct nf_expr *expr)
{
	add_left(text, field->name, operator_of(expr));
	if (field->kind == TEXT_ADDRESS && expr->length < field->length)
		text_prefix(text->out, text, expr->cmp.data, expr->length,
		    field->length, expr->length * 8U);
	else
		text_value(text->out, text, field->kind, expr->cmp.data,
		    expr->length, word->is_swapped);
}

static void
add_range(struct text *text, const struct text_field *field,
    const struct text_word *word, const uint8_t *from, const uint8_t *to,
    size_t length)
{
	text_value(
	    text->out, text, field->kind, from, length, word->is_swapped);
	buf_add(text->out, "-");
	text_value(text->out, text, field->kind, to, length, word->is_swapped);
}

static bool
is_range_begin(const struct text *text, size_t at)
{
	const struct nf_expr *a = &text->rule->exprs[at], *b = a + 1;

	return at + 1 < text->rule->expr_count && a->op == NF_OP_CMP &&
	       a->cmp.op == NFT_CMP_GTE && b->op == NF_OP_CMP &&
	       b->cmp.op == NFT_CMP_LTE && a->sreg == b->sreg &&
	       a->length == b->length;
}

size_t
text_compare(struct text *text, size_t at)
{
	const struct nf_expr *expr = &text->rule->exprs[at];
	const struct text_word *word = text_slot(text, expr->sreg);
	struct text_field field;

	if (!word->load || word->is_changed || word->is_map) {
		text_add(text, "[compare of a value]");
		return 1;
	}
	if (note_dependency(text, word, expr, at))
		return 1;
	if (expr->op == NF_OP_CMP && compare_ports(text, word, expr))
		return 1;
	text_field_get(text, word, &field);
	if (is_range_begin(text, at)) {
		text_add(text, "%s ", field.name);
		add_range(text, &field, word, expr->cmp.data, expr[1].cmp.data,
		    expr->length);
		return 2;
	}
	if (expr->op == NF_OP_RANGE) {
		add_left(text, field.name,
		    expr->range.op == NFT_RANGE_NEQ ? "!=" : "==");
		add_range(text, &field, word, expr->range.from, expr->range.to,
		    expr->length);
	} else if (word->mask && word->mask->bitwise.mask &&
	           word->mask->length >= expr->length &&
	           (!word->mask->bitwise.xor ||
	               is_zero(word->mask->bitwise.xor, word->mask->length))) {
		compare_masked(text, &field, word, expr);
	} else {
		compare_plain(text, &field, word, expr);
	}
	return 1;
}

void
text_key(struct buf *out, struct text *text, uint8_t slot, size_t length)
{
	size_t done = 0;

	while (done < length && slot < NF_SLOT_COUNT) {
		const struct text_word *word = text_slot(text, slot);
		struct text_field field;
		size_t width;

		text_field_get(text, word, &field);
		if (done > 0)
			buf_add(out, " . ");
		buf_add(out,
		    word->is_map ? buf_text(&text->maps[slot]) : field.name);
		width = word->load && word->load->length > 0
		            ? word->load->length
		            : field.length;
		if (width == 0)
			return;
		width = (width + NF_SLOT_BYTES - 1) / NF_SLOT_BYTES;
		slot = (uint8_t)(slot + width);
		done += width * NF_SLOT_BYTES;
	}
}

/* (x & mask) ^ xor, as nft writes it: | & ^ */
static void
add_change(struct buf *out, const struct text *text,
    const struct nf_expr *change, enum text_kind kind)
{
	const uint8_t *kept = change->bitwise.mask;
	const uint8_t *flipped = change->bitwise.xor ;
	size_t length = change->length;
	bool is_or = flipped != NULL;

	for (size_t i = 0; i < length && is_or; i++)
		is_or = (kept[i] ^ flipped[i]) == 0xff;
	if (is_or) {
		buf_add(out, " | ");
		text_value(out, text, kind, flipped, length, false);
		return;
	}
	buf_add(out, " & ");
	text_value(out, text, kind, kept, length, false);
	if (flipped && !is_zero(flipped, length)) {
		buf_add(out, " ^ ");
		text_value(out, text, kind, flipped, length, false);
	}
}

void
text_operand(struct buf *out, struct text *text, uint8_t slot, size_t length,
    enum text_kind kind)
{
	const struct text_word *word = text_slot(text, slot);
	struct text_field field;

	if (word->is_map) {
		buf_add(out, buf_text(&text->maps[slot]));
		return;
	}
	if (word->load && word->load->op == NF_OP_IMMEDIATE) {
		const struct nf_expr *load = word->load;

		if (load->length < length || length == 0)
			length = load->length;
		text_value(out, text, kind, load->immediate.data, length,
		    word->is_swapped);
		return;
	}
	text_field_get(text, word, &field);
	buf_add(out, field.name);
	if (word->is_changed)
		buf_add(out, " [changed]");
	else if (word->mask)
		add_change(out, text, word->mask, field.kind);
}
