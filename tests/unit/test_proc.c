/*
 * test_proc.c - processes: parsed, found, with hostile names
 *
 * Purpose  unit tests of agent/sys/proc.c and socket_owner.c
 * Input    texts in this file, and processes that the test makes
 * Errors   a failed assertion
 * Runs as  any user
 * Source   proc(5)
 */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/sys/proc.h"
#include "agent/sys/socket_owner.h"
#include "tests/unit/unit.h"

static void
test_stat(void **state)
{
	struct proc_stat got = {0};

	(void)state;
	assert_true(proc_stat_parse(
	    "4242 (a) R 1 (b) S 7 4242 4242 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 "
	    "0 998877 1 2 3\n",
	    &got));
	assert_int_equal(got.state, 'S');
	assert_int_equal(got.parent, 7);
	assert_int_equal(got.start_ticks, 998877);
	assert_false(proc_stat_parse("4242 (a) S 7", &got));
	assert_false(proc_stat_parse("4242 a S 7", &got));
	assert_false(proc_stat_parse("", &got));
}

/* A child with a name that looks like more of the line. */
static void
test_child(void **state)
{
	pid_t children[64], child;
	char comm[PROC_COMM_MAX];
	struct proc_stat stat;
	int pipe_fds[2];
	ssize_t count;
	bool is_found = false;
	double age = -1;

	(void)state;
	assert_int_equal(pipe(pipe_fds), 0);
	child = fork();
	if (child == 0) {
		(void)prctl(PR_SET_NAME, ") R 1 1\n0");
		(void)!write(pipe_fds[1], "x", 1);
		(void)pause();
		_exit(0);
	}
	assert_int_equal(read(pipe_fds[0], comm, 1), 1);
	assert_int_equal(proc_comm(child, comm), 0);
	assert_string_equal(comm, ") R 1 1\n0");
	assert_int_equal(proc_stat(child, &stat), 0);
	assert_int_equal(stat.parent, getpid());
	assert_int_equal(proc_age_s(child, &age), 0);
	assert_true(age >= 0 && age < 3600);
	count = proc_children(getpid(), children, 64);
	for (ssize_t i = 0; i < count; i++)
		is_found |= children[i] == child;
	assert_true(is_found);
	assert_int_equal(proc_exe_is(child, "/nonexistent"), 0);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(proc_stat(child, &stat), -ENOENT);
	(void)close(pipe_fds[0]);
	(void)close(pipe_fds[1]);
}

static void
test_exe(void **state)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	(void)state;
	assert_true(n > 0);
	path[n] = '\0';
	assert_int_equal(proc_exe_is(getpid(), path), 1);
}

static void
test_socket_owner(void **state)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t self = getpid(), pids[2];
	struct stat st;
	uint64_t inodes[2];

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	inodes[0] = st.st_ino;
	assert_int_equal(socket_owners_find(inodes, pids, 1, &self, 1), 0);
	assert_int_equal(pids[0], self);
	/* without a hint; and one that nobody has */
	inodes[1] = 1;
	(void)socket_owners_find(inodes, pids, 2, NULL, 0);
	assert_int_equal(pids[0], self);
	assert_int_equal(pids[1], 0);
	(void)close(fd);
}

static void
test_unit_of_cgroup(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
	    {"0::/system.slice/system-postfix.slice/postfix@-.service\n",
             "postfix@-.service"	                                                              },
	    {"9:name=systemd:/\n1:cpu:/\n0::/system.slice/x.service\n",
             "x.service"	                                                                      },
	    {"4:memory:/evil.service\n1:name=systemd:/system.slice/y.service/z\n",
             "y.service"	                                                                      },
 /* what a user makes below his own unit stays his */
	    {"0::/user.slice/user-1000.slice/user@1000.service/app.slice/"
	     "postfix.service\n",	                             "user@1000.service"},
	    {"0::/user.slice/user-0.slice/session-3.scope\n",
             "session-3.scope"	                                                                },
	    {"0::/../..\n",	                                                ""                 },
	    {"",	                                                           ""                 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[256], got[64];

		(void)snprintf(text, sizeof(text), "%s", cases[i].text);
		socket_owner_unit_parse(text, got, sizeof(got));
		assert_string_equal(got, cases[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_stat),
	    cmocka_unit_test(test_child),
	    cmocka_unit_test(test_exe),
	    cmocka_unit_test(test_socket_owner),
	    cmocka_unit_test(test_unit_of_cgroup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
