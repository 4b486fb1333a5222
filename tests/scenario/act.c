/*
 * act.c - RUN and APPLY: the real judge, plan and apply on a world of text
 *
 * Purpose  take a look, judge, plan; carry out with effects that only move
 *          facts
 * Input    the scenario at hand
 * Errors   scenario_fail
 * Runs as  the test
 * Source   agent/apply/apply.h, agent/change/change.h: effects are a table
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/apply/apply.h"
#include "agent/base/clock.h"
#include "tests/scenario/scenario.h"

/* Effects have no argument of their own. */
static struct scenario *current;

static int
fake_select(void *user, const struct queue_query *query,
    struct queue_selection *ret, struct why *why)
{
	const struct scenario *scenario = user;

	(void)query;
	if (scenario->selection.ids == NULL)
		return why_set(why, -ENODATA, "this scenario has no SELECT");
	*ret = scenario->selection;
	return 0;
}

static void
load_playbooks(struct scenario *scenario)
{
	struct lint lint = {.arena = scenario->arena};
	const struct playbook_source source = {
	    .shipped = scenario->playbook_dir,
	    .patterns = scenario->patterns,
	    .actions = action_specs(),
	};

	playbook_load(scenario->arena, &source, &scenario->playbooks, &lint);
	for (size_t i = 0; i < lint.count; i++)
		scenario_fail(scenario, "%s:%d: %s", lint.errors[i].file,
		    lint.errors[i].line, lint.errors[i].text);
	lint_done(&lint);
}

void
scenario_run(struct scenario *scenario)
{
	struct arena *arena = scenario->arena;
	const struct finding_memory memory = {
	    .held = state_finding_held, .user = scenario->state};
	struct plan_request request = {
	    .arena = arena,
	    .judgement = &scenario->judgement,
	    .config = &scenario->config,
	    .mta = &scenario->mta,
	    .state = scenario->state,
	    .now_s = scenario->now_s,
	    .select = fake_select,
	    .open_plan = opening_plan,
	    .user = scenario,
	};

	if (scenario->playbooks.playbooks == NULL)
		load_playbooks(scenario);
	scenario->facts = world_look(scenario);
	request.facts = scenario->facts;
	finding_judge(arena, &scenario->playbooks, scenario->facts, &memory,
	    &scenario->judgement);
	plan_build(&request, &scenario->plan);
	if (!state_is_closed(scenario->state))
		state_findings_remember(scenario->state, &scenario->judgement,
		    &scenario->playbooks, scenario->now_s);
	scenario->finding_seen =
	    arena_alloc(arena, scenario->judgement.count, sizeof(bool));
	scenario->fix_seen =
	    arena_alloc(arena, scenario->plan.count, sizeof(bool));
	scenario->unknown_seen =
	    arena_alloc(arena, scenario->judgement.unknown_count, sizeof(bool));
	scenario->has_run = true;
	scenario->fix_at = NULL;
	scenario->finding_at = NULL;
	scenario->made = scenario->undone = 0;
	scenario->eased = (struct plan){0};
	scenario->released = 0;
}

static int
fake_check(
    const struct change *change, struct change_host *host, struct why *why)
{
	(void)change;
	(void)host;
	(void)why;
	return 0;
}

static int
fake_perform(
    const struct change *change, struct change_host *host, struct why *why)
{
	(void)change;
	(void)host;
	if (current->effect_failure != NULL)
		return why_set(why, -EIO, "%s", current->effect_failure);
	if (current->made++ == 0)
		current->world_before = current->world.count;
	for (size_t i = 0; i < current->effects.count; i++)
		world_add(&current->world, &current->effects.entries[i]);
	return 0;
}

static int
fake_undo(
    const struct change *change, struct change_host *host, struct why *why)
{
	(void)change;
	(void)host;
	(void)why;
	current->undone++;
	if (current->made != 0)
		current->world.count = current->world_before;
	return 0;
}

/* Where a target stands is a question to the host, too. */
static int
fake_look_at(const struct change *change, struct change_host *host,
    enum change_found *ret, struct why *why)
{
	(void)change;
	(void)host;
	(void)why;
	*ret = current->made > current->undone ? CHANGE_IS_AFTER
	                                       : CHANGE_IS_BEFORE;
	return 0;
}

static int
fake_take_over(const struct change *change, struct change_host *host,
    const struct change *older, struct change_host *older_host, struct why *why)
{
	(void)older;
	(void)older_host;
	return fake_check(change, host, why);
}

static void
fake_tidy(const struct change *change, struct change_host *host)
{
	(void)change;
	(void)host;
}

