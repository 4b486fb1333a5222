/*
 * test_firewall_odd.c - rules that are rare, and what the kernel makes of them
 *
 * Purpose  none of them may come to a verdict that the kernel does not have
 * Input    rules made by hand, as each was tried on a kernel
 * Errors   a failed assertion
 * Runs as  any user
 * Source   each was sent a packet on Linux 6.18; net/netfilter/nft_*.c of it
 */
#include <time.h>

#include "tests/unit/firewall_world.h"

#define TEST(name)                                                             \
	static void name##_in(struct world *world);                            \
	static void name(void **state)                                         \
	{                                                                      \
		struct world *world = world_new();                             \
                                                                               \
		(void)state;                                                   \
		name##_in(world);                                              \
		world_free(world);                                             \
	}                                                                      \
	static void name##_in(struct world *world)

/* More than a machine counts, twice for each of them. */
#define MANY 60

/* Branches that meet again are looked at once, however many ways lead there. */
TEST(test_many_doubts)
{
	struct nf_table *table = world_table(world, NF_FAMILY_INET, "filter");
	struct nf_chain *input = world_base(
	    world, table, "input", NF_HOOK_INPUT, 0, NF_VERDICT_DROP);
	const clock_t begin = clock();

	(void)world_chain(world, table, "empty");
	for (int i = 0; i < MANY; i++)
		RULE(world, input, LOAD_META(NFT_META_LEN, R1),
		    EQ(R1, U32(100 + i)), JUMP("empty"));
	RULE(world, input, LIMIT(10, false), ACCEPT);
	assert_int_equal(world_ask_smtp(world), NF_DEPENDS);
	assert_true(clock() - begin < CLOCKS_PER_SEC);
}

static struct nf_chain *
early(struct world *world, int priority)
{
	return world_base(world, world_table(world, NF_FAMILY_INET, "early"),
	    "early", NF_HOOK_PREROUTING, priority, NF_VERDICT_ACCEPT);
}

/* TCP takes only what is for this host: a packet of another type is dropped. */
TEST(test_pkttype_set)
{
	struct nf_chain *chain = early(world, 0);

	RULE(world, chain, VALUE(R1, 0), SET_META(NFT_META_PKTTYPE, R1));
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
	RULE(world, chain, VALUE(R1, 1), SET_META(NFT_META_PKTTYPE, R1));
	assert_int_equal(world_ask_smtp(world), NF_NOT_KNOWN);
}

TEST(test_trace_set)
{
	RULE(world, early(world, 0), VALUE(R1, 1),
	    SET_META(NFT_META_NFTRACE, R1));
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
}

static struct nf_expr
header_set(uint32_t base, uint32_t offset, uint8_t length)
{
	return (struct nf_expr){
	    .op = NF_OP_PAYLOAD,
	    .sreg = R1,
	    .dreg = NF_SLOT_NONE,
	    .is_write = true,
	    .length = length,
	    .payload = {.base = base, .offset = offset}
        };
}

/* Without nat nobody turns the answer back. */
TEST(test_port_set)
{
	RULE(world, early(world, -150), VALUE(R1, 0, 26),
	    header_set(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2));
	assert_int_equal(world_ask_smtp(world), NF_NOT_KNOWN);
}

/* A reset is no SYN any more; a protocol is another one. */
TEST(test_header_set)
{
	struct nf_chain *chain = early(world, -150);

	RULE(world, chain, VALUE(R1, 0x50, 4),
	    header_set(NFT_PAYLOAD_TRANSPORT_HEADER, 12, 2));
	assert_int_equal(world_ask_smtp(world), NF_NOT_KNOWN);
	chain->rule_count = 0;
	RULE(world, chain, VALUE(R1, 60, 17),
	    header_set(NFT_PAYLOAD_NETWORK_HEADER, 8, 2));
	assert_int_equal(world_ask_smtp(world), NF_NOT_KNOWN);
	chain->rule_count = 0;
	RULE(world, chain, VALUE(R1, 60, 6),
	    header_set(NFT_PAYLOAD_NETWORK_HEADER, 8, 2));
	RULE(world, chain, VALUE(R1, 0x45, 0x60),
	    header_set(NFT_PAYLOAD_NETWORK_HEADER, 0, 2));
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
}

#define LABELS(n) (n), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0

/* A label that was set is one that the next rule sees; those before stay. */
TEST(test_label_set)
{
	struct nf_chain *chain = early(world, -150);

	RULE(world, chain, VALUE(R1, LABELS(32)), SET_CT(NFT_CT_LABELS, R1));
	RULE(world, chain, VALUE(R1, LABELS(1)), SET_CT(NFT_CT_LABELS, R1));
	RULE(world, chain, LOAD_CT(NFT_CT_LABELS, 0xff, R1), AND(R1, LABELS(2)),
	    NEQ(R1, LABELS(0)), DROP);
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
	RULE(world, chain, LOAD_CT(NFT_CT_LABELS, 0xff, R1),
	    AND(R1, LABELS(32)), NEQ(R1, LABELS(0)), DROP);
	assert_int_equal(world_ask_smtp(world), NF_DROPPED);
	/* before conntrack there is nothing to put it on */
	chain->priority = -300;
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
}

