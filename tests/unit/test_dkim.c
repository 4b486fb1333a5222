/*
 * test_dkim.c - key records as receivers read them, and our keys beside them
 *
 * Purpose  every fault has its word; what is unusual and well has none
 * Input    records as they were seen in the world; keys made for this test
 * Errors   a failed assertion
 * Runs as  any user
 * Source   RFC 6376 section 3.6.1, RFC 8301, RFC 8463; known complaints about
 *          other checkers
 */
#include "agent/base/auto.h"
#include "agent/dns/dkim.h"
#include "agent/dns/dkim_record.h"
#include "agent/probes/dns_look.h"
#include "tests/unit/dns_rows.h"
#include "tests/unit/probe_run.h"

/* One key of 1024 bits as both kinds of DER, another one, one of 768 bits. */
#define RSA_A                                                                  \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDC6CEWNVEWI43Zu6PmWS+aqtA4pK"   \
	"w/c56oo7kWaiQo/JusVO+UOvd/"
#define RSA_B                                                                  \
	"HMBxAheOO5e6KMBAz3xj7yFkoVmFlTQBAenK4Cl3GrN41ubj/RXvXurnbTBrMbu7rd"   \
	"0LpT9I4KSkceXkYsL6IfccCmmeTk1f0L22lt8BzjtaHg8BWo+z7wIDAQAB"
#define RSA RSA_A RSA_B
#define RSA_PKCS1                                                              \
	"MIGJAoGBAMLoIRY1URYjjdm7o+ZZL5qq0DikrD9znqijuRZqJCj8m6xU75Q6938cwH"   \
	"ECF447l7oowEDPfGPvIWShWYWVNAEB6crgKXcas3jW5uP9Fe9e6udtMGsxu7ut3Qul"   \
	"P0jgpKRx5eRiwvoh9xwKaZ5OTV/QvbaW3wHOO1oeDwFaj7PvAgMBAAE="
#define OTHER                                                                  \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDe8k+5EF19guMzM9XFXQPiahlBKH"   \
	"8klVhM+2XzZezI/nd8TBH80c4OMPuWERs25zlyg/HXA54MW8kQ7CfJmUa2knz+aw8R"   \
	"Nf6DGl4FtYTzi8g7tm7mlXoWhbiJ3x3s3jKKElC+i4Df2fUlL9LVM39yHqlbZ4UREd"   \
	"sb14IgphLChQIDAQAB"
#define SHORT                                                                  \
	"MHwwDQYJKoZIhvcNAQEBBQADawAwaAJhAJ42sWCHEqHpGORi5e/nQ1QPTE5iarAv0h"   \
	"uF1+Y3k57UxK6trGHcTnfRTjVO+lVbqPaViRyw7knTY0s0L/BAoeN3MMw5xcfj/bNX"   \
	"PXcw9S3cQxO/AZKpaYO6XQms4bIJewIDAQAB"
#define ED      "R0oL+UgMhLxYBH6B1S92DANBzPBpX7SbEF4wWKCQ664="
#define ED_INFO "MCowBQYDK2VwAyEAR0oL+UgMhLxYBH6B1S92DANBzPBpX7SbEF4wWKCQ664="

#define NAME "mail._domainkey.example.com"

