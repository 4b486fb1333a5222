/*
 * test_dmarc.c - policies as receivers find them, and mail that must stand them
 *
 * Purpose  records, the tree walk, alignment, reports of others
 * Input    the examples of RFC 9989 appendix B, and faults seen in the world
 * Errors   a failed assertion
 * Runs as  any user
 * Source   RFC 9989, RFC 9990
 */
#include "agent/base/auto.h"
#include "agent/dns/dmarc.h"
#include "agent/probes/dns_look.h"
#include "tests/unit/dns_rows.h"
#include "tests/unit/probe_run.h"

#define AT(owner, value) .name = (owner), .type = DNS_TXT, .text = (value)

static const struct {
	const char *text;
	enum dmarc_record_kind kind;
	bool applies;
	enum dmarc_policy policy;
	const char *problem; /* a part of it; NULL: none */
	const char *mended;
} records[] = {
    {"v=DMARC1; p=reject",                                      DMARC_RECORD_GOOD,  true,  DMARC_POLICY_REJECT,     NULL,
     NULL                                                                                                                                                             },
    {"v=DMARC1;p=quarantine;",                                  DMARC_RECORD_GOOD,  true,  DMARC_POLICY_QUARANTINE,
     NULL,                                                                                                                                        NULL                },
    {"v = DMARC1 ; p = None ; ",                                DMARC_RECORD_GOOD,  true,  DMARC_POLICY_NONE,
     NULL,                                                                                                                                        NULL                },
 /* gone with RFC 9989, and whatever nobody knows: passed over */
    {"v=DMARC1; p=reject; pct=abc; rf=x; ri=y; foo=bar",        DMARC_RECORD_GOOD,
     true,                                                                                 DMARC_POLICY_REJECT,     NULL,                         NULL                },
    {"v=DMARC1;; p=reject",                                     DMARC_RECORD_GOOD,  true,  DMARC_POLICY_REJECT,     NULL,
     NULL                                                                                                                                                             },
 /* p need not be the second, nor there at all */
    {"v=DMARC1; sp=none; adkim=s; aspf=R; fo=1:d:s; p=reject",
     DMARC_RECORD_GOOD,                                                             true,  DMARC_POLICY_REJECT,     NULL,                         NULL                },
    {"v=DMARC1; rua=mailto:a@b.test",                           DMARC_RECORD_GOOD,  true,
     DMARC_POLICY_NONE,                                                                                             NULL,                         NULL                },
    {"v=DMARC1; p=none; rua=mailto:a@b.test!10m, mailto:c@d.test?x=y;"
     "ruf=https://x.test/y",                               DMARC_RECORD_GOOD,  true,  DMARC_POLICY_NONE,       NULL,                         NULL                },
    {"v=DMARC1",                                                DMARC_RECORD_GOOD,  false, DMARC_POLICY_NONE,
     "it has no p, and no rua",                                                                                                                   "v=DMARC1; p=none"  },
    {"v=DMARC1; p=rejct",                                       DMARC_RECORD_GOOD,  false, DMARC_POLICY_NONE,
     "p is \"rejct\", and it must be",                                                                                                            "v=DMARC1; p=none"  },
    {"v=DMARC1; p=reject; sp=non; rua=mailto:a@b.test",         DMARC_RECORD_GOOD,  true,
     DMARC_POLICY_NONE,                                                                                             "sp is \"non\"",
     "v=DMARC1; p=reject; rua=mailto:a@b.test"                                                                                                                        },
    {"v=DMARC1; p=reject; adkim=strict",                        DMARC_RECORD_GOOD,  true,
     DMARC_POLICY_REJECT,                                                                                           "adkim is \"strict\"",        "v=DMARC1; p=reject"},
    {"v=DMARC1; p=reject; rua=a@b.test,mailto:c@d.test",        DMARC_RECORD_GOOD,
     true,                                                                                 DMARC_POLICY_REJECT,     "\"a@b.test\" is no address",
     "v=DMARC1; p=reject; rua=mailto:a@b.test,mailto:c@d.test"                                                                                                        },
    {"v=DMARC1; p=reject; rua=mailto:a@b.test mailto:c@d.test",
     DMARC_RECORD_GOOD,                                                             true,  DMARC_POLICY_REJECT,     "before the next",
     "v=DMARC1; p=reject; rua=mailto:a@b.test,mailto:c@d.test"                                                                                                        },
    {"v=DMARC1; p=reject; rua=a@b.test c",                      DMARC_RECORD_GOOD,  true,
     DMARC_POLICY_REJECT,                                                                                           "before the next",
     "v=DMARC1; p=reject; rua=mailto:a@b.test"                                                                                                                        },
    {"v=DMARC1; P=Reject",                                      DMARC_RECORD_GOOD,  false, DMARC_POLICY_NONE,
     "the tag \"P\" counts for nothing: it is written \"p\"",                                                                                     "v=DMARC1; p=Reject"},
    {"v=DMARC1; P=none; p=reject",                              DMARC_RECORD_GOOD,  false, DMARC_POLICY_NONE,
     "twice",                                                                                                                                     "v=DMARC1; p=none"  },
    {"v=DMARC1; p=reject; rua=mailto:nobody",                   DMARC_RECORD_GOOD,  true,
     DMARC_POLICY_REJECT,                                                                                           "no address for reports",     "v=DMARC1; p=reject"},
    {"v=DMARC1; p=reject; p=none",                              DMARC_RECORD_GOOD,  true,  DMARC_POLICY_REJECT,
     "twice",                                                                                                                                     "v=DMARC1; p=reject"},
    {"v=DMARC1; p=reject; sp none",                             DMARC_RECORD_GOOD,  true,
     DMARC_POLICY_REJECT,                                                                                           "\"sp none\" has no \"=\"",   "v=DMARC1; p=reject"},
    {"v=DMARC1; p=reject; fo=2",                                DMARC_RECORD_GOOD,  true,  DMARC_POLICY_REJECT,
     "fo is",                                                                                                                                     "v=DMARC1; p=reject"},
    {"v=DMARC1; p=reject; psd=x",                               DMARC_RECORD_GOOD,  true,  DMARC_POLICY_REJECT,
     "psd is",                                                                                                                                    "v=DMARC1; p=reject"},
    {"v=DMARC1 p=reject",                                       DMARC_RECORD_FALSE, false, DMARC_POLICY_NONE,
     "v is \"DMARC1 p=reject\"",                                                                                                                  NULL                },
    {"v=dmarc1; p=reject",                                      DMARC_RECORD_FALSE, false, DMARC_POLICY_NONE,
     "v is \"dmarc1\"",                                                                                                                           NULL                },
    {"v=DMARC; p=reject",                                       DMARC_RECORD_FALSE, false, DMARC_POLICY_NONE,
     "v is \"DMARC\"",                                                                                                                            NULL                },
    {" v=DMARC1; p=reject",                                     DMARC_RECORD_FALSE, false, DMARC_POLICY_NONE,
     "white space",                                                                                                                               NULL                },
    {"p=reject; v=DMARC1",                                      DMARC_RECORD_FALSE, false, DMARC_POLICY_NONE,
     "does not begin",                                                                                                                            NULL                },
    {"\"v=DMARC1; p=reject\"",                                  DMARC_RECORD_FALSE, false, DMARC_POLICY_NONE,
     "quote marks",                                                                                                                               "v=DMARC1; p=reject"},
    {"v=DMARC1\\; p=reject",                                    DMARC_RECORD_FALSE, false, DMARC_POLICY_NONE,
     "a backslash",                                                                                                                               "v=DMARC1; p=reject"},
    {"v=spf1 -all",                                             DMARC_RECORD_OTHER, false, DMARC_POLICY_NONE,       NULL,                         NULL                },
    {"",                                                        DMARC_RECORD_OTHER, false, DMARC_POLICY_NONE,       NULL,                         NULL                },
};

