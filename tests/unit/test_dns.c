/*
 * test_dns.c - names and replies as bytes, resolv.conf, and whole batches
 *
 * Purpose  what is forged is ignored, what is cut is asked by TCP, and every
 *          question gets an outcome in time
 * Input    a name server on loopback that answers as each test says
 * Errors   a failed assertion
 * Runs as  any user
 * Source   dns.h
 */
#include <errno.h>

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

static void
names_from_text(void **test)
{
	static const char *const bad[] = {
	    "", ".host", "a..b", "a.b..", "\\", "a\\25", "\\256", "a\\", NULL};
	struct dns_question name;
	char text[300];

	(void)test;
	assert_true(dns_wire_name("Ab.c", &name));
	assert_memory_equal(name.name, "\2Ab\1c", 6);
	assert_int_equal(name.length, 6);
	assert_true(dns_wire_name("ab.c.", &name));
	assert_int_equal(name.length, 6);
	assert_true(dns_wire_name(".", &name));
	assert_int_equal(name.length, 1);
	assert_true(dns_wire_name("a\\.b\\046c.x", &name));
	assert_memory_equal(name.name, "\5a.b.c\1x", 9);
	for (size_t i = 0; bad[i] != NULL; i++)
		if (dns_wire_name(bad[i], &name))
			fail_msg("%s was taken", bad[i]);
	(void)memset(text, 'a', sizeof(text));
	text[63] = '\0';
	assert_true(dns_wire_name(text, &name));
	text[63] = 'a';
	text[64] = '\0';
	assert_false(dns_wire_name(text, &name));
	/* 4 labels: 64 + 64 + 64 + 62 and the root are 255 */
	(void)memset(text, 'a', sizeof(text));
	text[63] = text[127] = text[191] = '.';
	text[253] = '\0';
	assert_true(dns_wire_name(text, &name));
	assert_int_equal(name.length, 255);
	text[253] = 'a';
	text[254] = '\0';
	assert_false(dns_wire_name(text, &name));
}

/* Reads bytes as the reply to `a.test` MX with id 0x1234. */
static enum dns_reply
reply_read(struct arena *arena, const void *bytes, size_t length,
    struct dns_result *ret)
{
	struct dns_question question = {.type = DNS_MX, .id = 0x1234};

	assert_true(dns_wire_name("a.test", &question));
	return dns_wire_read(&question, bytes, length, arena, ret);
}

#define HEADER     "\x12\x34\x81\x80\0\1\0\2\0\0\0\0"
#define QUESTION   "\1A\4test\0\0\17\0\1"
#define READ(text) reply_read(arena, (text), sizeof(text) - 1, &result)

static void
chain_is_followed(void **test)
{
	struct arena *arena = arena_new();
	struct dns_result result;

	(void)test;
	/* a.test CNAME b.test; b.test MX 10 Mx.test */
	assert_int_equal(READ(HEADER QUESTION
	                     "\300\14\0\5\0\1\0\0\0\1\0\4\1b\300\16"
	                     "\300\44\0\17\0\1\0\0\1\54\0\7\0\12\2Mx\300\16"),
	    DNS_REPLY_DONE);
	assert_int_equal(result.outcome, DNS_ANSWER);
	assert_int_equal(result.count, 1);
	assert_string_equal(result.records[0].name, "mx.test");
	assert_int_equal(result.records[0].preference, 10);
	assert_int_equal(result.records[0].ttl_s, 300);
	/* the MX is somebody else's */
	assert_int_equal(
	    READ("\x12\x34\x81\x80\0\1\0\1\0\0\0\0" QUESTION
	         "\1c\300\16\0\17\0\1\0\0\1\54\0\7\0\12\2mx\300\16"),
	    DNS_REPLY_DONE);
	assert_int_equal(result.outcome, DNS_NODATA);
	arena_free(arena);
}

