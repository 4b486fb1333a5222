/*
 * ease.c - one step toward normal for what was slowed down by steps
 *
 * Purpose  ask the action for its step, and make it like a fix
 * Input    a kept change whose `release` holds; facts of this run
 * Errors   negative errno: the log or a record cannot be written
 * Runs as  actor
 * Source   actions/action.h, ease
 */
#include "agent/apply/work.h"

static const char *
budget(const struct apply_host *host, const struct action_output *output)
{
	unsigned allowed = host->config->changes_per_run;

	if (host->changes + output->count <= allowed)
		return NULL;
	return arena_printf(host->arena,
	    "changes-per-run = %u is used up (%u in this run, this step needs "
	    "%zu)",
	    allowed, host->changes, output->count);
}

static struct finding *
finding_of(struct apply_host *host, const struct record *record,
    const struct playbook *playbook)
{
	struct finding *finding = arena_alloc(host->arena, 1, sizeof(*finding));

	finding->playbook = playbook;
	finding->item = record->item;
	finding->title = record->item != NULL ? record->item : playbook->name;
	finding->state = FINDING_FOUND;
	return finding;
}

static int
ask(struct apply_host *host, const struct planned_fix *planned,
    const struct fact_set *facts, struct action_output *output, struct why *why)
{
	const struct action_input input = {
	    .arena = host->arena,
	    .finding = planned->finding,
	    .facts = facts,
	    .fix = planned->fix,
	    .config = host->config,
	    .mta = host->mta,
	    .throttles = host->throttles,
	    .select = host->select,
	    .confirm = host->confirm,
	    .user = host->user,
	};

	return action_find(planned->fix->action->name)
	    ->ease(&input, output, why);
}

int
apply_ease(struct apply_host *host, const struct record *record,
    const struct playbook *playbook, const struct fix *fix,
    const struct fact_set *facts, struct planned_fix *ret, struct why *why)
{
	struct planned_fix planned = {
	    .finding = finding_of(host, record, playbook),
	    .fix = fix,
	    .state = PLANNED_SKIPPED,
	    .is_approved = true, /* with the fix that it takes back */
	};
	struct action_output output = {0};
	struct why reason = {0};
	int r = ask(host, &planned, facts, &output, &reason);

	if (r == 1)
		return 1;
	if (r < 0)
		planned.reason = arena_dup(host->arena, reason.text);
	else if (output.count == 0)
		planned.reason = "there is nothing to do";
	else
		planned.reason = budget(host, &output);
	r = 0;
	if (planned.reason == NULL) {
		planned.state = PLANNED_PLANNED;
		planned.changes = output.changes;
		planned.change_count = output.count;
		planned.summary = output.summary;
		for (size_t i = 0; i < output.count; i++)
			output.changes[i].id = ++host->changes;
		r = apply_fix(host, journal_for(host), &planned, true, why);
	}
	*ret = planned;
	return r;
}
