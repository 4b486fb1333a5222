/*
 * test_port_words.c - the words of `mailfix explain port`
 *
 * Purpose  every form is understood, and what is not is named with what would
 *          be right
 * Input    fixed
 * Errors   a failed assertion
 * Runs as  any user
 * Source   SPEC section 2
 */
#include <sys/socket.h>

#include <errno.h>
#include <string.h>

#include "agent/main/port_words.h"
#include "tests/unit/unit.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct nf_survey_query
good(const char *const *words)
{
	struct nf_survey_query query;
	struct why why = {0};

	if (port_words_parse(words, &query, &why) != 0)
		fail_msg("%s", why.text);
	return query;
}

static void
bad(const char *const *words, const char *part)
{
	struct nf_survey_query query;
	struct why why = {0};

	assert_int_equal(port_words_parse(words, &query, &why), -EINVAL);
	if (strstr(why.text, part) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", why.text, part);
}

static void
test_forms(void **state)
{
	struct nf_survey_query query = good(WORDS("in", "587"));
	struct nf_address want;

	(void)state;
	assert_int_equal(query.direction, NF_IN);
	assert_int_equal(query.port, 587);
	assert_int_equal(query.from.family, 0);
	assert_int_equal(query.to.family, 0);
	assert_null(query.interface);
	query = good(WORDS("out", "smtp", "on", "eth1", "to", "2001:db8::7"));
	assert_int_equal(query.direction, NF_OUT);
	assert_int_equal(query.port, 25);
	assert_string_equal(query.interface, "eth1");
	assert_int_equal(query.to.family, AF_INET6);
	query = good(WORDS(
	    "in", "submissions", "from", "203.0.113.9", "to", "10.0.0.1"));
	assert_int_equal(query.port, 465);
	assert_int_equal(net_address_parse("203.0.113.9", &want), 0);
	assert_true(net_address_equal(&query.from, &want));
	assert_int_equal(net_address_parse("10.0.0.1", &want), 0);
	assert_true(net_address_equal(&query.to, &want));
	assert_int_equal(good(WORDS("in", "1")).port, 1);
	assert_int_equal(good(WORDS("in", "65535")).port, 65535);
}

static void
test_wrong(void **state)
{
	const char *const none[] = {NULL};

	(void)state;
	bad(none, "which way?");
	bad(WORDS("inn", "25"), "did you mean in?");
	bad(WORDS("in"), "which port?");
	bad(WORDS("in", "0"), "from 1 to 65535");
	bad(WORDS("in", "65536"), "from 1 to 65535");
	bad(WORDS("in", "99999999999999999999"), "from 1 to 65535");
	bad(WORDS("in", "25x"), "is no port");
	bad(WORDS("in", "+25"), "is no port");
	bad(WORDS("in", " 25"), "is no port");
	bad(WORDS("in", ""), "is no port");
	bad(WORDS("in", "submissio"), "such as submission");
	bad(WORDS("in", "25", "form", "192.0.2.1"), "did you mean from?");
	bad(WORDS("in", "25", "via", "eth0"), "after the port come");
	bad(WORDS("in", "25", "from"), "from which address?");
	bad(WORDS("in", "25", "on"), "on which interface?");
	bad(WORDS("in", "25", "from", "mx.example.com"), "is no address");
	bad(WORDS("in", "25", "from", "192.0.2.1/24"), "is no address");
	bad(WORDS("in", "25", "from", "fe80::1%eth0"), "is no address");
	bad(WORDS("in", "25", "from", "::ffff:192.0.2.1"), "alone");
	bad(WORDS("in", "25", "from", "0.0.0.0"), "leave it out");
	bad(WORDS("in", "25", "from", "::"), "leave it out");
	bad(WORDS("in", "25", "on", "an-interface-of-sixteen"), "no interface");
	bad(WORDS("in", "25", "on", "eth0", "on", "eth1"), "\"on\" twice");
	bad(WORDS("in", "25", "from", "192.0.2.1", "to", "2001:db8::1"),
	    "the other IPv6");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_forms),
	    cmocka_unit_test(test_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