static void
bad_replies(void **test)
{
	struct arena *arena = arena_new();
	struct dns_result result;

	(void)test;
	/* a pointer to itself, one forward, data past the end, a chain in a ring */
	assert_int_equal(READ(HEADER QUESTION "\300\30\0\5\0\1\0\0\0\1\0\0"),
	    DNS_REPLY_DONE);
	assert_int_equal(result.outcome, DNS_BOGUS);
	assert_int_equal(READ(HEADER QUESTION "\300\60\0\5\0\1\0\0\0\1\0\0"),
	    DNS_REPLY_DONE);
	assert_int_equal(result.outcome, DNS_BOGUS);
	assert_int_equal(
	    READ(HEADER QUESTION "\300\14\0\17\0\1\0\0\0\1\0\77\0\1\0"),
	    DNS_REPLY_DONE);
	assert_int_equal(result.outcome, DNS_BOGUS);
	assert_null(result.records);
	assert_int_equal(
	    READ(HEADER QUESTION "\300\14\0\5\0\1\0\0\0\1\0\2\300\14"),
	    DNS_REPLY_DONE);
	assert_int_equal(result.outcome, DNS_BOGUS);
	/* not to us: id, a query, another name, another type, too short */
	assert_int_equal(READ("\x12\x35\x81\x80\0\1\0\0\0\0\0\0" QUESTION),
	    DNS_REPLY_FOREIGN);
	assert_int_equal(READ("\x12\x34\x01\x80\0\1\0\0\0\0\0\0" QUESTION),
	    DNS_REPLY_FOREIGN);
	assert_int_equal(
	    READ(HEADER "\1b\4test\0\0\17\0\1"), DNS_REPLY_FOREIGN);
	assert_int_equal(READ(HEADER "\1a\4test\0\0\1\0\1"), DNS_REPLY_FOREIGN);
	assert_int_equal(READ("\x12\x34"), DNS_REPLY_FOREIGN);
	arena_free(arena);
}

static void
resolv_conf(void **test)
{
	static const char text[] =
	    "# nameserver 192.0.2.9\n  nameserver\t192.0.2.1 # here\r\n"
	    "nameserver fe80::1%1\nnameserver nonsense\nnameserver ::1\n"
	    "options timeout:1 trust-ad\nnameserverx 192.0.2.3";
	struct dns_servers servers;
	struct sockaddr_in6 v6;
	struct why why;

	(void)test;
	dns_servers_parse(text, sizeof(text) - 1, &servers);
	assert_int_equal(servers.count, 3);
	assert_string_equal(servers.servers[0].text, "192.0.2.1");
	(void)memcpy(&v6, &servers.servers[1].address, sizeof(v6));
	assert_int_equal(v6.sin6_scope_id, 1);
	assert_int_equal(ntohs(v6.sin6_port), 53);
	assert_true(servers.is_trusted);
	dns_servers_parse("nameserver 192.0.2.1", 20, &servers);
	assert_false(servers.is_trusted);
	dns_servers_parse("", 0, &servers);
	assert_int_equal(servers.count, 1);
	assert_string_equal(servers.servers[0].text, "127.0.0.1");
	assert_true(servers.is_trusted);
	assert_int_equal(
	    dns_servers_list("192.0.2.1@5353,::1", &servers, &why), 0);
	assert_int_equal(servers.count, 2);
	assert_int_equal(dns_servers_list("ns.test", &servers, &why), -EINVAL);
	assert_int_equal(
	    dns_servers_list("192.0.2.1@0", &servers, &why), -EINVAL);
}

/* One question, one address or outcome. */
static void
ask_one(const struct dns_servers *servers, const struct dns_limits *limits,
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

/* From another socket of the same address. */
static void
stranger_send(const struct dns_server_asked *asked)
{
	uint8_t bytes[DNS_SERVER_BYTES];
	size_t at = dns_fake_reply(asked, 0, bytes);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	at = dns_fake_record(bytes, at, DNS_A, forged, 4);
	(void)sendto(fd, bytes, at, 0, (const struct sockaddr *)&asked->from,
	    sizeof(asked->from));
	close(fd);
}

static void
answer_after_forged(const struct dns_server_asked *asked)
{
	struct dns_server_asked other = *asked;

	other.bytes[0] ^= 1; /* id */
	answer_send(&other, forged);
	other = *asked;
	other.bytes[DNS_HEADER + 1] = 'b'; /* name */
	answer_send(&other, forged);
	other = *asked;
	other.bytes[DNS_HEADER + 9] = DNS_AAAA;
	answer_send(&other, forged);
	dns_fake_send(asked, (const uint8_t *)"rubbish", 7);
	stranger_send(asked);
	answer_send(asked, address);
}

static void
forged_is_ignored(void **test)
{
	struct dns_fake fake;

	(void)test;
	dns_fake_start(&fake, answer_after_forged);
	ask_one(&fake.servers, &quick, DNS_ANSWER);
	dns_fake_stop(&fake);
	assert_int_equal(fake.udp_count, 1);
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
	    cmocka_unit_test(names_from_text),
	    cmocka_unit_test(chain_is_followed),
	    cmocka_unit_test(bad_replies),
	    cmocka_unit_test(resolv_conf),
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
