/*
 * test_firewall_eval.c - hooks, chains, verdicts and the way of a packet
 *
 * Purpose  the answer is the one that the kernel would give
 * Input    rule sets made by hand
 * Errors   a failed assertion
 * Runs as  any user
 * Source   ../notes on nf_tables: what the kernel was seen to do
 */
#include <errno.h>

#include "agent/base/auto.h"
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

TEST(test_empty)
{
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
	assert_null(world->answer.chain);
	assert_null(world->answer.reason);
	assert_int_equal(world_ask_smtp6(world), NF_ACCEPTED);
}

TEST(test_policy)
{
	struct nf_table *table = world_table(world, NF_FAMILY_INET, "filter");
	struct nf_chain *input = world_base(
	    world, table, "input", NF_HOOK_INPUT, 0, NF_VERDICT_DROP);

	assert_int_equal(world_ask_smtp(world), NF_DROPPED);
	assert_ptr_equal(world->answer.chain, input);
	assert_null(world->answer.rule);
	assert_string_equal(world_path(world), "input#0=policy drop");
	RULE(world, input, DPORT(587), ACCEPT);
	RULE(world, input, DPORT(25), PLAIN(NF_OP_COUNTER), PLAIN(NF_OP_LOG),
	    ACCEPT);
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
	assert_int_equal(world->answer.rule->handle, 2);
	assert_int_equal(world_ask_smtp6(world), NF_ACCEPTED);
	assert_int_equal(
	    world_ask(world, question_in("203.0.113.9", "192.0.2.10", 465)),
	    NF_DROPPED);
	table->is_dormant = true;
	assert_int_equal(
	    world_ask(world, question_in("203.0.113.9", "192.0.2.10", 465)),
	    NF_ACCEPTED);
}

TEST(test_second_base)
{
	struct nf_table *table = world_table(world, NF_FAMILY_INET, "filter");
	struct nf_table *other = world_table(world, NF_FAMILY_IPV4, "late");
	struct nf_chain *input = world_base(
	    world, table, "input", NF_HOOK_INPUT, 0, NF_VERDICT_ACCEPT);
	struct nf_chain *late = world_base(
	    world, other, "late", NF_HOOK_INPUT, 10, NF_VERDICT_ACCEPT);

	RULE(world, input, ACCEPT);
	RULE(world, late, DPORT(25), REJECT);
	assert_int_equal(world_ask_smtp(world), NF_REJECTED);
	assert_ptr_equal(world->answer.chain, late);
	assert_string_equal(world_path(world), "input#1=accept; late#1=reject");
	assert_int_equal(world_ask_smtp6(world), NF_ACCEPTED);
	/* of equal priorities the later one runs first */
	late->priority = 0;
	assert_int_equal(world_ask_smtp(world), NF_REJECTED);
	assert_string_equal(world_path(world), "late#1=reject");
}

/* What follows the SYN of a connection that was let in. */
TEST(test_later)
{
	struct nf_table *table = world_table(world, NF_FAMILY_INET, "filter");
	struct nf_table *nat = world_table(world, NF_FAMILY_INET, "nat");
	struct nf_chain *input = world_base(
	    world, table, "input", NF_HOOK_INPUT, 0, NF_VERDICT_DROP);
	struct nf_chain *map = world_base(
	    world, nat, "map", NF_HOOK_PREROUTING, -100, NF_VERDICT_DROP);

	map->type = NF_CHAIN_NAT;
	RULE(world, map, ACCEPT);
	RULE(world, input, CT_STATE(STATE_NEW), DPORT(25), ACCEPT);
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
	world->options.is_later = true;
	/* nat chains see the first packet only */
	map->rule_count = 0;
	assert_int_equal(world_ask_smtp(world), NF_DROPPED);
	assert_ptr_equal(world->answer.chain, input);
	assert_false(world->answer.is_reply);
	RULE(world, input, CT_STATE(STATE_ESTABLISHED), ACCEPT);
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
	world->options.is_later = false;
	assert_int_equal(world_ask_smtp(world), NF_DROPPED);
	assert_ptr_equal(world->answer.chain, map);
}

