/*
 * test_plan.c - which fix is planned, and why the others are not
 *
 * Purpose  what plan.h promises: one fix a finding, gates, budgets, policy
 * Input    fixed; the real action rebuild-map, and restart-unit
 * Errors   a failed assertion
 * Runs as  any user
 * Source   plan.h
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/base/auto.h"
#include "agent/base/clock.h"
#include "agent/plan/plan.h"
#include "tests/unit/unit.h"

#define T0 INT64_C(1767607200)

static struct arena *arena;
static struct lint lint;
static struct playbook playbook[2];
static struct fix fixes[2][2];
static struct playbook_set set;
static struct fact_set *facts;
static struct judgement judgement;
static struct config config;
static struct state *memory;
static struct mta mta;
static struct plan plan;

static struct expr *
bool_expr(const char *text, const struct table *table)
{
	struct expr_place place = {.file = "test", .line = 1};
	struct expr *expr =
	    expr_parse(arena, text, table, EXPR_TYPE_BOOL, place, &lint);

	assert_non_null(expr);
	return expr;
}

static void
fact(const char *table_name, const char *key, const char *column,
    struct value value)
{
	struct fact_table *table =
	    fact_table_get(facts, schema_table_find(table_name, NULL));
	const struct fact_row *found;
	struct fact_row *row;

	fact_table_set_known(table);
	found = fact_row_find(table, key);
	row = found != NULL ? &table->rows[found - table->rows]
	                    : fact_row_add(facts, table, key);
	row->cells[schema_column_find(table->schema, column)] = value;
}

static void
stale_map(const char *path)
{
	fact("map", path, "type", VALUE_TEXT_OF("hash"));
	fact("map", path, "built",
	    VALUE_TEXT_OF(arena_printf(arena, "%s.db", path)));
	fact("map", path, "exists", VALUE_BOOL_OF(true));
	fact("map", path, "stale", VALUE_BOOL_OF(true));
}

/* set_fix - the n-th fix of a playbook: action with its one parameter */
static struct fix *
set_fix(size_t p, size_t n, const char *action, const char *param)
{
	struct expr_place place = {.file = "test", .line = 1};
	struct fix_param *params = arena_alloc(arena, 1, sizeof(*params));
	struct fix *fix = &fixes[p][n];

	params->spec = &action_find(action)->spec.params[0];
	params->text =
	    template_parse(arena, param, playbook[p].for_each, place, &lint);
	assert_non_null(params->text);
	*fix = (struct fix){
	    .name = n == 0 ? "first" : "second",
	    .action = &action_find(action)->spec,
	    .params = params,
	    .param_count = 1,
	};
	if (playbook[p].fix_count <= n)
		playbook[p].fix_count = n + 1;
	return fix;
}

static void
set_playbook(size_t p, const char *name, const char *table, const char *when)
{
	struct expr_place place = {.file = "test", .line = 1};

	playbook[p] = (struct playbook){
	    .name = name,
	    .severity = SEVERITY_WARNING,
	    .for_each = schema_table_find(table, NULL),
	    .for_runs = 1,
	    .is_chosen = true,
	    .fixes = fixes[p],
	};
	playbook[p].when = bool_expr(when, playbook[p].for_each);
	playbook[p].title =
	    template_parse(arena, "title", playbook[p].for_each, place, &lint);
	set.count = p + 1;
}

static int
begin(void **user)
{
	(void)user;
	clock_fix(T0);
	arena = arena_new();
	lint = (struct lint){.arena = arena};
	(void)memset(playbook, 0, sizeof(playbook));
	set = (struct playbook_set){.playbooks = playbook};
	facts = fact_set_new(arena);
	config = (struct config){.auto_risk = RISK_NONE,
	    .changes_per_run = 10,
	    .disruptive_per_hour = 2,
	    .disruptive_per_day = 6,
	    .quiet_from_min = -1,
	    .quiet_to_min = -1};
	mta = (struct mta){.kind = "postfix"};
	assert_int_equal(state_load("/nonexistent/mailfix", &memory, NULL), 0);
	set_playbook(0, "maps", "map", "stale");
	(void)set_fix(0, 0, "rebuild-map", "{path}");
	stale_map("/a");
	return 0;
}

