/*
 * queue_plan.h - what the four actions on the queue have in common
 */
#ifndef MAILFIX_ACTIONS_QUEUE_PLAN_H
#define MAILFIX_ACTIONS_QUEUE_PLAN_H

#include "actions/action.h"

struct queue_plan {
	const char *verb;  /* of kind queue-move */
	const char *word;  /* of the plan: "quarantine" */
	const char *state; /* the only one it takes; NULL: parameter `state` */
	size_t max;        /* when the playbook names none */
	/* no more than half of the queue; queue_guard.h */
	bool takes_away;
};

/*
 * Each ends with a NULL name; the second one without `state`, the third one
 * with `account` in its place.
 */
extern const struct action_param queue_plan_params[];
extern const struct action_param queue_plan_params_no_state[];
extern const struct action_param queue_plan_params_account[];

/*
 * queue_plan_make - choose messages, and plan the change
 *
 * -EINVAL when nothing restricts the choice, -EALREADY when none matches,
 * or too few of an account do, -EPERM when it is too much, -ENODATA when nobody
 * can be asked.
 */
int queue_plan_make(const struct action_input *input,
    const struct queue_plan *plan, struct action_output *ret, struct why *why);

#endif
