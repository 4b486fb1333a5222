/*
 * test_finding.c - judge, mask, persistence, evidence, what is not known
 *
 * Purpose  what finding.h and the rules in mask.c promise, on small playbooks
 *          made here
 * Input    fixed
 * Errors   a failed assertion
 * Runs as  any user
 * Source   finding.h, mask.c
 */
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/finding/finding.h"
#include "tests/unit/unit.h"

#define T0 INT64_C(1767607200)

static struct arena *arena;
static struct lint lint;
static struct playbook playbooks[8];
static struct playbook_set set;
static struct fact_set *facts;
static struct judgement judgement;
static unsigned held_runs;
static int64_t held_since_s;

static int
begin(void **state)
{
	(void)state;
	arena = arena_new();
	lint = (struct lint){.arena = arena};
	(void)memset(playbooks, 0, sizeof(playbooks));
	set = (struct playbook_set){.playbooks = playbooks};
	facts = fact_set_new(arena);
	facts->taken_s = T0;
	held_runs = 0;
	held_since_s = 0;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	lint_done(&lint);
	arena = arena_free(arena);
	return 0;
}

/* add - a playbook; names must come in order, as playbook_load sorts them */
static struct playbook *
add(const char *name, const char *for_each, const char *when, const char *title)
{
	struct expr_place place = {.file = name, .line = 1};
	struct playbook *playbook = &playbooks[set.count++];
	const struct table *table =
	    for_each != NULL ? schema_table_find(for_each, NULL) : NULL;

	*playbook = (struct playbook){
	    .name = name,
	    .severity = SEVERITY_WARNING,
	    .for_each = table,
	    .for_runs = 1,
	    .is_chosen = true,
	    .when =
	        expr_parse(arena, when, table, EXPR_TYPE_BOOL, place, &lint),
	    .title = template_parse(arena, title, table, place, &lint),
	};
	assert_int_equal(lint.count, 0);
	return playbook;
}

static void
masked_by(struct playbook *playbook, const struct playbook *a,
    const struct playbook *b)
{
	playbook->masked_by =
	    arena_alloc(arena, 2, sizeof(*playbook->masked_by));
	playbook->masked_by[0] = a;
	playbook->masked_by[1] = b;
	playbook->masked_count = b != NULL ? 2 : 1;
}

static void
fact(const char *table_name, const char *key, const char *column,
    struct value value)
{
	const struct table *table = schema_table_find(table_name, NULL);
	struct fact_table *into = fact_table_get(facts, table);
	const struct fact_row *found;
	struct fact_row *row;
	int index = schema_column_find(table, column);

	assert_true(index >= 0);
	fact_table_set_known(into);
	found = fact_row_find(into, key);
	row = found != NULL ? &into->rows[found - into->rows]
	                    : fact_row_add(facts, into, key);
	row->cells[index] = value;
}

static unsigned
held(void *user, const char *playbook, const char *item, int64_t *ret_since_s)
{
	(void)user;
	(void)playbook;
	(void)item;
	*ret_since_s = held_since_s;
	return held_runs;
}

static void
judge(void)
{
	const struct finding_memory memory = {.held = held};

	finding_judge(arena, &set, facts, &memory, &judgement);
}

static const struct finding *
find(const char *playbook, const char *item)
{
	for (size_t i = 0; i < judgement.count; i++) {
		const struct finding *finding = &judgement.findings[i];

		if (strcmp(finding->playbook->name, playbook) == 0 &&
		    (item == NULL || strcmp(finding->item, item) == 0))
			return finding;
	}
	fail_msg("no finding %s %s", playbook, item != NULL ? item : "");
	return NULL;
}

static void
check(const char *playbook, const char *item, enum finding_state state,
    const char *cause)
{
	const struct finding *finding = find(playbook, item);

	assert_string_equal(finding_state_to_text(finding->state),
	    finding_state_to_text(state));
	if (cause == NULL)
		assert_null(finding->masked_by);
	else
		assert_string_equal(finding->masked_by->playbook->name, cause);
}

/* Three playbooks that all hold, of different tables. */
static void
three(void)
{
	(void)add("a-disk", "disk", "used > 90%", "{mount} is full");
	(void)add("b-config", NULL, "not mta.config_valid", "broken");
	(void)add("c-down", "unit", "not running", "{name} is down");
	fact("disk", "/", "used", VALUE_NUMBER_OF(0.99));
	fact("mta", "", "config_valid", VALUE_BOOL_OF(false));
	fact("unit", "x", "running", VALUE_BOOL_OF(false));
}

