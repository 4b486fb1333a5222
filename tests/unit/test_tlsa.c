/*
 * test_tlsa.c - TLSA records and the certificates of a server
 *
 * Purpose  every kind of record; what is sound and unusual yields nothing
 * Input    digests made up for this test
 * Errors   a failed assertion
 * Runs as  any user
 * Source   RFC 6698, RFC 7671, RFC 7672
 */
#include "agent/base/auto.h"
#include "agent/base/hash.h"
#include "agent/dns/tlsa.h"
#include "agent/probes/dns_look.h"
#include "tests/unit/dns_rows.h"
#include "tests/unit/probe_run.h"

/* Digests of one octet, again and again. */
#define X4(x)  x x x x
#define X32(x) X4(x) X4(x) X4(x) X4(x) X4(x) X4(x) X4(x) X4(x)
#define X64(x) X32(x) X32(x)

static const struct tlsa_certificate rsa = {.file = "/rsa.pem",
    .names = "other.test mx.test",
    .is_leaf = true,
    .sha256 = X32("1a"),
    .sha512 = X64("1b"),
    .spki_sha256 = X32("1c"),
    .spki_sha512 = X64("1D")};
static const struct tlsa_certificate issuer = {.file = "/rsa.pem",
    .names = "",
    .sha256 = X32("2a"),
    .sha512 = X64("2b"),
    .spki_sha256 = X32("2c"),
    .spki_sha512 = X64("2d")};
static const struct tlsa_certificate ecdsa = {.file = "/ec.pem",
    .names = "*.test",
    .is_leaf = true,
    .sha256 = X32("3a"),
    .sha512 = X64("3b"),
    .spki_sha256 = X32("3c"),
    .spki_sha512 = X64("3d")};

#define RECORD(bytes)                                                          \
	.name = "_25._tcp.mx.test", .type = DNS_TLSA, .text = (bytes),         \
	.length = sizeof(bytes) - 1
#define SIGNED(bytes) RECORD(bytes), .is_authentic = true

static struct tlsa_verdict
judge(struct arena *arena, const struct rows_row *rows,
    const struct tlsa_certificate *certificates, size_t count,
    const char *unknown)
{
	const struct tlsa_query query = {.host = "mx.test",
	    .certificates = certificates,
	    .certificate_count = count,
	    .certificates_unknown = unknown};
	struct rows_dns world = {.rows = rows};
	const struct dns_asker asker = {rows_ask, &world};
	struct dns_book *book = dns_book_new(arena, clock_boot_ms() + 10000);
	struct tlsa_verdict verdict = {0};
	struct why why = {0};

	while (!tlsa_judge(arena, book, &query, &verdict))
		assert_true(dns_book_wave(book, &asker, &why) > 0);
	return verdict;
}

/* One signed record, against a chain of RSA. */
static enum tlsa_state
one(const char *bytes, size_t length, const char **ret_unknown)
{
	const struct tlsa_certificate chain[] = {rsa, issuer};
	const struct rows_row rows[] = {
	    {.name = "_25._tcp.mx.test",
             .type = DNS_TLSA,
             .text = bytes,
             .length = length,
             .is_authentic = true},
	    {.name = NULL             }
        };
	struct arena *arena = arena_new();
	struct tlsa_verdict got = judge(arena, rows, chain, 2, NULL);

	*ret_unknown = got.unknown != NULL ? "unknown" : NULL;
	arena_free(arena);
	return got.state;
}

