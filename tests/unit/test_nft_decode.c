/*
 * test_nft_decode.c - rules from netlink's attributes
 *
 * Purpose  unit tests of agent/sys/nft_attr.c, nft_message.c, nft_expr*.c: what
 *          is unknown stays, what is hostile does no harm
 * Input    messages built here
 * Errors   a failed assertion
 * Runs as  any user
 * Source   linux/netfilter/nf_tables.h
 */
#include "agent/base/text.h"
#include "tests/unit/unit.h"
/* after cmocka */
#include "tests/unit/nft_messages.h"

static struct nlmsghdr *
rule_begin(struct world *world)
{
	world->head = message_begin(
	    &world->message, NFT_MSG_NEWRULE, NF_FAMILY_INET, 1, 1);
	put_text(world->head, NFTA_RULE_TABLE, "filter");
	put_text(world->head, NFTA_RULE_CHAIN, "input");
	put_u64(world->head, NFTA_RULE_HANDLE, 12);
	world->list = nest_begin(world->head, NFTA_RULE_EXPRESSIONS);
	return world->head;
}

static struct nf_rule
rule_end(struct world *world)
{
	struct nf_rule rule;

	mnl_attr_nest_end(world->head, world->list);
	assert_true(nft_rule_read(&world->decoder, world->head, &rule));
	assert_int_equal(rule.handle, 12);
	return rule;
}

/* "tcp dport 25 accept", and a comment with a control in it */
static void
test_rule(void **state)
{
	static const uint8_t userdata[] = {
	    5, 1, 9, 0, 6, 'h', 'i', 0x1b, '!', 0, 0};
	static const uint8_t port[] = {0, 25};
	struct world *world = *state;
	struct nlmsghdr *head = rule_begin(world);
	struct expr_nests nests = expr_begin(head, "payload");
	struct nf_rule rule;

	put_u32(head, NFTA_PAYLOAD_DREG, NFT_REG_1);
	put_u32(head, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER);
	put_u32(head, NFTA_PAYLOAD_OFFSET, 2);
	put_u32(head, NFTA_PAYLOAD_LEN, 2);
	expr_end(head, nests);
	nests = expr_begin(head, "cmp");
	put_u32(head, NFTA_CMP_SREG, NFT_REG32_05);
	put_u32(head, NFTA_CMP_OP, NFT_CMP_NEQ);
	put_data(head, NFTA_CMP_DATA, port, sizeof(port));
	expr_end(head, nests);
	nests = expr_begin(head, "notrack");
	expr_end(head, nests);
	nests = expr_begin(head, "immediate");
	put_u32(head, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	put_verdict(head, NFTA_IMMEDIATE_DATA, NFT_GOTO, "ufw-user-input");
	expr_end(head, nests);
	mnl_attr_nest_end(head, world->list);
	mnl_attr_put(head, NFTA_RULE_USERDATA, sizeof(userdata), userdata);
	assert_true(nft_rule_read(&world->decoder, head, &rule));
	assert_int_equal(rule.expr_count, 4);
	assert_int_equal(rule.exprs[0].op, NF_OP_PAYLOAD);
	assert_int_equal(rule.exprs[0].dreg, 0);
	assert_int_equal(rule.exprs[0].sreg, NF_SLOT_NONE);
	assert_false(rule.exprs[0].is_write);
	assert_int_equal(rule.exprs[0].payload.base, 2);
	assert_int_equal(rule.exprs[0].payload.offset, 2);
	assert_int_equal(rule.exprs[0].length, 2);
	assert_int_equal(rule.exprs[1].op, NF_OP_CMP);
	assert_int_equal(rule.exprs[1].sreg, 5);
	assert_int_equal(rule.exprs[1].cmp.op, NFT_CMP_NEQ);
	assert_int_equal(rule.exprs[1].length, 2);
	assert_memory_equal(rule.exprs[1].cmp.data, port, 2);
	assert_int_equal(rule.exprs[2].op, NF_OP_NOTRACK);
	assert_int_equal(rule.exprs[3].op, NF_OP_IMMEDIATE);
	assert_int_equal(rule.exprs[3].dreg, NF_SLOT_VERDICT);
	assert_null(rule.exprs[3].immediate.data);
	assert_int_equal(rule.exprs[3].immediate.verdict.code, NF_VERDICT_GOTO);
	assert_string_equal(
	    rule.exprs[3].immediate.verdict.chain, "ufw-user-input");
	assert_string_equal(rule.comment, "hi\\x1b!");
}

/* The last record says that it is longer than what is left. */
static void
test_userdata(void **state)
{
	static const struct {
		uint8_t bytes[8];
		size_t length;
		const char *want;
	} cases[] = {
	    {{0, 3, 'a', 'b', 0},   5, "ab"},
	    {{0, 200, 'a', 'b', 0}, 5, NULL},
	    {{7, 1, 1, 0, 2, 'c'},  6, NULL},
	    {{7, 1, 1, 0, 1, 'c'},  6, "c" },
	    {{0},	           1, NULL},
	    {{0, 0},                2, NULL},
	    {{0},	           0, NULL},
	};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nlmsghdr *head = message_begin(
		    &world->message, NFT_MSG_NEWRULE, NF_FAMILY_INET, 1, 1);
		struct nf_rule rule;

		mnl_attr_put(
		    head, NFTA_RULE_USERDATA, cases[i].length, cases[i].bytes);
		assert_true(nft_rule_read(&world->decoder, head, &rule));
		assert_true(text_equal(rule.comment, cases[i].want));
	}
}