/* The answer belongs to the connection only in the zone of the connection. */
TEST(test_zone)
{
	struct nf_table *table = world_table(world, NF_FAMILY_INET, "zones");
	struct nf_chain *in = early(world, -300);
	struct nf_chain *raw = world_base(
	    world, table, "raw", NF_HOOK_OUTPUT, -300, NF_VERDICT_ACCEPT);
	struct nf_chain *out = world_base(
	    world, table, "out", NF_HOOK_OUTPUT, 0, NF_VERDICT_ACCEPT);
	struct nf_expr one_way = SET_CT(NFT_CT_ZONE, R1);

	RULE(world, in, VALUE(R1, 1, 0), SET_CT(NFT_CT_ZONE, R1));
	RULE(world, out, CT_STATE(STATE_INVALID), DROP);
	assert_int_equal(world_ask_smtp(world), NF_DROPPED);
	assert_true(world->answer.is_reply);
	RULE(world, raw, VALUE(R1, 1, 0), SET_CT(NFT_CT_ZONE, R1));
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
	in->rule_count = raw->rule_count = 0;
	one_way.key.direction = 0;
	RULE(world, in, VALUE(R1, 1, 0), one_way);
	assert_int_equal(world_ask_smtp(world), NF_NOT_KNOWN);
}

/* What is tracked already stays in its zone. */
TEST(test_zone_late)
{
	struct nf_chain *chain = early(world, -150);

	RULE(world, chain, VALUE(R1, 1, 0), SET_CT(NFT_CT_ZONE, R1));
	RULE(world, chain, LOAD_CT(NFT_CT_ZONE, 0xff, R1), EQ(R1, 1, 0), DROP);
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
}

/* Of what can write, nothing is known when it is not understood. */
TEST(test_unknown_write)
{
	static const char *const names[] = {"meta", "ct", "payload"};
	struct nf_chain *chain = early(world, 0);

	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		const struct nf_expr unknown = {
		    .op = NF_OP_UNKNOWN,
		    .unknown = {.name = names[i], .text = "attribute 9"}
                };

		chain->rule_count = 0;
		RULE(world, chain, unknown);
		RULE(world, chain, LOAD_META(NFT_META_MARK, R1), EQ(R1, U32(1)),
		    DROP);
		assert_int_equal(world_ask_smtp(world), NF_NOT_KNOWN);
	}
}

/* Rules of a bridge see what is for an address on it. */
TEST(test_bridge_below)
{
	struct net_interface interfaces[3];
	struct nf_table *table = world_table(world, NF_FAMILY_BRIDGE, "b");
	struct nf_chain *chain = world_base(
	    world, table, "input", NF_HOOK_INPUT, 0, NF_VERDICT_ACCEPT);

	(void)memcpy(interfaces, world_interfaces, sizeof(interfaces));
	world->net.interfaces = interfaces;
	RULE(world, chain, DPORT(25), DROP);
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
	(void)strcpy(interfaces[1].kind, "bridge");
	assert_int_equal(world_ask_smtp(world), NF_NOT_KNOWN);
	assert_non_null(strstr(world->answer.reason, "bridge b input"));
	chain->hook = NF_HOOK_FORWARD;
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
	chain->hook = NF_HOOK_POSTROUTING;
	assert_int_equal(world_ask_smtp(world), NF_NOT_KNOWN);
	chain->rule_count = 0;
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
}

/* Of a newer kernel: it may be on our way, and it may refuse. */
TEST(test_unknown_hook)
{
	struct nf_table *table = world_table(world, NF_FAMILY_INET, "new");
	struct nf_chain *chain = world_base(
	    world, table, "where", NF_HOOK_UNKNOWN, 0, NF_VERDICT_ACCEPT);

	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
	RULE(world, chain, DROP);
	assert_int_equal(world_ask_smtp(world), NF_NOT_KNOWN);
	assert_non_null(strstr(world->answer.reason, "inet new where"));
	table->is_dormant = true;
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
	table->is_dormant = false;
	table->family = NF_FAMILY_IPV6;
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
}

/* So do those of a port of it, and of what a VLAN is on. */
TEST(test_port_below)
{
	static const char *const devices[] = {"eth1", NULL};
	struct net_interface interfaces[3];
	struct nf_table *table = world_table(world, NF_FAMILY_NETDEV, "n");
	struct nf_chain *chain = world_base(
	    world, table, "early", NF_HOOK_INGRESS, 0, NF_VERDICT_ACCEPT);

	(void)memcpy(interfaces, world_interfaces, sizeof(interfaces));
	world->net.interfaces = interfaces;
	chain->devices = devices;
	RULE(world, chain, DPORT(25), DROP);
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
	interfaces[2].master = ETH0;
	assert_int_equal(world_ask_smtp(world), NF_NOT_KNOWN);
	interfaces[2].master = 0;
	(void)strcpy(interfaces[1].kind, "vlan");
	assert_int_equal(world_ask_smtp(world), NF_NOT_KNOWN);
	table->is_dormant = true;
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
}

static int
filtered(void *user, const struct net_route_query *query, struct net_route *ret,
    struct why *why)
{
	int r = world_route(user, query, ret, why);

	if (query->iif != 0)
		ret->type = NET_ROUTE_FILTERED;
	return r;
}

/* The way back is another one: the kernel drops it before the rules do. */
TEST(test_reverse_path)
{
	world->net.is_mark_routed = false;
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
	world->net.route = filtered;
	assert_int_equal(world_ask_smtp(world), NF_DROPPED);
	assert_null(world->answer.chain);
	/* IPv6 has no such filter */
	assert_int_equal(world_ask_smtp6(world), NF_ACCEPTED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_many_doubts),
	    cmocka_unit_test(test_pkttype_set),
	    cmocka_unit_test(test_trace_set),
	    cmocka_unit_test(test_port_set),
	    cmocka_unit_test(test_header_set),
	    cmocka_unit_test(test_label_set),
	    cmocka_unit_test(test_zone),
	    cmocka_unit_test(test_zone_late),
	    cmocka_unit_test(test_unknown_write),
	    cmocka_unit_test(test_bridge_below),
	    cmocka_unit_test(test_unknown_hook),
	    cmocka_unit_test(test_port_below),
	    cmocka_unit_test(test_reverse_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
