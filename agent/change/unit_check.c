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