static void
test_chain(void **state)
{
	(void)state;
	three();
	masked_by(&playbooks[1], &playbooks[0], NULL);
	masked_by(&playbooks[2], &playbooks[1], NULL);
	judge();
	assert_int_equal(judgement.count, 3);
	check("a-disk", "/", FINDING_FOUND, NULL);
	check("b-config", NULL, FINDING_MASKED, "a-disk");
	check("c-down", "x", FINDING_MASKED, "a-disk"); /* the root */
	assert_string_equal(judgement.findings[0].playbook->name, "a-disk");
}

static void
test_chain_without_its_link(void **state)
{
	(void)state;
	three();
	masked_by(&playbooks[1], &playbooks[0], NULL);
	masked_by(&playbooks[2], &playbooks[1], NULL);
	fact("mta", "", "config_valid", VALUE_BOOL_OF(true));
	judge();
	check("c-down", "x", FINDING_FOUND, NULL);
}

static void
test_first_cause_wins(void **state)
{
	(void)state;
	three();
	masked_by(&playbooks[2], &playbooks[1], &playbooks[0]);
	judge();
	check("c-down", "x", FINDING_MASKED, "b-config");
}

static void
test_ring(void **state)
{
	(void)state;
	three();
	masked_by(&playbooks[0], &playbooks[2], NULL);
	masked_by(&playbooks[1], &playbooks[0], NULL);
	masked_by(&playbooks[2], &playbooks[1], NULL);
	judge();
	assert_int_equal(judgement.count, 3);
	check("a-disk", "/", FINDING_FOUND, NULL);
	check("b-config", NULL, FINDING_MASKED, "a-disk");
	check("c-down", "x", FINDING_MASKED, "a-disk");
}

static void
test_mask_of_itself(void **state)
{
	(void)state;
	three();
	masked_by(&playbooks[0], &playbooks[0], NULL);
	judge();
	check("a-disk", "/", FINDING_FOUND, NULL);
}

static void
test_item_by_item(void **state)
{
	(void)state;
	(void)add("a-flaps", "unit", "restarts > 5", "{name} flaps");
	(void)add("b-down", "unit", "not running", "{name} is down");
	masked_by(&playbooks[1], &playbooks[0], NULL);
	fact("unit", "x", "restarts", VALUE_NUMBER_OF(9));
	fact("unit", "x", "running", VALUE_BOOL_OF(false));
	fact("unit", "y", "restarts", VALUE_NUMBER_OF(0));
	fact("unit", "y", "running", VALUE_BOOL_OF(false));
	fact("unit", "z", "restarts", VALUE_UNKNOWN_OF("too old"));
	fact("unit", "z", "running", VALUE_BOOL_OF(false));
	judge();
	check("b-down", "x", FINDING_MASKED, "a-flaps");
	check("b-down", "y", FINDING_FOUND, NULL);
	assert_null(find("b-down", "y")->doubt);
	check("b-down", "z", FINDING_FOUND, NULL);
	assert_string_equal(find("b-down", "z")->doubt,
	    "not known: unit[z].restarts (too old), so a-flaps cannot be "
	    "ruled out");
}

static void
test_doubt_of_an_unknown_cause(void **state)
{
	(void)state;
	three();
	masked_by(&playbooks[2], &playbooks[0], &playbooks[1]);
	fact("disk", "/", "used", VALUE_NUMBER_OF(0.1));
	fact("mta", "", "config_valid", VALUE_UNKNOWN_OF("no root"));
	judge();
	check("c-down", "x", FINDING_FOUND, NULL);
	assert_string_equal(find("c-down", "x")->doubt,
	    "not known: mta.config_valid (no root), so b-config cannot be "
	    "ruled out");
	assert_int_equal(judgement.unknown_count, 1);
	assert_string_equal(judgement.unknown[0].fact, "mta.config_valid");
	assert_string_equal(judgement.unknown[0].reason, "no root");
}

static void
test_doubt_gives_way_to_a_mask(void **state)
{
	(void)state;
	three();
	masked_by(&playbooks[2], &playbooks[1], &playbooks[0]);
	fact("mta", "", "config_valid", VALUE_UNKNOWN_OF("no root"));
	judge();
	check("c-down", "x", FINDING_MASKED, "a-disk");
	assert_null(find("c-down", "x")->doubt);
}

static void
test_doubt_of_an_unconfirmed_cause(void **state)
{
	(void)state;
	three();
	masked_by(&playbooks[2], &playbooks[1], NULL);
	playbooks[1].for_runs = 2;
	judge();
	check("b-config", NULL, FINDING_SUPPRESSED, NULL);
	assert_string_equal(
	    find("b-config", NULL)->note, "seen in 1 of 2 runs in a row");
	check("c-down", "x", FINDING_FOUND, NULL);
	assert_string_equal(find("c-down", "x")->doubt,
	    "b-config may be the cause and is not yet confirmed (seen in 1 of "
	    "2 runs in a row)");
	held_runs = 1;
	held_since_s = T0 - 120;
	judge();
	check("c-down", "x", FINDING_MASKED, "b-config");
}

