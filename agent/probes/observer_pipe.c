/*
 * observer_pipe.c - what an observer of one question answers over a pipe
 *
 * Purpose  read with a deadline; believe it only when it ended as it should
 * Input    bytes of a process that reads what others wrote
 * Errors   -EPROTO: a record that cannot be, a signal, a forbidden system call;
 *          -ETIMEDOUT; -EIO: it ended early
 * Runs as  actor; observer_pipe_put as observer
 * Source   DESIGN "Two roles, one binary"; pipe(7)
 */
#include "agent/probes/observer_pipe.h"

#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/sys/child.h"

/* As observer.c: to leave after the last word. */
#define LEAVE_MS 2000

void
observer_pipe_put(int fd, const void *bytes, size_t length)
{
	for (const char *p = bytes; length > 0;) {
		ssize_t n = write(fd, p, length);

		if (n < 0 && errno != EINTR)
			_exit(1);
		if (n > 0) {
			p += n;
			length -= (size_t)n;
		}
	}
}

int
observer_pipe_get(const struct observer_pipe *pipe, void *bytes, size_t length,
    struct why *why)
{
	for (char *p = bytes; length > 0;) {
		struct pollfd ready = {.fd = pipe->fd, .events = POLLIN};
		int64_t left_ms = pipe->deadline_ms - clock_boot_ms();
		ssize_t n;

		if (left_ms <= 0)
			return why_set(why, -ETIMEDOUT,
			    "%s could not be read in %d s", pipe->of,
			    pipe->patience_s);
		if (poll(&ready, 1, (int)left_ms) <= 0)
			continue;
		n = read(pipe->fd, p, length);
		if (n == 0)
			return why_set(
			    why, -EIO, "the observer of %s stopped", pipe->of);
		if (n < 0 && errno != EINTR)
			return why_errno(why, "read from the observer");
		if (n > 0) {
			p += n;
			length -= (size_t)n;
		}
	}
	return 0;
}

int
observer_pipe_lied(
    const struct observer_pipe *pipe, const char *what, struct why *why)
{
	return why_set(why, -EPROTO,
	    "the observer of %s broke the protocol: %s", pipe->of, what);
}

int
observer_pipe_end(const struct observer_pipe *pipe, struct why *why)
{
	struct pollfd ready = {.fd = pipe->fd, .events = POLLIN};
	char more;

	if (poll(&ready, 1, LEAVE_MS) <= 0)
		return observer_pipe_lied(pipe, "it did not end", why);
	return read(pipe->fd, &more, sizeof(more)) == 0
	           ? 0
	           : observer_pipe_lied(
	                 pipe, "more than it had announced", why);
}

/* What a process that was not killed by us has died of. */
static int
status_check(
    const struct observer_pipe *pipe, int code, int status, struct why *why)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return observer_pipe_lied(pipe, "a forbidden system call", why);
	if (WIFSIGNALED(status))
		return why_set(why, -EPROTO,
		    "the observer of %s was killed by signal %d (%s)", pipe->of,
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (code == 0 && status != 0)
		return observer_pipe_lied(pipe, "it did not end cleanly", why);
	return code;
}

int
observer_pipe_reap(
    const struct observer_pipe *pipe, pid_t pid, int code, struct why *why)
{
	int status = 0;

	if (code != -ETIMEDOUT && code != -EPROTO &&
	    child_wait(pid, LEAVE_MS, &status))
		return status_check(pipe, code, status, why);
	if (child_end(pid, &status) && WIFSIGNALED(status) &&
	    WTERMSIG(status) != SIGKILL)
		return status_check(pipe, code, status, why);
	return code == 0 ? observer_pipe_lied(pipe, "it did not end", why)
	                 : code;
}
