/*
 * test_dns_policy.c - records of MTA-STS and TLS-RPT
 *
 * Purpose  what is right in any spelling, what does not count, what is wrong
 * Input    records of its own
 * Errors   a failed assertion
 * Runs as  any user
 * Source   agent/dns/mtasts.h, agent/dns/tlsrpt.h; RFC 8461 section 3.1,
 *          RFC 8460 section 3
 */
#include "agent/base/auto.h"
#include "agent/dns/mtasts.h"
#include "agent/dns/tlsrpt.h"
#include "agent/probes/dns_look.h"
#include "tests/unit/dns_lines.h"
#include "tests/unit/probe_run.h"

#define STS  "_mta-sts.example.com"
#define RPT  "_smtp._tls.example.com"
#define HOST "mta-sts.example.com"

#define RECORDS_MAX 2

static const struct {
	const char *records[RECORDS_MAX];
	enum mtasts_state state;
	const char *problem, *paste;
} sts[] = {
    {{NULL},                                                          MTASTS_NONE,      "",                                    NULL                                         },
 /* a wildcard's, or somebody's proof that the domain is his */
    {{"v=spf1 -all"},                                                 MTASTS_NONE,      "",                                    NULL                                         },
    {{"v=STSv10; id=1"},                                              MTASTS_NONE,      "",                                    NULL                                         },
    {{""},                                                            MTASTS_NONE,      "",                                    NULL                                         },
    {{"v=STSv1; id=20160831085700Z;"},                                MTASTS_OK,        "",                                    NULL                                         },
    {{"v=STSv1;id=1"},                                                MTASTS_OK,        "",                                    NULL                                         },
    {{"v=STSv1 ;\tid=1 ; "},                                          MTASTS_OK,        "",                                    NULL                                         },
    {{"v=STSv1; id=1 "},                                              MTASTS_OK,        "",                                    NULL                                         },
    {{"v=STSv1; x-y.z_1=a:b/c; id=ABCdef0123456789ABCdef0123456789"}, MTASTS_OK,
     "",                                                                                                                       NULL                                         },
    {{"v=spf1 -all", "v=STSv1; id=1"},                                MTASTS_OK,        "",                                    NULL                                         },
    {{"V=STSv1; id=1", "v=STSv1; id=1"},                              MTASTS_OK,        "",                                    NULL                                         },
    {{"v=STSv1; id=1", "v=STSv1; id=2"},                              MTASTS_DUPLICATE,
     "there are 2 such records, so that none counts",                                                                          STS ". 3600 IN TXT \"v=STSv1; id=1;\""       },
    {{"v=STSv1;"},                                                    MTASTS_INVALID,   "it has no id",
     STS ". 3600 IN TXT \"v=STSv1; id=1;\""                                                                                                                                 },
    {{"v=STSv1"},                                                     MTASTS_INVALID,   "it has no id",                        NULL                                         },
    {{"v=STSv1; id="},                                                MTASTS_INVALID,   "its id is empty",                     NULL                                         },
    {{"v=STSv1; id=2026-11-22"},                                      MTASTS_INVALID,
     "its id may have letters and digits only",                                                                                STS ". 3600 IN TXT \"v=STSv1; id=20261122;\""},
    {{"v=STSv1; id=ABCdef0123456789ABCdef0123456789x"},               MTASTS_INVALID,
     "its id has more than 32 characters",                                                                                     NULL                                         },
    {{"v=STSv1; ID=1"},                                               MTASTS_INVALID,
     "a field's name is in capitals, and then it is another one",                                                              NULL                                         },
    {{"v=STSv1; id=1; id=2"},                                         MTASTS_INVALID,   "a field is there twice",              NULL                                         },
    {{"v=STSv1; 1"},                                                  MTASTS_INVALID,   "\"1\" is not of the form name=value",
     NULL                                                                                                                                                                   },
    {{"v=STSv1;; id=1"},                                              MTASTS_INVALID,   "there is nothing between two \";\"",
     NULL                                                                                                                                                                   },
    {{"v=STSv1; id=1; x=\x01"},                                       MTASTS_INVALID,
     "it has a character that no such record may have",                                                                        NULL                                         },
    {{"V=STSv1; id=1"},                                               MTASTS_INVALID,   "it must begin with \"v=STSv1;\"",
     NULL                                                                                                                                                                   },
    {{" v=STSv1; id=1"},                                              MTASTS_INVALID,   "it must begin with \"v=STSv1;\"",
     NULL                                                                                                                                                                   },
    {{"\"v=STSv1; id=1\""},                                           MTASTS_INVALID,   "it must begin with \"v=STSv1;\"",
     NULL                                                                                                                                                                   },
    {{"v=STSv1 id=1"},                                                MTASTS_INVALID,   "it must begin with \"v=STSv1;\"",     NULL                                         },
};

