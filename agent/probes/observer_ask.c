/*
 * observer_ask.c - one question to an observer, over a pipe
 *
 * Purpose  fork an observer, take its answer and see how it ends
 * Input    bytes of a process that reads what others wrote
 * Errors   -EPROTO: what cannot be; -ETIMEDOUT; -EIO: it ended early
 * Runs as  actor; the child as observer
 * Source   DESIGN "Trust"; pipe(7)
 */
#include "agent/probes/observer_ask.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/clock.h"
#include "agent/base/mem.h"
#include "agent/base/text.h"
#include "agent/probes/observer_pipe.h"
#include "agent/sys/sandbox.h"

/* First on the pipe; `length` bytes follow, and nothing else. */
struct head {
	uint64_t magic, length;
	int32_t code; /* negative errno: it failed, and why is `text` */
	char text[WHY_TEXT_MAX];
};

#define HEAD_MAGIC 0x6d61696c66697832U

struct job {
	const struct observer_question *question;
	struct sandbox sandbox;
	int pipe[2];
};

static int
shut_in(struct job *job, struct why *why)
{
	const struct observer_question *question = job->question;
	int fds[OBSERVER_ASK_FDS + 1], r;

	for (size_t i = 0; i < question->fd_count; i++)
		fds[i] = question->fds[i];
	fds[question->fd_count] = job->pipe[1];
	r = sandbox_drop(&job->sandbox, fds, question->fd_count + 1, why);
	job->pipe[1] = fds[question->fd_count];
	if (r == 0 && question->enter != NULL)
		r = question->enter(question->user, fds, why);
	return r < 0 ? r : sandbox_seal(&job->sandbox, NULL, why);
}

static void __attribute__((noreturn)) child(struct job *job)
{
	const struct observer_question *question = job->question;
	struct head head = {.magic = HEAD_MAGIC};
	AUTO_BUF struct buf text = {0};
	struct buf out = {0};
	struct why why = {0};
	size_t length;

	(void)setpgid(0, 0);
	head.code = shut_in(job, &why);
	if (head.code == 0)
		head.code = question->work(question->user, &out, &why);
	if (head.code == 0 && out.length > question->bytes_max)
		head.code = why_set(&why, -EFBIG,
		    "%s says more than can be told", question->of);
	/* a name in a reason may be anybody's; escapes take more room */
	text_escape(&text, why.text, strlen(why.text));
	length = text.length < sizeof(head.text) ? text.length
	                                         : sizeof(head.text) - 1;
	while (length > 0 && !text_is_printable(buf_text(&text), length))
		length--;
	(void)memcpy(head.text, buf_text(&text), length);
	head.length = head.code == 0 ? out.length : 0;
	observer_pipe_put(job->pipe[1], &head, sizeof(head));
	observer_pipe_put(job->pipe[1], buf_text(&out), head.length);
	_exit(0);
}

static int
take(const struct observer_pipe *pipe, size_t bytes_max, struct buf *ret,
    struct why *why)
{
	AUTO_FREE char *bytes = NULL;
	struct head head;
	int r = observer_pipe_get(pipe, &head, sizeof(head), why);

	if (r < 0)
		return r;
	if (head.magic != HEAD_MAGIC || head.code > 0 ||
	    head.length > bytes_max)
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
	const struct observer_question *question = job->question;
	struct observer_pipe answer = {
	    .of = question->of,
	    .deadline_ms = clock_boot_ms() + question->deadline_ms,
	    .patience_s = question->deadline_ms / 1000,
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
	r = take(&answer, question->bytes_max, ret, why);
	if (r == 0)
		r = observer_pipe_end(&answer, why);
	return observer_pipe_reap(&answer, pid, r, why);
}

int
observer_ask(
    const struct observer_question *question, struct buf *ret, struct why *why)
{
	struct sandbox_filter filter = {0};
	struct sandbox_user user = {0};
	struct job job = {
	    .question = question,
	    .sandbox = {.needs = question->needs, .cpu_s = question->cpu_s},
	    .pipe = {-1,                       -1                      },
	};
	int r = 0;

	if (geteuid() == 0) {
		sandbox_user_find(&user);
		job.sandbox.user = &user;
	}
	if (sandbox_has_seccomp()) {
		r = sandbox_filter_build(question->needs, &filter, why);
		job.sandbox.filter = &filter;
	}
	if (r == 0)
		r = run(&job, ret, why);
	auto_close(&job.pipe[0]);
	auto_close(&job.pipe[1]);
	sandbox_filter_done(&filter);
	return r;
}
