/*
 * test_dns_retry.c - name servers that fail, and whom they keep waiting
 *
 * Purpose  every question gets what can be had, and a server that is dead,
 *          lies or cuts costs as little time as possible
 * Input    name servers on loopback that answer as each test says
 * Errors   a failed assertion
 * Runs as  any user
 * Source   dns.h
 */
#include "agent/base/clock.h"
#include "agent/base/text.h"
#include "tests/unit/dns_server.h"

/* A whole try, long enough that a busy machine does not make it look lost. */
#define TRY_MS 700

static const struct dns_limits limits = {
    .deadline_ms = 10000, .try_ms = TRY_MS, .rounds = 2};

/* Flags in the fourth octet of a question. */
#define CD 0x10
#define AD 0x20

static void
answer_good(const struct dns_server_asked *asked)
{
	static const uint8_t address[4] = {192, 0, 2, 1};
	uint8_t bytes[DNS_SERVER_BYTES];
	size_t at = dns_fake_reply(asked, 0, bytes);

	at = dns_fake_record(bytes, at, DNS_A, address, sizeof(address));
	dns_fake_send(asked, bytes, at);
}

static void
answer_none(const struct dns_server_asked *asked)
{
	(void)asked;
}

static void
code_send(const struct dns_server_asked *asked, unsigned rcode)
{
	uint8_t bytes[DNS_SERVER_BYTES];

	dns_fake_send(asked, bytes, dns_fake_reply(asked, rcode, bytes));
}

static void
answer_servfail(const struct dns_server_asked *asked)
{
	code_send(asked, 2);
}

/* As a resolver that finds wrong signatures. */
static void
answer_unchecked(const struct dns_server_asked *asked)
{
	if ((asked->bytes[3] & CD) != 0)
		answer_good(asked);
	else
		answer_servfail(asked);
}

/* As one that has to find it out first, and meets a slow server. */
static void
answer_cold(const struct dns_server_asked *asked)
{
	if (asked->nth == 0)
		answer_servfail(asked);
	else
		answer_good(asked);
}

static void
answer_authentic(const struct dns_server_asked *asked)
{
	uint8_t bytes[DNS_SERVER_BYTES];
	size_t at = dns_fake_reply(asked, 3, bytes);

	/* only who asks for it gets it: RFC 6840 section 5.7 */
	bytes[3] |= asked->bytes[3] & AD;
	dns_fake_send(asked, bytes, at);
}

static void
answer_cut(const struct dns_server_asked *asked)
{
	uint8_t bytes[DNS_SERVER_BYTES];
	size_t at = dns_fake_reply(asked, 0, bytes);

	bytes[2] |= 2;
	if (!asked->is_tcp)
		dns_fake_send(asked, bytes, at);
	else /* a length, a half, and it hangs up */
		assert_int_equal(write(asked->stream, "\0\100half", 6), 6);
}

static void
answer_second_try(const struct dns_server_asked *asked)
{
	if (asked->nth > 0)
		answer_good(asked);
}

/* As a resolver with a hosts file: AA and RA. */
static void
answer_own(const struct dns_server_asked *asked)
{
	static const uint8_t address[4] = {127, 0, 1, 1};
	uint8_t bytes[DNS_SERVER_BYTES];
	size_t at = dns_fake_reply(asked, 0, bytes);

	bytes[2] |= 4;
	at = dns_fake_record(bytes, at, DNS_A, address, sizeof(address));
	dns_fake_send(asked, bytes, at);
}

static struct dns_result
ask(struct dns_servers *servers, struct arena *arena, bool is_second)
{
	const struct dns_query query = {
	    .name = "a.test", .type = DNS_A, .is_second = is_second};
	struct dns_result result;
	struct why why;

	assert_int_equal(
	    dns_ask(servers, arena, &query, 1, &limits, &result, &why), 0);
	return result;
}

#define ASSERT_OUTCOME(result, want)                                           \
	assert_string_equal(                                                   \
	    dns_outcome_names[(result).outcome], dns_outcome_names[want])

/* Two servers, as resolv.conf would have them. */
static void
both(
    const struct dns_fake *a, const struct dns_fake *b, struct dns_servers *ret)
{
	char list[64];
	struct why why;

	(void)snprintf(
	    list, sizeof(list), "127.0.0.1@%u,127.0.0.1@%u", a->port, b->port);
	assert_int_equal(dns_servers_list(list, ret, &why), 0);
}

static void
forged_by_dnssec(void **test)
{
	struct arena *arena = arena_new();
	struct dns_result result;
	struct dns_fake fake;

	(void)test;
	dns_fake_start(&fake, answer_unchecked);
	result = ask(&fake.servers, arena, false);
	dns_fake_stop(&fake);
	ASSERT_OUTCOME(result, DNS_BOGUS);
	assert_int_equal(result.count, 0);
	assert_string_equal(result.server, fake.servers.servers[0].text);
	assert_true(text_starts(result.detail, "DNSSEC: "));
	/* as it is, with CD, and as it is: had it passed? */
	assert_int_equal(fake.udp_count, 3);
	arena_free(arena);
}

