/*
 * test_address_ptr.c - names of addresses, and the name of the greeting
 *
 * Purpose  what is healthy, unusual, broken and not known, address by address
 * Input    zones of its own
 * Errors   a failed assertion
 * Runs as  any user
 * Source   agent/dns/address_ptr.h, agent/dns/helo.h
 */
#include "agent/base/auto.h"
#include "agent/dns/address_ptr.h"
#include "agent/dns/helo.h"
#include "tests/unit/dns_lines.h"

#define REVERSE6                                                               \
	"0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
#define REVERSE(n) #n ".2.0.192.in-addr.arpa"

/* clang-format off */
static const struct dns_line lines[] = {
    LINE(REVERSE(1), DNS_PTR, "mx1.test"),
    LINE("mx1.test", DNS_A, "192.0.2.1"),
    LINE("mx1.test", DNS_AAAA, "2001:db8::2"),
    /* a provider's name, which is as good */
    LINE(REVERSE(2), DNS_PTR, "2-2-0-192.pool.isp.test"),
    LINE("2-2-0-192.pool.isp.test", DNS_A, "192.0.2.2"),
    /* RFC 2317; and one of several names is enough */
    LINE_ALIAS(REVERSE(3), "3.0-15.2.0.192.in-addr.arpa", DNS_PTR, "old.test"),
    LINE_ALIAS(REVERSE(3), "3.0-15.2.0.192.in-addr.arpa", DNS_PTR, "late.test"),
    LINE_ALIAS(REVERSE(3), "3.0-15.2.0.192.in-addr.arpa", DNS_PTR, "mx3.test"),
    LINE("old.test", DNS_A, "198.51.100.3"),
    LINE_FAULT("late.test", DNS_A, DNS_TIMEOUT),
    LINE_ALIAS("mx3.test", "a.test", DNS_A, "192.0.2.3"),
    LINE(REVERSE(5), DNS_TXT, "an empty name"),
    LINE(REVERSE(6), DNS_PTR, "old.test"),
    LINE(REVERSE(6), DNS_PTR, "gone.test"),
    LINE(REVERSE(6), DNS_PTR, "six.test"),
    LINE("six.test", DNS_AAAA, "2001:db8::6"),
    LINE(REVERSE(7), DNS_PTR, "old.test"),
    LINE(REVERSE(7), DNS_PTR, "late.test"),
    LINE_FAULT(REVERSE(8), DNS_PTR, DNS_SERVFAIL),
    LINE_LOCAL(REVERSE(9), DNS_TXT, "from a hosts file"),
    LINE_LOCAL(REVERSE(10), DNS_PTR, "old.test"),
    LINE(REVERSE(11), DNS_PTR, "hosts.test"),
    LINE_LOCAL("hosts.test", DNS_A, "127.0.1.1"),
    LINE_LOCAL(REVERSE(12), DNS_PTR, "mx12.test"),
    LINE("mx12.test", DNS_A, "192.0.2.12"),
    LINE("1.0.0.0." REVERSE6, DNS_PTR, "six1.test"),
    LINE("six1.test", DNS_AAAA, "2001:db8:0::1"),
    LINE("2.0.0.0." REVERSE6, DNS_PTR, "mx1.test"),
    LINE(REVERSE(13), DNS_PTR, "a1.test"), LINE(REVERSE(13), DNS_PTR, "a2.test"),
    LINE(REVERSE(13), DNS_PTR, "a3.test"), LINE(REVERSE(13), DNS_PTR, "a4.test"),
    LINE(REVERSE(13), DNS_PTR, "a5.test"), LINE(REVERSE(13), DNS_PTR, "a6.test"),
    LINE(REVERSE(13), DNS_PTR, "a7.test"), LINE(REVERSE(13), DNS_PTR, "a8.test"),
    LINE(REVERSE(13), DNS_PTR, "a9.test"), LINE(REVERSE(13), DNS_PTR, "b1.test"),
    LINE(REVERSE(13), DNS_PTR, "b2.test"),
    LINE("b2.test", DNS_A, "192.0.2.13"),
    LINE("web.test", DNS_A, "203.0.113.80"),
    LINE_LOCAL("hosts2.test", DNS_A, "127.0.1.1"),
    LINE_LOCAL("hosts3.test", DNS_A, "192.0.2.1"),
    LINE_LOST("alias.test", "gone.test", DNS_A, DNS_NXDOMAIN),
    LINE_LOST("alias.test", "gone.test", DNS_AAAA, DNS_NXDOMAIN),
    LINE_END
};

/* clang-format on */

static const struct dns_self outside = {.address_count = 0};