TEST(test_jumps)
{
	struct nf_table *table = world_table(world, NF_FAMILY_INET, "filter");
	struct nf_chain *input = world_base(
	    world, table, "input", NF_HOOK_INPUT, 0, NF_VERDICT_DROP);
	struct nf_chain *a = world_chain(world, table, "a");
	struct nf_chain *b = world_chain(world, table, "b");
	struct nf_chain *c = world_chain(world, table, "c");

	RULE(world, input, JUMP("a"));
	RULE(world, input, DPORT(25), ACCEPT);
	RULE(world, a, GOTO("b"));
	RULE(world, a, DROP); /* never: the goto does not come back here */
	RULE(world, b, JUMP("c"));
	RULE(world, b, PLAIN(NF_OP_COUNTER));
	RULE(world, c, RETURN);
	RULE(world, c, DROP);
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
	assert_string_equal(world_path(world),
	    "input#1=jump a;  a#1=goto b;  b#1=jump c;   c#1=return; "
	    "input#2=accept");
	/* a goto from the base chain ends in the policy */
	input->rules[0].exprs = a->rules[0].exprs;
	assert_int_equal(world_ask_smtp(world), NF_DROPPED);
	assert_null(world->answer.rule);
	assert_ptr_equal(world->answer.chain, input);
	a->rules[0].exprs = NULL;
}

TEST(test_reply)
{
	struct nf_table *table = world_table(world, NF_FAMILY_INET, "filter");
	struct nf_chain *output = world_base(
	    world, table, "output", NF_HOOK_OUTPUT, 0, NF_VERDICT_DROP);

	assert_int_equal(world_ask_smtp(world), NF_DROPPED);
	assert_true(world->answer.is_reply);
	assert_string_equal(world_path(world), "<output#0=policy drop");
	RULE(world, output, CT_STATE(STATE_NEW), ACCEPT);
	assert_int_equal(world_ask_smtp(world), NF_DROPPED);
	RULE(
	    world, output, CT_STATE(STATE_ESTABLISHED | STATE_RELATED), ACCEPT);
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
	assert_false(world->answer.is_reply);
}

TEST(test_limit)
{
	struct nf_table *table = world_table(world, NF_FAMILY_INET, "filter");
	struct nf_chain *input = world_base(
	    world, table, "input", NF_HOOK_INPUT, 0, NF_VERDICT_DROP);

	RULE(world, input, LIMIT(5, false), PLAIN(NF_OP_LOG));
	assert_int_equal(world_ask_smtp(world), NF_DROPPED);
	assert_null(world->answer.reason);
	RULE(world, input, DPORT(25), LIMIT(5, false), ACCEPT);
	assert_int_equal(world_ask_smtp(world), NF_DEPENDS);
	assert_int_equal(world->answer.usual, NF_ACCEPTED);
	assert_int_equal(world->answer.rule->handle, 2);
	assert_string_equal(world->answer.reason,
	    "limit rate 5/second (inet filter input, handle 2): usually "
	    "accept (inet filter input, handle 2), else drop (inet filter "
	    "input, policy)");
	RULE(world, input, DPORT(25), ACCEPT);
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
}

TEST(test_redirect)
{
	struct nf_table *nat = world_table(world, NF_FAMILY_IPV4, "nat");
	struct nf_table *table = world_table(world, NF_FAMILY_INET, "filter");
	struct nf_chain *pre = world_base(
	    world, nat, "pre", NF_HOOK_PREROUTING, -100, NF_VERDICT_ACCEPT);
	struct nf_chain *input = world_base(
	    world, table, "input", NF_HOOK_INPUT, 0, NF_VERDICT_DROP);

	pre->type = NF_CHAIN_NAT;
	RULE(world, pre, DPORT(25), VALUE(R1, 0x09, 0xdd), REDIR(R1));
	RULE(world, input, DPORT(25), ACCEPT);
	assert_int_equal(world_ask_smtp(world), NF_DROPPED);
	assert_int_equal(world->answer.port, 2525);
	RULE(world, input, DPORT(2525), ACCEPT);
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
	assert_string_equal(world_path(world),
	    "pre#1=dnat to 192.0.2.10:2525; pre#1=accept; input#2=accept");
}

