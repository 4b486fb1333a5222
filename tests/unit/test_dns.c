/*
 * test_dns.c - batches of questions to name servers on loopback
 *
 * Purpose  what is forged is ignored, what is cut is asked by TCP, and every
 *          question gets an outcome in time
 * Input    a name server on loopback that answers as each test says
 * Errors   a failed assertion
 * Runs as  any user
 * Source   dns.h
 */
#include <errno.h>

#include "agent/base/auto.h"
#include "agent/base/clock.h"
#include "agent/base/text.h"
#include "tests/unit/dns_server.h"

/* Long for loopback; nothing that succeeds waits for it. */
static const struct dns_limits quick = {
    .deadline_ms = 3000, .try_ms = 1000, .rounds = 2};
/* For what must run out of time. */
static const struct dns_limits brief = {
    .deadline_ms = 200, .try_ms = 30, .rounds = 2};

static const uint8_t address[4] = {192, 0, 2, 1};
static const uint8_t forged[4] = {203, 0, 113, 66};

/* One question, one address or outcome. */
static void
ask_one(struct dns_servers *servers, const struct dns_limits *limits,
    enum dns_outcome want)
{
	struct arena *arena = arena_new();
	struct dns_query query = {.name = "a.test", .type = DNS_A};
	struct dns_result result;
	struct why why;

	assert_int_equal(
	    dns_ask(servers, arena, &query, 1, limits, &result, &why), 0);
	assert_string_equal(
	    dns_outcome_names[result.outcome], dns_outcome_names[want]);
	if (want == DNS_ANSWER)
		assert_string_equal(result.records[0].name, "192.0.2.1");
	arena_free(arena);
}

static void
answer_send(const struct dns_server_asked *asked, const uint8_t data[4])
{
	uint8_t bytes[DNS_SERVER_BYTES];
	size_t at = dns_fake_reply(asked, 0, bytes);

	at = dns_fake_record(bytes, at, DNS_A, data, 4);
	dns_fake_send(asked, bytes, at);
}

static void
forge_id(const struct dns_server_asked *asked)
{
	struct dns_server_asked other = *asked;

	other.bytes[0] ^= 1;
	answer_send(&other, forged);
}

static void
forge_name(const struct dns_server_asked *asked)
{
	struct dns_server_asked other = *asked;

	other.bytes[DNS_HEADER + 1] = 'b';
	answer_send(&other, forged);
}

static void
forge_type(const struct dns_server_asked *asked)
{
	struct dns_server_asked other = *asked;

	other.bytes[DNS_HEADER + 9] = DNS_AAAA;
	answer_send(&other, forged);
}

/* From another socket: to the one who asked, with the right id and question. */
static void
forge_from(
    const struct dns_server_asked *asked, const char *from, uint16_t port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = port};
	uint8_t bytes[DNS_SERVER_BYTES];
	size_t length = dns_fake_reply(asked, 0, bytes);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(inet_pton(AF_INET, from, &at.sin_addr), 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	length = dns_fake_record(bytes, length, DNS_A, forged, 4);
	(void)sendto(fd, bytes, length, 0,
	    (const struct sockaddr *)&asked->from, sizeof(asked->from));
	close(fd);
}

static void
forge_port(const struct dns_server_asked *asked)
{
	forge_from(asked, "127.0.0.1", 0);
}

static void
forge_source(const struct dns_server_asked *asked)
{
	forge_from(asked, "127.0.0.2", htons(asked->fake->port));
}

static void
forge_rubbish(const struct dns_server_asked *asked)
{
	dns_fake_send(asked, (const uint8_t *)"twenty octets of it!", 20);
}

static void (*const forgers[])(const struct dns_server_asked *asked) = {
    forge_id, forge_name, forge_type, forge_port, forge_source, forge_rubbish};

static size_t forger;
static bool is_forged_only;

static void
answer_after_forged(const struct dns_server_asked *asked)
{
	forgers[forger](asked);
	if (!is_forged_only)
		answer_send(asked, address);
}

/* Each kind, before the right answer, and then with none to follow. */
static void
forged_is_ignored(void **test)
{
	(void)test;
	for (forger = 0; forger < ARRAY_COUNT(forgers); forger++) {
		struct dns_fake fake;

		dns_fake_start(&fake, answer_after_forged);
		is_forged_only = false;
		ask_one(&fake.servers, &quick, DNS_ANSWER);
		is_forged_only = true;
		ask_one(&fake.servers, &brief, DNS_TIMEOUT);
		dns_fake_stop(&fake);
		assert_int_equal(fake.udp_count, 1 + brief.rounds);
	}
}

static void
answer_cut(const struct dns_server_asked *asked)
{
	uint8_t bytes[DNS_SERVER_BYTES];
	size_t at = dns_fake_reply(asked, 0, bytes);

	if (asked->is_tcp) {
		answer_send(asked, address);
		return;
	}
	bytes[2] |= 2;
	dns_fake_send(asked, bytes, at);
}

static void
cut_goes_by_tcp(void **test)
{
	struct dns_fake fake;

	(void)test;
	dns_fake_start(&fake, answer_cut);
	ask_one(&fake.servers, &quick, DNS_ANSWER);
	dns_fake_stop(&fake);
	assert_int_equal(fake.udp_count, 1);
	assert_int_equal(fake.tcp_count, 1);
}

