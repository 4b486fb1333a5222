/*
 * test_firewall_text.c - rules in nft's words
 *
 * Purpose  what a rule says is what nft list ruleset prints for it
 * Input    rules as nft 1.0.6 writes them, and ones that nobody would write
 * Errors   a failed assertion
 * Runs as  any user
 * Source   nft -a list ruleset of the same rules
 */
#include "agent/base/text.h"
#include "agent/firewall/rule_text.h"
#include "tests/unit/firewall_world.h"

static int
setup(void **state)
{
	*state = world_new();
	return 0;
}

static int
teardown(void **state)
{
	world_free(*state);
	return 0;
}

static void
check(struct world *world, uint8_t family, const struct nf_expr *exprs,
    size_t count, const char *wanted)
{
	const struct nf_table table = {.family = family, .name = "filter"};
	const struct nf_chain chain = {.table = &table, .name = "input"};
	const struct nf_rule rule = {
	    .exprs = exprs, .expr_count = (uint16_t)count};
	AUTO_BUF struct buf out = {0};

	nf_rule_text(&out, &world->ruleset, &chain, &rule, &world->net);
	if (wanted)
		assert_string_equal(buf_text(&out), wanted);
	assert_true(text_is_printable(buf_text(&out), out.length));
}

#define SAYS_IN(family, wanted, ...)                                           \
	do {                                                                   \
		const struct nf_expr exprs[] = {__VA_ARGS__};                  \
                                                                               \
		check(*state, family, exprs, ARRAY_COUNT(exprs), wanted);      \
	} while (0)
#define SAYS(wanted, ...) SAYS_IN(NF_FAMILY_INET, wanted, __VA_ARGS__)
#define IPV4              LOAD_META(NFT_META_NFPROTO, R1), EQ(R1, 2)
#define TCP               LOAD_META(NFT_META_L4PROTO, R1), EQ(R1, 6)

