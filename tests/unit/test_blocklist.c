/*
 * test_blocklist.c - blocklists: what is known of them, and what they say
 *
 * Purpose  each way in which a list, or a resolver before it, has fooled a
 *          checker; the catalogue, its errors, what is chosen from it
 * Input    an asker of its own; playbooks/blocklists.ini
 * Errors   a failed assertion
 * Runs as  any user
 * Source   RFC 5782; agent/dns/blocklist_judge.h
 */
#include "agent/base/ini.h"
#include "tests/unit/blocklist_world.h"

/* To the end: wave after wave, and what a second name server says. */
static struct blocklist_verdict
ask(struct world *world, const struct known *known, const char *zone,
    enum blocklist_family family, const char *subject, unsigned *ret_waves)
{
	const struct dns_asker asker = {world_ask, world};
	struct blocklist_verdict verdict;
	struct blocklist_use use;
	struct why why = {0};

	world->known = known;
	world->book = dns_book_new(world->arena, clock_boot_ms() + 10000);
	blocklist_use(world->arena, world->catalogue, zone, &use);
	for (int i = 0; i < 6; i++)
		if (blocklist_ask(world->book, world->arena, &use, family,
		        subject, &verdict))
			break;
		else
			assert_true(
			    dns_book_wave(world->book, &asker, &why) > 0);
	assert_true(dns_book_dispute(world->book, &asker, &why) >= 0);
	assert_true(blocklist_ask(
	    world->book, world->arena, &use, family, subject, &verdict));
	if (ret_waves != NULL)
		*ret_waves = dns_book_waves(world->book);
	return verdict;
}

static void
assert_cannot(const struct blocklist_verdict *verdict, const char *reason)
{
	assert_int_equal(verdict->listed, BLOCKLIST_CANNOT_SAY);
	if (strstr(verdict->reason, reason) == NULL)
		fail_msg("'%s' is not in '%s'", reason, verdict->reason);
	/* a reason is cut there: agent/base/why.h */
	assert_true(strlen(verdict->reason) < WHY_TEXT_MAX);
}

/* One wave when it is not listed, one more for the text when it is. */
static void
three_states(void **state)
{
	static const struct known known[] = {
	    GOOD("bl.spamcop.net"), {"10.2.0.192.bl.spamcop.net", "127.0.0.2"},
	    {"10.2.0.192.bl.spamcop.net",                           "~Blocked - see spamcop"},
	    {"12.2.0.192.bl.spamcop.net","!servfail"},
             {0}
        };
	struct world *world = *state;
	struct blocklist_verdict verdict;
	unsigned waves;

	verdict = ask(world, known, "bl.spamcop.net", BLOCKLIST_IPV4,
	    "192.0.2.10", &waves);
	assert_int_equal(verdict.listed, BLOCKLIST_YES);
	assert_int_equal(verdict.kind, BLOCKLIST_LISTING);
	assert_string_equal(verdict.codes, "127.0.0.2");
	assert_string_equal(verdict.text, "Blocked - see spamcop");
	assert_string_equal(verdict.question, "10.2.0.192.bl.spamcop.net");
	assert_non_null(strstr(verdict.meaning, "reported"));
	assert_int_equal(waves, 2);
	/* the text alone in the second */
	assert_string_equal(world->last, "10.2.0.192.bl.spamcop.net ");
	verdict = ask(world, known, "bl.spamcop.net.", BLOCKLIST_IPV4,
	    "192.0.2.11", &waves);
	assert_int_equal(verdict.listed, BLOCKLIST_NO);
	assert_int_equal(waves, 1);
	verdict = ask(
	    world, known, "bl.spamcop.net", BLOCKLIST_IPV4, "192.0.2.12", NULL);
	assert_cannot(&verdict,
	    "A of 12.2.0.192.bl.spamcop.net: the name server could not find "
	    "out");
}

