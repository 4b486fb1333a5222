/*
 * test_relay.c - a host that sends all mail through a relay
 *
 * Purpose  unit tests of agent/mta/postfix_relay.c, mta_relay.c, and of what
 *          makes refusals of them
 * Input    settings, a main.cf, events of deliveries: as text
 * Errors   a failed assertion
 * Runs as  any user
 * Source   agent/mta/mta_throttle.h
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "agent/mta/postfix.h"
#include "tests/unit/unit.h"

static struct arena *arena;
static struct mta mta;

static int
begin(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int
end(void **state)
{
	(void)state;
	arena = arena_free(arena);
	return 0;
}

/* What our transports are like with these settings. */
static const struct mta_throttle *
sending(const char *text)
{
	static const char master[] = "smtp unix - - y - - smtp\n";
	struct postfix_settings settings;
	struct postfix_services services = {0};
	struct why why = {0};

	postfix_settings_parse(arena, text, strlen(text), &settings);
	assert_int_equal(postfix_master_parse(arena, "master.cf", master,
	                     strlen(master), &services, &why),
	    0);
	mta = (struct mta){.config_dir = "/nowhere",
	    .has_settings = true,
	    .version = "3.7.11",
	    .ops = &postfix_ops};
	postfix_throttle_find(arena, &settings, &services, &mta);
	return mta.throttle;
}

static void
test_names(void **state)
{
	static const struct {
		const char *relayhost, *name;
		bool is_domain;
		unsigned port;
	} cases[] = {
	    {"[Smart.test]:587",        "smart.test",  false, 587},
	    {"[smart.test]",            "smart.test",  false, 25 },
	    {"smart.test:submission",   "smart.test",  true,  587},
	    {"smart.test:70000",        "smart.test",  true,  25 },
	    {"[a.test]:smtps",          "a.test",      false, 465},
	    {"smart.test.",             "smart.test",  true,  25 },
	    {"[192.0.2.7]:25",          "192.0.2.7",   false, 25 },
	    {"[ipv6:2001:db8::1]:26",   "2001:db8::1", false, 26 },
	    {"[2001:db8::1]",           "2001:db8::1", false, 25 },
	    {"[a.test], [b.test]:587",  "a.test",      false, 25 },
	    {"isp.test, [backup.test]", "isp.test",    true,  25 },
	};

	(void)state;
	assert_null(sending("relayhost = \ndefault_transport = smtp\n")->relay);
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		const struct mta_relay *relay = sending(
		    arena_printf(arena, "relayhost = %s\n", cases[i].relayhost))
		                                    ->relay;

		assert_non_null(relay);
		assert_string_equal(relay->name, cases[i].name);
		assert_int_equal(relay->is_domain, cases[i].is_domain);
		assert_int_equal(mta_relay_port(relay), cases[i].port);
		assert_string_equal(relay->nexthop, "");
	}
	assert_string_equal(sending("relayhost = [a.test]\n"
	                            "default_transport = smtp:[b.test]:587\n")
	                        ->relay->name,
	    "b.test");
}