TEST(test_nat_order)
{
	struct nf_table *table = world_table(world, NF_FAMILY_INET, "t");
	struct nf_chain *first = world_base(
	    world, table, "first", NF_HOOK_PREROUTING, -180, NF_VERDICT_ACCEPT);
	struct nf_chain *second = world_base(
	    world, table, "second", NF_HOOK_PREROUTING, -90, NF_VERDICT_ACCEPT);
	struct nf_chain *filter = world_base(world, table, "filter",
	    NF_HOOK_PREROUTING, -120, NF_VERDICT_ACCEPT);

	/* where nat is fixed, -100, whatever is written */
	first->type = second->type = NF_CHAIN_NAT;
	RULE(world, first, DPORT(25), ACCEPT);
	RULE(world, second, DPORT(25), VALUE(R1, 0, 26), REDIR(R1));
	RULE(world, filter, DPORT(25), ACCEPT);
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
	assert_string_equal(world_path(world),
	    "filter#1=accept; first#1=accept; second#1=dnat to "
	    "192.0.2.10:26; second#1=accept");
	assert_int_equal(world->answer.port, 26);
	/* the first that maps is the last of nat */
	second->priority = -190;
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
	assert_string_equal(world_path(world),
	    "filter#1=accept; second#1=dnat to 192.0.2.10:26; "
	    "second#1=accept");
	/* what is not tracked has no nat */
	filter->priority = -300;
	filter->rule_count = 0;
	RULE(world, filter, PLAIN(NF_OP_NOTRACK));
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
	assert_int_equal(world->answer.port, 25);
}

/* dnat to another host goes on through forward, and its answer comes back */
TEST(test_forward)
{
	struct nf_table *nat = world_table(world, NF_FAMILY_IPV4, "nat");
	struct nf_table *table = world_table(world, NF_FAMILY_INET, "filter");
	struct nf_chain *pre = world_base(
	    world, nat, "pre", NF_HOOK_PREROUTING, -100, NF_VERDICT_ACCEPT);
	struct nf_chain *forward = world_base(
	    world, table, "forward", NF_HOOK_FORWARD, 0, NF_VERDICT_DROP);
	struct nf_chain *post = world_base(
	    world, table, "post", NF_HOOK_POSTROUTING, 0, NF_VERDICT_ACCEPT);

	(void)world_base(
	    world, table, "input", NF_HOOK_INPUT, 0, NF_VERDICT_DROP);
	pre->type = NF_CHAIN_NAT;
	RULE(world, pre, DPORT(25), VALUE(R1, 10, 0, 0, 7), VALUE(R2, 0, 26),
	    NAT(NFT_NAT_DNAT, NF_FAMILY_IPV4, R1, R2));
	assert_int_equal(world_ask_smtp(world), NF_DROPPED);
	assert_ptr_equal(world->answer.chain, forward);
	RULE(world, forward, LOAD_CT(NFT_CT_STATUS, 0xff, R1),
	    AND(R1, U32(0x20)), NEQ(R1, U32(0)), DPORT(26),
	    LOAD_CT(NFT_CT_PROTO_DST, 0, R1), EQ(R1, 0, 25), ACCEPT);
	assert_int_equal(world_ask_smtp(world), NF_DROPPED);
	assert_true(world->answer.is_reply);
	assert_true(world->answer.is_forwarded);
	RULE(world, forward, CT_STATE(STATE_ESTABLISHED), LOAD_NH(12, 4, R1),
	    EQ(R1, 10, 0, 0, 7), LOAD_META(NFT_META_OIFNAME, R1),
	    EQ(R1, 'e', 't', 'h', '0', 0), ACCEPT);
	/* dst nat is undone at +100: before that it is not yet us */
	RULE(world, post, CT_STATE(STATE_ESTABLISHED), LOAD_NH(12, 4, R1),
	    NEQ(R1, 10, 0, 0, 7), DROP);
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
	post->priority = 200;
	assert_int_equal(world_ask_smtp(world), NF_DROPPED);
	assert_int_equal(world->answer.port, 26);
	assert_int_equal(world->answer.to.bytes[0], 10);
}