static void
kinds(void **test)
{
	static const struct {
		const char *bytes;
		size_t length;
		enum tlsa_state state;
	} cases[] = {
	    {"\3\0\1" X32("\x1a"), 35, TLSA_OK      },
	    {"\3\0\2" X64("\x1b"), 67, TLSA_OK      },
	    {"\3\1\1" X32("\x1c"), 35, TLSA_OK      },
	    {"\3\1\2" X64("\x1d"), 67, TLSA_OK      },
	    {"\2\0\1" X32("\x2a"), 35, TLSA_OK      },
	    {"\2\1\1" X32("\x2c"), 35, TLSA_OK      },
	    {"\2\1\2" X64("\x2d"), 67, TLSA_OK      },
	    {"\2\1\1" X32("\x1c"), 35, TLSA_OK      },
 /* an issuer is not the server; digests of another kind */
	    {"\3\0\1" X32("\x2a"), 35, TLSA_MISMATCH},
	    {"\3\1\1" X32("\x1a"), 35, TLSA_MISMATCH},
	    {"\3\0\1" X32("\x1c"), 35, TLSA_MISMATCH},
	    {"\2\0\1" X32("\x77"), 35, TLSA_MISMATCH},
	    {"\3\1\1" X32("\x3c"), 35, TLSA_MISMATCH},
 /* kinds that are not for mail, and lengths that no digest has */
	    {"\1\1\1" X32("\x1c"), 35, TLSA_UNUSABLE},
	    {"\0\0\1" X32("\x1a"), 35, TLSA_UNUSABLE},
	    {"\4\0\1" X32("\x1a"), 35, TLSA_UNUSABLE},
	    {"\3\2\1" X32("\x1a"), 35, TLSA_UNUSABLE},
	    {"\3\1\3" X32("\x1c"), 35, TLSA_UNUSABLE},
	    {"\3\1\1" X32("\x1c"), 34, TLSA_UNUSABLE},
	    {"\3\1\2" X32("\x1c"), 35, TLSA_UNUSABLE},
	    {"\3\1\0",             3,  TLSA_UNUSABLE},
	    {"\3",                 1,  TLSA_UNUSABLE},
	};

	const char *unknown;

	(void)test;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		if (one(cases[i].bytes, cases[i].length, &unknown) !=
		        cases[i].state ||
		    unknown != NULL)
			fail_msg("case %zu", i);
	}
	/* a whole issuer that is not in the chain */
	(void)one("\2\0\0whatever", 11, &unknown);
	assert_non_null(unknown);
	assert_int_equal(one("\3\0\0whatever", 11, &unknown), TLSA_MISMATCH);
	assert_null(unknown);
}

static void
wholes(void **test)
{
	char sha256[HASH_HEX_MAX];
	struct tlsa_certificate leaf = rsa;
	const struct tlsa_query query = {
	    .host = "mx.test", .certificates = &leaf, .certificate_count = 1};
	struct hash hash;

	(void)test;
	hash_init(&hash);
	hash_add(&hash, "whatever", 8);
	hash_end(&hash, sha256);
	leaf.spki_sha256 = sha256;
	assert_int_equal(tlsa_record_match((const uint8_t *)"\3\1\0whatever",
	                     11, &query, &leaf),
	    TLSA_MATCH_YES);
	assert_int_equal(tlsa_record_match((const uint8_t *)"\3\0\0whatever",
	                     11, &query, &leaf),
	    TLSA_MATCH_NO);
}

static void
sets(void **test)
{
	static const struct rows_row rollover[] = {
	    {SIGNED("\3\1\1" X32("\x77"))}, {SIGNED("\1\1\1" X32("\x77"))},
	    {SIGNED("\3\1\1" X32("\x1c"))}, {.name = NULL}};
	static const struct rows_row both[] = {{SIGNED("\3\1\1" X32("\x1c"))},
	    {SIGNED("\3\1\1" X32("\x3c"))}, {.name = NULL}};
	static const struct rows_row alias[] = {
	    {SIGNED("\3\1\1" X32("\x77")), .canonical = "tlsa.test"},
	    {.name = NULL	                   }
        };
	const struct tlsa_certificate two[] = {rsa, issuer, ecdsa};
	struct tlsa_certificate unnamed[] = {rsa, ecdsa};
	struct arena *arena = arena_new();
	struct tlsa_verdict got;

	(void)test;
	got = judge(arena, rollover, &rsa, 1, NULL);
	assert_int_equal(got.state, TLSA_OK);
	assert_string_equal(got.records,
	    "3 1 1 77777777..., 1 1 1 77777777..., 3 1 1 1c1c1c1c...");
	/* of two that it shows, one has no record */
	got = judge(arena, rollover, two, 3, NULL);
	assert_int_equal(got.state, TLSA_PARTIAL);
	assert_string_equal(
	    got.paste, "_25._tcp.mx.test. 3600 IN TLSA 3 1 1 " X32("3c"));
	assert_int_equal(judge(arena, both, two, 3, NULL).state, TLSA_OK);
	/* the other is for other names (SNI) */
	unnamed[1].names = "a.b.test *.mx.test xmx.test *.tes";
	assert_int_equal(
	    judge(arena, rollover, unnamed, 2, NULL).state, TLSA_OK);
	got = judge(arena, alias, two, 3, NULL);
	assert_int_equal(got.state, TLSA_MISMATCH);
	assert_string_equal(
	    got.paste, "tlsa.test. 3600 IN TLSA 3 1 1 " X32("1c"));
	/* what is not known */
	got = judge(arena, alias, two, 3, "a file cannot be read");
	assert_string_equal(got.unknown, "a file cannot be read");
	assert_non_null(judge(arena, alias, two, 0, NULL).unknown);
	got = judge(arena, rollover, two, 1, "a file cannot be read");
	assert_int_equal(got.state, TLSA_OK);
	/* who asks by this name may be shown neither of them */
	got = judge(arena, rollover, two, 3, "SNI");
	assert_string_equal(got.unknown, "SNI");
	arena_free(arena);
}