static void
test_families(void **state)
{
	static const struct {
		const char *value;
		bool has_v4, has_v6;
	} cases[] = {
	    {"all",        true,  true },
	    {"ipv4",       true,  false},
	    {"ipv6",       false, true },
	    {"ipv4, ipv6", true,  true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		const struct mta_throttle *throttle = sending(arena_printf(
		    arena, "inet_protocols = %s\n", cases[i].value));

		assert_int_equal(!throttle->is_without_v4, cases[i].has_v4);
		assert_int_equal(!throttle->is_without_v6, cases[i].has_v6);
	}
}

static void
test_refusals(void **state)
{
	static const struct {
		const char *settings,
		    *refusal; /* NULL: it can be slowed down */
	} cases[] = {
	    {"relayhost = [a.test]\n",	                                 NULL            },
	    {"relayhost = [a.test]\ndefault_transport = smtp:[b.test]\n",      NULL            },
	    {"default_transport = smtp:[a.test], [b.test]\n",                  "several relays"},
	    {"relayhost = [a.test]\nsender_dependent_relayhost_maps = "
	     "hash:/etc/postfix/relays\n",	                "by the sender" },
	    {"relayhost = [a.test]\nsender_dependent_default_transport_maps = "
	     "hash:/etc/postfix/transports\n",	            "by the sender" },
 /* our own, and what is left of it when the relay has gone */
	    {"relayhost = [a.test]\nsender_dependent_default_transport_maps = "
	     "static:mailfix-c2:\n",	                      NULL            },
	    {"relayhost = [a.test]\nsender_dependent_default_transport_maps = "
	     "randmap:{mailfix-s1:,mailfix-s2:}\n",               NULL            },
	    {"sender_dependent_default_transport_maps = static:mailfix-c2:\n",
             "not used any more"	                                                       },
	    {"relayhost = [a.test]\ndefault_transport = lmtp:unix:x\n",
             "no such service"	                                                         },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		const char *refusal = sending(cases[i].settings)->refusal;

		if ((refusal == NULL) != (cases[i].refusal == NULL) ||
		    (refusal != NULL &&
		        strstr(refusal, cases[i].refusal) == NULL))
			fail_msg("%s: %s", cases[i].settings,
			    refusal != NULL ? refusal : "no refusal");
	}
}

static struct span
span_of(const char *text)
{
	return (struct span){text, text != NULL ? (uint32_t)strlen(text) : 0};
}

static void
test_deliveries(void **state)
{
	static const char boxed[] = "relayhost = [Smart.test]:587\n";
	static const char domain[] = "relayhost = isp.test\n"
	                             "transport_maps = hash:/etc/postfix/t\n";
	static const char alone[] =
	    "relayhost = isp.test\ntransport_maps = "
	    "hash:$config_directory/mailfix_transport\n";
	static const char filtered[] = "relayhost = isp.test\n"
	                               "content_filter = smtp:[filter.test]\n";

	static const struct {
		const char *settings, *transport, *relay;
		bool is_relay;
	} cases[] = {
	    {boxed,    "smtp",       "smart.test",     true },
	    {boxed,    "mailfix-c2", "SMART.test",     true },
	    {boxed,    "mailfix-s1", "smart.test",     true },
	    {boxed,    "relay",      "smart.test",     false},
	    {boxed,    "smtp",       "mx.smart.test",  false},
	    {boxed,    "smtp",       "internal.test",  false},
	    {boxed,    "smtp",       "x.smart.test",   false},
	    {boxed,    "smtp",       NULL,             true },
	    {domain,   "smtp",       "mx1.isp.test",   true },
	    {domain,   "smtp",       "isp.test",       true },
	    {domain,   "smtp",       "mx1xisp.test",   false},
	    {domain,   "smtp",       "internal.test",  false},
	    {domain,   "smtp",       NULL,             false},
	    {alone,    "smtp",       "mx.hoster.test", true },
	    {filtered, "smtp",       "filter.test",    false},
	    {"",       "smtp",       "mx.isp.test",    false},
	};

	(void)state;
	assert_false(mta_relay_takes(NULL, &(struct log_event){0}));
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct log_event event = {
		    .transport = span_of(cases[i].transport),
		    .relay = span_of(cases[i].relay)};

		if (mta_relay_takes(sending(cases[i].settings), &event) !=
		    cases[i].is_relay)
			fail_msg("%s: by %s to %s", cases[i].settings,
			    cases[i].transport, cases[i].relay);
	}
}

static void
test_values(void **state)
{
	static const struct {
		const char *step, *plain, *with_nexthop;
	} cases[] = {
	    {"c2",    "static:mailfix-c2:",                "static:mailfix-c2:[a.test]:587"   },
	    {"d10",   "static:mailfix-d10:",               "static:mailfix-d10:[a.test]:587"  },
	    {"r1",    "static:mailfix-s1:",                "static:mailfix-s1:[a.test]:587"   },
	    {"m20",   "static:mailfix-m20:",               "static:mailfix-m20:[a.test]:587"  },
	    {"pause",
             "static:mailfix-pause:",                      "static:mailfix-pause:[a.test]:587"},
	    {"r2",    "randmap:{mailfix-s1:,mailfix-s2:}",
             "randmap:{mailfix-s1:[a.test]:587,mailfix-s2:[a.test]:587}"                      },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		const struct step *step = step_find(cases[i].step);

		assert_string_equal(
		    postfix_relay_value(arena,
		        sending("relayhost = [a.test]:587\n")->relay, step),
		    cases[i].plain);
		assert_string_equal(
		    postfix_relay_value(arena,
		        sending("default_transport = smtp:[a.test]:587\n")
		            ->relay,
		        step),
		    cases[i].with_nexthop);
		assert_true(postfix_relay_is_ours(cases[i].plain));
		assert_true(postfix_relay_is_ours(cases[i].with_nexthop));
	}
}

