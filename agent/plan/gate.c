/*
 * gate.c - the gates that a fix must pass before it is planned
 *
 * Purpose  doubt, damaged memory, pause, package manager, breaker, limit,
 *          cooldown; then the budgets of the run, the hour and the day
 * Input    facts, configuration, what earlier runs did
 * Errors   none: each gate says NULL or why not, in words
 * Runs as  actor; pure
 * Source   SPEC sections 3 and 5; DESIGN "Safety" 2 to 5
 */
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/clock.h"
#include "agent/base/text.h"
#include "agent/plan/planning.h"

#define HOUR_S 3600.0
#define DAY_S  86400.0

/*
 * Of an action with steps when the playbook says nothing: down the longest
 * ladder are a dozen steps, and of tries to go faster that are refused there
 * are seven in an hour, each after twice the wait of the one before (20 s).
 */
#define STEPS_LIMIT 20U

/* Where each gate finds what it asks about. */
struct asked {
	const struct plan_request *request;
	const struct finding *finding;
	const struct fix *fix;
};

static const char *
gate_doubt(const struct asked *asked)
{
	return asked->finding->doubt;
}

static const char *
gate_memory(const struct asked *asked)
{
	const struct state *state = asked->request->state;

	if (state_is_closed(state))
		return state_reason(state);
	if (state_is_full(state))
		return "more fixes were made in a week than can be remembered: "
		       "something is wrong here that no fix cures";
	if (asked->fix->limit_s > STATE_FIX_KEEP_S ||
	    asked->fix->cooldown_s > STATE_FIX_KEEP_S)
		return "its limit or cooldown is longer than the week that is "
		       "remembered";
	return NULL;
}

static const char *
gate_pause(const struct asked *asked)
{
	const struct plan_request *request = asked->request;
	const char *reason = NULL;
	char until[CLOCK_ISO_MAX];
	int64_t until_s;

	if (!state_is_paused(request->state, request->now_s, &until_s, &reason))
		return NULL;
	return arena_printf(request->arena, "paused until %s%s%s",
	    clock_iso(until_s, until), reason != NULL ? ": " : "",
	    reason != NULL ? reason : "");
}

/*
 * A package manager stops, replaces and starts services by itself, and its
 * scripts set modes and build tables: everything that a fix would find wrong
 * half-way. So nothing is done beside it.
 */
static const char *
gate_maintenance(const struct asked *asked)
{
	const struct plan_request *request = asked->request;
	const struct table *mta = schema_table_find("mta", NULL);
	struct value at_work;

	if (request->maintenance != NULL)
		return arena_printf(request->arena,
		    "a package manager is at work: %s", request->maintenance);
	if (fact_table_get(request->facts, mta)->state == FACT_ABSENT)
		return NULL;
	at_work = fact_cell(request->facts, mta, NULL,
	    (size_t)schema_column_find(mta, "maintenance"));
	if (at_work.kind == VALUE_BOOL && at_work.is_true)
		return "a package manager is at work";
	if (at_work.kind == VALUE_UNKNOWN &&
	    asked->fix->action->risk >= RISK_DISRUPTIVE)
		return arena_printf(request->arena,
		    "not known whether a package manager is at work: %s",
		    at_work.text);
	return NULL;
}

static const char *
gate_breaker(const struct asked *asked)
{
	char quiet[UNIT_TEXT_MAX];

	if (!state_breaker_open(
	        asked->request->state, asked->finding->playbook->name))
		return NULL;
	return arena_printf(asked->request->arena,
	    "the last %d fixes of this playbook had no effect: it only reports "
	    "until %s have passed without one",
	    STATE_BREAKER_FAILURES,
	    unit_format(UNIT_SECONDS, STATE_BREAKER_QUIET_S, quiet));
}

static const char *
gate_limit(const struct asked *asked)
{
	const struct fix *fix = asked->fix;
	unsigned limit = fix->limit_count, count;
	double window_s = fix->limit_s;
	char window[UNIT_TEXT_MAX];

	if (limit == 0 && action_has_steps(fix->action->name)) {
		limit = STEPS_LIMIT;
		window_s = HOUR_S;
	}
	if (limit == 0)
		return NULL;
	count = state_fix_count(asked->request->state,
	    asked->finding->playbook->name, asked->finding->item, fix->name,
	    window_s);
	if (count < limit)
		return NULL;
	return arena_printf(asked->request->arena,
	    "escalated: tried %u %s in %s and it came back", count,
	    count == 1 ? "time" : "times",
	    unit_format(UNIT_SECONDS, window_s, window));
}