static void
security(void **test)
{
	static const struct rows_row believed[] = {
	    {RECORD("\3\1\1" X32("\x77"))},
	    {.name = ".",                  .type = DNS_NS, .text = "a", .is_authentic = true},
	    {.name = NULL                }
        };
	static const struct rows_row not_believed[] = {
	    {RECORD("\3\1\1" X32("\x77"))},
	    {.name = ".",                  .type = DNS_NS, .text = "a"},
            {.name = NULL                }
        };
	static const struct rows_row bogus[] = {
	    {.name = "_25._tcp.mx.test",
             .type = DNS_TLSA,
             .outcome = DNS_BOGUS},
	    {.name = NULL      }
        };
	/* of a signed zone that the name server has itself */
	static const struct rows_row own[] = {
	    {RECORD("\3\1\1" X32("\x77")), .is_local = true},
	    {.name = ".",	                    .type = DNS_NS, .text = "a", .is_authentic = true},
	    {.name = NULL}
        };
	static const struct rows_row none[] = {
	    {.name = "_25._tcp.mx.test", .type = DNS_TXT, .text = "x"},
	    {.name = NULL              }
        };
	struct arena *arena = arena_new();
	struct tlsa_verdict got;

	(void)test;
	got = judge(arena, believed, &rsa, 1, NULL);
	assert_null(got.unknown);
	assert_int_equal(got.state, TLSA_INSECURE);
	got = judge(arena, not_believed, &rsa, 1, NULL);
	assert_non_null(got.unknown);
	got = judge(arena, own, &rsa, 1, NULL);
	assert_non_null(got.unknown);
	got = judge(arena, bogus, &rsa, 1, NULL);
	assert_non_null(got.unknown);
	got = judge(arena, none, &rsa, 1, NULL);
	assert_null(got.unknown);
	assert_int_equal(got.state, TLSA_NONE);
	arena_free(arena);
}

static void
cell_set(struct fact_set *set, const char *row, const char *column,
    struct value value)
{
	const struct table *schema = schema_table_find("certificate", NULL);
	struct fact_table *table = fact_table_get(set, schema);
	const struct fact_row *at = fact_row_find(table, row);

	if (at == NULL)
		at = fact_row_add(set, table, row);
	at->cells[schema_column_find(schema, column)] = value;
}

static struct fact_set *
certificates(struct arena *arena)
{
	struct fact_set *set = fact_set_new(arena);
	const char *row = "/rsa.pem#1";

	fact_table_set_known(
	    fact_table_get(set, schema_table_find("certificate", NULL)));
	cell_set(set, row, "file", VALUE_TEXT_OF("/rsa.pem"));
	cell_set(set, row, "problem", VALUE_TEXT_OF(""));
	cell_set(set, row, "names", VALUE_TEXT_OF("mx.test"));
	cell_set(set, row, "is_mx", VALUE_BOOL_OF(true));
	cell_set(set, row, "is_leaf", VALUE_BOOL_OF(true));
	cell_set(set, row, "spki_sha256", VALUE_TEXT_OF(X32("1c")));
	/* of the port for clients: its key is no matter */
	row = "/submission.pem#1";
	cell_set(set, row, "file", VALUE_TEXT_OF("/submission.pem"));
	cell_set(set, row, "problem", VALUE_TEXT_OF(""));
	cell_set(set, row, "names", VALUE_TEXT_OF("mx.test"));
	cell_set(set, row, "is_mx", VALUE_BOOL_OF(false));
	cell_set(set, row, "is_leaf", VALUE_BOOL_OF(true));
	cell_set(set, row, "spki_sha256", VALUE_TEXT_OF(X32("3c")));
	return set;
}