/* What main.cf says now is what the relay is slowed down to. */
static void
test_rows(void **state)
{
	static const struct {
		const char *main_cf, *step;
		size_t rows;
	} cases[] = {
	    {"relayhost = [a.test]\n",	                                 NULL, 0},
	    {"sender_dependent_default_transport_maps = \n",                   NULL, 0},
	    {"sender_dependent_default_transport_maps = static:mailfix-c2:\n",
             "c2",	                                                           1},
	    {"sender_dependent_default_transport_maps =\n  "
	     "randmap:{mailfix-s1:,mailfix-s2:,mailfix-s3:}\n",   "r3", 1},
	    {"sender_dependent_default_transport_maps = static:x:\n",          NULL, 1},
	    {"sender_dependent_default_transport_maps = "
	     "static:mailfix-s1:[b.test]\n",	              "r1", 1},
	};

	char dir[] = "/tmp/mailfix-relay-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct mta_throttle_rows rows;
		struct why why = {0};

		(void)sending("relayhost = [a.test]\n");
		mta.config_dir = dir;
		((struct mta_throttle *)(uintptr_t)mta.throttle)->table =
		    "/nowhere/mailfix_transport";
		assert_int_equal(
		    file_replace(AT_FDCWD,
		        arena_printf(arena, "%s/main.cf", dir),
		        cases[i].main_cf, strlen(cases[i].main_cf), NULL, &why),
		    0);
		assert_int_equal(
		    postfix_throttle_rows(arena, &mta, &rows, &why), 0);
		assert_int_equal(rows.count, cases[i].rows);
		if (rows.count == 0)
			continue;
		assert_true(rows.rows[0].is_relay);
		assert_string_equal(rows.rows[0].domain, "a.test");
		assert_ptr_equal(rows.rows[0].step, step_find(cases[i].step));
		/* the relay has gone, what was set for it not */
		((struct mta_throttle *)(uintptr_t)mta.throttle)->relay = NULL;
		assert_int_equal(
		    postfix_throttle_rows(arena, &mta, &rows, &why), 0);
		assert_null(rows.rows[0].domain);
		assert_true(rows.rows[0].is_relay);
	}
	assert_int_equal(unlink(arena_printf(arena, "%s/main.cf", dir)), 0);
	assert_int_equal(rmdir(dir), 0);
}

/* No table and no list of tables: services, their limits, the one setting. */
static void
test_provision(void **state)
{
	struct mta_provision made;

	(void)state;
	(void)sending("relayhost = [a.test]\n");
	postfix_throttle_relay(arena, &mta, step_find("c2"), &made);
	assert_false(made.needs_table);
	assert_int_equal(made.setting_count, 0);
	assert_int_equal(made.service_count, 6);
	assert_string_equal(made.value, "static:mailfix-c2:");
	postfix_throttle_relay(arena, &mta, step_find("pause"), &made);
	assert_int_equal(made.setting_count, 1);
	assert_string_equal(made.settings[0].name, "defer_transports");
	postfix_throttle_provision(arena, &mta, step_find("c2"), NULL, &made);
	assert_true(made.needs_table);
	assert_string_equal(made.settings[0].name, "transport_maps");
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)
	static const struct CMUnitTest tests[] = {
	    CASE(test_names),
	    CASE(test_families),
	    CASE(test_refusals),
	    CASE(test_deliveries),
	    CASE(test_values),
	    CASE(test_rows),
	    CASE(test_provision),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
