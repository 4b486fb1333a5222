/*
 * test_spf.c - what the suite of RFC 7208 does not ask about SPF
 *
 * Purpose  counts, trees, strangers, doubts, waves; records of a domain, and
 *          what they should be instead
 * Input    zones of its own
 * Errors   a failed assertion
 * Runs as  any user
 * Source   agent/dns/spf.h, spf_domain.h, spf_repair.h, spf_mend.h
 */
#include <string.h>

#include "agent/dns/spf_domain.h"
#include "agent/dns/spf_mend.h"
#include "tests/unit/dns_zone.h"
#include "tests/unit/unit.h"

struct world {
	struct zone zone;
	struct dns_book *book;
	struct dns_asker asker;
};

static int
world_begin(void **state)
{
	struct world *world = test_calloc(1, sizeof(*world));

	world->zone.arena = arena_new();
	*state = world;
	return 0;
}

static int
world_end(void **state)
{
	struct world *world = *state;

	arena_free(world->zone.arena);
	test_free(world);
	return 0;
}

static void
put(struct world *world, const char *name, const char *record)
{
	zone_put(&world->zone, name, DNS_TXT, record);
}

static void
book_begin(struct world *world)
{
	world->book = dns_book_new(world->zone.arena, clock_boot_ms() + 60000);
	world->asker = (struct dns_asker){zone_ask, &world->zone};
}

static struct spf_answer
check(struct world *world, const char *address, const char *domain)
{
	const struct spf_query query = {
	    .address = address, .domain = domain, .wants_tree = true};
	struct spf_answer answer;
	struct why why = {0};

	book_begin(world);
	while (!spf_check(world->book, world->zone.arena, &query, &answer))
		assert_true(
		    dns_book_wave(world->book, &world->asker, &why) > 0);
	return answer;
}

static struct spf_domain
judge(struct world *world, const char *first, const char *second)
{
	const char *const addresses[] = {first, second};
	const size_t count =
	    (first != NULL ? 1U : 0U) + (second != NULL ? 1U : 0U);
	struct spf_domain domain;
	struct why why = {0};

	book_begin(world);
	while (!spf_domain_judge(world->book, world->zone.arena, "a.test",
	    "mx.a.test", addresses, count, &domain))
		assert_true(
		    dns_book_wave(world->book, &world->asker, &why) > 0);
	return domain;
}

static void
assert_paste(const struct spf_domain *domain, const char *record)
{
	char want[512];

	if (record == NULL) {
		assert_null(domain->paste);
		return;
	}
	assert_non_null(domain->paste);
	(void)snprintf(
	    want, sizeof(want), "a.test. 3600 IN TXT \"%s\"", record);
	assert_string_equal(domain->paste, want);
}

static void
counts(void **state)
{
	struct world *world = *state;
	struct spf_answer answer;

	put(world, "a.test", "v=spf1 mx a:gone.a.test include:b.test -all");
	put(world, "b.test", "v=spf1 a ip4:192.0.2.9 -all");
	zone_put(&world->zone, "a.test", DNS_MX, "m1.a.test");
	zone_put(&world->zone, "a.test", DNS_MX, "m2.a.test");
	zone_put(&world->zone, "b.test", DNS_A, "192.0.2.8");
	answer = check(world, "192.0.2.9", "a.test");
	assert_int_equal(answer.result, SPF_PASS);
	assert_string_equal(answer.term, "include:b.test");
	assert_string_equal(answer.term_domain, "a.test");
	assert_int_equal(answer.lookups, 4);
	/* two servers without an address are one term, and count once */
	assert_int_equal(answer.voids, 2);
	assert_string_equal(answer.void_names, "m1.a.test A, gone.a.test A");
	/* the record; all that it names; what these name */
	assert_int_equal(dns_book_waves(world->book), 3);
	assert_string_equal(answer.tree[0],
	    "a.test: v=spf1 mx a:gone.a.test include:b.test -all");
	assert_string_equal(answer.tree[3], "  lookup 3: include:b.test");
	assert_string_equal(answer.tree[6], "      ip4:192.0.2.9: match");
	answer = check(world, "2001:db8::1", "a.test");
	assert_int_equal(answer.result, SPF_PERMERROR);
	assert_int_equal(answer.voids, 3);
	assert_non_null(strstr(answer.problem, "b.test AAAA"));
}

