/*
 * test_survey.c - "is port 587 open?", as an admin means it
 *
 * Purpose  for each family and interface one verdict for anyone; others,
 *          accepts that are never reached; what is given is used
 * Input    rule sets and a network by hand
 * Errors   a failed assertion
 * Runs as  any user
 * Source   SPEC section 2, explain port
 */
#include <errno.h>

#include "agent/firewall/survey.h"
#include "tests/unit/ruleset_world.h"
#include "tests/unit/unit.h"

#define ACCEPT NF_VERDICT_ACCEPT
#define DROP   NF_VERDICT_DROP

static struct world world;

static int
setup(void **state)
{
	(void)state;
	world_init(&world);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(world.arena);
	return 0;
}

static struct nf_survey
survey(const struct nf_survey_query *query)
{
	struct nf_survey survey = {0};
	struct why why = {0};

	if (nf_survey(world.arena, &world.ruleset, &world.net, query, &survey,
	        &why) != 0)
		fail_msg("%s", why.text);
	return survey;
}

static struct nf_survey
survey_in(uint16_t port)
{
	struct nf_survey_query query = {.direction = NF_IN, .port = port};

	return survey(&query);
}

static const char *
address(const struct nf_address *address)
{
	static char text[INET6_ADDRSTRLEN];

	return net_address_format(address, text);
}

static void
test_no_rules(void **state)
{
	struct nf_survey all = survey_in(587);

	(void)state;
	assert_int_equal(all.count, 2);
	assert_int_equal(all.rows[0].family, AF_INET);
	assert_int_equal(all.rows[1].family, AF_INET6);
	assert_string_equal(all.rows[0].interface->name, "eth0");
	assert_true(all.rows[0].is_from_anyone);
	assert_false(all.rows[0].is_to_anyone);
	assert_string_equal(address(&all.rows[0].question.to), "192.0.2.10");
	assert_string_equal(address(&all.rows[1].question.to), "2001:db8::10");
	assert_int_equal(all.rows[0].answer.outcome, NF_ACCEPTED);
	assert_int_equal(all.rows[1].answer.outcome, NF_ACCEPTED);
	assert_null(all.rows[0].answer.chain);
	assert_null(all.no_ipv4);
	assert_null(all.no_ipv6);
}

static void
test_one_family(void **state)
{
	struct nf_survey all;

	(void)state;
	world_base(&world, "input", NF_HOOK_INPUT, ACCEPT);
	world_add(&world, "input",
	    (struct world_rule){
	        .family = AF_INET6, .port = 587, .verdict = DROP});
	all = survey_in(587);
	assert_int_equal(all.rows[0].answer.outcome, NF_ACCEPTED);
	assert_int_equal(all.rows[1].answer.outcome, NF_DROPPED);
	assert_int_equal(all.rows[1].answer.rule->handle, 1);
	assert_null(all.rows[1].shadowed_chain);
}

/* What is let in must get further than the handshake. */
static void
test_silence(void **state)
{
	struct nf_survey_query query = {.direction = NF_IN, .port = 587};
	struct nf_survey all;

	(void)state;
	world_base(&world, "input", NF_HOOK_INPUT, DROP);
	world_add(&world, "input",
	    (struct world_rule){.state = 8, .port = 587, .verdict = ACCEPT});
	all = survey(&query);
	assert_int_equal(all.rows[0].answer.outcome, NF_ACCEPTED);
	assert_string_equal(all.rows[0].answer.reason,
	    "the handshake gets through, and nothing that follows it: "
	    "inet filter input, policy: drop");
	world_add(&world, "input",
	    (struct world_rule){.state = 2, .verdict = ACCEPT});
	all = survey(&query);
	assert_null(all.rows[0].answer.reason);
}

/* No IPv6 but on the link: there is nobody outside. */
static void
test_no_ipv6(void **state)
{
	struct nf_survey all;

	(void)state;
	world.interfaces[1].has_default_v6 = false;
	world.addresses[4].is_global = false;
	all = survey_in(25);
	assert_int_equal(all.count, 1);
	assert_null(all.no_ipv4);
	assert_string_equal(all.no_ipv6,
	    "no way in over IPv6: no default route, or no address");
}

