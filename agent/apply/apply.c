/*
 * apply.c - the approved fixes of a plan, one transaction each
 *
 * Purpose  one fix after the other, in the order of the plan
 * Input    a plan that was shown and approved
 * Errors   negative errno when nothing more may be done in this run
 * Runs as  actor
 * Source   DESIGN "Safety, in the order in which it is asked"
 */
#include "agent/apply/apply.h"

#include "agent/apply/apply_table.h"

static void
records_of(struct work *work)
{
	const struct planned_fix *planned = work->planned;

	work->records = arena_alloc(
	    work->host->arena, planned->change_count, sizeof(*work->records));
	for (size_t i = 0; i < planned->change_count; i++)
		work->records[i] = (struct record){
		    .place = RECORD_OPEN,
		    .run = work->host->run,
		    .change = planned->changes[i],
		    .playbook = planned->finding->playbook->name,
		    .item = planned->finding->item,
		    .fix = planned->fix->name,
		    .has_release = planned->fix->release != NULL,
		};
}

static int
apply_one(struct apply_host *host, const struct journal *journal,
    struct planned_fix *planned, struct why *why)
{
	struct work work = {
	    .host = host, .journal = journal, .planned = planned};

	records_of(&work);
	apply_table_run(&work);
	if (work.performed != 0)
		host->looked_s = 0; /* the host is no longer as it was seen */
	if (work.fatal < 0)
		*why = work.why;
	return work.fatal;
}

static int
apply_skip(struct apply_host *host, const struct journal *journal,
    struct planned_fix *planned, const char *reason, struct why *why)
{
	planned->state = PLANNED_SKIPPED;
	planned->reason = reason;
	return journal->skip(host, planned, why);
}

int
apply_plan(struct apply_host *host, struct plan *plan, struct why *why)
{
	const struct journal *journal = journal_for(host);
	int r = 0;

	for (size_t i = 0; i < plan->count; i++) {
		struct planned_fix *planned = &plan->fixes[i];

		if (!planned->is_approved || planned->change_count == 0 ||
		    planned->state != PLANNED_PLANNED)
			continue;
		if (r < 0) {
			planned->state = PLANNED_SKIPPED;
			planned->reason = arena_dup(host->arena, why->text);
			continue;
		}
		r = host->is_stopping != NULL && host->is_stopping(host->user)
		        ? apply_skip(host, journal, planned,
		              "the run was told to end", why)
		        : apply_one(host, journal, planned, why);
	}
	return r;
}