static void
test_compares(void **state)
{
	SAYS("tcp dport 25 accept", DPORT(25), ACCEPT);
	SAYS("tcp dport 465-587 accept", TCP, LOAD_TH(2, 2, R1),
	    CMP(NFT_CMP_GTE, R1, 1, 209), CMP(NFT_CMP_LTE, R1, 2, 75), ACCEPT);
	SAYS("tcp dport != 465-587 drop", TCP, LOAD_TH(2, 2, R1),
	    RANGE(NFT_RANGE_NEQ, R1, 2, BYTES(1, 209), BYTES(2, 75)), DROP);
	SAYS("tcp sport 25 tcp dport 26", TCP, LOAD_TH(0, 4, R1),
	    EQ(R1, 0, 25, 0, 26));
	SAYS("meta l4proto tcp accept", TCP, ACCEPT);
	SAYS("th dport 53", LOAD_TH(2, 2, R1), EQ(R1, 0, 53));
	SAYS("ip saddr 10.0.0.0/8 drop", IPV4, LOAD_NH(12, 1, R1), EQ(R1, 10),
	    DROP);
	SAYS("ip saddr != 198.51.100.7", IPV4, LOAD_NH(12, 4, R1),
	    NEQ(R1, 198, 51, 100, 7));
	SAYS("ip daddr 198.51.100.0/28", IPV4, LOAD_NH(16, 4, R1),
	    AND(R1, 255, 255, 255, 240), EQ(R1, 198, 51, 100, 0));
	SAYS_IN(NF_FAMILY_IPV6, "ip6 saddr 2001:db8:77::/64", LOAD_NH(8, 8, R1),
	    EQ(R1, 0x20, 1, 0x0d, 0xb8, 0, 0x77, 0, 0));
	SAYS("meta nfproto ipv4 accept", IPV4, ACCEPT);
	SAYS("iifname \"eth0\"", LOAD_META(NFT_META_IIFNAME, R1),
	    EQ(R1, 'e', 't', 'h', '0', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
	SAYS("iifname != \"eth*\"", LOAD_META(NFT_META_IIFNAME, R1),
	    NEQ(R1, 'e', 't', 'h'));
	SAYS("iif \"eth0\"", LOAD_META(NFT_META_IIF, R1), EQ(R1, U32(ETH0)));
	SAYS("meta mark & 0x000000ff == 0x00000010",
	    LOAD_META(NFT_META_MARK, R1), AND(R1, U32(0xff)),
	    EQ(R1, U32(0x10)));
	SAYS("meta skuid 105", LOAD_META(NFT_META_SKUID, R1), EQ(R1, U32(105)));
	SAYS("tcp flags & (fin | syn) == syn", TCP, LOAD_TH(13, 1, R1),
	    AND(R1, 3), EQ(R1, 2));
	SAYS("fib daddr type local",
	    LOAD_FIB(NFT_FIB_RESULT_ADDRTYPE, NFTA_FIB_F_DADDR, R1),
	    EQ(R1, U32(2)));
}

static void
test_states(void **state)
{
	SAYS("ct state established,related accept",
	    CT_STATE(STATE_ESTABLISHED | STATE_RELATED), ACCEPT);
	SAYS("ct state != established drop", LOAD_CT(NFT_CT_STATE, 0xff, R1),
	    NEQ(R1, U32(2)), DROP);
	SAYS("ct state ! new", LOAD_CT(NFT_CT_STATE, 0xff, R1), AND(R1, U32(8)),
	    EQ(R1, U32(0)));
	SAYS("ct status dnat", LOAD_CT(NFT_CT_STATUS, 0xff, R1),
	    AND(R1, U32(0x20)), NEQ(R1, U32(0)));
	SAYS("ct original proto-dst 25", LOAD_CT(NFT_CT_PROTO_DST, 0, R1),
	    EQ(R1, 0, 25));
}

static void
test_sets(void **state)
{
	static const uint8_t smtp[] = {0, 25};
	struct nf_element ports[12] = {
	    {.key = BYTES(0,      25)},
	    { .key = BYTES(1, 209), .key_end = BYTES(2, 75)}
        };
	struct nf_element verdicts[] = {
	    {.key = BYTES(0, 25), .verdict = {NF_VERDICT_JUMP, "mail"}},
	    {.key = BYTES(0, 80), .verdict = {NF_VERDICT_DROP, NULL}  }
        };
	struct nf_element pairs[] = {
	    {.key = BYTES(10, 0, 0, 0, 0, 25, 0, 0),
             .key_end = BYTES(10, 255, 255, 255, 0, 25, 0, 0)}
        };
	struct nf_element star = {
	    .verdict = {NF_VERDICT_ACCEPT, NULL}
        };
	struct nf_set anonymous = {.name = "__set0",
	    .flags = NFT_SET_ANONYMOUS,
	    .key_length = 2,
	    .is_loaded = true,
	    .elements = ports,
	    .element_count = 2};
	struct nf_set vmap = {.name = "__map0",
	    .flags = NFT_SET_ANONYMOUS | NFT_SET_MAP,
	    .key_length = 2,
	    .is_verdict_map = true,
	    .is_loaded = true,
	    .elements = verdicts,
	    .element_count = 2,
	    .catch_all = &star};
	struct nf_set pair = {
	    .name = "__set1",
	    .flags = NFT_SET_ANONYMOUS | NFT_SET_INTERVAL | NFT_SET_CONCAT,
	    .key_length = 8,
	    .fields = {4, 2},
	    .field_count = 2,
	    .is_loaded = true,
	    .elements = pairs,
	    .element_count = 1
        };
	struct nf_set named = {.name = "blocked\033", .key_length = 4};

	SAYS("tcp dport { 25, 465-587 } accept", TCP, LOAD_TH(2, 2, R1),
	    LOOKUP(&anonymous, R1, NF_SLOT_NONE, false), ACCEPT);
	SAYS("tcp dport != { 25, 465-587 } accept", TCP, LOAD_TH(2, 2, R1),
	    LOOKUP(&anonymous, R1, NF_SLOT_NONE, true), ACCEPT);
	SAYS("tcp dport vmap { 25 : jump mail, 80 : drop, * : accept }", TCP,
	    LOAD_TH(2, 2, R1), LOOKUP(&vmap, R1, RV, false));
	SAYS("ip saddr . tcp dport { 10.0.0.0/8 . 25 }", IPV4, TCP,
	    LOAD_NH(12, 4, R1), LOAD_TH(2, 2, R9),
	    LOOKUP(&pair, R1, NF_SLOT_NONE, false));
	pairs[0] = (struct nf_element){.key = BYTES(10, 0, 0, 1, 0, 25, 0, 0),
	    .key_end = BYTES(10, 0, 0, 2, 0, 25, 0, 0)};
	SAYS("ip saddr . tcp dport { 10.0.0.1-10.0.0.2 . 25 }", IPV4, TCP,
	    LOAD_NH(12, 4, R1), LOAD_TH(2, 2, R9),
	    LOOKUP(&pair, R1, NF_SLOT_NONE, false));
	SAYS("ip saddr @blocked\\x1b drop", IPV4, LOAD_NH(12, 4, R1),
	    LOOKUP(&named, R1, NF_SLOT_NONE, false), DROP);
	for (size_t i = 0; i < ARRAY_COUNT(ports); i++)
		ports[i] = (struct nf_element){.key = smtp};
	anonymous.element_count = ARRAY_COUNT(ports);
	SAYS("tcp dport { 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, ... (12 in "
	     "all) }",
	    TCP, LOAD_TH(2, 2, R1),
	    LOOKUP(&anonymous, R1, NF_SLOT_NONE, false));
	anonymous.is_loaded = false;
	SAYS("tcp dport { ... }", TCP, LOAD_TH(2, 2, R1),
	    LOOKUP(&anonymous, R1, NF_SLOT_NONE, false));
}

static void
test_statements(void **state)
{
	SAYS("jump sub", JUMP("sub"));
	SAYS("accept", PLAIN(NF_OP_COUNTER), ACCEPT);
	SAYS("reject with tcp reset", REJECT);
	SAYS("limit rate 10/second drop", LIMIT(10, false), DROP);
	SAYS("limit rate over 10/second drop", LIMIT(10, true), DROP);
	SAYS("tcp dport 25 redirect to :2525", DPORT(25), VALUE(R1, 9, 221),
	    REDIR(R1));
	SAYS("tcp dport 25 dnat ip to 10.0.0.2:2525", DPORT(25),
	    VALUE(R1, 10, 0, 0, 2), VALUE(R2, 9, 221),
	    NAT(NFT_NAT_DNAT, NF_FAMILY_IPV4, R1, R2));
	SAYS("meta mark set 0x00000005", VALUE(R1, U32(5)),
	    SET_META(NFT_META_MARK, R1));
	SAYS("ct mark set meta mark", LOAD_META(NFT_META_MARK, R1),
	    SET_CT(NFT_CT_MARK, R1));
	SAYS("log prefix \"x\\x1b\"",
	    {.op = NF_OP_LOG, .log = {.prefix = "x\033"}});
	SAYS("reject with icmpx admin-prohibited",
	    {
	        .op = NF_OP_REJECT, .reject = {.type = 2, .code = 3}
        });
	SAYS("[unknown: new\\x07, an attribute] accept",
	    {
	        .op = NF_OP_UNKNOWN,
	        .unknown = {.name = "new\a", .text = "an attribute"}
        },
	    ACCEPT);
	SAYS("[-m other\\x0a]", {
	                            .op = NF_OP_XT_MATCH,
	                            .xt = {.name = "other\n", .revision = 1}
        });
	SAYS("notrack", PLAIN(NF_OP_NOTRACK));
}

static void
test_places(void **state)
{
	struct world *world = *state;
	const struct nf_table table = {
	    .family = NF_FAMILY_IPV6, .name = "filter"};
	const struct nf_chain chain = {.table = &table,
	    .name = "in\033",
	    .policy = {.code = NF_VERDICT_DROP}};
	const struct nf_expr exprs[] = {DPORT(25), ACCEPT};
	const struct nf_rule rule = {.handle = 12,
	    .exprs = exprs,
	    .expr_count = ARRAY_COUNT(exprs),
	    .comment = "mail"};
	AUTO_BUF struct buf out = {0};

	nf_place_text(&out, &world->ruleset, &chain, &rule, NULL);
	assert_string_equal(buf_text(&out),
	    "ip6 filter in\\x1b, handle 12: tcp dport 25 accept comment "
	    "\"mail\"");
	buf_clear(&out);
	nf_place_text(&out, &world->ruleset, &chain, NULL, NULL);
	assert_string_equal(buf_text(&out), "ip6 filter in\\x1b, policy: drop");
}

/* Expressions in any order, with any registers, keys and lengths. */
static void
test_nonsense(void **state)
{
	static const uint8_t bytes[256];
	uint32_t seed = 7;

	for (size_t i = 0; i < 200000; i++) {
		struct nf_expr exprs[6];

		for (size_t k = 0; k < ARRAY_COUNT(exprs); k++) {
			struct nf_expr *expr = &exprs[k];
			uint32_t a = seed = seed * 1664525U + 1013904223U;
			uint32_t b = seed = seed * 1664525U + 1013904223U;

			*expr = (struct nf_expr){
			    .op = (uint8_t)((a >> 24) % NF_OP_SYNPROXY),
			    .sreg = (uint8_t)((a >> 16) % 18),
			    .dreg = (uint8_t)((a >> 8) % 18),
			    .length = (uint8_t)((b >> 24) % 65),
			    .is_write = b & 0x10000};
			if (expr->op == NF_OP_CMP)
				expr->cmp.data = bytes;
			else if (expr->op == NF_OP_RANGE)
				expr->range.from = expr->range.to = bytes;
			else if (expr->op == NF_OP_BITWISE)
				expr->bitwise.mask = bytes;
			else if (expr->op == NF_OP_IMMEDIATE)
				expr->immediate.data = bytes;
			else if (expr->op == NF_OP_PAYLOAD)
				expr->payload.base = b & 3;
			else if (expr->op != NF_OP_UNKNOWN &&
			         expr->op < NF_OP_IMMEDIATE)
				expr->key.key = b & 0x3f;
		}
		check(*state, NF_FAMILY_INET, exprs, ARRAY_COUNT(exprs), NULL);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_compares, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_states, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_sets, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_statements, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_places, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_nonsense, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
