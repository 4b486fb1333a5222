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
#include "agent/mta/config_check.h"
#include "agent/probes/unit_names.h"
#include "agent/sys/package_lock.h"
#include "agent/sys/unit_job.h"

#define UNIT_NAME_MAX 255U /* systemd.unit(5) */

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

/* The unit of the mail system's main process, by the process itself. */
static bool
unit_runs_mta(const char *name, const struct mta *mta)
{
	char running[UNIT_ID_MAX];
	pid_t pid = 0;

	return mta->ops != NULL && mta->ops->master_pid != NULL &&
	       mta->ops->master_pid(mta, &pid, NULL) == 0 && pid > 0 &&
	       unit_pid_find(pid, running, sizeof(running), NULL) == 0 &&
	       strcmp(running, name) == 0;
}

static bool
unit_has_alias(const char *name, const char *const *aliases)
{
	struct unit_look look;

	for (; *aliases != NULL; aliases++)
		if (unit_look(*aliases, &look, NULL) == 0 &&
		    strcmp(look.id, name) == 0)
			return true;
	return false;
}

/*
 * Does it belong to mail? By what root has configured, and by what the actor
 * itself sees: an observer that lies must not have any service restarted.
 */
static int
unit_check_belongs(
    const char *name, const struct change_host *host, struct why *why)
{
	const char *const *all =
	    unit_names_all(host->arena, host->mta, host->config);

	for (size_t i = 0; all[i] != NULL; i++)
		if (strcmp(all[i], name) == 0)
			return 0;
	if (unit_runs_mta(name, host->mta) || unit_has_alias(name, all))
		return 0;
	return why_set(why, -EPERM,
	    "%s is not known to belong to mail: `units` in mailfix.conf can "
	    "say so",
	    name);
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
	struct config_check check;
	AUTO_BUF struct buf text = {0};

	if (config_check_run(host->mta, &check, why) < 0) {
		why_prefix(why, "its configuration cannot be checked first");
		return -EPERM;
	}
	if (check.is_valid)
		return 0;
	text_escape(&text, check.text, strlen(check.text));
	return why_set(why, -EPERM, "the configuration fails its own check: %s",
	    buf_text(&text));
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
		r = unit_check_belongs(change->target, host, why);
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
