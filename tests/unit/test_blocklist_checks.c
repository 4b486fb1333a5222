/*
 * test_blocklist_checks.c - what the checks blocklist and dnsbl tell
 *
 * Purpose  rows and cells for hosts of every kind; what is asked, and in how
 *          many round trips; the setting that is advised
 * Input    identities, settings and lists of its own
 * Errors   a failed assertion
 * Runs as  any user
 * Source   agent/probes/dns_blocklist.c, agent/probes/dns_dnsbl.c
 */
#include <sys/socket.h>

#include "agent/mta/postfix.h"
#include "agent/probes/dns_look.h"
#include "tests/unit/blocklist_world.h"
#include "tests/unit/probe_run.h"

extern const struct dns_check dns_check_blocklist, dns_check_dnsbl;

static const struct dns_check *const checks[] = {
    &dns_check_blocklist, &dns_check_dnsbl, NULL};

/* What stands in main.cf. */
struct host {
	struct identity identity;
	struct mta_identity mta_identity;
	struct mta_dnsbl dnsbls[8];
	struct mta_param params[4];
	struct mta mta;
	struct config config;
};

static const char *
pasted(struct arena *arena, const struct mta *mta, const struct mta_dnsbl *list,
    const char *filter)
{
	return postfix_ops.dnsbl_paste(arena, mta, list, filter);
}

static int
never_asked(struct arena *arena, const struct mta *mta,
    struct mta_identity *ret, struct why *why)
{
	(void)arena;
	(void)mta;
	(void)ret;
	(void)why;
	fail();
	return -1;
}

static const struct mta_ops ops = {
    .kind = "postfix", .dnsbl_paste = pasted, .identity = never_asked};

static void
host_begin(struct host *host)
{
	*host = (struct host){
	    .config = {.resolver = "system", .blocklists = "default"},
	    .mta = {.ops = &ops,          .kind = "postfix"      },
	};
	host->mta.params = host->params;
	host->mta_identity.dnsbls = host->dnsbls;
	host->identity.mta = &host->mta_identity;
}

static void
address_add(struct host *host, const char *text, int family)
{
	host->identity.addresses[host->identity.address_count++] =
	    (struct identity_address){text, family, "route"};
}

static void
domain_add(struct host *host, const char *name, bool is_sender)
{
	host->identity.domains[host->identity.domain_count++] =
	    (struct identity_domain){
	        .name = name, .source = "test", .is_sender = is_sender};
}

static struct fact_set *
tell(struct world *world, struct host *host, const struct known *known,
    unsigned *ret_waves)
{
	struct fact_set *set = fact_set_new(world->arena);
	struct fact_out *out = fact_out_to_set(set);
	const struct dns_asker asker = {world_ask, world};
	struct probe_job job = {
	    .arena = world->arena,
	    .config = &host->config,
	    .blocklists = world->catalogue,
	};
	void *prepared[] = {
	    dns_check_blocklist.prepare(&job), dns_check_dnsbl.prepare(&job)};
	struct dns_look look = {.arena = world->arena,
	    .config = &host->config,
	    .mta = &host->mta,
	    .identity = &host->identity,
	    .book = dns_book_new(world->arena, clock_boot_ms() + 10000)};

	world->known = known;
	world->asked = 0;
	dns_look_run(checks, &look, &asker, false, prepared, out);
	fact_out_end(out);
	fact_out_free(out);
	if (ret_waves != NULL)
		*ret_waves = dns_book_waves(look.book);
	return set;
}

static size_t
row_count(const struct fact_set *set, const char *table)
{
	return fact_table_get(set, schema_table_find(table, NULL))->count;
}

static const struct known good[] = {
    GOOD("zen.spamhaus.org"), GOOD("bl.spamcop.net"),
    GOOD("b.barracudacentral.org"), GOOD("psbl.surriel.com"),
    GOOD("bl.mailspike.net"), GOOD("dnsbl-1.uceprotect.net"),
    {"test.dbl.spamhaus.org",       "127.0.1.2"},
    {"11.2.0.192.zen.spamhaus.org",                             "127.0.0.10"},
    {"11.2.0.192.zen.spamhaus.org","~ask\nyour provider"},
    {"11.2.0.192.dnsbl-1.uceprotect.net", "127.0.0.2"},
     {0                            }
};

