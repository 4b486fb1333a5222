/*
 * test_firewall_eval_expr.c - each expression: it matches, does not, or may
 *
 * Purpose  what a rule sees of a new connection is what the kernel's rule sees
 * Input    rules made by hand, each in a chain of its own before a drop
 * Errors   a failed assertion
 * Runs as  any user
 * Source   ../notes on nf_tables: kernel answers for a new SYN
 */
#include <linux/if_ether.h>
#include <linux/rtnetlink.h>

#include "tests/unit/firewall_world.h"

/* Where the chain with the rule is. */
struct spot {
	uint8_t family, hook;
	int priority;
	uint8_t type;
};

#define INPUT  ((struct spot){NF_FAMILY_INET, NF_HOOK_INPUT, 0, 0})
#define OUTPUT ((struct spot){NF_FAMILY_INET, NF_HOOK_OUTPUT, 0, 0})
#define RAW    ((struct spot){NF_FAMILY_INET, NF_HOOK_PREROUTING, -300, 0})
#define PRE    ((struct spot){NF_FAMILY_INET, NF_HOOK_PREROUTING, -150, 0})
#define POST   ((struct spot){NF_FAMILY_INET, NF_HOOK_POSTROUTING, 0, 0})

/* y: it matches; n: it does not; m: both are possible; u: not known */
static char
matches(struct nf_question question, struct spot spot,
    const struct nf_expr *exprs, size_t count, struct world *world)
{
	struct nf_expr copy[32];
	struct nf_chain *chain;
	static const char letters[] = {[NF_ACCEPTED] = 'n',
	    [NF_DROPPED] = 'y',
	    [NF_REJECTED] = 'r',
	    [NF_DEPENDS] = 'm',
	    [NF_NOT_KNOWN] = 'u'};

	assert_true(count < 31);
	chain = world_base(world, world_table(world, spot.family, "t"), "c",
	    spot.hook, spot.priority, NF_VERDICT_ACCEPT);
	(void)memcpy(copy, exprs, count * sizeof(*copy));
	copy[count] = (struct nf_expr)DROP;
	world_rule_add(world, chain, copy, count + 1);
	(void)world_ask(world, question);
	/* it is the answer that is refused: not what is tried here */
	if (world->answer.is_reply && question.direction == NF_IN &&
	    spot.hook != NF_HOOK_OUTPUT && spot.hook != NF_HOOK_POSTROUTING)
		return 'a';
	return letters[world->answer.outcome];
}

static struct nf_question
smtp(void)
{
	return question_in("203.0.113.9", "192.0.2.10", 25);
}

static struct nf_question
smtp6(void)
{
	return question_in("2001:db8:9::9", "2001:db8::10", 25);
}

static struct nf_question
outward(void)
{
	struct nf_question question =
	    question_out("192.0.2.10", "198.51.100.7", 25);

	question.is_user_known = true;
	question.uid = 105;
	question.gid = 106;
	return question;
}

#define CHECK(want, question, spot, ...)                                       \
	do {                                                                   \
		const struct nf_expr exprs_[] = {__VA_ARGS__};                 \
		struct world *world_ = world_new();                            \
		char got_ = matches(question, spot, exprs_,                    \
		    sizeof(exprs_) / sizeof(exprs_[0]), world_);               \
                                                                               \
		if (got_ != (want))                                            \
			fail_msg("%s:%d: %c, not %c (%s)", __FILE__, __LINE__, \
			    got_, want,                                        \
			    world_->answer.reason != NULL                      \
			        ? world_->answer.reason                        \
			        : "-");                                        \
		world_free(world_);                                            \
	} while (0)

