/*
 * test_hygiene.c - what a process inherits, and must not
 *
 * Purpose  closed descriptors, ignored and blocked signals, the environment
 * Input    a child made so on purpose
 * Errors   a failed assertion
 * Runs as  any user; the environment is kept but for root
 * Source   hygiene.h
 */
#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/main/hygiene.h"
#include "tests/unit/unit.h"

static int
descriptors(void)
{
	(void)close(0);
	(void)close(2);
	hygiene();
	return fcntl(0, F_GETFD) >= 0 && fcntl(2, F_GETFD) >= 0 &&
	       open("/", O_RDONLY | O_CLOEXEC) > 2;
}

static int
signals(void)
{
	sigset_t set;

	(void)signal(SIGCHLD, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)sigfillset(&set);
	(void)sigprocmask(SIG_SETMASK, &set, NULL);
	hygiene();
	(void)sigprocmask(SIG_SETMASK, NULL, &set);
	return signal(SIGCHLD, SIG_DFL) == SIG_DFL &&
	       signal(SIGTERM, SIG_DFL) == SIG_DFL &&
	       signal(SIGXFSZ, SIG_DFL) == SIG_IGN &&
	       signal(SIGPIPE, SIG_DFL) == SIG_IGN &&
	       sigismember(&set, SIGTERM) == 0;
}

static int
environment(void)
{
	(void)setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/tmp/mine", 1);
	(void)setenv("TERM", "dumb", 1);
	(void)setenv("TZ", "/tmp/mine", 1);
	hygiene();
	if (geteuid() != 0)
		return getenv("TZ") != NULL;
	return getenv("DBUS_SYSTEM_BUS_ADDRESS") == NULL &&
	       getenv("TZ") == NULL && getenv("TERM") != NULL &&
	       strcmp(getenv("TERM"), "dumb") == 0;
}

static void
in_child(int (*test)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(test() ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
test_inherited(void **state)
{
	(void)state;
	in_child(descriptors);
	in_child(signals);
	in_child(environment);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_inherited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