static void
facts_of_hosts(void **test)
{
	extern const struct dns_check dns_check_tlsa;
	const struct dns_check *const checks[] = {&dns_check_tlsa, NULL};
	static const struct rows_row rows[] = {
	    {.name = "a.test",       .type = DNS_MX, .text = "mx.test"},
	    {.name = "a.test",     .type = DNS_MX, .text = "filter.test"},
	    {.name = "mx.test",       .type = DNS_A, .text = "192.0.2.1"},
	    {.name = "filter.test", .type = DNS_A, .text = "192.0.2.9"},
	    {.name = "c.test",      .type = DNS_MX, .text = "mx2.test"},
	    {.name = "c.test",   .type = DNS_MX, .text = "mx.test"},
	    {.name = "mx2.test",  .type = DNS_A, .text = "192.0.2.1"},
	    {.name = "d.test",   .type = DNS_MX, .text = "filter.test"},
	    {.name = "late.test",       .type = DNS_MX, .outcome = DNS_TIMEOUT},
	    {SIGNED("\3\1\1" X32("\x1c"))   },
	    {.name = "_25._tcp.filter.test",
             .type = DNS_TLSA,
             .text = "\3\1\1" X32("\x77"),
             .is_authentic = true},
	    {.name = NULL    }
        };
	struct arena *arena = arena_new();
	struct rows_dns world = {.rows = rows};
	const struct dns_asker asker = {rows_ask, &world};
	struct fact_set *got = fact_set_new(arena);
	struct fact_out *out = fact_out_to_set(got);
	struct identity identity = {
	    .addresses = {{.text = "192.0.2.1", .family = 2}      },
	    .address_count = 1,
	    .domains = { {.name = "a.test", .is_hosted = true},
	                  {.name = "b.test", .is_sender = true},
	                  {.name = "c.test", .is_hosted = true},
	                  {.name = "d.test", .is_hosted = true},
	                  {.name = "late.test", .is_hosted = true}},
	    .domain_count = 5
        };
	struct dns_look look = {.arena = arena,
	    .facts = certificates(arena),
	    .identity = &identity,
	    .book = dns_book_new(arena, clock_boot_ms() + 10000)};

	(void)test;
	dns_look_run(checks, &look, &asker, false, NULL, out);
	fact_out_end(out);
	fact_out_free(out);
	assert_fact_text(got, "tlsa", "mx.test", "state", "ok");
	assert_fact_text(got, "tlsa", "mx2.test", "state", "none");
	assert_int_equal(
	    fact_table_get(got, schema_table_find("tlsa", NULL))->count, 2);
	/* two servers are this host; elsewhere; and who can tell? */
	assert_fact_text(got, "dane", "a.test", "state", "ok");
	assert_fact_text(got, "dane", "c.test", "state", "none");
	assert_fact_unknown(got, "dane", "late.test", "state",
	    "MX of late.test: no name server answered in time (192.0.2.53)");
	assert_int_equal(
	    fact_table_get(got, schema_table_find("dane", NULL))->count, 3);
	arena_free(arena);
}

/* The one that the record is of may stand in a table for names (SNI). */
static void
chosen_by_name(void **test)
{
	extern const struct dns_check dns_check_tlsa;
	const struct dns_check *const checks[] = {&dns_check_tlsa, NULL};
	static const struct rows_row rows[] = {
	    {.name = "a.test",     .type = DNS_MX, .text = "mx.test"},
	    {.name = "mx.test",   .type = DNS_A, .text = "192.0.2.1"},
	    {SIGNED("\3\1\1" X32("\x77"))   },
            {.name = NULL}
        };
	struct arena *arena = arena_new();
	struct rows_dns world = {.rows = rows};
	const struct dns_asker asker = {rows_ask, &world};
	struct fact_set *got = fact_set_new(arena);
	struct fact_out *out = fact_out_to_set(got);
	const struct mta_identity mta = {.certificates_unread = "SNI"};
	struct identity identity = {
	    .addresses = {{.text = "192.0.2.1", .family = 2}},
	    .address_count = 1,
	    .domains = {{.name = "a.test", .is_hosted = true}},
	    .domain_count = 1,
	    .mta = &mta};
	struct dns_look look = {.arena = arena,
	    .facts = certificates(arena),
	    .identity = &identity,
	    .book = dns_book_new(arena, clock_boot_ms() + 10000)};

	(void)test;
	dns_look_run(checks, &look, &asker, false, NULL, out);
	fact_out_end(out);
	fact_out_free(out);
	assert_fact_unknown(got, "tlsa", "mx.test", "state", "SNI");
	arena_free(arena);
}

static void
worst(void **test)
{
	(void)test;
	assert_int_equal(tlsa_worst(TLSA_OK, TLSA_NONE), TLSA_NONE);
	assert_int_equal(
	    tlsa_worst(TLSA_MISMATCH, TLSA_INSECURE), TLSA_MISMATCH);
	assert_int_equal(tlsa_worst(TLSA_NONE, TLSA_PARTIAL), TLSA_PARTIAL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(kinds),
	    cmocka_unit_test(wholes),
	    cmocka_unit_test(sets),
	    cmocka_unit_test(security),
	    cmocka_unit_test(facts_of_hosts),
	    cmocka_unit_test(chosen_by_name),
	    cmocka_unit_test(worst),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