static const struct {
	const char *text;
	enum dkim_record_kind kind;
	const char *problem; /* a part of it */
} records[] = {
    {"v=DKIM1; k=rsa; p=" RSA,                             DKIM_RECORD_GOOD,    NULL                   },
    {"v=DKIM1; k=rsa; p=" RSA ";",                         DKIM_RECORD_GOOD,    NULL                   },
    {"v=DKIM1; k=rsa; p=" RSA "; ",                        DKIM_RECORD_GOOD,    NULL                   },
    {"p=" RSA,                                             DKIM_RECORD_GOOD,    NULL                   },
    {"k=rsa;p=" RSA,                                       DKIM_RECORD_GOOD,    NULL                   },
    {"v = DKIM1 ;\tp = " RSA_A " " RSA_B,                  DKIM_RECORD_GOOD,    NULL                   },
    {"v=DKIM1; p=" RSA_A "\r\n\t" RSA_B,                   DKIM_RECORD_GOOD,    NULL                   },
    {"v=DKIM1; p=" RSA_PKCS1,                              DKIM_RECORD_GOOD,    NULL                   },
    {"v=DKIM1; k=ed25519; p=" ED,                          DKIM_RECORD_GOOD,    NULL                   },
    {"v=DKIM1; k=rsa; h=sha1:sha256; s=*; t=s; p=" RSA,    DKIM_RECORD_GOOD,    NULL                   },
    {"v=DKIM1; h=sha512 : sha256; s=tlsrpt:email; p=" RSA, DKIM_RECORD_GOOD,
     NULL                                                                                              },
    {"v=DKIM1; n=say \"hi\" \\o/; x_new=1; p=" RSA,        DKIM_RECORD_GOOD,    NULL                   },
    {"v=DKIM1; g=*; p=" RSA,                               DKIM_RECORD_GOOD,    NULL                   },
    {"v=DKIM1; p=",                                        DKIM_RECORD_REVOKED, NULL                   },
    {"v=DKIM1; k=rsa; p= ;",                               DKIM_RECORD_REVOKED, NULL                   },
    {"v=spf1 include:p=x -all",                            DKIM_RECORD_NONE,    NULL                   },
    {"v=DMARC1; p=none",                                   DKIM_RECORD_NONE,    NULL                   },
    {"google-site-verification=abc",                       DKIM_RECORD_NONE,    NULL                   },
    {"",                                                   DKIM_RECORD_NONE,    NULL                   },
    {"\"v=DKIM1; k=rsa; p=" RSA "\"",                      DKIM_RECORD_BAD,
     "quote marks stand in the text itself"                                                            },
    {"v=DKIM1; k=rsa; p=" RSA_A "\" \"" RSA_B,             DKIM_RECORD_BAD,
     "quote marks stand in the text itself"                                                            },
    {"v=DKIM1\\; k=rsa\\; p=" RSA,                         DKIM_RECORD_BAD,
     "a backslash stands in the text itself"                                                           },
    {"v=DKIM1; k=rsa; p=" RSA_A,                           DKIM_RECORD_BAD,     "cut: 69 octets of 162"},
    {"v=DKIM1; k=rsa; p=" RSA_A "H",                       DKIM_RECORD_BAD,     "the key in p= is cut" },
    {"v=DKIM1; k=rsa; p=" RSA "AAAA",                      DKIM_RECORD_BAD,
     "3 octets follow the end"                                                                         },
    {"v=DKIM1; k=rsa; p=AAAA",                             DKIM_RECORD_BAD,     "it is no key"         },
    {"v=DKIM1; k=rsa; p=-----BEGIN PUBLIC KEY-----",       DKIM_RECORD_BAD,
     "in p=, \"-\" stands"                                                                             },
    {"v=DKIM1; k=rsa",                                     DKIM_RECORD_BAD,     "p= is missing"        },
    {"k=rsa; v=DKIM1; p=" RSA,                             DKIM_RECORD_BAD,     "not the first tag"    },
    {"v=DKIM2; p=DKIM1",                                   DKIM_RECORD_BAD,     "v is \"DKIM2\""       },
    {"v=dkim1; p=" RSA,                                    DKIM_RECORD_BAD,     "v is \"dkim1\""       },
    {"v=DKIM1; k=dsa; p=" RSA,                             DKIM_RECORD_BAD,     "k is \"dsa\""         },
    {"v=DKIM1; k=ed25519; p=" ED_INFO,                     DKIM_RECORD_BAD,     "only its 32 octets"   },
    {"v=DKIM1; p=" ED_INFO,                                DKIM_RECORD_BAD,     "k=ed25519 is missing" },
    {"v=DKIM1; k=ed25519; p=" RSA,                         DKIM_RECORD_BAD,     "p= has 162 octets"    },
    {"v=DKIM1; h=sha1; p=" RSA,                            DKIM_RECORD_BAD,     "h is \"sha1\""        },
    {"v=DKIM1; s=tlsrpt; p=" RSA,                          DKIM_RECORD_BAD,
     "s is \"tlsrpt\": it is not for mail"                                                             },
    {"v=DKIM1;; p=" RSA,                                   DKIM_RECORD_BAD,     "has no tag before it" },
    {"v=DKIM1; p=" RSA "; p=",                             DKIM_RECORD_BAD,     "twice"                },
    {"v=DKIM1 k=rsa p=" RSA,                               DKIM_RECORD_BAD,     "v is \"DKIM1 k=rsa p="},
    {"v=DKIM1; rsa; p=" RSA,                               DKIM_RECORD_BAD,     "\"rsa\" has no \"=\"" },
    {"v=DKIM1; k=rsa; p=" RSA_A "\xe2\x80\x8b" RSA_B,      DKIM_RECORD_BAD,
     "may not stand there"                                                                             },
};

