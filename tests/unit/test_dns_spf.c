/*
 * test_dns_spf.c - what the check spf tells, and what explain is told
 *
 * Purpose  rows for each domain, address and family that is not known; the
 *          greeting; an answer over the pipe, and what is none; name servers
 *          that lie, know nothing, contradict each other
 * Input    identities and a zone of its own
 * Errors   a failed assertion
 * Runs as  any user
 * Source   agent/probes/dns_spf.c, agent/probes/spf_question.h
 */
#include <sys/socket.h>

#include <errno.h>

#include "agent/probes/dns_look.h"
#include "agent/probes/spf_question.h"
#include "tests/unit/dns_zone.h"
#include "tests/unit/probe_run.h"

extern const struct dns_check dns_check_spf;

static const struct dns_check *const checks[] = {&dns_check_spf, NULL};

static int64_t left_ms = 60000;

static struct fact_set *
tell(struct arena *arena, const struct identity *identity)
{
	struct zone *zone = arena_alloc(arena, 1, sizeof(*zone));
	struct fact_set *set = fact_set_new(arena);
	struct fact_out *out = fact_out_to_set(set);
	const struct dns_asker asker = {zone_ask, zone};
	struct dns_look look = {.arena = arena,
	    .identity = identity,
	    .book = dns_book_new(arena, clock_boot_ms() + left_ms)};

	zone->arena = arena;
	/* a name server that knows nothing is asked nothing more */
	zone_put(zone, ".", DNS_NS, "a.root.test");
	zone_put(zone, "example.com", DNS_TXT, "v=spf1 ip4:192.0.2.10 -all");
	zone_put(zone, "two.test", DNS_TXT, "v=spf1 -all");
	zone_put(zone, "two.test", DNS_TXT, "v=spf1 ~all");
	zone_put(zone, "mx.example.com", DNS_TXT, "v=spf1 -all");
	zone_put(zone, "split.test", DNS_TXT, "v=spf1 a:in.test -all");
	zone_put(zone, "in.test", DNS_A, "10.0.0.5");
	zone_put(zone, "near.test", DNS_TXT, "a=b");
	zone_put(
	    zone, "near.test", DNS_TXT, " \"v=spf1 ip4:203.0.113.0/24 ~all\"");
	zone_put(zone, "far.test", DNS_TXT, " v=spf1 ip4:203.0.113.1 -all");
	zone_put(zone, "far.test", DNS_TXT, " v=spf1 ip4:203.0.113.2 -all");
	zone_break(zone, "late.test", DNS_TIMEOUT);
	dns_look_run(checks, &look, &asker, false, NULL, out);
	fact_out_end(out);
	fact_out_free(out);
	return set;
}

static const struct identity whole = {
    .addresses = {{"192.0.2.10", AF_INET, "route"},
                  {"2001:db8::10", AF_INET6, "route"}       },
    .address_count = 2,
    .domains = { {.name = "example.com", .is_sender = true},
                  {.name = "two.test", .is_sender = true},
                  {.name = "none.test", .is_sender = true},
                  {.name = "late.test", .is_sender = true},
                  {.name = "host.localdomain", .is_sender = true},
                  {.name = "hosted.test", .is_hosted = true}},
    .domain_count = 6,
    .helo = "mx.example.com",
};

static void
rows(void **state)
{
	static const char paste[] = "example.com. 3600 IN TXT \"v=spf1 "
	                            "ip4:192.0.2.10 ip6:2001:db8::10 -all\"";
	static const char four[] = "example.com/192.0.2.10";
	static const char six[] = "example.com/2001:db8::10";
	struct arena *arena = arena_new();
	struct fact_set *set = tell(arena, &whole);

	(void)state;
	assert_fact_text(set, "spf", four, "result", "pass");
	assert_fact_text(set, "spf", four, "term", "ip4:192.0.2.10");
	assert_fact_text(set, "spf", four, "paste", "");
	assert_fact_text(set, "spf", six, "result", "fail");
	assert_fact_bool(set, "spf", six, "is_left_out", true);
	assert_fact_text(
	    set, "spf", six, "why", "-all in the record of example.com");
	assert_fact_text(set, "spf", six, "paste", paste);
	assert_fact_text(set, "spf_record", "example.com", "state", "ok");
	assert_fact_text(set, "spf_record", "example.com", "paste", "");
	assert_fact_text(set, "spf_record", "two.test", "state", "multiple");
	assert_fact_text(
	    set, "spf", "two.test/192.0.2.10", "result", "permerror");
	assert_fact_text(set, "spf_record", "none.test", "state", "none");
	assert_fact_unknown(set, "spf_record", "late.test", "state",
	    "TXT of late.test: no name server answered in time");
	assert_fact_unknown(set, "spf", "late.test/192.0.2.10", "result",
	    "TXT of late.test: no name server answered in time");
	/* the greeting is judged, and its record is nobody's sender's */
	assert_fact_text(
	    set, "spf", "mx.example.com/192.0.2.10", "result", "fail");
	assert_fact_bool(
	    set, "spf", "mx.example.com/192.0.2.10", "is_sender", false);
	assert_null(fact_row_find(
	    fact_table_get(set, schema_table_find("spf_record", NULL)),
	    "mx.example.com"));
	/* two senders that are none of the DNS, or none */
	assert_int_equal(
	    fact_table_get(set, schema_table_find("spf_record", NULL))->count,
	    4);
	arena_free(arena);
}