/* A failure that has passed by the next question says nothing of DNSSEC. */
static void
servfail_passes(void **test)
{
	struct arena *arena = arena_new();
	struct dns_result result;
	struct dns_fake fake;

	(void)test;
	dns_fake_start(&fake, answer_cold);
	result = ask(&fake.servers, arena, false);
	dns_fake_stop(&fake);
	ASSERT_OUTCOME(result, DNS_ANSWER);
	assert_null(result.detail);
	arena_free(arena);
}

static void
servfail_stays(void **test)
{
	struct arena *arena = arena_new();
	struct dns_servers servers;
	struct dns_result result;
	struct dns_fake bad, good;

	(void)test;
	dns_fake_start(&bad, answer_servfail);
	dns_fake_start(&good, answer_good);
	result = ask(&bad.servers, arena, false);
	ASSERT_OUTCOME(result, DNS_SERVFAIL);
	assert_null(result.detail);
	assert_string_equal(result.server, bad.servers.servers[0].text);
	/* asked with and without CD, and no more */
	assert_int_equal(bad.udp_count, 2);
	both(&bad, &good, &servers);
	result = ask(&servers, arena, false);
	dns_fake_stop(&bad);
	dns_fake_stop(&good);
	ASSERT_OUTCOME(result, DNS_ANSWER);
	assert_string_equal(result.server, servers.servers[1].text);
	arena_free(arena);
}

static void
authentic_when_trusted(void **test)
{
	struct arena *arena = arena_new();
	struct dns_result result;
	struct dns_fake fake;

	(void)test;
	dns_fake_start(&fake, answer_authentic);
	result = ask(&fake.servers, arena, false);
	ASSERT_OUTCOME(result, DNS_NXDOMAIN);
	assert_true(result.is_authentic);
	fake.servers.is_trusted = false;
	result = ask(&fake.servers, arena, false);
	assert_false(result.is_authentic);
	dns_fake_stop(&fake);
	arena_free(arena);
}

static void
second_server(void **test)
{
	struct arena *arena = arena_new();
	struct dns_servers servers;
	struct dns_fake first, second;

	(void)test;
	dns_fake_start(&first, answer_good);
	dns_fake_start(&second, answer_good);
	both(&first, &second, &servers);
	assert_string_equal(
	    ask(&servers, arena, true).server, servers.servers[1].text);
	assert_int_equal(first.udp_count, 0);
	assert_string_equal(
	    ask(&servers, arena, false).server, servers.servers[0].text);
	assert_int_equal(second.udp_count, 1);
	/* where there is one only, it is asked */
	ASSERT_OUTCOME(ask(&first.servers, arena, true), DNS_ANSWER);
	dns_fake_stop(&first);
	dns_fake_stop(&second);
	arena_free(arena);
}

/* One try for all of them, and none for the next batch. */
static void
dead_first(void **test)
{
	enum { COUNT = 60 };
	struct arena *arena = arena_new();
	struct dns_query queries[COUNT];
	struct dns_result results[COUNT];
	struct dns_servers servers;
	struct dns_fake dead, good;
	struct why why;

	(void)test;
	for (size_t i = 0; i < COUNT; i++)
		queries[i] =
		    (struct dns_query){.name = "a.test", .type = DNS_A};
	dns_fake_start(&dead, answer_none);
	dns_fake_start(&good, answer_good);
	both(&dead, &good, &servers);
	for (unsigned batch = 0; batch < 2; batch++) {
		const int64_t began_ms = clock_boot_ms();

		assert_int_equal(dns_ask(&servers, arena, queries, COUNT,
		                     &limits, results, &why),
		    0);
		assert_true(clock_boot_ms() - began_ms < 2 * TRY_MS);
		for (size_t i = 0; i < COUNT; i++)
			ASSERT_OUTCOME(results[i], DNS_ANSWER);
	}
	/* not even for a second opinion */
	both(&good, &dead, &servers);
	servers.servers[1].lost = COUNT;
	ASSERT_OUTCOME(ask(&servers, arena, true), DNS_ANSWER);
	dns_fake_stop(&dead);
	dns_fake_stop(&good);
	assert_int_equal(dead.udp_count, COUNT);
	arena_free(arena);
}

static void
lost_datagram(void **test)
{
	struct arena *arena = arena_new();
	const int64_t began_ms = clock_boot_ms();
	struct dns_fake fake;

	(void)test;
	dns_fake_start(&fake, answer_second_try);
	ASSERT_OUTCOME(ask(&fake.servers, arena, false), DNS_ANSWER);
	dns_fake_stop(&fake);
	assert_int_equal(fake.udp_count, 2);
	assert_true(clock_boot_ms() - began_ms >= TRY_MS);
	/* another id and another port: RFC 5452 */
	assert_true(
	    fake.ids[0] != fake.ids[1] || fake.ports[0] != fake.ports[1]);
	arena_free(arena);
}

