/*
 * postfix_flush.c - let Postfix try deferred messages again
 *
 * Purpose  one command for the whole queue, or one for each message, a few at
 *          a time and for a bounded time
 * Input    ids that were checked
 * Errors   a command that could not run, was late, or refused
 * Runs as  the actor, as root; postqueue(1) talks to flush(8) and qmgr(8)
 * Source   postqueue(1): -f, -i takes one id; flush(8)
 */
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/mta/postfix_queue.h"
#include "agent/sys/child.h"
#include "agent/sys/program.h"

/*
 * Each command is a process and a question to flush(8), which moves the file
 * and wakes qmgr(8): some milliseconds, most of them waiting. A few at a time
 * hide that; many would be a load of their own on a host that has trouble.
 */
#define FLUSH_PARALLEL 4

/*
 * Nothing is steered while they run. At 6.5 ms each (measured) that is more
 * than a thousand; the next run goes on.
 */
#define FLUSH_BUDGET_MS 2000

/* A tool that does not answer for so long will not. */
#define FLUSH_MS 30000

/* What a command says is for the reason of a failure only. */
#define FLUSH_OUTPUT_MAX 512

struct
try {
	pid_t pid; /* 0: none runs here */
	int fd;
};

static int
try_start(
    const struct mta *mta, const char *id, struct try *ret, struct why *why)
{
	const char *const argv[] = {"/usr/sbin/postqueue", "-c",
	    mta->config_dir, id != NULL ? "-i" : "-f", id, NULL};
	const struct program program = {.argv = argv, .is_joined = true};

	return program_start(&program, &ret->pid, &ret->fd, why);
}

/* What it said, up to its end or the deadline; false: it is late. */
static bool
output_read(int fd, char text[static FLUSH_OUTPUT_MAX], size_t *ret_length)
{
	int64_t end_ms = child_now_ms() + FLUSH_MS;

	*ret_length = 0;
	for (;;) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		char more[FLUSH_OUTPUT_MAX];
		int64_t left_ms = end_ms - child_now_ms();
		ssize_t n;

		if (left_ms <= 0)
			return false;
		n = poll(&wait, 1, (int)left_ms);
		if (n == 0 || (n < 0 && errno != EINTR))
			return false;
		n = n < 0 ? -1 : read(fd, more, sizeof(more));
		if (n == 0)
			return true;
		for (ssize_t i = 0; i < n; i++)
			if (*ret_length < FLUSH_OUTPUT_MAX)
				text[(*ret_length)++] = more[i];
	}
}

static int
try_end(struct try *try, struct why *why)
{
	char text[FLUSH_OUTPUT_MAX];
	AUTO_BUF struct buf line = {0};
	AUTO_CLOSE int fd = try->fd;
	size_t length = 0;
	bool is_late = !output_read(fd, text, &length);
	pid_t pid = try->pid;
	int status = 0;

	*try = (struct try){.fd = -1};
	if (is_late || !child_wait(pid, FLUSH_MS, &status)) {
		(void)child_end(pid, &status);
		return why_set(
		    why, -ETIMEDOUT, "postqueue did not end in time");
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	while (length > 0 && text[length - 1] == '\n')
		length--;
	text_escape(&line, text, length);
	return why_set(why, -EIO, "postqueue failed: %s",
	    line.length > 0 ? buf_text(&line) : "it does not say why");
}

int
postfix_flush_all(const struct mta *mta, struct why *why)
{
	struct try try = {.fd = -1};
	int r = try_start(mta, NULL, &try, why);

	return r < 0 ? r : try_end(&try, why);
}

int
postfix_flush(const struct mta *mta, const char *const *ids, size_t count,
    struct why *why)
{
	struct try tries[FLUSH_PARALLEL];
	int64_t end_ms = child_now_ms() + FLUSH_BUDGET_MS;
	int worst = 0;

	for (size_t i = 0; i < FLUSH_PARALLEL; i++)
		tries[i] = (struct try){.fd = -1};
	/* after the last id once around, to wait for those that still run */
	for (size_t i = 0; i < count + FLUSH_PARALLEL; i++) {
		struct try *try = &tries[i % FLUSH_PARALLEL];
		struct why one = {0};
		int r = try->pid != 0 ? try_end(try, &one) : 0;

		if (child_now_ms() >= end_ms && i < count)
			count = i;
		if (r == 0 && worst == 0 && i < count)
			r = try_start(mta, ids[i], try, &one);
		if (r < 0 && worst == 0) {
			worst = r;
			if (why != NULL)
				*why = one;
		}
	}
	return worst;
}
