/*
 * child.c - wait for a child process, never for longer than told
 *
 * Purpose  a process that hangs must not hang the run
 * Input    children of this process
 * Errors   none: gone, or not
 * Runs as  actor
 * Source   pidfd_open(2), waitpid(2), kill(2)
 */
#include "agent/sys/child.h"

#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/auto.h"

#define KILL_MS 1000

/* Between two looks, where there is no pidfd. */
#define LOOK_MS 10

int64_t
child_now_ms(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool
child_wait(pid_t pid, int ms, int *ret_status)
{
	AUTO_CLOSE int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	int64_t end_ms = child_now_ms() + ms;

	*ret_status = 0;
	for (;;) {
		struct pollfd end = {.fd = pidfd, .events = POLLIN};
		pid_t gone = waitpid(pid, ret_status, WNOHANG);
		int64_t left_ms = end_ms - child_now_ms();

		if (gone == pid || (gone < 0 && errno != EINTR))
			return true;
		if (left_ms <= 0)
			return false;
		if (pidfd < 0 && left_ms > LOOK_MS)
			left_ms = LOOK_MS;
		(void)poll(&end, 1, (int)left_ms);
	}
}

bool
child_end(pid_t pid, int *ret_status)
{
	(void)kill(-pid, SIGKILL);
	(void)kill(pid, SIGKILL);
	return child_wait(pid, KILL_MS, ret_status);
}
