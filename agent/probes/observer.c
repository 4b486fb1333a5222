/*
 * observer.c - one probe in a process of its own, seen from the actor
 *
 * Purpose  start it, take its records, notice every way in which it can end
 * Input    its messages (checked by wire.c) and its wait status
 * Errors   an end that is not clean, with a text; nothing here blocks
 * Runs as  actor
 * Source   unix(7), recv(2), pidfd_open(2), wait(2)
 */
#include "agent/probes/observer.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/probes/observer_child.h"
#include "agent/sys/child.h"

/* Messages taken at a turn: one observer that floods must not starve others. */
#define MESSAGES_A_TURN 64

/*
 * A process that has nothing left to do is gone in a millisecond; the rest is
 * for a host that is short of processors. What is not gone so long after
 * SIGKILL waits in the kernel for a device.
 */
#define LEAVE_MS 2000
#define KILL_MS  1000

/* No probe may take longer, whatever its row says. */
#define DEADLINE_MAX_MS 60000

void
job_fds_close(struct probe_job *job)
{
	for (size_t i = 0; i < PROBE_FDS_MAX; i++) {
		if (job->fds[i] >= 0)
			(void)close(job->fds[i]);
		job->fds[i] = -1;
	}
}

static void __attribute__((format(printf, 3, 4))) end_note(
    struct observer *observer, enum observer_end end, const char *format, ...)
{
	va_list ap;

	if (end <= observer->end) /* the first and worst is told */
		return;
	observer->end = end;
	va_start(ap, format);
	(void)vsnprintf(observer->text, sizeof(observer->text), format, ap);
	va_end(ap);
}

static void
leave(struct observer *observer, int64_t grace_ms)
{
	observer->state = OBSERVER_LEAVING;
	observer->deadline_ms = clock_boot_ms() + grace_ms;
}

int
observer_start(
    struct observer *observer, struct sandbox sandbox, struct why *why)
{
	uint32_t ms = observer->job.probe->deadline_ms;
	int ends[2];

	if (ms > DEADLINE_MAX_MS)
		ms = DEADLINE_MAX_MS;
	sandbox.cpu_s = ms / 1000 + 2; /* the deadline comes first */
	sandbox.parent = getpid();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return why_errno(why, "make a socket");
	observer->pid = fork();
	if (observer->pid == 0)
		observer_child(
		    &observer->job, ends[1], observer->allowed, &sandbox);
	(void)close(ends[1]);
	job_fds_close(&observer->job);
	if (observer->pid < 0) {
		(void)close(ends[0]);
		return why_errno(why, "fork");
	}
	/* also done by the child: whoever comes first */
	(void)setpgid(observer->pid, observer->pid);
	observer->wire = ends[0];
	observer->pidfd = (int)syscall(SYS_pidfd_open, observer->pid, 0);
	observer->deadline_ms = clock_boot_ms() + ms;
	observer->state = OBSERVER_TALKING;
	return 0;
}

void
observer_stop(struct observer *observer)
{
	if (observer->state == OBSERVER_GONE || observer->pid <= 0)
		return;
	observer->is_killed = true;
	/* its group: without seccomp it might have made children */
	(void)kill(-observer->pid, SIGKILL);
	(void)kill(observer->pid, SIGKILL);
	leave(observer, KILL_MS);
}

static void
lied(struct observer *observer, const char *text)
{
	end_note(observer, OBSERVER_LIED, "broke the protocol: %s", text);
	observer_stop(observer);
}

/* The other end is closed; else nothing received was an empty message. */
static bool
has_hung_up(int fd)
{
	struct pollfd poll_fd = {.fd = fd};

	return poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & POLLHUP) != 0;
}

/*
 * One message. 1 when there may be more, 0 when there is none now, -1 when no
 * more will come.
 */
