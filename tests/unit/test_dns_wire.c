/*
 * test_dns_wire.c - names, questions and replies as bytes
 *
 * Purpose  what is not to the question is foreign, what cannot be read is
 *          bogus, and what can be read is told as dns_data.h promises
 * Input    none
 * Errors   a failed assertion
 * Runs as  any user
 * Source   dns_wire.h
 */
#include <string.h>

#include "agent/sys/dns_wire.h"
#include "tests/unit/unit.h"

static int
library_open(void **test)
{
	struct why why;

	(void)test;
	return dns_open(&why);
}

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
	assert_string_equal(result.canonical, "b.test");
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

/* What a resolver says of itself, and what is behind the answers. */
static void
header_counts(void **test)
{
	struct arena *arena = arena_new();
	struct dns_result result;

	(void)test;
	/* AA, RA, AD; two more sections announced, and rubbish in their place */
	assert_int_equal(READ("\x12\x34\x85\xa0\0\1\0\1\0\2\0\7" QUESTION
	                      "\300\14\0\17\0\1\0\0\1\54\0\7\0\12\2mx\300\16"
	                      "rubbish"),
	    DNS_REPLY_DONE);
	assert_int_equal(result.outcome, DNS_ANSWER);
	assert_string_equal(result.records[0].name, "mx.test");
	assert_null(result.canonical);
	assert_true(result.is_local);
	assert_true(result.is_authentic);
	/* AA alone is the server of the zone; RA alone any resolver */
	assert_int_equal(
	    READ("\x12\x34\x85\0\0\1\0\0\0\0\0\0" QUESTION), DNS_REPLY_DONE);
	assert_int_equal(result.outcome, DNS_NODATA);
	assert_false(result.is_local);
	assert_int_equal(
	    READ("\x12\x34\x81\x80\0\1\0\0\0\0\0\0" QUESTION), DNS_REPLY_DONE);
	assert_false(result.is_local);
	assert_false(result.is_authentic);
	/* cut in the middle of a record, as TC says */
	assert_int_equal(
	    READ("\x12\x34\x83\x80\0\1\0\1\0\0\0\0" QUESTION "\300\14\0\17\0"),
	    DNS_REPLY_CUT);
	assert_int_equal(
	    READ("\x12\x34\x83\x80\0\1\0\1\0\0\0\0\1b\4test\0\0\17\0\1"),
	    DNS_REPLY_FOREIGN);
	arena_free(arena);
}

/* A server that does not ask others: what it has not may be elsewhere. */
static void
referral(void **test)
{
	struct arena *arena = arena_new();
	struct dns_result result;

	(void)test;
	/* whom to ask: the servers of test */
	assert_int_equal(READ("\x12\x34\x81\0\0\1\0\0\0\1\0\0" QUESTION
	                      "\300\16\0\2\0\1\0\0\1\54\0\5\2ns\300\16"),
	    DNS_REPLY_DONE);
	assert_int_equal(result.outcome, DNS_BOGUS);
	assert_non_null(result.detail);
	/* an alias in its zone, that leads out of it */
	assert_int_equal(READ("\x12\x34\x85\0\0\1\0\1\0\0\0\0" QUESTION
	                      "\300\14\0\5\0\1\0\0\0\1\0\4\1b\300\16"),
	    DNS_REPLY_DONE);
	assert_int_equal(result.outcome, DNS_BOGUS);
	/* a resolver has followed it */
	assert_int_equal(READ("\x12\x34\x81\x80\0\1\0\1\0\0\0\0" QUESTION
	                      "\300\14\0\5\0\1\0\0\0\1\0\4\1b\300\16"),
	    DNS_REPLY_DONE);
	assert_int_equal(result.outcome, DNS_NODATA);
	assert_null(result.detail);
	arena_free(arena);
}

/* As unbound refuses; what it says of a name needs the question. */
static void
bare_header(void **test)
{
	struct arena *arena = arena_new();
	struct dns_result result;

	(void)test;
	assert_int_equal(
	    READ("\x12\x34\x81\x05\0\0\0\0\0\0\0\0"), DNS_REPLY_DONE);
	assert_int_equal(result.outcome, DNS_REFUSED);
	assert_int_equal(
	    READ("\x12\x35\x81\x05\0\0\0\0\0\0\0\0"), DNS_REPLY_FOREIGN);
	assert_int_equal(
	    READ("\x12\x34\x81\x03\0\0\0\0\0\0\0\0"), DNS_REPLY_FOREIGN);
	assert_int_equal(
	    READ("\x12\x34\x81\x00\0\0\0\0\0\0\0\0"), DNS_REPLY_FOREIGN);
	arena_free(arena);
}