TEST(test_loopback)
{
	struct nf_table *table = world_table(world, NF_FAMILY_INET, "filter");
	struct nf_chain *input = world_base(
	    world, table, "input", NF_HOOK_INPUT, 0, NF_VERDICT_DROP);
	struct nf_chain *output = world_base(
	    world, table, "output", NF_HOOK_OUTPUT, 0, NF_VERDICT_ACCEPT);
	struct nf_chain *pre = world_base(
	    world, table, "pre", NF_HOOK_PREROUTING, -300, NF_VERDICT_ACCEPT);

	/* it keeps its connection, and loses its socket */
	RULE(world, pre, CT_STATE(STATE_INVALID), DROP);
	RULE(
	    world, input, LOAD_META(NFT_META_SKUID, R1), NEQ(R1, U32(7)), DROP);
	RULE(world, input, LOAD_META(NFT_META_IIFNAME, R1), EQ(R1, 'l', 'o', 0),
	    ACCEPT);
	RULE(world, output, LOAD_META(NFT_META_OIFNAME, R1),
	    EQ(R1, 'l', 'o', 0), ACCEPT);
	assert_int_equal(
	    world_ask(world, question_in("192.0.2.10", "192.0.2.10", 25)),
	    NF_ACCEPTED);
	assert_string_equal(world_path(world),
	    "output#1=accept; pre#0=policy accept; input#2=accept; "
	    "<output#1=accept; <pre#0=policy accept; <input#2=accept");
	assert_int_equal(
	    world_ask(world, question_out("192.0.2.10", "127.0.0.1", 25)),
	    NF_ACCEPTED);
	assert_int_equal(world->answer.path_length, 6);
}

TEST(test_out)
{
	struct nf_table *table = world_table(world, NF_FAMILY_INET, "filter");
	struct nf_chain *output = world_base(
	    world, table, "output", NF_HOOK_OUTPUT, 0, NF_VERDICT_ACCEPT);
	struct nf_chain *input = world_base(
	    world, table, "input", NF_HOOK_INPUT, 0, NF_VERDICT_DROP);
	struct nf_question question =
	    question_out("192.0.2.10", "198.51.100.7", 25);

	RULE(world, output, DPORT(25), LOAD_META(NFT_META_SKUID, R1),
	    NEQ(R1, U32(105)), REJECT);
	assert_int_equal(world_ask(world, question), NF_NOT_KNOWN);
	question.is_user_known = true;
	assert_int_equal(world_ask(world, question), NF_REJECTED);
	assert_false(world->answer.is_reply);
	question.uid = 105;
	assert_int_equal(world_ask(world, question), NF_DROPPED);
	assert_true(world->answer.is_reply);
	/* the socket of an answer is found early */
	RULE(world, input, LOAD_META(NFT_META_SKUID, R1), EQ(R1, U32(105)),
	    CT_STATE(STATE_ESTABLISHED), ACCEPT);
	assert_int_equal(world_ask(world, question), NF_ACCEPTED);
	/* there is no way there: no rule's doing */
	question.to = address_of("198.51.100.99");
	assert_int_equal(world_ask(world, question), NF_REJECTED);
	assert_null(world->answer.chain);
	assert_non_null(world->answer.reason);
}

