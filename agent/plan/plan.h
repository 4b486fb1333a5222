/*
 * plan.h - what would be done: order, limits, budgets, staleness
 */
#ifndef MAILFIX_PLAN_PLAN_H
#define MAILFIX_PLAN_PLAN_H

#include "actions/action.h"
#include "agent/state/state.h"

enum planned_state {
	PLANNED_PLANNED,
	PLANNED_SKIPPED,
	PLANNED_APPLIED,
	PLANNED_VERIFIED,
	PLANNED_REVERTED,
	PLANNED_FAILED,
	PLANNED_LIMITED,
	PLANNED_STATE_MAX
};

const char *planned_state_to_text(enum planned_state state);

struct planned_fix {
	struct finding *finding;
	const struct fix *fix;
	enum planned_state state;
	const char *reason; /* why it was not applied, or NULL */
	struct change *changes;
	size_t change_count;
	const char *summary; /* what they come to, or NULL */
	bool is_approved;
	bool is_other_case; /* its own guard says: not for this */
};

struct plan {
	struct planned_fix *fixes; /* in the order in which they are done */
	size_t count;
};

struct plan_request {
	struct arena *arena;
	const struct judgement *judgement;
	const struct fact_set *facts;
	const struct config *config;
	const struct mta *mta;
	const struct throttle_list *throttles; /* or NULL */
	struct state *state; /* read for limits, cooldowns, breakers */
	int64_t now_s;
	/* what is at work that must not be disturbed ("apt, pid 812"), or NULL */
	const char *maintenance;
	int (*select)(void *user, const struct queue_query *query,
	    struct queue_selection *ret, struct why *why);
	bool (*confirm)(void *user, const char *domain, const char *servers);
	int (*open_plan)(void *user, uint16_t port, struct action_opening *ret,
	    struct why *why);
	void *user;
};

/*
 * plan_build - at most one fix a finding: the first whose guard holds
 *
 * Every fix that could be considered is in the plan, with its state and the
 * reason when it is not to be done (a later one is in it as skipped only when
 * an earlier one was not planned). Change ids are numbered from 1.
 */
void plan_build(const struct plan_request *request, struct plan *ret);

/* plan_stands_on - does a change of this fix use a base that the other makes? */
bool plan_stands_on(
    const struct planned_fix *planned, const struct planned_fix *other);

/*
 * plan_approve - the gate of policy for one fix
 *
 * state    what was undone by hand is not made again by --auto; may be NULL
 * is_auto  by --auto: the configured risk and the quiet hours decide
 * Returns NULL when it may be done, else the reason.
 */
const char *plan_approve(const struct planned_fix *planned,
    const struct config *config, const struct state *state, bool is_auto,
    int64_t now_s);

#endif
