/*
 * throttle_ladder.h - between the halves of the law; for them only
 */
#ifndef MAILFIX_MAIL_THROTTLE_LADDER_H
#define MAILFIX_MAIL_THROTTLE_LADDER_H

#include "agent/mail/throttle_law.h"

/* throttle_fastest - the fastest step within a limit; else the slowest */
const struct step *throttle_fastest(enum step_family family, double limit);

/* throttle_trickle - the step that finds out when a window has passed */
const struct step *throttle_trickle(void);

/* throttle_is_probing - is the present step such a trickle? */
bool throttle_is_probing(const struct throttle_evidence *evidence);

/*
 * throttle_is_cheap - is a refusal met by the mail system itself, which then
 * opens one session less? It is at the greeting and before, not later.
 */
bool throttle_is_cheap(const struct throttle_evidence *evidence);

/* throttle_fall - the step below the present one that is worth a try; NULL */
const struct step *throttle_fall(const struct throttle_evidence *evidence);

/* throttle_rate - messages a second that it takes; 0: not known */
double throttle_rate(const struct throttle_evidence *evidence);

#endif
