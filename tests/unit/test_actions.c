/*
 * test_actions.c - from a finding and facts to changes, or the reason why not
 *
 * Purpose  each action on facts that are known, unknown, and not in need
 * Input    facts made here
 * Errors   a failed assertion
 * Runs as  any user
 * Source   SPEC section 5
 */
#include <errno.h>
#include <string.h>

#include "actions/action.h"
#include "agent/base/auto.h"
#include "tests/unit/unit.h"

struct bench {
	struct arena *arena;
	struct fact_set *facts;
	struct finding finding;
	struct playbook playbook;
	struct fix fix;
	struct fix_param param;
	struct action_input input;
	struct action_output output;
	struct why why;
};

static struct bench bench;

static int
setup(void **state)
{
	(void)state;
	bench = (struct bench){.arena = arena_new()};
	bench.facts = fact_set_new(bench.arena);
	bench.finding.playbook = &bench.playbook;
	bench.fix.params = &bench.param;
	bench.fix.param_count = 1;
	bench.input = (struct action_input){.arena = bench.arena,
	    .finding = &bench.finding,
	    .facts = bench.facts,
	    .fix = &bench.fix};
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	bench.arena = arena_free(bench.arena);
	return 0;
}

static void
cell(const char *table, const char *key, const char *column, struct value value)
{
	const struct table *schema = schema_table_find(table, NULL);
	struct fact_table *facts = fact_table_get(bench.facts, schema);
	struct fact_row *row = NULL;

	fact_table_set_known(facts);
	for (size_t i = 0; i < facts->count; i++)
		if (strcmp(facts->rows[i].key, key) == 0)
			row = &facts->rows[i];
	if (row == NULL)
		row = fact_row_add(bench.facts, facts, key);
	row->cells[schema_column_find(schema, column)] = value;
}

/* Plans the action with its one parameter; 0 or what it answered. */
static int
plan(const char *name, const char *value)
{
	const struct action *action = action_find(name);
	struct lint lint = {.arena = bench.arena};
	struct expr_place place = {.file = "test", .line = 1};

	assert_non_null(action);
	bench.param.spec = &action->spec.params[0];
	bench.param.text =
	    template_parse(bench.arena, value, NULL, place, &lint);
	lint_done(&lint);
	bench.output = (struct action_output){0};
	bench.why = (struct why){0};
	return action->plan(&bench.input, &bench.output, &bench.why);
}

static void
refused(int code, int r, const char *want)
{
	assert_int_equal(r, code);
	assert_int_equal(bench.output.count, 0);
	if (strstr(bench.why.text, want) == NULL)
		fail_msg("want: %s, got: %s", want, bench.why.text);
}

static void
change_is(const char *kind, const char *verb, const char *text)
{
	assert_int_equal(bench.output.count, 1);
	assert_string_equal(bench.output.changes[0].kind->name, kind);
	assert_string_equal(bench.output.changes[0].verb, verb);
	assert_string_equal(bench.output.changes[0].text, text);
}

#define UNIT "postfix@-.service"

static void
unit_facts(const char *load, const char *active, const char *role)
{
	cell("unit", UNIT, "load", VALUE_TEXT_OF(load));
	cell("unit", UNIT, "active", VALUE_TEXT_OF(active));
	cell("unit", UNIT, "role", VALUE_TEXT_OF(role));
	cell("unit", UNIT, "busy", VALUE_BOOL_OF(false));
	cell("mta", "", "config_valid", VALUE_BOOL_OF(true));
}

static void
test_start(void **state)
{
	(void)state;
	unit_facts("loaded", "inactive", "mta");
	assert_int_equal(plan("start-unit", UNIT), 0);
	change_is("unit", "start", "start " UNIT);
	assert_string_equal(bench.output.changes[0].before, "inactive");
	assert_string_equal(bench.output.changes[0].after, "active");
	assert_string_equal(bench.output.changes[0].detail, "mta");
}

static void
test_start_refused(void **state)
{
	(void)state;
	refused(-ENODATA, plan("start-unit", UNIT), "is not known");
	unit_facts("masked", "inactive", "mta");
	refused(-EPERM, plan("start-unit", UNIT), "masked");
	unit_facts("not-found", "inactive", "mta");
	refused(-EPERM, plan("start-unit", UNIT), "could not load");
	unit_facts("loaded", "active", "mta");
	refused(-EALREADY, plan("start-unit", UNIT), "is active");
	unit_facts("loaded", "inactive", "mta");
	cell("unit", UNIT, "busy", VALUE_BOOL_OF(true));
	refused(-EBUSY, plan("start-unit", UNIT), "has a job");
	refused(-ENODATA, plan("start-unit", "other.service"), "other.service");
}

static void
test_broken_configuration(void **state)
{
	(void)state;
	unit_facts("loaded", "active", "mta");
	cell("mta", "", "config_valid", VALUE_BOOL_OF(false));
	cell("mta", "", "config_error", VALUE_TEXT_OF("bad line 7"));
	refused(-EPERM, plan("restart-unit", UNIT), "bad line 7");
	cell("mta", "", "config_valid", VALUE_UNKNOWN_OF("late"));
	refused(-ENODATA, plan("restart-unit", UNIT), "late");
	/* another service does not depend on it */
	cell("unit", UNIT, "role", VALUE_TEXT_OF("milter"));
	assert_int_equal(plan("restart-unit", UNIT), 0);
	change_is("unit", "restart", "restart " UNIT);
}