static void
answer_none(const struct dns_server_asked *asked)
{
	(void)asked;
}

static void
silence_is_a_timeout(void **test)
{
	struct dns_fake fake;
	int64_t began_ms = clock_boot_ms();

	(void)test;
	dns_fake_start(&fake, answer_none);
	ask_one(&fake.servers, &brief, DNS_TIMEOUT);
	dns_fake_stop(&fake);
	assert_true(clock_boot_ms() - began_ms >= 2 * brief.try_ms);
	assert_int_equal(fake.udp_count, 2);
}

static void
deadline_holds(void **test)
{
	static const struct dns_limits patient = {
	    .deadline_ms = 50, .try_ms = 60000, .rounds = 2};
	struct dns_fake fake;

	(void)test;
	dns_fake_start(&fake, answer_none);
	ask_one(&fake.servers, &patient, DNS_TIMEOUT);
	dns_fake_stop(&fake);
}

/* By the first letter of the name. */
static void
answer_by_name(const struct dns_server_asked *asked)
{
	static const char letters[] = "?fsx?r";
	const char *at = strchr(letters, asked->bytes[DNS_HEADER + 1]);
	uint8_t bytes[DNS_SERVER_BYTES];

	if (asked->bytes[DNS_HEADER + 1] == 'a')
		answer_send(asked, address);
	else if (at != NULL)
		dns_fake_send(asked, bytes,
		    dns_fake_reply(asked, (unsigned)(at - letters), bytes));
	else
		dns_fake_send(asked, bytes, dns_fake_reply(asked, 0, bytes));
}

static void
outcomes(void **test)
{
	static const struct dns_query queries[] = {
	    {.name = "a.test",    .type = DNS_A},
	    {.name = "x.test",    .type = DNS_A},
	    {.name = "s.test",    .type = DNS_A},
	    {.name = "r.test",    .type = DNS_A},
	    {.name = "n.test",    .type = DNS_A},
	    {.name = "f.test",    .type = DNS_A},
	    {.name = "bad..name", .type = DNS_A}
        };

	static const enum dns_outcome want[] = {DNS_ANSWER, DNS_NXDOMAIN,
	    DNS_SERVFAIL, DNS_REFUSED, DNS_NODATA, DNS_BOGUS, DNS_NXDOMAIN};
	struct arena *arena = arena_new();
	struct dns_result results[7];
	struct dns_fake fake;
	struct why why;

	(void)test;
	dns_fake_start(&fake, answer_by_name);
	assert_int_equal(
	    dns_ask(&fake.servers, arena, queries, 7, &quick, results, &why),
	    0);
	dns_fake_stop(&fake);
	for (size_t i = 0; i < 7; i++)
		assert_string_equal(dns_outcome_names[results[i].outcome],
		    dns_outcome_names[want[i]]);
	arena_free(arena);
}

/* Does not know EDNS: a question with more than itself is refused. */
static void
answer_plain(const struct dns_server_asked *asked)
{
	uint8_t bytes[DNS_SERVER_BYTES];

	if (asked->bytes[11] != 0)
		dns_fake_send(asked, bytes, dns_fake_reply(asked, 1, bytes));
	else
		answer_send(asked, address);
}

static void
no_edns(void **test)
{
	struct dns_fake fake;

	(void)test;
	dns_fake_start(&fake, answer_plain);
	ask_one(&fake.servers, &quick, DNS_ANSWER);
	dns_fake_stop(&fake);
	assert_int_equal(fake.udp_count, 2);
}

static void
answer_good(const struct dns_server_asked *asked)
{
	answer_send(asked, address);
}

static void
next_server(void **test)
{
	struct dns_servers both;
	struct dns_fake fake;
	struct why why;
	char list[64];

	(void)test;
	dns_fake_start(&fake, answer_good);
	/* nobody listens on the first */
	(void)snprintf(list, sizeof(list), "127.0.0.2@%u,127.0.0.1@%u",
	    fake.port, fake.port);
	assert_int_equal(dns_servers_list(list, &both, &why), 0);
	ask_one(&both, &quick, DNS_ANSWER);
	dns_fake_stop(&fake);
}

/* More than are in flight at a time. */
static void
many(void **test)
{
	enum { COUNT = 300 };
	struct arena *arena = arena_new();
	struct dns_query queries[COUNT];
	struct dns_result results[COUNT];
	struct dns_fake fake;
	struct why why;

	(void)test;
	for (size_t i = 0; i < COUNT; i++)
		queries[i] =
		    (struct dns_query){.name = "a.test", .type = DNS_A};
	dns_fake_start(&fake, answer_good);
	assert_int_equal(dns_ask(&fake.servers, arena, queries, COUNT, &quick,
	                     results, &why),
	    0);
	dns_fake_stop(&fake);
	for (size_t i = 0; i < COUNT; i++)
		assert_int_equal(results[i].outcome, DNS_ANSWER);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(forged_is_ignored),
	    cmocka_unit_test(cut_goes_by_tcp),
	    cmocka_unit_test(silence_is_a_timeout),
	    cmocka_unit_test(deadline_holds),
	    cmocka_unit_test(outcomes),
	    cmocka_unit_test(no_edns),
	    cmocka_unit_test(next_server),
	    cmocka_unit_test(many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
