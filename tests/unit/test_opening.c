/*
 * test_opening.c - which accept opens a port, and where it stands
 *
 * Purpose  unit tests of agent/firewall/opening*.c, manager.c, accept_text.c:
 *          rule sets as people write them, loaded into the kernel of a namespace,
 *          planned on, written, looked at, evaluated again, taken out again
 * Input    rule sets written here, loaded by nft(8)
 * Errors   a failing assertion
 * Runs as  root; skipped without the right to make a namespace
 * Source   -
 */
#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include "agent/firewall/opening.h"
#include "agent/sys/nft_load.h"
#include "agent/sys/nft_write.h"
#include "tests/unit/firewall_world.h"
#include "tests/unit/program_say.h"

#define NFT  "/usr/sbin/nft"
#define MARK "mailfix test/1"

/* IPv4 and IPv6 on eth0, IPv4 on eth1. */
#define ROWS_MAX 3

struct look {
	struct world *world;
	struct nft_link link;
	struct nf_ruleset *ruleset;
	struct nf_verdict_row rows[ROWS_MAX];
	struct nf_survey survey;
	struct nf_opening opening;
	struct why why;
};

static void
list(struct buf *ret, bool is_with_handles)
{
	program_say(ret, NULL,
	    is_with_handles
	        ? (const char *const[]){NFT, "-a", "list", "ruleset", NULL}
	        : (const char *const[]){NFT, "list", "ruleset", NULL});
}

/* Read the kernel's rules and ask about each row. */
static void
look_open(struct look *look, uint16_t port, size_t rows)
{
	static const struct {
		uint8_t family;
		unsigned interface;
		const char *from, *to;
	} ways[ROWS_MAX] = {
	    {AF_INET,  ETH0, "203.0.113.9",   "192.0.2.10"  },
	    {AF_INET6, ETH0, "2001:db8:9::9", "2001:db8::10"},
	    {AF_INET,  ETH1, "203.0.113.9",   "10.0.0.1"    },
	};

	*look = (struct look){.world = world_new()};
	if (nft_link_open(false, &look->link, &look->why) < 0 ||
	    nft_load(look->world->arena, &look->link, &look->ruleset,
	        &look->why) < 0)
		fail_msg("%s", look->why.text);
	for (size_t i = 0; i < rows; i++) {
		struct nf_verdict_row *row = &look->rows[i];

		row->family = ways[i].family;
		row->interface = net_interface_by_index(
		    &look->world->net, ways[i].interface);
		row->is_from_anyone = true;
		row->question = question_in(ways[i].from, ways[i].to, port);
		row->question.interface = ways[i].interface;
		if (nf_ask(look->world->arena, look->ruleset, &look->world->net,
		        &row->question, NULL, &row->answer, &look->why) < 0)
			fail_msg("%s", look->why.text);
	}
	look->survey = (struct nf_survey){.rows = look->rows, .count = rows};
}

static void
look_close(struct look *look)
{
	nft_link_close(&look->link);
	world_free(look->world);
}

static int
look_plan(struct look *look, uint16_t port)
{
	return nf_opening_plan(look->world->arena, look->ruleset,
	    &look->world->net, &look->survey, port, &look->opening, &look->why);
}

static void
begin(const char *rules)
{
	AUTO_BUF struct buf said = {0};

	if (unshare(CLONE_NEWNET) < 0 || access(NFT, X_OK) < 0)
		skip();
	program_say(&said, rules, (const char *const[]){NFT, "-f", "-", NULL});
}

static void
all_write(const struct nf_opening *opening)
{
	for (size_t i = 0; i < opening->count; i++) {
		uint32_t generation = 0;
		uint64_t handle = 0;
		struct why why = {0};

		assert_int_equal(nft_write_generation(&generation, &why), 0);
		if (nft_write_insert(&opening->accepts[i], MARK, generation,
		        &handle, &why) < 0)
			fail_msg("%s", why.text);
	}
}

