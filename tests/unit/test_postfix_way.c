/*
 * test_postfix_way.c - where mail leaves, as tables of the admin say
 *
 * Purpose  unit tests of agent/mta/postfix_way.c
 * Input    settings and answers of tables in this file; no Postfix is needed
 * Errors   a failing assertion
 * Runs as  any user
 * Source   transport(5), postconf(5)
 */
#include <errno.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/mta/postfix.h"
#include "agent/mta/postfix_way.h"
#include "tests/unit/unit.h"

static unsigned asked;

/* A table's name is what it answers: "=" a tab, ";" the end of a line. */
static int
table_answer(struct arena *arena, const char *table, const struct buf *keys,
    const char **ret, struct why *why)
{
	char *text = arena_dup(arena, strchr(table, ':') + 1);

	asked++;
	assert_int_equal(keys->text[keys->length - 1], '\n');
	if (text_starts(table, "broken:"))
		return why_set(why, -EIO, "%s cannot be asked", table);
	for (char *p = text; *p != '\0'; p++)
		*p = *p == '=' ? '\t' : *p == ';' ? '\n' : *p;
	*ret = text;
	return 0;
}

static struct postfix_settings
settings_of(struct arena *arena, const char *text)
{
	struct postfix_settings settings;

	postfix_settings_parse(arena, text, strlen(text), &settings);
	return settings;
}

static void
test_default(void **state)
{
	static const struct {
		const char *maps;
		bool is_told;
		const char *relay;
	} cases[] = {
	    {"",	                                                                 false, NULL             },
	    {"hash:",	                                                            false, NULL             },
	    {"hash:*=smtp:[Relay.test];",	                                        true,  "relay.test"     },
	    {"proxy:hash:*=smtp:[relay.test]:587;",                                      true,  "relay.test:587" },
	    {"hash:*=:relay.test;",	                                              true,  "relay.test"     },
	    {"hash:*=lmtp:inet:relay.test:24;",                                          true,  "relay.test:24"  },
	    {"hash:*=slow:;",	                                                    true,  NULL             },
	    {"hash:*=slow;",	                                                     true,  NULL             },
	    {"hash:*=:;",	                                                        false, NULL             },
	    {"hash:*=error:no.test;",	                                            true,  NULL             },
	    {"hash:*=lmtp:unix:/run/x;",	                                         true,  NULL             },
	    {"hash:*=smtp:[127.0.0.1]:10024;",                                           true,  "127.0.0.1:10024"},
	    {"hash:*=smtp:[mx.a.test]:10024;",                                           true,  NULL             },
 /* a pattern sees whole addresses, and they come first */
	    {"hash:*=slow:; "
	     "pcre:mailfix-probe@mailfix-probe.invalid=smtp:[relay.test];", true,  "relay.test"     },
	    {"hash:*=smtp:[one.test]; hash:*=smtp:[two.test];",                          true,
             "one.test"	                                                                                  },
	    {"broken:mailfix_transport hash:*=smtp:[relay.test];",                       true,
             "relay.test"	                                                                                },
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct postfix_settings settings = settings_of(
		    *state, arena_printf(*state,
		                "myhostname = mx.a.test\ntransport_maps = %s\n",
		                cases[i].maps));
		struct postfix_way way;
		struct why why = {0};

		assert_int_equal(postfix_way_find(*state, &settings,
		                     table_answer, &way, &why),
		    0);
		if (way.is_told != cases[i].is_told ||
		    !text_equal(way.relay != NULL ? way.relay : "",
		        cases[i].relay != NULL ? cases[i].relay : ""))
			fail_msg(
			    "%s: %d %s", cases[i].maps, way.is_told, way.relay);
	}
}

static void
test_cannot_be_asked(void **state)
{
	struct postfix_settings settings =
	    settings_of(*state, "transport_maps = hash: broken:x\n");
	struct postfix_way way;
	struct why why = {0};

	assert_int_equal(
	    postfix_way_find(*state, &settings, table_answer, &way, &why),
	    -EIO);
	assert_string_equal(why.text, "broken:x cannot be asked");
	settings = settings_of(
	    *state, "transport_maps = a: a: a: a: a: a: a: a: a:\n");
	assert_int_equal(
	    postfix_way_find(*state, &settings, table_answer, &way, &why),
	    -E2BIG);
}