static int
end(void **user)
{
	(void)user;
	lint_done(&lint);
	memory = state_free(memory);
	arena = arena_free(arena);
	return 0;
}

/* Each question finds one message more than the one before. */
static int
choose(void *user, const struct queue_query *query, struct queue_selection *ret,
    struct why *why)
{
	static const char *const ids[] = {
	    "4bX1", "4bX2", "4bX3", "4bX4", "4bX5", NULL};
	static size_t asked;

	(void)user;
	(void)query;
	(void)why;
	asked = asked % 2 + 1;
	*ret = (struct queue_selection){
	    .ids = &ids[5 - asked],
	    .count = asked,
	    .matched = asked,
	    .in_state = 10,
	};
	return 0;
}

static void
build_with(const char *maintenance)
{
	struct plan_request request = {
	    .arena = arena,
	    .judgement = &judgement,
	    .facts = facts,
	    .config = &config,
	    .mta = &mta,
	    .state = memory,
	    .now_s = T0,
	    .maintenance = maintenance,
	    .select = choose,
	};

	finding_judge(arena, &set, facts, NULL, &judgement);
	plan_build(&request, &plan);
}

static void
build(void)
{
	build_with(NULL);
}

static void
check(size_t i, enum planned_state state, const char *reason)
{
	const struct planned_fix *planned = &plan.fixes[i];

	assert_true(i < plan.count);
	assert_string_equal(planned_state_to_text(planned->state),
	    planned_state_to_text(state));
	if (reason == NULL) {
		assert_null(planned->reason);
		assert_true(planned->change_count > 0);
	} else if (strstr(planned->reason, reason) == NULL) {
		fail_msg("the reason is: %s", planned->reason);
	} else {
		assert_int_equal(planned->change_count, 0);
	}
}

static void
test_planned(void **user)
{
	(void)user;
	stale_map("/b");
	build();
	assert_int_equal(plan.count, 2);
	check(0, PLANNED_PLANNED, NULL);
	check(1, PLANNED_PLANNED, NULL);
	assert_int_equal(plan.fixes[0].changes[0].id, 1);
	assert_int_equal(plan.fixes[1].changes[0].id, 2);
	assert_string_equal(
	    plan.fixes[1].changes[0].text, "build /b.db from /b");
	assert_false(plan.fixes[0].is_approved);
}

static void
test_guards(void **user)
{
	struct fix *second = set_fix(0, 1, "rebuild-map", "{path}");

	(void)user;
	fixes[0][0].when = bool_expr("behind > 1h", playbook[0].for_each);
	fact("map", "/a", "behind", VALUE_NUMBER_OF(60));
	build();
	assert_int_equal(plan.count, 2);
	check(0, PLANNED_SKIPPED, "only when");
	check(1, PLANNED_PLANNED, NULL);
	assert_ptr_equal(plan.fixes[1].fix, second);
	/* unknown is no reason to try something else */
	fact("map", "/a", "behind", VALUE_UNKNOWN_OF("no root"));
	build();
	assert_int_equal(plan.count, 1);
	check(0, PLANNED_SKIPPED, "not known: map[/a].behind: no root");
}

static void
test_first_only(void **user)
{
	(void)user;
	(void)set_fix(0, 1, "rebuild-map", "{path}");
	build();
	assert_int_equal(plan.count, 1);
}

static void
test_action_says_no(void **user)
{
	(void)user;
	/* the action knows that there is nothing to do: the next may have */
	(void)set_fix(0, 1, "rebuild-map", "{path}");
	playbook[0].when = bool_expr("exists", playbook[0].for_each);
	fact("map", "/a", "stale", VALUE_BOOL_OF(false));
	build();
	assert_int_equal(plan.count, 2);
	check(0, PLANNED_SKIPPED, "is not older");
	/* the action rests on something unknown: no other is tried */
	fact("map", "/a", "stale", VALUE_UNKNOWN_OF("gone"));
	build();
	assert_int_equal(plan.count, 1);
	check(0, PLANNED_SKIPPED, "not known: gone");
}

