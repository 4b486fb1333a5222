/*
 * test_throttle_plan.c - what must not be slowed down, and what must end
 *
 * Purpose  unit tests of actions/throttle_plan.c and pause_destination.c
 * Input    facts and a mail system made here
 * Errors   a failed assertion
 * Runs as  any user
 * Source   SPEC section 5
 */
#include <errno.h>
#include <string.h>

#include "actions/throttle_plan.h"
#include "agent/base/auto.h"
#include "agent/mta/postfix.h"
#include "tests/unit/unit.h"

#define MANY 600

struct bench {
	struct arena *arena;
	struct fact_set *facts;
	struct playbook playbook;
	struct finding finding;
	struct fix_param param;
	struct fix fix;
	struct mta_throttle throttle;
	struct mta_ops ops;
	struct mta mta;
	struct throttle rows[MANY];
	struct throttle_list list;
	struct action_input input;
	struct action_output output;
	struct why why;
	int routed;
};

static struct bench bench;

static const struct mta_relay
    same = {.name = "big.test",
        .nexthop = "",
        .setting = "sender_dependent_default_transport_maps"},
    other = {.name = "relay.test", .nexthop = ""};

static int
fake_routed(struct arena *arena, const struct mta *mta, const char *domain,
    const char **ret, struct why *why)
{
	(void)arena;
	(void)mta;
	(void)why;
	assert_string_equal(domain, "big.test");
	*ret = "smtp:[x] in hash:/x";
	return bench.routed;
}

static void
cell(const char *table, const char *key, const char *column, struct value value)
{
	const struct table *schema = schema_table_find(table, NULL);
	struct fact_table *facts = fact_table_get(bench.facts, schema);

	fact_table_set_known(facts);
	if (facts->count == 0)
		(void)fact_row_add(bench.facts, facts, key);
	facts->rows[0].cells[schema_column_find(schema, column)] = value;
}

static void
destination(const char *column, struct value value)
{
	cell("destination", "big.test", column, value);
}

static int
setup(void **state)
{
	static const struct expr_place place = {.file = "test", .line = 1};
	struct lint lint;

	(void)state;
	bench = (struct bench){.arena = arena_new()};
	lint = (struct lint){.arena = bench.arena};
	bench.facts = fact_set_new(bench.arena);
	bench.finding.playbook = &bench.playbook;
	bench.param.spec = &throttle_plan_params[0];
	bench.param.text =
	    template_parse(bench.arena, "big.test", NULL, place, &lint);
	lint_done(&lint);
	bench.fix = (struct fix){.params = &bench.param, .param_count = 1};
	bench.throttle = (struct mta_throttle){.transport = "smtp",
	    .table = "/etc/postfix/mailfix_transport",
	    .type = "hash",
	    .sessions = 20,
	    .fields = "- - y - -",
	    .program = "smtp",
	    .args = ""};
	bench.ops = postfix_ops;
	bench.ops.routed_by_hand = fake_routed;
	bench.mta =
	    (struct mta){.ops = &bench.ops, .throttle = &bench.throttle};
	for (size_t i = 0; i < MANY; i++)
		bench.rows[i] = (struct throttle){
		    .domain = arena_printf(bench.arena, "d%zu.test", i)};
	bench.list = (struct throttle_list){
	    .rows = bench.rows, .count = MANY, .interval_s = 60};
	bench.input = (struct action_input){.arena = bench.arena,
	    .finding = &bench.finding,
	    .facts = bench.facts,
	    .fix = &bench.fix,
	    .mta = &bench.mta,
	    .throttles = &bench.list};
	destination("cause", VALUE_TEXT_OF("rate"));
	destination("stage", VALUE_TEXT_OF("mail"));
	destination("transport", VALUE_TEXT_OF("smtp"));
	destination("cause_count", VALUE_NUMBER_OF(200));
	destination("attempts", VALUE_NUMBER_OF(210));
	destination("wait", VALUE_NUMBER_OF(14400));
	destination("queued", VALUE_NUMBER_OF(300));
	destination("step", VALUE_TEXT_OF(""));
	cell("queue", "", "messages", VALUE_NUMBER_OF(1000));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	bench.arena = arena_free(bench.arena);
	return 0;
}

static int
plan(const char *name)
{
	bench.output = (struct action_output){0};
	bench.why = (struct why){0};
	return action_find(name)->plan(&bench.input, &bench.output, &bench.why);
}

static int
ease(void)
{
	bench.output = (struct action_output){0};
	bench.why = (struct why){0};
	return throttle_plan_ease(&bench.input, &bench.output, &bench.why);
}

static void
refused(int r, const char *want)
{
	assert_int_equal(r, -EPERM);
	assert_int_equal(bench.output.count, 0);
	if (strstr(bench.why.text, want) == NULL)
		fail_msg("want: %s, got: %s", want, bench.why.text);
}

/* Nobody would end it. */
static void
test_pause_alone(void **state)
{
	(void)state;
	assert_int_equal(plan("pause-destination"), 0);
	bench.list.interval_s = 0;
	refused(plan("pause-destination"), "mailfix.timer");
}