/* Nothing is found, in one round trip. */
static void
healthy(void **state)
{
	struct world *world = *state;
	struct fact_set *set;
	struct host host;
	unsigned waves;

	host_begin(&host);
	address_add(&host, "192.0.2.10", AF_INET);
	address_add(&host, "2001:db8::10", AF_INET6);
	domain_add(&host, "example.com", true);
	domain_add(&host, "hosted.example", false);
	set = tell(world, &host, good, &waves);
	assert_int_equal(waves, 1);
	assert_int_equal(row_count(set, "blocklist"), 8);
	assert_int_equal(row_count(set, "dnsbl"), 0);
	assert_fact_bool(
	    set, "blocklist", "192.0.2.10/zen.spamhaus.org", "listed", false);
	assert_fact_bool(
	    set, "blocklist", "2001:db8::10/zen.spamhaus.org", "listed", false);
	assert_fact_bool(
	    set, "blocklist", "example.com/dbl.spamhaus.org", "listed", false);
	assert_fact_text(
	    set, "blocklist", "192.0.2.10/zen.spamhaus.org", "state", "alive");
	/* 7 lists: their 2 test entries, ZEN's for IPv6, DBL's second; 8 of
	 * ours; the name that cannot be, and the root */
	assert_int_equal(world->asked, 7 * 2 + 2 + 1 + 8 + 2);
}

static void
listed(void **state)
{
	struct world *world = *state;
	const char *zen = "192.0.2.11/zen.spamhaus.org";
	const char *noted = "192.0.2.11/dnsbl-1.uceprotect.net";
	struct fact_set *set;
	struct host host;
	unsigned waves;

	host_begin(&host);
	address_add(&host, "192.0.2.11", AF_INET);
	set = tell(world, &host, good, &waves);
	assert_int_equal(waves, 2);
	assert_fact_bool(set, "blocklist", zen, "listed", true);
	assert_fact_text(set, "blocklist", zen, "kind", "policy");
	assert_fact_text(set, "blocklist", zen, "code", "127.0.0.10");
	assert_fact_text(
	    set, "blocklist", zen, "text", "ask\\x0ayour provider");
	assert_fact_text(set, "blocklist", zen, "list", "Spamhaus ZEN");
	assert_fact_text(set, "blocklist", noted, "kind", "note");
	assert_fact_unknown(
	    set, "blocklist", noted, "text", "it gives no text");
}

/* None asked; behind NAT; a relay, but a domain that can be asked about. */
static void
not_asked(void **state)
{
	struct world *world = *state;
	struct fact_set *set;
	struct host host;

	host_begin(&host);
	host.config.blocklists = "none";
	host.identity.address_unknown[PROBE_V4] = "behind NAT";
	set = tell(world, &host, good, NULL);
	assert_int_equal(row_count(set, "blocklist"), 0);
	assert_int_equal(world->asked, 0);
	host.config.blocklists = "default";
	host.identity.address_unknown[PROBE_V6] = "behind NAT, too";
	domain_add(&host, "example.com", true);
	set = tell(world, &host, good, NULL);
	assert_fact_unknown(set, "blocklist", "IPv4", "listed", "behind NAT");
	assert_fact_unknown(
	    set, "blocklist", "IPv6", "listed", "behind NAT, too");
	assert_fact_bool(
	    set, "blocklist", "example.com/dbl.spamhaus.org", "listed", false);
	host.config.blocklists = "bl.spamcop.net";
	set = tell(world, &host, good, NULL);
	assert_int_equal(row_count(set, "blocklist"), 1);
}

/* No key of an account is told, in no cell. */
static void
keys(void **state)
{
	static const struct known known[] = {
	    GOOD("secret1.zen.dq.spamhaus.net"), {0}};
	struct world *world = *state;
	const struct fact_table *table;
	struct fact_set *set;
	struct host host;

	host_begin(&host);
	host.config.blocklists = "secret1.zen.dq.spamhaus.net";
	address_add(&host, "192.0.2.10", AF_INET);
	host.dnsbls[host.mta_identity.dnsbl_count++] =
	    (struct mta_dnsbl){.zone = "secret1.zen.dq.spamhaus.net",
	        .setting = "smtpd_client_restrictions",
	        .refuses = true};
	set = tell(world, &host, known, NULL);
	assert_fact_bool(set, "blocklist", "192.0.2.10/KEY.zen.dq.spamhaus.net",
	    "listed", false);
	assert_fact_text(
	    set, "dnsbl", "KEY.zen.dq.spamhaus.net", "state", "alive");
	for (int i = 0; i < 2; i++) {
		table = fact_table_get(set,
		    schema_table_find(i == 0 ? "blocklist" : "dnsbl", NULL));
		for (size_t r = 0; r < table->count; r++)
			for (size_t c = 0; c < table->schema->column_count;
			     c++) {
				struct value value = table->rows[r].cells[c];

				if (value.kind == VALUE_TEXT ||
				    value.kind == VALUE_UNKNOWN)
					assert_null(
					    strstr(value.text, "secret1"));
			}
	}
}

