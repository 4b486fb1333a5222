/*
 * nft_write.c - put one accept rule in, take exactly that rule out
 *
 * Purpose  batches of one rule, refused by the kernel when anything changed
 * Input    a planned accept; answers of the kernel, sizes checked all the same
 * Errors   as nft_write.h
 * Runs as  actor
 * Source   linux/netfilter/nfnetlink.h, nf_tables.h; what a batch answers was
 *          tried on Linux 6.18: an error may carry the number of any message of
 *          it, acks of begin and end come only from 6.10 on
 *
 * A message that deletes and has no handle would empty the chain: it is built in
 * one place only, which asserts the handle.
 */
#include "agent/sys/nft_write.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/udata.h>

#include "agent/base/auto.h"
#include "agent/sys/nft_talk.h"

AUTO_DEFINE(struct arena, arena_free);

static struct nftnl_expr *
expr_meta(const struct nf_expr *from)
{
	struct nftnl_expr *expr = nft_expr_new("meta");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_KEY, from->key.key);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_DREG, NFT_REG_1);
	return expr;
}

static struct nftnl_expr *
expr_cmp(const struct nf_expr *from)
{
	struct nftnl_expr *expr = nft_expr_new("cmp");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_OP, from->cmp.op);
	nftnl_expr_set(expr, NFTNL_EXPR_CMP_DATA, from->cmp.data, from->length);
	return expr;
}

static struct nftnl_expr *
expr_payload(const struct nf_expr *from)
{
	struct nftnl_expr *expr = nft_expr_new("payload");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_BASE, from->payload.base);
	nftnl_expr_set_u32(
	    expr, NFTNL_EXPR_PAYLOAD_OFFSET, from->payload.offset);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_LEN, from->length);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_DREG, NFT_REG_1);
	return expr;
}

static struct nftnl_expr *
expr_accept(void)
{
	struct nftnl_expr *expr = nft_expr_new("immediate");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_VERDICT, NF_ACCEPT);
	return expr;
}

/* Only what nf_accept_rule makes; anything else is our bug. */
static struct nftnl_expr *
expr_build(const struct nf_expr *from)
{
	if (from->op == NF_OP_META)
		return expr_meta(from);
	if (from->op == NF_OP_CMP)
		return expr_cmp(from);
	if (from->op == NF_OP_PAYLOAD)
		return expr_payload(from);
	if (from->op == NF_OP_COUNTER)
		return nft_expr_new("counter");
	assert(from->op == NF_OP_IMMEDIATE &&
	       from->immediate.verdict.code == NF_VERDICT_ACCEPT);
	return expr_accept();
}

static void
rule_place(struct nftnl_rule *rule, const struct nf_accept *accept)
{
	nftnl_rule_set_u32(rule, NFTNL_RULE_FAMILY, accept->family);
	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, accept->table);
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, accept->chain);
}

struct nftnl_rule *
nft_rule_build(const struct nf_accept *accept, const char *comment)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct nf_rule from = nf_accept_rule(arena, accept, NULL);
	struct nftnl_rule *rule = nft_rule_new();
	uint8_t data[2 + NFT_COMMENT_BYTES];
	size_t length = strlen(comment) + 1;

	rule_place(rule, accept);
	for (uint16_t i = 0; i < from.expr_count; i++)
		nftnl_rule_add_expr(rule, expr_build(&from.exprs[i]));
	/* type, length, value; the length counts the NUL */
	assert(length <= NFT_COMMENT_BYTES);
	data[0] = NFTNL_UDATA_RULE_COMMENT;
	data[1] = (uint8_t)length;
	(void)memcpy(data + 2, comment, length);
	nftnl_rule_set_data(
	    rule, NFTNL_RULE_USERDATA, data, (uint32_t)(2 + length));
	return rule;
}

static int
accept_check(
    const struct nf_accept *accept, const char *comment, struct why *why)
{
	if (!nf_accept_is_valid(accept))
		return why_set(why, -EINVAL, "that is no rule of ours");
	if (comment != NULL &&
	    (comment[0] == '\0' || strlen(comment) >= NFT_COMMENT_BYTES))
		return why_set(why, -EINVAL, "that is no mark of ours");
	return 0;
}