static void
redirected(void **state)
{
	struct world *world = *state;
	struct spf_answer answer;

	put(world, "a.test", "v=spf1 redirect=%{d}.spf.test");
	put(world, "a.test.spf.test", "v=spf1 ?exists:%{ir}.x.test ~all");
	answer = check(world, "192.0.2.9", "a.test");
	assert_int_equal(answer.result, SPF_SOFTFAIL);
	assert_string_equal(answer.term, "~all");
	assert_string_equal(answer.term_domain, "a.test.spf.test");
	assert_int_equal(answer.lookups, 2);
	assert_int_equal(answer.voids, 1);
	zone_put(&world->zone, "9.2.0.192.x.test", DNS_A, "127.0.0.2");
	answer = check(world, "192.0.2.9", "a.test");
	assert_int_equal(answer.result, SPF_NEUTRAL);
	assert_string_equal(answer.term, "?exists:%{ir}.x.test");
}

static void
doubts(void **state)
{
	struct world *world = *state;
	struct spf_domain domain;

	put(world, "a.test", "v=spf1 ptr a:mx.a.test exists:%{l}.a.test -all");
	zone_put(&world->zone, "mx.a.test", DNS_A, "127.0.1.1");
	zone_break(&world->zone, "1.2.0.192.in-addr.arpa", DNS_TIMEOUT);
	domain = judge(world, "192.0.2.1", NULL);
	assert_int_equal(domain.state, SPF_STATE_OK);
	assert_int_equal(domain.senders[0].answer.result, SPF_FAIL);
	assert_non_null(strstr(domain.senders[0].unknown, "PTR of 1.2.0.192"));
	assert_paste(&domain, NULL);
	/* its resolver's own data; then by the local part */
	world->zone.broken_count = 0;
	world->zone.is_local = true;
	domain = judge(world, "192.0.2.1", NULL);
	assert_non_null(strstr(domain.senders[0].unknown, "mx.a.test"));
	world->zone.is_local = false;
	domain = judge(world, "192.0.2.1", NULL);
	assert_non_null(strstr(domain.senders[0].unknown, "%{l}.a.test"));
	/* what passes is past all doubt */
	zone_put(&world->zone, "postmaster.a.test", DNS_A, "127.0.0.2");
	domain = judge(world, "192.0.2.1", NULL);
	assert_null(domain.senders[0].unknown);
	assert_int_equal(domain.senders[0].answer.result, SPF_PASS);
}

static void
untold(void **state)
{
	struct world *world = *state;
	struct spf_domain domain;

	put(world, "a.test", "v=spf1 include:b.test ip4:192.0.2.1 -all");
	zone_break(&world->zone, "b.test", DNS_SERVFAIL);
	domain = judge(world, "192.0.2.1", NULL);
	assert_string_equal(domain.unknown, domain.senders[0].unknown);
	assert_non_null(strstr(domain.unknown, "TXT of b.test"));
	zone_break(&world->zone, "a.test", DNS_REFUSED);
	world->zone.count = 0;
	domain = judge(world, NULL, NULL);
	assert_non_null(strstr(domain.unknown, "TXT of a.test"));
}