static const struct {
	const char *records[RECORDS_MAX];
	enum tlsrpt_state state;
	const char *problem, *paste;
} rpt[] = {
    {{NULL},                                                                 TLSRPT_NONE,    "",                                              NULL},
    {{"v=spf1 -all"},                                                        TLSRPT_NONE,    "",                                              NULL},
    {{"v=TLSRPTv1; rua=mailto:tls@example.com"},                             TLSRPT_OK,      "",                                              NULL},
    {{"v=TLSRPTv1;rua=https://r.test/tls?a=b;"},                             TLSRPT_OK,      "",                                              NULL},
    {{"v=TLSRPTv1; rua=MAILTO:a@b.test , https://r.test/; x=y"},             TLSRPT_OK,      "",
     NULL                                                                                                                                         },
    {{"v=TLSRPTv1; rua=mailto:a@b.test", "v=TLSRPTv1; rua=mailto:c@d.test"},
     TLSRPT_DUPLICATE,                                                                       "there are 2 such records, so that none counts",
     RPT ". 3600 IN TXT \"v=TLSRPTv1; rua=mailto:postmaster@example.com\""                                                                        },
    {{"v=TLSRPTv1;"},                                                        TLSRPT_INVALID, "it has no rua: nobody gets the reports",
     RPT ". 3600 IN TXT \"v=TLSRPTv1; rua=mailto:postmaster@example.com\""                                                                        },
    {{"v=TLSRPTv1; rua=tls@example.com,mailto:x@y.test"},                    TLSRPT_INVALID,
     "\"tls@example.com\" is none of mailto:ADDRESS and https://...",                                                                         RPT ". 3600 IN TXT \"v=TLSRPTv1; rua=mailto:tls@example.com,"
            "mailto:x@y.test\""                                              },
    {{"v=TLSRPTv1; rua=http://r.test/"},                                     TLSRPT_INVALID,
     "\"http://r.test/\" is none of mailto:ADDRESS and https://...",                                                                          NULL},
    {{"v=TLSRPTv1; rua="},                                                   TLSRPT_INVALID,
     "\"\" is none of mailto:ADDRESS and https://...",                                                                                        NULL},
    {{"v=TLSRPTv1; rua=mailto:a@b.test,"},                                   TLSRPT_INVALID,
     "\"\" is none of mailto:ADDRESS and https://...",                                                                                        NULL},
    {{"v=tlsrptv1; rua=mailto:a@b.test"},                                    TLSRPT_INVALID,
     "it must begin with \"v=TLSRPTv1;\"",                                                                                                    NULL},
};

/* Lines for the records, and the address of the host. */
static void
lines_fill(struct dns_line to[RECORDS_MAX + 2], const char *name,
    const char *const records[RECORDS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < RECORDS_MAX && records[i] != NULL; i++)
		to[count++] = (struct dns_line)LINE(name, DNS_TXT, records[i]);
	to[count++] = (struct dns_line)LINE(HOST, DNS_A, "192.0.2.1");
	to[count] = (struct dns_line)LINE_END;
}

