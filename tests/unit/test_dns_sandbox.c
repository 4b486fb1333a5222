/*
 * test_dns_sandbox.c - many questions from within the sandbox of an observer
 *
 * Purpose  the library works behind the filter, and the limits leave room for
 *          all questions that are under way at a time
 * Input    a name server on loopback, outside
 * Errors   a failed assertion
 * Runs as  any user
 * Source   dns.h, sandbox.h
 */
#include <sys/wait.h>

#include "agent/sys/sandbox.h"
#include "tests/unit/dns_server.h"

enum { COUNT = 600 };

/* Every fiftieth is cut, and comes by TCP. */
static void
answer(const struct dns_server_asked *asked)
{
	static const uint8_t address[4] = {192, 0, 2, 1};
	uint8_t bytes[DNS_SERVER_BYTES];
	size_t at = dns_fake_reply(asked, 0, bytes);

	if (!asked->is_tcp && asked->nth % 50 == 0)
		bytes[2] |= 2;
	else
		at =
		    dns_fake_record(bytes, at, DNS_A, address, sizeof(address));
	dns_fake_send(asked, bytes, at);
}

/* In the sandbox; how many were not answered. */
static int
ask(struct dns_servers *servers)
{
	static const struct dns_limits limits = {
	    .deadline_ms = 10000, .try_ms = 2000, .rounds = 2};
	struct arena *arena = arena_new();
	struct dns_query *queries = arena_alloc(arena, COUNT, sizeof(*queries));
	struct dns_result *results =
	    arena_alloc(arena, COUNT, sizeof(*results));
	struct why why;
	int missing = 0;

	for (size_t i = 0; i < COUNT; i++)
		queries[i] =
		    (struct dns_query){.name = "a.test", .type = DNS_A};
	if (dns_ask(servers, arena, queries, COUNT, &limits, results, &why) < 0)
		return COUNT;
	for (size_t i = 0; i < COUNT; i++)
		missing += results[i].outcome == DNS_ANSWER ? 0 : 1;
	arena_free(arena);
	return missing;
}

static void
child(const struct sandbox *sandbox, struct dns_servers *servers)
{
	struct why why;
	int missing;

	if (sandbox_drop(sandbox, NULL, 0, &why) < 0 || dns_open(&why) < 0 ||
	    sandbox_seal(sandbox, NULL, &why) < 0)
		_exit(100);
	missing = ask(servers);
	_exit(missing < 99 ? missing : 99);
}

static void
all_are_answered(void **test)
{
	struct sandbox_filter filter = {0};
	struct sandbox_user user;
	struct sandbox sandbox = {
	    .needs = SANDBOX_INET, .cpu_s = 10, .parent = getpid()};
	struct dns_fake fake;
	struct why why;
	int status = 0;
	pid_t pid;

	(void)test;
	sandbox_user_find(&user);
	if (geteuid() == 0)
		sandbox.user = &user;
	if (sandbox_has_seccomp()) {
		assert_int_equal(
		    sandbox_filter_build(SANDBOX_INET, &filter, &why), 0);
		sandbox.filter = &filter;
	}
	dns_fake_start(&fake, answer);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		child(&sandbox, &fake.servers);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	dns_fake_stop(&fake);
	sandbox_filter_done(&filter);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_true(fake.tcp_count >= COUNT / 50);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_are_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
