/*
 * test_domain_mx.c - where mail for a domain goes, zone by zone
 *
 * Purpose  healthy and unusual zones have no fault; broken ones have theirs;
 *          what is not known has none
 * Input    zones of its own
 * Errors   a failed assertion
 * Runs as  any user
 * Source   agent/dns/domain_mx.h
 */
#include "agent/base/auto.h"
#include "agent/dns/domain_mx_paste.h"
#include "tests/unit/dns_lines.h"

static const char *const ours[] = {"192.0.2.10", "2001:db8::10"};
static const struct dns_self self = {
    .name = "mx1.example.com", .addresses = ours, .address_count = 2};

/* clang-format off */
static const struct dns_line lines[] = {
    LINE("example.com", DNS_MX, "10 mx1.example.com"),
    LINE("example.com", DNS_MX, "20 mx2.example.net"),
    LINE("mx1.example.com", DNS_A, "192.0.2.10"),
    LINE("mx1.example.com", DNS_AAAA, "2001:db8:0:0::10"),
    LINE("mx2.example.net", DNS_A, "198.51.100.1"),
    /* a filter in front */
    LINE("filter.test", DNS_MX, "10 in.filter.example"),
    LINE("in.filter.example", DNS_AAAA, "2001:db8:1::1"),
    LINE("bare.test", DNS_AAAA, "2001:db8::10"),
    LINE("nothing.test", DNS_TXT, "hello"),
    LINE("null.test", DNS_MX, "0 ."),
    LINE("null10.test", DNS_MX, "10 ."),
    LINE("nullmore.test", DNS_MX, "0 ."),
    LINE("nullmore.test", DNS_MX, "10 mx1.example.com"),
    LINE("typo.test", DNS_MX, "0 0"),
    LINE("dangling.test", DNS_MX, "10 gone.dangling.test"),
    LINE("half.test", DNS_MX, "10 mx1.example.com"),
    LINE("half.test", DNS_MX, "20 empty.half.test"),
    LINE("empty.half.test", DNS_TXT, "x"),
    LINE("twice.test", DNS_MX, "10 mx.twice.test.twice.test"),
    LINE("alias.test", DNS_MX, "10 mail.alias.test"),
    LINE_ALIAS("mail.alias.test", "mx1.example.com", DNS_A, "192.0.2.10"),
    LINE("lostalias.test", DNS_MX, "10 mail.lostalias.test"),
    LINE_LOST("mail.lostalias.test", "gone.example.net", DNS_A, DNS_NXDOMAIN),
    LINE_LOST("mail.lostalias.test", "gone.example.net", DNS_AAAA, DNS_NXDOMAIN),
    LINE("literal.test", DNS_MX, "10 192.0.2.10"),
    LINE("literal2.test", DNS_MX, "10 198.51.100.9.literal2.test"),
    LINE("literal6.test", DNS_MX, "10 2001\\058db8\\058\\0581"),
    LINE("inside.test", DNS_MX, "10 mx.inside.test"),
    LINE("mx.inside.test", DNS_A, "10.0.0.5"),
    LINE("mx.inside.test", DNS_A, "192.0.2.10"),
    LINE("mx.inside.test", DNS_AAAA, "fe80::1"),
    LINE("split.test", DNS_MX, "10 mx.split.test"),
    LINE_LOCAL("mx.split.test", DNS_A, "10.0.0.5"),
    LINE("hidden.test", DNS_MX, "10 mx.hidden.test"),
    LINE_LOCAL("mx.hidden.test", DNS_TXT, "x"),
    LINE_LOCAL("local.test", DNS_TXT, "x"),
    LINE_LOCAL_FAULT("localmx.test", DNS_MX, DNS_NODATA),
    LINE_FAULT("late.test", DNS_MX, DNS_TIMEOUT),
    LINE_FAULT("broken.test", DNS_MX, DNS_SERVFAIL),
    LINE_FAULT("differ.test", DNS_MX, DNS_DISPUTED),
    LINE("latemx.test", DNS_MX, "10 mx.latemx.test"),
    LINE_FAULT("mx.latemx.test", DNS_A, DNS_TIMEOUT),
    LINE_FAULT("mx.latemx.test", DNS_AAAA, DNS_NODATA),
    LINE("late4.test", DNS_MX, "10 mx.late4.test"),
    LINE_FAULT("mx.late4.test", DNS_A, DNS_REFUSED),
    LINE("mx.late4.test", DNS_AAAA, "2001:db8:5::1"),
    LINE_END
};