static struct nf_expr
only(struct world *world)
{
	struct nf_rule rule = rule_end(world);

	assert_int_equal(rule.expr_count, 1);
	return rule.exprs[0];
}

/* A name of a newer kernel; what stands behind it is kept as well. */
static void
test_unknown_name(void **state)
{
	struct world *world = *state;
	struct nlmsghdr *head = rule_begin(world);
	struct expr_nests nests = expr_begin(head, "tele\nport");
	struct nf_rule rule;

	put_u32(head, 1, 7);
	expr_end(head, nests);
	nests = expr_begin(head, "counter");
	expr_end(head, nests);
	rule = rule_end(world);
	assert_int_equal(rule.expr_count, 2);
	assert_int_equal(rule.exprs[0].op, NF_OP_UNKNOWN);
	assert_string_equal(rule.exprs[0].unknown.name, "tele\\x0aport");
	assert_non_null(rule.exprs[0].unknown.text);
	assert_int_equal(rule.exprs[1].op, NF_OP_COUNTER);
}

/* An attribute that a newer kernel gave to a known expression. */
static void
test_unknown_attribute(void **state)
{
	struct world *world = *state;
	struct nlmsghdr *head = rule_begin(world);
	struct expr_nests nests = expr_begin(head, "meta");
	struct nf_expr expr;

	put_u32(head, NFTA_META_DREG, NFT_REG_1);
	put_u32(head, NFTA_META_KEY, NFT_META_L4PROTO);
	put_u32(head, 9, 1);
	expr_end(head, nests);
	expr = only(world);
	assert_int_equal(expr.op, NF_OP_UNKNOWN);
	assert_string_equal(expr.unknown.name, "meta");
	assert_string_equal(expr.unknown.text, "attribute 9");
}

static void
test_odd_values(void **state)
{
	static const uint32_t registers[] = {5, 7, 24, UINT32_MAX};
	struct world *world = *state;

	/* a register that there is not */
	for (size_t i = 0; i < sizeof(registers) / sizeof(*registers); i++) {
		struct nlmsghdr *head = rule_begin(world);
		struct expr_nests nests = expr_begin(head, "meta");

		put_u32(head, NFTA_META_DREG, registers[i]);
		put_u32(head, NFTA_META_KEY, NFT_META_MARK);
		expr_end(head, nests);
		assert_int_equal(only(world).op, NF_OP_UNKNOWN);
	}
	/* a number of another size, twice */
	for (size_t size = 1; size <= 8; size += 7) {
		struct nlmsghdr *head = rule_begin(world);
		struct expr_nests nests = expr_begin(head, "meta");
		uint64_t value = 0;

		put_u32(head, NFTA_META_DREG, NFT_REG_1);
		mnl_attr_put(head, NFTA_META_KEY, size, &value);
		expr_end(head, nests);
		assert_int_equal(only(world).op, NF_OP_UNKNOWN);
	}
	/* a load of nothing, and of more than the registers hold */
	for (uint32_t length = 0; length <= 65; length += 65) {
		struct nlmsghdr *head = rule_begin(world);
		struct expr_nests nests = expr_begin(head, "payload");

		put_u32(head, NFTA_PAYLOAD_DREG, NFT_REG_1);
		put_u32(head, NFTA_PAYLOAD_LEN, length);
		expr_end(head, nests);
		assert_int_equal(only(world).op, NF_OP_UNKNOWN);
	}
	/* a text without an end */
	{
		struct nlmsghdr *head = rule_begin(world);
		struct expr_nests nests = expr_begin(head, "lookup");

		mnl_attr_put(head, NFTA_LOOKUP_SET, 5, "ports");
		put_u32(head, NFTA_LOOKUP_SREG, NFT_REG_1);
		expr_end(head, nests);
		assert_int_equal(only(world).op, NF_OP_UNKNOWN);
	}
}

