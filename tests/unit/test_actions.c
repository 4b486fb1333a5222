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
	struct mta_param params[4];
	size_t param_count;
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

/* Of an account: what the log says of it has to be seen in the queue. */
static void
test_queue_account(void **state)
{
	const char *account[][2] = {
	    {"account", "login:alice"},
	    {NULL,      NULL         },
	};
	const char *least[][2] = {
	    {"account", "login:alice"},
	    {"least",   "4"          },
	    {NULL,      NULL         },
	};
	const char *capped[][2] = {
	    {"account", "login:alice"},
	    {"max",     "2"          },
	    {NULL,      NULL         },
	};

	(void)state;
	refused(-EALREADY, plan_queue("hold-queue", account, 3, 3, 90),
	    "only 3 of its messages wait: nothing to hold");
	refused(-EALREADY, plan_queue("hold-queue", account, 24, 24, 24),
	    "only 24 of");
	assert_int_equal(plan_queue("hold-queue", account, 25, 25, 25), 0);
	change_is("queue-move", "hold-account", bench.output.changes[0].text);
	refused(-EALREADY, plan_queue("hold-queue", least, 3, 3, 9), "only 3");
	assert_int_equal(plan_queue("hold-queue", least, 4, 4, 9), 0);
	/* it is what waits that counts, not what one change takes of it */
	assert_int_equal(plan_queue("hold-queue", capped, 2, 25, 90), 0);
	refused(-EALREADY, plan_queue("hold-queue", account, 0, 0, 9), "no me");
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

/* The parameter of that name, and what master.cf and main.cf set. */
static int
plan_with(const char *name, const char *param, const char *text, double number)
{
	static const struct mta_service services[] = {
	    {"smtp",       "inet", "smtpd",      "-",  100},
	    {"submission", "inet", "smtpd",      "20", 20 },
	    {"open",       "inet", "smtpd",      "0",  0  },
	    {"25",         "inet", "postscreen", "1",  1  },
	    {"smtp",       "unix", "smtp",       "-",  100},
	};
	static struct mta mta = {.services = services, .service_count = 5};
	const struct action *action = action_find(name);
	const struct action_param *spec = action->spec.params;
	struct lint lint = {.arena = bench.arena};
	struct expr_place place = {.file = "test", .line = 1};

	while (strcmp(spec->name, param) != 0)
		spec++;
	bench.param = (struct fix_param){.spec = spec, .number = number};
	if (text != NULL)
		bench.param.text =
		    template_parse(bench.arena, text, NULL, place, &lint);
	lint_done(&lint);
	mta.params = bench.params;
	mta.param_count = bench.param_count;
	bench.input.mta = &mta;
	bench.output = (struct action_output){0};
	bench.why = (struct why){0};
	return action->plan(&bench.input, &bench.output, &bench.why);
}

static void
process_facts(double available_mib, double session_s)
{
	cell("host", "", "memory_available",
	    VALUE_NUMBER_OF(available_mib * 1048576));
	cell("host", "", "memory_total", VALUE_NUMBER_OF(1000.0 * 1048576));
	cell("mta", "", "process_memory", VALUE_NUMBER_OF(2.0 * 1048576));
	cell("log", "", "session_time", VALUE_NUMBER_OF(session_s));
}

static void
test_process_limit(void **state)
{
	static const struct {
		const char *service;
		double available_mib;
		const char *before, *after;
	} cases[] = {
	    {"smtp",       900, "-",  "150"}, /* half as many again */
	    {"submission", 900, "20", "30" },
	    {"smtp",       220, "-",  "130"}, /* (220 - 100) / 4 MiB more */
	    {"smtp",       140, "-",  "110"}, /* a tenth is worth it */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		process_facts(cases[i].available_mib, 3);
		assert_int_equal(plan_with("set-process-limit", "service",
		                     cases[i].service, 0),
		    0);
		assert_int_equal(bench.output.count, 1);
		assert_string_equal(
		    bench.output.changes[0].before, cases[i].before);
		assert_string_equal(
		    bench.output.changes[0].after, cases[i].after);
		assert_string_equal(
		    bench.output.changes[0].detail, "reload both");
	}
	assert_string_equal(bench.output.changes[0].target, "smtp/inet");
	assert_string_equal(bench.output.changes[0].text,
	    "master.cf: smtp inet: at most 110 processes");
	assert_string_equal(
	    bench.output.changes[0].kind->name, "postfix-service");
}

static void
test_process_limit_refused(void **state)
{
	(void)state;
	refused(-ENODATA, plan_with("set-process-limit", "service", "smtp", 0),
	    "session_time is not known");
	process_facts(900, 3);
	refused(-ENODATA, plan_with("set-process-limit", "service", "", 0),
	    "which service");
	refused(-ENODATA,
	    plan_with("set-process-limit", "service", "smtp/unix", 0),
	    "which service");
	refused(-EPERM, plan_with("set-process-limit", "service", "25", 0),
	    "postscreen");
	refused(-EALREADY, plan_with("set-process-limit", "service", "open", 0),
	    "not limited");
	process_facts(136, 3);
	refused(-EPERM, plan_with("set-process-limit", "service", "smtp", 0),
	    "enough for 9 more");
	process_facts(50, 3);
	refused(-EPERM, plan_with("set-process-limit", "service", "smtp", 0),
	    "enough for 0 more");
	process_facts(900, 30);
	refused(-EPERM, plan_with("set-process-limit", "service", "smtp", 0),
	    "wait");
	/* none runs to be measured: 16 MiB and its helpers are not free */
	process_facts(500, 3);
	cell("mta", "", "process_memory", VALUE_UNKNOWN_OF("none runs"));
	assert_int_equal(
	    plan_with("set-process-limit", "service", "smtp", 0), 0);
	assert_string_equal(bench.output.changes[0].after, "125");
}

static const struct mta_throttle sends_both = {.transport = "smtp"};

static int
prefer_plan(const struct mta_throttle *throttle, const char *value)
{
	static struct mta mta = {.has_settings = true};
	static const struct mta_ops ops = {.kind = "postfix"};
	struct mta_param param = {"smtp_address_preference", value, 3};

	mta.ops = &ops;
	mta.throttle = throttle;
	mta.params = &param;
	mta.param_count = value != NULL;
	bench.input.mta = &mta;
	bench.output = (struct action_output){0};
	bench.why = (struct why){0};
	return action_find("prefer-ipv4")
	    ->plan(&bench.input, &bench.output, &bench.why);
}

static void
test_prefer_ipv4(void **state)
{
	const struct mta_throttle without_v4 = {.is_without_v4 = true},
	                          without_v6 = {.is_without_v6 = true},
	                          by_hand = {
	                              .args =
	                                  "-o smtp_address_preference=ipv6"};

	(void)state;
	refused(-ENODATA, prefer_plan(&sends_both, NULL),
	    "egress.state_v4 is not known");
	cell("egress", "", "state_v4", VALUE_TEXT_OF("path"));
	refused(-EPERM, prefer_plan(&sends_both, NULL), "not open");
	cell("egress", "", "state_v4", VALUE_TEXT_OF("open"));
	refused(-EOPNOTSUPP, prefer_plan(NULL, NULL), "mail system");
	refused(-EPERM, prefer_plan(&without_v4, NULL), "leaves IPv4 out");
	refused(-EALREADY, prefer_plan(&without_v6, NULL), "IPv4 alone");
	refused(-EALREADY, prefer_plan(&sends_both, "IPv4"), "already");
	refused(-EPERM, prefer_plan(&sends_both, "any"), "somebody has set");
	refused(-EPERM, prefer_plan(&by_hand, NULL), "of its own");
	assert_int_equal(prefer_plan(&sends_both, NULL), 0);
	change_is("postfix-param", "set", "set smtp_address_preference = ipv4");
	assert_null(bench.output.changes[0].before);
	assert_string_equal(bench.output.changes[0].after, "ipv4");
	assert_string_equal(bench.output.changes[0].detail, "reload both");
}

static void
client_facts(const char *address, const char *name, double messages,
    double at_once, bool is_own)
{
	cell("client", address, "name", VALUE_TEXT_OF(name));
	cell("client", address, "messages", VALUE_NUMBER_OF(messages));
	cell("client", address, "at_once", VALUE_NUMBER_OF(at_once));
	cell("client", address, "rejects", VALUE_NUMBER_OF(0));
	cell("client", address, "auth_failures", VALUE_NUMBER_OF(0));
	cell("client", address, "own", VALUE_BOOL_OF(is_own));
	cell("mta", "", "process_limit", VALUE_NUMBER_OF(100));
	cell("mta", "", "client_connections", VALUE_NUMBER_OF(50));
}

static void
param_is(const char *name, const char *value)
{
	bench.params[bench.param_count++] =
	    (struct mta_param){.name = name, .value = value};
}

#define EXCEPTIONS "smtpd_client_event_limit_exceptions"

static int
exempt(const char *address)
{
	return plan_with("limit-clients", "exempt", address, 0);
}

static void
test_exempt(void **state)
{
	(void)state;
	client_facts("192.0.2.7", "mx.test", 9, 50, false);
	client_facts("2001:db8::7", "mx6.test", 9, 50, false);
	assert_int_equal(exempt("192.0.2.7"), 0);
	change_is("postfix-param", "set",
	    "set " EXCEPTIONS " = $mynetworks, 192.0.2.7");
	assert_null(bench.output.changes[0].before);
	assert_int_equal(exempt("2001:db8::7"), 0);
	assert_string_equal(
	    bench.output.changes[0].after, "$mynetworks, [2001:db8::7]");
	param_is(EXCEPTIONS, "10.0.0.1");
	assert_int_equal(exempt("192.0.2.7"), 0);
	assert_string_equal(bench.output.changes[0].before, "10.0.0.1");
	assert_string_equal(
	    bench.output.changes[0].after, "10.0.0.1, 192.0.2.7");
	bench.params[0].value = "";
	assert_int_equal(exempt("192.0.2.7"), 0);
	assert_string_equal(bench.output.changes[0].after, "192.0.2.7");
}

static void
test_exempt_refused(void **state)
{
	(void)state;
	refused(-ENODATA, exempt("192.0.2.7"), "not known");
	client_facts("192.0.2.7", "unknown", 9, 50, false);
	refused(-EPERM, exempt("192.0.2.7"), "strangers");
	client_facts("192.0.2.7", "mx.test", 0, 50, false);
	refused(-EPERM, exempt("192.0.2.7"), "strangers");
	client_facts("192.0.2.7", "mx.test", 9, 51, false);
	refused(-EPERM, exempt("192.0.2.7"), "most of the processes");
	client_facts("192.0.2.7", "mx.test", 9, 50, false);
	cell("client", "192.0.2.7", "auth_failures", VALUE_NUMBER_OF(1));
	refused(-EPERM, exempt("192.0.2.7"), "something else");
	client_facts("192.0.2.7", "mx.test", 9, 50, false);
	cell("client", "192.0.2.7", "rejects", VALUE_NUMBER_OF(9));
	refused(-EPERM, exempt("192.0.2.7"), "something else");
	client_facts("192.0.2.7", "mx.test", 9, 50, true);
	refused(-EALREADY, exempt("192.0.2.7"), "not limited");
	client_facts("0.0.0.0/0", "mx.test", 9, 50, false);
	refused(-EPERM, exempt("0.0.0.0/0"), "no address");
	client_facts("192.0.2.7, 0.0.0.0/0", "mx.test", 9, 50, false);
	refused(-EPERM, exempt("192.0.2.7, 0.0.0.0/0"), "no address");
	client_facts("hash:/tmp/x", "mx.test", 9, 50, false);
	refused(-EPERM, exempt("hash:/tmp/x"), "no address");
}

static int
limit_share(double share)
{
	return plan_with("limit-clients", "share", NULL, share);
}

static void
test_limit_clients(void **state)
{
	(void)state;
	client_facts("203.0.113.1", "unknown", 0, 48, false);
	client_facts("192.0.2.9", "relay.test", 99, 90, true);
	client_facts("192.0.2.8", "mx.test", 9, 10, false);
	assert_int_equal(limit_share(0.1), 0);
	change_is("postfix-param", "set",
	    "set smtpd_client_connection_count_limit = 10");
	assert_string_equal(bench.output.changes[0].detail, "reload both");
	/* a person's program needs five, however few processes there are */
	assert_int_equal(limit_share(0.01), 0);
	assert_int_equal(bench.output.count, 2);
	assert_string_equal(bench.output.changes[1].after, "5");
	/* who sends real mail and needs more is exempt, ours is already */
	client_facts("192.0.2.7", "mx.test", 9, 30, false);
	param_is("smtpd_client_connection_count_limit", "40");
	assert_int_equal(limit_share(0.1), 0);
	assert_int_equal(bench.output.count, 2);
	assert_string_equal(
	    bench.output.changes[0].after, "$mynetworks, 192.0.2.7");
	assert_string_equal(
	    bench.output.changes[0].detail, "reload-after-undo");
	assert_string_equal(bench.output.changes[1].before, "40");
	assert_string_equal(bench.output.changes[1].detail, "reload");
	/* one with a name and a message, who would take all of them */
	client_facts("192.0.2.7", "mx.test", 1, 60, false);
	assert_int_equal(limit_share(0.1), 0);
	assert_int_equal(bench.output.count, 1);
}

static void
test_limit_clients_refused(void **state)
{
	(void)state;
	refused(-ENODATA, limit_share(0.1), "not known");
	client_facts("203.0.113.1", "unknown", 0, 48, false);
	refused(-EINVAL, limit_share(0), "either");
	refused(-EINVAL, limit_share(2), "either");
	cell("mta", "", "client_connections", VALUE_NUMBER_OF(8));
	refused(-EALREADY, limit_share(0.1), "more than 8");
	cell("mta", "", "client_connections", VALUE_NUMBER_OF(0));
	assert_int_equal(limit_share(0.1), 0);
	param_is(EXCEPTIONS, "10.0.0.1");
	refused(-EPERM, limit_share(0.1), "our own");
	bench.param_count = 0;
	for (int i = 0; i < 17; i++)
		client_facts(arena_printf(bench.arena, "192.0.2.%d", i + 1),
		    "mx.test", 9, 30, false);
	refused(-EPERM, limit_share(0.1), "more than 16");
}

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
	    CASE(test_queue_account),
	    CASE(test_queue_empty),
	    CASE(test_table),
	    CASE(test_parameters),
	    CASE(test_process_limit),
	    CASE(test_process_limit_refused),
	    CASE(test_prefer_ipv4),
	    CASE(test_exempt),
	    CASE(test_exempt_refused),
	    CASE(test_limit_clients),
	    CASE(test_limit_clients_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