/* A changed mark changes the route: for later hooks, not for this one. */
TEST(test_reroute)
{
	struct nf_table *table = world_table(world, NF_FAMILY_IPV4, "m");
	struct nf_chain *mangle = world_base(
	    world, table, "mangle", NF_HOOK_OUTPUT, -150, NF_VERDICT_ACCEPT);
	struct nf_chain *output = world_base(
	    world, table, "output", NF_HOOK_OUTPUT, 0, NF_VERDICT_ACCEPT);
	struct nf_chain *post = world_base(
	    world, table, "post", NF_HOOK_POSTROUTING, 0, NF_VERDICT_ACCEPT);

	mangle->type = NF_CHAIN_ROUTE;
	RULE(world, mangle, CT_STATE(STATE_NEW), VALUE(R1, U32(9)),
	    SET_META(NFT_META_MARK, R1));
	RULE(world, output, LOAD_META(NFT_META_OIF, R1), NEQ(R1, U32(ETH0)),
	    DROP);
	RULE(world, post, LOAD_META(NFT_META_OIF, R1), EQ(R1, U32(ETH1)), DROP);
	assert_int_equal(
	    world_ask(world, question_out("192.0.2.10", "198.51.100.7", 25)),
	    NF_DROPPED);
	assert_ptr_equal(world->answer.chain, post);
	assert_int_equal(world->last_mark, 9);
	mangle->type = NF_CHAIN_FILTER;
	assert_int_equal(
	    world_ask(world, question_out("192.0.2.10", "198.51.100.7", 25)),
	    NF_ACCEPTED);
}

TEST(test_ingress)
{
	static const char *const devices[] = {"eth*", NULL};
	struct nf_table *table = world_table(world, NF_FAMILY_NETDEV, "early");
	struct nf_chain *ingress = world_base(
	    world, table, "ingress", NF_HOOK_INGRESS, 0, NF_VERDICT_ACCEPT);
	struct nf_chain *egress = world_base(
	    world, table, "egress", NF_HOOK_EGRESS, 0, NF_VERDICT_ACCEPT);

	ingress->devices = devices;
	egress->devices = devices + 1;
	RULE(world, ingress, LOAD_META(NFT_META_NFPROTO, R1), EQ(R1, 5),
	    DPORT(25), DROP);
	RULE(world, egress, DROP);
	assert_int_equal(world_ask_smtp(world), NF_DROPPED);
	assert_ptr_equal(world->answer.chain, ingress);
	ingress->devices = devices + 1;
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
	egress->devices = devices;
	assert_int_equal(world_ask_smtp(world), NF_DROPPED);
	assert_true(world->answer.is_reply);
	RULE(world, ingress, PLAIN(NF_OP_FWD));
	ingress->rules++;
	ingress->rule_count = 1;
	ingress->devices = devices;
	assert_int_equal(world_ask_smtp(world), NF_DROPPED);
	assert_string_equal(world_path(world), "ingress#2=fwd");
}

/* Two doubts that come to the same are none; the answer tells what matters. */
TEST(test_doubts)
{
	struct nf_table *table = world_table(world, NF_FAMILY_INET, "filter");
	struct nf_chain *input = world_base(
	    world, table, "input", NF_HOOK_INPUT, 0, NF_VERDICT_DROP);
	struct nf_chain *logs = world_chain(world, table, "logs");
	const struct nf_expr unknown = {
	    .op = NF_OP_UNKNOWN,
	    .unknown = {.name = "quantum", .text = "name"}
        };
	const struct nf_expr half = {
	    .op = NF_OP_UNKNOWN,
	    .unknown = {.name = "socket", .text = "key 99"}
        };

	RULE(world, logs, PLAIN(NF_OP_LOG));
	for (int i = 0; i < 40; i++)
		RULE(world, input, LIMIT(5, false), JUMP("logs"));
	RULE(world, input, half, JUMP("logs"));
	assert_int_equal(world_ask_smtp(world), NF_DROPPED);
	assert_null(world->answer.reason);
	RULE(world, input, half, ACCEPT);
	assert_int_equal(world_ask_smtp(world), NF_NOT_KNOWN);
	RULE(world, input, ACCEPT);
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
	/* behind what decides, nothing matters */
	RULE(world, input, unknown);
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
	input->rules += 42;
	input->rule_count = 2;
	input->rules[0] = input->rules[1];
	assert_int_equal(world_ask_smtp(world), NF_NOT_KNOWN);
	assert_string_equal(world->answer.reason,
	    "an expression that is not understood (quantum) (inet filter "
	    "input, handle 44)");
}