/* Spamhaus: several codes; what does not want to be asked; a key. */
static void
spamhaus(void **state)
{
	static const struct known listed[] = {
	    GOOD("zen.spamhaus.org"),
	    {"10.2.0.192.zen.spamhaus.org", "127.0.0.9 127.0.0.4 127.0.0.2"},
	    {"11.2.0.192.zen.spamhaus.org",                             "127.0.0.11"},
	    {"12.2.0.192.zen.spamhaus.org","127.0.0.77"},
	    {"13.2.0.192.zen.spamhaus.org", "127.255.255.254"},
            {0                            }
        };
	static const struct known refused[] = {
	    {"*.zen.spamhaus.org", "127.255.255.254"},
            {0                   }
        };
	static const struct known hidden[] = {
	    {"zen.spamhaus.org", "192.0.2.1"},
            {0                 }
        };
	static const struct known key[] = {
	    GOOD("abc123.zen.dq.spamhaus.net"),
	    {"10.2.0.192.abc123.zen.dq.spamhaus.net", "127.0.0.3"},
	    {"10.2.0.192.abc123.zen.dq.spamhaus.net",                                       "~see ABC123.zen, abc12"},
	    {0}
        };
	static const struct known wrong_key[] = {
	    {"*.abc123.zen.dq.spamhaus.net", "!servfail"},
            {0                             }
        };
	struct world *world = *state;
	struct blocklist_verdict verdict;
	const char *zen = "zen.spamhaus.org";

	verdict = ask(world, listed, zen, BLOCKLIST_IPV4, "192.0.2.10", NULL);
	assert_int_equal(verdict.listed, BLOCKLIST_YES);
	assert_int_equal(verdict.kind, BLOCKLIST_LISTING);
	assert_string_equal(verdict.codes, "127.0.0.9 127.0.0.4 127.0.0.2");
	assert_non_null(strstr(verdict.meaning, "DROP: "));
	assert_non_null(strstr(verdict.meaning, "; XBL: "));
	verdict = ask(world, listed, zen, BLOCKLIST_IPV4, "192.0.2.11", NULL);
	assert_int_equal(verdict.kind, BLOCKLIST_POLICY);
	verdict = ask(world, listed, zen, BLOCKLIST_IPV4, "192.0.2.12", NULL);
	assert_cannot(&verdict, "unknown code, 127.0.0.77");
	verdict = ask(world, listed, zen, BLOCKLIST_IPV4, "192.0.2.13", NULL);
	assert_cannot(&verdict, "refuses the name server " SERVER);
	verdict = ask(world, refused, zen, BLOCKLIST_IPV4, "192.0.2.10", NULL);
	assert_cannot(&verdict, "cannot be checked from here");
	assert_cannot(&verdict, "127.255.255.254: it is a public one");
	assert_cannot(&verdict, "KEY.zen.dq.spamhaus.net");
	assert_int_equal(verdict.health.state, BLOCKLIST_REFUSES);
	/* a resolver that makes "no such name" of the refusal */
	verdict = ask(world, hidden, zen, BLOCKLIST_IPV4, "192.0.2.10", NULL);
	assert_cannot(&verdict, "not even its test entry");
	verdict = ask(world, key, "abc123.zen.dq.spamhaus.net", BLOCKLIST_IPV4,
	    "192.0.2.10", NULL);
	assert_int_equal(verdict.listed, BLOCKLIST_YES);
	assert_string_equal(
	    verdict.question, "10.2.0.192.KEY.zen.dq.spamhaus.net");
	assert_string_equal(verdict.text, "see KEY.zen, abc12");
	verdict = ask(world, wrong_key, "abc123.zen.dq.spamhaus.net",
	    BLOCKLIST_IPV4, "192.0.2.10", NULL);
	assert_cannot(&verdict, "the key may be wrong");
	assert_null(strstr(verdict.reason, "abc123"));
}