static void
own_add(struct host *host, const char *zone, const char *filter,
    const char *setting, bool refuses)
{
	host->dnsbls[host->mta_identity.dnsbl_count++] = (struct mta_dnsbl){
	    .zone = zone,
	    .filter = filter,
	    .setting = setting,
	    .refuses = refuses,
	};
}

/* The refusal is taken for a listing, unless a filter leaves it out. */
static void
own_refuses(void **state)
{
	static const struct known known[] = {
	    {"*.zen.spamhaus.org", "127.255.255.254"},
	    {"*.dbl.spamhaus.org",                    "127.0.1.255"},
            GOOD("bl.spamcop.net"), {0}
        };
	struct world *world = *state;
	struct fact_set *set;
	struct host host;

	host_begin(&host);
	host.params[0] = (struct mta_param){"smtpd_recipient_restrictions",
	    "permit_mynetworks,\n  reject_unauth_destination\n"
	    "  warn_if_reject reject_rbl_client a.test,\n"
	    "  reject_rbl_client Zen.spamhaus.org, permit",
	    9};
	host.mta.param_count = 1;
	own_add(&host, "zen.spamhaus.org", NULL, "smtpd_recipient_restrictions",
	    true);
	own_add(&host, "zen.spamhaus.org", "127.0.0.[2..11]",
	    "postscreen_dnsbl_sites", true);
	own_add(&host, "bl.spamcop.net", NULL, "x", true);
	/* a list of domains, asked about addresses */
	own_add(
	    &host, "dbl.spamhaus.org", NULL, "smtpd_client_restrictions", true);
	set = tell(world, &host, known, NULL);
	assert_int_equal(row_count(set, "dnsbl"), 3);
	assert_fact_text(set, "dnsbl", "zen.spamhaus.org", "state", "refuses");
	assert_fact_text(
	    set, "dnsbl", "zen.spamhaus.org", "code", "127.255.255.254");
	assert_fact_bool(
	    set, "dnsbl", "zen.spamhaus.org", "refuses_mail", true);
	assert_fact_bool(set, "dnsbl", "zen.spamhaus.org", "useless", false);
	assert_fact_text(set, "dnsbl", "zen.spamhaus.org", "paste",
	    "postconf -e 'smtpd_recipient_restrictions = permit_mynetworks, "
	    "reject_unauth_destination warn_if_reject reject_rbl_client "
	    "a.test, reject_rbl_client zen.spamhaus.org=127.0.0.[2..11], "
	    "permit' && postfix reload");
	assert_fact_bool(set, "dnsbl", "bl.spamcop.net", "refuses_mail", false);
	assert_fact_text(set, "dnsbl", "bl.spamcop.net", "fault", "");
	assert_fact_bool(
	    set, "dnsbl", "dbl.spamhaus.org", "refuses_mail", true);
	/* the filter alone, or without power to refuse: harmless */
	host.dnsbls[0] = host.dnsbls[1];
	host.dnsbls[3].refuses = false;
	set = tell(world, &host, known, NULL);
	assert_fact_text(set, "dnsbl", "zen.spamhaus.org", "state", "refuses");
	assert_fact_bool(
	    set, "dnsbl", "zen.spamhaus.org", "refuses_mail", false);
	assert_fact_bool(set, "dnsbl", "zen.spamhaus.org", "useless", false);
	assert_fact_bool(
	    set, "dnsbl", "dbl.spamhaus.org", "refuses_mail", false);
}

