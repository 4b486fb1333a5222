/*
 * test_dns_zone_checks.c - what the checks domain and address tell
 *
 * Purpose  cells, known and unknown, for hosts of every kind
 * Input    identities and zones of its own
 * Errors   a failed assertion
 * Runs as  any user
 * Source   agent/probes/dns_domain.c, agent/probes/dns_address.c
 */
#include <sys/socket.h>

#include "agent/base/auto.h"
#include "agent/probes/dns_look.h"
#include "tests/unit/dns_lines.h"
#include "tests/unit/probe_run.h"

#define REVERSE6                                                               \
	"0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6." \
	"arpa"

/* clang-format off */
static const struct dns_line lines[] = {
    LINE("example.com", DNS_MX, "10 mx1.example.com"),
    LINE("example.com", DNS_MX, "20 gone.example.com"),
    LINE("mx1.example.com", DNS_A, "192.0.2.10"),
    LINE("10.2.0.192.in-addr.arpa", DNS_PTR, "mx1.example.com"),
    LINE("11.2.0.192.in-addr.arpa", DNS_PTR, "www.example.com"),
    LINE("www.example.com", DNS_A, "198.51.100.1"),
    LINE(REVERSE6, DNS_TXT, "no name"),
    LINE("parked.test", DNS_MX, "0 ."),
    LINE("empty.test", DNS_TXT, "x"),
    LINE("hosted.test", DNS_MX, "10 gone.example.com"),
    LINE_FAULT("late.test", DNS_MX, DNS_TIMEOUT),
    LINE_END
};

/* clang-format on */

extern const struct dns_check dns_check_domain, dns_check_address;

static const struct dns_check *const checks[] = {
    &dns_check_domain, &dns_check_address, NULL};

static struct fact_set *
tell(struct arena *arena, const struct identity *identity,
    const struct fact_set *facts)
{
	struct fact_set *set = fact_set_new(arena);
	struct fact_out *out = fact_out_to_set(set);
	struct lines zone = {.all = lines};
	const struct dns_asker asker = {lines_ask, &zone};
	struct dns_look look = {.arena = arena,
	    .facts = facts,
	    .identity = identity,
	    .book = lines_book(arena)};

	dns_look_run(checks, &look, &asker, false, NULL, out);
	fact_out_end(out);
	fact_out_free(out);
	return set;
}

static const struct identity whole = {
    .addresses = {{"192.0.2.10", AF_INET, "route"},
                  {"2001:db8::10", AF_INET6, "route"}                                  },
    .address_count = 2,
    .domains = { {.name = "example.com",
                    .source = "mydestination",
                    .is_sender = true,
                    .is_hosted = true},
                  {.name = "empty.test", .source = "myorigin", .is_sender = true},
                  {.name = "localhost.example.com",
            .source = "mydestination",
            .is_hosted = true},
                  {.name = "ftp.example.com",
            .source = "mydestination",
            .is_hosted = true},
                  {.name = "gone.test",
            .source = "virtual_mailbox_domains",
            .is_hosted = true},
                  {.name = "parked.test", .source = "configured", .is_sender = true},
                  {.name = "late.test", .source = "mydestination", .is_hosted = true},
                  {.name = "hosted.test", .source = "mydestination", .is_hosted = true}},
    .domain_count = 8,
    .helo = "mx1.example.com",
};

static void
domains(void **state)
{
	struct arena *arena = arena_new();
	struct fact_set *seen = fact_set_new(arena);
	struct fact_table *senders =
	    fact_table_get(seen, schema_table_find("sender_domain", NULL));
	struct fact_set *set = tell(arena, &whole, seen);

	(void)state;
	assert_fact_text(set, "domain", "example.com", "mx_state", "ok");
	assert_fact_text(set, "domain", "example.com", "mx",
	    "10 mx1.example.com, 20 gone.example.com");
	assert_fact_bool(set, "domain", "example.com", "leads_here", true);
	assert_fact_bool(set, "domain", "example.com", "mx_dead", false);
	assert_fact_bool(set, "domain", "example.com", "needs_mx", true);
	assert_fact_text(set, "domain", "example.com", "mx_problem",
	    "gone.example.com: there is no such name");
	assert_fact_text(set, "domain", "example.com", "paste",
	    "example.com. 3600 IN MX 10 mx1.example.com.");
	assert_fact_text(set, "domain", "empty.test", "mx_state", "none");
	assert_fact_bool(set, "domain", "empty.test", "needs_mx", true);
	assert_fact_bool(set, "domain", "empty.test", "is_seen", true);
	assert_fact_unknown(set, "domain", "empty.test", "paste",
	    "where its mail is taken is not known here");
	assert_fact_text(
	    set, "domain", "localhost.example.com", "mx_state", "local");
	assert_fact_bool(
	    set, "domain", "localhost.example.com", "needs_mx", false);
	assert_fact_text(set, "domain", "ftp.example.com", "mx_state", "none");
	assert_fact_bool(set, "domain", "ftp.example.com", "needs_mx", false);
	assert_fact_bool(set, "domain", "gone.test", "needs_mx", true);
	assert_fact_text(set, "domain", "parked.test", "mx_state", "null");
	assert_fact_bool(set, "domain", "parked.test", "is_seen", false);
	assert_fact_unknown(set, "domain", "late.test", "mx_state",
	    "MX of late.test: no name server answered in time (192.0.2.53)");
	assert_fact_bool(set, "domain", "hosted.test", "mx_dead", true);
	fact_table_set_known(senders);
	(void)fact_row_add(seen, senders, "parked.test");
	set = tell(arena, &whole, seen);
	assert_fact_bool(set, "domain", "parked.test", "is_seen", true);
	arena_free(arena);
}