/* modoboa #2148, #1721, check_rbl #18, YunoHost #1623, mailcow-logs #102 */
static void
lists_that_lie(void **state)
{
	static const struct known world_listed[] = {
	    {"*.bl.spamcop.net", "127.0.0.2"},
            {0                 }
        };
	static const struct known loopback[] = {
	    GOOD("bl.spamcop.net"), {"1.0.0.127.bl.spamcop.net", "127.0.0.2"},
	    {"10.2.0.192.bl.spamcop.net",                          "127.0.0.2"},
             {0}
        };
	static const struct known parked[] = {
	    {"*.bl.spamcop.net", "203.0.113.80"},
            {0                 }
        };
	static const struct known rewritten[] = {
	    GOOD("bl.spamcop.net"),
	    {"1.0.0.127.bl.spamcop.net", "203.0.113.80"},
	    {"10.2.0.192.bl.spamcop.net",                          "203.0.113.80"},
            {0}
        };
	static const struct known one[] = {
	    {"*.bl.spamcop.net", "127.0.0.1"},
            {0                 }
        };
	static const struct known emptied[] = {
	    {"bl.spamcop.net", "192.0.2.1"},
            {0               }
        };
	static const struct known gone[] = {{0}};
	struct world *world = *state;

	const struct {
		const struct known *known;
		enum blocklist_health_state health;
		const char *reason;
	} cases[] = {
	    {world_listed, BLOCKLIST_LISTS_ALL, "lists what no list may list"         },
	    {loopback,     BLOCKLIST_LISTS_ALL, "127.0.0.1, answer 127.0.0.2"         },
	    {parked,       BLOCKLIST_PARKED,    "203.0.113.80, outside of 127.0.0.0/8"},
	    {rewritten,    BLOCKLIST_PARKED,    "outside of 127.0.0.0/8"              },
	    {one,          BLOCKLIST_REFUSES,   "127.0.0.1: that is no listing"       },
	    {emptied,      BLOCKLIST_DEAD,      "not even its test entry (name"       },
	    {gone,         BLOCKLIST_DEAD,      "its name is gone"                    },
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct blocklist_verdict verdict = ask(world, cases[i].known,
		    "bl.spamcop.net", BLOCKLIST_IPV4, "192.0.2.10", NULL);

		assert_cannot(&verdict, cases[i].reason);
		assert_int_equal(verdict.health.state, cases[i].health);
		if (cases[i].health == BLOCKLIST_LISTS_ALL)
			assert_int_equal(verdict.health.is_wild,
			    cases[i].known == world_listed);
	}
	world->second_knows = true;
	assert_int_equal(ask(world, emptied, "bl.spamcop.net", BLOCKLIST_IPV4,
	                     "192.0.2.10", NULL)
	                     .health.state,
	    BLOCKLIST_UNKNOWN);
}

/* What no name server told is no "not listed": mailinabox, YunoHost. */
static void
servers_that_fail(void **state)
{
	static const char *const answers[] = {
	    "!servfail", "!refused", "!timeout", "!bogus"};
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_COUNT(answers); i++) {
		const struct known all[] = {
		    {"*.b.barracudacentral.org", answers[i]},
                    {0                         }
                };
		const struct known tests[] = {
		    {"2.0.0.127.psbl.surriel.com", answers[i]},
                    {0                           }
                };
		const struct known free[] = {
		    GOOD("psbl.surriel.com"),
		    {"1.0.0.127.psbl.surriel.com", answers[i]},
                    {0                           }
                };
		struct blocklist_verdict verdict;

		verdict = ask(world, all, "b.barracudacentral.org",
		    BLOCKLIST_IPV4, "192.0.2.10", NULL);
		assert_cannot(&verdict, "the list's test entry: ");
		assert_int_equal(
		    strstr(verdict.reason, "registered") != NULL, i < 2);
		verdict = ask(world, tests, "psbl.surriel.com", BLOCKLIST_IPV4,
		    "192.0.2.10", NULL);
		assert_cannot(&verdict, SERVER);
		verdict = ask(world, free, "psbl.surriel.com", BLOCKLIST_IPV4,
		    "192.0.2.10", NULL);
		assert_cannot(&verdict, SERVER);
	}
}

#define V6_TEST                                                                \
	"2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
#define V6_OURS                                                                \
	"0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2."

