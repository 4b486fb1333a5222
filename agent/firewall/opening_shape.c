/*
 * opening_shape.c - what a rule is like, and how many ways lead to a chain
 *
 * Purpose  rules that decide nothing, that decide for all, that want to be the
 *          first; chains that several base chains share
 * Input    rules of whoever
 * Errors   -ESTALE, -EIO of loading
 * Runs as  observer; pure
 * Source   nft(8), iptables-extensions(8)
 */
#include <linux/netfilter/nf_tables.h>
#include <string.h>
#include <strings.h>

#include "agent/firewall/opening_parts.h"

/* The kernel's own limit of jumps (NFT_JUMP_STACK_SIZE). */
#define JUMPS_MAX 16

static bool
xt_is(const struct nf_expr *expr, const char *const *names)
{
	for (; expr->xt.name != NULL && *names != NULL; names++)
		if (strcmp(expr->xt.name, *names) == 0)
			return true;
	return false;
}

/* It counts, logs, remarks; whatever it is, nothing is decided. */
static bool
expr_is_passive(const struct nf_expr *expr)
{
	static const char *const matches[] = {"comment", NULL};
	static const char *const targets[] = {"LOG", "NFLOG", NULL};

	switch (expr->op) {
	case NF_OP_COUNTER:
	case NF_OP_LOG:
	case NF_OP_LAST:
		return true;
	case NF_OP_OBJREF:
		return expr->object.type == NFT_OBJECT_COUNTER;
	case NF_OP_XT_MATCH:
		return xt_is(expr, matches);
	case NF_OP_XT_TARGET:
		return xt_is(expr, targets);
	default:
		return false;
	}
}

/* A log that is not written too often. */
static bool
expr_is_limit(const struct nf_expr *expr)
{
	static const char *const matches[] = {"limit", NULL};

	return expr->op == NF_OP_LIMIT ||
	       (expr->op == NF_OP_XT_MATCH && xt_is(expr, matches));
}

bool
opening_rule_is_passive(const struct nf_rule *rule)
{
	for (uint16_t i = 0; i < rule->expr_count; i++)
		if (!expr_is_passive(&rule->exprs[i]) &&
		    !expr_is_limit(&rule->exprs[i]))
			return false;
	return true;
}

static bool
expr_is_verdict(const struct nf_expr *expr)
{
	return (expr->op == NF_OP_IMMEDIATE && expr->dreg == NF_SLOT_VERDICT) ||
	       expr->op == NF_OP_REJECT || expr->op == NF_OP_XT_TARGET;
}

bool
opening_rule_is_for_all(const struct nf_rule *rule)
{
	for (uint16_t i = 0; rule != NULL && i < rule->expr_count; i++)
		if (!expr_is_passive(&rule->exprs[i]) &&
		    !expr_is_verdict(&rule->exprs[i]))
			return false;
	return true;
}

/* Does this rule lead into one of the marked chains? */
static int
rule_leads(const struct opening_work *work, const struct nf_table *table,
    const struct nf_rule *rule, const bool *marked)
{
	const struct nf_ruleset *ruleset = work->ruleset;

	for (uint16_t i = 0; i < rule->expr_count; i++) {
		const struct nf_expr *expr = &rule->exprs[i];
		struct nf_set *set;
		int r;

		if (expr->op == NF_OP_IMMEDIATE &&
		    expr->dreg == NF_SLOT_VERDICT &&
		    expr->immediate.verdict.chain != NULL) {
			const struct nf_chain *to = nf_chain_find(
			    ruleset, table, expr->immediate.verdict.chain);

			if (to != NULL && marked[to - ruleset->chains])
				return 1;
		}
		if (expr->op != NF_OP_LOOKUP || expr->lookup.set == NULL ||
		    !expr->lookup.set->is_verdict_map)
			continue;
		set = expr->lookup.set;
		r = nf_set_load(ruleset, set, work->why);
		if (r < 0)
			return r;
		for (size_t k = 0; k < set->element_count; k++) {
			const char *name = set->elements[k].verdict.chain;
			const struct nf_chain *to =
			    name != NULL ? nf_chain_find(ruleset, table, name)
			                 : NULL;

			if (to != NULL && marked[to - ruleset->chains])
				return 1;
		}
	}
	return 0;
}

static int
chain_leads(
    const struct opening_work *work, struct nf_chain *chain, const bool *marked)
{
	int r = nf_chain_load(work->ruleset, chain, work->why);

	for (size_t i = 0; r == 0 && i < chain->rule_count; i++)
		r = rule_leads(work, chain->table, &chain->rules[i], marked);
	return r;
}

int
opening_bases_count(
    const struct opening_work *work, const struct nf_chain *chain)
{
	struct nf_ruleset *ruleset = work->ruleset;
	bool *marked =
	    arena_alloc(work->arena, ruleset->chain_count, sizeof(*marked));
	bool is_more = true;
	int count = 0;

	marked[chain - ruleset->chains] = true;
	for (int pass = 0; is_more && pass < JUMPS_MAX; pass++) {
		is_more = false;
		for (size_t i = 0; i < ruleset->chain_count; i++) {
			struct nf_chain *from = &ruleset->chains[i];
			int r;

			if (marked[i] || from->table != chain->table)
				continue;
			r = chain_leads(work, from, marked);
			if (r < 0)
				return r;
			is_more |= r != 0;
			marked[i] = r != 0;
			count += r != 0 && from->is_base;
		}
	}
	return count;
}

bool
opening_rule_is_mailcow(const struct nf_rule *rule)
{
	static const char *const comment[] = {"comment", NULL};
	static const char tag[] = "mailcow";

	if (rule->comment != NULL && strcasestr(rule->comment, tag) != NULL)
		return true;
	for (uint16_t i = 0; i < rule->expr_count; i++) {
		const struct nf_expr *expr = &rule->exprs[i];

		if (expr->op == NF_OP_XT_MATCH && xt_is(expr, comment) &&
		    expr->xt.info_length >= sizeof(tag) &&
		    strncasecmp(
		        (const char *)expr->xt.info, tag, sizeof(tag) - 1) == 0)
			return true;
	}
	return false;
}