static void
strangers(void **state)
{
	struct world *world = *state;
	struct spf_domain domain;

	put(world, "a.test",
	    "v=spf1 exists:%{i}.1.test exists:%{i}.2.test "
	    "exists:%{i}.3.test a:gone.test ip4:192.0.2.1 -all");
	domain = judge(world, NULL, NULL);
	/* what depends on who sends is counted, and is not asked in vain */
	assert_int_equal(domain.state, SPF_STATE_OK);
	assert_int_equal(domain.lookups, 4);
	assert_int_equal(domain.voids, 1);
	assert_string_equal(domain.void_names, "gone.test A");
	assert_false(domain.passes_all);
	world->zone.count = 0;
	put(world, "a.test", "v=spf1 ip4:0.0.0.0/0 -all");
	domain = judge(world, "192.0.2.1", NULL);
	assert_true(domain.passes_all);
	world->zone.count = 0;
	put(world, "a.test", "v=spf1 include:b.test -all");
	put(world, "b.test", "v=spf1 +all");
	assert_true(judge(world, "192.0.2.1", NULL).passes_all);
	world->zone.count = 0;
	put(world, "a.test", "v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all");
	domain = judge(world, "192.0.2.1", NULL);
	assert_true(domain.passes_all);
	assert_int_equal(domain.state, SPF_STATE_OK);
	assert_paste(&domain, "v=spf1 ip4:192.0.2.1 ~all");
	world->zone.count = 0;
	put(world, "a.test", "v=spf1 ip6:2000::/3 -all");
	assert_true(judge(world, "2001:db8::1", NULL).passes_all);
	/* wide, and not all; and many that may be one company's */
	world->zone.count = 0;
	put(world, "a.test", "v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/2 -all");
	assert_false(judge(world, "192.0.2.1", NULL).passes_all);
	world->zone.count = 0;
	put(world, "a.test",
	    "v=spf1 ip4:24.0.0.0/8 ip4:89.0.0.0/8 ip4:150.0.0.0/8 "
	    "ip4:202.0.0.0/8 -all");
	assert_false(judge(world, "192.0.2.1", NULL).passes_all);
}

/* Between what is shown of many and the one that matches. */
static void
cut(void **state)
{
	struct world *world = *state;
	char address[32];

	put(world, "a.test", "v=spf1 a -all");
	for (unsigned i = 1; i <= 16; i++) {
		(void)snprintf(address, sizeof(address), "192.0.2.%u", i);
		zone_put(&world->zone, "a.test", DNS_A,
		    arena_dup(world->zone.arena, address));
	}
	assert_string_equal(check(world, "192.0.2.1", "a.test").tree[1],
	    "  lookup 1: a (a.test: 192.0.2.1): match");
	assert_string_equal(check(world, "192.0.2.2", "a.test").tree[1],
	    "  lookup 1: a (a.test: 192.0.2.1, 192.0.2.2): match");
	assert_string_equal(check(world, "192.0.2.11", "a.test").tree[1],
	    "  lookup 1: a (a.test: 192.0.2.1, 192.0.2.2, 192.0.2.3, "
	    "192.0.2.4, ... 192.0.2.11): match");
	assert_string_equal(check(world, "192.0.2.99", "a.test").tree[1],
	    "  lookup 1: a (a.test: 192.0.2.1, 192.0.2.2, 192.0.2.3, "
	    "192.0.2.4, 12 more): no match");
}

/* What cannot be seen in a record is shown. */
static void
octets(void **state)
{
	struct world *world = *state;
	struct spf_answer answer;

	put(world, "a.test", "v=spf1 ip4:192.0.2.1 \xe2\x80\x8b-all\xc3\xbc");
	answer = check(world, "192.0.2.1", "a.test");
	assert_int_equal(answer.result, SPF_PERMERROR);
	assert_string_equal(answer.tree[0],
	    "a.test: v=spf1 ip4:192.0.2.1 \\226\\128\\139-all\\195\\188");
	assert_string_equal(judge(world, "192.0.2.1", NULL).record,
	    "v=spf1 ip4:192.0.2.1 \\226\\128\\139-all\\195\\188");
	world->zone.count = 0;
	zone_add(&world->zone, "a.test", DNS_TXT, 0, "v=spf1 \0-all\x1b", 13);
	answer = check(world, "192.0.2.1", "a.test");
	assert_string_equal(answer.tree[0], "a.test: v=spf1 \\000-all\\027");
}