static void
test_not_chosen(void **state)
{
	(void)state;
	three();
	masked_by(&playbooks[2], &playbooks[0], NULL);
	playbooks[0].is_chosen = false;
	playbooks[1].is_chosen = false;
	judge();
	/* the cause is shown, what nobody asked about is not */
	assert_int_equal(judgement.count, 2);
	playbooks[2].is_chosen = false;
	judge();
	assert_int_equal(judgement.count, 0);
	playbooks[2].is_chosen = true;
	judge();
	check("c-down", "x", FINDING_MASKED, "a-disk");
	fact("disk", "/", "used", VALUE_UNKNOWN_OF("hangs"));
	judge();
	assert_int_equal(judgement.count, 1);
	assert_non_null(find("c-down", "x")->doubt);
	assert_int_equal(judgement.unknown_count, 0);
}

/* Hundreds of missing facts say the same as many do. */
static void
test_unknown_has_an_end(void **state)
{
	(void)state;
	(void)add("p", "queue_destination", "bytes > 1GiB", "t");
	for (int i = 0; i < 300; i++)
		fact("queue_destination", arena_printf(arena, "d%d.test", i),
		    "messages", VALUE_NUMBER_OF(1));
	judge();
	assert_int_equal(judgement.count, 0);
	assert_int_equal(judgement.unknown_count, 256);
}

static void
test_for_runs(void **state)
{
	(void)state;
	add("p", NULL, "host.cpus > 2", "t")->for_runs = 3;
	fact("host", "", "cpus", VALUE_NUMBER_OF(4));
	for (held_runs = 0; held_runs < 4; held_runs++) {
		held_since_s = T0 - 60;
		judge();
		check("p", NULL,
		    held_runs < 2 ? FINDING_SUPPRESSED : FINDING_FOUND, NULL);
		assert_int_equal(find("p", NULL)->held_runs, held_runs + 1);
		assert_int_equal(
		    find("p", NULL)->since_s, held_runs == 0 ? T0 : T0 - 60);
	}
}

static void
test_for_duration(void **state)
{
	(void)state;
	add("p", NULL, "host.cpus > 2", "t")->for_s = 300;
	fact("host", "", "cpus", VALUE_NUMBER_OF(4));
	judge();
	check("p", NULL, FINDING_SUPPRESSED, NULL);
	held_runs = 7;
	held_since_s = T0 - 299;
	judge();
	check("p", NULL, FINDING_SUPPRESSED, NULL);
	assert_non_null(strstr(find("p", NULL)->note, "of 5 min"));
	held_since_s = T0 - 300;
	judge();
	check("p", NULL, FINDING_FOUND, NULL);
	held_since_s = T0 + 9999; /* the clock was set back */
	judge();
	check("p", NULL, FINDING_SUPPRESSED, NULL);
	assert_non_null(strstr(find("p", NULL)->note, "seen for 0 s of"));
}

/* Without a `for` nothing is waited for, whatever the clocks say. */
static void
test_without_for(void **state)
{
	(void)state;
	(void)add("p", NULL, "host.cpus > 2", "t");
	fact("host", "", "cpus", VALUE_NUMBER_OF(4));
	held_runs = 1;
	held_since_s = T0 + 1;
	judge();
	check("p", NULL, FINDING_FOUND, NULL);
}

static void
test_without_memory(void **state)
{
	const struct finding_memory none = {0};

	(void)state;
	add("p", NULL, "host.cpus > 2", "t")->for_runs = 2;
	(void)add("q", NULL, "host.cpus > 2", "t");
	fact("host", "", "cpus", VALUE_NUMBER_OF(4));
	finding_judge(arena, &set, facts, NULL, &judgement);
	check("p", NULL, FINDING_SUPPRESSED, NULL);
	check("q", NULL, FINDING_FOUND, NULL);
	finding_judge(arena, &set, facts, &none, &judgement);
	check("p", NULL, FINDING_SUPPRESSED, NULL);
}

static void
test_kleene(void **state)
{
	(void)state;
	(void)add("p", NULL, "host.cpus > 8 and host.load1 > 4", "t");
	fact("host", "", "cpus", VALUE_NUMBER_OF(4));
	fact("host", "", "load1", VALUE_UNKNOWN_OF("gone"));
	judge(); /* false and unknown is false */
	assert_int_equal(judgement.count, 0);
	assert_int_equal(judgement.unknown_count, 0);
	fact("host", "", "cpus", VALUE_NUMBER_OF(16));
	judge();
	assert_int_equal(judgement.count, 0);
	assert_int_equal(judgement.unknown_count, 1);
	assert_string_equal(judgement.unknown[0].fact, "host.load1");
}

