/*
 * eval_sets.c - look up in sets and maps, and what is written into them
 *
 * Purpose  the expressions lookup, dynset and objref
 * Input    expressions of a rule set; registers as keys
 * Errors   in eval->context.code: a set that cannot be loaded
 * Runs as  observer, planner, tests
 * Source   nft_lookup.c, nft_dynset.c, nft_objref.c of Linux
 */
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "agent/firewall/eval_parts.h"

static struct nf_match
set_ask(
    struct nf_eval *eval, struct nf_set *set, uint8_t slot, struct nf_hits *ret)
{
	uint8_t all[EVAL_REGISTER_BYTES];
	const struct eval_registers *registers = eval->registers;
	size_t at = slot * (size_t)NF_SLOT_BYTES;

	if (set == NULL || !eval_span(slot, set->key_length)) {
		*ret = (struct nf_hits){.is_cut = true};
		return (struct nf_match){.truth = NF_UNKNOWN,
		    .reason = set == NULL
		                  ? "a set that is not in the dump"
		                  : "a key that does not fit the registers"};
	}
	(void)memset(all, 0xff, set->key_length);
	return nf_set_hits(&eval->context, set, registers->bytes + at,
	    registers->has_unknown ? registers->known + at : all, ret);
}

/*
 * Of a source port more is known than its bits: a set that has all of its
 * interval, or nothing of it, decides. Elements of one port each are many: the
 * interval must be in one element.
 */
static enum nf_truth
port_ask(const struct nf_eval *eval, const struct nf_expr *expr)
{
	const struct nf_set *set = expr->lookup.set;
	const struct nf_packet *packet = &eval->branch->state.packet;
	const struct eval_note *note = eval->registers->has_unknown
	                                   ? eval->registers->notes[expr->sreg]
	                                   : NULL;
	bool is_near = false;

	if (note == NULL || !note->is_source_port || set->key_length != 2 ||
	    set->is_changing || !set->is_loaded || set->catch_all != NULL ||
	    eval_is_known(eval->registers, expr->sreg, 2))
		return NF_MAYBE;
	for (size_t i = 0; i < set->element_count; i++) {
		const uint8_t *key = set->elements[i].key;
		const uint8_t *end = set->elements[i].key_end;
		unsigned low, high;

		if (key == NULL || set->elements[i].expr_count > 0)
			return NF_MAYBE;
		low = (unsigned)(key[0] << 8 | key[1]);
		high = end != NULL ? (unsigned)(end[0] << 8 | end[1]) : low;
		if (low <= packet->source_port_min &&
		    high >= packet->source_port_max)
			return NF_YES;
		is_near |= low <= packet->source_port_max &&
		           high >= packet->source_port_min;
	}
	return is_near ? NF_MAYBE : NF_NO;
}

/* What a map has for the key, for the expressions behind it. */
static enum eval_result
element_take(struct nf_eval *eval, const struct nf_expr *expr,
    const struct nf_element *element, const struct eval_note *note)
{
	const struct nf_set *set = expr->lookup.set;

	if (expr->dreg == NF_SLOT_NONE)
		return EVAL_NEXT;
	if (expr->dreg == NF_SLOT_VERDICT) {
		eval->verdict =
		    element != NULL
		        ? element->verdict
		        : (struct nf_verdict){.code = NF_VERDICT_UNKNOWN};
		eval->verdict_text = NULL;
		eval->is_reject = false;
		eval->is_bypass = false;
		return EVAL_VERDICT;
	}
	if (element != NULL && element->data != NULL)
		return eval_store(
		    eval, expr->dreg, element->data, set->data_length);
	return eval_store_doubt(
	    eval, expr->dreg, NULL, NULL, set->data_length, note);
}

/*
 * In doubt: on the way of "yes" stands what the map has for one of the elements
 * that may be meant; "no" is the next of them, or that there is none.
 */
static enum eval_result
hit_take(struct nf_eval *eval, const struct nf_expr *expr,
    const struct nf_match *match, const struct nf_hits *hits)
{
	size_t number = eval->branch->hit;
	const struct nf_element *element =
	    number < hits->count ? hits->elements[number] : NULL;
	struct eval_note *note = arena_alloc(eval->scratch, 1, sizeof(*note));
	struct eval_registers *before = NULL;
	enum eval_result result;

	eval->branch->hit = 0;
	*note = (struct eval_note){match->truth, match->reason, false};
	if (number + 1 < hits->count) {
		before = arena_alloc(eval->scratch, 1, sizeof(*before));
		*before = *eval->registers;
	}
	result = element_take(eval, expr, element, note);
	if (result == EVAL_STOP ||
	    (number + 1 == hits->count && !hits->may_miss))
		return result;
	(void)eval_doubt(eval, match->truth, match->reason, match->is_usual);
	eval->has_verdict = result == EVAL_VERDICT;
	eval->before_hit = before;
	eval->next_hit = before != NULL ? number + 1 : 0;
	return EVAL_DOUBT;
}

