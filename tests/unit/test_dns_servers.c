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
#include <netinet/in.h>
#include <string.h>

#include "agent/sys/dns.h"
#include "tests/unit/unit.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(resolv_conf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
