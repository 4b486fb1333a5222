/*
 * ruleset_world.h - rule sets and a network by hand, for unit tests
 *
 * One table, inet filter, with chain input (and output); a host with eth0 to
 * the world over IPv4 and IPv6, and eth1 to a network of its own.
 */
#ifndef MAILFIX_TESTS_UNIT_RULESET_WORLD_H
#define MAILFIX_TESTS_UNIT_RULESET_WORLD_H

#include <sys/socket.h>

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "agent/firewall/net.h"
#include "agent/firewall/ruleset.h"

#define WORLD_RULES_MAX  16U
#define WORLD_CHAINS_MAX 4U

struct world {
	struct arena *arena;
	struct nf_table table;
	struct nf_chain chains[WORLD_CHAINS_MAX];
	struct nf_ruleset ruleset;
	struct net_interface interfaces[3];
	struct net_own_address addresses[8];
	struct net_listener listeners[8];
	struct net net;
	uint64_t handle; /* the last one given */
};

/* What a rule of a test asks for; zero: nothing. */
struct world_rule {
	uint16_t port;
	const char *from; /* an address, whole */
	uint8_t family;   /* meta nfproto */
	const char *iif;  /* iifname */
	uint32_t state;   /* ct state: this one alone */
	enum nf_verdict_code verdict;
	const char *jump;
	bool is_reject;
};

static inline struct nf_expr *
world_compare(
    struct world *world, struct nf_expr *at, const void *data, uint8_t length)
{
	*at = (struct nf_expr){
	    .op = NF_OP_CMP,
	    .sreg = 0,
	    .dreg = NF_SLOT_NONE,
	    .sreg2 = NF_SLOT_NONE,
	    .length = length,
	};
	at->cmp.op = NFT_CMP_EQ;
	at->cmp.data =
	    memcpy(arena_alloc(world->arena, length, 1), data, length);
	return at + 1;
}

static inline struct nf_expr *
world_meta(struct nf_expr *at, uint32_t key, uint8_t length)
{
	*at = (struct nf_expr){
	    .op = NF_OP_META,
	    .sreg = NF_SLOT_NONE,
	    .dreg = 0,
	    .sreg2 = NF_SLOT_NONE,
	    .length = length,
	};
	at->key.key = key;
	at->key.direction = 0xff;
	return at + 1;
}

static inline struct nf_expr *
world_payload(
    struct nf_expr *at, uint32_t base, uint32_t offset, uint8_t length)
{
	*at = (struct nf_expr){
	    .op = NF_OP_PAYLOAD,
	    .sreg = NF_SLOT_NONE,
	    .dreg = 0,
	    .sreg2 = NF_SLOT_NONE,
	    .length = length,
	};
	at->payload.base = base;
	at->payload.offset = offset;
	return at + 1;
}

static inline struct nf_expr *
world_family(struct world *world, struct nf_expr *at, uint8_t family)
{
	uint8_t proto = family == AF_INET ? 2 : 10;

	at = world_meta(at, NFT_META_NFPROTO, 1);
	return world_compare(world, at, &proto, 1);
}

static inline struct nf_expr *
world_from(struct world *world, struct nf_expr *at, const char *from)
{
	struct nf_address address = {0};
	bool is_v4;

	(void)net_address_parse(from, &address);
	is_v4 = address.family == AF_INET;
	at = world_family(world, at, address.family);
	at = world_payload(
	    at, NFT_PAYLOAD_NETWORK_HEADER, is_v4 ? 12 : 8, is_v4 ? 4 : 16);
	return world_compare(world, at, address.bytes, is_v4 ? 4 : 16);
}

