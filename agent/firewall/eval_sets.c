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
set_ask(struct nf_eval *eval, struct nf_set *set, uint8_t slot,
    const struct nf_element **ret)
{
	uint8_t all[EVAL_REGISTER_BYTES];
	const struct eval_registers *registers = eval->registers;
	size_t at = slot * (size_t)NF_SLOT_BYTES;

	*ret = NULL;
	(void)memset(all, 0xff, sizeof(all));
	if (set == NULL)
		return (struct nf_match){.truth = NF_UNKNOWN,
		    .reason = "a set that is not in the dump"};
	if (!eval_span(slot, set->key_length))
		return (struct nf_match){.truth = NF_UNKNOWN,
		    .reason = "a key that does not fit the registers"};
	return nf_set_lookup(&eval->context, set, registers->bytes + at,
	    registers->has_unknown ? registers->known + at : all, ret);
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

enum eval_result
eval_lookup(struct nf_eval *eval, const struct nf_expr *expr)
{
	const struct nf_element *element;
	struct nf_match match =
	    set_ask(eval, expr->lookup.set, expr->sreg, &element);
	struct eval_note *note;
	bool has_verdict = false;

	if (eval->context.code != 0)
		return EVAL_STOP;
	if (eval->context.samples != NULL)
		eval_sample_lookup(eval, expr);
	if (match.truth == NF_YES || match.truth == NF_NO) {
		if ((match.truth == NF_YES) == expr->is_inverted)
			return EVAL_BREAK;
		return match.truth == NF_NO
		           ? EVAL_NEXT
		           : element_take(eval, expr, element, NULL);
	}
	/* both ways; with the value of the map on the one that found it */
	if (expr->lookup.set != NULL) {
		note = arena_alloc(eval->scratch, 1, sizeof(*note));
		*note = (struct eval_note){match.truth, match.reason, false};
		switch (element_take(eval, expr, element, note)) {
		case EVAL_NEXT:
			break;
		case EVAL_VERDICT:
			has_verdict = true;
			break;
		case EVAL_BREAK:
		case EVAL_DOUBT:
		case EVAL_STOP:
			return EVAL_STOP;
		}
	}
	(void)eval_doubt(eval, match.truth, match.reason,
	    match.is_usual != expr->is_inverted);
	eval->has_verdict = has_verdict;
	return EVAL_DOUBT;
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
	const struct nf_element *element;
	struct nf_match match;

	if (expr->object.name == NULL) {
		match = set_ask(eval, expr->object.set, expr->sreg, &element);
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