static int
write_failed(const struct nf_accept *accept, int r, struct why *why)
{
	if (r == -ERESTART)
		return why_set(why, -ESTALE,
		    "the rule set was changed at this very moment");
	if (r == -ENOENT)
		return why_set(why, r,
		    "table %s %s, chain %s, or the rule in it is gone",
		    nf_family_name(accept->family), accept->table,
		    accept->chain);
	if (r == -EPERM)
		return why_set(why, r,
		    "the kernel lets nobody but its owner change table %s %s, "
		    "or this is not root",
		    nf_family_name(accept->family), accept->table);
	if (r == -ETIMEDOUT)
		return why_set(why, r, "the kernel did not answer");
	errno = -r;
	return why_errno(why, "rule in %s %s %s",
	    nf_family_name(accept->family), accept->table, accept->chain);
}

/* One message between begin and end; *ret_handle from the echo, if there. */
static int
batch_run(const struct nf_accept *accept, uint16_t type, uint16_t flags,
    struct nftnl_rule *rule, uint32_t generation, uint64_t *ret_handle,
    struct why *why)
{
	char bytes[NFT_TALK_BYTES];
	struct nft_talk talk = NFT_TALK_NONE;
	struct nlmsghdr *header;
	uint32_t first;
	size_t used;
	int r = nft_talk_open(&talk, why);

	if (r < 0)
		return r;
	first = talk.sequence;
	header = nftnl_batch_begin(bytes, first);
	mnl_attr_put_u32(header, NFNL_BATCH_GENID, htobe32(generation));
	used = header->nlmsg_len;
	header = nftnl_nlmsg_build_hdr(bytes + used, type, accept->family,
	    (uint16_t)(flags | NLM_F_ACK), first + 1);
	nftnl_rule_nlmsg_build_payload(header, rule);
	used += header->nlmsg_len;
	header = nftnl_batch_end(bytes + used, first + 2);
	used += header->nlmsg_len;
	r = nft_talk_batch(&talk, bytes, used, first, ret_handle);
	nft_talk_close(&talk);
	return r < 0 ? write_failed(accept, r, why) : 0;
}

int
nft_write_insert(const struct nf_accept *accept, const char *comment,
    uint32_t generation, uint64_t *ret_handle, struct why *why)
{
	uint16_t flags = NLM_F_CREATE | NLM_F_ECHO;
	struct nftnl_rule *rule;
	uint64_t handle = 0, before;
	int r = accept_check(accept, comment, why);

	if (r < 0)
		return r;
	rule = nft_rule_build(accept, comment);
	if (accept->before != 0)
		nftnl_rule_set_u64(rule, NFTNL_RULE_POSITION, accept->before);
	else
		flags |= NLM_F_APPEND;
	r = batch_run(
	    accept, NFT_MSG_NEWRULE, flags, rule, generation, &handle, why);
	nftnl_rule_free(rule);
	if (r < 0)
		return r;
	/* a kernel that does not echo; the mark finds it */
	if (handle == 0) {
		r = nft_write_find(accept, comment, &handle, &before, why);
		if (r == 0)
			r = why_set(why, -EIO, "the new rule is not there");
		if (r < 0)
			return r;
	}
	*ret_handle = handle;
	return 0;
}

int
nft_write_delete(const struct nf_accept *accept, uint64_t handle,
    uint32_t generation, struct why *why)
{
	struct nftnl_rule *rule;
	uint64_t unused = 0;
	int r = accept_check(accept, NULL, why);

	/* without a handle the kernel would take it for the whole chain */
	if (r == 0 && handle == 0)
		r = why_set(why, -EINVAL, "no handle of a rule to delete");
	if (r < 0)
		return r;
	rule = nft_rule_new();
	rule_place(rule, accept);
	nftnl_rule_set_u64(rule, NFTNL_RULE_HANDLE, handle);
	assert(nftnl_rule_is_set(rule, NFTNL_RULE_HANDLE));
	r = batch_run(
	    accept, NFT_MSG_DELRULE, 0, rule, generation, &unused, why);
	nftnl_rule_free(rule);
	return r;
}