static int
message_take(struct observer *observer)
{
	struct wire_record records[WIRE_BATCH];
	struct iovec iov = {.iov_base = records, .iov_len = sizeof(records)};
	/* no room for control data: the kernel drops descriptors and says so */
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n = recvmsg(observer->wire, &message, MSG_DONTWAIT);
	struct why why;
	int r;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if ((message.msg_flags & MSG_CTRUNC) != 0) {
		lied(observer, "a descriptor was sent");
		return -1;
	}
	if ((message.msg_flags & MSG_TRUNC) != 0) {
		lied(observer, "a message is too long");
		return -1;
	}
	if (n == 0) {
		if (!has_hung_up(observer->wire))
			lied(observer, "an empty message");
		return -1;
	}
	r = wire_feed(&observer->reader, records, (size_t)n, &why);
	if (r < 0) {
		lied(observer, why.text);
		return -1;
	}
	if (r > 0)
		observer->has_told_all = true;
	return 1;
}

static void
messages_take(struct observer *observer)
{
	for (int i = 0; i < MESSAGES_A_TURN; i++) {
		int r = message_take(observer);

		if (observer->state != OBSERVER_TALKING || r == 0)
			return;
		if (r < 0 || observer->has_told_all) {
			leave(observer, LEAVE_MS);
			return;
		}
	}
}

static void
status_judge(struct observer *observer, int status)
{
	int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (number == SIGSYS)
		end_note(
		    observer, OBSERVER_LIED, "made a forbidden system call");
	else if (number != 0 && observer->is_killed)
		end_note(observer, OBSERVER_TAINTED, "did not end by itself");
	else if (number != 0)
		end_note(observer, OBSERVER_TAINTED,
		    "was killed by signal %d (%s)", number, strsignal(number));
	else if (WEXITSTATUS(status) == EX_OSERR)
		end_note(observer, OBSERVER_SILENT, "ran out of memory");
	else if (WEXITSTATUS(status) != 0 || !observer->has_told_all)
		end_note(observer, OBSERVER_SILENT, "stopped with status %d",
		    WEXITSTATUS(status));
}

/* Has it ended? Then nothing but the end may still be on the wire. */
static void
reap(struct observer *observer)
{
	int status = 0;
	pid_t pid = waitpid(observer->pid, &status, WNOHANG);

	if (pid == 0)
		return;
	observer->pid = 0; /* may be another process by now */
	if (!observer->is_killed && message_take(observer) > 0)
		lied(observer, "it spoke after it had left");
	observer->state = OBSERVER_GONE;
	if (pid > 0)
		status_judge(observer, status);
	else if (!observer->has_told_all)
		end_note(observer, OBSERVER_SILENT, "stopped");
}

static void
late(struct observer *observer)
{
	if (observer->state == OBSERVER_TALKING) {
		end_note(observer, OBSERVER_TAINTED, "gave no answer in %u ms",
		    observer->job.probe->deadline_ms);
		observer_stop(observer);
	} else if (!observer->is_killed) {
		observer_stop(observer);
	} else {
		/* not even SIGKILL ends it: the kernel waits for a device */
		observer->state = OBSERVER_GONE;
		if (!observer->has_told_all)
			end_note(
			    observer, OBSERVER_TAINTED, "hangs in the kernel");
	}
}

void
observer_turn(struct observer *observer)
{
	if (observer->state == OBSERVER_TALKING)
		messages_take(observer);
	if (observer->state == OBSERVER_LEAVING)
		reap(observer);
	if (observer->state != OBSERVER_GONE &&
	    clock_boot_ms() >= observer->deadline_ms)
		late(observer);
}

int
observer_poll_fd(const struct observer *observer)
{
	return observer->state == OBSERVER_TALKING ? observer->wire
	                                           : observer->pidfd;
}

void
observer_done(struct observer *observer)
{
	int status;

	job_fds_close(&observer->job);
	for (size_t i = 0; i < PROBE_HELPERS_MAX; i++)
		if (observer->job.helpers[i] > 0)
			(void)child_end(observer->job.helpers[i], &status);
	if (observer->wire >= 0)
		(void)close(observer->wire);
	if (observer->pidfd >= 0)
		(void)close(observer->pidfd);
	observer->wire = observer->pidfd = -1;
}
