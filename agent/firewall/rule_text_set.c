/*
 * rule_text_set.c - look-ups in sets and maps in nft's words
 *
 * Purpose  "tcp dport { 25, 465 }", "ip saddr @blocked", "tcp dport vmap { ... }"
 * Input    elements as the kernel has them, written by any program: hostile
 * Errors   none; elements that cannot be read are "..."
 * Runs as  observer
 * Source   nft(8)
 */
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "agent/firewall/rule_words.h"
#include "agent/firewall/words.h"

/* One line is for reading; a port list of a mail host fits. */
#define ELEMENTS_MAX 10U

/* A field of a key. */
struct part {
	enum text_kind kind;
	size_t at, width, full;
	bool is_swapped;
};

static size_t
parts_get(struct text *text, uint8_t slot, size_t length, struct part *parts)
{
	size_t count = 0, at = 0;

	while (at < length && count < NF_FIELDS_MAX) {
		const struct text_word *word = text_slot(text, slot);
		struct part *part = &parts[count++];
		struct text_field field;
		size_t slots;

		text_field_get(text, word, &field);
		part->kind =
		    word->is_map || word->is_changed ? TEXT_HEX : field.kind;
		part->width = word->load && word->load->length > 0
		                  ? word->load->length
		                  : field.length;
		part->full = field.length;
		part->is_swapped = word->is_swapped;
		part->at = at;
		if (part->width == 0 || part->width > length - at)
			part->width = length - at;
		slots = (part->width + NF_SLOT_BYTES - 1) / NF_SLOT_BYTES;
		at += slots * NF_SLOT_BYTES;
		slot = (uint8_t)(slot + slots);
	}
	return count;
}

/* How many bits do all of [from, to] have in common, if it is a whole prefix? */
static int
common_bits(const uint8_t *from, const uint8_t *to, size_t length)
{
	uint8_t mask[16];

	if (length > sizeof(mask))
		return -1;
	for (size_t i = 0; i < length; i++) {
		mask[i] = (uint8_t) ~(from[i] ^ to[i]);
		if ((from[i] & ~mask[i]) != 0)
			return -1;
	}
	return text_mask_bits(mask, length);
}

static void
add_part(struct buf *out, const struct text *text, const struct part *part,
    const uint8_t *key, const uint8_t *end)
{
	const uint8_t *from = key + part->at;
	const uint8_t *to = end ? end + part->at : from;
	size_t width = part->width;
	int bits;

	if (memcmp(from, to, width) == 0) {
		text_value(
		    out, text, part->kind, from, width, part->is_swapped);
		return;
	}
	bits = common_bits(from, to, width);
	if (bits >= 0 && part->kind == TEXT_ADDRESS) {
		text_prefix(out, text, from, width, width, (unsigned)bits);
		return;
	}
	if (bits > 0 && part->kind == TEXT_NAME) {
		/* of a name the beginning */
		text_value(out, text, TEXT_NAME, from, (size_t)bits / 8, true);
		return;
	}
	text_value(out, text, part->kind, from, width, part->is_swapped);
	buf_add(out, "-");
	text_value(out, text, part->kind, to, width, part->is_swapped);
}

static void
add_element(struct buf *out, struct text *text, const struct nf_set *set,
    const struct nf_element *element, const struct part *parts, size_t count,
    enum text_kind kind)
{
	if (!element->key)
		buf_add(out, "*");
	for (size_t i = 0; element->key && i < count; i++) {
		if (i > 0)
			buf_add(out, " . ");
		add_part(out, text, &parts[i], element->key, element->key_end);
	}
	if (set->is_verdict_map) {
		buf_add(out, " : ");
		text_verdict(out, &element->verdict);
	} else if ((set->flags & NFT_SET_MAP) && element->data) {
		buf_add(out, " : ");
		text_value(
		    out, text, kind, element->data, set->data_length, false);
	}
}

static void
add_elements(struct buf *out, struct text *text, struct nf_set *set,
    uint8_t slot, enum text_kind kind)
{
	struct part parts[NF_FIELDS_MAX];
	size_t count = parts_get(text, slot, set->key_length, parts);
	size_t told = 0;

	buf_add(out, "{ ");
	if (nf_set_load(text->ruleset, set, NULL) < 0) {
		buf_add(out, "... }");
		return;
	}
	for (size_t i = 0; i < set->element_count && told < ELEMENTS_MAX; i++) {
		buf_add(out, told++ > 0 ? ", " : "");
		add_element(
		    out, text, set, &set->elements[i], parts, count, kind);
	}
	if (set->element_count > told)
		buf_addf(out, ", ... (%zu in all)", set->element_count);
	if (set->catch_all) {
		buf_add(out, told > 0 ? ", " : "");
		add_element(out, text, set, set->catch_all, parts, count, kind);
	}
	buf_add(out, " }");
}

void
text_set(struct buf *out, struct text *text, struct nf_set *set,
    const char *name, uint8_t slot, enum text_kind kind)
{
	if (set && nf_set_is_anonymous(set)) {
		add_elements(out, text, set, slot, kind);
		return;
	}
	buf_add(out, "@");
	nf_words_add(out, set ? set->name : name);
}

/* What will the value of a map be used for? */
static enum text_kind
kind_of_use(const struct text *text, size_t at, uint8_t slot)
{
	for (size_t i = at + 1; i < text->rule->expr_count; i++) {
		const struct nf_expr *expr = &text->rule->exprs[i];
		struct text_word word = {.load = expr};
		struct text_field field;

		if (expr->op == NF_OP_NAT || expr->op == NF_OP_REDIR ||
		    expr->op == NF_OP_TPROXY || expr->op == NF_OP_MASQ)
			return expr->nat.address_min == slot ? TEXT_ADDRESS
			                                     : TEXT_NUMBER;
		if ((expr->op == NF_OP_META || expr->op == NF_OP_CT ||
		        expr->op == NF_OP_PAYLOAD) &&
		    expr->is_write && expr->sreg == slot) {
			text_field_get(text, &word, &field);
			return field.kind;
		}
	}
	return TEXT_HEX;
}

void
text_lookup(struct text *text, size_t at)
{
	const struct nf_expr *expr = &text->rule->exprs[at];
	struct nf_set *set = expr->lookup.set;
	/* of a set that is not there, the length is not known */
	size_t length = set ? set->key_length : NF_SLOT_BYTES;
	bool is_map = expr->dreg < NF_SLOT_COUNT;
	enum text_kind kind =
	    is_map ? kind_of_use(text, at, expr->dreg) : TEXT_HEX;
	AUTO_BUF struct buf line = {0};

	text_key(&line, text, expr->sreg, length);
	if (expr->dreg == NF_SLOT_VERDICT)
		buf_add(&line, " vmap ");
	else if (is_map)
		buf_add(&line, " map ");
	else
		buf_add(&line, expr->is_inverted ? " != " : " ");
	text_set(&line, text, set, expr->lookup.name, expr->sreg, kind);
	if (!is_map) {
		text_add(text, "%s", "");
		buf_add(text->out, buf_text(&line));
		return;
	}
	buf_clear(&text->maps[expr->dreg]);
	buf_add(&text->maps[expr->dreg], buf_text(&line));
	text->slots[expr->dreg] =
	    (struct text_word){.load = expr, .is_map = true};
}