/* clang-format on */

struct look {
	struct arena *arena;
	struct lines lines;
	struct domain_mx mx;
};

static const struct domain_mx *
look_at(struct look *look, const struct dns_self *who, const char *domain)
{
	struct dns_book *book = lines_book(look->arena);

	look->lines = (struct lines){.all = lines};
	LINES_JUDGE(&look->lines, book,
	    domain_mx_judge(book, look->arena, who, domain, true, &look->mx));
	/* MX, and then A and AAAA of all at once */
	assert_true(dns_book_waves(book) <= 2);
	return &look->mx;
}

static void
healthy(void **state)
{
	struct look look = {.arena = arena_new()};
	const struct domain_mx *mx;

	(void)state;
	mx = look_at(&look, &self, "Example.COM");
	assert_int_equal(mx->state, DOMAIN_MX_OK);
	assert_string_equal(mx->text, "10 mx1.example.com, 20 mx2.example.net");
	assert_int_equal(mx->leads_here, DNS_YES);
	assert_int_equal(mx->is_dead, DNS_NO);
	assert_int_equal(mx->count, 2);
	for (size_t i = 0; i < mx->count; i++) {
		assert_int_equal(mx->hosts[i].state, DOMAIN_MX_HOST_OK);
		assert_null(mx->hosts[i].canonical);
		assert_string_equal(mx->hosts[i].inside, "");
		assert_null(mx->hosts[i].inside_unknown);
	}
	assert_int_equal(mx->hosts[0].is_ours, DNS_YES);
	assert_int_equal(mx->hosts[1].is_ours, DNS_NO);
	assert_string_equal(
	    mx->hosts[0].addresses, "192.0.2.10, 2001:db8:0:0::10");
	mx = look_at(&look, &self, "filter.test");
	assert_int_equal(mx->state, DOMAIN_MX_OK);
	assert_int_equal(mx->leads_here, DNS_NO);
	assert_int_equal(mx->hosts[0].state, DOMAIN_MX_HOST_OK);
	mx = look_at(&look, &self, "bare.test");
	assert_int_equal(mx->state, DOMAIN_MX_IMPLICIT);
	assert_int_equal(mx->leads_here, DNS_YES);
	mx = look_at(&look, &self, "null.test");
	assert_int_equal(mx->state, DOMAIN_MX_NULL);
	assert_int_equal(mx->count, 0);
	assert_int_equal(mx->is_dead, DNS_NO);
	arena_free(look.arena);
}

static void
absent(void **state)
{
	struct look look = {.arena = arena_new()};
	const struct domain_mx *mx;

	(void)state;
	mx = look_at(&look, &self, "nothing.test");
	assert_int_equal(mx->state, DOMAIN_MX_NONE);
	assert_false(mx->is_missing);
	mx = look_at(&look, &self, "nowhere.test");
	assert_int_equal(mx->state, DOMAIN_MX_NONE);
	assert_true(mx->is_missing);
	mx = look_at(&look, &self, "late.test");
	assert_int_equal(mx->state, DOMAIN_MX_UNKNOWN);
	assert_string_equal(mx->unknown,
	    "MX of late.test: no name server answered in time (192.0.2.53)");
	mx = look_at(&look, &self, "broken.test");
	assert_int_equal(mx->state, DOMAIN_MX_UNKNOWN);
	mx = look_at(&look, &self, "differ.test");
	assert_int_equal(mx->state, DOMAIN_MX_UNKNOWN);
	mx = look_at(&look, &self, "local.test");
	assert_int_equal(mx->state, DOMAIN_MX_UNKNOWN);
	mx = look_at(&look, &self, "localmx.test");
	assert_int_equal(mx->state, DOMAIN_MX_UNKNOWN);
	arena_free(look.arena);
}

