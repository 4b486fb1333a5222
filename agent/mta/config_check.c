/*
 * config_check.c - does the configuration pass the mail system's own check?
 *
 * Purpose  never restart into a configuration that the mail system refuses
 * Input    what the mail system's tools say about the admin's configuration
 * Errors   negative errno when no answer could be had; invalid is an answer
 * Runs as  the actor, or a child of it
 * Source   postfix(1) check: it makes missing directories, and says what is
 *          wrong to the log only, unless its stderr is a terminal
 */
#include "agent/mta/config_check.h"

#include <sys/prctl.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/mta/postfix_settings.h"
#include "agent/sys/program.h"

/* Half a second on an idle host; a host in need may take ten times as long. */
#define CHECK_DEADLINE_MS 15000U
#define CHECK_OUTPUT_MAX  65536U

/* One answer of one tool. */
struct tool_answer {
	bool is_ok;
	bool is_wall; /* only what we do not let it write made it fail */
	const char *text;
};

/*
 * is_our_wall - the last step of postfix check gives queue files the names of
 * their inodes, which a queue that was restored needs; it may not do so here,
 * and all that concerns the configuration has passed by then
 */
static bool
is_our_wall(const char *output)
{
	const char *line = strstr(output, "postsuper: fatal: ");

	return line != NULL && strstr(line, "Permission denied") != NULL;
}

static const char *
last_word(const char *const *argv)
{
	while (argv[1] != NULL)
		argv++;
	return *argv;
}

static int
tool_run(struct arena *arena, const struct program *program,
    struct tool_answer *ret, struct why *why)
{
	struct program_result result = {0};
	const char *name = program->argv[0];
	int code = program_run(program, &result, why);

	if (code < 0)
		return code;
	ret->is_ok = result.status == 0;
	ret->is_wall = is_our_wall(buf_text(&result.output));
	ret->text = result.output.length != 0
	                ? postfix_error_line(arena, result.output.text)
	                : arena_printf(arena,
	                      "%s %s fails with status %d, and says why at a "
	                      "terminal only",
	                      name, last_word(program->argv), result.status);
	if (result.is_late)
		code = why_set(why, -ETIMEDOUT, "%s did not end in %u s", name,
		    CHECK_DEADLINE_MS / 1000);
	else if (result.status > 128) /* it was ended, and did not answer */
		code = why_set(why, -EINTR, "%s was ended by signal %d", name,
		    result.status - 128);
	buf_done(&result.output);
	buf_done(&result.errors);
	return code;
}

/*
 * The whole check makes directories that are missing. Read-only it would fail
 * on them instead and call a good configuration bad: then it is left out.
 */
static bool
directories_are_there(struct arena *arena, const struct mta *mta)
{
	const struct mta_path *paths = NULL;
	size_t count = 0;

	if (mta->ops->queue_paths == NULL ||
	    mta->ops->queue_paths(arena, mta, &paths, &count, NULL) < 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct stat st;

		if (stat(paths[i].path, &st) < 0 || !S_ISDIR(st.st_mode))
			return false;
	}
	return mta->data_dir != NULL && access(mta->data_dir, F_OK) == 0;
}

static void
check_set(struct config_check *check, bool is_valid, const char *text)
{
	check->is_valid = is_valid;
	(void)snprintf(
	    check->text, sizeof(check->text), "%s", is_valid ? "" : text);
}

/* The quick tool writes nothing; where it can be had, that is made sure of. */
static int
quick_run(struct arena *arena, const struct mta *mta, struct tool_answer *ret,
    struct why *why)
{
	struct program program = {.argv = mta->ops->config_quick,
	    .output_max = CHECK_OUTPUT_MAX,
	    .deadline_ms = CHECK_DEADLINE_MS,
	    .is_read_only = true,
	    .is_silent = true,
	    .is_joined = true};
	int code = tool_run(arena, &program, ret, why);

	if (code != -EOPNOTSUPP)
		return code;
	program.is_read_only = false;
	return tool_run(arena, &program, ret, why);
}

/*
 * The whole check repairs what it finds: read-only, or not at all. It warns in
 * the mail log of what is no error: silent, too.
 */
static int
whole_run(struct arena *arena, const struct mta *mta, struct tool_answer *ret,
    struct why *why)
{
	struct program program = {.argv = mta->ops->config_check,
	    .output_max = CHECK_OUTPUT_MAX,
	    .deadline_ms = CHECK_DEADLINE_MS,
	    .is_read_only = true,
	    .is_silent = true,
	    .is_joined = true};
	int code;

