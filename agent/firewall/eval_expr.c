/*
 * eval_expr.c - what each expression of a rule does
 *
 * Purpose  one row for each expression
 * Input    expressions of a rule set
 * Errors   one that is not known: the rule is not understood
 * Runs as  observer, planner, tests
 * Source   net/netfilter/nft_*.c of Linux
 */
#include <linux/netfilter/nf_tables.h>
#include <stddef.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/firewall/eval_parts.h"

static enum eval_result
expr_nothing(struct nf_eval *eval, const struct nf_expr *expr)
{
	(void)eval, (void)expr;
	return EVAL_NEXT;
}

static enum eval_result
expr_immediate(struct nf_eval *eval, const struct nf_expr *expr)
{
	if (expr->immediate.data != NULL)
		return eval_store(
		    eval, expr->dreg, expr->immediate.data, expr->length);
	eval->verdict = expr->immediate.verdict;
	eval->verdict_text = NULL;
	eval->is_reject = false;
	eval->is_bypass = false;
	return EVAL_VERDICT;
}

static enum eval_result
expr_queue(struct nf_eval *eval, const struct nf_expr *expr)
{
	eval->verdict = (struct nf_verdict){.code = NF_VERDICT_QUEUE};
	eval->is_bypass = (expr->queue.flags & NFT_QUEUE_FLAG_BYPASS) != 0;
	return EVAL_VERDICT;
}

/* It leaves by another device, past everything else. */
static enum eval_result
expr_fwd(struct nf_eval *eval, const struct nf_expr *expr)
{
	(void)expr;
	eval->verdict = (struct nf_verdict){.code = NF_VERDICT_STOLEN};
	eval->verdict_text = "fwd";
	eval->is_reject = false;
	return EVAL_VERDICT;
}

static enum eval_result
expr_notrack(struct nf_eval *eval, const struct nf_expr *expr)
{
	struct nf_packet *packet = &eval->branch->state.packet;

	(void)expr;
	if (!packet->is_tracked)
		packet->is_untracked = true;
	return EVAL_NEXT;
}

/* Only for connections whose handshake is over. */
static enum eval_result
expr_flow_offload(struct nf_eval *eval, const struct nf_expr *expr)
{
	(void)eval, (void)expr;
	return EVAL_BREAK;
}

static enum eval_result
expr_synproxy(struct nf_eval *eval, const struct nf_expr *expr)
{
	(void)expr;
	return eval_not_understood(
	    eval, "synproxy: the kernel answers in place of the server");
}

static enum eval_result
expr_xt_match(struct nf_eval *eval, const struct nf_expr *expr)
{
	struct nf_match match =
	    nf_xt_match(&eval->context, &eval->branch->state.packet, expr);

	switch (match.truth) {
	case NF_YES:
		return EVAL_NEXT;
	case NF_NO:
		return EVAL_BREAK;
	case NF_MAYBE:
	case NF_UNKNOWN:
		break;
	}
	return eval_doubt(eval, match.truth, match.reason, match.is_usual);
}

/*
 * Of an expression that is known by name but not in all it says: it can match
 * or not, and leave anything in the registers. Others can do more than that:
 * payload, meta and ct write, too.
 */
static enum eval_result
expr_unknown(struct nf_eval *eval, const struct nf_expr *expr)
{
	static const char *const harmless[] = {"exthdr", "rt", "fib", "socket",
	    "osf", "tunnel", "xfrm", "numgen", "hash", "cmp", "range",
	    "bitwise", "byteorder", "inner", "limit", "connlimit", "quota",
	    "last", "counter", "log", "match"};
	const char *name = expr->unknown.name;
	struct eval_note *note = arena_alloc(eval->scratch, 1, sizeof(*note));

	for (size_t i = 0; name != NULL && i < ARRAY_COUNT(harmless); i++) {
		if (strcmp(name, harmless[i]) != 0)
			continue;
		*note = (struct eval_note){.truth = NF_UNKNOWN,
		    .reason = arena_printf(eval->context.arena,
		        "an expression that is not understood (%s)", name)};
		(void)eval_store_doubt(
		    eval, 0, NULL, NULL, EVAL_REGISTER_BYTES, note);
		return eval_doubt(eval, NF_UNKNOWN, note->reason, true);
	}
	return eval_not_understood(eval, name != NULL ? name : "unnamed");
}

static enum eval_result
expr_doubtful(struct nf_eval *eval, const struct nf_expr *expr)
{
	static const struct eval_note note = {
	    NF_UNKNOWN, "what a tunnel or IPsec did to the packet", false};

	if (expr->op == NF_OP_INNER)
		return EVAL_BREAK;
	return eval_store_doubt(
	    eval, expr->dreg, NULL, NULL, expr->length, &note);
}

static enum eval_result
expr_osf(struct nf_eval *eval, const struct nf_expr *expr)
{
	static const struct eval_note note = {
	    NF_MAYBE, "the operating system of the client", false};

	return eval_store_doubt(
	    eval, expr->dreg, NULL, NULL, expr->length, &note);
}

typedef enum eval_result expr_fn(struct nf_eval *, const struct nf_expr *);