static const struct effects effects_fake = {
    .mode = "apply",
    .check = fake_check,
    .capture = fake_check,
    .perform = fake_perform,
    .look = fake_look_at,
    .undo = fake_undo,
    .take_over = fake_take_over,
    .tidy = fake_tidy,
};

static int
fake_look(
    void *user, const bool *wanted, struct fact_set **ret, struct why *why)
{
	(void)wanted;
	(void)why;
	*ret = world_look(user);
	return 0;
}

/* A pause costs no time and moves the clock, by whole seconds. */
static void
fake_pause(void *user, int ms)
{
	struct scenario *scenario = user;

	scenario->now_s += (ms + 999) / 1000;
	clock_fix(scenario->now_s);
}

static bool
fake_is_stopping(void *user)
{
	(void)user;
	return false;
}

static const char *
log_path(const struct scenario *scenario)
{
	return arena_printf(scenario->arena, "%s/audit.jsonl", scenario->dir);
}

struct events {
	const char *run;
	struct buf text;
};

static bool
add_event(void *user, const struct json *record)
{
	struct events *events = user;
	const char *run = json_get_text(record, "run");
	const char *event = json_get_text(record, "event");

	if (run == NULL || event == NULL || strcmp(run, events->run) != 0)
		return true;
	if (events->text.length != 0)
		buf_add_char(&events->text, ' ');
	buf_add(&events->text, event);
	return true;
}

const char *
scenario_events(struct scenario *scenario)
{
	struct events events = {.run = scenario->run};
	struct why why = {0};
	const char *text;
	size_t bad = 0;

	if (audit_walk(log_path(scenario), add_event, &events, &bad, &why) < 0)
		scenario_fail(scenario, "%s", why.text);
	if (bad != 0)
		scenario_fail(scenario, "%zu bad lines in the log", bad);
	text = arena_dup(scenario->arena, buf_text(&events.text));
	buf_done(&events.text);
	return text;
}

/* check_log - the chain of what was written must hold */
static void
check_log(struct scenario *scenario)
{
	struct why why = {0};
	int64_t records = 0;
	int problems =
	    audit_verify(log_path(scenario), NULL, NULL, NULL, &records, &why);

	if (problems != 0)
		scenario_fail(
		    scenario, "the log does not verify: %s", why.text);
}

/* act_begin - an open log, and a host whose effects move facts */
static struct audit *
act_begin(struct scenario *scenario, struct apply_host *host)
{
	struct audit *audit = NULL;
	struct why why = {0};

	*host = (struct apply_host){
	    .arena = scenario->arena,
	    .config = &scenario->config,
	    .mta = &scenario->mta,
	    .state_dir = scenario->dir,
	    .state = scenario->state,
	    .effects = &effects_fake,
	    .playbooks = &scenario->playbooks,
	    .looked_s = scenario->now_s,
	    .look = fake_look,
	    .select = fake_select,
	    .is_stopping = fake_is_stopping,
	    .pause = fake_pause,
	    .user = scenario,
	};
	current = scenario;
	scenario->run = host->run = arena_printf(
	    scenario->arena, "20260105T100000-%04x", ++scenario->applied);
	if (audit_open(log_path(scenario), host->run, &audit, &why) < 0)
		scenario_fail(scenario, "%s", why.text);
	host->audit = audit;
	return audit;
}

static void
act_end(struct scenario *scenario, struct audit *audit)
{
	(void)audit_free(audit);
	check_log(scenario);
	scenario->effects.count = 0;
	scenario->effect_failure = NULL;
}

void
scenario_apply(struct scenario *scenario)
{
	struct apply_host host;
	struct audit *audit = act_begin(scenario, &host);
	struct why why = {0};

	if (audit == NULL)
		return;
	host.looked_s = 0;
	for (size_t i = 0; i < scenario->plan.count; i++) {
		struct planned_fix *planned = &scenario->plan.fixes[i];

		planned->is_approved =
		    plan_approve(planned, &scenario->config, scenario->state,
		        true, scenario->now_s) == NULL;
	}
	if (apply_plan(&host, &scenario->plan, &why) < 0)
		scenario_fail(scenario, "%s", why.text);
	act_end(scenario, audit);
	/* what comes of it must be expected anew */
	(void)memset(scenario->fix_seen, 0, scenario->plan.count);
}

void
scenario_release(struct scenario *scenario)
{
	struct apply_host host;
	struct audit *audit = act_begin(scenario, &host);
	struct why why = {0};

	if (audit == NULL)
		return;
	scenario->released =
	    apply_release(&host, scenario->facts, &scenario->eased, &why);
	if (scenario->released < 0)
		scenario_fail(scenario, "%s", why.text);
	act_end(scenario, audit);
	scenario->eased_seen =
	    arena_alloc(scenario->arena, scenario->eased.count, sizeof(bool));
}