static void
each_record(void **test)
{
	(void)test;
	for (size_t i = 0; i < ARRAY_COUNT(records); i++) {
		const char *text = records[i].text;
		struct arena *arena = arena_new();
		struct dmarc_record got;

		dmarc_record_read(
		    arena, (const uint8_t *)text, strlen(text), &got);
		if (got.kind != records[i].kind ||
		    got.applies != records[i].applies ||
		    got.policy != records[i].policy)
			fail_msg("%s: kind %d, policy %d", text, got.kind,
			    got.policy);
		if ((got.problem == NULL) != (records[i].problem == NULL) ||
		    (got.problem != NULL &&
		        strstr(got.problem, records[i].problem) == NULL))
			fail_msg("%s: %s", text,
			    got.problem != NULL ? got.problem : "no problem");
		if (records[i].mended != NULL)
			assert_string_equal(got.mended, records[i].mended);
		arena_free(arena);
	}
}

struct world {
	struct arena *arena;
	struct rows_dns rows;
	struct dns_book *book;
};

static struct world
world_new(const struct rows_row *rows)
{
	struct world world = {.arena = arena_new(), .rows = {.rows = rows}};

	world.book = dns_book_new(world.arena, clock_boot_ms() + 10000);
	return world;
}

static bool
wave(struct world *world)
{
	const struct dns_asker asker = {rows_ask, &world->rows};
	struct why why = {0};

	return dns_book_wave(world->book, &asker, &why) > 0;
}