/* A host of a local network, without a default route: its neighbours count. */
static void
test_no_default(void **state)
{
	struct nf_survey all;

	(void)state;
	world.interfaces[1].has_default_v4 = false;
	world.interfaces[1].has_default_v6 = false;
	all = survey_in(25);
	assert_int_equal(all.count, 2);
	assert_string_equal(all.rows[0].interface->name, "eth0");
	assert_string_equal(all.rows[1].interface->name, "eth0");
	/* no answer would reach a stranger */
	assert_string_equal(address(&all.rows[0].question.from), "192.0.2.11");
	assert_string_equal(
	    address(&all.rows[1].question.from), "2001:db8::11");
	assert_true(all.rows[0].is_from_anyone);
}

/* The world is there over IPv6 alone: a private network is not the world. */
static void
test_other_family(void **state)
{
	struct nf_survey all;

	(void)state;
	world.interfaces[1].has_default_v4 = false;
	all = survey_in(25);
	assert_int_equal(all.count, 1);
	assert_int_equal(all.rows[0].family, AF_INET6);
	assert_string_equal(all.no_ipv4,
	    "no way in over IPv4: no default route, or no address");
}

static void
test_two_interfaces(void **state)
{
	struct nf_survey all;

	(void)state;
	world.interfaces[2].has_default_v4 = true;
	world_base(&world, "input", NF_HOOK_INPUT, ACCEPT);
	world_add(&world, "input",
	    (struct world_rule){.iif = "eth1", .port = 25, .verdict = DROP});
	all = survey_in(25);
	assert_int_equal(all.count, 3);
	assert_string_equal(all.rows[1].interface->name, "eth1");
	assert_string_equal(address(&all.rows[1].question.to), "10.0.0.1");
	assert_int_equal(all.rows[0].answer.outcome, NF_ACCEPTED);
	assert_int_equal(all.rows[1].answer.outcome, NF_DROPPED);
}

/* A policy refuses; one rule lets some in, and another one trusts a neighbour. */
static void
test_others(void **state)
{
	struct nf_survey all;

	(void)state;
	world_base(&world, "input", NF_HOOK_INPUT, DROP);
	world_add(&world, "input",
	    (struct world_rule){.from = "198.51.100.7", .verdict = ACCEPT});
	all = survey_in(587);
	assert_int_equal(all.rows[0].answer.outcome, NF_DROPPED);
	assert_null(all.rows[0].others);
	world_add(&world, "input",
	    (struct world_rule){
	        .from = "203.0.113.9", .port = 587, .verdict = ACCEPT});
	all = survey_in(587);
	assert_int_equal(all.rows[0].answer.outcome, NF_DROPPED);
	assert_null(all.rows[0].answer.rule);
	assert_non_null(all.rows[0].others);
	assert_non_null(strstr(all.rows[0].others, "203.0.113.9"));
	assert_int_equal(all.rows[0].others_outcome, NF_ACCEPTED);
	assert_null(all.rows[1].others);
	/* of another port it is nobody's */
	assert_null(survey_in(25).rows[0].others);
}

/* Where everything else is open, who may come in is nobody's special friend. */
static void
test_others_where_all_is_open(void **state)
{
	struct nf_survey all;

	(void)state;
	world_base(&world, "input", NF_HOOK_INPUT, ACCEPT);
	world_add(&world, "input",
	    (struct world_rule){
	        .from = "203.0.113.9", .port = 587, .verdict = ACCEPT});
	world_add(
	    &world, "input", (struct world_rule){.port = 587, .verdict = DROP});
	all = survey_in(587);
	assert_int_equal(all.rows[0].answer.outcome, NF_DROPPED);
	assert_non_null(all.rows[0].others);
	assert_int_equal(all.rows[0].others_outcome, NF_ACCEPTED);
}