/* A rule set that doubts for ever ends, and says so. */
TEST(test_hostile)
{
	struct nf_table *table = world_table(world, NF_FAMILY_INET, "filter");
	struct nf_chain *input = world_base(
	    world, table, "input", NF_HOOK_INPUT, 0, NF_VERDICT_DROP);
	struct nf_chain *loop = world_chain(world, table, "loop");

	/* the kernel would not load it */
	RULE(world, loop, JUMP("loop"));
	RULE(world, input, JUMP("loop"));
	assert_int_equal(world_ask_smtp(world), NF_NOT_KNOWN);
	loop->rule_count = 0;
	RULE(world, loop, GOTO("loop"));
	assert_int_equal(world_ask_smtp(world), NF_NOT_KNOWN);
	loop->rule_count = 0;
	for (uint32_t i = 0; i < 12; i++)
		RULE(world, loop, LIMIT(5, false), LOAD_META(NFT_META_MARK, R1),
		    AND(R1, U32(~(1U << i))), SET_META(NFT_META_MARK, R1));
	for (uint32_t i = 0; i < 12; i++) {
		struct nf_expr set = {.op = NF_OP_BITWISE,
		    .sreg = R1,
		    .dreg = R1,
		    .sreg2 = NF_SLOT_NONE,
		    .length = 4,
		    .bitwise = {.op = NFT_BITWISE_BOOL}};
		uint8_t *bytes = arena_alloc(world->arena, 2, 4);
		uint32_t mask = ~(1U << i), change = 1U << i;

		(void)memcpy(bytes, &mask, 4);
		(void)memcpy(bytes + 4, &change, 4);
		set.bitwise.mask = bytes;
		set.bitwise.xor = bytes + 4;
		RULE(world, loop, LIMIT(5, false), LOAD_META(NFT_META_MARK, R1),
		    set, SET_META(NFT_META_MARK, R1));
	}
	assert_int_equal(world_ask_smtp(world), NF_NOT_KNOWN);
	assert_non_null(strstr(world->answer.reason, "too many"));
	RULE(world, input, JUMP("nowhere"));
	input->rules++;
	input->rule_count = 1;
	assert_int_equal(world_ask_smtp(world), NF_NOT_KNOWN);
}

TEST(test_queue)
{
	struct nf_table *table = world_table(world, NF_FAMILY_INET, "filter");
	struct nf_chain *input = world_base(
	    world, table, "input", NF_HOOK_INPUT, 0, NF_VERDICT_DROP);
	struct nf_expr queue = PLAIN(NF_OP_QUEUE);

	RULE(world, input, queue);
	assert_int_equal(world_ask_smtp(world), NF_NOT_KNOWN);
	queue.queue.flags = NFT_QUEUE_FLAG_BYPASS;
	input->rule_count = 0;
	RULE(world, input, queue);
	assert_int_equal(world_ask_smtp(world), NF_DEPENDS);
	assert_int_equal(world->answer.usual, NF_ACCEPTED);
	/* a later base chain decides for both */
	RULE(world,
	    world_base(world, table, "late", NF_HOOK_INPUT, 5, NF_VERDICT_DROP),
	    PLAIN(NF_OP_LOG));
	assert_int_equal(world_ask_smtp(world), NF_DROPPED);
	assert_null(world->answer.reason);
}

TEST(test_legacy)
{
	struct nf_table *table = world_table(world, NF_FAMILY_IPV4, "filter");
	struct nf_chain *input = world_base(
	    world, table, "input", NF_HOOK_INPUT, 0, NF_VERDICT_DROP);

	world->ruleset.legacy_ipv4 = "filter of iptables-legacy";
	assert_int_equal(world_ask_smtp(world), NF_DROPPED);
	RULE(world, input, ACCEPT);
	assert_int_equal(world_ask_smtp(world), NF_NOT_KNOWN);
	assert_non_null(strstr(world->answer.reason, "iptables-legacy"));
	assert_int_equal(world_ask_smtp6(world), NF_ACCEPTED);
}