static void
own_dead(void **state)
{
	static const struct known known[] = {
	    {"*.all.test",            "127.0.0.2"},
            {"*.parked.test",                       "203.0.113.1"},
	    {"1.0.0.127.bogons.test","127.0.0.2"},
            GOOD("bogons.test"),
	    {"bl.example.com", "192.0.2.1"},
            {"allow.test",                       "192.0.2.1"},
	    {"*.lame.test",            "!servfail"},
            {0           }
        };
	struct world *world = *state;
	struct fact_set *set;
	struct host host;

	host_begin(&host);
	host.params[0] = (struct mta_param){"postscreen_dnsbl_sites",
	    "gone.test*2 parked.test=127.0.0.[2..9]*3 other.test", 3};
	host.mta.param_count = 1;
	domain_add(&host, "example.com", false);
	own_add(&host, "gone.test", NULL, "postscreen_dnsbl_sites", true);
	own_add(&host, "all.test", NULL, "smtpd_client_restrictions", true);
	own_add(&host, "parked.test", "127.0.0.[2..9]",
	    "postscreen_dnsbl_sites", true);
	/* healthy, if unusual: of addresses not in use; of one's own; good */
	own_add(&host, "bogons.test", NULL, "x", true);
	own_add(&host, "bl.example.com", NULL, "x", true);
	own_add(&host, "allow.test", NULL, "x", false);
	host.dnsbls[5].is_allow = true;
	own_add(&host, "lame.test", NULL, "x", true);
	set = tell(world, &host, known, NULL);
	assert_fact_text(set, "dnsbl", "gone.test", "state", "dead");
	assert_fact_bool(set, "dnsbl", "gone.test", "useless", true);
	assert_fact_bool(set, "dnsbl", "gone.test", "refuses_mail", false);
	assert_fact_text(set, "dnsbl", "gone.test", "paste",
	    "postconf -e 'postscreen_dnsbl_sites = "
	    "parked.test=127.0.0.[2..9]*3 other.test' && postfix reload");
	assert_fact_text(set, "dnsbl", "all.test", "state", "lists-all");
	assert_fact_bool(set, "dnsbl", "all.test", "refuses_mail", true);
	assert_fact_unknown(set, "dnsbl", "all.test", "paste",
	    "it is not in main.cf in so many words");
	assert_fact_text(set, "dnsbl", "parked.test", "state", "parked");
	assert_fact_bool(set, "dnsbl", "parked.test", "refuses_mail", false);
	assert_fact_bool(set, "dnsbl", "parked.test", "useless", true);
	for (int i = 0; i < 3; i++) {
		static const char *const fine[] = {
		    "bogons.test", "bl.example.com", "allow.test"};

		assert_fact_text(set, "dnsbl", fine[i], "state", "untested");
		assert_fact_bool(set, "dnsbl", fine[i], "useless", false);
		assert_fact_bool(set, "dnsbl", fine[i], "refuses_mail", false);
	}
	assert_fact_unknown(set, "dnsbl", "lame.test", "refuses_mail",
	    "the list's test entry: the name server could not find out (" SERVER
	    ")");
}

/* Another name server than the mail server's says nothing about its lists. */
static void
own_elsewhere(void **state)
{
	struct world *world = *state;
	struct fact_set *set;
	struct host host;

	host_begin(&host);
	host.config.resolver = "198.51.100.99@5399";
	set = tell(world, &host, good, NULL);
	assert_int_equal(row_count(set, "dnsbl"), 0);
	own_add(&host, "bl.spamcop.net", NULL, "x", true);
	set = tell(world, &host, good, NULL);
	assert_fact_unknown(set, "dnsbl", "bl.spamcop.net", "state",
	    "mailfix is told to ask other name servers than the mail server "
	    "does (198.51.100.99@5399)");
}

/* What main.cf has in another way is not changed by a command. */
static void
pastes(void **state)
{
	static const struct {
		const char *value, *filter, *want;
	} cases[] = {
	    {"reject_rbl_client z.test",                              NULL,
             "postconf -e 's = ' && postfix reload"                                             },
	    {"warn_if_reject reject_rbl_client z.test permit",        NULL,
             "postconf -e 's = permit' && postfix reload"                                       },
	    {"a, reject_rbl_client z.test, reject_rhsbl_helo z.test",
             "127.0.0.2",	                                           "postconf -e 's = a, reject_rbl_client z.test=127.0.0.2, "
	        "reject_rhsbl_helo z.test=127.0.0.2' && postfix reload"},
	    {"reject_rbl_client z.test=127.0.0.9",                    NULL, NULL                },
	    {"reject_rbl_client zz.test",                             NULL, NULL                },
	    {"reject_rbl_client z.testing",                           NULL, NULL                },
	    {"check_access z.test",                                   NULL, NULL                },
	    {"$lists",	                                        NULL, NULL                },
	    {"reject_rbl_client z.test, check_x { 'a' }",             NULL, NULL                },
	};
	const struct mta_dnsbl list = {.zone = "z.test", .setting = "s"};
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		const struct mta_param param = {"s", cases[i].value, 1};
		const struct mta mta = {.params = &param, .param_count = 1};
		const char *got =
		    pasted(world->arena, &mta, &list, cases[i].filter);

		if (cases[i].want == NULL)
			assert_null(got);
		else
			assert_string_equal(got, cases[i].want);
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)
	static const struct CMUnitTest tests[] = {
	    TEST(healthy),
	    TEST(listed),
	    TEST(not_asked),
	    TEST(keys),
	    TEST(own_refuses),
	    TEST(own_dead),
	    TEST(own_elsewhere),
	    TEST(pastes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
