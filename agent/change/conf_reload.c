/*
 * conf_reload.c - a changed configuration checked, and taken up
 *
 * Purpose  the last step of every change of main.cf and master.cf
 * Input    the mail system of this host; systemd's answers
 * Errors   negative errno with the mail system's or systemd's own words
 * Runs as  actor
 * Source   postfix(1) reload; master(8): a configuration that it cannot use
 *          ends it, a moment after the reload itself was done
 */
#include "agent/change/conf_reload.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/mta/config_check.h"
#include "agent/sys/program.h"
#include "agent/sys/unit_job.h"

/* A reload takes 0.1 s, and some seconds on a host in need. */
#define RELOAD_MS         30000
#define RELOAD_OUTPUT_MAX 4096U

/* master(8) has read its files some milliseconds after the signal. */
#define SURVIVE_LOOKS   10U
#define SURVIVE_WAIT_NS 20000000L

bool
conf_reload_is_due(const struct change *change, bool is_undo)
{
	return text_equal(change->detail, CONF_RELOAD_BOTH) ||
	       text_equal(
	           change->detail, is_undo ? CONF_RELOAD_UNDO : CONF_RELOAD);
}

int
conf_reload_words(const struct change *change, struct why *why)
{
	if (change->detail == NULL || conf_reload_is_due(change, false) ||
	    conf_reload_is_due(change, true))
		return 0;
	return why_set(
	    why, -EINVAL, "no such way to reload: %s", change->detail);
}

int
conf_check(struct change_host *host, struct why *why)
{
	struct config_check check = {0};
	AUTO_BUF struct buf text = {0};
	int r = config_check_quick(host->mta, &check, why);

	if (r < 0 || check.is_valid)
		return r;
	text_escape(&text, check.text, strlen(check.text));
	return why_set(why, -EPERM, "%s refuses the changed configuration: %s",
	    host->mta->kind, buf_text(&text));
}

static int
reload_by_program(struct change_host *host, struct why *why)
{
	const struct program program = {.argv = host->mta->ops->reload,
	    .output_max = RELOAD_OUTPUT_MAX,
	    .deadline_ms = RELOAD_MS,
	    .is_joined = true};
	struct program_result result = {0};
	AUTO_BUF struct buf text = {0};
	int r;

	if (program.argv == NULL)
		return why_set(why, -EOPNOTSUPP,
		    "this mail system cannot be told to read its "
		    "configuration again");
	r = program_run(&program, &result, why);
	if (r < 0)
		return r;
	text_escape(&text, buf_text(&result.output),
	    strcspn(buf_text(&result.output), "\n"));
	if (result.is_late)
		r = why_set(
		    why, -ETIME, "reload: not done in %d s", RELOAD_MS / 1000);
	else if (result.status != 0)
		r = why_set(why, -EIO, "reload: status %d: %s", result.status,
		    buf_text(&text));
	buf_done(&result.output);
	buf_done(&result.errors);
	return r;
}

/* A job of an admin is waited for by nobody: then ours fails, and says so. */
static int
reload_by_unit(pid_t pid, struct change_host *host, struct why *why)
{
	char unit[UNIT_ID_MAX];
	int r = unit_pid_find((int)pid, unit, sizeof(unit), why);

	/* no bus; or started by hand, in a session's scope */
	if (r < 0 || !text_ends(unit, ".service"))
		return reload_by_program(host, why);
	r = unit_job_run("reload", unit, RELOAD_MS, why);
	if (r == 0 || r == -EBUSY || r == -ETIME || r == -EIO)
		return r;
	/* a unit without ExecReload=, such as that of a whole container */
	return reload_by_program(host, why);
}

static int
survived(pid_t pid, struct change_host *host, struct why *why)
{
	const struct timespec wait = {.tv_nsec = SURVIVE_WAIT_NS};

	for (unsigned i = 0; i < SURVIVE_LOOKS; i++) {
		pid_t now = 0;
		int r;

		(void)nanosleep(&wait, NULL);
		r = host->mta->ops->master_pid(host->mta, &now, why);
		if (r < 0)
			return r;
		if (now != pid)
			return why_set(why, -EIO,
			    "%s ended when it read its configuration again",
			    host->mta->kind);
	}
	return 0;
}

int
conf_reload(struct change_host *host, struct why *why)
{
	pid_t pid = 0;
	int r;

	if (host->mta->ops->master_pid == NULL)
		return 0;
	r = host->mta->ops->master_pid(host->mta, &pid, why);
	if (r < 0 || pid == 0)
		return r;
	r = reload_by_unit(pid, host, why);
	return r < 0 ? r : survived(pid, host, why);
}