enum eval_result
eval_lookup(struct nf_eval *eval, const struct nf_expr *expr)
{
	struct nf_hits hits;
	struct nf_match match =
	    set_ask(eval, expr->lookup.set, expr->sreg, &hits);

	if (eval->context.code != 0)
		return EVAL_STOP;
	if (eval->context.samples != NULL)
		eval_sample_lookup(eval, expr);
	if (match.truth == NF_MAYBE && expr->dreg == NF_SLOT_NONE) {
		enum nf_truth truth = port_ask(eval, expr);

		if (truth != NF_MAYBE)
			match.truth = truth;
	}
	if (match.truth == NF_YES || match.truth == NF_NO) {
		if ((match.truth == NF_YES) == expr->is_inverted)
			return EVAL_BREAK;
		if (match.truth == NF_NO)
			return EVAL_NEXT;
		return element_take(
		    eval, expr, hits.count > 0 ? hits.elements[0] : NULL, NULL);
	}
	if (expr->dreg == NF_SLOT_NONE || expr->lookup.set == NULL)
		return eval_doubt(eval, match.truth, match.reason,
		    match.is_usual != expr->is_inverted);
	if (match.truth == NF_UNKNOWN) {
		hits.count = 0;
		hits.may_miss = true;
	}
	return hit_take(eval, expr, &match, &hits);
}

/* Guards of an element: the first that is in doubt speaks for all. */
static enum eval_result
guards_run(struct nf_eval *eval, const struct nf_expr *exprs, size_t count)
{
	enum eval_result result = EVAL_NEXT;

	for (size_t i = 0; i < count && result == EVAL_NEXT; i++)
		result = eval_expr_run(eval, &exprs[i]);
	return result;
}

/* An element is added or found, unless the set is full. */
enum eval_result
eval_dynset(struct nf_eval *eval, const struct nf_expr *expr)
{
	const char *name =
	    expr->lookup.name != NULL ? expr->lookup.name : "of this rule";
	enum eval_result result;

	if (expr->lookup.op == NFT_DYNSET_OP_DELETE)
		return EVAL_NEXT;
	if (expr->lookup.op > NFT_DYNSET_OP_DELETE)
		return eval_not_understood(eval, "dynset");
	result = guards_run(eval, expr->lookup.exprs, expr->lookup.expr_count);
	if (result != EVAL_NEXT)
		return result;
	return eval_doubt(eval, NF_MAYBE,
	    arena_printf(
	        eval->context.arena, "the set %s, which packets fill", name),
	    !expr->is_inverted);
}

enum eval_result
eval_objref(struct nf_eval *eval, const struct nf_expr *expr)
{
	struct nf_hits hits;
	struct nf_match match;

	if (expr->object.name == NULL) {
		match = set_ask(eval, expr->object.set, expr->sreg, &hits);
		if (eval->context.code != 0)
			return EVAL_STOP;
		if (match.truth == NF_NO)
			return EVAL_BREAK;
		if (match.truth != NF_YES)
			return eval_doubt(
			    eval, match.truth, match.reason, match.is_usual);
	}
	switch (expr->object.type) {
	case NFT_OBJECT_COUNTER:
	case NFT_OBJECT_CT_HELPER:
	case NFT_OBJECT_CT_TIMEOUT:
	case NFT_OBJECT_CT_EXPECT:
	case NFT_OBJECT_SECMARK:
	case NFT_OBJECT_TUNNEL:
		return EVAL_NEXT;
	case NFT_OBJECT_QUOTA:
		return eval_doubt(eval, NF_MAYBE, "a quota", true);
	case NFT_OBJECT_LIMIT:
		return eval_doubt(eval, NF_MAYBE, "a rate limit", true);
	case NFT_OBJECT_CONNLIMIT:
		return eval_doubt(
		    eval, NF_MAYBE, "a limit of connections", true);
	default:
		return eval_not_understood(eval, "object");
	}
}