static void
all_remove(const struct nf_opening *opening)
{
	for (size_t i = opening->count; i-- > 0;) {
		uint32_t generation = 0;
		uint64_t handle = 0, before = 0;
		struct why why = {0};

		assert_int_equal(nft_write_generation(&generation, &why), 0);
		assert_int_equal(nft_write_find(&opening->accepts[i], MARK,
		                     &handle, &before, &why),
		    1);
		assert_int_equal(nft_write_delete(&opening->accepts[i], handle,
		                     generation, &why),
		    0);
	}
}

/* Planned, written, seen at its place, open, taken out: as before. */
static void
opens(const char *rules, size_t rows, enum nf_manager manager, size_t count,
    const char *const *places)
{
	AUTO_BUF struct buf before = {0}, after = {0};
	struct look look, again;
	int r;

	begin(rules);
	list(&before, true);
	look_open(&look, 587, rows);
	r = look_plan(&look, 587);
	if (r < 0)
		fail_msg("%d %s", r, look.why.text);
	assert_int_equal(look.opening.manager, manager);
	assert_int_equal(look.opening.count, count);
	all_write(&look.opening);
	list(&after, false);
	for (; *places != NULL; places++)
		if (strstr(buf_text(&after), *places) == NULL)
			fail_msg(
			    "\n%s is not in %s", *places, buf_text(&after));
	look_open(&again, 587, rows);
	for (size_t i = 0; i < rows; i++)
		assert_int_equal(again.rows[i].answer.outcome, NF_ACCEPTED);
	assert_int_equal(look_plan(&again, 587), -EALREADY);
	look_close(&again);
	all_remove(&look.opening);
	list(&after, true);
	assert_string_equal(buf_text(&before), buf_text(&after));
	look_close(&look);
}

/* Refused, with this in the reason; and the model is as it was. */
static void
refuses(const char *rules, size_t rows, int code, const char *reason)
{
	struct look look;
	int r;

	begin(rules);
	look_open(&look, 587, rows);
	r = look_plan(&look, 587);
	if (r != code || strstr(look.why.text, reason) == NULL)
		fail_msg("%d %s", r, look.why.text);
	for (size_t i = 0; i < rows; i++) {
		struct nf_answer now;

		assert_int_equal(
		    nf_ask(look.world->arena, look.ruleset, &look.world->net,
		        &look.rows[i].question, NULL, &now, &look.why),
		    0);
		assert_ptr_equal(now.rule, look.rows[i].answer.rule);
		assert_int_equal(now.outcome, look.rows[i].answer.outcome);
	}
	look_close(&look);
}

#define OURS                                                                   \
	"tcp dport 587 counter packets 0 bytes 0 accept comment \"" MARK "\"\n"
#define OURS_V6                                                                \
	"meta nfproto ipv6 tcp dport 587 counter packets 0 bytes 0 accept "    \
	"comment \"" MARK "\"\n"
#define OURS_ETH1                                                              \
	"iifname \"eth1\" tcp dport 587 counter packets 0 bytes 0 accept "     \
	"comment \"" MARK "\"\n"
#define PLACES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define INPUT       "type filter hook input priority 0; "

static void
test_policy_drop(void **state)
{
	(void)state;
	opens("table inet filter { chain input { " INPUT "policy drop\n"
	      "ct state established,related accept\n"
	      "tcp dport { 22, 25 } accept\n}\n}\n",
	    2, NF_MANAGER_NFTABLES, 1,
	    PLACES("tcp dport { 22, 25 } accept\n\t\t" OURS "\t}\n"));
}

static void
test_before_the_rule_that_decides(void **state)
{
	(void)state;
	opens("table inet filter { set bans { type ipv4_addr\nelements = { "
	      "203.0.113.77 }\n}\n"
	      "chain input { " INPUT "\nip saddr @bans drop\n"
	      "tcp dport 25 accept\ntcp dport { 465, 587 } drop\n"
	      "tcp dport 22 accept\n}\n}\n",
	    2, NF_MANAGER_NFTABLES, 1,
	    PLACES("tcp dport 25 accept\n\t\t" OURS
	           "\t\ttcp dport { 465, 587 } drop\n"));
}

