/*
 * eval_limit.c - what hangs on time, on counters and on chance
 *
 * Purpose  the expressions limit, connlimit, quota, numgen, hash
 * Input    expressions of a rule set
 * Errors   none: these have two outcomes, and a usual one
 * Runs as  observer, planner, tests
 * Source   nft_limit.c, nft_connlimit.c, nft_quota.c, nft_numgen.c of Linux
 */
#include <inttypes.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/firewall/eval_parts.h"

static const char *
unit_name(uint64_t per_s)
{
	static const struct {
		uint64_t seconds;
		const char *name;
	} units[] = {
	    {1,      "second"},
            {60,     "minute"},
            {3600,   "hour"  },
            {86400,  "day"   },
	    {604800, "week"  }
        };

	for (size_t i = 0; i < ARRAY_COUNT(units); i++)
		if (units[i].seconds == per_s)
			return units[i].name;
	return "time";
}

/* Below the rate it matches; "over" the other way round. */
enum eval_result
eval_limit(struct nf_eval *eval, const struct nf_expr *expr)
{
	return eval_doubt(eval, NF_MAYBE,
	    arena_printf(eval->context.arena, "limit rate %s%" PRIu64 "%s/%s",
	        expr->is_inverted ? "over " : "", expr->limit.rate,
	        expr->limit.type == NFT_LIMIT_PKT_BYTES ? " bytes" : "",
	        unit_name(expr->limit.per_s)),
	    !expr->is_inverted);
}

enum eval_result
eval_connlimit(struct nf_eval *eval, const struct nf_expr *expr)
{
	return eval_doubt(eval, NF_MAYBE,
	    arena_printf(eval->context.arena, "ct count %s%" PRIu64,
	        expr->is_inverted ? "over " : "", expr->amount.count),
	    !expr->is_inverted);
}

/* What is used up stays used up. */
enum eval_result
eval_quota(struct nf_eval *eval, const struct nf_expr *expr)
{
	if (expr->amount.used >= expr->amount.count)
		return expr->is_inverted ? EVAL_NEXT : EVAL_BREAK;
	return eval_doubt(eval, NF_MAYBE,
	    arena_printf(eval->context.arena, "quota %s%" PRIu64 " bytes",
	        expr->is_inverted ? "over " : "", expr->amount.count),
	    !expr->is_inverted);
}

/* A number below offset + modulus: its highest bits are known. */
static enum eval_result
number_store(struct nf_eval *eval, const struct nf_expr *expr,
    const struct eval_note *note)
{
	uint64_t end = (uint64_t)expr->number.offset + expr->number.modulus;
	uint32_t known = UINT32_MAX, value = expr->number.offset;
	uint8_t data[sizeof(value)], mask[sizeof(known)];

	if (expr->number.modulus == 1)
		return eval_store_number(eval, expr, value);
	value = 0;
	while (known != 0 && end > (uint64_t)UINT32_MAX + 1 - known)
		known <<= 1;
	(void)memcpy(data, &value, sizeof(data));
	(void)memcpy(mask, &known, sizeof(mask));
	return eval_store_doubt(
	    eval, expr->dreg, data, mask, sizeof(data), note);
}

enum eval_result
eval_numgen(struct nf_eval *eval, const struct nf_expr *expr)
{
	static const struct eval_note note = {
	    NF_MAYBE, "numgen, which takes turns or chance", false};

	return number_store(eval, expr, &note);
}

enum eval_result
eval_hash(struct nf_eval *eval, const struct nf_expr *expr)
{
	static const struct eval_note note = {
	    NF_MAYBE, "a hash of the packet", false};

	return number_store(eval, expr, &note);
}
