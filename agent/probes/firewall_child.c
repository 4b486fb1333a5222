/*
 * firewall_child.c - one question to an observer of the rule set
 *
 * Purpose  fork an observer, take its answer and see how it ends
 * Input    bytes of a process that reads hostile names and comments
 * Errors   -EPROTO: what cannot be; -ETIMEDOUT; -EIO: it ended early
 * Runs as  actor; the child as observer without any right
 * Source   DESIGN "Trust"; pipe(7)
 */
#include "agent/probes/firewall_child.h"

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/clock.h"
#include "agent/base/text.h"
#include "agent/probes/firewall_wire.h"
#include "agent/sys/child.h"
#include "agent/sys/sandbox.h"

/* As the probe: 100,000 rules in one chain take the kernel 14 s. */
#define DEADLINE_MS 20000
#define CPU_S       22

/* As observer.c: to leave after the last word. */
#define LEAVE_MS 2000

/* Opens nothing: all that it reads comes over sockets that it was given. */
#define NEEDS (SANDBOX_NETLINK | SANDBOX_UNIX | SANDBOX_NO_OPEN)

/* First on the pipe; `length` bytes follow, and nothing else. */
struct head {
	uint64_t magic, length;
	int32_t code; /* negative errno: it failed, and why is `text` */
	char text[WHY_TEXT_MAX];
};

#define HEAD_MAGIC 0x6d61696c66697832U

struct job {
	firewall_work_fn *work;
	const void *question;
	struct sandbox sandbox;
	struct firewall_link link;
	int pipe[2];
	struct buf out; /* the child's */
};

/* write(2), whole; the reader may be gone: then there is nobody to tell. */
static void
put(int fd, const void *bytes, size_t length)
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

static int
shut_in(struct job *job, struct why *why)
{
	int fds[FIREWALL_FDS + 1], r;

	firewall_link_fds(&job->link, fds);
	fds[FIREWALL_FDS] = job->pipe[1];
	r = sandbox_drop(&job->sandbox, fds, ARRAY_COUNT(fds), why);
	firewall_link_set_fds(&job->link, fds);
	job->pipe[1] = fds[FIREWALL_FDS];
	return r < 0 ? r : sandbox_seal(&job->sandbox, NULL, why);
}

static int
use(void *user, struct arena *arena, struct nf_ruleset *ruleset,
    const struct net *net, struct why *why)
{
	struct job *job = user;

	buf_clear(&job->out);
	return job->work(job->question, arena, ruleset, net, &job->out, why);
}

static void __attribute__((noreturn)) child(struct job *job)
{
	struct head head = {.magic = HEAD_MAGIC};
	AUTO_BUF struct buf text = {0};
	struct why why = {0};
	size_t length;

	(void)setpgid(0, 0);
	head.code = shut_in(job, &why);
	if (head.code == 0)
		head.code = firewall_read(&job->link, use, job, &why);
	if (head.code == 0 && job->out.length > FIREWALL_BYTES_MAX)
		head.code = why_set(
		    &why, -EFBIG, "the rules say more than can be told");
	/* a name in a reason may be anybody's; escapes take more room */
	text_escape(&text, why.text, strlen(why.text));
	length = text.length < sizeof(head.text) ? text.length
	                                         : sizeof(head.text) - 1;
	while (length > 0 && !text_is_printable(buf_text(&text), length))
		length--;
	(void)memcpy(head.text, buf_text(&text), length);
	head.length = head.code == 0 ? job->out.length : 0;
	put(job->pipe[1], &head, sizeof(head));
	put(job->pipe[1], buf_text(&job->out), head.length);
	_exit(0);
}

/* Exactly that many bytes before the deadline. */
static int
get(int fd, void *bytes, size_t length, int64_t deadline_ms, struct why *why)
{
	for (char *p = bytes; length > 0;) {
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		int64_t left_ms = deadline_ms - clock_boot_ms();
		ssize_t n;

		if (left_ms <= 0)
			return why_set(why, -ETIMEDOUT,
			    "the rule set could not be read in %d s",
			    DEADLINE_MS / 1000);
		if (poll(&ready, 1, (int)left_ms) <= 0)
			continue;
		n = read(fd, p, length);
		if (n == 0)
			return why_set(
			    why, -EIO, "the observer of the rule set stopped");
		if (n < 0 && errno != EINTR)
			return why_errno(why, "read from the observer");
		if (n > 0) {
			p += n;
			length -= (size_t)n;
		}
	}
	return 0;
}

