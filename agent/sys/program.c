/*
 * program.c - start a helper program safely
 *
 * Purpose  fixed argument vectors, a clean environment, no shell, a deadline
 * Input    what the program writes: bounded here, judged by the caller
 * Errors   negative errno when it could not be started; its own failure is a
 *          status, not an error
 * Runs as  both roles before their sandbox closes; mostly the actor
 * Source   execve(2), pidfd_open(2), prctl(2) PR_SET_PDEATHSIG
 */
#include "agent/sys/program.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "agent/base/auto.h"
#include "agent/sys/child.h"
#include "agent/sys/readonly.h"
#include "agent/sys/silence.h"

#define PIPE_READ_BYTES 16384U

/* What the child tells its parent when it could not become the program. */
struct program_failure {
	int code;
	char text[96];
};

struct program_pipes {
	int input, output[2], errors[2], failure[2];
};

static void
pipes_done(struct program_pipes *pipes)
{
	int *fds[] = {&pipes->input, &pipes->output[0], &pipes->output[1],
	    &pipes->errors[0], &pipes->errors[1], &pipes->failure[0],
	    &pipes->failure[1]};

	for (size_t i = 0; i < ARRAY_COUNT(fds); i++) {
		auto_close(fds[i]);
		*fds[i] = -1;
	}
}

/* A file in memory holds the input: the program may read it when it likes. */
static int
input_open(const struct program *program, struct why *why)
{
	AUTO_CLOSE int fd = -1;

	if (program->input == NULL) {
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		return fd < 0 ? why_errno(why, "/dev/null") : TAKE_FD(fd);
	}
	fd = memfd_create("input", MFD_CLOEXEC);
	if (fd < 0)
		return why_errno(why, "memory for the input");
	for (size_t done = 0; done < program->input_length;) {
		ssize_t n = write(fd, (const char *)program->input + done,
		    program->input_length - done);

		if (n <= 0)
			return why_errno(why, "memory for the input");
		done += (size_t)n;
	}
	if (lseek(fd, 0, SEEK_SET) < 0)
		return why_errno(why, "memory for the input");
	return TAKE_FD(fd);
}

static int
pipes_open(const struct program *program, bool has_errors,
    struct program_pipes *pipes, struct why *why)
{
	pipes->input = input_open(program, why);
	if (pipes->input < 0)
		return pipes->input;
	if (pipe2(pipes->output, O_CLOEXEC) < 0 ||
	    pipe2(pipes->failure, O_CLOEXEC) < 0 ||
	    (has_errors && pipe2(pipes->errors, O_CLOEXEC) < 0))
		return why_errno(why, "a pipe to %s", program->argv[0]);
	return 0;
}

static void __attribute__((noreturn))
child_fail(int fd, int code, const char *text)
{
	struct program_failure failure = {.code = code};

	(void)strncpy(failure.text, text, sizeof(failure.text) - 1);
	(void)!write(fd, &failure, sizeof(failure));
	_exit(127);
}

static void
child_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* argv is not written to by execve(2); POSIX only lacks the const. */
static void
child_exec(const char *const *argv, char *const *environment)
{
	union {
		const char *const *from;
		char *const *to;
	} vector = {.from = argv};

	(void)execve(argv[0], vector.to, environment);
}

static void __attribute__((noreturn)) child_main(const struct program *program,
    const struct program_pipes *pipes, char *const *environment, pid_t parent)
{
	int errors = program->is_joined || pipes->errors[1] < 0
	                 ? pipes->output[1]
	                 : pipes->errors[1];
	struct why why = {0};

	(void)setpgid(0, 0);
	child_signals();
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(127);
	if (dup2(pipes->input, STDIN_FILENO) < 0 ||
	    dup2(pipes->output[1], STDOUT_FILENO) < 0 ||
	    dup2(errors, STDERR_FILENO) < 0 || chdir("/") < 0)
		child_fail(pipes->failure[1], errno, "descriptors");
	(void)umask(022);
	(void)syscall(SYS_close_range, 3, ~0U, 1U << 2 /* CLOEXEC */);
	if (program->is_read_only && readonly_enter(&why) < 0)
		child_fail(pipes->failure[1], -why.code, why.text);
	if (program->is_silent)
		silence_enter();
	child_exec(program->argv, environment);
	child_fail(pipes->failure[1], errno, strerror(errno));
}

/* Returns 0 when the program was reached, else what the child told. */
static int
failure_read(const struct program *program, int fd, struct why *why)
{
	struct program_failure failure;
	ssize_t n;

	do
		n = read(fd, &failure, sizeof(failure));
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(failure))
		return 0;
	failure.text[sizeof(failure.text) - 1] = '\0';
	return why_set(why, failure.code > 0 ? -failure.code : -EIO,
	    "start %s: %s", program->argv[0], failure.text);
}

