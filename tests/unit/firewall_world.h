/*
 * firewall_world.h - rule sets and a host made by hand, for tests
 */
#ifndef MAILFIX_TESTS_UNIT_FIREWALL_WORLD_H
#define MAILFIX_TESTS_UNIT_FIREWALL_WORLD_H

#include <sys/socket.h>

#include <linux/if_arp.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/firewall/question.h"
#include "tests/unit/unit.h"

/* Slots of the registers as nft uses them. */
#define R1 0U
#define R9 1U /* the second slot, behind an address */
#define R2 4U
#define RV NF_SLOT_VERDICT

#define BYTES(...)      ((const uint8_t[]){__VA_ARGS__})
#define BYTES_SIZE(...) ((uint8_t)sizeof((uint8_t[]){__VA_ARGS__}))
#define U32(value)      BYTES_OF_U32((uint32_t)(value))
/* in host order, as the tests' machines have it */
#define BYTES_OF_U32(v)                                                        \
	(uint8_t)(v), (uint8_t)((v) >> 8), (uint8_t)((v) >> 16),               \
	    (uint8_t)((v) >> 24)

#define LOAD_META(k, r)                                                        \
	{                                                                      \
		.op = NF_OP_META, .dreg = (r), .sreg = NF_SLOT_NONE,           \
		.key = {.key = (k),                                            \
			.direction = 0xff }                                    \
	}
#define SET_META(k, r)                                                         \
	{                                                                      \
		.op = NF_OP_META, .dreg = NF_SLOT_NONE, .sreg = (r),           \
		.is_write = true,                                              \
		.key = {.key = (k),                                            \
			.direction = 0xff }                                    \
	}
#define LOAD_CT(k, dir, r)                                                     \
	{                                                                      \
		.op = NF_OP_CT, .dreg = (r), .sreg = NF_SLOT_NONE,             \
		.key = {.key = (k),                                            \
			.direction = (dir) }                                   \
	}
#define SET_CT(k, r)                                                           \
	{                                                                      \
		.op = NF_OP_CT, .dreg = NF_SLOT_NONE, .sreg = (r),             \
		.is_write = true,                                              \
		.key = {.key = (k),                                            \
			.direction = 0xff }                                    \
	}
#define LOAD_KEY(o, k, r)                                                      \
	{                                                                      \
		.op = (o), .dreg = (r), .sreg = NF_SLOT_NONE,                  \
		.key = {.key = (k) }                                           \
	}
#define LOAD(b, o, l, r)                                                       \
	{                                                                      \
		.op = NF_OP_PAYLOAD, .dreg = (r), .sreg = NF_SLOT_NONE,        \
		.length = (l), .payload = {                                    \
			.base = (b),                                           \
			.offset = (o)                                          \
		}                                                              \
	}
#define LOAD_NH(o, l, r) LOAD(NFT_PAYLOAD_NETWORK_HEADER, o, l, r)
#define LOAD_TH(o, l, r) LOAD(NFT_PAYLOAD_TRANSPORT_HEADER, o, l, r)
#define LOAD_FIB(res, fl, r)                                                   \
	{                                                                      \
		.op = NF_OP_FIB, .dreg = (r), .sreg = NF_SLOT_NONE,            \
		.fib = {.result = (res),                                       \
			.flags = (fl) }                                        \
	}
#define CMP(o, r, ...)                                                         \
	{                                                                      \
		.op = NF_OP_CMP, .sreg = (r), .dreg = NF_SLOT_NONE,            \
		.length = BYTES_SIZE(__VA_ARGS__),                             \
		.cmp = {.op = (o),                                             \
			.data = BYTES(__VA_ARGS__) }                           \
	}
#define EQ(r, ...)  CMP(NFT_CMP_EQ, r, __VA_ARGS__)
#define NEQ(r, ...) CMP(NFT_CMP_NEQ, r, __VA_ARGS__)
#define RANGE(o, r, l, f, t)                                                   \
	{                                                                      \
		.op = NF_OP_RANGE, .sreg = (r), .dreg = NF_SLOT_NONE,          \
		.length = (l), .range = {                                      \
			.op = (o),                                             \
			.from = f,                                             \
			.to = t                                                \
		}                                                              \
	}
