/*
 * action.h - one action: from a finding and its parameters to changes; pure
 *
 * A new action is one file in this folder and one row in action_table.def.
 */
#ifndef MAILFIX_ACTIONS_ACTION_H
#define MAILFIX_ACTIONS_ACTION_H

#include "agent/change/change.h"
#include "agent/fact/fact.h"
#include "agent/finding/finding.h"
#include "agent/firewall/opening.h"
#include "agent/mail/throttle.h"
#include "agent/playbook/playbook.h"
#include "agent/probes/queue_select.h"
#include "agent/sys/nft_boot.h"

/* What would open a port, and where rules come from at the next boot. */
struct action_opening {
	struct nf_opening rules;
	struct nft_boot boot;
};

struct action_input {
	struct arena *arena;
	const struct finding *finding;
	const struct fact_set *facts;
	const struct fix *fix;
	const struct config *config;
	const struct mta *mta;
	const struct throttle_list *throttles; /* or NULL */

	/*
	 * select - ask an observer which messages match; NULL in scenarios
	 * that have none
	 */
	int (*select)(void *user, const struct queue_query *query,
	    struct queue_selection *ret, struct why *why);
	/*
	 * confirm - are these the mail servers of that domain? asked anew, for
	 * it alone; NULL in scenarios: they are
	 */
	bool (*confirm)(void *user, const char *domain, const char *servers);
	/*
	 * open_plan - what would open that port, in the rule set of this moment;
	 * NULL in scenarios that have none
	 */
	int (*open_plan)(void *user, uint16_t port, struct action_opening *ret,
	    struct why *why);
	void *user;

	/*
	 * changes that this plan has already: what they make need not be made
	 * again, if change.base says that this fix stands on it
	 */
	const struct change *const *planned;
	size_t planned_count;
};

struct action_output {
	struct change *changes; /* in input->arena */
	size_t count;
	/*
	 * What they come to, for people, when they are several: "2 sessions at a
	 * time to big.test"; NULL: they are told one by one
	 */
	const char *summary;
};

struct action {
	struct action_spec spec;

	/*
	 * plan - which changes would do it
	 *
	 * Returns 0 with at least one change; or a negative errno with why: the
	 * fix is then skipped with that reason (-ENODATA: a fact it rests on is
	 * unknown; -EPERM: it would do harm; -EALREADY: nothing to do).
	 */
	int (*plan)(const struct action_input *input, struct action_output *ret,
	    struct why *why);

	/*
	 * ease - one step back toward normal, when `release` of the fix holds
	 *
	 * NULL: there are no steps, the change is undone. Returns 0 with changes;
	 * 1 when normal is the next step: the change is undone; a negative errno
	 * with why: not now.
	 */
	int (*ease)(const struct action_input *input, struct action_output *ret,
	    struct why *why);
};

extern const struct action *const action_table[];    /* NULL-terminated */
const struct action_spec *const *action_specs(void); /* NULL-terminated */
const struct action *action_find(const char *name);

/* action_has_steps - does it ease off by steps? */
bool action_has_steps(const char *name);

/* Parameters of the fix at hand, by name, texts filled in. */
const char *action_text(const struct action_input *input, const char *name);
double action_number(
    const struct action_input *input, const char *name, double otherwise);

/*
 * action_cell - the value of one fact by its names
 *
 * key  NULL for a table without a key
 * Unknown with a reason when it was not observed; a wrong name is our bug.
 */
struct value action_cell(const struct action_input *input, const char *table,
    const char *key, const char *column);

/*
 * action_cell_text, action_cell_bool - the value, or -ENODATA with why
 */
int action_cell_text(const struct action_input *input, const char *table,
    const char *key, const char *column, const char **ret, struct why *why);
int action_cell_bool(const struct action_input *input, const char *table,
    const char *key, const char *column, bool *ret, struct why *why);

/* action_is_planned - has this plan a change of that kind and target already? */
bool action_is_planned(
    const struct action_input *input, const char *kind, const char *target);

/* action_change - append a zeroed change to *ret and return it */
struct change *action_change(
    const struct action_input *input, struct action_output *ret);

#endif