static void
pastes(void **state)
{
	/* clang-format off: what is there, and under it what it should be */
	static const struct {
		const char *first, *second; /* records that are there */
		enum spf_state state;
		const char *paste; /* for 192.0.2.1 and 2001:db8::1; or NULL */
	} cases[] = {
	    {NULL,	                                      NULL,                      SPF_STATE_NONE,
             "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 ~all"	                                                                                                       },
	    {"v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all",       NULL,                      SPF_STATE_OK,
             NULL	                                                                                                                                              },
	    {"v=spf1 ip4:192.0.2.1 -all exp=e.%{d}",            NULL,                      SPF_STATE_OK,
             "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all exp=e.%{d}"	                                                                                            },
	    {"v=spf1 a:b.test ?all ip4:192.0.2.1",              NULL,                      SPF_STATE_OK,
             "v=spf1 a:b.test ip4:192.0.2.1 ip6:2001:db8::1 ?all"	                                                                                              },
	    {"v=spf1 redirect=ok.test",                         NULL,                      SPF_STATE_OK,
             "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 redirect=ok.test"	                                                                                           },
 /* refused before the end: in front of that */
	    {"v=spf1 -ip4:192.0.2.0/24 ip6:2001:db8::/32 -all", NULL,
             SPF_STATE_OK,	                                                                          "v=spf1 ip4:192.0.2.1 -ip4:192.0.2.0/24 ip6:2001:db8::/32 "
	        "-all"	                                                                                                               },
	    {"v=spf1 ip4:192.0.2.1 +all",                       NULL,                      SPF_STATE_OK,
             "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 ~all"	                                                                                                       },
	    {"v=spf1 ip4:192.0.2.1 -all",                       "v=spf1 a:b.test ~all",
             SPF_STATE_MULTIPLE,	                                                                    "v=spf1 ip4:192.0.2.1 a:b.test ip6:2001:db8::1 ~all"       },
	    {"v=spf1 ip4:192.0.2.1 -all",                       "v=spf1 redirect=ok.test",
             SPF_STATE_MULTIPLE,	                                                                    "v=spf1 ip4:192.0.2.1 include:ok.test ip6:2001:db8::1 -all"},
	    {"v=spf1 include:none.test ip4:192.0.2.1 -all",     NULL,
             SPF_STATE_ERROR,	                                                                       "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all"                },
	    {"v=spf1 include:a.test ip4:192.0.2.1 -all",        NULL,                      SPF_STATE_ERROR,
             "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all"	                                                                                                       },
	    {"v=spf1 redirect=none.test",                       NULL,                      SPF_STATE_ERROR,
             "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 ~all"	                                                                                                       },
	    {"v=spf1 ip4:192.0.2.1-all",                        NULL,                      SPF_STATE_ERROR,
             "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all"	                                                                                                       },
	    {"v=spf1 ipv4:192.0.2.1 \xe2\x80\x8b-all",          NULL,                      SPF_STATE_ERROR,
             "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all"	                                                                                                       },
 /* nobody can tell what that was */
	    {"v=spf1 ip4:192.0.2.1 moo -all",                   NULL,                      SPF_STATE_ERROR,
             "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all"	                                                                                                       },
 /* too long for others still, but ours come before that */
	    {"v=spf1 a:b.test a:b.test/31 a:b.test/30 a:b.test/29 a:b.test/28 "
	     "a:b.test/27 a:b.test/26 mx:m.test/31 mx:m.test/30 mx:m.test "
	     "mx:m.test/29 -all",	          NULL,	              SPF_STATE_ERROR,
             "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 a:b.test a:b.test/31 "
	        "a:b.test/30 a:b.test/29 a:b.test/28 a:b.test/27 a:b.test/26 "
	        "mx:m.test/31 mx:m.test/30 mx:m.test mx:m.test/29 -all"	                                                                                        },
	};
	/* clang-format on */
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct spf_domain domain;

		world->zone.count = 0;
		put(world, "ok.test", "v=spf1 ip4:198.51.100.1 -all");
		zone_put(&world->zone, "b.test", DNS_A, "198.51.100.2");
		zone_put(&world->zone, "b.test", DNS_AAAA, "2001:db8:f::2");
		zone_put(&world->zone, "m.test", DNS_MX, "b.test");
		if (cases[i].first != NULL)
			put(world, "a.test", cases[i].first);
		if (cases[i].second != NULL)
			put(world, "a.test", cases[i].second);
		domain = judge(world, "192.0.2.1", "2001:db8::1");
		assert_null(domain.unknown);
		assert_int_equal(domain.state, cases[i].state);
		assert_paste(&domain, cases[i].paste);
	}
}

static void
left_out(void **state)
{
	struct world *world = *state;
	struct spf_domain domain;

	put(world, "a.test", "v=spf1 ?ip4:192.0.2.1 ip4:198.51.100.1");
	domain = judge(world, "192.0.2.1", "192.0.2.2");
	assert_int_equal(domain.senders[0].answer.result, SPF_NEUTRAL);
	assert_false(domain.senders[0].is_left_out);
	assert_int_equal(domain.senders[1].answer.result, SPF_NEUTRAL);
	assert_true(domain.senders[1].is_left_out);
}