/* One stranger may be in somebody's list by chance: the others are anyone. */
static void
test_strangers(void **state)
{
	struct nf_survey all = survey_in(25);
	char stranger[INET6_ADDRSTRLEN];

	(void)state;
	net_address_format(&all.rows[0].question.from, stranger);
	world_base(&world, "input", NF_HOOK_INPUT, ACCEPT);
	world_add(&world, "input",
	    (struct world_rule){.from = stranger, .verdict = DROP});
	all = survey_in(25);
	assert_int_equal(all.rows[0].answer.outcome, NF_ACCEPTED);
	assert_string_not_equal(address(&all.rows[0].question.from), stranger);
	assert_string_equal(all.rows[0].others, stranger);
	assert_int_equal(all.rows[0].others_outcome, NF_DROPPED);
	/* dropped or rejected: refused is refused */
	world_add(&world, "input", (struct world_rule){.is_reject = true});
	all = survey_in(25);
	assert_int_equal(all.rows[0].answer.outcome, NF_DROPPED);
	assert_string_equal(address(&all.rows[0].question.from), stranger);
	assert_null(all.rows[0].others);
}

/* Who is banned does not make a port closed; a brief look does not ask. */
static void
test_banned(void **state)
{
	struct nf_survey_query query = {
	    .direction = NF_IN, .port = 587, .is_brief = true};
	struct nf_survey all;

	(void)state;
	world_base(&world, "input", NF_HOOK_INPUT, ACCEPT);
	world_add(&world, "input",
	    (struct world_rule){.from = "203.0.113.9", .verdict = DROP});
	all = survey_in(587);
	assert_int_equal(all.rows[0].answer.outcome, NF_ACCEPTED);
	assert_non_null(all.rows[0].others);
	assert_int_equal(all.rows[0].others_outcome, NF_DROPPED);
	assert_null(survey(&query).rows[0].others);
}

static void
test_shadowed(void **state)
{
	struct nf_survey all;
	uint64_t accept;

	(void)state;
	world_base(&world, "input", NF_HOOK_INPUT, DROP);
	world_add(&world, "input",
	    (struct world_rule){.port = 25, .verdict = ACCEPT});
	world_add(&world, "input", (struct world_rule){.is_reject = true});
	world_add(&world, "input", (struct world_rule){.verdict = DROP});
	accept = world_add(&world, "input",
	    (struct world_rule){.port = 587, .verdict = ACCEPT});
	all = survey_in(587);
	assert_int_equal(all.rows[0].answer.outcome, NF_REJECTED);
	assert_non_null(all.rows[0].shadowed_rule);
	assert_int_equal(all.rows[0].shadowed_rule->handle, accept);
	assert_string_equal(all.rows[0].shadowed_chain->name, "input");
	/* another port has no such rule */
	all = survey_in(465);
	assert_int_equal(all.rows[0].answer.outcome, NF_REJECTED);
	assert_null(all.rows[0].shadowed_rule);
}

/* A chain of its own behind the drop; and one that accepts whatever comes. */
static void
test_shadowed_jump(void **state)
{
	struct nf_survey all;

	(void)state;
	world_base(&world, "input", NF_HOOK_INPUT, ACCEPT);
	world_chain(&world, "mail");
	world_add(&world, "input", (struct world_rule){.verdict = DROP});
	all = survey_in(587);
	assert_null(all.rows[0].shadowed_chain);
	world_add(&world, "input",
	    (struct world_rule){.verdict = NF_VERDICT_JUMP, .jump = "mail"});
	world_add(&world, "mail",
	    (struct world_rule){.port = 587, .verdict = ACCEPT});
	world_add(&world, "input", (struct world_rule){.verdict = ACCEPT});
	all = survey_in(587);
	assert_non_null(all.rows[0].shadowed_chain);
	assert_string_equal(all.rows[0].shadowed_chain->name, "mail");
	assert_null(survey_in(465).rows[0].shadowed_chain);
}