static const char *
gate_cooldown(const struct asked *asked)
{
	const struct fix *fix = asked->fix;
	char age[UNIT_TEXT_MAX], left[UNIT_TEXT_MAX];
	double age_s = state_fix_age_s(asked->request->state,
	    asked->finding->playbook->name, asked->finding->item, fix->name);

	if (age_s < 0 || age_s >= fix->cooldown_s)
		return NULL;
	return arena_printf(asked->request->arena,
	    "cooling down: tried %s ago, again in %s",
	    unit_format(UNIT_SECONDS, age_s, age),
	    unit_format(UNIT_SECONDS, fix->cooldown_s - age_s, left));
}

/* In the order in which DESIGN asks. */
static const struct gate {
	const char *(*ask)(const struct asked *asked);
	enum planned_state state;
} gates[] = {
    {gate_doubt,       PLANNED_SKIPPED},
    {gate_memory,      PLANNED_SKIPPED},
    {gate_pause,       PLANNED_SKIPPED},
    {gate_maintenance, PLANNED_SKIPPED},
    {gate_breaker,     PLANNED_LIMITED},
    {gate_limit,       PLANNED_LIMITED},
    {gate_cooldown,    PLANNED_SKIPPED},
};

const char *
planning_gate(const struct planning *planning, const struct finding *finding,
    const struct fix *fix, enum planned_state *ret_state)
{
	const struct asked asked = {
	    .request = planning->request,
	    .finding = finding,
	    .fix = fix,
	};

	for (size_t i = 0; i < ARRAY_COUNT(gates); i++) {
		const char *reason = gates[i].ask(&asked);

		if (reason != NULL) {
			*ret_state = gates[i].state;
			return reason;
		}
	}
	return NULL;
}

static const char *
budget_disruptive(const struct planning *planning, const char *name,
    unsigned allowed, double window_s)
{
	unsigned done =
	    state_disruptive_count(planning->request->state, window_s);

	if (done < allowed && planning->disruptive < allowed - done)
		return NULL;
	return arena_printf(planning->request->arena,
	    "%s = %u is used up (%u done, %u in this plan)", name, allowed,
	    done, planning->disruptive);
}

/*
 * is_same - do both change the same thing?
 * Two choices out of the same queue may overlap, whatever their numbers; to try
 * a message twice harms nobody.
 */
static bool
is_same(const struct change *a, const struct change *b)
{
	if (a->kind != b->kind)
		return false;
	if (strcmp(a->target, b->target) == 0)
		return !a->kind->is_beside || text_equal(a->after, b->after);
	if (strcmp(a->verb, "flush") == 0 && strcmp(b->verb, "flush") == 0)
		return false;
	return a->item_count != 0 && b->item_count != 0 &&
	       text_equal(a->detail, b->detail);
}

/*
 * find_same - the planned fix that has a change of this target, or NULL
 * What is not planned has no changes.
 */
static const struct planned_fix *
find_same(const struct planning *planning, const struct change *change)
{
	for (size_t i = 0; i < planning->count; i++) {
		const struct planned_fix *planned = &planning->fixes[i];

		for (size_t k = 0; k < planned->change_count; k++)
			if (is_same(&planned->changes[k], change))
				return planned;
	}
	return NULL;
}

const char *
planning_budget(const struct planning *planning, const struct fix *fix,
    const struct action_output *output)
{
	const struct config *config = planning->request->config;
	const char *reason = NULL;

	for (size_t i = 0; i < output->count; i++) {
		const struct planned_fix *same =
		    find_same(planning, &output->changes[i]);

		if (same != NULL)
			return arena_printf(planning->request->arena,
			    "%s of %s changes %s in this run already",
			    same->fix->name, same->finding->playbook->name,
			    output->changes[i].target);
	}
	if (planning->changes + output->count > config->changes_per_run)
		return arena_printf(planning->request->arena,
		    "changes-per-run = %u is used up (%u in this plan, this "
		    "fix needs %zu)",
		    config->changes_per_run, planning->changes, output->count);
	if (fix->action->risk < RISK_DISRUPTIVE)
		return NULL;
	reason = budget_disruptive(planning, "disruptive-per-hour",
	    config->disruptive_per_hour, HOUR_S);
	if (reason == NULL)
		reason = budget_disruptive(planning, "disruptive-per-day",
		    config->disruptive_per_day, DAY_S);
	return reason;
}
