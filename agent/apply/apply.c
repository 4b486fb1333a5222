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

int
apply_fix(struct apply_host *host, const struct journal *journal,
    struct planned_fix *planned, bool is_ease, struct why *why)
{
	struct work work = {.host = host,
	    .journal = journal,
	    .planned = planned,
	    .is_ease = is_ease};

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

/*
 * Its changes stand on some that another fix of this plan was to make, and did
 * not: NULL, or the reason to leave it.
 */
static const char *
missing_base(struct apply_host *host, const struct plan *plan,
    const struct planned_fix *planned)
{
	for (const struct planned_fix *other = plan->fixes; other < planned;
	     other++) {
		if (other->state == PLANNED_VERIFIED ||
		    (other->state == PLANNED_PLANNED && other->is_approved))
			continue;
		if (plan_stands_on(planned, other))
			return arena_printf(host->arena,
			    "%s of %s%s%s, which it stands on, was not made",
			    other->fix->name, other->finding->playbook->name,
			    other->finding->item != NULL ? " " : "",
			    other->finding->item != NULL ? other->finding->item
			                                 : "");
	}
	return NULL;
}

/* Changes that are made after the plan go on with its numbers. */
static void
count_changes(struct apply_host *host, const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		for (size_t k = 0; k < plan->fixes[i].change_count; k++)
			if (plan->fixes[i].changes[k].id > host->changes)
				host->changes = plan->fixes[i].changes[k].id;
}

int
apply_plan(struct apply_host *host, struct plan *plan, struct why *why)
{
	const struct journal *journal = journal_for(host);
	const char *missing;
	int r = 0;

	count_changes(host, plan);
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
		missing =
		    host->is_stopping != NULL && host->is_stopping(host->user)
		        ? "the run was told to end"
		        : missing_base(host, plan, planned);
		r = missing != NULL
		        ? apply_skip(host, journal, planned, missing, why)
		        : apply_fix(host, journal, planned, false, why);
	}
	return r;
}
