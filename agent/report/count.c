/*
 * count.c - what a run comes to, in numbers
 *
 * Purpose  count findings and fixes once, for the status and for every format
 * Input    the judgement and the plan, after they were carried out
 * Errors   none
 * Runs as  the actor
 * Source   SPEC section 2
 */
#include "agent/report/count.h"

/*
 * Planned, or planned and then not approved: with changes to show, it can be
 * done. One that was approved and refused all the same, or that is past its
 * limit, cannot.
 */
static bool
has_planned_fix(const struct plan *plan, const struct finding *finding)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->fixes[i].finding == finding &&
		    plan->fixes[i].change_count > 0 &&
		    (plan->fixes[i].state == PLANNED_PLANNED ||
		        (plan->fixes[i].state == PLANNED_SKIPPED &&
		            !plan->fixes[i].is_approved)))
			return true;
	return false;
}

static void
problem_count(const struct plan *plan, const struct finding *finding,
    struct report_count *count)
{
	switch (finding->playbook->severity) {
	case SEVERITY_CRITICAL:
		count->critical++;
		break;
	case SEVERITY_WARNING:
		count->warning++;
		break;
	case SEVERITY_INFO:
	case SEVERITY_MAX:
		count->hints++;
		return;
	}
	count->problems++;
	if (has_planned_fix(plan, finding))
		count->fixable++;
}

static void
finding_count(const struct plan *plan, const struct finding *finding,
    struct report_count *count)
{
	switch (finding->state) {
	case FINDING_FOUND:
	case FINDING_FAILED:
		problem_count(plan, finding, count);
		break;
	case FINDING_MASKED:
		count->symptoms++;
		break;
	case FINDING_FIXED:
		count->fixed++;
		break;
	case FINDING_SUPPRESSED:
		count->waiting++;
		break;
	case FINDING_STATE_MAX:
		break;
	}
}

size_t
report_eased_count(const struct plan *eased)
{
	size_t count = 0;

	for (size_t i = 0; eased != NULL && i < eased->count; i++)
		count += eased->fixes[i].state == PLANNED_VERIFIED;
	return count;
}

void
report_count(const struct judgement *judgement, const struct plan *plan,
    struct report_count *ret)
{
	struct report_count count = {.unknown = judgement->unknown_count};

	for (size_t i = 0; i < judgement->count; i++)
		if (judgement->findings[i].playbook->is_chosen)
			finding_count(plan, &judgement->findings[i], &count);
	for (size_t i = 0; i < plan->count; i++) {
		enum planned_state state = plan->fixes[i].state;

		if (state == PLANNED_APPLIED || state == PLANNED_VERIFIED)
			count.applied++;
		if (state == PLANNED_REVERTED || state == PLANNED_FAILED)
			count.failed++;
		if (state == PLANNED_REVERTED)
			count.undone++;
	}
	*ret = count;
}