#define AND(r, ...)                                                            \
	{                                                                      \
		.op = NF_OP_BITWISE, .sreg = (r), .dreg = (r),                 \
		.sreg2 = NF_SLOT_NONE, .length = BYTES_SIZE(__VA_ARGS__),      \
		.bitwise = {                                                   \
			.op = NFT_BITWISE_BOOL,                                \
			.mask = BYTES(__VA_ARGS__)                             \
		}                                                              \
	}
#define VALUE(r, ...)                                                          \
	{                                                                      \
		.op = NF_OP_IMMEDIATE, .dreg = (r), .sreg = NF_SLOT_NONE,      \
		.length = BYTES_SIZE(__VA_ARGS__), .immediate = {              \
			.data = BYTES(__VA_ARGS__)                             \
		}                                                              \
	}
#define VERDICT(c, to)                                                         \
	{                                                                      \
		.op = NF_OP_IMMEDIATE, .dreg = NF_SLOT_VERDICT,                \
		.sreg = NF_SLOT_NONE, .immediate = {                           \
			.verdict = {(c), (to)}                                 \
		}                                                              \
	}
#define ACCEPT   VERDICT(NF_VERDICT_ACCEPT, NULL)
#define DROP     VERDICT(NF_VERDICT_DROP, NULL)
#define RETURN   VERDICT(NF_VERDICT_RETURN, NULL)
#define JUMP(to) VERDICT(NF_VERDICT_JUMP, to)
#define GOTO(to) VERDICT(NF_VERDICT_GOTO, to)
#define PLAIN(o)                                                               \
	{                                                                      \
		.op = (o), .sreg = NF_SLOT_NONE, .dreg = NF_SLOT_NONE          \
	}
#define REJECT                                                                 \
	{                                                                      \
		.op = NF_OP_REJECT, .sreg = NF_SLOT_NONE,                      \
		.dreg = NF_SLOT_NONE, .reject = {                              \
			.type = NFT_REJECT_TCP_RST                             \
		}                                                              \
	}
#define LIMIT(n, over)                                                         \
	{                                                                      \
		.op = NF_OP_LIMIT, .sreg = NF_SLOT_NONE, .dreg = NF_SLOT_NONE, \
		.is_inverted = (over), .limit = {                              \
			.rate = (n),                                           \
			.per_s = 1                                             \
		}                                                              \
	}
#define NAT(t, f, address, port)                                               \
	{                                                                      \
		.op = NF_OP_NAT, .sreg = NF_SLOT_NONE, .dreg = NF_SLOT_NONE,   \
		.nat = {.type = (t),                                           \
			.family = (f),                                         \
			.address_min = (address),                              \
			.address_max = NF_SLOT_NONE,                           \
			.port_min = (port),                                    \
			.port_max = NF_SLOT_NONE }                             \
	}
#define REDIR(port)                                                            \
	{                                                                      \
		.op = NF_OP_REDIR, .sreg = NF_SLOT_NONE, .dreg = NF_SLOT_NONE, \
		.nat = {.address_min = NF_SLOT_NONE,                           \
			.address_max = NF_SLOT_NONE,                           \
			.port_min = (port),                                    \
			.port_max = NF_SLOT_NONE }                             \
	}
#define LOOKUP(s, from, to, inverted)                                          \
	{                                                                      \
		.op = NF_OP_LOOKUP, .sreg = (from), .dreg = (to),              \
		.is_inverted = (inverted), .lookup = {                         \
			.set = (s)                                             \
		}                                                              \
	}
/* as nft writes them */
#define DPORT(port)                                                            \
	LOAD_META(NFT_META_L4PROTO, R1), EQ(R1, 6), LOAD_TH(2, 2, R1),         \
	    EQ(R1, (port) >> 8, (port)&0xff)
#define CT_STATE(bits)                                                         \
	LOAD_CT(NFT_CT_STATE, 0xff, R1), AND(R1, U32(bits)), NEQ(R1, U32(0))
#define STATE_NEW         8
#define STATE_ESTABLISHED 2
#define STATE_RELATED     4
#define STATE_INVALID     1
#define STATE_UNTRACKED   0x40

#define WORLD_TABLES 8U
#define WORLD_CHAINS 64U
#define WORLD_SETS   16U

struct world {
	struct arena *arena;
	struct nf_table tables[WORLD_TABLES];
	struct nf_chain chains[WORLD_CHAINS];
	struct nf_set sets[WORLD_SETS];
	struct nf_ruleset ruleset;
	struct net net;
	struct nf_answer answer;
	struct nf_samples samples;
	struct nf_options options;
	struct why why;
	unsigned routes_asked;
	uint32_t last_mark;
};