static void
test_payload(void **state)
{
	(void)state;
	CHECK('y', smtp(), INPUT, DPORT(25));
	CHECK('n', smtp(), INPUT, DPORT(26));
	CHECK('y', smtp6(), INPUT, DPORT(25));
	CHECK('y', smtp(), INPUT, LOAD_NH(12, 4, R1), EQ(R1, 203, 0, 113, 9));
	CHECK('y', smtp(), INPUT, LOAD_NH(12, 1, R1), EQ(R1, 203));
	CHECK('y', smtp(), INPUT, LOAD_NH(12, 4, R1),
	    AND(R1, 255, 255, 255, 240), EQ(R1, 203, 0, 113, 0));
	CHECK('n', smtp(), INPUT, LOAD_NH(12, 4, R1), NEQ(R1, 203, 0, 113, 9));
	CHECK('y', smtp6(), INPUT, LOAD_NH(8, 8, R1),
	    EQ(R1, 0x20, 1, 0xd, 0xb8, 0, 9, 0, 0));
	/* not a fragment, and must not become one */
	CHECK('n', smtp(), INPUT, LOAD_NH(6, 2, R1), EQ(R1, 0, 0));
	CHECK('y', smtp(), INPUT, LOAD_NH(6, 2, R1), EQ(R1, 0x40, 0));
	CHECK('y', smtp(), INPUT, LOAD_NH(1, 1, R1), AND(R1, 0xfc), EQ(R1, 0));
	/* what a client chooses */
	CHECK('m', smtp(), INPUT, LOAD_NH(8, 1, R1), EQ(R1, 64));
	CHECK('m', smtp(), INPUT, LOAD_NH(2, 2, R1), EQ(R1, 0, 60));
	CHECK('m', smtp6(), INPUT, LOAD_NH(7, 1, R1), CMP(NFT_CMP_LT, R1, 255));
	CHECK('n', smtp(), INPUT, LOAD_NH(8, 2, R1), EQ(R1, 64, 17));
	CHECK('m', smtp(), INPUT, LOAD_TH(14, 2, R1), EQ(R1, 1, 0));
	/* only SYN */
	CHECK('y', smtp(), INPUT, LOAD_TH(13, 1, R1), AND(R1, 0x17), EQ(R1, 2));
	CHECK(
	    'n', smtp(), INPUT, LOAD_TH(13, 1, R1), AND(R1, 0x17), NEQ(R1, 2));
	/* the header is at its end; beyond the options there is nothing */
	CHECK('m', smtp(), INPUT, LOAD_TH(20, 1, R1), EQ(R1, 2));
	CHECK('n', smtp(), INPUT, LOAD_TH(60, 1, R1), NEQ(R1, 2));
	CHECK('n', smtp(), INPUT, LOAD(NFT_PAYLOAD_INNER_HEADER, 0, 1, R1),
	    NEQ(R1, 0));
	/* the transport header, counted from the network's */
	CHECK('y', smtp(), INPUT, LOAD_NH(22, 2, R1), EQ(R1, 0, 25));
	CHECK('y', smtp6(), INPUT, LOAD_NH(42, 2, R1), EQ(R1, 0, 25));
	CHECK('u', smtp(), INPUT, LOAD(9, 0, 1, R1), EQ(R1, 0));
	/* beyond the registers */
	CHECK('u', smtp(), INPUT, LOAD_NH(0, 8, 15), EQ(R1, 0));
	CHECK('u', smtp(), INPUT, EQ(15, 0, 0, 0, 0, 0, 0, 0, 0));
}

static void
test_source_port(void **state)
{
	struct nf_question exact = smtp();

	(void)state;
	exact.source_port = 40000;
	CHECK('n', smtp(), INPUT, LOAD_TH(0, 2, R1), CMP(NFT_CMP_LT, R1, 4, 0));
	CHECK('n', smtp(), INPUT, LOAD_TH(0, 2, R1),
	    CMP(NFT_CMP_LTE, R1, 3, 255));
	CHECK(
	    'y', smtp(), INPUT, LOAD_TH(0, 2, R1), CMP(NFT_CMP_GTE, R1, 4, 0));
	CHECK('m', smtp(), INPUT, LOAD_TH(0, 2, R1),
	    CMP(NFT_CMP_GTE, R1, 0x80, 0));
	CHECK('n', smtp(), INPUT, LOAD_TH(0, 2, R1), EQ(R1, 0, 25));
	CHECK('y', smtp(), INPUT, LOAD_TH(0, 2, R1), NEQ(R1, 0, 25));
	CHECK('m', smtp(), INPUT, LOAD_TH(0, 2, R1), EQ(R1, 0x80, 0));
	/* both ports in one load */
	CHECK('m', smtp(), INPUT, LOAD_TH(0, 4, R1), EQ(R1, 0x80, 0, 0, 25));
	CHECK('n', smtp(), INPUT, LOAD_TH(0, 4, R1), EQ(R1, 0x80, 0, 0, 26));
	/* what one compare left is what the next one sees */
	CHECK('n', smtp(), INPUT, LOAD_TH(0, 2, R1),
	    CMP(NFT_CMP_GTE, R1, 0x80, 0), CMP(NFT_CMP_LT, R1, 0x80, 0));
	CHECK('y', exact, INPUT, LOAD_TH(0, 2, R1), EQ(R1, 0x9c, 0x40));
	CHECK('n', exact, INPUT, LOAD_TH(0, 2, R1), EQ(R1, 0x9c, 0x41));
	CHECK('m', smtp(), INPUT, LOAD_CT(NFT_CT_PROTO_SRC, 0, R1),
	    CMP(NFT_CMP_GTE, R1, 0x80, 0));
	CHECK('y', smtp(), INPUT, LOAD_CT(NFT_CT_PROTO_SRC, 0, R1),
	    RANGE(NFT_RANGE_EQ, R1, 2, BYTES(4, 0), BYTES(255, 255)));
}