static void
test_evidence(void **state)
{
	const struct finding *finding;

	(void)state;
	(void)add("p", "disk", "used > 90% and host.cpus > 1 and used > 95%",
	    "{mount} on {device} has {free} left");
	fact("disk", "/", "used", VALUE_NUMBER_OF(0.99));
	fact("disk", "/", "device", VALUE_TEXT_OF("/dev/vda1"));
	fact("disk", "/", "free", VALUE_UNKNOWN_OF("gone"));
	fact("host", "", "cpus", VALUE_NUMBER_OF(4));
	judge();
	finding = find("p", "/");
	assert_string_equal(finding->title, "/ on /dev/vda1 has ? left");
	assert_int_equal(finding->evidence_count, 3);
	assert_string_equal(finding->evidence[0].name, "used");
	assert_true(finding->evidence[0].value.number > 0.98);
	assert_string_equal(finding->evidence[1].name, "host.cpus");
	assert_string_equal(finding->evidence[2].name, "device");
	assert_string_equal(finding->evidence[2].column->name, "device");
}

static void
test_unknown_names(void **state)
{
	(void)state;
	(void)add("a", "disk", "used > 90%", "t");
	(void)add("b", "unit", "not running", "t");
	(void)add("c", "unit", "restarts > 5", "t");
	(void)add("d", NULL, "host.cpus > 2", "t");
	fact("disk", "/var", "used", VALUE_UNKNOWN_OF("hangs"));
	fact("disk", "/var", "role", VALUE_TEXT_OF("queue"));
	(void)fact_row_add(facts,
	    fact_table_get(facts, schema_table_find("disk", NULL)), "/blank");
	fact_table_set_unknown(facts,
	    fact_table_get(facts, schema_table_find("unit", NULL)), "no bus");
	judge();
	assert_int_equal(judgement.count, 0);
	assert_int_equal(judgement.unknown_count, 4);
	assert_string_equal(judgement.unknown[0].fact, "disk[/var].used");
	assert_string_equal(judgement.unknown[1].fact, "disk[/blank]");
	assert_string_equal(judgement.unknown[2].fact, "unit"); /* once */
	assert_string_equal(judgement.unknown[2].reason, "no bus");
	assert_string_equal(judgement.unknown[3].fact, "host");
}

static void
test_order(void **state)
{
	(void)state;
	three();
	masked_by(&playbooks[2], &playbooks[0], NULL);
	add("d-late", NULL, "not mta.config_valid", "t")->severity =
	    SEVERITY_CRITICAL;
	add("e-soon", NULL, "not mta.config_valid", "t")->for_runs = 2;
	judge();
	assert_int_equal(judgement.count, 5);
	/* a root cause first, then severity, the masked, the suppressed */
	assert_string_equal(judgement.findings[0].playbook->name, "a-disk");
	assert_string_equal(judgement.findings[1].playbook->name, "d-late");
	assert_string_equal(judgement.findings[2].playbook->name, "b-config");
	assert_string_equal(judgement.findings[3].playbook->name, "c-down");
	assert_string_equal(judgement.findings[4].playbook->name, "e-soon");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_chain, begin, end),
	    cmocka_unit_test_setup_teardown(
	        test_chain_without_its_link, begin, end),
	    cmocka_unit_test_setup_teardown(test_first_cause_wins, begin, end),
	    cmocka_unit_test_setup_teardown(test_ring, begin, end),
	    cmocka_unit_test_setup_teardown(test_mask_of_itself, begin, end),
	    cmocka_unit_test_setup_teardown(test_item_by_item, begin, end),
	    cmocka_unit_test_setup_teardown(
	        test_doubt_of_an_unknown_cause, begin, end),
	    cmocka_unit_test_setup_teardown(
	        test_doubt_gives_way_to_a_mask, begin, end),
	    cmocka_unit_test_setup_teardown(
	        test_doubt_of_an_unconfirmed_cause, begin, end),
	    cmocka_unit_test_setup_teardown(test_not_chosen, begin, end),
	    cmocka_unit_test_setup_teardown(
	        test_unknown_has_an_end, begin, end),
	    cmocka_unit_test_setup_teardown(test_for_runs, begin, end),
	    cmocka_unit_test_setup_teardown(test_for_duration, begin, end),
	    cmocka_unit_test_setup_teardown(test_without_for, begin, end),
	    cmocka_unit_test_setup_teardown(test_without_memory, begin, end),
	    cmocka_unit_test_setup_teardown(test_kleene, begin, end),
	    cmocka_unit_test_setup_teardown(test_evidence, begin, end),
	    cmocka_unit_test_setup_teardown(test_unknown_names, begin, end),
	    cmocka_unit_test_setup_teardown(test_order, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
