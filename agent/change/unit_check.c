/*
 * unit_check.c - may this unit be started, restarted or reloaded, now?
 *
 * Purpose  the actor's second look before a service is touched
 * Input    a unit's name, which an observer may have told: hostile
 * Errors   -EPERM where it would do harm, -ESTALE where the unit is not as
 *          planned, -EBUSY while others are at work on it
 * Runs as  actor
 * Source   systemd.unit(5) for names; DESIGN "Safety, in the order in which it
 *          is asked"
 */
#include "agent/change/unit_check.h"

#include <errno.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/sys/package_lock.h"
#include "agent/sys/program.h"
#include "agent/sys/unit_job.h"

#define UNIT_NAME_MAX 255U /* systemd.unit(5) */

/* `postfix check` ends within a second; on a disk that hangs it never does. */
#define CONFIG_CHECK_MS 20000U
/* It says one line for each fault; the first ones are shown. */
#define CONFIG_CHECK_OUTPUT_MAX 4096U

/* Whatever an observer tells, these are never touched: without them nobody
 * can log in and repair, or the agent stops itself. */
static const char *const untouchable[] = {"systemd-", "dbus", "ssh", "getty",
    "serial-getty", "user@", "user-runtime-dir@", "mailfix", "init", NULL};

int
unit_name_check(const char *name, struct why *why)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                              "abcdefghijklmnopqrstuvwxyz"
	                              "0123456789:-_.\\@";
	size_t length = strlen(name);

	if (length > UNIT_NAME_MAX || strspn(name, allowed) != length ||
	    !text_ends(name, ".service") || name[0] == '.')
		return why_set(
		    why, -EPERM, "this is not the name of a service");
	for (size_t i = 0; untouchable[i] != NULL; i++)
		if (text_starts(name, untouchable[i]))
			return why_set(why, -EPERM,
			    "%s is never touched by this program", name);
	return 0;
}

/* Also by name: the role came from an observer. */
static bool
unit_is_mta(const struct change *change, const struct change_host *host)
{
	return (change->detail != NULL && strcmp(change->detail, "mta") == 0) ||
	       (host->mta->kind != NULL &&
	           text_starts(change->target, host->mta->kind));
}

static int
unit_check_config(struct change_host *host, struct why *why)
{
	struct program program = {
	    .output_max = CONFIG_CHECK_OUTPUT_MAX,
	    .deadline_ms = CONFIG_CHECK_MS,
	    .is_read_only = true,
	    .is_joined = true,
	};
	struct program_result result = {0};
	AUTO_BUF struct buf text = {0};
	int r;

	if (host->mta->ops == NULL || host->mta->ops->config_check == NULL)
		return why_set(why, -EPERM,
		    "there is no way to check the configuration first");
	program.argv = host->mta->ops->config_check;
	r = program_run(&program, &result, why);
	if (r < 0)
		return r;
	text_escape(&text, buf_text(&result.output),
	    strcspn(buf_text(&result.output), "\n"));
	buf_done(&result.output);
	buf_done(&result.errors);
	if (result.is_late)
		return why_set(why, -EPERM,
		    "the check of the configuration did not end in %u s",
		    CONFIG_CHECK_MS / 1000);
	if (result.status != 0)
		return why_set(why, -EPERM,
		    "the configuration fails its own check: %s",
		    text.length != 0 ? buf_text(&text) : "it gave no reason");
	return 0;
}

static int
unit_check_state(
    const struct change *change, const struct unit_look *now, struct why *why)
{
	const char *name = change->target;
	bool is_active = strcmp(now->active, "active") == 0;

	if (strcmp(now->load, "masked") == 0)
		return why_set(why, -EPERM,
		    "%s is masked: somebody wants it to stay off", name);
	if (strcmp(now->load, "loaded") != 0)
		return why_set(why, -EPERM, "systemd could not load %s (%s)",
		    name, now->load);
	if (now->job != 0)
		return why_set(why, -EBUSY,
		    "systemd has a job for %s at this moment", name);
	if (strcmp(change->verb, "start") == 0 && is_active)
		return why_set(why, -ESTALE, "%s runs by now", name);
	if (strcmp(change->verb, "reload") == 0 && !is_active)
		return why_set(
		    why, -ESTALE, "%s is %s by now", name, now->active);
	return 0;
}

int
unit_check(
    const struct change *change, struct change_host *host, struct why *why)
{
	struct unit_look now;
	int r = unit_name_check(change->target, why);

	if (r == 0)
		r = package_lock_held(why);
	if (r > 0)
		return -EBUSY;
	if (r == 0)
		r = unit_look(change->target, &now, why);
	if (r == 0)
		r = unit_check_state(change, &now, why);
	if (r == 0 && unit_is_mta(change, host))
		r = unit_check_config(host, why);
	return r;
}