static void
mta_sts(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(sts); i++) {
		struct dns_line all[RECORDS_MAX + 2];
		struct lines zone = {.all = all};
		struct dns_book *book = lines_book(arena);
		struct mtasts got;

		lines_fill(all, STS, sts[i].records);
		LINES_JUDGE(&zone, book,
		    mtasts_judge(book, arena, "example.com", &got));
		if (got.state != sts[i].state)
			fail_msg("%s is %d: %s", sts[i].records[0],
			    (int)got.state, got.problem);
		assert_string_equal(got.problem, sts[i].problem);
		if (sts[i].paste != NULL)
			assert_string_equal(got.paste, sts[i].paste);
	}
	arena_free(arena);
}

static void
tls_rpt(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rpt); i++) {
		struct dns_line all[RECORDS_MAX + 2];
		struct lines zone = {.all = all};
		struct dns_book *book = lines_book(arena);
		struct tlsrpt got;

		lines_fill(all, RPT, rpt[i].records);
		LINES_JUDGE(&zone, book,
		    tlsrpt_judge(book, arena, "example.com", &got));
		if (got.state != rpt[i].state)
			fail_msg("%s is %d: %s", rpt[i].records[0],
			    (int)got.state, got.problem);
		assert_string_equal(got.problem, rpt[i].problem);
		if (rpt[i].paste != NULL)
			assert_string_equal(got.paste, rpt[i].paste);
	}
	arena_free(arena);
}

extern const struct dns_check dns_check_policy;

static void
tables(void **state)
{
	static const struct dns_check *const checks[] = {
	    &dns_check_policy, NULL};
	static const struct dns_line all[] = {
	    LINE(STS, DNS_TXT, "v=STSv1; id=1"),
	    LINE_ALIAS(
	        "_mta-sts.b.test", "sts.isp.test", DNS_TXT, "v=STSv1; id=1"),
	    LINE_LOCAL("mta-sts.b.test", DNS_TXT, "x"),
	    LINE_FAULT("_mta-sts.c.test", DNS_TXT, DNS_SERVFAIL),
	    LINE_FAULT(RPT, DNS_TXT, DNS_DISPUTED),
	    LINE("_smtp._tls.b.test", DNS_TXT, "v=TLSRPTv1;"), LINE_END};
	static const struct identity identity = {
	    .domains = {{.name = "example.com", .is_hosted = true},
	                {.name = "b.test", .is_hosted = true},
	                {.name = "c.test", .is_hosted = true},
	                {.name = "d.test", .is_sender = true},
	                {.name = "localhost", .is_hosted = true}},
	    .domain_count = 5
        };
	struct arena *arena = arena_new();
	struct fact_set *set = fact_set_new(arena);
	struct fact_out *out = fact_out_to_set(set);
	struct lines zone = {.all = all};
	const struct dns_asker asker = {lines_ask, &zone};
	struct dns_look look = {
	    .arena = arena, .identity = &identity, .book = lines_book(arena)};

	(void)state;
	dns_look_run(checks, &look, &asker, false, NULL, out);
	fact_out_end(out);
	fact_out_free(out);
	assert_fact_text(set, "mtasts", "example.com", "state", "no-host");
	assert_fact_text(set, "mtasts", "example.com", "problem",
	    "the policy is fetched from mta-sts.example.com, which has no "
	    "address");
	assert_fact_unknown(
	    set, "mtasts", "example.com", "paste", "no other record is needed");
	assert_fact_unknown(set, "mtasts", "b.test", "state",
	    "AAAA of mta-sts.b.test: 192.0.2.53 says so from data of its own, "
	    "the world may see another");
	assert_fact_unknown(set, "mtasts", "c.test", "state",
	    "TXT of _mta-sts.c.test: the name server could not find out "
	    "(192.0.2.53)");
	assert_fact_unknown(set, "tlsrpt", "example.com", "state",
	    "TXT of _smtp._tls.example.com: this host's name servers "
	    "contradict themselves (192.0.2.53)");
	assert_fact_text(set, "tlsrpt", "b.test", "state", "invalid");
	assert_fact_text(set, "tlsrpt", "c.test", "state", "none");
	assert_int_equal(
	    fact_table_get(set, schema_table_find("tlsrpt", NULL))->count, 3);
	arena_free(arena);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(mta_sts),
	    cmocka_unit_test(tls_rpt),
	    cmocka_unit_test(tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