static void
nothing_at_the_end(void **test)
{
	struct arena *arena = arena_new();
	struct dns_result result;

	(void)test;
	/* a.test CNAME gone.test, and there is no gone.test */
	assert_int_equal(READ("\x12\x34\x81\x83\0\1\0\1\0\0\0\0" QUESTION
	                      "\300\14\0\5\0\1\0\0\0\1\0\7\4gone\300\16"),
	    DNS_REPLY_DONE);
	assert_int_equal(result.outcome, DNS_NXDOMAIN);
	assert_string_equal(result.canonical, "gone.test");
	/* the name is not there, and here is its MX */
	assert_int_equal(READ("\x12\x34\x81\x83\0\1\0\1\0\0\0\0" QUESTION
	                      "\300\14\0\17\0\1\0\0\1\54\0\7\0\12\2mx\300\16"),
	    DNS_REPLY_DONE);
	assert_int_equal(result.outcome, DNS_BOGUS);
	assert_int_equal(result.count, 0);
	/* of another class */
	assert_int_equal(READ("\x12\x34\x81\x80\0\1\0\1\0\0\0\0" QUESTION
	                      "\300\14\0\17\0\3\0\0\1\54\0\7\0\12\2mx\300\16"),
	    DNS_REPLY_DONE);
	assert_int_equal(result.outcome, DNS_NODATA);
	arena_free(arena);
}

/* Seventeen names in a row: no honest zone has so many. */
static void
chain_without_end(void **test)
{
	enum { STEPS = 17 };
	struct arena *arena = arena_new();
	uint8_t bytes[1024] = HEADER QUESTION;
	size_t at = sizeof(HEADER QUESTION) - 1;
	struct dns_result result;

	(void)test;
	bytes[7] = STEPS;
	for (unsigned i = 0; i < STEPS; i++) {
		uint8_t record[] = {1, (uint8_t)('a' + i), 0xc0, 14, 0, 5, 0, 1,
		    0, 0, 0, 1, 0, 4, 1, (uint8_t)('b' + i), 0xc0, 14};

		(void)memcpy(bytes + at, record, sizeof(record));
		at += sizeof(record);
	}
	assert_int_equal(reply_read(arena, bytes, at, &result), DNS_REPLY_DONE);
	assert_int_equal(result.outcome, DNS_BOGUS);
	bytes[7] = STEPS - 1;
	assert_int_equal(reply_read(arena, bytes, at, &result), DNS_REPLY_DONE);
	assert_int_equal(result.outcome, DNS_NODATA);
	assert_string_equal(result.canonical, "q.test");
	arena_free(arena);
}

/* Strings are joined by their lengths, whatever octets they have. */
static void
text_is_joined(void **test)
{
	static const uint8_t bytes[] =
	    "\x12\x34\x81\x80\0\1\0\1\0\0\0\0\1a\4test\0\0\20\0\1"
	    "\300\14\0\20\0\1\0\0\0\1\0\13\3v=\0\0\5\"\\\377 x";
	struct dns_question question = {.type = DNS_TXT, .id = 0x1234};
	struct arena *arena = arena_new();
	struct dns_result result;

	(void)test;
	assert_true(dns_wire_name("A.TEST.", &question));
	assert_int_equal(
	    dns_wire_read(&question, bytes, sizeof(bytes) - 1, arena, &result),
	    DNS_REPLY_DONE);
	assert_int_equal(result.outcome, DNS_ANSWER);
	assert_int_equal(result.records[0].length, 8);
	assert_memory_equal(result.records[0].data, "v=\0\"\\\377 x", 8);
	arena_free(arena);
}

/* As a server gets it: RD, AD, the question, and EDNS. */
static void
question_is_written(void **test)
{
	static const uint8_t want[] =
	    "\x12\x34\x01\x20\0\1\0\0\0\0\0\1\1a\4test\0\0\17\0\1"
	    "\0\0\51\4\320\0\0\0\0\0\0";
	struct dns_question question = {
	    .type = DNS_MX, .id = 0x1234, .has_edns = true};
	uint8_t bytes[DNS_QUERY_BYTES];

	(void)test;
	assert_true(dns_wire_name("a.test", &question));
	assert_int_equal(dns_wire_write(&question, bytes), sizeof(want) - 1);
	assert_memory_equal(bytes, want, sizeof(want) - 1);
	question.has_edns = false;
	question.is_unchecked = true;
	assert_int_equal(dns_wire_write(&question, bytes), 24);
	assert_int_equal(bytes[3], 0x30);
	assert_int_equal(bytes[11], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_from_text),
	    cmocka_unit_test(question_is_written),
	    cmocka_unit_test(chain_is_followed),
	    cmocka_unit_test(chain_without_end),
	    cmocka_unit_test(bare_header),
	    cmocka_unit_test(referral),
	    cmocka_unit_test(nothing_at_the_end),
	    cmocka_unit_test(header_counts),
	    cmocka_unit_test(text_is_joined),
	    cmocka_unit_test(bad_replies),
	};

	return cmocka_run_group_tests(tests, library_open, NULL);
}