static struct dmarc_walk
walk_of(struct world *world, const char *domain)
{
	struct dmarc_walk walk = {.count = 0};

	while (!dmarc_walk_look(world->arena, world->book, domain, &walk))
		assert_true(wave(world));
	return walk;
}

/* RFC 9989, appendix B.4, and section 4.10.2. */
static const struct rows_row tree[] = {
    {AT("_dmarc.example.com",        "v=DMARC1; p=reject; sp=quarantine; np=none")},
    {AT("_dmarc.signing.example.com",                              "v=DMARC1; p=none")},
    {AT("_dmarc.bank.example","v=DMARC1; p=reject; psd=y")},
    {AT("_dmarc.example",       "v=DMARC1; p=none")},
    {AT("_dmarc.giant.bank.example",                              "v=DMARC1; p=quarantine")},
    {AT("_dmarc.apart.example.com",     "v=DMARC1; p=none; psd=n")},
    {AT("there.example.com", "x")},
    {.name = "there.example.com",                              .type = DNS_A, .text = "192.0.2.1"},
    {AT("_dmarc.two.test","v=DMARC1; p=none")},
    {AT("_dmarc.two.test",         "v=DMARC1; p=reject")},
    {AT("_dmarc.wild.test",                              "v=spf1 -all")},
    {AT("_dmarc.false.example.com","v=DMARC1 p=none")},
    {.name = "_dmarc.late",                              .type = DNS_TXT, .outcome = DNS_TIMEOUT},
    {AT("_dmarc.own.late",            "v=DMARC1; p=reject; t=y")},
    {.name = NULL          }
};

static void
walks(void **test)
{
	static const struct {
		const char *domain, *organization, *policy_at;
	} cases[] = {
	    {"example.com",                       "example.com",        "example.com"        },
	    {"a.b.c.d.e.f.g.h.i.j.k.example.com", "example.com",        "example.com"        },
	    {"signing.example.com",               "example.com",        "signing.example.com"},
	    {"mail.giant.bank.example",           "giant.bank.example",
             "giant.bank.example"	                                                    },
	    {"mail.mega.bank.example",            "mega.bank.example",  "bank.example"       },
	    {"bank.example",                      "bank.example",       "bank.example"       },
	    {"x.apart.example.com",               "apart.example.com",  "apart.example.com"  },
	    {"nobody.test",                       "nobody.test",        NULL                 },
	    {"two.test",	                  "two.test",           NULL                 },
	    {"wild.test",                         "wild.test",          NULL                 },
	};
	struct world world = world_new(tree);

	(void)test;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct dmarc_walk walk = walk_of(&world, cases[i].domain);
		const struct dmarc_step *step = dmarc_walk_policy(&walk);

		assert_null(walk.unknown);
		assert_string_equal(
		    dmarc_walk_organization(&walk), cases[i].organization);
		if (cases[i].policy_at == NULL)
			assert_null(step);
		else
			assert_string_equal(step->domain, cases[i].policy_at);
	}
	arena_free(world.arena);
}

static void
questions(void **test)
{
	static const char *const want[] = {
	    "a.b.c.d.e.f.g.h.i.j.mail.example.com", "g.h.i.j.mail.example.com",
	    "h.i.j.mail.example.com", "i.j.mail.example.com",
	    "j.mail.example.com", "mail.example.com", "example.com", "com"};
	struct world world =
	    world_new((const struct rows_row[]){{.name = NULL}});
	struct dmarc_walk walk = walk_of(&world, want[0]);

	(void)test;
	assert_int_equal(walk.count, ARRAY_COUNT(want));
	for (size_t i = 0; i < ARRAY_COUNT(want); i++)
		assert_string_equal(walk.steps[i].domain, want[i]);
	assert_int_equal(world.rows.asked, 8);
	assert_int_equal(dns_book_waves(world.book), 1);
	walk = walk_of(&world, "a.b.c.d.e.f.g.h");
	assert_int_equal(walk.count, 8);
	assert_string_equal(walk.steps[1].domain, "b.c.d.e.f.g.h");
	arena_free(world.arena);
}