static inline struct nf_expr *
world_port(struct world *world, struct nf_expr *at, uint16_t port)
{
	uint8_t tcp = 6;
	uint16_t wire = htons(port);

	at = world_meta(at, NFT_META_L4PROTO, 1);
	at = world_compare(world, at, &tcp, 1);
	at = world_payload(at, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
	return world_compare(world, at, &wire, 2);
}

/* Its handle: 1, 2, ... in the order of the calls. */
static inline uint64_t
world_add(struct world *world, const char *chain_name, struct world_rule rule)
{
	struct nf_chain *chain = NULL;
	struct nf_expr *exprs = arena_alloc(world->arena, 16, sizeof(*exprs));
	struct nf_expr *at = exprs;

	for (size_t i = 0; i < world->ruleset.chain_count; i++)
		if (strcmp(world->chains[i].name, chain_name) == 0)
			chain = &world->chains[i];
	if (rule.family != 0)
		at = world_family(world, at, rule.family);
	if (rule.iif != NULL) {
		char name[16] = "";

		(void)memcpy(name, rule.iif, strlen(rule.iif));
		at = world_meta(at, NFT_META_IIFNAME, 16);
		at = world_compare(world, at, name, 16);
	}
	if (rule.state != 0) {
		at = world_meta(at, NFT_CT_STATE, 4);
		at[-1].op = NF_OP_CT;
		at = world_compare(world, at, &rule.state, 4);
	}
	if (rule.from != NULL)
		at = world_from(world, at, rule.from);
	if (rule.port != 0)
		at = world_port(world, at, rule.port);
	*at = (struct nf_expr){
	    .op = rule.is_reject ? NF_OP_REJECT : NF_OP_IMMEDIATE,
	    .sreg = NF_SLOT_NONE,
	    .dreg = NF_SLOT_VERDICT,
	    .sreg2 = NF_SLOT_NONE};
	if (!rule.is_reject) {
		at->immediate.verdict.code = rule.verdict;
		at->immediate.verdict.chain = rule.jump;
	}
	chain->rules[chain->rule_count++] = (struct nf_rule){
	    .handle = ++world->handle,
	    .exprs = exprs,
	    .expr_count = (uint16_t)(at + 1 - exprs),
	};
	return world->handle;
}

static inline struct nf_chain *
world_chain(struct world *world, const char *name)
{
	struct nf_chain *chain = &world->chains[world->ruleset.chain_count];

	*chain = (struct nf_chain){
	    .table = &world->table,
	    .name = name,
	    .handle = ++world->ruleset.chain_count,
	    .order = (unsigned)world->ruleset.chain_count,
	    .is_loaded = true,
	    .rules = arena_alloc(
	        world->arena, WORLD_RULES_MAX, sizeof(struct nf_rule)),
	};
	return chain;
}

static inline struct nf_chain *
world_base(struct world *world, const char *name, uint8_t hook,
    enum nf_verdict_code policy)
{
	struct nf_chain *chain = world_chain(world, name);

	chain->is_base = true;
	chain->hook = hook;
	chain->policy.code = policy;
	return chain;
}

static inline void
world_own(struct world *world, unsigned index, const char *text)
{
	struct net_own_address *own =
	    &world->addresses[world->net.address_count++];

	*own = (struct net_own_address){.index = index, .prefix_length = 24};
	(void)net_address_parse(text, &own->address);
	own->is_global = own->address.bytes[0] != 127 &&
	                 own->address.bytes[0] != 0xfe && index != 1;
}

static inline void
world_listen(struct world *world, const char *text, uint16_t port)
{
	struct net_listener *listener =
	    &world->listeners[world->net.listener_count++];

	*listener = (struct net_listener){.port = port};
	(void)net_address_parse(text, &listener->address);
	world->net.has_listeners = true;
}

/* Our own addresses are here, 10.0.0.0/8 is behind eth1, all else is eth0. */
static inline int
world_route(void *user, const struct net_route_query *query,
    struct net_route *ret, struct why *why)
{
	struct world *world = user;

	(void)why;
	*ret = (struct net_route){.type = NET_ROUTE_UNICAST, .oif = 2};
	if (net_is_own(&world->net, &query->to))
		*ret = (struct net_route){.type = NET_ROUTE_LOCAL, .oif = 1};
	else if (query->to.family == AF_INET && query->to.bytes[0] == 10)
		ret->oif = 3;
	else if (query->to.family == AF_INET
	             ? !world->interfaces[1].has_default_v4
	             : !world->interfaces[1].has_default_v6)
		*ret = (struct net_route){.type = NET_ROUTE_NONE};
	return 0;
}

static inline void
world_init(struct world *world)
{
	*world = (struct world){.arena = arena_new()};
	world->table = (struct nf_table){
	    .family = NF_FAMILY_INET, .name = "filter", .handle = 1};
	world->ruleset = (struct nf_ruleset){
	    .arena = world->arena,
	    .tables = &world->table,
	    .table_count = 1,
	    .chains = world->chains,
	};
	world->interfaces[0] = (struct net_interface){.index = 1,
	    .name = "lo",
	    .type = 772,
	    .is_up = true,
	    .is_loopback = true};
	world->interfaces[1] = (struct net_interface){.index = 2,
	    .name = "eth0",
	    .type = 1,
	    .is_up = true,
	    .has_default_v4 = true,
	    .has_default_v6 = true};
	world->interfaces[2] = (struct net_interface){
	    .index = 3, .name = "eth1", .type = 1, .is_up = true};
	world->net = (struct net){
	    .interfaces = world->interfaces,
	    .interface_count = 3,
	    .addresses = world->addresses,
	    .listeners = world->listeners,
	    .route = world_route,
	    .user = world,
	};
	world_own(world, 1, "127.0.0.1");
	world_own(world, 1, "::1");
	world_own(world, 2, "192.0.2.10");
	world_own(world, 2, "fe80::1");
	world_own(world, 2, "2001:db8::10");
	world_own(world, 3, "10.0.0.1");
}

#endif