static void
test_reload(void **state)
{
	(void)state;
	unit_facts("loaded", "failed", "mta");
	refused(-EALREADY, plan("reload-unit", UNIT), "only what runs");
	unit_facts("loaded", "active", "mta");
	assert_int_equal(plan("reload-unit", UNIT), 0);
	change_is("unit", "reload", "reload " UNIT);
}

static void
test_rebuild_map(void **state)
{
	(void)state;
	refused(-ENODATA, plan("rebuild-map", "/etc/aliases"), "map[");
	cell("map", "/etc/aliases", "type", VALUE_TEXT_OF("hash"));
	cell("map", "/etc/aliases", "built", VALUE_TEXT_OF("/etc/aliases.db"));
	cell("map", "/etc/aliases", "exists", VALUE_BOOL_OF(true));
	refused(-ENODATA, plan("rebuild-map", "/etc/aliases"), "stale");
	cell("map", "/etc/aliases", "stale", VALUE_BOOL_OF(false));
	refused(-EALREADY, plan("rebuild-map", "/etc/aliases"), "not older");
	cell("map", "/etc/aliases", "stale", VALUE_BOOL_OF(true));
	assert_int_equal(plan("rebuild-map", "/etc/aliases"), 0);
	change_is("file", "build", "build /etc/aliases.db from /etc/aliases");
	assert_string_equal(
	    bench.output.changes[0].detail, "hash:/etc/aliases");
	cell("map", "/etc/aliases", "exists", VALUE_BOOL_OF(false));
	assert_int_equal(plan("rebuild-map", "/etc/aliases"), 0);
	assert_null(bench.output.changes[0].before);
	refused(-ENODATA, plan("rebuild-map", "?"), "not known which");
}

static void
test_set_permissions(void **state)
{
	static const char path[] = "/var/spool/postfix/maildrop";

	(void)state;
	cell("queue_path", path, "exists", VALUE_BOOL_OF(false));
	refused(-EPERM, plan("set-permissions", path), "not there");
	cell("queue_path", path, "exists", VALUE_BOOL_OF(true));
	cell("queue_path", path, "mode", VALUE_TEXT_OF("root root 0700"));
	refused(-ENODATA, plan("set-permissions", path), "wanted");
	cell("queue_path", path, "wanted",
	    VALUE_TEXT_OF("postfix postdrop 1730"));
	assert_int_equal(plan("set-permissions", path), 0);
	change_is("file", "mode",
	    "set /var/spool/postfix/maildrop to postfix postdrop 1730");
	cell(
	    "queue_path", path, "mode", VALUE_TEXT_OF("postfix postdrop 1730"));
	refused(-EALREADY, plan("set-permissions", path), "already");
}

static void
test_refresh_chroot(void **state)
{
	static const char path[] = "/var/spool/postfix/etc/hosts";

	(void)state;
	cell("chroot_file", path, "source", VALUE_TEXT_OF("/etc/hosts"));
	cell("chroot_file", path, "exists", VALUE_BOOL_OF(true));
	refused(-ENODATA, plan("refresh-chroot", path), "stale");
	cell("chroot_file", path, "stale", VALUE_BOOL_OF(false));
	refused(-EALREADY, plan("refresh-chroot", path), "the same");
	cell("chroot_file", path, "stale", VALUE_BOOL_OF(true));
	assert_int_equal(plan("refresh-chroot", path), 0);
	change_is(
	    "file", "copy", "copy /etc/hosts to /var/spool/postfix/etc/hosts");
}

/* What the observer would answer, and what it was asked. */
static struct queue_selection chosen;
static struct queue_query asked;

static int
choose(void *user, const struct queue_query *query, struct queue_selection *ret,
    struct why *why)
{
	(void)user;
	(void)why;
	asked = *query;
	*ret = chosen;
	return 0;
}

static struct fix_param
param_of(const struct action *action, const char *name, const char *text)
{
	const struct action_param *spec = action->spec.params;
	struct lint lint = {.arena = bench.arena};
	struct expr_place place = {.file = "test", .line = 1};
	struct fix_param param = {0};

	while (spec->name != NULL && strcmp(spec->name, name) != 0)
		spec++;
	assert_non_null(spec->name);
	param.spec = spec;
	if (spec->type == EXPR_TYPE_TEXT)
		param.text =
		    template_parse(bench.arena, text, NULL, place, &lint);
	else
		param.number = strtod(text, NULL);
	lint_done(&lint);
	return param;
}