static const struct {
	const char *address;
	enum address_ptr_state state;
	const char *name, *problem;
} cases[] = {
    {"192.0.2.1",    ADDRESS_PTR_OK,          "mx1.test",                ""},
    {"192.0.2.2",    ADDRESS_PTR_OK,          "2-2-0-192.pool.isp.test", ""},
    {"192.0.2.3",    ADDRESS_PTR_OK,          "mx3.test",                ""},
    {"2001:db8::1",  ADDRESS_PTR_OK,          "six1.test",               ""},
    {"2001:db8::2",  ADDRESS_PTR_OK,          "mx1.test",                ""},
    {"192.0.2.12",   ADDRESS_PTR_OK,          "mx12.test",               ""},
    {"192.0.2.4",    ADDRESS_PTR_MISSING,     NULL,                      ""},
    {"192.0.2.5",    ADDRESS_PTR_MISSING,     NULL,                      ""},
    {"2001:db8::99", ADDRESS_PTR_MISSING,     NULL,                      ""},
    {"192.0.2.6",    ADDRESS_PTR_UNCONFIRMED, NULL,
     "old.test has 198.51.100.3; gone.test does not exist; six.test has no "
        "such address"                                                     },
    {"192.0.2.7",    ADDRESS_PTR_UNKNOWN,     NULL,                      ""},
    {"192.0.2.8",    ADDRESS_PTR_UNKNOWN,     NULL,                      ""},
    {"192.0.2.9",    ADDRESS_PTR_UNKNOWN,     NULL,                      ""},
    {"192.0.2.10",   ADDRESS_PTR_UNKNOWN,     NULL,                      ""},
    {"192.0.2.11",   ADDRESS_PTR_UNKNOWN,     NULL,                      ""},
 /* the last of eleven */
    {"192.0.2.13",   ADDRESS_PTR_OK,          "b2.test",                 ""},
};

static void
pointers(void **state)
{
	struct arena *arena = arena_new();
	struct lines zone = {.all = lines};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct dns_book *book = lines_book(arena);
		struct address_ptr ptr;

		LINES_JUDGE(&zone, book,
		    address_ptr_judge(
		        book, arena, &outside, cases[i].address, &ptr));
		if (ptr.state != cases[i].state)
			fail_msg("%s is %d", cases[i].address, (int)ptr.state);
		assert_int_equal(dns_book_waves(book) <= 2, true);
		assert_string_equal(ptr.problem, cases[i].problem);
		if (cases[i].name == NULL)
			assert_null(ptr.name);
		else
			assert_string_equal(ptr.name, cases[i].name);
		assert_true((ptr.unknown != NULL) ==
		            (ptr.state == ADDRESS_PTR_UNKNOWN));
	}
	arena_free(arena);
}

/* One more than are looked at, and only that one leads back. */
static void
too_many(void **state)
{
	struct arena *arena = arena_new();
	struct dns_line *all =
	    arena_alloc(arena, ADDRESS_PTR_MAX + 4, sizeof(*all));
	struct lines zone = {.all = all};
	struct dns_book *book = lines_book(arena);
	struct address_ptr ptr;

	(void)state;
	for (size_t i = 0; i <= ADDRESS_PTR_MAX; i++)
		all[i] = (struct dns_line)LINE(
		    REVERSE(1), DNS_PTR, arena_printf(arena, "n%zu.test", i));
	all[ADDRESS_PTR_MAX + 1] = (struct dns_line)LINE(
	    all[ADDRESS_PTR_MAX].value, DNS_A, "192.0.2.1");
	LINES_JUDGE(&zone, book,
	    address_ptr_judge(book, arena, &outside, "192.0.2.1", &ptr));
	assert_int_equal(ptr.state, ADDRESS_PTR_UNKNOWN);
	assert_string_equal(
	    ptr.unknown, "it has 33 names, and the first 32 do not lead back");
	assert_true(strstr(ptr.names, "n31.test and 1 more") != NULL);
	arena_free(arena);
}

/* clang-format off */
static const struct dns_line inside_lines[] = {
    LINE(REVERSE(1), DNS_PTR, "mx1.test"),
    LINE("mx1.test", DNS_A, "10.0.0.5"),
    /* RFC 2317 */
    LINE_LOST(REVERSE(3), "3.0-15.2.0.192.in-addr.arpa", DNS_PTR, DNS_NODATA),
    LINE_END
};

/* clang-format on */

static const char *const ours[] = {"192.0.2.1"};

/* What a network sees of itself is not what the world sees. */
static void
split_view(void **state)
{
	struct dns_self self = {
	    .name = "mx1.test", .addresses = ours, .address_count = 1};
	struct arena *arena = arena_new();
	struct lines zone = {.all = inside_lines};

	(void)state;
	for (int is_inside = 0; is_inside < 2; is_inside++) {
		struct dns_book *book = lines_book(arena);
		struct address_ptr ptr;
		struct helo helo;

		self.is_inside[DNS_V4] = is_inside != 0;
		LINES_JUDGE(&zone, book,
		    address_ptr_judge(book, arena, &self, ours[0], &ptr));
		assert_int_equal(ptr.state,
		    is_inside ? ADDRESS_PTR_UNKNOWN : ADDRESS_PTR_UNCONFIRMED);
		if (is_inside)
			assert_string_equal(ptr.unknown,
			    "mx1.test has 10.0.0.5 here, which the world may "
			    "see differently");
		LINES_JUDGE(&zone, book,
		    helo_judge(book, arena, &self, self.name, &helo));
		assert_int_equal(
		    helo.matches, is_inside ? DNS_NOT_TOLD : DNS_NO);
	}
	arena_free(arena);
}