static void
tcp_hangs_up(void **test)
{
	struct arena *arena = arena_new();
	struct dns_servers servers;
	struct dns_result result;
	struct dns_fake cut, good;

	(void)test;
	dns_fake_start(&cut, answer_cut);
	dns_fake_start(&good, answer_good);
	result = ask(&cut.servers, arena, false);
	ASSERT_OUTCOME(result, DNS_TIMEOUT);
	assert_string_equal(result.server, cut.servers.servers[0].text);
	assert_true(text_starts(result.detail, "the answer is cut"));
	both(&cut, &good, &servers);
	result = ask(&servers, arena, false);
	ASSERT_OUTCOME(result, DNS_ANSWER);
	assert_null(result.detail);
	dns_fake_stop(&cut);
	dns_fake_stop(&good);
	arena_free(arena);
}

static void
by_tcp_alone(void **test)
{
	struct arena *arena = arena_new();
	struct dns_fake fake;

	(void)test;
	dns_fake_start(&fake, answer_good);
	fake.servers.is_tcp = true;
	ASSERT_OUTCOME(ask(&fake.servers, arena, false), DNS_ANSWER);
	dns_fake_stop(&fake);
	assert_int_equal(fake.udp_count, 0);
	assert_int_equal(fake.tcp_count, 1);
	arena_free(arena);
}

/* Nobody listens: no time is lost, and whom was asked is told. */
static void
nobody_there(void **test)
{
	struct arena *arena = arena_new();
	const int64_t began_ms = clock_boot_ms();
	struct dns_servers servers;
	struct dns_result result;
	struct dns_fake a, b;

	(void)test;
	dns_fake_start(&a, answer_none);
	dns_fake_start(&b, answer_none);
	both(&a, &b, &servers);
	dns_fake_stop(&a);
	dns_fake_stop(&b);
	result = ask(&servers, arena, false);
	ASSERT_OUTCOME(result, DNS_TIMEOUT);
	assert_string_equal(result.server,
	    arena_printf(arena, "%s, %s", servers.servers[0].text,
	        servers.servers[1].text));
	assert_true(clock_boot_ms() - began_ms < TRY_MS);
	arena_free(arena);
}

/* What systemd-resolved says itself is asked of those whom it asks. */
static void
beyond_the_first(void **test)
{
	struct arena *arena = arena_new();
	struct dns_servers servers;
	struct dns_result result;
	struct dns_fake own, good, failed;

	(void)test;
	dns_fake_start(&own, answer_own);
	dns_fake_start(&good, answer_good);
	dns_fake_start(&failed, answer_servfail);
	servers = own.servers;
	servers.beyond[0] = failed.servers.servers[0];
	servers.beyond[1] = good.servers.servers[0];
	servers.beyond_count = 2;
	result = ask(&servers, arena, false);
	ASSERT_OUTCOME(result, DNS_ANSWER);
	assert_false(result.is_local);
	assert_string_equal(result.records[0].name, "192.0.2.1");
	assert_string_equal(result.server, servers.beyond[1].text);
	/* when they tell nothing it stays what it was */
	servers.beyond_count = 1;
	result = ask(&servers, arena, false);
	assert_true(result.is_local);
	assert_string_equal(result.records[0].name, "127.0.1.1");
	/* and nobody is asked what is not of its own */
	servers = good.servers;
	servers.beyond[0] = own.servers.servers[0];
	servers.beyond_count = 1;
	(void)ask(&servers, arena, false);
	dns_fake_stop(&own);
	dns_fake_stop(&good);
	dns_fake_stop(&failed);
	assert_int_equal(own.udp_count, 2);
	arena_free(arena);
}

/* What resolv.conf says of tries. */
static void
attempts(void **test)
{
	struct arena *arena = arena_new();
	struct dns_fake fake;

	(void)test;
	dns_fake_start(&fake, answer_none);
	fake.servers.attempts = 1;
	ASSERT_OUTCOME(ask(&fake.servers, arena, false), DNS_TIMEOUT);
	dns_fake_stop(&fake);
	assert_int_equal(fake.udp_count, 1);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(forged_by_dnssec),
	    cmocka_unit_test(servfail_passes),
	    cmocka_unit_test(servfail_stays),
	    cmocka_unit_test(authentic_when_trusted),
	    cmocka_unit_test(second_server),
	    cmocka_unit_test(dead_first),
	    cmocka_unit_test(lost_datagram),
	    cmocka_unit_test(tcp_hangs_up),
	    cmocka_unit_test(by_tcp_alone),
	    cmocka_unit_test(nobody_there),
	    cmocka_unit_test(beyond_the_first),
	    cmocka_unit_test(attempts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
