/*
 * test_retry.c - what waits is tried again only where somebody approved it
 *
 * Purpose  unit tests of agent/main/session_retry.c
 * Input    facts of one destination that is slowed down; a queue that is none
 * Errors   a failed assertion
 * Runs as  any user
 * Source   agent/main/session.h
 */
#include <stdlib.h>

#include "agent/base/auto.h"
#include "agent/main/session.h"
#include "agent/mta/mta_ops.h"
#include "tests/unit/unit.h"

static size_t tried;

static int
queue_command(const struct mta *mta, int verb, const char *queue,
    const char *const *ids, size_t count, struct why *why)
{
	(void)mta, (void)verb, (void)queue, (void)ids, (void)why;
	tried += count;
	return 0;
}

static int
choose(void *user, const struct queue_query *query, struct queue_selection *ret,
    struct why *why)
{
	static const char *const ids[] = {"4F2A1B2C3D", NULL};

	(void)user, (void)why;
	assert_string_equal(query->destination, "big.test");
	*ret = (struct queue_selection){
	    .ids = ids, .count = 1, .matched = 1, .in_state = 10};
	return 0;
}

static void
fact(struct fact_set *set, const char *column, struct value value)
{
	const struct table *schema = schema_table_find("destination", NULL);
	struct fact_table *table = fact_table_get(set, schema);

	if (table->count == 0) {
		fact_table_set_known(table);
		(void)fact_row_add(set, table, "big.test");
	}
	table->rows[0].cells[schema_column_find(schema, column)] = value;
}

/* run - at this step, which was there when the run looked, or another one */
static size_t
run(const char *mode, enum risk auto_risk, const char *looked,
    const char *maintenance)
{
	static const struct mta_ops ops = {.queue_command = queue_command};
	static const struct throttle throttle = {
	    .domain = "big.test", .step = "c2"};
	struct session session = {
	    .arena = arena_new(),
	    .mode = mode,
	    .may_change = true,
	    .maintenance = maintenance,
	    .config = {.auto_risk = auto_risk},
	    .mta = {.ops = &ops           },
	    .slowed = {.rows = &throttle,      .count = 1},
	    .host = {.select = choose                     },
	    .notes = mem_alloc(1, sizeof(*session.notes))
        };

	session.throttles = session.slowed;
	session.facts = fact_set_new(session.arena);
	fact(session.facts, "step", VALUE_TEXT_OF(looked));
	fact(session.facts, "queued", VALUE_NUMBER_OF(10));
	fact(session.facts, "active", VALUE_NUMBER_OF(0));
	fact(session.facts, "step_sent", VALUE_NUMBER_OF(5));
	fact(session.facts, "step_refused", VALUE_NUMBER_OF(0));
	fact(session.facts, "step_attempts", VALUE_NUMBER_OF(5));
	fact(session.facts, "step_share", VALUE_NUMBER_OF(0));
	tried = 0;
	session_retry(&session);
	free(session.notes);
	(void)arena_free(session.arena);
	return tried;
}

/* A step of an earlier run: who is asked now? */
static void
test_earlier(void **state)
{
	(void)state;
	assert_int_equal(run("yes", RISK_NONE, "c2", NULL), 1);
	assert_int_equal(run("auto", RISK_SAFE, "c2", NULL), 1);
	assert_int_equal(run("auto", RISK_DESTRUCTIVE, "c2", NULL), 1);
	assert_int_equal(run("auto", RISK_NONE, "c2", NULL), 0);
	assert_int_equal(run("ask", RISK_SAFE, "c2", NULL), 0);
}

/* A step of this run was approved, however. */
static void
test_of_this_run(void **state)
{
	(void)state;
	assert_int_equal(run("ask", RISK_NONE, "c5", NULL), 1);
	assert_int_equal(run("auto", RISK_NONE, "", NULL), 1);
}

static void
test_maintenance(void **state)
{
	(void)state;
	assert_int_equal(run("yes", RISK_NONE, "c2", "dpkg, pid 7"), 0);
	assert_int_equal(run("auto", RISK_SAFE, "c5", "dpkg, pid 7"), 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_earlier),
	    cmocka_unit_test(test_of_this_run),
	    cmocka_unit_test(test_maintenance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