static void
each_record(void **test)
{
	(void)test;
	for (size_t i = 0; i < ARRAY_COUNT(records); i++) {
		struct arena *arena = arena_new();
		struct dkim_record got;

		dkim_record_read(arena, (const uint8_t *)records[i].text,
		    strlen(records[i].text), &got);
		if (got.kind != records[i].kind)
			fail_msg("%s: kind %d, %s", records[i].text, got.kind,
			    got.problem != NULL ? got.problem : "no problem");
		if (records[i].problem != NULL &&
		    strstr(got.problem, records[i].problem) == NULL)
			fail_msg("%s: %s", records[i].text, got.problem);
		arena_free(arena);
	}
}

static void
octets(void **test)
{
	struct arena *arena = arena_new();
	struct dkim_record got;

	(void)test;
	dkim_record_read(arena, (const uint8_t *)"v=DKIM1; \0p=x", 13, &got);
	assert_int_equal(got.kind, DKIM_RECORD_BAD);
	dkim_record_read(arena, (const uint8_t *)"p", 1, &got);
	assert_int_equal(got.kind, DKIM_RECORD_NONE);
	dkim_record_read(arena, (const uint8_t *)"v=DKIM1; t=s:y; p=" RSA_PKCS1,
	    18 + strlen(RSA_PKCS1), &got);
	assert_true(got.is_testing);
	assert_int_equal(got.key.bits, 1024);
	assert_int_equal(got.key.type, PUBLIC_KEY_RSA);
	arena_free(arena);
}

static void
keys(void **test)
{
	uint8_t der[200];
	struct public_key hurt;

	(void)test;
	{
		struct arena *arena = arena_new();
		struct dkim_record good, same;

		dkim_record_read(
		    arena, (const uint8_t *)"p=" RSA, 2 + strlen(RSA), &good);
		dkim_record_read(arena, (const uint8_t *)"p=" RSA_PKCS1,
		    2 + strlen(RSA_PKCS1), &same);
		assert_true(public_key_same(&good.key, &same.key));
		dkim_record_read(arena, (const uint8_t *)"p=" OTHER,
		    2 + strlen(OTHER), &same);
		assert_false(public_key_same(&good.key, &same.key));
		arena_free(arena);
	}
	(void)memset(der, 0x30, sizeof(der));
	assert_true(public_key_read(der, sizeof(der), &hurt, NULL) < 0);
	assert_true(public_key_read(der, 0, &hurt, NULL) < 0);
	assert_true(public_key_read(der, 1, &hurt, NULL) < 0);
	assert_true(public_key_read(
	                (const uint8_t *)"\x30\x80\x02", 3, &hurt, NULL) < 0);
	assert_true(public_key_read((const uint8_t *)"\x30\x84\x7f\xff\xff\xff",
	                6, &hurt, NULL) < 0);
	/* an integer that is negative, and one that is nothing */
	assert_true(public_key_read((const uint8_t *)"\x30\x06\x02\x01\xff\x02"
	                                             "\x01\x03",
	                8, &hurt, NULL) < 0);
	assert_true(public_key_read((const uint8_t *)"\x30\x06\x02\x01\x00\x02"
	                                             "\x01\x03",
	                8, &hurt, NULL) < 0);
	assert_int_equal(
	    public_key_read((const uint8_t *)"\x30\x06\x02\x01\x05\x02\x01\x03",
	        8, &hurt, NULL),
	    0);
	assert_int_equal(hurt.bits, 3);
}

/* What becomes of one key with these answers. */
static struct dkim_verdict
judge(struct arena *arena, const struct rows_row *rows, const char *letters)
{
	const struct dkim_key key = {
	    .selector = "mail", .domain = "example.com", .letters = letters};
	struct rows_dns zone = {.rows = rows};
	const struct dns_asker asker = {rows_ask, &zone};
	struct dns_book *book = dns_book_new(arena, clock_boot_ms() + 10000);
	struct dkim_verdict verdict = {0};
	struct why why = {0};

	assert_false(dkim_judge(arena, book, &key, &verdict));
	assert_int_equal(dns_book_wave(book, &asker, &why), 1);
	assert_true(dkim_judge(arena, book, &key, &verdict));
	return verdict;
}

#define ONE(...)                                                               \
	(const struct rows_row[])                                              \
	{                                                                      \
		{__VA_ARGS__},                                                 \
		{                                                              \
			.name = NULL                                           \
		}                                                              \
	}
