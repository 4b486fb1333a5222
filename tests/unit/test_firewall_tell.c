/*
 * test_firewall_tell.c - several families and interfaces in a few words
 *
 * Purpose  what counts is told, what nobody serves is not, and what is not
 *          known stays so
 * Input    rule sets and a network by hand
 * Errors   a failed assertion
 * Runs as  any user
 * Source   agent/probes/firewall_tell.h
 */
#include "agent/probes/firewall_tell.h"
#include "agent/probes/firewall_verdict.h"
#include "tests/unit/ruleset_world.h"
#include "tests/unit/unit.h"

#define ACCEPT NF_VERDICT_ACCEPT
#define DROP   NF_VERDICT_DROP

static struct world world;
static struct fact_set *facts;

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

static void
look(uint16_t number)
{
	struct firewall_port port = {.number = number};
	struct nf_survey_query query = {
	    .direction = NF_IN, .port = number, .is_brief = true};
	AUTO(fact_out_freep) struct fact_out *out = NULL;
	struct why why = {0};

	facts = fact_set_new(world.arena);
	out = fact_out_to_set(facts);
	assert_int_equal(nf_survey(world.arena, &world.ruleset, &world.net,
	                     &query, &port.in, &why),
	    0);
	query.direction = NF_OUT;
	assert_int_equal(nf_survey(world.arena, &world.ruleset, &world.net,
	                     &query, &port.out, &why),
	    0);
	fact_out_row(out, "firewall", "587");
	firewall_tell(&world.ruleset, &world.net, &port, out);
	fact_out_table_end(out, "firewall");
}

static struct value
cell(const char *column)
{
	const struct table *schema = schema_table_find("firewall", NULL);
	int index = schema_column_find(schema, column);

	assert_true(index >= 0);
	return fact_cell(facts, schema, "587", (size_t)index);
}

static void
want(const char *column, const char *text)
{
	struct value value = cell(column);

	if (value.kind != VALUE_TEXT || strcmp(value.text, text) != 0)
		fail_msg("%s is \"%s\"", column,
		    value.text != NULL ? value.text : "");
}

static void
want_part(const char *column, const char *part)
{
	struct value value = cell(column);

	if (value.kind != VALUE_TEXT || strstr(value.text, part) == NULL)
		fail_msg("%s is \"%s\"", column,
		    value.text != NULL ? value.text : "");
}

static void
test_open(void **state)
{
	(void)state;
	look(587);
	want("manager", "none");
	want("inbound_v4", "accept");
	want("inbound_v6", "accept");
	want("inbound_rule", "");
	want("closed_for", "");
	want("open_for_some", "");
	want("shadowed", "");
	want("shadowed_by", "");
	want("outbound_v4", "accept");
	want("outbound_rule", "");
	want("blocked_for", "");
}

static void
test_closed(void **state)
{
	(void)state;
	world_base(&world, "input", NF_HOOK_INPUT, DROP);
	world_add(&world, "input",
	    (struct world_rule){.port = 25, .verdict = ACCEPT});
	look(587);
	want("inbound_v4", "drop");
	want("inbound_v6", "drop");
	want("closed_for", "IPv4 and IPv6");
	want_part("inbound_rule", "inet filter input, policy");
	/* with a service on IPv4 alone, IPv6 is not missed */
	world_listen(&world, "0.0.0.0", 587);
	look(587);
	want("inbound_v6", "drop");
	want("closed_for", "IPv4");
	look(25);
	want("closed_for", "");
}

static void
test_one_interface(void **state)
{
	(void)state;
	world.interfaces[2].has_default_v4 = true;
	world_base(&world, "input", NF_HOOK_INPUT, ACCEPT);
	world_add(&world, "input",
	    (struct world_rule){.iif = "eth1", .port = 587, .verdict = DROP});
	look(587);
	want("inbound_v4", "drop");
	want("inbound_v6", "accept");
	want("closed_for", "IPv4 on eth1");
	want_part("inbound_rule", "inet filter input, handle 1");
}

static void
test_no_ipv6(void **state)
{
	(void)state;
	world.interfaces[1].has_default_v6 = false;
	world.addresses[4].is_global = false;
	world_base(&world, "input", NF_HOOK_INPUT, DROP);
	look(587);
	want("inbound_v6", "none");
	want("closed_for", "IPv4");
	want("outbound_v6", "none");
}

static void
test_some(void **state)
{
	(void)state;
	world_base(&world, "input", NF_HOOK_INPUT, DROP);
	world_add(&world, "input",
	    (struct world_rule){
	        .from = "203.0.113.9", .port = 587, .verdict = ACCEPT});
	look(587);
	want("closed_for", "IPv4 and IPv6");
	want_part("open_for_some", "203.0.113.9");
	want_part("open_for_some", ": accept");
}

static void
test_shadowed(void **state)
{
	(void)state;
	world_base(&world, "input", NF_HOOK_INPUT, DROP);
	world_add(&world, "input", (struct world_rule){.is_reject = true});
	world_add(&world, "input",
	    (struct world_rule){.port = 587, .verdict = ACCEPT});
	look(587);
	want("inbound_v4", "reject");
	want_part("shadowed", "inet filter input, handle 2");
	want_part("shadowed_by", "inet filter input, handle 1");
}

static void
test_out(void **state)
{
	(void)state;
	world_base(&world, "output", NF_HOOK_OUTPUT, ACCEPT);
	world_add(&world, "output",
	    (struct world_rule){
	        .family = AF_INET, .port = 587, .verdict = DROP});
	look(587);
	want("closed_for", "");
	want("outbound_v4", "drop");
	want("outbound_v6", "accept");
	want("blocked_for", "IPv4");
	want_part("outbound_rule", "inet filter output, handle 1");
}