/* mailinabox asks by groups of 16 bits, and never finds anything */
static void
ipv6(void **state)
{
	static const struct known both[] = {
	    {V6_TEST "zen.spamhaus.org", "127.0.0.2"},
	    {V6_OURS "zen.spamhaus.org",                          "127.0.0.3"},
            {0}
        };
	/* the entries of IPv4 alone say that it lives */
	static const struct known v4_tests[] = {
	    GOOD("zen.spamhaus.org"), {V6_OURS "zen.spamhaus.org", "127.0.0.3"},
	    {0	                 }
        };
	static const struct known none[] = {
	    {V6_OURS "zen.spamhaus.org", "127.0.0.3"},
            {0                         }
        };
	/* nobody told of it, and it has IPv6 alone */
	static const struct known v6_only[] = {
	    {V6_TEST "six.test", "127.0.0.2"},
            {0                 }
        };
	struct world *world = *state;
	struct blocklist_verdict verdict;

	assert_int_equal(ask(world, both, "zen.spamhaus.org", BLOCKLIST_IPV6,
	                     "2001:db8::10", NULL)
	                     .listed,
	    BLOCKLIST_YES);
	assert_int_equal(ask(world, v4_tests, "zen.spamhaus.org",
	                     BLOCKLIST_IPV6, "2001:db8::10", NULL)
	                     .listed,
	    BLOCKLIST_YES);
	verdict = ask(world, none, "zen.spamhaus.org", BLOCKLIST_IPV6,
	    "2001:db8::10", NULL);
	assert_int_equal(verdict.listed, BLOCKLIST_CANNOT_SAY);
	verdict =
	    ask(world, v6_only, "six.test", BLOCKLIST_IPV4, "192.0.2.10", NULL);
	assert_int_equal(verdict.listed, BLOCKLIST_NO);
	assert_int_equal(verdict.health.state, BLOCKLIST_ALIVE);
}

static void
domains(void **state)
{
	static const struct known dbl[] = {
	    {"TEST.dbl.spamhaus.org",        "127.0.1.2"},
	    {"bad.example.dbl.spamhaus.org",                              "127.0.1.102"},
	    {"odd.example.dbl.spamhaus.org","127.0.1.255"},
            {0}
        };
	static const struct known own_test[] = {
	    {"dbltest.com.dbl.spamhaus.org", "127.0.1.2"},
	    {"bad.example.dbl.spamhaus.org",                              "127.0.1.2"},
            {0}
        };
	static const struct known uribl[] = {
	    {"test.uribl.com.multi.uribl.com", "127.0.0.14"},
	    {"bad.example.multi.uribl.com",                                "127.0.0.10"},
	    {"grey.example.multi.uribl.com","127.0.0.4"},
            {0  }
        };
	static const struct known uribl_refuses[] = {
	    {"*.multi.uribl.com", "127.0.0.1"},
            {0                  }
        };
	struct world *world = *state;
	struct blocklist_verdict verdict;
	char name[256];

	verdict = ask(world, dbl, "dbl.spamhaus.org", BLOCKLIST_DOMAIN,
	    "bad.example", NULL);
	assert_int_equal(verdict.listed, BLOCKLIST_YES);
	assert_string_equal(verdict.question, "bad.example.dbl.spamhaus.org");
	verdict = ask(world, dbl, "dbl.spamhaus.org", BLOCKLIST_DOMAIN,
	    "odd.example", NULL);
	assert_cannot(&verdict, "127.0.1.255");
	verdict = ask(world, own_test, "dbl.spamhaus.org", BLOCKLIST_DOMAIN,
	    "bad.example", NULL);
	assert_int_equal(verdict.listed, BLOCKLIST_YES);
	verdict = ask(world, uribl, "multi.uribl.com", BLOCKLIST_DOMAIN,
	    "bad.example", NULL);
	assert_int_equal(verdict.kind, BLOCKLIST_LISTING);
	verdict = ask(world, uribl, "multi.uribl.com", BLOCKLIST_DOMAIN,
	    "grey.example", NULL);
	assert_int_equal(verdict.kind, BLOCKLIST_NOTE);
	verdict = ask(world, uribl_refuses, "multi.uribl.com", BLOCKLIST_DOMAIN,
	    "bad.example", NULL);
	assert_cannot(&verdict, "refuses the name server");
	(void)memset(name, 'a', sizeof(name));
	name[sizeof(name) - 10] = '\0';
	verdict =
	    ask(world, dbl, "dbl.spamhaus.org", BLOCKLIST_DOMAIN, name, NULL);
	assert_cannot(&verdict, "too long");
}