enum { LO = 1, ETH0 = 2, ETH1 = 3 };

static struct net_interface world_interfaces[] = {
    {.index = LO,
     .name = "lo",
     .type = ARPHRD_LOOPBACK,
     .is_loopback = true,
     .is_up = true},
    {.index = ETH0,
     .name = "eth0",
     .kind = "veth",
     .type = ARPHRD_ETHER,
     .group = 7,
     .is_up = true,
     .has_default_v4 = true,
     .has_default_v6 = true},
    {.index = ETH1,  .name = "eth1",   .type = ARPHRD_ETHER,  .is_up = true},
};

static struct nf_address
address_of(const char *text)
{
	struct nf_address address;

	assert_int_equal(net_address_parse(text, &address), 0);
	return address;
}

static int
world_route(void *user, const struct net_route_query *query,
    struct net_route *ret, struct why *why)
{
	struct world *world = user;

	(void)why;
	world->routes_asked++;
	world->last_mark = query->mark;
	*ret = (struct net_route){
	    .type = NET_ROUTE_UNICAST, .oif = query->mark == 9 ? ETH1 : ETH0};
	if (net_is_own(&world->net, &query->to))
		ret->type = NET_ROUTE_LOCAL;
	else if (query->to.family == AF_INET && query->to.bytes[0] == 10)
		ret->oif = ETH1;
	else if (query->to.family == AF_INET && query->to.bytes[0] == 198 &&
	         query->to.bytes[3] == 99)
		ret->type = NET_ROUTE_NONE;
	else
		ret->gateway = query->to.family == AF_INET
		                   ? address_of("192.0.2.1")
		                   : address_of("2001:db8::1");
	return 0;
}

static struct world *
world_new(void)
{
	struct world *world = mem_alloc(1, sizeof(*world));
	static struct net_own_address own[5];

	own[0] = (struct net_own_address){LO, address_of("127.0.0.1"), 8, 0, 0};
	own[1] = (struct net_own_address){LO, address_of("::1"), 128, 0, 0};
	own[2] =
	    (struct net_own_address){ETH0, address_of("192.0.2.10"), 24, 1, 0};
	own[3] = (struct net_own_address){
	    ETH0, address_of("2001:db8::10"), 64, 1, 0};
	own[4] =
	    (struct net_own_address){ETH1, address_of("10.0.0.1"), 24, 1, 0};
	world->arena = arena_new();
	world->ruleset = (struct nf_ruleset){.arena = world->arena,
	    .tables = world->tables,
	    .chains = world->chains,
	    .sets = world->sets};
	world->net = (struct net){.interfaces = world_interfaces,
	    .interface_count = 3,
	    .addresses = own,
	    .address_count = 5,
	    .has_listeners = true,
	    .is_mark_routed = true,
	    .route = world_route,
	    .user = world};
	return world;
}

static void
world_free(struct world *world)
{
	(void)arena_free(world->arena);
	free(world);
}

static inline struct nf_table *
world_table(struct world *world, uint8_t family, const char *name)
{
	struct nf_table *table = &world->tables[world->ruleset.table_count++];

	assert_true(world->ruleset.table_count <= WORLD_TABLES);
	*table = (struct nf_table){.family = family, .name = name};
	return table;
}

/* a chain that others jump to */
static inline struct nf_chain *
world_chain(struct world *world, const struct nf_table *table, const char *name)
{
	struct nf_chain *chain = &world->chains[world->ruleset.chain_count++];

	assert_true(world->ruleset.chain_count <= WORLD_CHAINS);
	*chain = (struct nf_chain){.table = table,
	    .name = name,
	    .order = (unsigned)world->ruleset.chain_count,
	    .is_loaded = true};
	return chain;
}

static inline struct nf_chain *
world_base(struct world *world, const struct nf_table *table, const char *name,
    uint8_t hook, int priority, enum nf_verdict_code policy)
{
	struct nf_chain *chain = world_chain(world, table, name);

	chain->is_base = true;
	chain->hook = hook;
	chain->priority = priority;
	chain->policy.code = policy;
	return chain;
}

static inline void
bytes_keep(struct arena *arena, const uint8_t **bytes, size_t length)
{
	if (*bytes != NULL) {
		uint8_t *kept = arena_alloc(arena, length, 1);

		(void)memcpy(kept, *bytes, length);
		*bytes = kept;
	}
}