/* Nothing is asked any more, and what was judged so far took too long. */
static void
over(void **state)
{
	struct arena *arena = arena_new();
	struct fact_set *set;

	(void)state;
	left_ms = -1000;
	set = tell(arena, &whole);
	assert_int_equal(
	    fact_table_get(set, schema_table_find("spf", NULL))->state,
	    FACT_KNOWN);
	left_ms = -10000;
	set = tell(arena, &whole);
	assert_int_equal(
	    fact_table_get(set, schema_table_find("spf", NULL))->state,
	    FACT_UNKNOWN);
	left_ms = 60000;
	arena_free(arena);
}

static void
untold(void **state)
{
	struct arena *arena = arena_new();
	struct identity nat = whole;
	struct fact_set *set;

	(void)state;
	nat.addresses[0] = whole.addresses[1];
	nat.address_count = 1;
	nat.address_unknown[0] = "it is behind NAT";
	set = tell(arena, &nat);
	assert_fact_unknown(
	    set, "spf", "example.com/IPv4", "result", "it is behind NAT");
	assert_fact_text(
	    set, "spf", "example.com/2001:db8::10", "result", "fail");
	nat.address_count = 0;
	nat.relay = "[relay.test]";
	nat.address_unknown[1] = "mail leaves through [relay.test]";
	set = tell(arena, &nat);
	assert_fact_text(set, "spf_record", "none.test", "state", "none");
	assert_fact_unknown(set, "spf_record", "none.test", "paste",
	    "no address of this host is known");
	assert_int_equal(
	    fact_table_get(set, schema_table_find("spf", NULL))->count, 0);
	nat.domain_count = 0;
	nat.domains_unknown = "they are in a database";
	set = tell(arena, &nat);
	assert_int_equal(
	    fact_table_get(set, schema_table_find("spf", NULL))->state,
	    FACT_UNKNOWN);
	arena_free(arena);
}

/* What one domain has sent by a relay of its own is not ours to judge. */
static void
elsewhere(void **state)
{
	struct arena *arena = arena_new();
	struct identity own = whole;
	struct fact_set *set;
	const struct fact_table *table;

	(void)state;
	own.domains[0].has_relay_of_its_own = true;
	own.address_unknown[1] = "it is behind NAT";
	set = tell(arena, &own);
	table = fact_table_get(set, schema_table_find("spf", NULL));
	assert_null(fact_row_find(table, "example.com/192.0.2.10"));
	assert_null(fact_row_find(table, "example.com/IPv6"));
	assert_non_null(fact_row_find(table, "none.test/192.0.2.10"));
	assert_fact_text(set, "spf_record", "example.com", "state", "ok");
	arena_free(arena);
}

static void
pipe_answers(void **state)
{
	const char *const tree[] = {"a", "  b", NULL};
	const struct spf_answer answer = {.result = SPF_FAIL,
	    .explanation = "no",
	    .lookups = 11,
	    .voids = 3,
	    .term = "-all",
	    .term_domain = "a.test",
	    .tree = tree};
	struct arena *arena = arena_new();
	AUTO_BUF struct buf bytes = {0};
	struct spf_answer got;
	struct why why = {0};

	(void)state;
	spf_answer_put(&bytes, &answer);
	assert_int_equal(
	    spf_answer_get(arena, bytes.text, bytes.length, &got, &why), 0);
	assert_int_equal(got.result, SPF_FAIL);
	assert_int_equal(got.lookups, 11);
	assert_string_equal(got.tree[1], "  b");
	assert_null(got.tree[2]);
	assert_null(got.problem);
	/* cut anywhere, longer, or with a result that there is not */
	for (size_t i = 0; i < bytes.length; i++)
		assert_int_equal(
		    spf_answer_get(arena, bytes.text, i, &got, &why), -EPROTO);
	bytes.text[0] = SPF_RESULT_MAX;
	assert_int_equal(
	    spf_answer_get(arena, bytes.text, bytes.length, &got, &why),
	    -EPROTO);
	bytes.text[0] = SPF_PASS;
	buf_add_char(&bytes, 'x');
	assert_int_equal(
	    spf_answer_get(arena, bytes.text, bytes.length, &got, &why),
	    -EPROTO);
	arena_free(arena);
}

/* A second name server of its own. */
struct pair {
	struct zone first, second;
};