static void
test_meta(void **state)
{
	(void)state;
	CHECK(
	    'y', smtp(), INPUT, LOAD_META(NFT_META_IIF, R1), EQ(R1, U32(ETH0)));
	CHECK('y', smtp(), INPUT, LOAD_META(NFT_META_IIFNAME, R1),
	    EQ(R1, 'e', 't', 'h', '0', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
	CHECK('y', smtp(), INPUT, LOAD_META(NFT_META_IIFNAME, R1),
	    EQ(R1, 'e', 't', 'h'));
	/* a device that is not there is an empty name, and nothing else */
	CHECK('y', smtp(), INPUT, LOAD_META(NFT_META_OIFNAME, R1),
	    NEQ(R1, 'e', 't', 'h', '0'));
	CHECK('y', smtp(), INPUT, LOAD_META(NFT_META_OIF, R1), EQ(R1, U32(0)));
	CHECK(
	    'n', smtp(), INPUT, LOAD_META(NFT_META_OIFTYPE, R1), NEQ(R1, 9, 9));
	CHECK('n', smtp(), INPUT, LOAD_META(NFT_META_OIFGROUP, R1),
	    NEQ(R1, U32(5)));
	CHECK(
	    'y', smtp(), INPUT, LOAD_META(NFT_META_IIFTYPE, R1), EQ(R1, 1, 0));
	CHECK('y', smtp(), INPUT, LOAD_META(NFT_META_IIFGROUP, R1),
	    EQ(R1, U32(7)));
	CHECK('y', smtp(), INPUT, LOAD_META(NFT_META_IIFKIND, R1),
	    EQ(R1, 'v', 'e', 't', 'h', 0));
	CHECK('n', smtp(), INPUT, LOAD_META(NFT_META_SKUID, R1),
	    NEQ(R1, U32(105)));
	CHECK('y', smtp(), INPUT, LOAD_META(NFT_META_PKTTYPE, R1), EQ(R1, 0));
	CHECK('y', smtp(), INPUT, LOAD_META(NFT_META_MARK, R1), EQ(R1, U32(0)));
	CHECK('y', smtp(), INPUT, LOAD_META(NFT_META_PRIORITY, R1),
	    EQ(R1, U32(0)));
	CHECK(
	    'y', smtp(), INPUT, LOAD_META(NFT_META_PROTOCOL, R1), EQ(R1, 8, 0));
	CHECK('y', smtp6(), INPUT, LOAD_META(NFT_META_PROTOCOL, R1),
	    EQ(R1, 0x86, 0xdd));
	CHECK('y', smtp(), INPUT, LOAD_META(NFT_META_NFPROTO, R1), EQ(R1, 2));
	CHECK('y', smtp6(), INPUT, LOAD_META(NFT_META_NFPROTO, R1), EQ(R1, 10));
	/* the implicit guard of "ip saddr != 10.0.0.1" */
	CHECK('n', smtp6(), INPUT, LOAD_META(NFT_META_NFPROTO, R1), EQ(R1, 2),
	    LOAD_NH(12, 4, R1), NEQ(R1, 10, 0, 0, 1));
	CHECK('m', smtp(), INPUT, LOAD_META(NFT_META_LEN, R1),
	    CMP(NFT_CMP_LT, R1, U32(100)));
	CHECK('m', smtp(), INPUT, LOAD_META(NFT_META_TIME_DAY, R1), EQ(R1, 0));
	CHECK('m', smtp(), INPUT, LOAD_META(NFT_META_CPU, R1), EQ(R1, U32(0)));
	CHECK(
	    'y', smtp(), INPUT, LOAD_META(NFT_META_SDIFNAME, R1), EQ(R1, 0, 0));
	/* of a newer kernel */
	CHECK('u', smtp(), INPUT, LOAD_META(99, R1), EQ(R1, 0));
	/* the owner is there on the way out */
	CHECK('y', outward(), OUTPUT, LOAD_META(NFT_META_SKUID, R1),
	    EQ(R1, U32(105)));
	CHECK('y', outward(), POST, LOAD_META(NFT_META_SKGID, R1),
	    EQ(R1, U32(106)));
	CHECK('u', question_out("192.0.2.10", "198.51.100.7", 25), OUTPUT,
	    LOAD_META(NFT_META_SKUID, R1), EQ(R1, U32(105)));
	CHECK('y', outward(), OUTPUT, LOAD_META(NFT_META_OIFNAME, R1),
	    EQ(R1, 'e', 't', 'h', '0', 0));
	CHECK(
	    'y', outward(), OUTPUT, LOAD_META(NFT_META_IIFNAME, R1), EQ(R1, 0));
	/* a mark that was set is there afterwards */
	CHECK('y', smtp(), INPUT, VALUE(R1, U32(7)),
	    SET_META(NFT_META_MARK, R1), LOAD_META(NFT_META_MARK, R2),
	    EQ(R2, U32(7)));
	CHECK('u', smtp(), INPUT, LOAD_META(99, R1),
	    SET_META(NFT_META_MARK, R1), LOAD_META(NFT_META_MARK, R2),
	    EQ(R2, U32(7)));
}

static void
test_ct(void **state)
{
	(void)state;
	CHECK('y', smtp(), INPUT, CT_STATE(STATE_NEW));
	CHECK('n', smtp(), INPUT, CT_STATE(STATE_ESTABLISHED));
	CHECK('y', smtp(), INPUT, LOAD_CT(NFT_CT_STATE, 0xff, R1),
	    NEQ(R1, U32(STATE_ESTABLISHED)));
	/* before conntrack has looked */
	CHECK('n', smtp(), RAW, CT_STATE(STATE_NEW));
	CHECK('y', smtp(), RAW, CT_STATE(STATE_INVALID));
	CHECK(
	    'n', smtp(), RAW, LOAD_CT(NFT_CT_MARK, 0xff, R1), NEQ(R1, U32(1)));
	CHECK('y', smtp(), PRE, CT_STATE(STATE_NEW));
	CHECK(
	    'y', smtp(), INPUT, LOAD_CT(NFT_CT_MARK, 0xff, R1), EQ(R1, U32(0)));
	CHECK('y', smtp(), INPUT, VALUE(R1, U32(3)), SET_CT(NFT_CT_MARK, R1),
	    LOAD_CT(NFT_CT_MARK, 0xff, R2), EQ(R2, U32(3)));
	CHECK(
	    'y', smtp(), INPUT, LOAD_CT(NFT_CT_DIRECTION, 0xff, R1), EQ(R1, 0));
	CHECK('y', smtp(), INPUT, LOAD_CT(NFT_CT_STATUS, 0xff, R1),
	    AND(R1, U32(0x20)), EQ(R1, U32(0)));
	CHECK('n', smtp(), INPUT, LOAD_CT(NFT_CT_STATUS, 0xff, R1),
	    AND(R1, U32(8)), NEQ(R1, U32(0)));
	CHECK('n', smtp(), INPUT, LOAD_CT(NFT_CT_HELPER, 0xff, R1),
	    NEQ(R1, 'f', 't', 'p', 0));
	CHECK('y', smtp(), INPUT, LOAD_CT(NFT_CT_L3PROTOCOL, 0xff, R1),
	    EQ(R1, 2));
	CHECK(
	    'y', smtp(), INPUT, LOAD_CT(NFT_CT_PROTOCOL, 0xff, R1), EQ(R1, 6));
	CHECK('y', smtp(), INPUT, LOAD_CT(NFT_CT_ZONE, 0xff, R1), EQ(R1, 0, 0));
	CHECK('y', smtp(), INPUT, LOAD_CT(NFT_CT_PROTO_DST, 0, R1),
	    EQ(R1, 0, 25));
	CHECK('y', smtp(), INPUT, LOAD_CT(NFT_CT_PROTO_SRC, 1, R1),
	    EQ(R1, 0, 25));
	CHECK('y', smtp(), INPUT, LOAD_CT(NFT_CT_SRC_IP, 0, R1),
	    EQ(R1, 203, 0, 113, 9));
	CHECK('y', smtp(), INPUT, LOAD_CT(NFT_CT_SRC, 1, R1),
	    EQ(R1, 192, 0, 2, 10));
	CHECK('n', smtp6(), INPUT, LOAD_CT(NFT_CT_SRC_IP, 0, R1),
	    NEQ(R1, 1, 1, 1, 1));
	CHECK('m', smtp(), INPUT, LOAD_CT(NFT_CT_BYTES, 0, R1),
	    EQ(R1, 0, 0, 0, 0, 0, 0, 0, 0));
	CHECK('u', smtp(), INPUT, LOAD_CT(77, 0, R1), EQ(R1, U32(0)));
	/* notrack: no connection, and a state that says so */
	CHECK(
	    'y', smtp(), RAW, PLAIN(NF_OP_NOTRACK), CT_STATE(STATE_UNTRACKED));
	CHECK('n', smtp(), RAW, PLAIN(NF_OP_NOTRACK),
	    LOAD_CT(NFT_CT_MARK, 0xff, R1), EQ(R1, U32(0)));
}

static void
test_compute(void **state)
{
	const struct nf_expr shift = {
	    .op = NF_OP_BITWISE,
	    .sreg = R1,
	    .dreg = R1,
	    .sreg2 = NF_SLOT_NONE,
	    .length = 4,
	    .bitwise = {.op = NFT_BITWISE_RSHIFT, .shift = 4}
        };
	const struct nf_expr swap = {
	    .op = NF_OP_BYTEORDER,
	    .sreg = R1,
	    .dreg = R1,
	    .length = 4,
	    .byteorder = {.op = NFT_BYTEORDER_HTON, .size = 4}
        };
	const struct nf_expr odd = {
	    .op = NF_OP_BYTEORDER,
	    .sreg = R1,
	    .dreg = R1,
	    .length = 4,
	    .byteorder = {.op = NFT_BYTEORDER_HTON, .size = 3}
        };
	const struct nf_expr unknown = {.op = NF_OP_BITWISE,
	    .sreg = R1,
	    .dreg = R1,
	    .sreg2 = NF_SLOT_NONE,
	    .length = 4,
	    .bitwise = {.op = 77}};
	struct nf_expr or = {.op = NF_OP_BITWISE,
	                      .sreg = R1,
	                      .dreg = R1,
	                      .sreg2 = R2,
	                      .length = 4,
	                      .bitwise = {.op = 4}};
	struct nf_expr and = or, xor = or, left = shift;

	(void)state;
	and.bitwise.op = 3;
	xor.bitwise.op = 5;
	left.bitwise.op = NFT_BITWISE_LSHIFT;
	CHECK('y', smtp(), INPUT, VALUE(R1, U32(0x120)), shift,
	    EQ(R1, U32(0x12)));
	CHECK(
	    'y', smtp(), INPUT, VALUE(R1, U32(0x12)), left, EQ(R1, U32(0x120)));
	CHECK('y', smtp(), INPUT, VALUE(R1, 1, 2, 3, 4), swap,
	    EQ(R1, 4, 3, 2, 1));
	CHECK('u', smtp(), INPUT, VALUE(R1, 1, 2, 3, 4), odd, EQ(R1, 4));
	CHECK('u', smtp(), INPUT, VALUE(R1, 1, 2, 3, 4), unknown, EQ(R1, 4));
	CHECK('y', smtp(), INPUT, VALUE(R1, U32(5)), VALUE(R2, U32(10)), or,
	    EQ(R1, U32(15)));
	CHECK('y', smtp(), INPUT, VALUE(R1, U32(5)), VALUE(R2, U32(12)), and,
	    EQ(R1, U32(4)));
	CHECK('y', smtp(), INPUT, VALUE(R1, U32(5)), VALUE(R2, U32(12)), xor,
	    EQ(R1, U32(9)));
	/* what is not known stays so, bit by bit */
	CHECK('m', smtp(), INPUT, LOAD_META(NFT_META_CPU, R1), shift,
	    EQ(R1, U32(1)));
	CHECK('n', smtp(), INPUT, LOAD_META(NFT_META_CPU, R1), shift,
	    EQ(R1, U32(0x10000000)));
	CHECK('n', smtp(), INPUT, LOAD_META(NFT_META_CPU, R1), AND(R1, U32(6)),
	    EQ(R1, U32(1)));
	CHECK('m', smtp(), INPUT, LOAD_META(NFT_META_CPU, R1),
	    VALUE(R2, U32(1)), or, EQ(R1, U32(1)));
	CHECK('n', smtp(), INPUT, LOAD_META(NFT_META_CPU, R1),
	    VALUE(R2, U32(1)), or, EQ(R1, U32(2)));
	CHECK('y', smtp(), INPUT, VALUE(R1, 5),
	    RANGE(NFT_RANGE_EQ, R1, 1, BYTES(5), BYTES(6)));
	CHECK('n', smtp(), INPUT, VALUE(R1, 7),
	    RANGE(NFT_RANGE_EQ, R1, 1, BYTES(5), BYTES(6)));
	CHECK('y', smtp(), INPUT, VALUE(R1, 7),
	    RANGE(NFT_RANGE_NEQ, R1, 1, BYTES(5), BYTES(6)));
	CHECK('u', smtp(), INPUT, VALUE(R1, 7),
	    RANGE(9, R1, 1, BYTES(5), BYTES(6)));
	CHECK('y', smtp(), INPUT, VALUE(R1, 7), CMP(NFT_CMP_GT, R1, 6));
	CHECK('n', smtp(), INPUT, VALUE(R1, 7), CMP(NFT_CMP_GT, R1, 7));
	CHECK('y', smtp(), INPUT, VALUE(R1, 7), CMP(NFT_CMP_LTE, R1, 7));
	CHECK('n', smtp(), INPUT, VALUE(R1, 7), CMP(NFT_CMP_LT, R1, 7));
	CHECK('u', smtp(), INPUT, VALUE(R1, 7), CMP(9, R1, 7));
}

static void
test_state(void **state)
{
	const struct nf_expr quota = {
	    .op = NF_OP_QUOTA, .amount = {.count = 100, .used = 10}
        };
	const struct nf_expr used = {
	    .op = NF_OP_QUOTA, .amount = {.count = 100, .used = 100}
        };
	const struct nf_expr over = {
	    .op = NF_OP_QUOTA,
	    .is_inverted = true,
	    .amount = {.count = 100, .used = 100}
        };
	const struct nf_expr count = {
	    .op = NF_OP_CONNLIMIT, .amount = {.count = 10}};
	const struct nf_expr turns = {
	    .op = NF_OP_NUMGEN,
	    .dreg = R1,
	    .number = {.modulus = 10, .offset = 0}
        };
	const struct nf_expr none = {
	    .op = NF_OP_UNKNOWN, .unknown = {.name = "quantum", .text = "?"}
        };
	const struct nf_expr half = {
	    .op = NF_OP_UNKNOWN, .unknown = {.name = "meta", .text = "key"}
        };
	const struct nf_expr option = {
	    .op = NF_OP_EXTHDR,
	    .dreg = R1,
	    .length = 2,
	    .exthdr = {.op = NFT_EXTHDR_OP_TCPOPT, .type = 2}
        };
	const struct nf_expr header = {
	    .op = NF_OP_EXTHDR,
	    .dreg = R1,
	    .length = 1,
	    .exthdr = {.op = NFT_EXTHDR_OP_IPV6,
	               .type = 44,
	               .flags = NFT_EXTHDR_F_PRESENT}
        };

	(void)state;
	CHECK('m', smtp(), INPUT, LIMIT(5, false));
	CHECK('m', smtp(), INPUT, LIMIT(5, true));
	CHECK('m', smtp(), INPUT, quota);
	CHECK('n', smtp(), INPUT, used);
	CHECK('y', smtp(), INPUT, over);
	CHECK('m', smtp(), INPUT, count);
	CHECK('m', smtp(), INPUT, turns, EQ(R1, U32(3)));
	CHECK('n', smtp(), INPUT, turns, EQ(R1, U32(16)));
	CHECK('u', smtp(), INPUT, none);
	CHECK('u', smtp(), INPUT, half);
	CHECK('m', smtp(), INPUT, option, EQ(R1, 5, 0xb4));
	CHECK('y', smtp6(), INPUT, header, EQ(R1, 0));
	CHECK('n', smtp(), INPUT, PLAIN(NF_OP_FLOW_OFFLOAD));
	CHECK('u', smtp(), INPUT, PLAIN(NF_OP_SYNPROXY));
	CHECK('n', smtp(), INPUT, PLAIN(NF_OP_INNER));
	CHECK('y', smtp(), INPUT, PLAIN(NF_OP_DUP), PLAIN(NF_OP_LAST));
}

static void
test_routes(void **state)
{
	struct nf_question local = question_in("192.0.2.10", "192.0.2.10", 25);

	(void)state;
	CHECK('y', smtp(), INPUT,
	    LOAD_FIB(NFT_FIB_RESULT_ADDRTYPE, NFTA_FIB_F_DADDR, R1),
	    EQ(R1, U32(RTN_LOCAL)));
	CHECK('y', smtp(), INPUT,
	    LOAD_FIB(NFT_FIB_RESULT_ADDRTYPE, NFTA_FIB_F_SADDR, R1),
	    EQ(R1, U32(RTN_UNICAST)));
	CHECK('n', smtp(), PRE,
	    LOAD_FIB(NFT_FIB_RESULT_OIF, NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF, R1),
	    EQ(R1, U32(0)));
	/* from where the route does not lead back */
	CHECK('y', question_in("10.0.0.9", "192.0.2.10", 25), PRE,
	    LOAD_FIB(NFT_FIB_RESULT_OIF, NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF, R1),
	    EQ(R1, U32(0)));
	CHECK('y', question_in("10.0.0.9", "192.0.2.10", 25), PRE,
	    LOAD_FIB(NFT_FIB_RESULT_OIFNAME, NFTA_FIB_F_SADDR, R1),
	    EQ(R1, 'e', 't', 'h', '1', 0));
	CHECK('n', local, PRE,
	    LOAD_FIB(NFT_FIB_RESULT_OIF, NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF, R1),
	    EQ(R1, U32(0)));
	CHECK('u', smtp(), INPUT, LOAD_FIB(9, NFTA_FIB_F_SADDR, R1),
	    EQ(R1, U32(0)));
	CHECK('n', smtp(), PRE, LOAD_KEY(NF_OP_RT, NFT_RT_NEXTHOP4, R1),
	    NEQ(R1, 1, 1, 1, 1));
	CHECK('y', outward(), OUTPUT, LOAD_KEY(NF_OP_RT, NFT_RT_NEXTHOP4, R1),
	    EQ(R1, 192, 0, 2, 1));
	CHECK('n', outward(), OUTPUT, LOAD_KEY(NF_OP_RT, NFT_RT_NEXTHOP6, R1),
	    NEQ(R1, 192, 0, 2, 1));
	CHECK('y', outward(), OUTPUT, LOAD_KEY(NF_OP_RT, NFT_RT_XFRM, R1),
	    EQ(R1, 0));
	/* nobody listens: there is no socket, and what is absent is no match */
	CHECK('n', smtp(), INPUT,
	    LOAD_KEY(NF_OP_SOCKET, NFT_SOCKET_TRANSPARENT, R1), EQ(R1, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_payload),
	    cmocka_unit_test(test_source_port),
	    cmocka_unit_test(test_meta),
	    cmocka_unit_test(test_ct),
	    cmocka_unit_test(test_compute),
	    cmocka_unit_test(test_state),
	    cmocka_unit_test(test_routes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