TEST(test_maps)
{
	struct nf_table *table = world_table(world, NF_FAMILY_INET, "filter");
	struct nf_chain *input = world_base(
	    world, table, "input", NF_HOOK_INPUT, 0, NF_VERDICT_DROP);
	struct nf_chain *web = world_chain(world, table, "web");
	struct nf_set *map = world_set(world, table, "map", 2);
	struct nf_set *ports = world_set(world, table, "ports", 2);
	struct nf_set *chance = world_set(world, table, "chance", 4);
	const struct nf_expr turns = {
	    .op = NF_OP_NUMGEN,
	    .dreg = R1,
	    .number = {.modulus = 2, .offset = 0}
        };
	struct nf_element elements[] = {
	    {.key = BYTES(0, 25), .verdict = {NF_VERDICT_JUMP, "web"} },
	    {.key = BYTES(2, 75), .verdict = {NF_VERDICT_ACCEPT, NULL}},
	};
	struct nf_element high[] = {
	    {.key = BYTES(3, 232), .key_end = BYTES(255, 255)}
        };
	struct nf_element either[] = {
	    {.key = BYTES(U32(0)), .verdict = {NF_VERDICT_ACCEPT, NULL}},
	    {.key = BYTES(U32(1)), .verdict = {NF_VERDICT_DROP, NULL}  },
	};

	map->is_verdict_map = true;
	map->flags = NFT_SET_MAP;
	map->elements = elements;
	map->element_count = 2;
	ports->flags = NFT_SET_INTERVAL;
	ports->elements = high;
	ports->element_count = 1;
	chance->is_verdict_map = true;
	chance->flags = NFT_SET_MAP;
	chance->elements = either;
	chance->element_count = 2;
	RULE(world, input, LOAD_TH(2, 2, R1), LOOKUP(map, R1, RV, false));
	RULE(world, web, LOAD_TH(0, 2, R1),
	    LOOKUP(ports, R1, NF_SLOT_NONE, true), DROP);
	RULE(world, web, turns, LOOKUP(chance, R1, RV, false));
	RULE(world, web, ACCEPT);
	assert_int_equal(world_ask_smtp(world), NF_DEPENDS);
	either[1].verdict.code = NF_VERDICT_CONTINUE;
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
	assert_int_equal(
	    world_ask(world, question_in("203.0.113.9", "192.0.2.10", 587)),
	    NF_ACCEPTED);
	assert_int_equal(
	    world_ask(world, question_in("203.0.113.9", "192.0.2.10", 465)),
	    NF_DROPPED);
	assert_null(world->answer.rule);
}

TEST(test_samples)
{
	struct nf_table *table = world_table(world, NF_FAMILY_INET, "filter");
	struct nf_chain *input = world_base(
	    world, table, "input", NF_HOOK_INPUT, 0, NF_VERDICT_ACCEPT);
	struct nf_set *banned = world_set(world, table, "banned", 4);
	struct nf_element element = {.key = BYTES(198, 18, 0, 7)};

	banned->elements = &element;
	banned->element_count = 1;
	world->options.samples = &world->samples;
	RULE(world, input, LOAD_META(NFT_META_NFPROTO, R1), EQ(R1, 2),
	    LOAD_NH(12, 1, R1), EQ(R1, 10), DROP);
	RULE(world, input, LOAD_META(NFT_META_NFPROTO, R1), EQ(R1, 2),
	    LOAD_NH(12, 4, R1), AND(R1, 255, 255, 255, 240),
	    NEQ(R1, 203, 0, 113, 0), DPORT(26), DROP);
	RULE(world, input, LOAD_META(NFT_META_NFPROTO, R1), EQ(R1, 2),
	    LOAD_NH(12, 4, R1), LOOKUP(banned, R1, NF_SLOT_NONE, false), DROP);
	/* of the destination no samples are taken */
	RULE(world, input, LOAD_META(NFT_META_NFPROTO, R1), EQ(R1, 2),
	    LOAD_NH(16, 4, R1), EQ(R1, 1, 2, 3, 4), DROP);
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
	assert_int_equal(world->samples.count, 3);
	assert_string_equal(world->samples.names[0], "10.0.0.0/8");
	assert_int_equal(world->samples.addresses[0].bytes[3], 1);
	assert_string_equal(world->samples.names[1], "203.0.113.0/28");
	assert_string_equal(world->samples.names[2], "@banned");
	assert_int_equal(world->samples.addresses[2].bytes[3], 7);
}