	if (mta->ops->config_check == NULL || geteuid() != 0 ||
	    !directories_are_there(arena, mta))
		return 0;
	code = tool_run(arena, &program, ret, why);
	if (code == -EOPNOTSUPP || (code == 0 && ret->is_wall)) {
		ret->is_ok = true;
		return 0;
	}
	return code;
}

static int
check_tools(struct arena *arena, const struct mta *mta, bool is_whole,
    struct config_check *ret, struct why *why)
{
	struct tool_answer answer = {.is_ok = true, .text = ""};
	int code = 0;

	if (mta->ops->config_quick != NULL)
		code = quick_run(arena, mta, &answer, why);
	if (code == 0 && answer.is_ok && is_whole)
		code = whole_run(arena, mta, &answer, why);
	if (code == 0)
		check_set(ret, answer.is_ok, answer.text);
	return code;
}

AUTO_DEFINE(struct arena, arena_free);

static int
check_run(const struct mta *mta, bool is_whole, struct config_check *ret,
    struct why *why)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	if (mta->ops == NULL)
		return why_set(why, -ENOENT, "there is no mail system here");
	if (mta->settings_error != NULL && !mta->is_refused)
		return why_set(why, -EIO, "%s", mta->settings_error);
	if (mta->services_error != NULL || mta->settings_error != NULL) {
		check_set(ret, false,
		    mta->settings_error != NULL ? mta->settings_error
		                                : mta->services_error);
		return 0;
	}
	if (access(mta->queue_dir, F_OK) < 0) {
		(void)snprintf(ret->text, sizeof(ret->text),
		    "the queue directory %s is not there", mta->queue_dir);
		ret->is_valid = false;
		return 0;
	}
	if (mta->ops->config_quick == NULL && mta->ops->config_check == NULL)
		return why_set(why, -EOPNOTSUPP,
		    "this mail system has no check that mailfix knows");
	return check_tools(arena, mta, is_whole, ret, why);
}

int
config_check_run(
    const struct mta *mta, struct config_check *ret, struct why *why)
{
	return check_run(mta, true, ret, why);
}

int
config_check_quick(
    const struct mta *mta, struct config_check *ret, struct why *why)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	if (mta->ops == NULL || mta->ops->config_quick == NULL)
		return why_set(why, -EOPNOTSUPP,
		    "this mail system has no check that mailfix knows");
	return check_tools(arena, mta, false, ret, why);
}

/* The answer on the wire: '+' valid, '-' what is wrong, '?' why not told. */
static void __attribute__((noreturn))
check_child(const struct mta *mta, int fd, pid_t parent)
{
	struct config_check check = {0};
	struct why why = {0};
	char text[CONFIG_CHECK_TEXT_MAX + 1];
	int code;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(1);
	code = check_run(mta, false, &check, &why);
	if (code < 0)
		(void)snprintf(text, sizeof(text), "?%s", why.text);
	else
		(void)snprintf(text, sizeof(text), "%c%s",
		    check.is_valid ? '+' : '-', check.text);
	(void)!write(fd, text, strlen(text));
	_exit(0);
}

int
config_check_start(
    const struct mta *mta, pid_t *ret_pid, int *ret_fd, struct why *why)
{
	int fds[2];
	pid_t pid, parent = getpid();

	if (pipe2(fds, O_CLOEXEC) < 0)
		return why_errno(why, "a pipe");
	pid = fork();
	if (pid == 0)
		check_child(mta, fds[1], parent);
	(void)close(fds[1]);
	if (pid < 0) {
		(void)close(fds[0]);
		return why_errno(why, "start a process");
	}
	*ret_pid = pid;
	*ret_fd = fds[0];
	return 0;
}

int
config_check_read(int fd, struct config_check *ret, struct why *why)
{
	char text[CONFIG_CHECK_TEXT_MAX + 1];
	size_t length = 0;

	for (;;) {
		ssize_t n = read(fd, text + length, sizeof(text) - 1 - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return why_errno(why, "the check");
		if (n == 0)
			break;
		length += (size_t)n;
	}
	text[length] = '\0';
	if (text[0] != '+' && text[0] != '-')
		return why_set(why, -EIO, "%s",
		    text[0] == '?' ? text + 1 : "the check was cut short");
	check_set(ret, text[0] == '+', text + 1);
	return 0;
}