/* The bytes of what is written in a rule live as long as its block. */
static inline void
expr_keep(struct arena *arena, struct nf_expr *expr)
{
	switch (expr->op) {
	case NF_OP_CMP:
		bytes_keep(arena, &expr->cmp.data, expr->length);
		break;
	case NF_OP_BITWISE:
		bytes_keep(arena, &expr->bitwise.mask, expr->length);
		bytes_keep(arena, &expr->bitwise.xor, expr->length);
		break;
	case NF_OP_IMMEDIATE:
		bytes_keep(arena, &expr->immediate.data, expr->length);
		break;
	case NF_OP_RANGE:
		bytes_keep(arena, &expr->range.from, expr->length);
		bytes_keep(arena, &expr->range.to, expr->length);
		break;
	default:
		break;
	}
}

static inline void
world_rule_add(struct world *world, struct nf_chain *chain,
    const struct nf_expr *exprs, size_t count)
{
	struct nf_rule *rules =
	    arena_alloc(world->arena, chain->rule_count + 1, sizeof(*rules));
	struct nf_expr *copy = arena_alloc(world->arena, count, sizeof(*copy));

	if (chain->rule_count > 0)
		(void)memcpy(
		    rules, chain->rules, chain->rule_count * sizeof(*rules));
	(void)memcpy(copy, exprs, count * sizeof(*copy));
	for (size_t i = 0; i < count; i++)
		expr_keep(world->arena, &copy[i]);
	rules[chain->rule_count] =
	    (struct nf_rule){.handle = chain->rule_count + 1,
	        .exprs = copy,
	        .expr_count = (uint16_t)count};
	chain->rules = rules;
	chain->rule_count++;
}

#define RULE(world, chain, ...)                                                \
	world_rule_add(world, chain, (const struct nf_expr[]){__VA_ARGS__},    \
	    sizeof((const struct nf_expr[]){__VA_ARGS__}) /                    \
	        sizeof(struct nf_expr))

static inline struct nf_set *
world_set(struct world *world, const struct nf_table *table, const char *name,
    uint8_t key_length)
{
	struct nf_set *set = &world->sets[world->ruleset.set_count++];

	assert_true(world->ruleset.set_count <= WORLD_SETS);
	*set = (struct nf_set){.table = table,
	    .name = name,
	    .key_length = key_length,
	    .is_loaded = true};
	return set;
}

static inline struct nf_question
question_in(const char *from, const char *to, uint16_t port)
{
	return (struct nf_question){.direction = NF_IN,
	    .from = address_of(from),
	    .to = address_of(to),
	    .port = port,
	    .interface = ETH0};
}

static inline struct nf_question
question_out(const char *from, const char *to, uint16_t port)
{
	return (struct nf_question){.direction = NF_OUT,
	    .from = address_of(from),
	    .to = address_of(to),
	    .port = port};
}

static inline enum nf_outcome
world_ask(struct world *world, struct nf_question question)
{
	int r = nf_ask(world->arena, &world->ruleset, &world->net, &question,
	    &world->options, &world->answer, &world->why);

	if (r < 0)
		fail_msg("nf_ask: %s", world->why.text);
	return world->answer.outcome;
}

/* from outside, to port 25 */
static inline enum nf_outcome
world_ask_smtp(struct world *world)
{
	return world_ask(world, question_in("203.0.113.9", "192.0.2.10", 25));
}

static inline enum nf_outcome
world_ask_smtp6(struct world *world)
{
	return world_ask(
	    world, question_in("2001:db8:9::9", "2001:db8::10", 25));
}

/* "inet t input#1=accept; ..." */
static inline const char *
world_path(struct world *world)
{
	AUTO_BUF struct buf text = {0};

	for (size_t i = 0; i < world->answer.path_length; i++) {
		const struct nf_step *step = &world->answer.path[i];

		if (i > 0)
			buf_add(&text, "; ");
		if (step->is_reply)
			buf_add(&text, "<");
		for (unsigned n = 0; n < step->depth; n++)
			buf_add(&text, " ");
		if (step->chain != NULL)
			buf_addf(&text, "%s#%d=", step->chain->name,
			    step->rule != NULL ? (int)step->rule->handle : 0);
		buf_add(&text, step->text);
	}
	return arena_dup(world->arena, buf_text(&text));
}

#endif