TEST(test_ignored)
{
	struct nf_table *table = world_table(world, NF_FAMILY_INET, "filter");
	struct nf_chain *input = world_base(
	    world, table, "input", NF_HOOK_INPUT, 0, NF_VERDICT_DROP);
	const struct nf_rule *ignored[2] = {NULL, NULL};

	RULE(world, input, DPORT(25), DROP);
	RULE(world, input, DPORT(25), ACCEPT);
	assert_int_equal(world_ask_smtp(world), NF_DROPPED);
	ignored[0] = world->answer.rule;
	world->options.ignored = ignored;
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
	assert_int_equal(world->answer.rule->handle, 2);
}

static int
load_stale(void *user, struct nf_chain *chain, struct why *why)
{
	(void)user, (void)chain;
	return why_set(why, -ESTALE, "changed");
}

static int
load_broken(void *user, struct nf_chain *chain, struct why *why)
{
	(void)user, (void)chain;
	return why_set(why, -EIO, "broken");
}

TEST(test_errors)
{
	struct nf_table *table = world_table(world, NF_FAMILY_INET, "filter");
	struct nf_chain *input = world_base(
	    world, table, "input", NF_HOOK_INPUT, 0, NF_VERDICT_ACCEPT);
	struct nf_source source = {.load_rules = load_stale};
	struct nf_question question =
	    question_in("203.0.113.9", "192.0.2.10", 25);

	input->is_loaded = false;
	world->ruleset.source = &source;
	assert_int_equal(nf_ask(world->arena, &world->ruleset, &world->net,
	                     &question, NULL, &world->answer, &world->why),
	    -ESTALE);
	source.load_rules = load_broken;
	assert_int_equal(world_ask(world, question), NF_NOT_KNOWN);
	assert_non_null(strstr(world->answer.reason, "broken"));
	question.interface = 77;
	assert_int_equal(nf_ask(world->arena, &world->ruleset, &world->net,
	                     &question, NULL, &world->answer, &world->why),
	    -EINVAL);
	question = question_in("203.0.113.9", "2001:db8::10", 25);
	assert_int_equal(nf_ask(world->arena, &world->ruleset, &world->net,
	                     &question, NULL, &world->answer, &world->why),
	    -EINVAL);
}

/* A chain at conntrack's own place runs before it. */
TEST(test_conntrack_place)
{
	struct nf_table *table = world_table(world, NF_FAMILY_INET, "t");
	struct nf_chain *pre = world_base(
	    world, table, "pre", NF_HOOK_PREROUTING, -200, NF_VERDICT_ACCEPT);

	RULE(world, pre, CT_STATE(STATE_INVALID), DROP);
	assert_int_equal(world_ask_smtp(world), NF_DROPPED);
	pre->priority = -199;
	assert_int_equal(world_ask_smtp(world), NF_ACCEPTED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_policy),
	    cmocka_unit_test(test_second_base),
	    cmocka_unit_test(test_later),
	    cmocka_unit_test(test_jumps),
	    cmocka_unit_test(test_reply),
	    cmocka_unit_test(test_limit),
	    cmocka_unit_test(test_redirect),
	    cmocka_unit_test(test_nat_order),
	    cmocka_unit_test(test_forward),
	    cmocka_unit_test(test_loopback),
	    cmocka_unit_test(test_out),
	    cmocka_unit_test(test_reroute),
	    cmocka_unit_test(test_ingress),
	    cmocka_unit_test(test_doubts),
	    cmocka_unit_test(test_hostile),
	    cmocka_unit_test(test_queue),
	    cmocka_unit_test(test_legacy),
	    cmocka_unit_test(test_maps),
	    cmocka_unit_test(test_samples),
	    cmocka_unit_test(test_ignored),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_conntrack_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
