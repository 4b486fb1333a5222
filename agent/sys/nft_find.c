/*
 * nft_find.c - the generation of the rule set, and a rule by its mark
 *
 * Purpose  what stands between a plan and a write; what undo looks for
 * Input    one chain as the kernel dumps it; the comments in it are whoever's
 * Errors   as nft_write.h
 * Runs as  actor
 * Source   linux/netfilter/nf_tables.h. nftnl_udata_parse() trusts the lengths
 *          inside: the comment is looked for by hand
 *
 * Rules of others are passed by unread but for their comment.
 */
#include <endian.h>
#include <errno.h>
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
#include "agent/sys/nft_write.h"

/* A chain that changes under each of so many looks is left for later. */
#define FIND_TRIES 3

static int
generation_take(void *user, const struct nlmsghdr *message)
{
	const struct nlattr *attr;
	uint32_t *ret = user;

	if (message->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN))
		return -EBADMSG;
	attr = nft_talk_attr(message, NFTA_GEN_ID, sizeof(*ret));
	if (attr != NULL)
		*ret = be32toh(mnl_attr_get_u32(attr));
	return attr != NULL ? 0 : -EBADMSG;
}

int
nft_write_generation(uint32_t *ret, struct why *why)
{
	char bytes[NFT_TALK_BYTES];
	struct nft_talk talk = NFT_TALK_NONE;
	struct nlmsghdr *request;
	uint32_t generation = 0;
	int r = nft_talk_open(&talk, why);

	if (r < 0)
		return r;
	/* with an ack, which ends the answer */
	request = nftnl_nlmsg_build_hdr(
	    bytes, NFT_MSG_GETGEN, AF_UNSPEC, NLM_F_ACK, talk.sequence);
	r = nft_talk_dump(&talk, request, generation_take, &generation);
	nft_talk_close(&talk);
	if (r == 0 && generation == 0)
		r = -EBADMSG;
	if (r < 0) {
		errno = -r;
		return why_errno(why, "generation of the rule set");
	}
	*ret = generation;
	return 0;
}

struct find {
	const struct nf_accept *accept;
	const char *comment;
	uint64_t handle, before;
	unsigned found;
	bool is_other, is_next;
};

/* Type, length, value, as nft writes them; hostile lengths end the walk. */
static bool
has_comment(const struct nlattr *data, const char *comment)
{
	const uint8_t *at = mnl_attr_get_payload(data);
	size_t left = mnl_attr_get_payload_len(data);
	size_t length = strlen(comment) + 1;

	while (left >= 2) {
		size_t size = at[1];

		if (size > left - 2)
			return false;
		if (at[0] == NFTNL_UDATA_RULE_COMMENT)
			return size == length &&
			       memcmp(at + 2, comment, length) == 0;
		at += 2 + size;
		left -= 2 + size;
	}
	return false;
}

static bool
number_is(const struct nftnl_expr *a, const struct nftnl_expr *b, uint16_t type)
{
	return nftnl_expr_get_u32(a, type) == nftnl_expr_get_u32(b, type);
}

static bool
cmp_is(const struct nftnl_expr *a, const struct nftnl_expr *b)
{
	uint32_t a_length = 0, b_length = 0;
	const void *x = nftnl_expr_get(a, NFTNL_EXPR_CMP_DATA, &a_length);
	const void *y = nftnl_expr_get(b, NFTNL_EXPR_CMP_DATA, &b_length);

	return number_is(a, b, NFTNL_EXPR_CMP_SREG) &&
	       number_is(a, b, NFTNL_EXPR_CMP_OP) && x != NULL && y != NULL &&
	       a_length == b_length && memcmp(x, y, a_length) == 0;
}

/* Of the same name, which is one that we write. */
static bool
expr_is(const struct nftnl_expr *a, const struct nftnl_expr *b)
{
	const char *name = nftnl_expr_get_str(a, NFTNL_EXPR_NAME);
	const char *other = nftnl_expr_get_str(b, NFTNL_EXPR_NAME);

	if (name == NULL || other == NULL || strcmp(name, other) != 0)
		return false;
	if (strcmp(name, "meta") == 0)
		return number_is(a, b, NFTNL_EXPR_META_KEY) &&
		       number_is(a, b, NFTNL_EXPR_META_DREG) &&
		       !nftnl_expr_is_set(a, NFTNL_EXPR_META_SREG);
	if (strcmp(name, "cmp") == 0)
		return cmp_is(a, b);
	if (strcmp(name, "payload") == 0)
		return number_is(a, b, NFTNL_EXPR_PAYLOAD_BASE) &&
		       number_is(a, b, NFTNL_EXPR_PAYLOAD_OFFSET) &&
		       number_is(a, b, NFTNL_EXPR_PAYLOAD_LEN) &&
		       number_is(a, b, NFTNL_EXPR_PAYLOAD_DREG) &&
		       !nftnl_expr_is_set(a, NFTNL_EXPR_PAYLOAD_SREG);
	if (strcmp(name, "immediate") == 0)
		return number_is(a, b, NFTNL_EXPR_IMM_DREG) &&
		       number_is(a, b, NFTNL_EXPR_IMM_VERDICT);
	return strcmp(name, "counter") == 0;
}

/*
 * iptables-restore makes of our comment a match of the xtables layer, which
 * matches always.
 */
static bool
is_comment_match(const struct nftnl_expr *expr, const char *comment)
{
	const char *name = nftnl_expr_get_str(expr, NFTNL_EXPR_NAME);
	const size_t length = strlen(comment) + 1;
	uint32_t size = 0;
	const void *info;

	if (name == NULL || strcmp(name, "match") != 0)
		return false;
	name = nftnl_expr_get_str(expr, NFTNL_EXPR_MT_NAME);
	info = nftnl_expr_get(expr, NFTNL_EXPR_MT_INFO, &size);
	return name != NULL && strcmp(name, "comment") == 0 && info != NULL &&
	       size >= length && memcmp(info, comment, length) == 0;
}

