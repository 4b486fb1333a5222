/*
 * test_probe_mta.c - the mail system's check, its sockets, its ports
 *
 * Purpose  unit tests of config_check.c, mta_peer.c and the probes port, host
 * Input    a mail system of fixed answers; sockets on loopback
 * Errors   a failed assertion
 * Runs as  any user
 * Source   -
 */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/mta/config_check.h"
#include "agent/mta/mta_unit.h"
#include "agent/sys/sockdiag.h"
#include "tests/unit/probe_run.h"

extern const struct probe probe_port, probe_host, probe_mta;

static const char *const good[] = {"/bin/true", NULL};
static const char *const bad[] = {
    "/bin/sh", "-c", "echo 'tool: fatal: line 3: no' >&2; exit 1", NULL};
static const char *const gone[] = {"/nonexistent/tool", NULL};

static struct config_check
check(const struct mta *mta)
{
	struct config_check beside = {0}, got = {0};
	struct why why = {0};
	pid_t pid;
	int fd;

	assert_int_equal(config_check_run(mta, &got, &why), 0);
	/* the same from a process of its own */
	assert_int_equal(config_check_start(mta, &pid, &fd, &why), 0);
	assert_int_equal(config_check_read(fd, &beside, &why), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	(void)close(fd);
	assert_int_equal(beside.is_valid, got.is_valid);
	assert_string_equal(beside.text, got.text);
	return got;
}

static void
test_config_check(void **state)
{
	struct mta_ops ops = {.kind = "postfix", .config_quick = good};
	struct mta mta = {.ops = &ops, .queue_dir = "/"};
	struct config_check got = check(&mta);
	struct why why = {0};

	(void)state;
	assert_true(got.is_valid);
	assert_string_equal(got.text, "");
	ops.config_quick = bad;
	got = check(&mta);
	assert_false(got.is_valid);
	assert_string_equal(got.text, "line 3: no");
	mta.services_error = "master.cf: line 1: bad field count";
	got = check(&mta);
	assert_false(got.is_valid);
	assert_string_equal(got.text, mta.services_error);
	mta.services_error = NULL;
	mta.queue_dir = "/nonexistent";
	got = check(&mta);
	assert_false(got.is_valid);
	/* a tool that is not there tells nothing about the configuration */
	mta.queue_dir = "/";
	ops.config_quick = gone;
	assert_int_equal(config_check_run(&mta, &got, &why), -ENOENT);
	ops.config_quick = NULL;
	assert_int_equal(config_check_run(&mta, &got, &why), -EOPNOTSUPP);
}

static int
tcp_listen(unsigned *ret_port)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(
	    getsockname(fd, (struct sockaddr *)&address, &length), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static int
no_master(const struct mta *mta, pid_t *ret, struct why *why)
{
	(void)mta;
	(void)why;
	*ret = 0;
	return 0;
}

static void
test_port(void **state)
{
	struct mta_ops ops = {.kind = "postfix", .master_pid = no_master};
	struct mta_listener listeners[2] = {
	    {.service = "here",    .program = "smtpd", .address = "127.0.0.1"},
	    {.service = "nowhere", .program = "smtpd", .port = 1             }
        };
	struct mta mta = {
	    .ops = &ops, .listeners = listeners, .listener_count = 2};
	struct arena *arena = arena_new();
	int fd = tcp_listen(&listeners[0].port);
	const struct fact_set *set;
	char key[16];

	(void)state;
	(void)snprintf(key, sizeof(key), "%u", listeners[0].port);
	set = probe_run(arena, &probe_port, &mta);
	assert_fact_bool(set, "port", key, "wanted", true);
	assert_fact_text(set, "port", key, "service", "here");
	assert_fact_bool(set, "port", key, "listening", true);
	assert_fact_bool(set, "port", key, "listening_v4", true);
	assert_fact_bool(set, "port", key, "listening_v6", false);
	assert_fact_bool(set, "port", key, "local_only", true);
	assert_fact_bool(set, "port", key, "by_mta", false);
	assert_true(
	    probe_cell(set, "port", key, "pid").number == (double)getpid());
	assert_fact_bool(set, "port", "1", "wanted", true);
	assert_fact_bool(set, "port", "1", "wanted_all", true);
	assert_fact_bool(set, "port", key, "wanted_all", false);
	assert_fact_bool(set, "port", "1", "listening", false);
	assert_fact_unknown(set, "port", "1", "pid", "nothing listens");
	(void)close(fd);
	arena_free(arena);
}

static int
master_is_us(const struct mta *mta, pid_t *ret, struct why *why)
{
	(void)mta;
	(void)why;
	*ret = getpid();
	return 0;
}

/* A process that looks like a server and has some memory of its own. */
static pid_t
server_start(size_t bytes, int *ret_fd)
{
	int ends[2];
	pid_t pid;
	char ready;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		char *own = malloc(bytes);

		(void)prctl(PR_SET_NAME, "smtpd");
		(void)memset(own, 1, bytes);
		while (write(ends[1], own + bytes / 2, 1) == 1)
			(void)pause();
		_exit(1);
	}
	assert_int_equal(read(ends[0], &ready, 1), 1);
	(void)close(ends[1]);
	*ret_fd = ends[0];
	return pid;
}

#define OWN_BYTES (8U * 1024 * 1024)

static void
test_servers(void **state)
{
	static const struct mta_service services[] = {
	    {"smtp", "inet", "smtpd",      "4", 4},
	    {"smtp", "unix", "smtp",       "1", 1},
	    {"25",   "inet", "postscreen", "1", 1},
	};
	struct mta_advice advice = {"soft_bounce", "yes", "main.cf:3",
	    "soft-bounce", "harmful", "it waits", "no"};
	struct mta_ops ops = {.kind = "postfix",
	    .master_pid = master_is_us,
	    .config_quick = good};
	struct mta mta = {
	    .ops = &ops,
	    .kind = "postfix",
	    .queue_dir = "/",
	    .config_dir = "/",
	    .has_settings = true,
	    .is_cached = true,
	    .instances = (const char *const[]){NULL        },
	    .services = services,
	    .service_count = 3,
	    .advice = &advice,
	    .advice_count = 1,
	    .clients = { .connections = 50, .rate = 0.5}
        };
	struct arena *arena = arena_new();
	pid_t pids[2];
	int fds[2];
	const struct fact_set *set;
	double memory;

	(void)state;
	set = probe_run(arena, &probe_mta, &mta);
	assert_fact_unknown(
	    set, "mta", "", "process_memory", "no smtpd runs at the moment");
	pids[0] = server_start(4096, &fds[0]);
	pids[1] = server_start(OWN_BYTES, &fds[1]);
	set = probe_run(arena, &probe_mta, &mta);
	assert_true(probe_cell(set, "mta", "", "process_used").number == 2);
	assert_true(probe_cell(set, "mta", "", "process_share").number == 0.5);
	memory = probe_cell(set, "mta", "", "process_memory").number;
	/* its own pages, and not those of the program and its libraries */
	assert_true(memory >= OWN_BYTES && memory < OWN_BYTES * 2.0);
	assert_true(probe_cell(set, "mta", "", "client_rate").number == 0.5);
	assert_fact_text(set, "setting", "soft_bounce", "effect", "harmful");
	assert_fact_text(set, "setting", "soft_bounce", "place", "main.cf:3");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(kill(pids[i], SIGKILL), 0);
		assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
		(void)close(fds[i]);
	}
	arena_free(arena);
}