static void
test_senders(void **state)
{
	static const char *const domains[] = {
	    "a.test", "b.test", "c.test", "d.test", "e.test"};
	bool got[ARRAY_COUNT(domains)];
	struct why why = {0};
	struct postfix_settings settings = settings_of(*state,
	    "sender_dependent_relayhost_maps = "
	    "hash:@a.test=[relay.test]:587;@b.test=DUNNO;"
	    "@d.test=[127.0.0.1]:10025;\n"
	    "sender_dependent_default_transport_maps = "
	    "hash:@c.test=smtp:[relay.test];@e.test=slow:;\n");

	asked = 0;
	assert_int_equal(
	    postfix_way_senders(*state, &(struct mta_own){.settings = settings},
	        table_answer, domains, ARRAY_COUNT(domains), got, &why),
	    1);
	/* all domains at once */
	assert_int_equal(asked, 2);
	assert_true(got[0] && got[2] && got[3]);
	assert_false(got[1] || got[4]);
	/* nothing, or ours */
	settings =
	    settings_of(*state, "sender_dependent_default_transport_maps = "
	                        "static:mailfix-s1:[relay.test]\n");
	assert_int_equal(
	    postfix_way_senders(*state, &(struct mta_own){.settings = settings},
	        table_answer, domains, ARRAY_COUNT(domains), got, &why),
	    0);
	assert_false(got[0]);
	settings =
	    settings_of(*state, "sender_dependent_relayhost_maps = broken:x\n");
	assert_int_equal(
	    postfix_way_senders(*state, &(struct mta_own){.settings = settings},
	        table_answer, domains, ARRAY_COUNT(domains), got, &why),
	    -EIO);
}

/* Many domains of one host, each with an address of its own. */
static void
test_senders_bound(void **state)
{
	static const char *const domains[] = {"a.test", "b.test", "c.test"};
	static const char services[] =
	    "smtp unix - - y - - smtp\n"
	    "slow unix - - y - - smtp\n"
	    "out2 unix - - y - - smtp -o smtp_bind_address=192.0.2.11\n";
	struct mta_own own = {
	    .settings = settings_of(*state,
	        "sender_dependent_default_transport_maps = "
	        "hash:@a.test=out2:;@b.test=slow:;@c.test=gone:;\n")};
	bool got[ARRAY_COUNT(domains)];
	struct why why = {0};

	assert_int_equal(postfix_master_parse(*state, "master.cf", services,
	                     strlen(services), &own.services, &why),
	    0);
	assert_int_equal(postfix_way_senders(*state, &own, table_answer,
	                     domains, ARRAY_COUNT(domains), got, &why),
	    1);
	assert_true(got[0]);
	assert_false(got[1] || got[2]);
}

static void
test_rewrite(void **state)
{
	static const struct {
		const char *settings;
		bool is_hosted, is_rewritten;
	} cases[] = {
	    {"",	                                                false, false},
	    {"smtp_generic_maps = hash:@a.test=me@isp.test;\n",         false, true },
	    {"smtp_generic_maps = hash:@a.test=me@isp.test;\n",         true,  true },
	    {"smtp_generic_maps = hash:@a.test=@A.Test;\n",             false, false},
	    {"smtp_generic_maps = hash:@a.test=me;\n",                  false, false},
	    {"smtp_generic_maps = hash:root@a.test=me@isp.test;\n",     false,
             true	                                                           },
	    {"smtp_generic_maps = hash:root@a.test=me@isp.test;\n",     true,
             false	                                                          },
	    {"canonical_maps = pcre:mailfix-probe@a.test=x@b.test;\n",  true,
             true	                                                           },
	    {"sender_canonical_maps = hash:@a.test=@b.test;\n",         true,  true },
	    {"sender_canonical_maps = hash:@a.test=@b.test;\n"
	     "sender_canonical_classes = header_sender\n", true,  false},
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct postfix_settings settings =
		    settings_of(*state, cases[i].settings);
		struct mta_domain domain = {.name = "a.test",
		    .is_sender = true,
		    .is_hosted = cases[i].is_hosted};
		struct mta_identity identity = {
		    .domains = &domain, .domain_count = 1};
		struct why why = {0};

		assert_int_equal(postfix_way_rewrite(*state, &settings,
		                     table_answer, &identity, &why),
		    0);
		if (domain.is_rewritten != cases[i].is_rewritten ||
		    domain.is_sender == cases[i].is_rewritten)
			fail_msg("%zu: %s", i, cases[i].settings);
	}
}

static int
setup(void **state)
{
	*state = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	*state = arena_free(*state);
	return 0;
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_default, setup, teardown),
    cmocka_unit_test_setup_teardown(test_cannot_be_asked, setup, teardown),
    cmocka_unit_test_setup_teardown(test_senders, setup, teardown),
    cmocka_unit_test_setup_teardown(test_senders_bound, setup, teardown),
    cmocka_unit_test_setup_teardown(test_rewrite, setup, teardown),
};

int
main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