static struct dmarc_verdict
judge(struct world *world, const struct dmarc_query *query)
{
	struct dmarc_verdict verdict = {0};

	while (!dmarc_judge(world->arena, world->book, query, &verdict))
		assert_true(wave(world));
	return verdict;
}

static struct dmarc_verdict
judge_domain(struct world *world, const char *domain)
{
	const struct dmarc_query query = {
	    .domain = domain, .signers_unknown = "no key is known"};

	return judge(world, &query);
}

static void
states(void **test)
{
	struct world world = world_new(tree);
	struct dmarc_verdict got = judge_domain(&world, "example.com");

	(void)test;
	assert_int_equal(got.state, DMARC_OK);
	assert_int_equal(got.policy, DMARC_POLICY_REJECT);
	assert_int_equal(got.is_aligned, DNS_NOT_TOLD);
	/* sp for what is there, np for what is not */
	got = judge_domain(&world, "there.example.com");
	assert_int_equal(got.state, DMARC_OK);
	assert_int_equal(got.policy, DMARC_POLICY_QUARANTINE);
	assert_string_equal(got.record_at, "example.com");
	got = judge_domain(&world, "gone.example.com");
	assert_int_equal(got.policy, DMARC_POLICY_NONE);
	got = judge_domain(&world, "nobody.test");
	assert_int_equal(got.state, DMARC_MISSING);
	assert_string_equal(
	    got.paste, "_dmarc.nobody.test. 3600 IN TXT \"v=DMARC1; p=none\"");
	got = judge_domain(&world, "wild.test");
	assert_int_equal(got.state, DMARC_MISSING);
	got = judge_domain(&world, "two.test");
	assert_int_equal(got.state, DMARC_DUPLICATE);
	assert_null(got.paste);
	got = judge_domain(&world, "mail.two.test");
	assert_int_equal(got.state, DMARC_DUPLICATE);
	assert_string_equal(got.name, "_dmarc.two.test");
	/* what does not count is said, and the record above it counts */
	got = judge_domain(&world, "false.example.com");
	assert_int_equal(got.state, DMARC_INVALID);
	assert_string_equal(got.record_at, "example.com");
	/* above it nobody answers: its own counts all the same */
	got = judge_domain(&world, "own.late");
	assert_null(got.unknown);
	assert_int_equal(got.policy, DMARC_POLICY_QUARANTINE);
	got = judge_domain(&world, "other.late");
	assert_string_equal(got.unknown,
	    "TXT of _dmarc.late: no name server answered in time "
	    "(192.0.2.53)");
	arena_free(world.arena);
}

static const struct rows_row mail[] = {
    {AT("_dmarc.a.test",              "v=DMARC1; p=reject; rua=mailto:x@a.test")},
    {AT("_dmarc.strict.test",                               "v=DMARC1; p=reject; adkim=s")},
    {AT("_dmarc.open.test","v=DMARC1; p=reject")},
    {AT("_dmarc.late.test",           "v=DMARC1; p=reject")},
    {AT("_dmarc.t.out",                               "v=DMARC1; p=reject")},
    {.name = "_dmarc.out",.type = DNS_TXT, .outcome = DNS_SERVFAIL},
    {AT("a.test",               "v=spf1 -all")},
    {AT("strict.test",                               "v=spf1 ip4:192.0.2.1 -all")},
    {AT("open.test",                 "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all")},
    {.name = "late.test",                               .type = DNS_TXT, .outcome = DNS_TIMEOUT},
    {AT("_dmarc.who.test",   "v=DMARC1; p=reject")},
    {AT("who.test",                "v=spf1 exists:%{l}._spf.who.test -all")},
    {.name = NULL                              }
};