/* Hostkarma, Sender Score, DNSWL, a list of one's own, a hosts file. */
static void
odd_ones(void **state)
{
	static const struct known karma[] = {
	    {"hostkarma.junkemailfilter.com",            "192.0.2.1"},
	    {"10.2.0.192.hostkarma.junkemailfilter.com",                                          "127.0.0.1"},
	    {"11.2.0.192.hostkarma.junkemailfilter.com","127.0.0.2"},
            {0}
        };
	static const struct known score[] = {
	    {"*.bl.score.senderscore.com", "127.255.255.255"},
            {0                           }
        };
	static const struct known allow[] = {
	    GOOD("list.dnswl.org"), {"10.2.0.192.list.dnswl.org", "127.0.10.3"},
	    {0	                  }
        };
	static const struct known own[] = {
	    {"bl.internal.test", "192.0.2.1"},
	    {"10.2.0.192.bl.internal.test",                  "127.0.0.9"},
            {0}
        };
	static const struct known tested[] = {
	    GOOD("bl.internal.test"),
	    {"10.2.0.192.bl.internal.test", "127.0.0.9"},
            {0                            }
        };
	static const struct known own_gone[] = {{0}};
	struct world *world = *state;
	struct blocklist_verdict verdict;

	verdict = ask(world, karma, "hostkarma.junkemailfilter.com",
	    BLOCKLIST_IPV4, "192.0.2.10", NULL);
	assert_int_equal(verdict.listed, BLOCKLIST_NO);
	assert_int_equal(verdict.health.state, BLOCKLIST_UNTESTED);
	verdict = ask(world, karma, "hostkarma.junkemailfilter.com",
	    BLOCKLIST_IPV4, "192.0.2.11", NULL);
	assert_int_equal(verdict.listed, BLOCKLIST_YES);
	verdict = ask(world, score, "bl.score.senderscore.com", BLOCKLIST_IPV4,
	    "192.0.2.10", NULL);
	assert_cannot(&verdict, "refuses the name server");
	assert_int_equal(verdict.health.state, BLOCKLIST_REFUSES);
	verdict = ask(
	    world, allow, "list.dnswl.org", BLOCKLIST_IPV4, "192.0.2.10", NULL);
	assert_int_equal(verdict.listed, BLOCKLIST_NO);
	verdict = ask(
	    world, own, "bl.internal.test", BLOCKLIST_IPV4, "192.0.2.10", NULL);
	assert_int_equal(verdict.health.state, BLOCKLIST_DEAD);
	assert_false(verdict.health.is_gone);
	verdict = ask(world, own_gone, "bl.internal.test", BLOCKLIST_IPV4,
	    "192.0.2.10", NULL);
	assert_int_equal(verdict.health.state, BLOCKLIST_DEAD);
	assert_true(verdict.health.is_gone);
	/* the resolver has it itself: a list of this site's own */
	world->is_local = true;
	verdict = ask(
	    world, own, "bl.internal.test", BLOCKLIST_IPV4, "192.0.2.10", NULL);
	assert_int_equal(verdict.health.state, BLOCKLIST_UNTESTED);
	assert_cannot(&verdict, "from data of its own");
	/* one that nobody told of, with its test entry */
	world->is_local = false;
	verdict = ask(world, tested, "bl.internal.test", BLOCKLIST_IPV4,
	    "192.0.2.10", NULL);
	assert_int_equal(verdict.listed, BLOCKLIST_YES);
	assert_string_equal(verdict.meaning, "listed");
}

/* One that asks in vain must not contradict each "not listed". */
static void
second_servers(void **state)
{
	static const struct known known[] = {GOOD("bl.spamcop.net"), {0}};
	struct world *world = *state;

	world->second_knows = true;
	assert_int_equal(ask(world, known, "bl.spamcop.net", BLOCKLIST_IPV4,
	                     "192.0.2.10", NULL)
	                     .listed,
	    BLOCKLIST_NO);
	assert_int_equal(world->asked, 3);
}

