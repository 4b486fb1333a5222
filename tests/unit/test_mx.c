/*
 * test_mx.c - which domains are asked about, and who shares servers
 *
 * Purpose  the same set in any order is one group; what is not known is alone
 * Input    answers that a fake name server gives
 * Errors   a failed assertion
 * Runs as  any user
 * Source   mx.h, mail_name.h
 */
#include <string.h>

#include "agent/base/auto.h"
#include "agent/mail/mail_name.h"
#include "agent/probes/mx.h"
#include "tests/unit/probe_run.h"

static const struct dns_record both[] = {
    {.preference = 20, .name = "mx2.prov.test"},
    {.preference = 10, .name = "mx1.prov.test"}
};
static const struct dns_record again[] = {
    {.preference = 5, .name = "mx1.prov.test"},
    {.preference = 7, .name = "mx2.prov.test"},
    {.preference = 9, .name = "mx2.prov.test"}
};
static const struct dns_record null_mx[] = {{.name = "."}};
static const struct dns_record evil[] = {{.name = "mx\\093\\058.test"}};

static const struct {
	const char *domain;
	enum dns_outcome outcome;
	const struct dns_record *records;
	size_t count;
} answers[] = {
    {"b.test",     DNS_ANSWER,  both,    2},
    {"A.test",     DNS_ANSWER,  again,   3},
    {"null.test",  DNS_ANSWER,  null_mx, 1},
    {"null2.test", DNS_ANSWER,  null_mx, 1},
    {"evil.test",  DNS_ANSWER,  evil,    1},
    {"none.test",  DNS_NODATA,  NULL,    0},
    {"late.test",  DNS_TIMEOUT, NULL,    0},
};

static size_t asked;

static int
ask(struct dns_servers *servers, struct arena *arena,
    const struct dns_query *queries, size_t count,
    const struct dns_limits *limits, struct dns_result *ret, struct why *why)
{
	(void)servers;
	(void)arena;
	(void)limits;
	(void)why;
	asked = count;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < ARRAY_COUNT(answers); k++)
			if (strcmp(answers[k].domain, queries[i].name) == 0)
				ret[i] = (struct dns_result){
				    .outcome = answers[k].outcome,
				    .records = answers[k].records,
				    .count = answers[k].count};
	return 0;
}

static struct fact_set *
tell(struct arena *arena, const struct throttle_list *list)
{
	struct fact_set *set = fact_set_new(arena);
	struct fact_out *out = fact_out_to_set(set);
	struct dns_servers servers = {0};

	mx_tell(ask, &servers, arena, list, out);
	fact_out_end(out);
	fact_out_free(out);
	return set;
}

static void
groups(void **test)
{
	static const struct throttle slowed[] = {
	    {.domain = "b.test", .step = "c2"},
	    {.domain = "late.test",                  .step = "c2", .group = "[x.test]"},
	    {.domain = "fast.test"}
        };
	static const char *const refused[] = {"A.test", "B.TEST", "null.test",
	    "null2.test", "evil.test", "none.test", "[192.0.2.1]", "?"};
	struct throttle_list list = {.rows = slowed,
	    .count = ARRAY_COUNT(slowed),
	    .refused = refused,
	    .refused_count = ARRAY_COUNT(refused)};
	struct arena *arena = arena_new();
	struct fact_set *set = tell(arena, &list);

	(void)test;
	assert_int_equal(asked, 7);
	assert_fact_text(
	    set, "mx", "b.test", "servers", "[mx1.prov.test],[mx2.prov.test]");
	assert_fact_text(
	    set, "mx", "A.test", "servers", "[mx1.prov.test],[mx2.prov.test]");
	assert_fact_text(set, "mx", "b.test", "group", "A.test");
	assert_fact_text(set, "mx", "A.test", "group", "A.test");
	assert_fact_bool(set, "mx", "b.test", "moved", false);
	assert_fact_text(set, "mx", "null.test", "servers", "");
	assert_fact_text(set, "mx", "null.test", "group", "null.test");
	assert_fact_text(set, "mx", "evil.test", "servers", "");
	assert_fact_text(set, "mx", "none.test", "servers", "");
	assert_fact_unknown(set, "mx", "late.test", "servers",
	    "no name server answered in time");
	assert_fact_unknown(
	    set, "mx", "late.test", "moved", "no name server answered in time");
	arena_free(arena);
}

static void
moved(void **test)
{
	static const struct throttle slowed[] = {
	    {.domain = "b.test",
             .step = "c2",
             .group = "[mx1.prov.test],[mx2.prov.test]"                     },
	    {.domain = "A.test",    .step = "c2", .group = "[mx1.prov.test]"},
	    {.domain = "none.test", .step = "c2", .group = "[mx1.prov.test]"}
        };
	struct throttle_list list = {
	    .rows = slowed, .count = ARRAY_COUNT(slowed)};
	struct arena *arena = arena_new();
	struct fact_set *set = tell(arena, &list);

	(void)test;
	assert_fact_bool(set, "mx", "b.test", "moved", false);
	assert_fact_bool(set, "mx", "A.test", "moved", true);
	assert_fact_bool(set, "mx", "none.test", "moved", true);
	arena_free(arena);
}

static void
nothing_to_ask(void **test)
{
	struct arena *arena = arena_new();
	struct fact_set *set = tell(arena, NULL);

	(void)test;
	assert_int_equal(
	    fact_table_get(set, schema_table_find("mx", NULL))->state,
	    FACT_KNOWN);
	arena_free(arena);
}

static void
names(void **test)
{
	static const char *const good[] = {"a.test", "A-b_1.x9", "1.2.3.4a"};
	static const char *const bad[] = {"", "test", ".a.test", "a.test.",
	    "a..test", "192.0.2.1", "a b.test", "[a.test]", "a.test:25",
	    "a\\.test", "-a.test", "a,b.test"};
	unsigned count;

	(void)test;
	for (size_t i = 0; i < ARRAY_COUNT(good); i++)
		assert_true(mail_domain_ok(good[i]));
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
		if (mail_domain_ok(bad[i]))
			fail_msg("%s was taken", bad[i]);
	assert_true(mail_servers_ok("[a.test],[b.test]", &count));
	assert_int_equal(count, 2);
	assert_false(mail_servers_ok("", &count));
	assert_false(mail_servers_ok("[a.test]:25", &count));
	assert_false(mail_servers_ok("[a.test],", &count));
	assert_false(mail_servers_ok("[a.test", &count));
	assert_false(mail_servers_ok("a.test", &count));
	assert_false(mail_servers_ok("[192.0.2.1]", &count));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(groups),
	    cmocka_unit_test(moved),
	    cmocka_unit_test(nothing_to_ask),
	    cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