static const struct {
	const char *domain;
	size_t host;
	enum domain_mx_host_state state;
	enum dns_truth is_dead;
	const char *problem, *canonical;
} faults[] = {
    {"dangling.test",  0, DOMAIN_MX_HOST_MISSING, DNS_YES,
     "there is no such name",                                                   NULL              },
    {"half.test",      0, DOMAIN_MX_HOST_OK,      DNS_NO,  "",                  NULL              },
    {"half.test",      1, DOMAIN_MX_HOST_MISSING, DNS_NO,  "it has no address", NULL              },
    {"twice.test",     0, DOMAIN_MX_HOST_MISSING, DNS_YES,
     "it has no address; the domain stands there twice: the dot at the end "
        "was left out",                                                         NULL              },
    {"typo.test",      0, DOMAIN_MX_HOST_MISSING, DNS_YES,
     "it has no address; if no mail is wanted: \"0 .\"",                        NULL              },
    {"alias.test",     0, DOMAIN_MX_HOST_OK,      DNS_NO,  "",                  "mx1.example.com" },
    {"lostalias.test", 0, DOMAIN_MX_HOST_MISSING, DNS_YES,
     "it is an alias of gone.example.net, which has no address",                "gone.example.net"},
    {"literal.test",   0, DOMAIN_MX_HOST_LITERAL, DNS_NO,
     "it is an address, and servers look for a name that is so called",         NULL              },
    {"literal2.test",  0, DOMAIN_MX_HOST_LITERAL, DNS_NO,
     "it is an address, and servers look for a name that is so called",         NULL              },
    {"literal6.test",  0, DOMAIN_MX_HOST_LITERAL, DNS_NO,
     "it is an address, and servers look for a name that is so called",         NULL              },
    {"null10.test",    0, DOMAIN_MX_HOST_ROOT,    DNS_NO,
     "\".\" says that it takes no mail, and must have the preference 0 then",   NULL              },
    {"nullmore.test",  0, DOMAIN_MX_HOST_ROOT,    DNS_NO,
     "\".\" says that it takes no mail, and must be the only MX then",          NULL              },
    {"nullmore.test",  1, DOMAIN_MX_HOST_OK,      DNS_NO,  "",                  NULL              },
};

static void
broken(void **state)
{
	struct look look = {.arena = arena_new()};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(faults); i++) {
		const struct domain_mx *mx =
		    look_at(&look, &self, faults[i].domain);
		const struct domain_mx_host *host = &mx->hosts[faults[i].host];

		assert_int_equal(mx->state, DOMAIN_MX_OK);
		assert_int_equal(host->state, faults[i].state);
		assert_int_equal(mx->is_dead, faults[i].is_dead);
		assert_string_equal(host->problem, faults[i].problem);
		if (faults[i].canonical == NULL)
			assert_null(host->canonical);
		else
			assert_string_equal(
			    host->canonical, faults[i].canonical);
	}
	arena_free(look.arena);
}

static void
not_known(void **state)
{
	struct dns_self behind = self;
	struct look look = {.arena = arena_new()};
	const struct domain_mx *mx;

	(void)state;
	mx = look_at(&look, &self, "latemx.test");
	assert_int_equal(mx->hosts[0].state, DOMAIN_MX_HOST_UNKNOWN);
	assert_string_equal(mx->hosts[0].unknown,
	    "A of mx.latemx.test: no name server answered in time "
	    "(192.0.2.53)");
	assert_int_equal(mx->is_dead, DNS_NOT_TOLD);
	assert_int_equal(mx->leads_here, DNS_NOT_TOLD);
	/* it has an address: which others it has does not matter for that */
	mx = look_at(&look, &self, "late4.test");
	assert_int_equal(mx->hosts[0].state, DOMAIN_MX_HOST_OK);
	assert_non_null(mx->hosts[0].inside_unknown);
	assert_int_equal(mx->leads_here, DNS_NOT_TOLD);
	mx = look_at(&look, &self, "hidden.test");
	assert_int_equal(mx->hosts[0].state, DOMAIN_MX_HOST_UNKNOWN);
	/* an address of ours that is not told */
	behind.unknown[DNS_V4] = "NAT";
	mx = look_at(&look, &behind, "half.test");
	assert_int_equal(mx->leads_here, DNS_YES);
	behind.name = NULL;
	behind.address_count = 0;
	mx = look_at(&look, &behind, "half.test");
	assert_int_equal(mx->leads_here, DNS_NOT_TOLD);
	arena_free(look.arena);
}