#define TXT(value) .name = NAME, .type = DNS_TXT, .text = (value)

static void
verdicts(void **test)
{
	struct arena *arena = arena_new();
	struct dkim_verdict got;

	(void)test;
	got = judge(arena, ONE(TXT("v=DKIM1; p=" RSA_PKCS1)), RSA);
	assert_int_equal(got.state, DKIM_OK);
	assert_true(got.is_compared && got.matches);
	assert_string_equal(got.problem, "");
	assert_string_equal(
	    got.paste, NAME ". 3600 IN TXT \"v=DKIM1; k=rsa; p=" RSA "\"");
	got = judge(arena, ONE(TXT("v=DKIM1; p=" OTHER)), RSA);
	assert_int_equal(got.state, DKIM_MISMATCH);
	got = judge(arena, ONE(TXT("v=DKIM1; p=" OTHER)), NULL);
	assert_int_equal(got.state, DKIM_OK);
	assert_false(got.is_compared);
	assert_null(got.paste);
	got = judge(arena, ONE(TXT("v=DKIM1; k=ed25519; p=" ED)), ED_INFO);
	assert_int_equal(got.state, DKIM_OK);
	assert_true(got.matches);
	assert_string_equal(
	    got.paste, NAME ". 3600 IN TXT \"v=DKIM1; k=ed25519; p=" ED "\"");
	got = judge(arena, ONE(TXT("v=DKIM1; p=" RSA)), ED_INFO);
	assert_int_equal(got.state, DKIM_MISMATCH);
	assert_non_null(strstr(got.problem, "is of rsa, the key here of ed"));
	got = judge(arena, ONE(TXT("v=DKIM1; p=" SHORT)), SHORT);
	assert_int_equal(got.state, DKIM_WEAK);
	assert_int_equal(got.bits, 768);
	got = judge(arena, ONE(TXT("v=DKIM1; t=y; p=" RSA)), RSA);
	assert_int_equal(got.state, DKIM_TESTING);
	got = judge(arena, ONE(TXT("v=DKIM1; t=y; p=" OTHER)), RSA);
	assert_int_equal(got.state, DKIM_MISMATCH);
	got = judge(arena, ONE(TXT("v=DKIM1; p=")), RSA);
	assert_int_equal(got.state, DKIM_REVOKED);
	got = judge(arena, ONE(TXT("v=DKIM1; p=!")), RSA);
	assert_int_equal(got.state, DKIM_INVALID);
	arena_free(arena);
}

static void
absent(void **test)
{
	struct arena *arena = arena_new();
	struct dkim_verdict got;

	(void)test;
	got = judge(arena, ONE(.name = "x", .type = DNS_A), RSA);
	assert_int_equal(got.state, DKIM_MISSING);
	assert_string_equal(got.problem, "there is no such name");
	got = judge(arena, ONE(TXT("v=spf1 -all")), RSA);
	assert_int_equal(got.state, DKIM_MISSING);
	assert_string_equal(got.problem,
	    "the text there is no key, perhaps a wildcard's: \"v=spf1 -all\"");
	got = judge(arena,
	    ONE(.name = NAME, .type = DNS_TXT, .outcome = DNS_NODATA,
	        .canonical = "k.provider.test"),
	    RSA);
	assert_int_equal(got.state, DKIM_MISSING);
	assert_string_equal(got.problem,
	    "it is an alias of k.provider.test, and there is no TXT record");
	assert_int_equal(strncmp(got.paste, "k.provider.test. 3600", 21), 0);
	got = judge(arena,
	    ONE(.name = NAME, .type = DNS_TXT, .outcome = DNS_NXDOMAIN,
	        .is_local = true),
	    RSA);
	assert_non_null(strstr(got.problem, "this host's own name server"));
	/* an alias that leads to the key is as good as the key */
	got = judge(arena,
	    ONE(TXT("v=DKIM1; p=" RSA), .canonical = "k.provider.test"), RSA);
	assert_int_equal(got.state, DKIM_OK);
	for (enum dns_outcome o = DNS_SERVFAIL; o < DNS_OUTCOME_MAX; o++) {
		got = judge(arena,
		    ONE(.name = NAME, .type = DNS_TXT, .outcome = o), RSA);
		assert_non_null(got.unknown);
		assert_non_null(strstr(got.unknown, "TXT of " NAME ": "));
	}
	arena_free(arena);
}