/* The next one that is no comment of ours; *ret_marked: that was one. */
static const struct nftnl_expr *
expr_next(struct nftnl_expr_iter *iter, const char *comment, bool *ret_marked)
{
	const struct nftnl_expr *expr = nftnl_expr_iter_next(iter);

	while (expr != NULL && is_comment_match(expr, comment)) {
		*ret_marked = true;
		expr = nftnl_expr_iter_next(iter);
	}
	return expr;
}

/* Is it ours in all its parts? *ret_marked: it has the comment as a match. */
static bool
exprs_are(const struct nftnl_rule *theirs, const struct nftnl_rule *ours,
    const char *comment, bool *ret_marked)
{
	struct nftnl_expr_iter *x = nftnl_expr_iter_create(theirs);
	struct nftnl_expr_iter *y = nftnl_expr_iter_create(ours);
	const struct nftnl_expr *left = NULL, *right = NULL;
	bool is_same = x != NULL && y != NULL;

	do {
		left = x != NULL ? expr_next(x, comment, ret_marked) : NULL;
		right = y != NULL ? nftnl_expr_iter_next(y) : NULL;
		is_same = is_same && (left == NULL) == (right == NULL) &&
		          (left == NULL || expr_is(left, right));
	} while (left != NULL); /* all of theirs, for the mark */
	if (x != NULL)
		nftnl_expr_iter_destroy(x);
	if (y != NULL)
		nftnl_expr_iter_destroy(y);
	return is_same;
}

/* Ours in all its parts? What libnftnl cannot read and has the mark is not. */
static bool
rule_is(
    const struct find *find, const struct nlmsghdr *message, bool *ret_marked)
{
	struct nftnl_rule *theirs = nft_rule_new();
	struct nftnl_rule *ours = nft_rule_build(find->accept, find->comment);
	bool is_same = false;

	if (nftnl_rule_nlmsg_parse(message, theirs) >= 0)
		is_same = exprs_are(theirs, ours, find->comment, ret_marked);
	else
		*ret_marked = true;
	nftnl_rule_free(theirs);
	nftnl_rule_free(ours);
	return is_same;
}

static int
find_take(void *user, const struct nlmsghdr *message)
{
	struct find *find = user;
	const struct nlattr *number =
	    nft_talk_attr(message, NFTA_RULE_HANDLE, sizeof(uint64_t));
	const struct nlattr *data =
	    nft_talk_attr(message, NFTA_RULE_USERDATA, 0);
	uint64_t handle =
	    number != NULL ? be64toh(mnl_attr_get_u64(number)) : 0;
	bool is_marked = data != NULL && has_comment(data, find->comment);
	bool is_ours = false;

	if (find->is_next)
		find->before = handle;
	find->is_next = false;
	/* rules of others are not parsed: their bytes have no mark of ours */
	if (memmem(message, message->nlmsg_len, find->comment,
	        strlen(find->comment) + 1) == NULL)
		return 0;
	is_ours = rule_is(find, message, &is_marked);
	if (!is_marked)
		return 0;
	find->is_next = true;
	find->found++;
	find->handle = handle;
	find->before = 0;
	find->is_other |= handle == 0 || !is_ours;
	return 0;
}

static int
find_once(struct find *find, struct why *why)
{
	char bytes[NFT_TALK_BYTES];
	struct nft_talk talk = NFT_TALK_NONE;
	struct nlmsghdr *request;
	int r = nft_talk_open(&talk, why);

	if (r < 0)
		return r;
	request = nftnl_nlmsg_build_hdr(bytes, NFT_MSG_GETRULE,
	    find->accept->family, NLM_F_DUMP, talk.sequence);
	mnl_attr_put_strz(request, NFTA_RULE_TABLE, find->accept->table);
	mnl_attr_put_strz(request, NFTA_RULE_CHAIN, find->accept->chain);
	r = nft_talk_dump(&talk, request, find_take, find);
	nft_talk_close(&talk);
	return r;
}

int
nft_write_find(const struct nf_accept *accept, const char *comment,
    uint64_t *ret_handle, uint64_t *ret_before, struct why *why)
{
	struct find find = {0};
	int r = -EINTR;

	if (!nf_accept_is_valid(accept) || comment[0] == '\0' ||
	    strlen(comment) >= NFT_COMMENT_BYTES)
		return why_set(why, -EINVAL, "that is no rule of ours");
	for (int i = 0; r == -EINTR && i < FIND_TRIES; i++) {
		find = (struct find){.accept = accept, .comment = comment};
		r = find_once(&find, why);
	}
	if (r == -ENOENT)
		return 0;
	if (r < 0) {
		errno = r == -EINTR ? EAGAIN : -r;
		return why_errno(why, "rules of %s %s %s",
		    nf_family_name(accept->family), accept->table,
		    accept->chain);
	}
	if (find.found == 0)
		return 0;
	if (find.found > 1)
		return why_set(why, -EEXIST,
		    "%u rules in %s %s %s have the comment \"%s\"", find.found,
		    nf_family_name(accept->family), accept->table,
		    accept->chain, comment);
	if (find.is_other)
		return why_set(why, -EBADMSG,
		    "the rule in %s %s %s with the comment \"%s\" is no longer "
		    "as it was made",
		    nf_family_name(accept->family), accept->table,
		    accept->chain, comment);
	*ret_handle = find.handle;
	*ret_before = find.before;
	return 1;
}
