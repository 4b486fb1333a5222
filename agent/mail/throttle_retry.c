/*
 * throttle_retry.c - what was deferred is tried again at the pace of the step
 *
 * Purpose  how many of the messages that wait: as many as the step delivers
 *          soon, none while it is refused
 * Input    numbers from the log, the queue and the state
 * Errors   none
 * Runs as  actor; pure
 * Source   qmgr(8): deferred mail is looked at each queue_run_delay, a message
 *          after minimal_backoff_time
 */
#include <float.h>
#include <math.h>

#include "agent/mail/throttle_ladder.h"

/*
 * What a rate delivers in so long, or until the next look: more would only wait
 * in another folder. Trying messages one by one takes up to 65 ms each on a
 * busy host (measured), and all of them at once nothing: so more of a rate that
 * is no trickle.
 */
#define SPAN_S      60.0
#define SPAN_FAST_S 300.0
#define FAST_PER_S  1.0
#define INTERVALS   1.5
#define RATE_MIN    2.0

/*
 * It has taken nothing at all: each try of many costs as many refusals as
 * make it dead, so a few now and then must do.
 */
#define NOTHING_TAKEN    3.0
#define NOTHING_TAKEN_S  10.0
#define NOTHING_TAKEN_OF 3.0

static double
rate_retry(const struct throttle_evidence *evidence, double active, bool is_new)
{
	double per_s = evidence->step->per_s;
	double span_s = fmax(per_s >= FAST_PER_S ? SPAN_FAST_S : SPAN_S,
	    INTERVALS * evidence->interval_s);
	double room = fmax(per_s * span_s, RATE_MIN) - active;

	/* the trickle is refused until the window has passed */
	if (!is_new && !throttle_is_probing(evidence) &&
	    throttle_law_is_refused(evidence))
		return 0;
	return room >= 1 ? floor(room) : 0;
}

double
throttle_law_retry(const struct throttle_evidence *evidence, double waiting,
    double active, bool is_new)
{
	const struct step *step = evidence->step;

	if (step == NULL || step->family == STEP_PAUSE)
		return 0;
	if (step->per_s > 0)
		return rate_retry(evidence, active, is_new);
	/* those at hand may have been deferred by the change itself */
	if (is_new)
		return DBL_MAX;
	if (throttle_law_is_refused(evidence))
		return 0;
	if (evidence->step_sent <= 0 && evidence->step_refused >= NOTHING_TAKEN)
		return evidence->last_refused_s >= NOTHING_TAKEN_S
		           ? NOTHING_TAKEN_OF
		           : 0;
	return waiting > active ? waiting : 0;
}