static void
test_peer_socket(void **state)
{
	char dir[] = "/tmp/mailfix-test-XXXXXX";
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct mta mta = {.queue_dir = dir};
	struct sockdiag_listener *listeners;
	struct arena *arena = arena_new();
	struct mta_peer peer = {.role = MTA_PEER_MILTER};
	size_t count;
	uint64_t inode = 0;
	unsigned port;
	int fd = tcp_listen(&port), unix_fd;
	struct why why = {0};

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(
	    sockdiag_tcp_listeners(arena, &listeners, &count, &why), 0);
	peer.endpoint = arena_printf(arena, "inet:localhost:%u", port);
	assert_int_equal(
	    mta_peer_socket(&mta, &peer, listeners, count, &inode), 1);
	assert_true(inode != 0);
	peer.endpoint = arena_printf(arena, "inet:192.0.2.1:%u", port);
	assert_int_equal(
	    mta_peer_socket(&mta, &peer, listeners, count, &inode), 0);
	(void)snprintf(
	    address.sun_path, sizeof(address.sun_path), "%s/sock", dir);
	unix_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    bind(unix_fd, (struct sockaddr *)&address, sizeof(address)), 0);
	peer.endpoint = "unix:sock"; /* below the queue directory */
	assert_int_equal(mta_peer_socket(&mta, &peer, NULL, 0, &inode), 0);
	assert_int_equal(listen(unix_fd, 1), 0);
	assert_int_equal(mta_peer_socket(&mta, &peer, NULL, 0, &inode), 1);
	(void)close(fd);
	(void)close(unix_fd);
	assert_int_equal(unlink(address.sun_path), 0);
	assert_int_equal(rmdir(dir), 0);
	arena_free(arena);
}

static void
test_peer_units(void **state)
{
	struct mta_peer peer = {
	    .role = MTA_PEER_MILTER, .endpoint = "inet:localhost:11332"};

	(void)state;
	assert_string_equal(mta_peer_units(&peer)[0], "rspamd.service");
	peer.endpoint = "inet:localhost:4";
	assert_null(mta_peer_units(&peer)[0]);
	peer = (struct mta_peer){
	    .role = MTA_PEER_AUTH, .endpoint = "unix:private/auth"};
	assert_string_equal(mta_peer_units(&peer)[0], "dovecot.service");
}

static void
test_host(void **state)
{
	struct arena *arena = arena_new();
	const struct fact_set *set = probe_run(arena, &probe_host, NULL);

	(void)state;
	assert_true(probe_cell(set, "host", NULL, "cpus").number > 0);
	assert_true(probe_cell(set, "host", NULL, "memory_total").number > 0);
	assert_true(probe_cell(set, "host", NULL, "memory_available").number <=
	            probe_cell(set, "host", NULL, "memory_total").number);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_config_check),
	    cmocka_unit_test(test_port),
	    cmocka_unit_test(test_servers),
	    cmocka_unit_test(test_peer_socket),
	    cmocka_unit_test(test_peer_units),
	    cmocka_unit_test(test_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