static void
test_before_lines_that_log(void **state)
{
	(void)state;
	opens("table inet filter { chain input { " INPUT "policy drop\n"
	      "tcp dport 25 accept\nlimit rate 5/minute log prefix "
	      "\"no \"\ncounter\n}\n}\n",
	    2, NF_MANAGER_NFTABLES, 1,
	    PLACES("tcp dport 25 accept\n\t\t" OURS "\t\tlimit rate 5/minute"));
	opens("table inet filter { chain input { " INPUT
	      "\ntcp dport 25 accept\ncounter log prefix \"no \"\n"
	      "reject with icmpx admin-prohibited\n}\n}\n",
	    2, NF_MANAGER_NFTABLES, 1,
	    PLACES("tcp dport 25 accept\n\t\t" OURS "\t\tcounter packets"));
}

static void
test_in_the_chain_that_decides(void **state)
{
	(void)state;
	opens("table inet filter { chain services { ip saddr 198.51.100.0/24 "
	      "drop\ntcp dport 587 drop\n}\n"
	      "chain input { " INPUT "policy drop\n"
	      "tcp dport 25 accept\njump services\n}\n}\n",
	    2, NF_MANAGER_NFTABLES, 1,
	    PLACES("198.51.100.0/24 drop\n\t\t" OURS "\t\ttcp dport 587 drop"));
}

/* One that refuses everything is left, to where it is called. */
static void
test_out_of_a_chain_that_refuses_all(void **state)
{
	(void)state;
	opens("table inet filter { chain refuse { limit rate 5/minute log\n"
	      "counter drop\n}\nchain input { " INPUT
	      "\ntcp dport 25 accept\njump refuse\n}\n}\n",
	    2, NF_MANAGER_NFTABLES, 1,
	    PLACES("tcp dport 25 accept\n\t\t" OURS "\t\tjump refuse"));
}

/* What input and forward share would open the way through the host as well. */
static void
test_out_of_a_shared_chain(void **state)
{
	(void)state;
	opens("table inet filter { chain common { tcp dport 587 drop\n"
	      "tcp dport 25 accept\n}\n"
	      "chain input { " INPUT "\niifname \"lo\" accept\n"
	      "jump common\n}\nchain forward { type filter hook forward "
	      "priority 0; policy drop\njump common\n}\n}\n",
	    2, NF_MANAGER_NFTABLES, 1,
	    PLACES("iifname \"lo\" accept\n\t\t" OURS "\t\tjump common\n\t}\n"
	           "\n\tchain forward"));
}

static void
test_each_base_chain_needs_its_own(void **state)
{
	(void)state;
	opens("table inet filter { chain input { " INPUT "policy drop\n"
	      "tcp dport 25 accept\n}\n}\n"
	      "table inet later { chain input { type filter hook input "
	      "priority 10;\ntcp dport 587 reject\n}\n}\n",
	    2, NF_MANAGER_NFTABLES, 2,
	    PLACES("tcp dport 25 accept\n\t\t" OURS "\t}\n",
	        "priority filter + 10; policy accept;\n\t\t" OURS
	        "\t\ttcp dport 587 reject"));
}

static void
test_only_the_family_that_is_closed(void **state)
{
	(void)state;
	opens("table inet filter { chain input { " INPUT
	      "\nmeta nfproto ipv6 tcp dport 587 drop\n}\n}\n",
	    2, NF_MANAGER_NFTABLES, 1,
	    PLACES("policy accept;\n\t\t" OURS_V6 "\t\tmeta nfproto ipv6"));
}

static void
test_only_the_interface_that_is_closed(void **state)
{
	(void)state;
	opens("table inet filter { chain input { " INPUT
	      "\niifname \"eth1\" tcp dport 587 drop\n}\n}\n",
	    3, NF_MANAGER_NFTABLES, 1,
	    PLACES("policy accept;\n\t\t"
	           "meta nfproto ipv4 " OURS_ETH1));
}

static void
test_iptables_tables(void **state)
{
	(void)state;
	opens("table ip filter { chain INPUT { " INPUT "policy drop\n"
	      "meta l4proto tcp tcp dport 25 counter accept\n}\n}\n"
	      "table ip6 filter { chain INPUT { " INPUT "policy drop\n}\n}\n",
	    2, NF_MANAGER_IPTABLES, 2,
	    PLACES("counter packets 0 bytes 0 accept\n\t\t" OURS "\t}\n",
	        "policy drop;\n\t\t" OURS "\t}\n"));
}