static int
pair_ask(void *state, struct arena *arena, const struct dns_query *queries,
    size_t count, uint32_t deadline_ms, struct dns_result *ret, struct why *why)
{
	struct pair *pair = state;

	return zone_ask(
	    count > 0 && queries[0].is_second ? &pair->second : &pair->first,
	    arena, queries, count, deadline_ms, ret, why);
}

static int
liar_ask(void *state, struct arena *arena, const struct dns_query *queries,
    size_t count, uint32_t deadline_ms, struct dns_result *ret, struct why *why)
{
	static const struct dns_record record = {.name = "192.0.2.80",
	    .data = (const uint8_t *)"v=spf1 a -all",
	    .length = 13};

	(void)state;
	(void)arena;
	(void)queries;
	(void)deadline_ms;
	(void)why;
	for (size_t i = 0; i < count; i++)
		ret[i] = (struct dns_result){
		    .records = &record, .count = 1, .server = "192.0.2.53"};
	return 0;
}

static const struct spf_query explained = {
    .domain = "a.test", .address = "192.0.2.1", .wants_tree = true};

static void
believed(void **state)
{
	struct arena *arena = arena_new();
	struct pair *pair = arena_alloc(arena, 1, sizeof(*pair));
	const struct dns_asker both = {pair_ask, pair}, liar = {liar_ask, NULL};
	struct spf_answer answer;
	struct why why = {0};

	(void)state;
	pair->first.arena = pair->second.arena = arena;
	assert_int_equal(
	    spf_question_judge(arena, &liar, false, &explained, &answer, &why),
	    -EBADMSG);
	assert_non_null(strstr(why.text, "makes up answers"));
	assert_int_equal(
	    spf_question_judge(arena, &both, false, &explained, &answer, &why),
	    -EBADMSG);
	assert_non_null(strstr(why.text, "knows of nothing"));
	zone_put(&pair->first, ".", DNS_NS, "a.root.test");
	assert_int_equal(
	    spf_question_judge(arena, &both, true, &explained, &answer, &why),
	    0);
	assert_int_equal(answer.result, SPF_NONE);
	/* the other one has what the first one denies */
	zone_put(&pair->second, ".", DNS_NS, "a.root.test");
	zone_put(&pair->second, "a.test", DNS_TXT, "v=spf1 ip4:192.0.2.1 -all");
	assert_int_equal(
	    spf_question_judge(arena, &both, true, &explained, &answer, &why),
	    0);
	assert_int_equal(answer.result, SPF_TEMPERROR);
	assert_int_equal(
	    spf_question_judge(arena, &both, false, &explained, &answer, &why),
	    0);
	assert_int_equal(answer.result, SPF_NONE);
	arena_free(arena);
}

/* A name of its own network may have another address for the world. */
static void
split_view(void **state)
{
	static const char key[] = "split.test/192.0.2.10";
	struct identity identity = {
	    .addresses = {{"192.0.2.10", AF_INET, "configured"}},
	    .address_count = 1,
	    .domains = {{.name = "split.test", .is_sender = true}},
	    .domain_count = 1};
	struct arena *arena = arena_new();

	(void)state;
	assert_fact_text(tell(arena, &identity), "spf", key, "result", "fail");
	identity.is_inside[PROBE_V4] = true;
	assert_fact_unknown(tell(arena, &identity), "spf", key, "result",
	    "in.test has a private address here, which the world may see "
	    "differently");
	arena_free(arena);
}

/* What receivers pass over, and was meant as a record, is kept. */
static void
near(void **state)
{
	struct identity identity = whole;
	struct arena *arena = arena_new();
	struct fact_set *set;

	(void)state;
	identity.domains[0].name = "near.test";
	identity.domains[1].name = "far.test";
	identity.domain_count = 2;
	set = tell(arena, &identity);
	assert_fact_text(set, "spf_record", "near.test", "state", "none");
	assert_fact_text(set, "spf_record", "near.test", "paste",
	    "near.test. 3600 IN TXT \"v=spf1 ip4:203.0.113.0/24 "
	    "ip4:192.0.2.10 ip6:2001:db8::10 ~all\"");
	assert_fact_text(set, "spf_record", "near.test", "problem",
	    "One that was meant as such, and that receivers pass over: "
	    "\" \"v=spf1 ip4:203.0.113.0/24 ~all\"\"");
	/* which of two was meant is not known */
	assert_fact_text(set, "spf_record", "far.test", "problem", "");
	assert_fact_text(set, "spf_record", "far.test", "paste",
	    "far.test. 3600 IN TXT \"v=spf1 ip4:192.0.2.10 "
	    "ip6:2001:db8::10 ~all\"");
	arena_free(arena);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows),
	    cmocka_unit_test(over),
	    cmocka_unit_test(untold),
	    cmocka_unit_test(elsewhere),
	    cmocka_unit_test(split_view),
	    cmocka_unit_test(near),
	    cmocka_unit_test(pipe_answers),
	    cmocka_unit_test(believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