static void
test_values_kept(void **state)
{
	struct world *world = *state;
	struct nlmsghdr *head = rule_begin(world);
	struct expr_nests nests = expr_begin(head, "meta");
	struct nf_expr expr;

	/* a key of a newer kernel: known as a load, so left to the evaluator */
	put_u32(head, NFTA_META_DREG, NFT_REG32_15);
	put_u32(head, NFTA_META_KEY, 4711);
	expr_end(head, nests);
	expr = only(world);
	assert_int_equal(expr.op, NF_OP_META);
	assert_int_equal(expr.key.key, 4711);
	assert_int_equal(expr.dreg, 15);

	head = rule_begin(world);
	nests = expr_begin(head, "ct");
	put_u32(head, NFTA_CT_SREG, NFT_REG_4);
	put_u32(head, NFTA_CT_KEY, NFT_CT_MARK);
	expr_end(head, nests);
	expr = only(world);
	assert_int_equal(expr.op, NF_OP_CT);
	assert_true(expr.is_write);
	assert_int_equal(expr.sreg, 12);
	assert_int_equal(expr.key.direction, 0xff);
}

static struct nf_expr
bitwise(
    struct world *world, uint32_t op, uint32_t sreg2, size_t mask, size_t data)
{
	static const uint8_t bytes[] = {0xff, 0, 0, 0, 1, 2, 3, 4};
	struct nlmsghdr *head = rule_begin(world);
	struct expr_nests nests = expr_begin(head, "bitwise");

	put_u32(head, NFTA_BITWISE_SREG, NFT_REG_1);
	put_u32(head, NFTA_BITWISE_DREG, NFT_REG_1);
	put_u32(head, NFTA_BITWISE_LEN, 4);
	put_u32(head, NFTA_BITWISE_OP, op);
	if (sreg2 != 0)
		put_u32(head, 8, sreg2);
	if (mask != 0) {
		put_data(head, NFTA_BITWISE_MASK, bytes, mask);
		put_data(head, NFTA_BITWISE_XOR, bytes + 4, 4);
	}
	if (data != 0)
		put_data(head, NFTA_BITWISE_DATA, bytes, data);
	expr_end(head, nests);
	return only(world);
}

/* The three operations of Linux 6.13, and ones that there are not. */
static void
test_bitwise(void **state)
{
	struct world *world = *state;
	struct nf_expr expr = bitwise(world, NFT_BITWISE_BOOL, 0, 4, 0);

	assert_int_equal(expr.op, NF_OP_BITWISE);
	assert_int_equal(expr.bitwise.mask[0], 0xff);
	assert_int_equal(expr.bitwise.xor [3], 4);
	assert_int_equal(
	    bitwise(world, NFT_BITWISE_BOOL, 0, 2, 0).op, NF_OP_UNKNOWN);
	assert_int_equal(
	    bitwise(world, NFT_BITWISE_BOOL, 0, 0, 0).op, NF_OP_UNKNOWN);
	/* 255 bits to the left */
	assert_int_equal(
	    bitwise(world, NFT_BITWISE_LSHIFT, 0, 0, 4).op, NF_OP_UNKNOWN);
	expr = bitwise(world, 4, NFT_REG_2, 0, 0);
	assert_int_equal(expr.op, NF_OP_BITWISE);
	assert_int_equal(expr.bitwise.op, 4);
	assert_int_equal(expr.sreg2, 4);
	expr = bitwise(world, 3, 0, 0, 4);
	assert_int_equal(expr.op, NF_OP_BITWISE);
	assert_int_equal(expr.sreg2, NF_SLOT_NONE);
	assert_int_equal(expr.bitwise.mask[0], 0xff);
	assert_int_equal(bitwise(world, 5, 0, 0, 0).op, NF_OP_UNKNOWN);
	assert_int_equal(bitwise(world, 6, NFT_REG_2, 0, 0).op, NF_OP_UNKNOWN);
}

static struct nf_expr
lookup(struct world *world, const char *set, uint32_t flags)
{
	struct nlmsghdr *head = rule_begin(world);
	struct expr_nests nests = expr_begin(head, "lookup");

	put_text(head, NFTA_LOOKUP_SET, set);
	put_u32(head, NFTA_LOOKUP_SREG, NFT_REG_2);
	put_u32(head, NFTA_LOOKUP_FLAGS, flags);
	expr_end(head, nests);
	return only(world);
}