static void
test_given(void **state)
{
	struct nf_survey_query query = {
	    .direction = NF_IN, .port = 25, .interface = "eth1"};
	struct nf_survey all = survey(&query);
	struct why why = {0};

	(void)state;
	assert_int_equal(all.count, 1);
	assert_string_equal(all.rows[0].interface->name, "eth1");
	assert_true(all.rows[0].is_from_anyone);
	assert_string_equal(all.no_ipv6, "eth1 has no IPv6 address");
	query.interface = "eth9";
	assert_int_equal(nf_survey(world.arena, &world.ruleset, &world.net,
	                     &query, &all, &why),
	    -ENODEV);
	assert_string_equal(why.text, "there is no interface \"eth9\"");
	/* a neighbour comes from where the route to him goes */
	query.interface = NULL;
	(void)net_address_parse("10.0.0.7", &query.from);
	all = survey(&query);
	assert_int_equal(all.count, 1);
	assert_string_equal(all.rows[0].interface->name, "eth1");
	assert_string_equal(address(&all.rows[0].question.from), "10.0.0.7");
	assert_string_equal(address(&all.rows[0].question.to), "10.0.0.1");
	assert_false(all.rows[0].is_from_anyone);
	/* a stranger from outside; only his family */
	(void)net_address_parse("2001:db8:77::1", &query.from);
	all = survey(&query);
	assert_int_equal(all.count, 1);
	assert_int_equal(all.rows[0].family, AF_INET6);
	assert_string_equal(all.rows[0].interface->name, "eth0");
	/* this host talks to itself */
	query.from = (struct nf_address){0};
	(void)net_address_parse("127.0.0.1", &query.to);
	all = survey(&query);
	assert_int_equal(all.count, 1);
	assert_string_equal(all.rows[0].interface->name, "lo");
	assert_string_equal(address(&all.rows[0].question.from), "127.0.0.1");
}

static void
test_out(void **state)
{
	struct nf_survey_query query = {.direction = NF_OUT, .port = 25};
	struct nf_survey all;

	(void)state;
	world_base(&world, "output", NF_HOOK_OUTPUT, ACCEPT);
	world_add(&world, "output",
	    (struct world_rule){
	        .family = AF_INET, .port = 25, .is_reject = true});
	all = survey(&query);
	assert_int_equal(all.count, 2);
	assert_true(all.rows[0].is_to_anyone);
	assert_false(all.rows[0].is_from_anyone);
	assert_string_equal(address(&all.rows[0].question.from), "192.0.2.10");
	assert_int_equal(all.rows[0].answer.outcome, NF_REJECTED);
	assert_int_equal(all.rows[1].answer.outcome, NF_ACCEPTED);
	/* to a neighbour, from our address there */
	(void)net_address_parse("10.0.0.7", &query.to);
	all = survey(&query);
	assert_int_equal(all.count, 1);
	assert_string_equal(all.rows[0].interface->name, "eth1");
	assert_string_equal(address(&all.rows[0].question.from), "10.0.0.1");
	/* no way there */
	query.to = (struct nf_address){0};
	world.interfaces[1].has_default_v6 = false;
	all = survey(&query);
	assert_int_equal(all.count, 1);
	assert_string_equal(
	    all.no_ipv6, "no way there over IPv6: no route, or no address");
}

static void
test_served(void **state)
{
	struct nf_survey all = survey_in(587);

	(void)state;
	/* nothing is known, nothing listens: all count */
	assert_true(nf_row_is_served(&world.net, &all.rows[0]));
	world.net.has_listeners = true;
	assert_true(nf_row_is_served(&world.net, &all.rows[0]));
	world_listen(&world, "127.0.0.1", 587);
	assert_true(nf_row_is_served(&world.net, &all.rows[0]));
	world_listen(&world, "0.0.0.0", 587);
	assert_true(nf_row_is_served(&world.net, &all.rows[0]));
	assert_false(nf_row_is_served(&world.net, &all.rows[1]));
	world_listen(&world, "::", 25);
	all = survey_in(25);
	assert_true(nf_row_is_served(&world.net, &all.rows[0]));
	assert_true(nf_row_is_served(&world.net, &all.rows[1]));
	/* of two addresses, the one that something listens on */
	world_own(&world, 2, "192.0.2.11");
	world_listen(&world, "192.0.2.11", 465);
	all = survey_in(465);
	assert_string_equal(address(&all.rows[0].question.to), "192.0.2.11");
	assert_true(nf_row_is_served(&world.net, &all.rows[0]));
	assert_false(nf_row_is_served(&world.net, &all.rows[1]));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_no_rules),
	    TEST(test_one_family),
	    TEST(test_no_ipv6),
	    TEST(test_no_default),
	    TEST(test_silence),
	    TEST(test_other_family),
	    TEST(test_two_interfaces),
	    TEST(test_others),
	    TEST(test_others_where_all_is_open),
	    TEST(test_strangers),
	    TEST(test_banned),
	    TEST(test_shadowed),
	    TEST(test_shadowed_jump),
	    TEST(test_given),
	    TEST(test_out),
	    TEST(test_served),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