static void
filters(void **state)
{
	static const struct {
		const char *text;
		uint8_t address[4];
		bool has;
	} cases[] = {
	    {"127.0.0.2",            {127, 0, 0, 2},       true },
	    {"127.0.0.2",            {127, 0, 0, 3},       false},
	    {"127.0.0.[2..11]",      {127, 0, 0, 11},      true },
	    {"127.0.0.[2..11]",      {127, 255, 255, 254}, false},
	    {"127.0.0.[4;6..7]",     {127, 0, 0, 7},       true },
	    {"127.0.0.[4;6..7]",     {127, 0, 0, 5},       false},
	    {"[127].0.[0..255].255", {127, 0, 9, 255},     true },
	};

	static const char *const wrong[] = {"", "127", "127.0.0", "127.0.0.256",
	    "127.0.0.[11..2]", "127.0.0.[]", "127.0.0.[2", "127.0.0.2.",
	    "127.0.0.2 ", "127.0.0.[2..]", "127.0.0.[2;]", "a.b.c.d",
	    "127..0.2", "127.0.0.[[2]]", "127.0.0.00002"};
	struct blocklist_filter filter;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		assert_true(blocklist_filter_read(cases[i].text, &filter));
		assert_int_equal(
		    blocklist_filter_has(&filter, cases[i].address),
		    cases[i].has);
	}
	for (size_t i = 0; i < ARRAY_COUNT(wrong); i++)
		if (blocklist_filter_read(wrong[i], &filter))
			fail_msg("'%s' is a filter", wrong[i]);
}

static void
choices(void **state)
{
	struct world *world = *state;
	struct blocklist_use uses[BLOCKLIST_USES_MAX];
	size_t left_out = 0;

	assert_int_equal(blocklist_choose(world->arena, world->catalogue,
	                     "default", uses, &left_out),
	    7);
	assert_string_equal(uses[0].zone, "zen.spamhaus.org");
	assert_int_equal(left_out, 0);
	assert_int_equal(blocklist_choose(world->arena, world->catalogue,
	                     "none", uses, &left_out),
	    0);
	assert_int_equal(
	    blocklist_choose(world->arena, world->catalogue,
	        "abc.zen.dq.spamhaus.net., bl.test,BL.test,list.dnswl.org, "
	        "a b",
	        uses, &left_out),
	    2);
	assert_string_equal(uses[0].shown, "KEY.zen.dq.spamhaus.net");
	assert_string_equal(uses[0].zone, "abc.zen.dq.spamhaus.net");
	assert_false(blocklist_is_told(uses[1].list));
	assert_int_equal(left_out, 3);
}

static void
errors(void **state)
{
	static const char text[] =
	    "[a.test]\nname = A\nlists = ipv4, ipv5\nsee = x\n"
	    "code.127.0.0.[9..2] = y\nstate = alife\nfilter = 127\n"
	    "cod.127.0.0.2 = z\ndefault = maybe\n"
	    "[b.test]\nname = B\nlists = ipv4\nsee = x\n"
	    "[c.test]\nname = C\nlists = ipv4\nsee = x\nallow = yes\n"
	    "code.127.0.0.2 = y\n"
	    "[d.test]\nname = D\nlists = ipv4\nsee = x\ncode.127.0.0.2 =\n"
	    "[e.test]\nlists = domain\ncode.bits.2 = y\nfilter = "
	    "127.[0..255].255.2\n";
	static const char *const wanted[] = {"'ipv5' is not known",
	    "'127.0.0.[9..2]' is no set", "'alife' is not known, did you",
	    "filter: '127' is no set", "unknown key 'cod.127.0.0.2'",
	    "neither yes nor no", "[b.test] has no code.",
	    "[c.test] is a list of good ones", "does not say what it means",
	    "[e.test] has no name", "[e.test] has no see",
	    "filter takes in 127.255.255.0/24"};
	struct world *world = *state;
	struct blocklist_catalogue catalogue = {.count = 0};
	struct lint lint = {.arena = world->arena};
	struct ini ini;

	ini_parse_text(world->arena, "x.ini", text, strlen(text), &ini, &lint);
	assert_int_equal(lint.count, 0);
	blocklist_add(world->arena, &catalogue, &ini, &lint);
	for (size_t i = 0; i < ARRAY_COUNT(wanted); i++) {
		bool is_there = false;

		for (size_t j = 0; j < lint.count; j++)
			is_there |=
			    strstr(lint.errors[j].text, wanted[i]) != NULL;
		if (!is_there)
			fail_msg("no error tells '%s'", wanted[i]);
	}
	assert_int_equal(catalogue.count, 0);
	lint_done(&lint);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)
	static const struct CMUnitTest tests[] = {
	    TEST(three_states),
	    TEST(spamhaus),
	    TEST(lists_that_lie),
	    TEST(servers_that_fail),
	    TEST(ipv6),
	    TEST(domains),
	    TEST(odd_ones),
	    TEST(second_servers),
	    TEST(filters),
	    TEST(choices),
	    TEST(errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