static void
hosts(void **state)
{
	static const char good[] = "example.com/mx1.example.com";
	static const char bad[] = "example.com/gone.example.com";
	struct arena *arena = arena_new();
	struct fact_set *set = tell(arena, &whole, NULL);

	(void)state;
	assert_fact_text(set, "mx_host", good, "state", "ok");
	assert_fact_text(set, "mx_host", good, "canonical", "");
	assert_fact_text(set, "mx_host", good, "inside", "");
	assert_fact_bool(set, "mx_host", good, "leads_here", true);
	assert_fact_text(set, "mx_host", bad, "state", "missing");
	assert_fact_bool(set, "mx_host", bad, "alone", false);
	assert_fact_text(set, "mx_host", bad, "record",
	    "example.com. 3600 IN MX 20 gone.example.com.");
	assert_fact_bool(
	    set, "mx_host", "hosted.test/gone.example.com", "alone", true);
	arena_free(arena);
}

static void
addresses(void **state)
{
	struct arena *arena = arena_new();
	struct identity identity = whole;
	struct fact_set *set = tell(arena, &identity, NULL);

	(void)state;
	assert_fact_text(set, "address", "192.0.2.10", "ptr_state", "ok");
	assert_fact_bool(set, "address", "192.0.2.10", "helo_matches", true);
	assert_fact_text(
	    set, "address", "2001:db8::10", "ptr_state", "missing");
	assert_fact_bool(set, "address", "2001:db8::10", "v4_ok", true);
	assert_fact_bool(set, "address", "2001:db8::10", "helo_matches", false);
	assert_fact_text(set, "address", "2001:db8::10", "paste",
	    REVERSE6 ". 3600 IN PTR mx1.example.com.");
	assert_fact_text(set, "address", "2001:db8::10", "paste_forward",
	    "mx1.example.com. 3600 IN AAAA 2001:db8::10");
	assert_fact_text(set, "helo", "", "state", "ok");
	assert_fact_bool(set, "helo", "", "matches", true);
	identity.addresses[0].text = "192.0.2.11";
	set = tell(arena, &identity, NULL);
	assert_fact_text(
	    set, "address", "192.0.2.11", "ptr_state", "unconfirmed");
	assert_fact_text(set, "address", "192.0.2.11", "ptr_problem",
	    "www.example.com has 198.51.100.1");
	assert_fact_bool(set, "address", "2001:db8::10", "v4_ok", false);
	assert_fact_bool(set, "helo", "", "matches", false);
	identity.helo = "www2.example.com";
	set = tell(arena, &identity, NULL);
	assert_fact_text(set, "helo", "", "state", "unresolvable");
	assert_fact_text(
	    set, "helo", "", "paste", "www2.example.com. 3600 IN A 192.0.2.11");
	arena_free(arena);
}

static void
behind(void **state)
{
	struct arena *arena = arena_new();
	struct identity identity = whole;
	struct fact_set *set;

	(void)state;
	/* IPv4 behind NAT, IPv6 not */
	identity.addresses[0] = whole.addresses[1];
	identity.address_count = 1;
	identity.address_unknown[PROBE_V4] = "behind NAT";
	set = tell(arena, &identity, NULL);
	assert_fact_unknown(set, "address", "IPv4", "ptr_state", "behind NAT");
	assert_fact_text(
	    set, "address", "2001:db8::10", "ptr_state", "missing");
	assert_int_equal(
	    probe_cell(set, "address", "2001:db8::10", "v4_ok").kind,
	    VALUE_UNKNOWN);
	assert_int_equal(
	    probe_cell(set, "helo", "", "matches").kind, VALUE_UNKNOWN);
	/* neither is known */
	identity.address_count = 0;
	identity.address_unknown[PROBE_V6] = "behind NAT";
	set = tell(arena, &identity, NULL);
	assert_int_equal(
	    fact_table_get(set, schema_table_find("address", NULL))->state,
	    FACT_UNKNOWN);
	identity.relay = "[relay.test]:587";
	set = tell(arena, &identity, NULL);
	assert_fact_text(set, "helo", "", "state", "relayed");
	assert_fact_unknown(
	    set, "helo", "", "matches", "mail leaves through [relay.test]:587");
	identity.relay = NULL;
	identity.is_silent = true;
	set = tell(arena, &identity, NULL);
	assert_fact_text(set, "helo", "", "state", "silent");
	assert_fact_unknown(
	    set, "helo", "", "matches", "no mail leaves this host");
	identity.is_silent = false;
	identity.helo = NULL;
	identity.helo_unknown = "myhostname is strange";
	set = tell(arena, &identity, NULL);
	assert_fact_unknown(set, "helo", "", "state", "myhostname is strange");
	identity.domain_count = 0;
	identity.domains_unknown = "no main.cf";
	set = tell(arena, &identity, NULL);
	assert_fact_unknown(
	    set, "domain", "example.com", "mx_state", "no main.cf");
	arena_free(arena);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(domains),
	    cmocka_unit_test(hosts),
	    cmocka_unit_test(addresses),
	    cmocka_unit_test(behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