static int
lied(struct why *why, const char *what)
{
	return why_set(why, -EPROTO,
	    "the observer of the rule set broke the protocol: %s", what);
}

static int
take(const struct job *job, struct buf *ret, struct why *why)
{
	int64_t deadline_ms = clock_boot_ms() + DEADLINE_MS;
	AUTO_FREE char *bytes = NULL;
	struct head head;
	int r = get(job->pipe[0], &head, sizeof(head), deadline_ms, why);

	if (r < 0)
		return r;
	if (head.magic != HEAD_MAGIC || head.code > 0 ||
	    head.length > FIREWALL_BYTES_MAX)
		return lied(why, "no head");
	if (memchr(head.text, '\0', sizeof(head.text)) == NULL)
		return lied(why, "a reason without an end");
	if (head.code < 0 && !text_is_printable(head.text, strlen(head.text)))
		return lied(why, "a reason that cannot be printed");
	if (head.code < 0)
		return why_set(why, head.code, "%s", head.text);
	bytes = mem_alloc(head.length + 1, 1);
	r = get(job->pipe[0], bytes, head.length, deadline_ms, why);
	if (r == 0)
		buf_add_n(ret, bytes, head.length);
	return r;
}

/* The pipe ends with the process, and nothing stands before its end. */
static int
end_check(const struct job *job, struct why *why)
{
	struct pollfd ready = {.fd = job->pipe[0], .events = POLLIN};
	char more;

	if (poll(&ready, 1, LEAVE_MS) <= 0)
		return lied(why, "it did not end");
	return read(job->pipe[0], &more, sizeof(more)) == 0
	           ? 0
	           : lied(why, "more than it had announced");
}

/* What a process that was not killed by us has died of. */
static int
status_check(int code, int status, struct why *why)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return lied(why, "a forbidden system call");
	if (WIFSIGNALED(status))
		return why_set(why, -EPROTO,
		    "the observer of the rule set was killed by signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (code == 0 && status != 0)
		return lied(why, "it did not end cleanly");
	return code;
}

/*
 * It has told all, or is not to tell any more. One that closed the pipe early
 * is given the time to end: how it died tells whether it can be trusted.
 */
static int
reap(pid_t pid, int code, struct why *why)
{
	int status = 0;

	if (code != -ETIMEDOUT && code != -EPROTO &&
	    child_wait(pid, LEAVE_MS, &status))
		return status_check(code, status, why);
	if (child_end(pid, &status) && WIFSIGNALED(status) &&
	    WTERMSIG(status) != SIGKILL)
		return status_check(code, status, why);
	return code == 0 ? lied(why, "it did not end") : code;
}

static int
run(struct job *job, struct buf *ret, struct why *why)
{
	pid_t pid;
	int r;

	if (pipe2(job->pipe, O_CLOEXEC) < 0)
		return why_errno(why, "make a pipe");
	job->sandbox.parent = getpid();
	pid = fork();
	if (pid == 0)
		child(job);
	if (pid > 0)
		(void)setpgid(pid, pid); /* whoever comes first */
	auto_close(&job->pipe[1]);
	job->pipe[1] = -1;
	if (pid < 0)
		return why_errno(why, "fork");
	r = take(job, ret, why);
	if (r == 0)
		r = end_check(job, why);
	return reap(pid, r, why);
}

int
firewall_child_ask(firewall_work_fn *work, const void *question,
    struct buf *ret, struct why *why)
{
	struct sandbox_filter filter = {0};
	struct sandbox_user user = {0};
	struct job job = {
	    .work = work,
	    .question = question,
	    .sandbox = {.needs = NEEDS, .cpu_s = CPU_S},
	    .pipe = {-1,             -1            },
	};
	int r = firewall_link_open(&job.link, why);

	if (r < 0)
		return r;
	if (geteuid() == 0) {
		sandbox_user_find(&user);
		job.sandbox.user = &user;
	}
	if (sandbox_has_seccomp()) {
		r = sandbox_filter_build(NEEDS, &filter, why);
		job.sandbox.filter = &filter;
	}
	if (r == 0)
		r = run(&job, ret, why);
	auto_close(&job.pipe[0]);
	auto_close(&job.pipe[1]);
	sandbox_filter_done(&filter);
	firewall_link_close(&job.link);
	return r;
}
