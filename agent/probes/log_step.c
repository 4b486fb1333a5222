/*
 * log_step.c - what the log says of the speed step that holds
 *
 * Purpose  evidence for and against a step: only what its own transport met,
 *          and, where domains share sessions, only once theirs of before end
 * Input    deliveries of a destination that is slowed down
 * Errors   none
 * Runs as  observer
 * Source   qmgr(8): an active message keeps its transport until its next try
 */
#include <string.h>

#include "agent/mail/step.h"
#include "agent/probes/log_part.h"

/*
 * For so long after a step, tries by another transport are what was under way
 * before: a reload, which sends them by the new one, comes at most so often
 * (THROTTLE_RELOAD_PAUSE_S), and a session may be busy for some seconds more.
 */
#define UNDER_WAY_S 30

/* as log_delivery.c */
#define STAMP_US US_PER_S

static bool
is_beside(const struct throttle *a, const struct throttle *b)
{
	return a == b || (b->group != NULL && strcmp(a->group, b->group) == 0);
}

/*
 * Domains at the same servers begin to share sessions: those that each of them
 * had for itself count at the other side, too, and what it refused meanwhile
 * is no evidence against the step of any of them. One domain alone is judged
 * sooner (SETTLE_S of throttle_law.c): each wait costs refusals.
 */
static void
disturbed(struct tally_line *line, const struct throttle *throttle)
{
	const struct throttle_list *list = line->with->throttles;

	for (size_t i = 0; i < list->count; i++) {
		const struct throttle *each = &list->rows[i];
		struct tally_detail *detail;

		if (!is_beside(throttle, each))
			continue;
		detail = tally_detail_find(
		    line->tally, tally_hash(line->tally->seed, each->domain,
		                     strlen(each->domain)));
		if (detail == NULL)
			continue;
		detail->step_attempts = 0;
		detail->step_refused = 0;
	}
}

const struct throttle *
tally_step(struct tally_line *line, struct tally_detail *detail)
{
	const struct throttle *throttle =
	    throttle_find(line->with->throttles, detail->name);
	const struct step *step;
	int64_t after_us;

	if (throttle == NULL)
		return NULL;
	if (detail->step_us != throttle->since_us) {
		detail->step_us = throttle->since_us;
		detail->step_attempts = 0;
		detail->step_sent = 0;
		detail->step_refused = 0;
	}
	step = step_find(throttle->step);
	/* a stamp of whole seconds may be up to one too early */
	after_us = line->time_us + (line->is_whole ? STAMP_US : 1) -
	           throttle->since_us;
	if (step == NULL || after_us <= 0)
		return NULL;
	if (step_owns(step, line->event->transport.text,
	        line->event->transport.length))
		return throttle;
	if (throttle->group != NULL && step->family == STEP_CONCURRENCY &&
	    after_us < UNDER_WAY_S * US_PER_S)
		disturbed(line, throttle);
	return NULL;
}
