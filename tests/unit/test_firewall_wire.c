/*
 * test_firewall_wire.c - an answer of the rule set's observer, and lies
 *
 * Purpose  what is written is read back; whatever is cut, too long, out of
 *          range or about another port is refused
 * Input    fixed
 * Errors   a failed assertion
 * Runs as  any user
 * Source   agent/probes/firewall_wire.h
 */
#include <sys/socket.h>

#include <errno.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/probes/firewall_wire.h"
#include "tests/unit/unit.h"

static struct arena *arena;

static int
setup(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static const char *const path[] = {
    "ip:filter:INPUT#5=jump mail", "ip:filter:mail#7=drop", NULL};
static const char *const tree[] = {"ip filter INPUT", "  5: jump mail", NULL};

static struct firewall_verdict verdict = {
    .family = AF_INET,
    .interface = "eth0",
    .to = "192.0.2.10",
    .outcome = NF_DROPPED,
    .has_chain = true,
    .has_rule = true,
    .rule_family = "ip",
    .rule_table = "filter",
    .rule_chain = "mail",
    .rule_text = "tcp dport 587 drop",
    .rule_handle = UINT64_MAX,
    .others = "10.0.0.0/8: accept",
    .path = path,
    .tree = tree,
};

static int
answer_get(const struct buf *bytes, struct firewall_answer *ret)
{
	struct wire_in in = {
	    .arena = arena, .at = bytes->text, .left = bytes->length};
	struct why why = {0};

	return firewall_answer_get(&in, ret, &why);
}

static int
answer_trip(struct firewall_verdict *one, struct firewall_answer *ret)
{
	struct firewall_answer answer = {.verdicts = one, .count = 1};
	AUTO_BUF struct buf bytes = {0};

	firewall_answer_put(&bytes, &answer);
	return answer_get(&bytes, ret);
}

static void
test_answer(void **state)
{
	struct firewall_answer answer = {0};
	const struct firewall_verdict *got;

	(void)state;
	assert_int_equal(answer_trip(&verdict, &answer), 0);
	assert_int_equal(answer.count, 1);
	assert_null(answer.note);
	got = &answer.verdicts[0];
	assert_int_equal(got->outcome, NF_DROPPED);
	assert_null(got->from);
	assert_null(got->reason);
	assert_string_equal(got->to, "192.0.2.10");
	assert_string_equal(got->rule_text, "tcp dport 587 drop");
	assert_true(got->rule_handle == UINT64_MAX);
	assert_string_equal(got->path[1], "ip:filter:mail#7=drop");
	assert_null(got->path[2]);
	assert_string_equal(got->tree[1], "  5: jump mail");
}

static void
test_answer_cut(void **state)
{
	struct firewall_answer answer = {.verdicts = &verdict, .count = 1};
	AUTO_BUF struct buf bytes = {0};

	(void)state;
	firewall_answer_put(&bytes, &answer);
	for (size_t i = 0; i < bytes.length; i++) {
		struct buf part = {.text = bytes.text, .length = i};

		assert_int_equal(answer_get(&part, &answer), -EPROTO);
	}
	buf_add_char(&bytes, '\0');
	assert_int_equal(answer_get(&bytes, &answer), -EPROTO);
}

static void
test_answer_lies(void **state)
{
	struct firewall_answer answer;
	struct firewall_verdict one = verdict;

	(void)state;
	one.family = 77;
	assert_int_equal(answer_trip(&one, &answer), -EPROTO);
	one = verdict;
	one.outcome = (enum nf_outcome)(NF_NOT_KNOWN + 1);
	assert_int_equal(answer_trip(&one, &answer), -EPROTO);
	one = verdict;
	one.has_chain = false;
	assert_int_equal(answer_trip(&one, &answer), -EPROTO);
	one = verdict;
	one.rule_table = NULL;
	assert_int_equal(answer_trip(&one, &answer), -EPROTO);
}

/* What can move a cursor is escaped by who writes, refused by who reads. */
static void
test_texts(void **state)
{
	struct wire_in in = {.arena = arena};
	AUTO_BUF struct buf bytes = {0};
	AUTO_FREE char *big = mem_alloc(OBSERVER_TEXT_MAX * 2, 1);
	uint32_t length = 3;
	const char *text;

	(void)state;
	wire_put_text(&bytes, "a\x1b[2Jb");
	in.at = bytes.text;
	in.left = bytes.length;
	assert_string_equal(wire_get_text(&in), "a\\x1b[2Jb");
	assert_false(in.is_bad);
	buf_clear(&bytes);
	buf_add_n(&bytes, &length, sizeof(length));
	buf_add_n(&bytes, "a\x1b[", 3);
	in.at = bytes.text;
	in.left = bytes.length;
	assert_null(wire_get_text(&in));
	assert_true(in.is_bad);
	/* an escape at the end is not cut in two that mean something else */
	(void)memset(big, '\x01', OBSERVER_TEXT_MAX * 2 - 1);
	buf_clear(&bytes);
	wire_put_text(&bytes, big);
	in = (struct wire_in){
	    .arena = arena, .at = bytes.text, .left = bytes.length};
	text = wire_get_text(&in);
	assert_non_null(text);
	assert_true(strlen(text) <= OBSERVER_TEXT_MAX);
	assert_true(text_is_printable(text, strlen(text)));
}

static struct nf_opening opening = {
    .manager = NF_MANAGER_NFTABLES,
    .count = 1,
    .accepts = {{.family = NF_FAMILY_INET,
        .table = "filter",
        .chain = "input",
        .before = 12,
        .port = 587,
        .only_family = AF_INET6,
        .only_interface = "eth1"}},
    .place = "inet filter input, handle 12: drop",
    .families = "IPv6",
};

static int
opening_trip(const struct nf_opening *from, struct nf_opening *ret)
{
	AUTO_BUF struct buf bytes = {0};
	struct wire_in in = {.arena = arena};
	struct why why = {0};

	firewall_opening_put(&bytes, from);
	in.at = bytes.text;
	in.left = bytes.length;
	return firewall_opening_get(&in, 587, ret, &why);
}

static void
test_opening(void **state)
{
	struct nf_opening got, lie;

	(void)state;
	assert_int_equal(opening_trip(&opening, &got), 0);
	assert_int_equal(got.manager, NF_MANAGER_NFTABLES);
	assert_int_equal(got.accepts[0].before, 12);
	assert_string_equal(got.accepts[0].chain, "input");
	assert_string_equal(got.accepts[0].only_interface, "eth1");
	assert_string_equal(got.place, opening.place);
	lie = opening;
	lie.accepts[0].port = 22;
	assert_int_equal(opening_trip(&lie, &got), -EPROTO);
	lie = opening;
	lie.accepts[0].family = NF_FAMILY_NETDEV;
	assert_int_equal(opening_trip(&lie, &got), -EPROTO);
	lie = opening;
	lie.accepts[0].chain[0] = '\0';
	assert_int_equal(opening_trip(&lie, &got), -EPROTO);
	lie = opening;
	lie.accepts[0].only_family = 3;
	assert_int_equal(opening_trip(&lie, &got), -EPROTO);
	lie = opening;
	lie.manager = (enum nf_manager)(NF_MANAGER_OTHER + 1);
	assert_int_equal(opening_trip(&lie, &got), -EPROTO);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_answer),
	    TEST(test_answer_cut),
	    TEST(test_answer_lies),
	    TEST(test_texts),
	    TEST(test_opening),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
