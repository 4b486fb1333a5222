/*
 * xt_match.c - from an expression of the compatibility layer to its row
 *
 * Purpose  look a match or target up, and evaluate it; three-valued logic
 * Input    names, revisions and info of any program: hostile
 * Unknown  what has no row; its name is in the reason
 * Errors   none
 * Runs as  observer
 * Source   nft_match_eval(), nft_target_eval_xt() of the kernel
 */
#include <string.h>

#include "agent/firewall/words.h"
#include "agent/firewall/xt.h"

struct nf_match
nf_xt_is(bool is_match)
{
	return (struct nf_match){.truth = is_match ? NF_YES : NF_NO};
}

struct nf_match
nf_xt_maybe(bool is_usual, const char *reason)
{
	return (struct nf_match){NF_MAYBE, reason, is_usual};
}

struct nf_match
nf_xt_unknown(const char *reason)
{
	return (struct nf_match){NF_UNKNOWN, reason, false};
}

struct nf_match
nf_xt_not(struct nf_match match)
{
	if (match.truth == NF_NO)
		match.truth = NF_YES;
	else if (match.truth == NF_YES)
		match.truth = NF_NO;
	else
		match.is_usual = !match.is_usual;
	return match;
}

struct nf_match
nf_xt_invert(struct nf_match match, bool is_inverted)
{
	return is_inverted ? nf_xt_not(match) : match;
}

struct nf_match
nf_xt_and(struct nf_match a, struct nf_match b)
{
	if (a.truth == NF_NO || b.truth == NF_YES)
		return a;
	if (b.truth == NF_NO || a.truth == NF_YES)
		return b;
	if (a.truth == NF_UNKNOWN)
		return a;
	if (b.truth == NF_UNKNOWN)
		return b;
	/* whichever stands in the way of the usual is the reason */
	return a.is_usual ? b : a;
}

struct nf_match
nf_xt_or(struct nf_match a, struct nf_match b)
{
	return nf_xt_not(nf_xt_and(nf_xt_not(a), nf_xt_not(b)));
}

static const char *
not_known(struct nf_context *context, const struct nf_expr *expr)
{
	return nf_words(context->arena,
	    "%s %s of the older iptables, revision %u",
	    expr->op == NF_OP_XT_MATCH ? "match" : "target",
	    expr->xt.name ? expr->xt.name : "without a name",
	    (unsigned)expr->xt.revision);
}

struct nf_match
nf_xt_match(struct nf_context *context, const struct nf_packet *packet,
    const struct nf_expr *expr)
{
	const struct nf_xt_row *row = nf_xt_find(expr, packet->family);
	const struct nf_xt_call call = {
	    .expr = expr,
	    .family = packet->family,
	    .context = context,
	    .packet = packet,
	};

	if (!row || !row->match)
		return nf_xt_unknown(not_known(context, expr));
	return nf_xt_invert(row->match(&call), expr->is_inverted);
}

struct nf_xt_effect
nf_xt_target(struct nf_context *context, const struct nf_packet *packet,
    const struct nf_expr *expr)
{
	const struct nf_xt_row *row = nf_xt_find(expr, packet->family);
	const struct nf_xt_call call = {
	    .expr = expr,
	    .family = packet->family,
	    .context = context,
	    .packet = packet,
	};

	if (!row || !row->target)
		return (struct nf_xt_effect){.action = NF_XT_UNKNOWN,
		    .reason = not_known(context, expr)};
	return row->target(&call);
}