static enum dns_truth
aligned(struct world *world, const char *domain, const char *signer,
    enum dns_truth is_used, const char *unknown)
{
	static const char *const addresses[] = {"192.0.2.1", "2001:db8::1"};
	const struct dmarc_signer signers[] = {
	    {.domain = signer, .selector = "s", .is_used = is_used}
        };
	const struct dmarc_query query = {.domain = domain,
	    .signers = signers,
	    .signer_count = signer != NULL ? 1 : 0,
	    .signers_unknown = unknown,
	    .addresses = addresses,
	    .address_count = 2};

	return judge(world, &query).is_aligned;
}

static void
alignment(void **test)
{
	struct world world = world_new(mail);

	(void)test;
	assert_int_equal(
	    aligned(&world, "a.test", "a.test", DNS_YES, NULL), DNS_YES);
	assert_int_equal(
	    aligned(&world, "a.test", "mx.A.test", DNS_YES, NULL), DNS_YES);
	assert_int_equal(
	    aligned(&world, "mx.a.test", "a.test", DNS_YES, NULL), DNS_YES);
	assert_int_equal(
	    aligned(&world, "a.test", "b.test", DNS_YES, NULL), DNS_NO);
	assert_int_equal(
	    aligned(&world, "a.test", "b.test", DNS_YES, "more"), DNS_NOT_TOLD);
	assert_int_equal(
	    aligned(&world, "a.test", NULL, DNS_NO, "no key"), DNS_NOT_TOLD);
	assert_int_equal(
	    aligned(&world, "a.test", "a.test", DNS_NO, NULL), DNS_NO);
	assert_int_equal(
	    aligned(&world, "a.test", "a.test", DNS_NOT_TOLD, NULL),
	    DNS_NOT_TOLD);
	/* strict: the very same domain; and SPF not from all addresses */
	assert_int_equal(
	    aligned(&world, "strict.test", "m.strict.test", DNS_YES, NULL),
	    DNS_NO);
	assert_int_equal(
	    aligned(&world, "strict.test", "strict.test", DNS_YES, NULL),
	    DNS_YES);
	/* SPF alone */
	assert_int_equal(
	    aligned(&world, "open.test", "b.test", DNS_YES, NULL), DNS_YES);
	assert_int_equal(
	    aligned(&world, "open.test", NULL, DNS_NO, "no key"), DNS_YES);
	assert_int_equal(aligned(&world, "late.test", "b.test", DNS_YES, NULL),
	    DNS_NOT_TOLD);
	/* postmaster is not in there; others may be */
	assert_int_equal(
	    aligned(&world, "who.test", NULL, DNS_NO, NULL), DNS_NOT_TOLD);
	/* which organization it is cannot be told */
	assert_int_equal(
	    aligned(&world, "t.out", "m.t.out", DNS_YES, NULL), DNS_NOT_TOLD);
	arena_free(world.arena);
}

static const struct rows_row reports[] = {
    {AT("_dmarc.own.test",                       "v=DMARC1; p=none; rua=mailto:a@x.own.test")},
    {AT("_dmarc.told.test",                                          "v=DMARC1; p=none; rua=mailto:a@in.test")},
    {AT("told.test._report._dmarc.in.test","v=DMARC1;")},
    {AT("_dmarc.bad.test",
     "v=DMARC1; p=none; rua=mailto:a@in.test,mailto:b@IN.test;"
        "ruf=mailto:a@other.test")},
    {AT("bad.test._report._dmarc.other.test",                                          "v=spf1 -all")},
    {AT("_dmarc.late.test",              "v=DMARC1; p=none; rua=mailto:a@in.test")},
    {.name = "late.test._report._dmarc.in.test",
     .type = DNS_TXT,
     .outcome = DNS_SERVFAIL},
    {.name = NULL                                         }
};

static void
reports_of_others(void **test)
{
	struct world world = world_new(reports);
	struct dmarc_verdict got = judge_domain(&world, "own.test");

	(void)test;
	assert_string_equal(got.refused, "");
	got = judge_domain(&world, "told.test");
	assert_string_equal(got.refused, "");
	assert_null(got.refused_unknown);
	got = judge_domain(&world, "bad.test");
	assert_string_equal(got.refused, "in.test, other.test");
	assert_string_equal(got.refused_paste,
	    "bad.test._report._dmarc.in.test. 3600 IN TXT \"v=DMARC1\"");
	got = judge_domain(&world, "late.test");
	assert_string_equal(got.refused, "");
	assert_non_null(got.refused_unknown);
	arena_free(world.arena);
}