static void
test_not_found_no_fix(void **user)
{
	(void)user;
	playbook[0].for_runs = 2;
	build();
	assert_int_equal(judgement.count, 1);
	assert_int_equal(plan.count, 0);
	playbook[0].for_runs = 1;
	build();
	assert_int_equal(plan.count, 1);
	judgement.findings[0].state = FINDING_MASKED;
	{
		struct plan_request request = {.arena = arena,
		    .judgement = &judgement,
		    .facts = facts,
		    .config = &config,
		    .mta = &mta,
		    .state = memory,
		    .now_s = T0};

		plan_build(&request, &plan);
		assert_int_equal(plan.count, 0);
		judgement.findings[0].state = FINDING_FOUND;
		judgement.findings[0].doubt = "not known: x";
		plan_build(&request, &plan);
		check(0, PLANNED_SKIPPED, "not known: x");
	}
}

static void
test_limit_and_cooldown(void **user)
{
	struct fix *fix = &fixes[0][0];

	(void)user;
	(void)set_fix(0, 1, "rebuild-map", "{path}");
	fix->limit_count = 2;
	fix->limit_s = 3600;
	fix->cooldown_s = 120;
	state_fix_note(memory, "maps", "/a", "first", false, T0);
	clock_fix(T0 + 119);
	build();
	check(0, PLANNED_SKIPPED, "cooling down");
	assert_int_equal(plan.count, 1); /* no other is tried instead */
	clock_fix(T0 + 120);
	build();
	check(0, PLANNED_PLANNED, NULL);
	state_fix_note(memory, "maps", "/a", "first", false, T0 + 120);
	clock_fix(T0 + 600);
	build();
	assert_int_equal(plan.count, 1);
	check(0, PLANNED_LIMITED, "escalated: tried 2 times in 1 h");
	clock_fix(T0 + 3600);
	build();
	check(0, PLANNED_PLANNED, NULL);
	/* another item has limits of its own */
	clock_fix(T0 + 600);
	stale_map("/b");
	build();
	check(0, PLANNED_LIMITED, "escalated");
	check(1, PLANNED_PLANNED, NULL);
	/* longer than what is remembered */
	fix->limit_s = STATE_FIX_KEEP_S + 1;
	build();
	check(1, PLANNED_SKIPPED, "longer than the week");
	fix->limit_s = STATE_FIX_KEEP_S;
	fix->cooldown_s = STATE_FIX_KEEP_S + 1;
	build();
	check(1, PLANNED_SKIPPED, "longer than the week");
}

/* What can no longer be counted must not go on. */
static void
test_full_state(void **user)
{
	(void)user;
	for (unsigned i = 0; i < STATE_FIXES_MAX; i++)
		state_fix_note(memory, "other", arena_printf(arena, "%u", i),
		    "first", false, T0);
	build();
	check(0, PLANNED_SKIPPED, "more fixes were made in a week");
}

static void
test_breaker_and_pause(void **user)
{
	(void)user;
	for (int i = 0; i < STATE_BREAKER_FAILURES; i++)
		state_fix_result(memory, "maps", false);
	build();
	check(0, PLANNED_LIMITED, "only reports until 1 d");
	state_fix_result(memory, "maps", true);
	build();
	check(0, PLANNED_PLANNED, NULL);
	state_pause(memory, T0 + 60, "moving");
	build();
	check(0, PLANNED_SKIPPED, "paused until 2026-01-05T10:01:00Z: moving");
}

static void
test_maintenance(void **user)
{
	(void)user;
	build_with("apt-get, pid 12");
	check(0, PLANNED_SKIPPED, "apt-get, pid 12");
	fact("mta", "", "maintenance", VALUE_BOOL_OF(true));
	build();
	check(0, PLANNED_SKIPPED, "a package manager is at work");
	fact("mta", "", "maintenance", VALUE_BOOL_OF(false));
	build();
	check(0, PLANNED_PLANNED, NULL);
	/* not told: what is safe goes on, see test_disruptive for the rest */
	fact("mta", "", "maintenance", VALUE_UNKNOWN_OF("no root"));
	build();
	check(0, PLANNED_PLANNED, NULL);
}