static void
several(void **test)
{
	static const struct rows_row two[] = {{TXT("v=DKIM1; p=" RSA)},
	    {TXT("v=DKIM1; p=" OTHER)}, {.name = NULL}};
	static const struct rows_row beside[] = {{TXT("v=DKIM1; p=" RSA)},
	    {TXT("some-verification=1")}, {.name = NULL}};
	static const struct rows_row wild[] = {
	    {TXT("v=spf1 -all")}, {TXT("some-verification=1")}, {.name = NULL}};
	struct arena *arena = arena_new();

	(void)test;
	assert_int_equal(judge(arena, two, RSA).state, DKIM_DUPLICATE);
	assert_int_equal(judge(arena, beside, RSA).state, DKIM_DUPLICATE);
	assert_int_equal(judge(arena, wild, RSA).state, DKIM_MISSING);
	arena_free(arena);
}

static void
key_fact(struct fact_set *set, const char *row, const char *column,
    struct value value)
{
	const struct table *schema = schema_table_find("signing_key", NULL);
	struct fact_table *table = fact_table_get(set, schema);
	const struct fact_row *at = fact_row_find(table, row);

	if (at == NULL)
		at = fact_row_add(set, table, row);
	at->cells[schema_column_find(schema, column)] = value;
}

/* The check over the whole frame: facts in, facts out. */
static struct fact_set *
check_run(
    struct arena *arena, struct fact_set *facts, const struct rows_row *rows)
{
	extern const struct dns_check dns_check_dkim;
	const struct dns_check *const checks[] = {&dns_check_dkim, NULL};
	struct rows_dns zone = {.rows = rows};
	const struct dns_asker asker = {rows_ask, &zone};
	struct fact_set *set = fact_set_new(arena);
	struct fact_out *out = fact_out_to_set(set);
	static const struct identity identity = {
	    .domains = {{.name = "example.com", .is_sender = true},
	                {.name = "bare.test", .is_sender = true},
	                {.name = "hosted.test", .is_hosted = true}},
	    .domain_count = 3
        };
	struct dns_look look = {.arena = arena,
	    .facts = facts,
	    .identity = &identity,
	    .book = dns_book_new(arena, clock_boot_ms() + 10000)};

	dns_look_run(checks, &look, &asker, false, NULL, out);
	fact_out_end(out);
	fact_out_free(out);
	return set;
}

static void
facts_of_keys(void **test)
{
	static const struct rows_row rows[] = {
	    {TXT("v=DKIM1; p=" RSA)               },
	    {.name = "late._domainkey.example.com",
             .type = DNS_TXT,
             .outcome = DNS_TIMEOUT},
	    {.name = NULL               }
        };
	static const char *const selectors[] = {"mail", "late", "new"};
	struct arena *arena = arena_new();
	struct fact_set *facts = fact_set_new(arena), *got;
	struct fact_table *keys =
	    fact_table_get(facts, schema_table_find("signing_key", NULL));

	(void)test;
	fact_table_set_unknown(facts, keys, "the files need root");
	got = check_run(arena, facts, rows);
	assert_int_equal(
	    fact_table_get(got, schema_table_find("dkim", NULL))->state,
	    FACT_UNKNOWN);

	fact_table_set_known(keys);
	got = check_run(arena, facts, rows);
	assert_int_equal(
	    fact_table_get(got, schema_table_find("dkim", NULL))->state,
	    FACT_KNOWN);
	for (size_t i = 0; i < ARRAY_COUNT(selectors); i++) {
		const char *row =
		    arena_printf(arena, "%s/example.com", selectors[i]);

		key_fact(facts, row, "selector", VALUE_TEXT_OF(selectors[i]));
		key_fact(facts, row, "domain", VALUE_TEXT_OF("example.com"));
		key_fact(facts, row, "signer", VALUE_TEXT_OF("mailfix.conf"));
	}
	key_fact(facts, "mail/example.com", "public", VALUE_TEXT_OF(RSA));
	key_fact(facts, "gone/example.com", "selector", VALUE_TEXT_OF("mail"));
	key_fact(
	    facts, "gone/example.com", "domain", VALUE_TEXT_OF("example.com"));
	key_fact(facts, "gone/example.com", "problem",
	    VALUE_TEXT_OF("no such file"));
	key_fact(facts, "evil/x", "selector", VALUE_TEXT_OF("x"));
	key_fact(facts, "evil/x", "domain", VALUE_TEXT_OF("a b.test"));
	got = check_run(arena, facts, rows);
	assert_fact_text(got, "dkim", "mail/example.com", "state", "ok");
	assert_fact_bool(got, "dkim", "mail/example.com", "matches", true);
	assert_fact_bool(got, "dkim", "mail/example.com", "in_use", true);
	assert_fact_unknown(got, "dkim", "late/example.com", "state",
	    "TXT of late._domainkey.example.com: no name server answered in "
	    "time (192.0.2.53)");
	assert_fact_unknown(got, "dkim", "gone/example.com", "state",
	    "it cannot be compared with the key here: no such file");
	assert_fact_text(got, "dkim", "new/example.com", "state", "missing");
	assert_fact_unknown(
	    got, "dkim", "new/example.com", "paste", "not told");
	assert_int_equal(
	    fact_table_get(got, schema_table_find("dkim", NULL))->count, 4);
	arena_free(arena);
}

