/*
 * plan.c - from findings to the fixes that would be made
 *
 * Purpose  for each root cause, in the order of the report, the first fix whose
 *          guard holds and whose action knows what to do
 * Input    a judgement and the facts that it rests on
 * Errors   none: what is not done has a reason
 * Runs as  actor; pure
 * Source   SPEC sections 2, 3 and 5
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/plan/planning.h"

static const char *const state_texts[] = {
    [PLANNED_PLANNED] = "planned",
    [PLANNED_SKIPPED] = "skipped",
    [PLANNED_APPLIED] = "applied",
    [PLANNED_VERIFIED] = "verified",
    [PLANNED_REVERTED] = "reverted",
    [PLANNED_FAILED] = "failed",
    [PLANNED_LIMITED] = "limited",
};
_Static_assert(
    ARRAY_COUNT(state_texts) == PLANNED_STATE_MAX, "one text a state");

const char *
planned_state_to_text(enum planned_state state)
{
	return state_texts[state];
}

bool
plan_stands_on(
    const struct planned_fix *planned, const struct planned_fix *other)
{
	for (size_t i = 0; i < planned->change_count; i++)
		for (size_t k = 0; k < other->change_count; k++)
			if (planned->changes[i].base != NULL &&
			    !planned->changes[i].is_base &&
			    other->changes[k].is_base &&
			    text_equal(planned->changes[i].base,
			        other->changes[k].base))
				return true;
	return false;
}

/* guard_reason - NULL when the guard holds; *ret_is_false: it does not */
static const char *
guard_reason(const struct plan_request *request, const struct finding *finding,
    const struct fix *fix, bool *ret_is_false)
{
	AUTO_BUF struct buf words = {0};
	struct value value;

	*ret_is_false = false;
	if (fix->when == NULL)
		return NULL;
	value =
	    expr_eval(request->arena, fix->when, request->facts, finding->item);
	if (value.kind == VALUE_BOOL && value.is_true)
		return NULL;
	if (value.kind == VALUE_UNKNOWN)
		return arena_printf(request->arena, "not known: %s",
		    value.text != NULL ? value.text : "its guard");
	*ret_is_false = true;
	expr_words(&words, fix->when);
	return arena_printf(request->arena, "only when %s", buf_text(&words));
}

/* All changes of the plan so far. */
static const struct change **
changes_so_far(const struct planning *planning)
{
	const struct change **list = arena_alloc(
	    planning->request->arena, planning->changes, sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < planning->count; i++)
		for (size_t k = 0; k < planning->fixes[i].change_count; k++)
			list[n++] = &planning->fixes[i].changes[k];
	assert(n == planning->changes);
	return list;
}

static int
ask_action(const struct planning *planning, const struct finding *finding,
    const struct fix *fix, struct action_output *output, struct why *why)
{
	const struct plan_request *request = planning->request;
	const struct action *action = action_find(fix->action->name);
	const struct action_input input = {
	    .arena = request->arena,
	    .finding = finding,
	    .facts = request->facts,
	    .fix = fix,
	    .config = request->config,
	    .mta = request->mta,
	    .throttles = request->throttles,
	    .select = request->select,
	    .confirm = request->confirm,
	    .open_plan = request->open_plan,
	    .user = request->user,
	    .planned = changes_so_far(planning),
	    .planned_count = planning->changes,
	};

	if (action == NULL)
		return why_set(
		    why, -ENOSYS, "there is no action %s", fix->action->name);
	return action->plan(&input, output, why);
}

/*
 * consider - one fix, with its reason or its changes
 *
 * *ret_is_next: the fix does not apply to this case, the next one may. A fix
 * that applies and may not be made now is no reason to try another.
 */
static void
consider(
    struct planning *planning, struct planned_fix *planned, bool *ret_is_next)
{
	const struct plan_request *request = planning->request;
	struct action_output output = {0};
	struct why why = {0};
	int error;

	planned->state = PLANNED_SKIPPED;
	planned->reason =
	    guard_reason(request, planned->finding, planned->fix, ret_is_next);
	planned->is_other_case = *ret_is_next;
	if (planned->reason != NULL)
		return;
	planned->reason = planning_gate(
	    planning, planned->finding, planned->fix, &planned->state);
	if (planned->reason != NULL)
		return;
	error =
	    ask_action(planning, planned->finding, planned->fix, &output, &why);
	if (error < 0 || output.count == 0) {
		planned->reason = error < 0
		                      ? arena_dup(request->arena, why.text)
		                      : "there is nothing to do";
		*ret_is_next = error == -EALREADY || error >= 0;
		return;
	}
	planned->reason = planning_budget(planning, planned->fix, &output);
	if (planned->reason != NULL)
		return;
	planned->state = PLANNED_PLANNED;
	planned->changes = output.changes;
	planned->change_count = output.count;
	planned->summary = output.summary;
	for (size_t i = 0; i < output.count; i++)
		output.changes[i].id = ++planning->changes;
	if (planned->fix->action->risk >= RISK_DISRUPTIVE)
		planning->disruptive++;
}

static void
plan_finding(struct planning *planning, struct finding *finding)
{
	const struct playbook *playbook = finding->playbook;
	bool is_next = true;

	if (finding->state != FINDING_FOUND || !playbook->is_chosen)
		return;
	for (size_t i = 0; i < playbook->fix_count && is_next; i++) {
		struct planned_fix planned = {
		    .finding = finding,
		    .fix = &playbook->fixes[i],
		};

		is_next = false;
		consider(planning, &planned, &is_next);
		if (planning->count == planning->size) {
			planning->size = planning->size * 2 + 16;
			planning->fixes = mem_grow(planning->fixes,
			    planning->size, sizeof(*planning->fixes));
		}
		planning->fixes[planning->count++] = planned;
	}
}

void
plan_build(const struct plan_request *request, struct plan *ret)
{
	struct planning planning = {.request = request};

	for (size_t i = 0; i < request->judgement->count; i++)
		plan_finding(&planning, &request->judgement->findings[i]);
	ret->count = planning.count;
	ret->fixes =
	    arena_alloc(request->arena, planning.count, sizeof(*ret->fixes));
	for (size_t i = 0; i < planning.count; i++)
		ret->fixes[i] = planning.fixes[i];
	free(planning.fixes);
}
