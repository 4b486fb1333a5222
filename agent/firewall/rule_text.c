/*
 * rule_text.c - rules in words that nft(8) would use
 *
 * Purpose  walk the expressions of a rule and say what they come to
 * Input    expressions of any program: hostile; all names are escaped
 * Errors   none; what cannot be said is named in brackets
 * Runs as  observer
 * Source   nft(8)
 */
#include "agent/firewall/rule_text.h"

#include <inttypes.h>
#include <linux/netfilter/nf_tables.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/text.h"
#include "agent/firewall/rule_words.h"
#include "agent/firewall/words.h"

/* A word: the longest is a set of some elements. */
#define WORD_MAX 1024

void
text_add(struct text *text, const char *format, ...)
{
	char word[WORD_MAX];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(word, sizeof(word), format, arguments);
	va_end(arguments);
	if (text->out->length > text->start)
		buf_add_char(text->out, ' ');
	buf_add(text->out, word);
}

const struct text_word *
text_slot(const struct text *text, uint8_t slot)
{
	return &text->slots[slot < NF_SLOT_COUNT ? slot : NF_SLOT_COUNT];
}

static void
note_load(struct text *text, const struct nf_expr *expr)
{
	if (expr->dreg < NF_SLOT_COUNT)
		text->slots[expr->dreg] = (struct text_word){.load = expr};
}

/* A register that is made of another. */
static void
note_change(struct text *text, const struct nf_expr *expr)
{
	struct text_word word = *text_slot(text, expr->sreg);

	if (expr->dreg >= NF_SLOT_COUNT)
		return;
	if (expr->op == NF_OP_BYTEORDER)
		word.is_swapped = true;
	else if (expr->op == NF_OP_BITWISE &&
	         expr->bitwise.op == NFT_BITWISE_MASK_XOR &&
	         expr->bitwise.mask && !word.mask)
		word.mask = expr;
	else
		word.is_changed = true;
	text->slots[expr->dreg] = word;
}

static bool
is_load(const struct nf_expr *expr)
{
	switch ((enum nf_op)expr->op) {
	case NF_OP_PAYLOAD:
	case NF_OP_EXTHDR:
	case NF_OP_META:
	case NF_OP_CT:
	case NF_OP_RT:
	case NF_OP_FIB:
	case NF_OP_SOCKET:
	case NF_OP_OSF:
	case NF_OP_NUMGEN:
	case NF_OP_HASH:
		return !expr->is_write;
	case NF_OP_IMMEDIATE:
		return expr->dreg < NF_SLOT_COUNT && expr->immediate.data;
	case NF_OP_UNKNOWN:
	case NF_OP_TUNNEL:
	case NF_OP_XFRM:
	case NF_OP_CMP:
	case NF_OP_RANGE:
	case NF_OP_BITWISE:
	case NF_OP_BYTEORDER:
	case NF_OP_LOOKUP:
	case NF_OP_DYNSET:
	case NF_OP_LIMIT:
	case NF_OP_CONNLIMIT:
	case NF_OP_QUOTA:
	case NF_OP_COUNTER:
	case NF_OP_LAST:
	case NF_OP_LOG:
	case NF_OP_OBJREF:
	case NF_OP_REJECT:
	case NF_OP_NAT:
	case NF_OP_MASQ:
	case NF_OP_REDIR:
	case NF_OP_TPROXY:
	case NF_OP_QUEUE:
	case NF_OP_DUP:
	case NF_OP_FWD:
	case NF_OP_NOTRACK:
	case NF_OP_SYNPROXY:
	case NF_OP_FLOW_OFFLOAD:
	case NF_OP_INNER:
	case NF_OP_XT_MATCH:
	case NF_OP_XT_TARGET:
	case NF_OP_MAX:
		break;
	}
	return false;
}

/* Returns how many expressions it has told. */
static size_t
step(struct text *text, size_t at)
{
	const struct nf_expr *expr = &text->rule->exprs[at];

	if (is_load(expr))
		note_load(text, expr);
	else if (expr->op == NF_OP_BITWISE || expr->op == NF_OP_BYTEORDER)
		note_change(text, expr);
	else if (expr->op == NF_OP_CMP || expr->op == NF_OP_RANGE)
		return text_compare(text, at);
	else if (expr->op == NF_OP_LOOKUP)
		text_lookup(text, at);
	else
		text_statement(text, expr);
	return 1;
}

void
nf_rule_text(struct buf *out, const struct nf_ruleset *ruleset,
    const struct nf_chain *chain, const struct nf_rule *rule,
    const struct net *net)
{
	struct text text = {
	    .out = out,
	    .start = out->length,
	    .ruleset = ruleset,
	    .chain = chain,
	    .rule = rule,
	    .net = net,
	    .protocol = -1,
	};

	if (chain->table->family == NF_FAMILY_IPV4 ||
	    chain->table->family == NF_FAMILY_IPV6)
		text.nfproto = chain->table->family;
	for (size_t at = 0; at < rule->expr_count;)
		at += step(&text, at);
	if (rule->comment) {
		text_add(&text, "comment \"");
		nf_words_add(out, rule->comment);
		buf_add_char(out, '"');
	}
	for (size_t i = 0; i < NF_SLOT_COUNT; i++)
		buf_done(&text.maps[i]);
}

void
nf_chain_text(struct buf *out, const struct nf_chain *chain)
{
	buf_addf(out, "%s ", nf_family_name(chain->table->family));
	nf_words_add(out, chain->table->name);
	buf_add_char(out, ' ');
	nf_words_add(out, chain->name);
}

void
nf_place_text(struct buf *out, const struct nf_ruleset *ruleset,
    const struct nf_chain *chain, const struct nf_rule *rule,
    const struct net *net)
{
	nf_chain_text(out, chain);
	if (!rule) {
		buf_add(out, ", policy: ");
		text_verdict(out, &chain->policy);
		return;
	}
	buf_addf(out, ", handle %" PRIu64 ": ", rule->handle);
	nf_rule_text(out, ruleset, chain, rule, net);
}