static void
test_open_is_said(void **state)
{
	(void)state;
	refuses("table inet filter { chain input { " INPUT
	        "policy drop\ntcp dport 587 accept\n}\n}\n",
	    2, -EALREADY, "port 587 is open");
}

static void
test_a_ban_is_no_closed_port(void **state)
{
	struct look look;

	(void)state;
	begin("table inet filter { set bans { type ipv4_addr\nelements = { "
	      "203.0.113.77 }\n}\nchain input { " INPUT
	      "\nip saddr @bans drop\n}\n}\n");
	look_open(&look, 587, 2);
	look.rows[0].others = "@bans";
	look.rows[0].others_outcome = NF_DROPPED;
	assert_int_equal(look_plan(&look, 587), -EPERM);
	assert_non_null(strstr(look.why.text, "banned"));
	look_close(&look);
}

/* 198.51.100.0/24 may, and only there: that was meant. */
static void
test_open_for_some_on_purpose(void **state)
{
	(void)state;
	refuses("table inet filter { chain input { " INPUT "policy drop\n"
	        "ip saddr 198.51.100.0/24 tcp dport 587 accept\n}\n}\n",
	    1, -EPERM, "as if it were meant");
	/* a net that may do anything says nothing about this port */
	opens("table inet filter { chain input { " INPUT "policy drop\n"
	      "ip saddr 198.51.100.0/24 accept\n}\n}\n",
	    1, NF_MANAGER_NFTABLES, 1, PLACES(OURS));
}

/* Who is refused elsewhere stays refused, or there is no rule. */
static void
test_never_lets_in_who_is_banned(void **state)
{
	(void)state;
	refuses("table inet filter { chain common { ip saddr 198.51.100.0/24 "
	        "drop\ntcp dport 587 drop\n}\n"
	        "chain input { " INPUT "\njump common\n}\n"
	        "chain forward { type filter hook forward priority 0;\njump "
	        "common\n}\n}\n",
	    2, -EPERM, "198.51.100");
}

static void
test_not_before_the_input_hook(void **state)
{
	(void)state;
	refuses("table inet raw { chain prerouting { type filter hook "
	        "prerouting priority -300;\ntcp dport 587 drop\n}\n}\n",
	    2, -EPERM, "refused in prerouting");
}

static void
test_not_when_the_answer_is_refused(void **state)
{
	(void)state;
	refuses("table inet filter { chain output { type filter hook output "
	        "priority 0; policy drop\n}\n}\n",
	    2, -EPERM, "answers do not get out");
}

static void
test_not_in_rules_of_other_programs(void **state)
{
	(void)state;
	refuses("table inet f2b-table { chain f2b-chain { type filter hook "
	        "input priority -1;\ntcp dport 587 reject\n}\n}\n",
	    2, -EPERM, "fail2ban writes");
	refuses("table ip filter { chain DOCKER-USER { tcp dport 587 drop\n}\n"
	        "chain INPUT { " INPUT "\njump DOCKER-USER\n}\n}\n",
	    1, -EPERM, "Docker writes");
}

static void
test_not_above_mailcow(void **state)
{
	(void)state;
	refuses("table ip filter { chain MAILCOW { }\nchain INPUT { " INPUT
	        "policy drop\ncounter jump MAILCOW comment \"mailcow\"\n}\n}\n"
	        "table inet filter { chain input { type filter hook input "
	        "priority 1;\ntcp dport 587 drop comment \"mailcow\"\n}\n}\n",
	    1, -EPERM, "mailcow");
}

