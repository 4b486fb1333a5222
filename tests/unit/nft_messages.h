/*
 * nft_messages.h - messages as the kernel would send them, for tests of nft_*
 */
#ifndef MAILFIX_TESTS_UNIT_NFT_MESSAGES_H
#define MAILFIX_TESTS_UNIT_NFT_MESSAGES_H

/* clang-format off */
#include <arpa/inet.h>
#include <endian.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
/* clang-format on */

#include "agent/sys/nft_decode.h"

/* Room for a message; what a test puts in is far less. */
#define MESSAGE_BYTES 32768U

struct message {
	_Alignas(struct nlmsghdr) char bytes[MESSAGE_BYTES];
};

static inline struct nlmsghdr *
message_begin(struct message *message, unsigned type, uint8_t family,
    uint32_t seq, uint32_t generation)
{
	struct nlmsghdr *head = mnl_nlmsg_put_header(message->bytes);
	struct nfgenmsg *body;

	head->nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type);
	head->nlmsg_flags = NLM_F_MULTI;
	head->nlmsg_seq = seq;
	body = mnl_nlmsg_put_extra_header(head, sizeof(*body));
	body->nfgen_family = family;
	body->version = NFNETLINK_V0;
	body->res_id = htons((uint16_t)generation);
	return head;
}

static inline void
put_u32(struct nlmsghdr *head, unsigned type, uint32_t value)
{
	mnl_attr_put_u32(head, (uint16_t)type, htonl(value));
}

static inline void
put_u64(struct nlmsghdr *head, unsigned type, uint64_t value)
{
	mnl_attr_put_u64(head, (uint16_t)type, htobe64(value));
}

static inline void
put_text(struct nlmsghdr *head, unsigned type, const char *text)
{
	mnl_attr_put_strz(head, (uint16_t)type, text);
}

static inline struct nlattr *
nest_begin(struct nlmsghdr *head, unsigned type)
{
	return mnl_attr_nest_start(head, (uint16_t)type);
}

/* struct nft_data with bytes in it */
static inline void
put_data(struct nlmsghdr *head, unsigned type, const void *bytes, size_t length)
{
	struct nlattr *nest = nest_begin(head, type);

	mnl_attr_put(head, NFTA_DATA_VALUE, length, bytes);
	mnl_attr_nest_end(head, nest);
}

static inline void
put_verdict(
    struct nlmsghdr *head, unsigned type, int32_t code, const char *chain)
{
	struct nlattr *nest = nest_begin(head, type);
	struct nlattr *verdict = nest_begin(head, NFTA_DATA_VERDICT);

	put_u32(head, NFTA_VERDICT_CODE, (uint32_t)code);
	if (chain != NULL)
		put_text(head, NFTA_VERDICT_CHAIN, chain);
	mnl_attr_nest_end(head, verdict);
	mnl_attr_nest_end(head, nest);
}

/* One expression of a list; its attributes come between begin and end. */
struct expr_nests {
	struct nlattr *element, *data;
};

static inline struct expr_nests
expr_begin(struct nlmsghdr *head, const char *name)
{
	struct expr_nests nests;

	nests.element = nest_begin(head, NFTA_LIST_ELEM);
	put_text(head, NFTA_EXPR_NAME, name);
	nests.data = nest_begin(head, NFTA_EXPR_DATA);
	return nests;
}

static inline void
expr_end(struct nlmsghdr *head, struct expr_nests nests)
{
	mnl_attr_nest_end(head, nests.data);
	mnl_attr_nest_end(head, nests.element);
}

/* A table `inet filter` with a set `ports`, and what decodes for it. */
struct world {
	struct arena *arena;
	struct nf_ruleset ruleset;
	struct nf_table table;
	struct nf_set set;
	struct nft_decoder decoder;
	struct message message;
	struct nlmsghdr *head;
	struct nlattr *list;
};

static inline int
set_up(void **state)
{
	struct world *world = mem_alloc(1, sizeof(*world));

	world->arena = arena_new();
	world->table =
	    (struct nf_table){.family = NF_FAMILY_INET, .name = "filter"};
	world->set = (struct nf_set){
	    .table = &world->table, .name = "ports", .key_length = 2};
	world->ruleset = (struct nf_ruleset){.arena = world->arena,
	    .tables = &world->table,
	    .table_count = 1,
	    .sets = &world->set,
	    .set_count = 1};
	world->decoder = (struct nft_decoder){.arena = world->arena,
	    .ruleset = &world->ruleset,
	    .table = &world->table};
	*state = world;
	return 0;
}

static inline int
tear_down(void **state)
{
	struct world *world = *state;

	arena_free(world->arena);
	free(world);
	return 0;
}

#endif