static expr_fn *const ops[] = {
    [NF_OP_UNKNOWN] = expr_unknown,
    [NF_OP_PAYLOAD] = eval_payload,
    [NF_OP_EXTHDR] = eval_exthdr,
    [NF_OP_META] = eval_meta,
    [NF_OP_CT] = eval_ct,
    [NF_OP_RT] = eval_rt,
    [NF_OP_FIB] = eval_fib,
    [NF_OP_SOCKET] = eval_socket,
    [NF_OP_OSF] = expr_osf,
    [NF_OP_TUNNEL] = expr_doubtful,
    [NF_OP_XFRM] = expr_doubtful,
    [NF_OP_NUMGEN] = eval_numgen,
    [NF_OP_HASH] = eval_hash,
    [NF_OP_IMMEDIATE] = expr_immediate,
    [NF_OP_CMP] = eval_cmp,
    [NF_OP_RANGE] = eval_range,
    [NF_OP_BITWISE] = eval_bitwise,
    [NF_OP_BYTEORDER] = eval_byteorder,
    [NF_OP_LOOKUP] = eval_lookup,
    [NF_OP_DYNSET] = eval_dynset,
    [NF_OP_LIMIT] = eval_limit,
    [NF_OP_CONNLIMIT] = eval_connlimit,
    [NF_OP_QUOTA] = eval_quota,
    [NF_OP_COUNTER] = expr_nothing,
    [NF_OP_LAST] = expr_nothing,
    [NF_OP_LOG] = expr_nothing,
    [NF_OP_OBJREF] = eval_objref,
    [NF_OP_REJECT] = eval_reject,
    [NF_OP_NAT] = eval_nat,
    [NF_OP_MASQ] = eval_masq,
    [NF_OP_REDIR] = eval_redir,
    [NF_OP_TPROXY] = eval_tproxy,
    [NF_OP_QUEUE] = expr_queue,
    [NF_OP_DUP] = expr_nothing,
    [NF_OP_FWD] = expr_fwd,
    [NF_OP_NOTRACK] = expr_notrack,
    [NF_OP_SYNPROXY] = expr_synproxy,
    [NF_OP_FLOW_OFFLOAD] = expr_flow_offload,
    [NF_OP_INNER] = expr_doubtful,
    [NF_OP_XT_MATCH] = expr_xt_match,
    [NF_OP_XT_TARGET] = eval_xt_target,
};
_Static_assert(ARRAY_COUNT(ops) == NF_OP_MAX, "a row for each expression");

enum eval_result
eval_expr_run(struct nf_eval *eval, const struct nf_expr *expr)
{
	if (expr->op >= NF_OP_MAX)
		return eval_not_understood(eval, "number");
	return ops[expr->op](eval, expr);
}

/* Targets that only write something down. */
static bool
target_has_effect(const struct nf_expr *expr)
{
	static const char *const quiet[] = {
	    "LOG", "NFLOG", "ULOG", "AUDIT", "TRACE", "LED", "TEE"};

	for (size_t i = 0; i < ARRAY_COUNT(quiet); i++)
		if (text_equal(expr->xt.name, quiet[i]))
			return false;
	return true;
}

static bool
expr_has_effect(const struct nf_expr *expr)
{
	switch ((enum nf_op)expr->op) {
	case NF_OP_UNKNOWN:
	case NF_OP_REJECT:
	case NF_OP_NAT:
	case NF_OP_MASQ:
	case NF_OP_REDIR:
	case NF_OP_TPROXY:
	case NF_OP_QUEUE:
	case NF_OP_FWD:
	case NF_OP_NOTRACK:
	case NF_OP_SYNPROXY:
	case NF_OP_OBJREF:
		return true;
	case NF_OP_IMMEDIATE:
		return expr->immediate.data == NULL &&
		       expr->immediate.verdict.code != NF_VERDICT_CONTINUE;
	case NF_OP_LOOKUP:
		return expr->dreg == NF_SLOT_VERDICT;
	case NF_OP_PAYLOAD:
	case NF_OP_META:
	case NF_OP_CT:
		return expr->is_write;
	case NF_OP_XT_TARGET:
		return target_has_effect(expr);
	case NF_OP_EXTHDR:
	case NF_OP_RT:
	case NF_OP_FIB:
	case NF_OP_SOCKET:
	case NF_OP_OSF:
	case NF_OP_TUNNEL:
	case NF_OP_XFRM:
	case NF_OP_NUMGEN:
	case NF_OP_HASH:
	case NF_OP_CMP:
	case NF_OP_RANGE:
	case NF_OP_BITWISE:
	case NF_OP_BYTEORDER:
	case NF_OP_DYNSET:
	case NF_OP_LIMIT:
	case NF_OP_CONNLIMIT:
	case NF_OP_QUOTA:
	case NF_OP_COUNTER:
	case NF_OP_LAST:
	case NF_OP_LOG:
	case NF_OP_DUP:
	case NF_OP_FLOW_OFFLOAD:
	case NF_OP_INNER:
	case NF_OP_XT_MATCH:
		return false;
	case NF_OP_MAX:
		break;
	}
	return true;
}

bool
eval_expr_has_effect(const struct nf_rule *rule, size_t from)
{
	for (size_t i = from; i < rule->expr_count; i++)
		if (expr_has_effect(&rule->exprs[i]))
			return true;
	return false;
}
