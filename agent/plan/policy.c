/*
 * policy.c - may a planned fix be made without asking, at this hour?
 *
 * Purpose  the gate of policy: the risk that --auto may take, quiet hours
 * Input    the configuration; local time
 * Errors   none: NULL or the reason
 * Runs as  actor
 * Source   SPEC section 5, [policy]
 */
#include <stdio.h>
#include <time.h>

#include "agent/plan/plan.h"

#define DAY_MIN (24 * 60)

/* is_quiet - from 22:00 to 06:00 goes over midnight; equal ends: all day */
static bool
is_quiet(const struct config *config, int64_t now_s)
{
	time_t now = (time_t)now_s;
	int from = config->quiet_from_min % DAY_MIN;
	int to = config->quiet_to_min % DAY_MIN;
	struct tm tm;
	int minute;

	if (from < 0 || to < 0)
		return false;
	if (localtime_r(&now, &tm) == NULL)
		return true;
	minute = tm.tm_hour * 60 + tm.tm_min;
	if (from < to)
		return minute >= from && minute < to;
	return minute >= from || minute < to;
}

const char *
plan_approve(const struct planned_fix *planned, const struct config *config,
    const struct state *state, bool is_auto, int64_t now_s)
{
	/* One text for each risk: a reason outlives this call. */
	static const char *const too_risky[] = {
	    [RISK_NONE] = "the policy (auto) does not allow it",
	    [RISK_SAFE] = "the policy (auto) allows no safe fix by itself",
	    [RISK_DISRUPTIVE] =
	        "the policy (auto) allows no disruptive fix by itself",
	    [RISK_DESTRUCTIVE] =
	        "the policy (auto) allows no destructive fix by itself",
	};
	enum risk risk = planned->fix->action->risk;

	if (planned->state != PLANNED_PLANNED)
		return planned->reason != NULL ? planned->reason
		                               : "it is not planned";
	/* An admin at the terminal knows what hour it is. */
	if (!is_auto)
		return NULL;
	if (risk > config->auto_risk)
		return too_risky[risk];
	if (state != NULL &&
	    state_undo_is_fresh(state, planned->finding->playbook->name,
	        planned->finding->item, planned->fix->name))
		return "it was undone by hand: for a day it is not made again "
		       "by itself; mailfix --yes makes it";
	if (risk >= RISK_DISRUPTIVE && is_quiet(config, now_s))
		return "these are quiet hours";
	return NULL;
}