/* Plans an action on the queue: count of matched of in_state are chosen. */
static int
plan_queue(const char *name, const char *params[][2], size_t count,
    size_t matched, size_t in_state)
{
	static const char *const ids[] = {"4F2A1B3C01", "4F2A1B3C02", NULL};
	const struct action *action = action_find(name);
	struct fix_param given[8];
	size_t n = 0;

	assert_non_null(action);
	for (; params[n][0] != NULL; n++)
		given[n] = param_of(action, params[n][0], params[n][1]);
	bench.fix.params = given;
	bench.fix.param_count = n;
	bench.input.select = choose;
	bench.output = (struct action_output){0};
	bench.why = (struct why){0};
	asked = (struct queue_query){0};
	chosen = (struct queue_selection){.ids = ids,
	    .count = count,
	    .matched = matched,
	    .in_state = in_state,
	    .bytes = 2048};
	return action->plan(&bench.input, &bench.output, &bench.why);
}

static void
test_queue(void **state)
{
	const char *params[][2] = {
	    {"sender", "<>"  },
	    {"older",  "3600"},
	    {"max",    "2"   },
	    {NULL,     NULL  },
	};
	const char *none[][2] = {
	    {"max", "2" },
	    {NULL,  NULL},
	};

	(void)state;
	assert_int_equal(plan_queue("hold-queue", params, 2, 3, 9), 0);
	change_is("queue-move", "hold", bench.output.changes[0].text);
	assert_string_equal(asked.state, "deferred");
	assert_string_equal(asked.sender, "<>");
	assert_null(asked.destination);
	assert_true(asked.older_s == 3600 && asked.max == 2);
	assert_string_equal(bench.output.changes[0].detail, "deferred");
	assert_string_equal(bench.output.changes[0].after, "hold");
	assert_int_equal(bench.output.changes[0].item_count, 2);
	assert_int_equal(plan_queue("prune-queue", params, 2, 2, 4), 0);
	assert_string_equal(bench.output.changes[0].after, "quarantine");
	assert_int_equal(plan_queue("release-queue", params, 2, 2, 2), 0);
	assert_string_equal(asked.state, "hold");
	assert_string_equal(bench.output.changes[0].after, "deferred");
	assert_int_equal(plan_queue("flush-queue", params, 2, 2, 2), 0);
	assert_string_equal(bench.output.changes[0].verb, "flush");

	refused(-EINVAL, plan_queue("hold-queue", none, 2, 3, 9), "restricts");
	refused(-EALREADY, plan_queue("hold-queue", params, 0, 0, 9), "no me");
	/* half is the most, and never all */
	refused(-EPERM, plan_queue("hold-queue", params, 2, 2, 3), "half");
	refused(-EPERM, plan_queue("prune-queue", params, 1, 2, 2), "all 2");
	bench.input.select = NULL;
}

/* What came out empty or unknown must not widen the choice. */
static void
test_queue_empty(void **state)
{
	static const char *const texts[] = {"", "?"};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
		const char *sender[][2] = {
		    {"sender", texts[i]},
		    {"older",  "3600"  },
		    {NULL,     NULL    },
		};
		const char *to[][2] = {
		    {"destination", texts[i]},
		    {"older",       "3600"  },
		    {NULL,          NULL    },
		};

		refused(-ENODATA, plan_queue("hold-queue", sender, 2, 3, 9),
		    "sender");
		refused(-ENODATA, plan_queue("prune-queue", to, 2, 3, 9),
		    "destination");
	}
}

static void
test_table(void **state)
{
	const struct action_spec *const *specs = action_specs();
	size_t i;

	(void)state;
	for (i = 0; action_table[i] != NULL; i++) {
		assert_ptr_equal(specs[i], &action_table[i]->spec);
		assert_ptr_equal(action_find(specs[i]->name), action_table[i]);
		assert_true(specs[i]->risk > RISK_NONE);
		assert_non_null(specs[i]->doc);
		assert_non_null(specs[i]->params);
	}
	assert_null(specs[i]);
	assert_null(action_find("no-such-action"));
	for (i = 0; change_kinds[i] != NULL; i++)
		assert_ptr_equal(
		    change_kind_find(change_kinds[i]->name), change_kinds[i]);
	assert_null(change_kind_find("no-such-kind"));
}

static void
test_parameters(void **state)
{
	static const struct action_param number = {
	    .name = "n", .type = EXPR_TYPE_NUMBER};
	struct change *first, *second;

	(void)state;
	bench.param = (struct fix_param){.spec = &number, .number = 7};
	assert_true(action_number(&bench.input, "n", 1) == 7);
	assert_true(action_number(&bench.input, "m", 1) == 1);
	assert_null(action_text(&bench.input, "n"));
	first = action_change(&bench.input, &bench.output);
	first->verb = "one";
	second = action_change(&bench.input, &bench.output);
	second->verb = "two";
	assert_int_equal(bench.output.count, 2);
	assert_string_equal(bench.output.changes[0].verb, "one");
	assert_string_equal(bench.output.changes[1].verb, "two");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_start),
	    CASE(test_start_refused),
	    CASE(test_broken_configuration),
	    CASE(test_reload),
	    CASE(test_rebuild_map),
	    CASE(test_set_permissions),
	    CASE(test_refresh_chroot),
	    CASE(test_queue),
	    CASE(test_queue_empty),
	    CASE(test_table),
	    CASE(test_parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