/* The SYN gets in, the answer does not get out: closed all the same. */
static void
test_answer(void **state)
{
	(void)state;
	world_base(&world, "output", NF_HOOK_OUTPUT, DROP);
	look(587);
	want("inbound_v4", "drop");
	want("closed_for", "IPv4 and IPv6");
	want_part("inbound_rule", "inet filter output, policy");
	want_part("inbound_rule", "(it stops the answer)");
}

/* A rule that is not understood: no answer, and none made up. */
static void
test_unknown(void **state)
{
	struct nf_chain *chain;
	struct nf_expr *expr;

	(void)state;
	chain = world_base(&world, "input", NF_HOOK_INPUT, ACCEPT);
	world_add(&world, "input",
	    (struct world_rule){
	        .family = AF_INET6, .port = 587, .verdict = DROP});
	expr = arena_alloc(world.arena, 8, sizeof(*expr));
	(void)memcpy(expr, chain->rules[0].exprs,
	    chain->rules[0].expr_count * sizeof(*expr));
	/* after the family: what IPv4 does not reach */
	expr[2] = (struct nf_expr){.op = NF_OP_UNKNOWN,
	    .sreg = NF_SLOT_NONE,
	    .dreg = NF_SLOT_NONE,
	    .sreg2 = NF_SLOT_NONE};
	expr[2].unknown.name = "newfangled";
	chain->rules[0].exprs = expr;
	look(587);
	want("inbound_v4", "accept");
	assert_int_equal(cell("inbound_v6").kind, VALUE_UNKNOWN);
	assert_non_null(strstr(cell("inbound_v6").text, "newfangled"));
	assert_int_equal(cell("closed_for").kind, VALUE_UNKNOWN);
	assert_int_equal(cell("inbound_rule").kind, VALUE_UNKNOWN);
	/* what is closed for sure is told */
	world_add(&world, "input",
	    (struct world_rule){
	        .family = AF_INET, .port = 587, .verdict = DROP});
	look(587);
	want("closed_for", "IPv4");
	want_part("inbound_rule", "handle 2");
	/* and what nobody serves is no question */
	world_listen(&world, "0.0.0.0", 587);
	chain->rule_count = 1;
	look(587);
	want("closed_for", "");
}

static void
test_verdict(void **state)
{
	struct nf_survey_query query = {.direction = NF_IN, .port = 587};
	struct firewall_answer answer;
	struct nf_survey survey;
	struct why why = {0};

	(void)state;
	world_base(&world, "input", NF_HOOK_INPUT, DROP);
	world_chain(&world, "mail");
	world_add(&world, "input",
	    (struct world_rule){.verdict = NF_VERDICT_JUMP, .jump = "mail"});
	world_add(&world, "mail",
	    (struct world_rule){
	        .family = AF_INET, .port = 587, .verdict = ACCEPT});
	world.ruleset.legacy_ipv6 = NULL;
	assert_int_equal(nf_survey(world.arena, &world.ruleset, &world.net,
	                     &query, &survey, &why),
	    0);
	firewall_answer_make(
	    world.arena, &world.ruleset, &world.net, &survey, &answer);
	assert_int_equal(answer.count, 2);
	assert_null(answer.note);
	assert_null(answer.verdicts[0].from);
	assert_string_equal(answer.verdicts[0].to, "192.0.2.10");
	assert_true(answer.verdicts[0].has_rule);
	assert_int_equal(answer.verdicts[0].rule_handle, 2);
	assert_string_equal(
	    answer.verdicts[0].path[0], "inet:filter:input#1=jump mail");
	assert_string_equal(
	    answer.verdicts[0].path[1], "inet:filter:mail#2=accept");
	assert_null(answer.verdicts[0].path[2]);
	assert_string_equal(answer.verdicts[0].tree[0], "inet filter input");
	assert_int_equal(strncmp(answer.verdicts[0].tree[2], "    2: ", 7), 0);
	assert_true(answer.verdicts[1].has_chain);
	assert_false(answer.verdicts[1].has_rule);
	assert_string_equal(answer.verdicts[1].rule_text, "policy drop");
	assert_string_equal(
	    answer.verdicts[1].path[1], "inet:filter:input#policy=drop");
}

/* What manages rules has chains for everything, and most of them are empty. */
static void
test_idle_jumps(void **state)
{
	struct nf_survey_query query = {.direction = NF_IN, .port = 587};
	struct firewall_answer answer;
	struct nf_survey survey;
	struct why why = {0};

	(void)state;
	world_base(&world, "input", NF_HOOK_INPUT, DROP);
	world_chain(&world, "a");
	for (int i = 0; i < 4; i++)
		world_add(&world, "input",
		    (struct world_rule){
		        .verdict = NF_VERDICT_JUMP, .jump = "a"});
	assert_int_equal(nf_survey(world.arena, &world.ruleset, &world.net,
	                     &query, &survey, &why),
	    0);
	firewall_answer_make(
	    world.arena, &world.ruleset, &world.net, &survey, &answer);
	assert_string_equal(answer.verdicts[0].tree[0], "inet filter input");
	assert_string_equal(
	    answer.verdicts[0].tree[1], "  ... 4 jumps, and back");
	assert_string_equal(answer.verdicts[0].tree[2], "  policy drop");
	assert_null(answer.verdicts[0].tree[3]);
	assert_string_equal(
	    answer.verdicts[0].path[3], "inet:filter:input#4=jump a");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_open),
	    TEST(test_closed),
	    TEST(test_one_interface),
	    TEST(test_no_ipv6),
	    TEST(test_some),
	    TEST(test_shadowed),
	    TEST(test_out),
	    TEST(test_answer),
	    TEST(test_unknown),
	    TEST(test_verdict),
	    TEST(test_idle_jumps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