static void
facts_of_domains(void **test)
{
	extern const struct dns_check dns_check_dmarc;
	const struct dns_check *const checks[] = {&dns_check_dmarc, NULL};
	struct world world = world_new(tree);
	const struct dns_asker asker = {rows_ask, &world.rows};
	struct fact_set *facts = fact_set_new(world.arena);
	struct fact_set *got = fact_set_new(world.arena);
	struct fact_out *out = fact_out_to_set(got);
	struct identity identity = {
	    .domains =
	        {
	                  {.name = "mail.nobody.test", .is_sender = true},
	                  {.name = "nobody.test", .is_sender = true},
	                  {.name = "two.test", .is_hosted = true},
	                  {.name = "other.late", .is_sender = true},
	                  {.name = "localhost", .is_sender = true},
	                  },
	    .domain_count = 5
        };
	struct dns_look look = {.arena = world.arena,
	    .facts = facts,
	    .identity = &identity,
	    .book = world.book};

	(void)test;
	dns_look_run(checks, &look, &asker, false, NULL, out);
	fact_out_end(out);
	fact_out_free(out);
	assert_fact_text(got, "dmarc", "nobody.test", "state", "missing");
	assert_fact_bool(got, "dmarc", "nobody.test", "told_above", false);
	assert_fact_bool(got, "dmarc", "mail.nobody.test", "told_above", true);
	assert_fact_unknown(got, "dmarc", "other.late", "state",
	    "TXT of _dmarc.late: no name server answered in time "
	    "(192.0.2.53)");
	assert_int_equal(
	    fact_table_get(got, schema_table_find("dmarc", NULL))->count, 3);
	arena_free(world.arena);
}

/* A mail system without milters, and without keys, signs nothing. */
static struct fact_set *
unsigned_mail(struct world *world, const struct mta_peer *peer)
{
	extern const struct dns_check dns_check_dmarc;
	const struct dns_check *const checks[] = {&dns_check_dmarc, NULL};
	const struct dns_asker asker = {rows_ask, &world->rows};
	const struct mta_identity settings = {.helo = "mx.a.test"};
	const struct mta mta = {.peers = peer, .peer_count = peer != NULL};
	struct fact_set *facts = fact_set_new(world->arena);
	struct fact_set *got = fact_set_new(world->arena);
	struct fact_out *out = fact_out_to_set(got);
	struct identity identity = {
	    .addresses = {{.text = "192.0.2.1", .family = 2}},
	    .address_count = 1,
	    .domains = {{.name = "a.test", .is_sender = true}},
	    .domain_count = 1,
	    .mta = &settings};
	struct dns_look look = {.arena = world->arena,
	    .facts = facts,
	    .identity = &identity,
	    .mta = &mta,
	    .book = dns_book_new(world->arena, clock_boot_ms() + 10000)};

	fact_table_set_known(
	    fact_table_get(facts, schema_table_find("signing_key", NULL)));
	dns_look_run(checks, &look, &asker, false, NULL, out);
	fact_out_end(out);
	fact_out_free(out);
	return got;
}

static void
nobody_signs(void **test)
{
	static const struct mta_peer milter = {.role = MTA_PEER_MILTER,
	    .endpoint = "inet:127.0.0.1:8891",
	    .setting = "smtpd_milters"};
	static const struct mta_peer login = {.role = MTA_PEER_AUTH};
	struct world world = world_new(mail);

	(void)test;
	assert_fact_bool(
	    unsigned_mail(&world, NULL), "dmarc", "a.test", "aligned", false);
	assert_fact_bool(
	    unsigned_mail(&world, &login), "dmarc", "a.test", "aligned", false);
	assert_fact_unknown(unsigned_mail(&world, &milter), "dmarc", "a.test",
	    "aligned",
	    "mail passes inet:127.0.0.1:8891 (smtpd_milters), which may sign "
	    "it");
	arena_free(world.arena);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_record),
	    cmocka_unit_test(walks),
	    cmocka_unit_test(questions),
	    cmocka_unit_test(states),
	    cmocka_unit_test(alignment),
	    cmocka_unit_test(reports_of_others),
	    cmocka_unit_test(facts_of_domains),
	    cmocka_unit_test(nobody_signs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
