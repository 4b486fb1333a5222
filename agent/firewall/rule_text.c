/*
 * rule_text.c - rules in words that nft(8) would use
 *
 * Purpose  say where a rule stands; its own words follow
 * Input    a rule set; its names are what an administrator gave
 * Errors   none
 * Runs as  observer, tests
 * Source   nft(8)
 */
#include "agent/firewall/rule_text.h"

#include <inttypes.h>
#include <string.h>

#include "agent/base/text.h"

static void
name_add(struct buf *out, const char *name)
{
	text_escape(out, name, strlen(name));
}

void
nf_chain_text(struct buf *out, const struct nf_chain *chain)
{
	buf_addf(out, "%s ", nf_family_name(chain->table->family));
	name_add(out, chain->table->name);
	buf_add_char(out, ' ');
	name_add(out, chain->name);
}

static const char *
verdict_name(enum nf_verdict_code code)
{
	return code == NF_VERDICT_ACCEPT ? "accept"
	       : code == NF_VERDICT_DROP ? "drop"
	                                 : "jump";
}

void
nf_rule_text(struct buf *out, const struct nf_ruleset *ruleset,
    const struct nf_chain *chain, const struct nf_rule *rule,
    const struct net *net)
{
	(void)ruleset;
	(void)chain;
	(void)net;
	for (size_t i = 0; i < rule->expr_count; i++) {
		const struct nf_expr *expr = &rule->exprs[i];

		if (expr->op == NF_OP_REJECT)
			buf_add(out, "reject");
		else if (expr->op == NF_OP_IMMEDIATE &&
		         expr->immediate.data == NULL)
			buf_add(
			    out, verdict_name(expr->immediate.verdict.code));
	}
}

void
nf_place_text(struct buf *out, const struct nf_ruleset *ruleset,
    const struct nf_chain *chain, const struct nf_rule *rule,
    const struct net *net)
{
	nf_chain_text(out, chain);
	if (rule == NULL) {
		buf_addf(out, ", policy: %s", verdict_name(chain->policy.code));
		return;
	}
	buf_addf(out, ", handle %" PRIu64 ": ", rule->handle);
	nf_rule_text(out, ruleset, chain, rule, net);
}
