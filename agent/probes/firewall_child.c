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

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/clock.h"
#include "agent/base/text.h"
#include "agent/probes/firewall_wire.h"
#include "agent/probes/observer_pipe.h"
#include "agent/sys/sandbox.h"

/* As the probe: 100,000 rules in one chain take the kernel 14 s. */
#define DEADLINE_MS 20000
#define CPU_S       22

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
	observer_pipe_put(job->pipe[1], &head, sizeof(head));
	observer_pipe_put(job->pipe[1], buf_text(&job->out), head.length);
	_exit(0);
}

static int
take(const struct observer_pipe *pipe, struct buf *ret, struct why *why)
{
	AUTO_FREE char *bytes = NULL;
	struct head head;
	int r = observer_pipe_get(pipe, &head, sizeof(head), why);

	if (r < 0)
		return r;
	if (head.magic != HEAD_MAGIC || head.code > 0 ||
	    head.length > FIREWALL_BYTES_MAX)
		return observer_pipe_lied(pipe, "no head", why);
	if (memchr(head.text, '\0', sizeof(head.text)) == NULL)
		return observer_pipe_lied(pipe, "a reason without an end", why);
	if (head.code < 0 && !text_is_printable(head.text, strlen(head.text)))
		return observer_pipe_lied(
		    pipe, "a reason that cannot be printed", why);
	if (head.code < 0)
		return why_set(why, head.code, "%s", head.text);
	bytes = mem_alloc(head.length + 1, 1);
	r = observer_pipe_get(pipe, bytes, head.length, why);
	if (r == 0)
		buf_add_n(ret, bytes, head.length);
	return r;
}

static int
run(struct job *job, struct buf *ret, struct why *why)
{
	struct observer_pipe answer = {
	    .of = "the rule set",
	    .deadline_ms = clock_boot_ms() + DEADLINE_MS,
	    .patience_s = DEADLINE_MS / 1000,
	};
	pid_t pid;
	int r;

	if (pipe2(job->pipe, O_CLOEXEC) < 0)
		return why_errno(why, "make a pipe");
	answer.fd = job->pipe[0];
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
	r = take(&answer, ret, why);
	if (r == 0)
		r = observer_pipe_end(&answer, why);
	return observer_pipe_reap(&answer, pid, r, why);
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