static void
signer_put(struct fact_set *facts, const char *name, struct value in_use)
{
	const struct table *schema = schema_table_find("signer", NULL);
	struct fact_table *table = fact_table_get(facts, schema);
	const struct fact_row *at = fact_row_add(facts, table, name);

	at->cells[schema_column_find(schema, "in_use")] = in_use;
	fact_table_set_known(table);
}

static void
key_put(struct fact_set *facts, const char *domain, const char *selector,
    const char *signer)
{
	const char *row = arena_printf(facts->arena, "%s/%s", selector, domain);

	key_fact(facts, row, "selector", VALUE_TEXT_OF(selector));
	key_fact(facts, row, "domain", VALUE_TEXT_OF(domain));
	key_fact(facts, row, "signer", VALUE_TEXT_OF(signer));
	key_fact(facts, row, "public", VALUE_TEXT_OF(RSA));
}

/* Of each domain the worst of the keys that are in use. */
static void
facts_of_domains(void **test)
{
#define KEY(n, p)                                                              \
	{                                                                      \
		.name = n, .type = DNS_TXT, .text = "v=DKIM1; p=" p            \
	}
	static const struct rows_row rows[] = {
		KEY("good._domainkey.example.com", RSA),
		KEY("revoked._domainkey.example.com", ""),
		KEY("good._domainkey.two.test", RSA),
		KEY("good._domainkey.three.test", RSA),
		{.name = "late._domainkey.three.test",
		                                     .type = DNS_TXT,
		                                     .outcome = DNS_TIMEOUT},
		{.name = NULL              }
	};
	struct arena *arena = arena_new();
	struct fact_set *facts = fact_set_new(arena), *got;

	(void)test;
	fact_table_set_known(
	    fact_table_get(facts, schema_table_find("signing_key", NULL)));
	signer_put(facts, "used", VALUE_BOOL_OF(true));
	signer_put(facts, "idle", VALUE_BOOL_OF(false));
	signer_put(facts, "odd", VALUE_UNKNOWN_OF("who knows"));
	key_put(facts, "example.com", "good", "used");
	key_put(facts, "example.com", "revoked", "used");
	key_put(facts, "example.com", "gone", "used");
	key_put(facts, "two.test", "good", "odd");
	key_put(facts, "two.test", "gone", "idle");
	key_put(facts, "three.test", "good", "used");
	key_put(facts, "three.test", "late", "used");
	key_put(facts, "four.test", "gone", "odd");
	key_put(facts, "five.test", "gone", "idle");
	got = check_run(arena, facts, rows);
	assert_fact_text(got, "dkim_domain", "example.com", "state", "revoked");
	assert_fact_text(got, "dkim_domain", "two.test", "state", "ok");
	assert_fact_unknown(got, "dkim_domain", "three.test", "state",
	    "TXT of late._domainkey.three.test: no name server answered in "
	    "time (192.0.2.53)");
	assert_fact_unknown(
	    got, "dkim_domain", "four.test", "state", "who knows");
	assert_fact_text(got, "dkim_domain", "five.test", "state", "none");
	assert_fact_text(got, "dkim_domain", "bare.test", "state", "none");
	assert_int_equal(
	    fact_table_get(got, schema_table_find("dkim_domain", NULL))->count,
	    6);
	arena_free(arena);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_record),
	    cmocka_unit_test(octets),
	    cmocka_unit_test(keys),
	    cmocka_unit_test(verdicts),
	    cmocka_unit_test(absent),
	    cmocka_unit_test(several),
	    cmocka_unit_test(facts_of_keys),
	    cmocka_unit_test(facts_of_domains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
