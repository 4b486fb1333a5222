/*
 * test_dns_servers.c - which name servers a host has
 *
 * Purpose  resolv.conf as the C library reads it, and the configuration's list
 * Input    none
 * Errors   a failed assertion
 * Runs as  any user
 * Source   dns.h; resolv.conf(5)
 */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>

#include "agent/sys/dns.h"
#include "tests/unit/unit.h"

static void
parse(const char *text, struct dns_servers *ret)
{
	dns_servers_parse(text, strlen(text), ret);
}

static void
resolv_conf(void **test)
{
	static const char text[] = "# nameserver 192.0.2.9\n"
	                           ";nameserver 192.0.2.9\n"
	                           " nameserver 192.0.2.9\n"
	                           "nameserver\t192.0.2.1 # here\r\n"
	                           "nameserver fe80::1%1\n"
	                           "nameserver nonsense\n"
	                           "nameserver 192.0.2\n"
	                           "nameserver 192.0.2.300\n"
	                           "nameserverx 192.0.2.9\n"
	                           "search example.com\n"
	                           "nameserver ::1#there\n"
	                           "nameserver 192.0.2.4";
	struct dns_servers servers;
	struct sockaddr_in6 v6;

	(void)test;
	parse(text, &servers);
	/* the fourth is one too many */
	assert_int_equal(servers.count, 3);
	assert_string_equal(servers.servers[0].text, "192.0.2.1");
	assert_string_equal(servers.servers[1].text, "fe80::1%1");
	assert_string_equal(servers.servers[2].text, "::1");
	(void)memcpy(&v6, &servers.servers[1].address, sizeof(v6));
	assert_int_equal(v6.sin6_scope_id, 1);
	assert_int_equal(ntohs(v6.sin6_port), 53);
	assert_false(servers.is_trusted);
	assert_false(servers.is_tcp);
	assert_int_equal(servers.timeout_s, 0);
	assert_int_equal(servers.attempts, 0);
	parse("nameserver fe80::1%no-such-card0\n", &servers);
	assert_string_equal(servers.servers[0].text, "127.0.0.1");
	parse("nameserver fe80::1%lo\n", &servers);
	assert_string_equal(servers.servers[0].text, "fe80::1%lo");
}

/* Whom systemd-resolved asks counts only where it alone is asked. */
static void
beyond_the_stub(void **test)
{
	static const char told[] = "nameserver 127.0.0.53\n"
	                           "nameserver 192.0.2.1\n"
	                           "nameserver 2001:db8::1\n";
	struct dns_servers servers;

	(void)test;
	parse("nameserver 127.0.0.53\noptions edns0 trust-ad\n", &servers);
	dns_servers_beyond(&servers, told, sizeof(told) - 1);
	assert_int_equal(servers.count, 1);
	assert_true(servers.is_trusted);
	assert_int_equal(servers.beyond_count, 2);
	assert_string_equal(servers.beyond[0].text, "192.0.2.1");
	assert_string_equal(servers.beyond[1].text, "2001:db8::1");
	/* it knows of none */
	dns_servers_beyond(&servers, "# none\n", 7);
	assert_int_equal(servers.beyond_count, 0);
	parse("nameserver 127.0.0.1\n", &servers);
	dns_servers_beyond(&servers, told, sizeof(told) - 1);
	assert_int_equal(servers.beyond_count, 0);
	parse("nameserver 127.0.0.53\nnameserver 192.0.2.9\n", &servers);
	dns_servers_beyond(&servers, told, sizeof(told) - 1);
	assert_int_equal(servers.beyond_count, 0);
}

static void
options(void **test)
{
	struct dns_servers servers;

	(void)test;
	parse("nameserver 192.0.2.1\noptions rotate timeout:1  trust-ad\n"
	      "options\tedns0 attempts:9 use-vc timeout:x attempts:0",
	    &servers);
	assert_int_equal(servers.timeout_s, 1);
	assert_int_equal(servers.attempts, 5);
	assert_true(servers.is_trusted);
	assert_true(servers.is_tcp);
	parse("options trust-adx use-vcs no-trust-ad\n#options trust-ad\n"
	      "optionstrust-ad\nnameserver 192.0.2.1",
	    &servers);
	assert_false(servers.is_trusted);
	assert_false(servers.is_tcp);
}

/* AD is believed of this host's own, and of what root says. */
static void
trust(void **test)
{
	static const struct {
		const char *text;
		bool is_trusted;
	} cases[] = {
	    {"nameserver 127.0.0.53\n",                      true },
	    {"nameserver ::1\nnameserver 127.0.0.1\n",       true },
	    {"nameserver 127.0.0.1\nnameserver 192.0.2.1\n", false},
	    {"nameserver 192.0.2.1\n",                       false},
	    {"nameserver 192.0.2.1\noptions trust-ad\n",     true },
	    {"nameserver ::ffff:127.0.0.1\n",                false},
	    {"",	                                     true },
	};
	struct dns_servers servers;

	(void)test;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		parse(cases[i].text, &servers);
		if (servers.is_trusted != cases[i].is_trusted)
			fail_msg("%s", cases[i].text);
	}
}

static void
long_lines(void **test)
{
	char text[3 * LINE_MAX];
	struct dns_servers servers;

	(void)test;
	(void)memset(text, 'x', sizeof(text));
	(void)memcpy(text, "nameserver 192.0.2.1 ", 21);
	(void)memcpy(text + sizeof(text) - 22, "\nnameserver 192.0.2.2 ", 22);
	dns_servers_parse(text, sizeof(text), &servers);
	assert_int_equal(servers.count, 2);
	assert_string_equal(servers.servers[1].text, "192.0.2.2");
	dns_servers_parse("\0nameserver 192.0.2.1\n", 22, &servers);
	assert_string_equal(servers.servers[0].text, "127.0.0.1");
}

static void
configured(void **test)
{
	struct dns_servers servers;
	struct why why;

	(void)test;
	assert_int_equal(
	    dns_servers_list("192.0.2.1@5353,::1", &servers, &why), 0);
	assert_int_equal(servers.count, 2);
	assert_false(servers.is_trusted);
	assert_int_equal(dns_servers_list("ns.test", &servers, &why), -EINVAL);
	assert_int_equal(
	    dns_servers_list("192.0.2.1@0", &servers, &why), -EINVAL);
	assert_int_equal(
	    dns_servers_list("192.0.2.1@65536", &servers, &why), -EINVAL);
	assert_int_equal(dns_servers_list(" , ", &servers, &why), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(resolv_conf),
	    cmocka_unit_test(beyond_the_stub),
	    cmocka_unit_test(options),
	    cmocka_unit_test(trust),
	    cmocka_unit_test(long_lines),
	    cmocka_unit_test(configured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