static void
test_changes_budget(void **user)
{
	(void)user;
	stale_map("/b");
	stale_map("/c");
	config.changes_per_run = 2;
	build();
	check(1, PLANNED_PLANNED, NULL);
	check(2, PLANNED_SKIPPED, "changes-per-run = 2 is used up (2 in this");
	config.changes_per_run = 0;
	build();
	check(0, PLANNED_SKIPPED, "changes-per-run = 0");
}

static void
unit_facts(const char *unit)
{
	fact("unit", unit, "load", VALUE_TEXT_OF("loaded"));
	fact("unit", unit, "busy", VALUE_BOOL_OF(false));
	fact("unit", unit, "active", VALUE_TEXT_OF("active"));
	fact("unit", unit, "role", VALUE_TEXT_OF("milter"));
	fact("unit", unit, "running", VALUE_BOOL_OF(false));
}

static void
test_disruptive(void **user)
{
	(void)user;
	set_playbook(0, "units", "unit", "not running");
	(void)set_fix(0, 0, "restart-unit", "{name}");
	unit_facts("x");
	unit_facts("y");
	unit_facts("z");
	build();
	check(0, PLANNED_PLANNED, NULL);
	check(1, PLANNED_PLANNED, NULL);
	check(2, PLANNED_SKIPPED,
	    "disruptive-per-hour = 2 is used up (0 done, 2 in this plan)");
	state_fix_note(memory, "other", NULL, "f", true, T0);
	build();
	check(0, PLANNED_PLANNED, NULL);
	check(1, PLANNED_SKIPPED, "(1 done, 1 in this plan)");
	clock_fix(T0 + 3600);
	config.disruptive_per_day = 2;
	build();
	check(0, PLANNED_PLANNED, NULL);
	check(1, PLANNED_SKIPPED, "disruptive-per-day = 2");
	fact("mta", "", "maintenance", VALUE_UNKNOWN_OF("no root"));
	build();
	check(0, PLANNED_SKIPPED, "not known whether a package manager");
}

static void
test_same_target(void **user)
{
	(void)user;
	set_playbook(1, "maps-too", "map", "stale");
	(void)set_fix(1, 0, "rebuild-map", "{path}");
	build();
	assert_int_equal(plan.count, 2);
	check(0, PLANNED_PLANNED, NULL);
	check(1, PLANNED_SKIPPED,
	    "first of maps changes /a.db in this run already");
}

static void
test_same_messages(void **user)
{
	static const struct expr_place place = {.file = "test", .line = 1};

	(void)user;
	set_playbook(1, "other", "map", "stale");
	for (size_t p = 0; p < 2; p++) {
		struct fix *fix = set_fix(p, 0, "hold-queue", "<>");
		struct fix_param *param = arena_alloc(arena, 1, sizeof(*param));
		const struct action_param *spec = fix->action->params;

		while (strcmp(spec->name, "sender") != 0)
			spec++;
		param->spec = spec;
		param->text = template_parse(arena, "<>", NULL, place, &lint);
		fix->params = param;
	}
	build();
	check(0, PLANNED_PLANNED, NULL);
	check(1, PLANNED_SKIPPED, "first of maps changes");
	assert_int_equal(plan.count, 2);
}