/* More rows than can be remembered would stay for ever. */
static void
test_too_many(void **state)
{
	(void)state;
	destination("wait", VALUE_NUMBER_OF(0));
	for (size_t i = 0; i < 500; i++)
		bench.rows[i].step = "c2";
	refused(plan("lower-concurrency"), "500 destinations");
	bench.rows[0].step = NULL;
	if (plan("lower-concurrency") < 0)
		fail_msg("%s", bench.why.text);
	/* one that is slow already may move */
	bench.rows[0] = (struct throttle){
	    .domain = "big.test", .step = "c2", .row = "mailfix-c2:"};
	if (plan("pause-destination") < 0)
		fail_msg("%s", bench.why.text);
}

/* The admin has set a relay since, or a table of his own: the row goes. */
static void
test_ease_for_the_admin(void **state)
{
	(void)state;
	bench.rows[0] = (struct throttle){.domain = "big.test",
	    .step = "c2",
	    .row = "mailfix-c2:",
	    .rise_wait_s = 20};
	destination("step", VALUE_TEXT_OF("c2"));
	bench.throttle.refusal = "all mail goes through the relay x";
	bench.throttle.is_refusal_sure = true;
	assert_int_equal(ease(), 1);
	/* it could not be read: nothing is known */
	bench.throttle.is_refusal_sure = false;
	assert_true(ease() < 0);
	bench.throttle.refusal = NULL;
	bench.routed = 1;
	assert_int_equal(ease(), 1);
	bench.routed = -EIO;
	assert_int_not_equal(ease(), 1);
	bench.routed = 0;
	assert_int_not_equal(ease(), 1);
	/* a relay takes the place of rows, and another one of its own setting */
	bench.throttle.relay = &other;
	assert_int_equal(ease(), 1);
	bench.throttle.relay = &same;
	bench.routed = 1;
	assert_int_not_equal(ease(), 1);
}

/* Up only when a reload may be; down at once. */
static void
test_relay_reloads(void **state)
{
	(void)state;
	bench.throttle.relay = &same;
	bench.rows[0] = (struct throttle){.domain = "big.test",
	    .step = "d10",
	    .age_s = 40,
	    .row = "static:mailfix-d10:"};
	destination("step", VALUE_TEXT_OF("d10"));
	destination("step_age", VALUE_NUMBER_OF(40));
	destination("step_sent", VALUE_NUMBER_OF(4));
	destination("step_attempts", VALUE_NUMBER_OF(4));
	bench.list.reload_age_s = 5;
	assert_int_equal(ease(), -EAGAIN);
	assert_non_null(strstr(bench.why.text, "a moment ago"));
	bench.list.reload_age_s = 60;
	assert_int_equal(ease(), 0);
	assert_string_equal(bench.output.changes[bench.output.count - 1].before,
	    "static:mailfix-d10:");
	assert_string_equal(
	    bench.output.changes[bench.output.count - 1].detail, "reload both");
	bench.list.reload_age_s = 5;
	bench.rows[0] = (struct throttle){.domain = "big.test"};
	destination("step", VALUE_TEXT_OF(""));
	destination("wait", VALUE_NUMBER_OF(0));
	assert_int_equal(plan("lower-concurrency"), 0);
}

/* What is at hand would go on by the slower step, and nothing be seen. */
static void
test_ease_with_many_at_hand(void **state)
{
	(void)state;
	bench.rows[0] = (struct throttle){.domain = "big.test",
	    .step = "c2",
	    .row = "mailfix-c2:",
	    .age_s = 100,
	    .rise_wait_s = 20};
	destination("step", VALUE_TEXT_OF("c2"));
	destination("transport", VALUE_TEXT_OF("mailfix-c2"));
	destination("step_attempts", VALUE_NUMBER_OF(200));
	destination("step_sent", VALUE_NUMBER_OF(200));
	destination("last_refused", VALUE_NUMBER_OF(100));
	destination("active", VALUE_NUMBER_OF(900));
	bench.list.reload_age_s = 5;
	assert_int_equal(ease(), -EAGAIN);
	assert_non_null(strstr(bench.why.text, "reloaded a moment ago"));
	destination("active", VALUE_NUMBER_OF(9));
	assert_int_equal(ease(), 0);
	destination("active", VALUE_NUMBER_OF(900));
	bench.list.reload_age_s = 60;
	assert_int_equal(ease(), 0);
}

static const char *
maps_after(const char *now)
{
	const struct mta_param params[] = {
	    {"transport_maps", now, 1}
        };
	struct mta_provision made;

	bench.mta.params = params;
	bench.mta.param_count = 1;
	bench.ops.throttle_provision(
	    bench.arena, &bench.mta, step_find("r5"), NULL, &made);
	bench.mta.param_count = 0;
	return made.setting_count == 1 ? made.settings[0].after : NULL;
}

/* Another type is the default by now: the table is named once, as it is. */
static void
test_type_changed(void **state)
{
	static const char old[] =
	    "hash:/x, hash:$config_directory/mailfix_transport";

	(void)state;
	bench.throttle.type = "lmdb";
	assert_null(maps_after(old));
	bench.throttle.has_shards = true;
	assert_non_null(strstr(maps_after(old),
	    "hash:/x, pipemap:{hash:$config_directory/mailfix_transport, "));
	assert_null(strstr(maps_after(old), "lmdb"));
	assert_null(maps_after(maps_after(old)));
	assert_non_null(
	    strstr(maps_after("hash:/x"), "}}, lmdb:$config_directory/"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_pause_alone),
	    CASE(test_too_many),
	    CASE(test_ease_for_the_admin),
	    CASE(test_ease_with_many_at_hand),
	    CASE(test_relay_reloads),
	    CASE(test_type_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
