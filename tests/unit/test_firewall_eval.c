/*
 * test_firewall_eval.c - hooks, chains, verdicts and the way of a packet
 *
 * Purpose  the answer is the one that the kernel would give
 * Input    rule sets made by hand
 * Errors   a failed assertion
 * Runs as  any user
 * Source   ../notes on nf_tables: what the kernel was seen to do
 */
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_policy),
	    cmocka_unit_test(test_second_base),
	    cmocka_unit_test(test_jumps),
	    cmocka_unit_test(test_reply),
	    cmocka_unit_test(test_limit),
	    cmocka_unit_test(test_redirect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