static void
mended(void **state)
{
	static const struct {
		const char *word, *meant, *more;
	} cases[] = {
	    {"-ip:2001:db8::1", "-ip6:2001:db8::1", NULL  },
	    {"ip4:mx.a.test",   "a:mx.a.test",      NULL  },
	    {"ip6:192.0.2.1",   "ip4:192.0.2.1",    NULL  },
	    {"a:192.0.2.1/24",  "ip4:192.0.2.1/24", NULL  },
	    {"redirect:b.test", "redirect=b.test",  NULL  },
	    {"mx;",             "mx",               NULL  },
	    {"mx~all",          "mx",               "~all"},
	    {"ip4:192.0.2",     NULL,               NULL  },
	    {"include",         NULL,               NULL  },
	    {",",               NULL,               NULL  },
	};
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		const char *more = NULL;
		const char *meant =
		    spf_term_mend(world->zone.arena, cases[i].word, &more);

		if (cases[i].meant == NULL) {
			assert_null(meant);
			continue;
		}
		assert_non_null(meant);
		assert_string_equal(meant, cases[i].meant);
		if (cases[i].more != NULL)
			assert_string_equal(more, cases[i].more);
		else
			assert_null(more);
	}
}

/* Ten of the ten levels each include the next, and the last one itself. */
static void
bounded(void **state)
{
	struct world *world = *state;
	AUTO_BUF struct buf record = {0};
	struct spf_answer answer;

	put(world, "a.test", "v=spf1 include:a.test include:a.test -all");
	answer = check(world, "192.0.2.1", "a.test");
	assert_int_equal(answer.result, SPF_PERMERROR);
	assert_int_equal(answer.lookups, SPF_LOOKUPS_MAX + 1);
	world->zone.count = 0;
	buf_add(&record, "v=spf1");
	for (unsigned i = 0; i < 3000; i++)
		buf_addf(&record, " exists:%%{l}.%u.test", i);
	put(world, "a.test", buf_text(&record));
	answer = check(world, "192.0.2.1", "a.test");
	assert_int_equal(answer.result, SPF_PERMERROR);
	/* no more is asked than would ever count */
	assert_true(dns_book_questions(world->book) <= SPF_LOOKUPS_MAX + 1);
	world->zone.count = 0;
	buf_clear(&record);
	buf_add(&record, "v=spf1 exists:");
	for (unsigned i = 0; i < 9000; i++)
		buf_add(&record, "%{s}");
	put(world, "a.test", buf_text(&record));
	answer = check(world, "192.0.2.1", "a.test");
	assert_int_equal(answer.result, SPF_NEUTRAL);
}

/* What a check read is gone after it, but for its answer. */
static void
small(void **state)
{
	struct world *world = *state;
	const struct spf_query query = {
	    .address = "192.0.2.1", .domain = "a.test"};
	AUTO_BUF struct buf record = {0};
	struct spf_answer answer;
	struct why why = {0};
	size_t before;

	buf_add(&record, "v=spf1");
	for (unsigned i = 0; i < 3000; i++)
		buf_addf(&record, " ip4:198.51.%u.%u", i / 250, i % 250);
	put(world, "b.test", buf_text(&record));
	put(world, "a.test", "v=spf1 include:b.test -all");
	book_begin(world);
	while (!spf_check(world->book, world->zone.arena, &query, &answer))
		assert_true(
		    dns_book_wave(world->book, &world->asker, &why) > 0);
	before = arena_bytes(world->zone.arena);
	assert_true(spf_check(world->book, world->zone.arena, &query, &answer));
	assert_true(arena_bytes(world->zone.arena) - before < 1024);
	assert_int_equal(answer.result, SPF_FAIL);
	assert_string_equal(answer.term, "-all");
	assert_string_equal(answer.records[0], "v=spf1 include:b.test -all");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)
	static const struct CMUnitTest tests[] = {
	    TEST(counts),
	    TEST(redirected),
	    TEST(doubts),
	    TEST(untold),
	    TEST(strangers),
	    TEST(cut),
	    TEST(octets),
	    TEST(pastes),
	    TEST(left_out),
	    TEST(mended),
	    TEST(bounded),
	    TEST(small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
