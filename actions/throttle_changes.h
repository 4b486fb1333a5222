/*
 * throttle_changes.h - the single changes of a step; for the actions on speed
 */
#ifndef MAILFIX_ACTIONS_THROTTLE_CHANGES_H
#define MAILFIX_ACTIONS_THROTTLE_CHANGES_H

#include "actions/throttle_plan.h"

/* throttle_change_provision - table, services, parameters; one reload */
void throttle_change_provision(const struct action_input *input,
    const struct mta_provision *provision, struct action_output *ret);

/*
 * throttle_change_row - the row of a domain, or the setting of the relay
 * The setting holds with a reload only, and so brings its own, and the one of
 * what was made for it before.
 */
void throttle_change_row(const struct action_input *input,
    const struct throttle_plan *plan, const struct step *step,
    const char *value, struct action_output *ret);

/*
 * throttle_change_last - the rows before the last of what is made for them
 *
 * made  so many changes make what the rows stand on; the rows follow
 *
 * That one reloads the mail system, and every message at hand is then given
 * its transport by a table that has the row already.
 */
void throttle_change_last(struct action_output *ret, size_t made);

/*
 * throttle_change_reload - for messages that are being delivered
 * They keep the transport that they were given when they became active. Only
 * when they are many, and when the last reload is some time ago.
 */
void throttle_change_reload(const struct action_input *input,
    const struct throttle_plan *plan, struct action_output *ret);

/*
 * throttle_change_waits - why a step up must wait for such a reload; NULL: it
 * need not. Without it all that is at hand goes on by the slower step, and
 * nothing would be seen of the faster one.
 */
const char *throttle_change_waits(
    const struct action_input *input, const struct throttle_plan *plan);

#endif