/* The record is missing where the alias leads: beside it none can stand. */
static void
delegated(void **state)
{
	struct arena *arena = arena_new();
	struct lines zone = {.all = inside_lines};
	struct dns_book *book = lines_book(arena);
	struct address_ptr ptr;

	(void)state;
	LINES_JUDGE(&zone, book,
	    address_ptr_judge(book, arena, &outside, "192.0.2.3", &ptr));
	assert_int_equal(ptr.state, ADDRESS_PTR_MISSING);
	assert_string_equal(ptr.owner, "3.0-15.2.0.192.in-addr.arpa");
	assert_non_null(strstr(ptr.problem, "RFC 2317"));
	LINES_JUDGE(&zone, book,
	    address_ptr_judge(book, arena, &outside, "192.0.2.4", &ptr));
	assert_string_equal(ptr.owner, "4.2.0.192.in-addr.arpa");
	assert_string_equal(ptr.problem, "");
	arena_free(arena);
}

static const struct {
	const char *name;
	enum helo_state state;
	enum dns_truth matches;
} helos[] = {
    {"mx1.test",              HELO_OK,           DNS_YES     },
    {"MX1.Test",              HELO_OK,           DNS_YES     },
    {"six1.test",             HELO_OK,           DNS_NO      },
    {"web.test",              HELO_OK,           DNS_NO      },
    {"late.test",             HELO_UNKNOWN,      DNS_NOT_TOLD},
    {"hosts2.test",           HELO_UNKNOWN,      DNS_NOT_TOLD},
    {"hosts3.test",           HELO_OK,           DNS_YES     },
    {"gone.test",             HELO_UNRESOLVABLE, DNS_NOT_TOLD},
    {"alias.test",            HELO_UNRESOLVABLE, DNS_NOT_TOLD},
    {"[192.0.2.1]",           HELO_LITERAL,      DNS_YES     },
    {"[192.0.2.2]",           HELO_LITERAL,      DNS_NO      },
    {"[IPv6:2001:db8::1]",    HELO_LITERAL,      DNS_NO      },
    {"[2001:db8::1]",         HELO_INVALID,      DNS_NOT_TOLD},
    {"192.0.2.1",             HELO_INVALID,      DNS_NOT_TOLD},
    {"2001:db8::1",           HELO_INVALID,      DNS_NOT_TOLD},
    {"mail",                  HELO_INVALID,      DNS_NOT_TOLD},
    {"localhost",             HELO_INVALID,      DNS_NOT_TOLD},
    {"localhost.localdomain", HELO_INVALID,      DNS_NOT_TOLD},
    {"debian.localdomain",    HELO_INVALID,      DNS_NOT_TOLD},
    {"mx_1.test",             HELO_INVALID,      DNS_NOT_TOLD},
    {"mx1.test.",             HELO_INVALID,      DNS_NOT_TOLD},
    {"mx1..test",             HELO_INVALID,      DNS_NOT_TOLD},
    {"-mx1.test",             HELO_INVALID,      DNS_NOT_TOLD},
    {"mx1.1234",              HELO_INVALID,      DNS_NOT_TOLD},
    {"",                      HELO_INVALID,      DNS_NOT_TOLD},
    {"xn--mller-kva.test",    HELO_UNRESOLVABLE, DNS_NOT_TOLD},
    {"m\xc3\xbcller.test",    HELO_INVALID,      DNS_NOT_TOLD},
};

static void
greetings(void **state)
{
	struct dns_self self = {
	    .name = "mx1.test", .addresses = ours, .address_count = 1};
	struct arena *arena = arena_new();
	struct lines zone = {.all = lines};
	struct helo helo;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(helos); i++) {
		struct dns_book *book = lines_book(arena);

		LINES_JUDGE(&zone, book,
		    helo_judge(book, arena, &self, helos[i].name, &helo));
		if (helo.state != helos[i].state)
			fail_msg("%s is %d", helos[i].name, (int)helo.state);
		if (helo.matches != helos[i].matches)
			fail_msg("%s: %d", helos[i].name, (int)helo.matches);
		assert_true((helo.problem[0] != '\0') ==
		            (helo.state == HELO_INVALID ||
		                helo.state == HELO_UNRESOLVABLE));
	}
	/* an address that is not told may be the one */
	self.unknown[DNS_V4] = "NAT";
	for (size_t i = 0; i < 2; i++) {
		struct dns_book *book = lines_book(arena);

		LINES_JUDGE(&zone, book,
		    helo_judge(book, arena, &self,
		        i == 0 ? "web.test" : "[192.0.2.2]", &helo));
		assert_int_equal(helo.matches, DNS_NOT_TOLD);
	}
	arena_free(arena);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pointers),
	    cmocka_unit_test(too_many),
	    cmocka_unit_test(greetings),
	    cmocka_unit_test(split_view),
	    cmocka_unit_test(delegated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