static void
test_lookup(void **state)
{
	struct world *world = *state;
	struct nf_expr expr = lookup(world, "ports", NFT_LOOKUP_F_INV);

	assert_int_equal(expr.op, NF_OP_LOOKUP);
	assert_ptr_equal(expr.lookup.set, &world->set);
	assert_true(expr.is_inverted);
	assert_int_equal(expr.sreg, 4);
	assert_int_equal(expr.dreg, NF_SLOT_NONE);
	expr = lookup(world, "gone", 0);
	assert_int_equal(expr.op, NF_OP_LOOKUP);
	assert_null(expr.lookup.set);
	assert_string_equal(expr.lookup.name, "gone");
	assert_int_equal(lookup(world, "ports", 2).op, NF_OP_UNKNOWN);
}

static void
test_verdicts(void **state)
{
	static const struct {
		int32_t code;
		const char *chain;
		unsigned want; /* NF_OP_UNKNOWN: the whole expression */
		enum nf_verdict_code verdict;
	} cases[] = {
	    {NF_ACCEPT,    NULL, NF_OP_IMMEDIATE, NF_VERDICT_ACCEPT  },
	    {NF_DROP,      NULL, NF_OP_IMMEDIATE, NF_VERDICT_DROP    },
	    {0x30003,      NULL, NF_OP_IMMEDIATE, NF_VERDICT_QUEUE   },
	    {NFT_CONTINUE, NULL, NF_OP_IMMEDIATE, NF_VERDICT_CONTINUE},
	    {NFT_RETURN,   NULL, NF_OP_IMMEDIATE, NF_VERDICT_RETURN  },
	    {NFT_JUMP,     "x",  NF_OP_IMMEDIATE, NF_VERDICT_JUMP    },
	    {NFT_JUMP,     NULL, NF_OP_UNKNOWN,   0                  },
	    {-77,          NULL, NF_OP_IMMEDIATE, NF_VERDICT_UNKNOWN },
	    {77,           NULL, NF_OP_IMMEDIATE, NF_VERDICT_UNKNOWN },
	};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nlmsghdr *head = rule_begin(world);
		struct expr_nests nests = expr_begin(head, "immediate");
		struct nf_expr expr;

		put_u32(head, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
		put_verdict(
		    head, NFTA_IMMEDIATE_DATA, cases[i].code, cases[i].chain);
		expr_end(head, nests);
		expr = only(world);
		assert_int_equal(expr.op, cases[i].want);
		if (expr.op != NF_OP_UNKNOWN)
			assert_int_equal(
			    expr.immediate.verdict.code, cases[i].verdict);
	}
}

/* More than the kernel's own limit: the last one says so. */
static void
test_many(void **state)
{
	struct world *world = *state;
	struct nlmsghdr *head = rule_begin(world);
	struct nf_rule rule;

	for (unsigned i = 0; i < 300; i++)
		expr_end(head, expr_begin(head, "counter"));
	rule = rule_end(world);
	assert_int_equal(rule.expr_count, 129);
	assert_int_equal(rule.exprs[127].op, NF_OP_COUNTER);
	assert_int_equal(rule.exprs[128].op, NF_OP_UNKNOWN);
}

/* Guards of guards of guards: the kernel has none, and the stack ends. */
static void
test_deep(void **state)
{
	struct world *world = *state;
	struct nlmsghdr *head = rule_begin(world);
	struct expr_nests nests[500];
	const struct nf_expr *expr;
	struct nf_rule rule;
	unsigned depth = 0;

	for (unsigned i = 0; i < 500; i++) {
		nests[i].element = nest_begin(
		    head, i == 0 ? NFTA_LIST_ELEM : NFTA_DYNSET_EXPR);
		put_text(head, NFTA_EXPR_NAME, "dynset");
		nests[i].data = nest_begin(head, NFTA_EXPR_DATA);
		put_text(head, NFTA_DYNSET_SET_NAME, "ports");
		put_u32(head, NFTA_DYNSET_SREG_KEY, NFT_REG_1);
	}
	for (unsigned i = 500; i-- > 0;)
		expr_end(head, nests[i]);
	rule = rule_end(world);
	assert_int_equal(rule.expr_count, 1);
	for (expr = rule.exprs; expr->op == NF_OP_DYNSET;
	     expr = expr->lookup.exprs) {
		assert_int_equal(expr->lookup.expr_count, 1);
		depth++;
	}
	assert_int_equal(expr->op, NF_OP_UNKNOWN);
	assert_true(depth < 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_rule, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_userdata, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
	        test_unknown_name, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
	        test_unknown_attribute, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_odd_values, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
	        test_values_kept, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_bitwise, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_lookup, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_verdicts, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_many, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_deep, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("nft_decode", tests, NULL, NULL);
}