static void
inside(void **state)
{
	struct dns_self behind = self;
	struct look look = {.arena = arena_new()};
	const struct domain_mx *mx;

	(void)state;
	mx = look_at(&look, &self, "inside.test");
	assert_string_equal(mx->hosts[0].inside, "10.0.0.5, fe80::1");
	assert_null(mx->hosts[0].inside_unknown);
	mx = look_at(&look, &self, "split.test");
	assert_string_equal(mx->hosts[0].inside, "");
	assert_string_equal(mx->hosts[0].inside_unknown,
	    "mx.split.test has 10.0.0.5 here, which the world may see "
	    "differently");
	behind.is_inside[DNS_V4] = behind.is_inside[DNS_V6] = true;
	mx = look_at(&look, &behind, "inside.test");
	assert_string_equal(mx->hosts[0].inside, "");
	assert_non_null(mx->hosts[0].inside_unknown);
	mx = look_at(&look, &behind, "example.com");
	assert_null(mx->hosts[0].inside_unknown);
	arena_free(look.arena);
}

static void
pastes(void **state)
{
	struct look look = {.arena = arena_new()};
	struct dns_self nameless = self;
	const struct domain_mx_host *host;

	(void)state;
	nameless.name = "[192.0.2.10]";
	assert_string_equal(domain_mx_paste(look.arena, &self, "example.com"),
	    "example.com. 3600 IN MX 10 mx1.example.com.");
	assert_string_equal(
	    domain_mx_paste(look.arena, &self, "mx1.example.com"),
	    "mx1.example.com. 3600 IN A 192.0.2.10");
	host = &look_at(&look, &self, "alias.test")->hosts[0];
	assert_string_equal(
	    domain_mx_host_paste(look.arena, &self, "alias.test", host),
	    "alias.test. 3600 IN MX 10 mx1.example.com.");
	host = &look_at(&look, &self, "literal.test")->hosts[0];
	assert_string_equal(
	    domain_mx_record(look.arena, "literal.test", host, host->name),
	    "literal.test. 3600 IN MX 10 192.0.2.10.");
	assert_string_equal(
	    domain_mx_host_paste(look.arena, &self, "literal.test", host),
	    "literal.test. 3600 IN MX 10 mx1.example.com.");
	host = &look_at(&look, &self, "literal6.test")->hosts[0];
	assert_string_equal(
	    domain_mx_host_paste(look.arena, &self, "literal6.test", host),
	    "literal6.test. 3600 IN MX 10 mx.literal6.test.");
	assert_string_equal(
	    domain_mx_host_address(look.arena, &self, "literal6.test", host),
	    "mx.literal6.test. 3600 IN AAAA 2001:db8::1");
	/* what this host greets as is no name */
	assert_null(domain_mx_paste(look.arena, &nameless, "example.com"));
	host = &look_at(&look, &nameless, "literal.test")->hosts[0];
	assert_string_equal(
	    domain_mx_host_paste(look.arena, &nameless, "literal.test", host),
	    "literal.test. 3600 IN MX 10 mx.literal.test.");
	host = &look_at(&look, &self, "dangling.test")->hosts[0];
	assert_null(
	    domain_mx_host_paste(look.arena, &self, "dangling.test", host));
	arena_free(look.arena);
}

static void
names(void **state)
{
	(void)state;
	assert_true(dns_name_is_public("example.com"));
	assert_true(dns_name_is_public("mylocal.test"));
	assert_false(dns_name_is_public("mail"));
	assert_false(dns_name_is_public("localhost.example.com"));
	assert_false(dns_name_is_public("debian.localdomain"));
	assert_false(dns_name_is_public("mail.Local"));
	assert_true(dns_name_is_below("a.example.com", "Example.com"));
	assert_false(dns_name_is_below("example.com", "example.com"));
	assert_false(dns_name_is_below("badexample.com", "example.com"));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(healthy),
	    cmocka_unit_test(absent),
	    cmocka_unit_test(broken),
	    cmocka_unit_test(not_known),
	    cmocka_unit_test(inside),
	    cmocka_unit_test(pastes),
	    cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