static int
program_spawn(const struct program *program, struct program_pipes *pipes,
    pid_t *ret_pid, struct why *why)
{
	const char *zone = getenv("TZ");
	AUTO_BUF struct buf zone_text = {0};
	char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char locale[] = "LC_ALL=C";
	char *environment[] = {path, locale, NULL, NULL};
	pid_t pid, parent = getpid();
	int code;

	if (program->argv[0][0] != '/')
		return why_set(
		    why, -EINVAL, "%s is not a path", program->argv[0]);
	if (zone != NULL) {
		buf_addf(&zone_text, "TZ=%s", zone);
		environment[2] = zone_text.text;
	}
	pid = fork();
	if (pid < 0)
		return why_errno(why, "start %s", program->argv[0]);
	if (pid == 0)
		child_main(program, pipes, environment, parent);
	(void)setpgid(pid, pid);
	(void)close(TAKE_FD(pipes->failure[1]));
	code = failure_read(program, pipes->failure[0], why);
	if (code < 0) {
		(void)waitpid(pid, NULL, 0);
		return code;
	}
	*ret_pid = pid;
	return 0;
}

/* Returns false when nothing more can come from this pipe. */
static bool
pipe_drain(int fd, size_t max, struct buf *text, bool *is_cut)
{
	char bytes[PIPE_READ_BYTES];
	ssize_t n = read(fd, bytes, sizeof(bytes));
	size_t room = max - text->length;

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	if (n == 0)
		return false;
	if ((size_t)n > room) {
		*is_cut = true;
		n = (ssize_t)room;
	}
	buf_add_n(text, bytes, (size_t)n);
	return true;
}

/* Reads both pipes until the program ends; false when the deadline came. */
static bool
program_gather(const struct program *program, struct program_pipes *pipes,
    int pidfd, struct program_result *result)
{
	size_t max =
	    program->output_max != 0 ? program->output_max : PROGRAM_OUTPUT_MAX;
	int64_t end =
	    child_now_ms() + (program->deadline_ms != 0 ? program->deadline_ms
	                                                : PROGRAM_DEADLINE_MS);
	struct pollfd polls[] = {
	    {.fd = pipes->output[0], .events = POLLIN},
	    {.fd = pipes->errors[0], .events = POLLIN},
	    {.fd = pidfd,            .events = POLLIN}
        };
	bool is_over = false;

	for (;;) {
		int64_t left = is_over ? 0 : end - child_now_ms();
		int n = left < 0 ? 0 : poll(polls, 3, (int)left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return is_over;
		if (polls[0].revents != 0 &&
		    !pipe_drain(pipes->output[0], max, &result->output,
		        &result->is_cut))
			polls[0].fd = -1;
		if (polls[1].revents != 0 &&
		    !pipe_drain(pipes->errors[0], max, &result->errors,
		        &result->is_cut))
			polls[1].fd = -1;
		if (polls[2].revents != 0) {
			is_over = true;
			polls[2].fd = -1;
		}
		if (is_over && polls[0].fd < 0 && polls[1].fd < 0)
			return true;
	}
}

static int
program_status(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 255;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
	                           : WEXITSTATUS(status);
}

int
program_run(
    const struct program *program, struct program_result *ret, struct why *why)
{
	AUTO(pipes_done)
	struct program_pipes pipes = {
	    -1, {-1, -1},
             {-1, -1},
             {-1, -1}
        };
	struct program_result result = {0};
	AUTO_CLOSE int pidfd = -1;
	pid_t pid = -1;
	int code = pipes_open(program, !program->is_joined, &pipes, why);

	if (code == 0)
		code = program_spawn(program, &pipes, &pid, why);
	if (code < 0)
		return code;
	(void)close(TAKE_FD(pipes.output[1]));
	if (pipes.errors[1] >= 0)
		(void)close(TAKE_FD(pipes.errors[1]));
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0 || !program_gather(program, &pipes, pidfd, &result)) {
		result.is_late = true;
		(void)kill(-pid, SIGKILL);
	}
	result.status = program_status(pid);
	*ret = result;
	return 0;
}

int
program_start(
    const struct program *program, pid_t *ret_pid, int *ret_fd, struct why *why)
{
	AUTO(pipes_done)
	struct program_pipes pipes = {
	    -1, {-1, -1},
             {-1, -1},
             {-1, -1}
        };
	pid_t pid = -1;
	int code = pipes_open(program, false, &pipes, why);

	/* not joined: its complaints are nobody's here */
	if (code == 0 && !program->is_joined) {
		pipes.errors[1] = open("/dev/null", O_WRONLY | O_CLOEXEC);
		if (pipes.errors[1] < 0)
			code = why_errno(why, "/dev/null");
	}
	if (code == 0)
		code = program_spawn(program, &pipes, &pid, why);
	if (code < 0)
		return code;
	*ret_pid = pid;
	*ret_fd = TAKE_FD(pipes.output[0]);
	return 0;
}
