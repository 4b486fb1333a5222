/*
 * throttle_plan.h - what the actions that slow down and speed up have in common
 */
#ifndef MAILFIX_ACTIONS_THROTTLE_PLAN_H
#define MAILFIX_ACTIONS_THROTTLE_PLAN_H

#include "actions/action.h"
#include "agent/mail/throttle_law.h"

/*
 * throttle_evidence - what is known of one destination, for the law
 *
 * facts      of a look; a fact that is unknown counts as no evidence
 * throttles  what is remembered; NULL: as the facts tell
 * mta        for what is normal here; may be NULL
 *
 * Returns false when the facts have no row of that domain.
 */
bool throttle_evidence(const struct fact_set *facts,
    const struct throttle_list *throttles, const struct mta *mta,
    const char *domain, struct throttle_evidence *ret);

/* One that is about to be moved. */
struct throttle_plan {
	const char *domain;
	struct throttle_evidence evidence;
	const struct throttle *throttle; /* what is remembered of it; or NULL */
	const struct mta_relay *relay;   /* it is that relay; NULL: a domain */
};

/*
 * throttle_plan_begin - the destination of the fix, and its evidence
 * -EPERM with the reason when it must not be slowed down: the admin's own
 * settings decide how its mail goes. -ENODATA: it is not known.
 */
int throttle_plan_begin(const struct action_input *input,
    struct throttle_plan *ret, struct why *why);

/* throttle_provision - what a step of it needs, and the value that says so */
void throttle_provision(const struct action_input *input,
    const struct throttle_plan *plan, const struct step *step,
    struct mta_provision *ret);

/*
 * throttle_plan_move - the changes that bring it to a step
 *
 * reason  why this step, for people; or NULL
 *
 * What is missing for the step is made first, then the row. What waits is
 * tried again at that pace by the run itself: throttle_law_retry.
 * Returns 0, or a negative errno.
 */
int throttle_plan_move(const struct action_input *input,
    const struct throttle_plan *plan, const struct step *step,
    const char *reason, struct action_output *ret, struct why *why);

/*
 * throttle_plan_apart - the same step, by the domain's own name
 * For one that is sent by the name of servers which are no longer its own.
 * Returns 0, or -EALREADY.
 */
int throttle_plan_apart(const struct action_input *input,
    const struct throttle_plan *plan, struct action_output *ret,
    struct why *why);

/* throttle_plan_ordinary - does it go as ordinary mail does? or -EPERM */
int throttle_plan_ordinary(
    const struct action_input *input, const char *domain, struct why *why);

/* throttle_plan_ease - for all of them: one step up by the law */
int throttle_plan_ease(const struct action_input *input,
    struct action_output *ret, struct why *why);

/* Parameter `destination`, and the tables that it rests on. */
extern const struct action_param throttle_plan_params[];
extern const char *const throttle_plan_tables[];

#endif