static void
test_closed_state(void **user)
{
	char dir[] = "/tmp/test_plan.XXXXXX", path[64];

	(void)user;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/state", dir);
	assert_int_equal(symlink("/dev/null", path), 0);
	(void)state_free(memory);
	assert_true(state_load(dir, &memory, NULL) < 0);
	build();
	check(0, PLANNED_SKIPPED, "/state");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void
test_approve(void **user)
{
	struct planned_fix *planned;
	struct action_spec spec = {.name = "x"};
	struct fix fix = {.action = &spec};

	(void)user;
	build();
	planned = &plan.fixes[0];
	planned->fix = &fix;
	for (int risk = RISK_SAFE; risk < RISK_MAX; risk++)
		for (int may = RISK_NONE; may < RISK_MAX; may++) {
			spec.risk = (enum risk)risk;
			config.auto_risk = (enum risk)may;
			assert_null(
			    plan_approve(planned, &config, NULL, false, T0));
			assert_int_equal(plan_approve(planned, &config, NULL,
			                     true, T0) == NULL,
			    risk <= may);
		}
	/* undone by hand: not again by itself, but by hand, and other items */
	spec.risk = RISK_SAFE;
	fix.name = "x";
	state_undo_note(memory, planned->finding->playbook->name,
	    planned->finding->item, "x", T0);
	assert_non_null(plan_approve(planned, &config, memory, true, T0));
	assert_null(plan_approve(planned, &config, memory, false, T0));
	fix.name = "y";
	assert_null(plan_approve(planned, &config, memory, true, T0));
	planned->state = PLANNED_SKIPPED;
	planned->reason = "because";
	assert_string_equal(
	    plan_approve(planned, &config, NULL, false, T0), "because");
}

static void
test_quiet_hours(void **user)
{
	static const struct {
		int from, to, minute;
		bool is_quiet;
	} cases[] = {
	    {-1,   -1,   0,    false},
	    {60,   120,  59,   false},
	    {60,   120,  60,   true },
	    {60,   120,  119,  true },
	    {60,   120,  120,  false},
	    {1320, 360,  1319, false},
	    {1320, 360,  1320, true },
	    {1320, 360,  0,    true },
	    {1320, 360,  359,  true },
	    {1320, 360,  360,  false},
	    {0,    0,    700,  true },
	    {0,    1440, 700,  true },
	    {1440, 0,    700,  true },
	    {1320, 1440, 1439, true },
	    {1320, 1440, 0,    false},
	};
	struct action_spec spec = {.name = "x", .risk = RISK_DISRUPTIVE};
	struct fix fix = {.action = &spec};

	(void)user;
	assert_int_equal(setenv("TZ", "UTC0", 1), 0);
	tzset();
	build();
	plan.fixes[0].fix = &fix;
	config.auto_risk = RISK_DESTRUCTIVE;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		int64_t now_s =
		    T0 / 86400 * 86400 + (int64_t)cases[i].minute * 60;

		config.quiet_from_min = cases[i].from;
		config.quiet_to_min = cases[i].to;
		spec.risk = RISK_DISRUPTIVE;
		assert_int_equal(plan_approve(&plan.fixes[0], &config, NULL,
		                     true, now_s) != NULL,
		    cases[i].is_quiet);
		/* by hand, or safe: at any hour */
		assert_null(
		    plan_approve(&plan.fixes[0], &config, NULL, false, now_s));
		spec.risk = RISK_SAFE;
		assert_null(
		    plan_approve(&plan.fixes[0], &config, NULL, true, now_s));
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_planned, begin, end),
	    cmocka_unit_test_setup_teardown(test_guards, begin, end),
	    cmocka_unit_test_setup_teardown(test_first_only, begin, end),
	    cmocka_unit_test_setup_teardown(test_action_says_no, begin, end),
	    cmocka_unit_test_setup_teardown(test_not_found_no_fix, begin, end),
	    cmocka_unit_test_setup_teardown(
	        test_limit_and_cooldown, begin, end),
	    cmocka_unit_test_setup_teardown(test_full_state, begin, end),
	    cmocka_unit_test_setup_teardown(test_breaker_and_pause, begin, end),
	    cmocka_unit_test_setup_teardown(test_maintenance, begin, end),
	    cmocka_unit_test_setup_teardown(test_changes_budget, begin, end),
	    cmocka_unit_test_setup_teardown(test_disruptive, begin, end),
	    cmocka_unit_test_setup_teardown(test_same_target, begin, end),
	    cmocka_unit_test_setup_teardown(test_same_messages, begin, end),
	    cmocka_unit_test_setup_teardown(test_closed_state, begin, end),
	    cmocka_unit_test_setup_teardown(test_approve, begin, end),
	    cmocka_unit_test_setup_teardown(test_quiet_hours, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