static void
test_ufw_and_firewalld_are_tried_in_their_chains(void **state)
{
	struct look look;

	(void)state;
	begin("table ip filter { chain ufw-user-input { tcp dport 22 "
	      "accept\n}\nchain ufw-before-input { jump ufw-user-input\n}\n"
	      "chain INPUT { " INPUT
	      "policy drop\njump ufw-before-input\n}\n}\n");
	look_open(&look, 587, 1);
	assert_int_equal(look_plan(&look, 587), 0);
	assert_int_equal(look.opening.manager, NF_MANAGER_UFW);
	assert_int_equal(look.opening.count, 1);
	assert_string_equal(look.opening.accepts[0].chain, "ufw-user-input");
	assert_int_equal(look.opening.accepts[0].before, 0);
	look_close(&look);

	/* before.rules come first: ufw allow would not help */
	refuses("table ip filter { chain ufw-user-input { }\n"
	        "chain ufw-before-input { tcp dport 587 drop\njump "
	        "ufw-user-input\n}\nchain INPUT { " INPUT
	        "policy drop\njump ufw-before-input\n}\n}\n",
	    1, -EPERM, "does not help");

	begin("table inet firewalld { chain filter_IN_public_allow { tcp dport "
	      "22 accept\n}\nchain filter_IN_public { jump "
	      "filter_IN_public_allow\nreject\n}\nchain filter_INPUT { type "
	      "filter hook input priority 10;\ngoto filter_IN_public\n}\n}\n");
	look_open(&look, 587, 2);
	assert_int_equal(look_plan(&look, 587), 0);
	assert_int_equal(look.opening.manager, NF_MANAGER_FIREWALLD);
	assert_string_equal(
	    look.opening.accepts[0].chain, "filter_IN_public_allow");
	look_close(&look);
}

static void
test_accept_texts(void **state)
{
	static const char *const good[] = {
	    "tcp dport 587 accept",
	    "meta nfproto ipv6 tcp dport 1 accept",
	    "meta nfproto ipv4 iifname \"eth1.5\" tcp dport 65535 accept",
	};
	static const char *const bad[] = {
	    "",
	    "tcp dport 0 accept",
	    "tcp dport 65536 accept",
	    "tcp dport 587 accept ",
	    " tcp dport 587 accept",
	    "tcp dport 0587 accept",
	    "tcp dport 587 drop",
	    "tcp dport accept",
	    "tcp dport 587",
	    "udp dport 587 accept",
	    "iifname \"\" tcp dport 587 accept",
	    "iifname \"e*\" tcp dport 587 accept",
	    "iifname \"sixteen-and-more\" tcp dport 587 accept",
	    "iifname \"a\" b\" tcp dport 587 accept",
	    "iifname \"eth0\" meta nfproto ipv6 tcp dport 587 accept",
	    "tcp dport 587 accept; flush ruleset",
	    "tcp dport 99999999999999999999 accept",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
		AUTO_BUF struct buf text = {0};
		struct nf_accept accept = {.family = NF_FAMILY_INET,
		    .table = "t",
		    .chain = "c",
		    .before = 7};

		assert_int_equal(nf_accept_parse(good[i], &accept), 0);
		assert_true(nf_accept_is_valid(&accept));
		assert_int_equal(accept.before, 7);
		nf_accept_text(&text, &accept);
		assert_string_equal(buf_text(&text), good[i]);
	}
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		struct nf_accept accept = {0};

		if (nf_accept_parse(bad[i], &accept) != -EINVAL)
			fail_msg("%s", bad[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_policy_drop),
	    cmocka_unit_test(test_before_the_rule_that_decides),
	    cmocka_unit_test(test_before_lines_that_log),
	    cmocka_unit_test(test_in_the_chain_that_decides),
	    cmocka_unit_test(test_out_of_a_chain_that_refuses_all),
	    cmocka_unit_test(test_out_of_a_shared_chain),
	    cmocka_unit_test(test_each_base_chain_needs_its_own),
	    cmocka_unit_test(test_only_the_family_that_is_closed),
	    cmocka_unit_test(test_only_the_interface_that_is_closed),
	    cmocka_unit_test(test_iptables_tables),
	    cmocka_unit_test(test_open_is_said),
	    cmocka_unit_test(test_a_ban_is_no_closed_port),
	    cmocka_unit_test(test_open_for_some_on_purpose),
	    cmocka_unit_test(test_never_lets_in_who_is_banned),
	    cmocka_unit_test(test_not_before_the_input_hook),
	    cmocka_unit_test(test_not_when_the_answer_is_refused),
	    cmocka_unit_test(test_not_in_rules_of_other_programs),
	    cmocka_unit_test(test_not_above_mailcow),
	    cmocka_unit_test(test_ufw_and_firewalld_are_tried_in_their_chains),
	    cmocka_unit_test(test_accept_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
