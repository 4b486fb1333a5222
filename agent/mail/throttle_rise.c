/*
 * throttle_rise.c - up again, and what must be remembered of a step
 *
 * Purpose  one step up when all is well; longer waits for what was refused
 * Input    numbers from the log and from the state
 * Errors   -EAGAIN with the reason
 * Runs as  actor; pure
 * Source   SPEC section 5; TCP's slow start and AIMD for the shape
 */
#include <errno.h>
#include <math.h>

#include "agent/base/units.h"
#include "agent/mail/throttle_ladder.h"

/*
 * A rate is measured from what was taken until mail was taken again, at least
 * over the time between two tries of the trickle.
 */
#define RATE_SPAN_MIN_S 10.0

/*
 * The mail system adds the time of a delivery to its delay, and a rate that was
 * measured ends with the trickle's pause: both make it less than it is.
 */
#define RATE_ROUND 1.25

/*
 * Where the next slower step is nearly as fast, little is lost by it, and by
 * one that is too fast a whole window: there a rate is hardly rounded up.
 */
#define NEARLY            0.75
#define RATE_ROUND_NEARLY 1.1

/* Without any knowledge of a rate. */
#define RATE_UNKNOWN 1.0

/* Between two steps up that were never refused. */
#define QUICK_SESSIONS_S 10.0
#define QUICK_RATE_S     15.0
#define QUICK_RATE_MAX_S 65.0 /* a window of a minute must show itself */
#define QUICK_MESSAGES_S 60.0

/* Above the fastest step there is no limit at all: what was never refused may
 * still be just below one, and the next try costs thousands of refusals. */
#define TOP_RATE_S    900.0
#define TOP_INTERVALS 4.0

/*
 * Before a step that was refused is tried again. At the greeting such a try
 * costs a refusal or two, so that it may be made each five minutes; elsewhere
 * it costs what is sent until the next run, or until a window has passed.
 */
#define RETRY_CHEAP_S     20.0
#define RETRY_CHEAP_MAX_S 300.0
#define RETRY_S           120.0
#define RETRY_MAX_S       86400.0
#define RETRY_INTERVALS   10.0
#define RETRY_WINDOWS     10.0

/* Enough messages to tell; more of them when it was refused before. */
#define SENT_ENOUGH     50.0
#define SENT_ENOUGH_MAX 1000.0
#define SENT_FEW        3.0

/* No mail for it: nobody is slowed, and the row must go some day. */
#define QUIET_S     1800.0
#define QUIET_MAX_S 21600.0

static bool
is_faster_or_same(const struct step *a, const struct step *b)
{
	return a != NULL && b != NULL && a->family == b->family && a <= b;
}

double
throttle_rate(const struct throttle_evidence *evidence)
{
	double span_s = evidence->first_refused_s, taken = evidence->sent;

	if (evidence->said_rate > 0)
		return evidence->said_rate * RATE_ROUND;
	if (throttle_is_probing(evidence) && evidence->taken_s > 0) {
		span_s = evidence->taken_s + evidence->step_age_s;
		taken = evidence->taken + evidence->step_sent;
	}
	if (span_s <= 0 || taken <= 0)
		return fmax(evidence->accepted_rate, 0) * RATE_ROUND;
	taken /= fmax(span_s, RATE_SPAN_MIN_S);
	if (evidence->accepted_rate > 0 && evidence->accepted_rate < taken)
		taken = evidence->accepted_rate;
	return taken * RATE_ROUND;
}

/* The fastest step for a rate, rounded up as far as the ladder is coarse. */
static const struct step *
step_for(double rate)
{
	const struct step *step = throttle_fastest(STEP_RATE, rate);
	const struct step *slower = step != NULL ? step_slower(step) : NULL;

	if (slower != NULL && slower->per_s >= NEARLY * step->per_s &&
	    step->per_s > rate / RATE_ROUND * RATE_ROUND_NEARLY)
		return slower;
	return step;
}

/* Where the trickle leads when mail is taken again; NULL: it is fast enough. */
static const struct step *
target_of(const struct throttle_evidence *evidence)
{
	const struct step *target, *below = NULL;
	double rate = throttle_rate(evidence);
	double usual =
	    evidence->cause == REPLY_CAUSE_RATE && evidence->usual > 0
	        ? evidence->usual
	        : RATE_UNKNOWN;

	if (evidence->too_much != NULL &&
	    evidence->too_much->family == STEP_RATE)
		below = step_slower(evidence->too_much);
	/* after a try that failed: where it came from, whatever was taken */
	if (below != NULL && evidence->taken_s <= 0)
		target = below;
	else
		target = rate > 0 ? step_for(rate)
		                  : throttle_fastest(STEP_RATE, usual);
	if (below != NULL && below > target)
		target = below;
	return target < evidence->step ? target : NULL;
}

/* How many messages must have been taken by this step. */
static double
sent_wanted(const struct throttle_evidence *evidence)
{
	const struct step *step = evidence->step;
	double wanted =
	    ldexp(SENT_ENOUGH, (int)fmin(evidence->rise_fails, 10.0));

	if (wanted > SENT_ENOUGH_MAX)
		wanted = SENT_ENOUGH_MAX;
	/* a slow rate would need hours for so many */
	if (step->per_s > 0)
		wanted = fmin(wanted,
		    step->per_s *
		        fmax(evidence->rise_wait_s, QUICK_RATE_MAX_S) / 2);
	return fmax(wanted, SENT_FEW);
}

static int
not_yet(
    const struct throttle_evidence *evidence, double wait_s, struct why *why)
{
	char text[UNIT_TEXT_MAX];

	return why_set(why, -EAGAIN, "%s; faster after %s without a refusal",
	    evidence->step->text, unit_format(UNIT_SECONDS, wait_s, text));
}

static int
rise_is_due(const struct throttle_evidence *evidence, struct why *why)
{
	double wait_s = fmax(evidence->rise_wait_s, QUICK_SESSIONS_S);
	double age_s = evidence->step_age_s;
	char text[UNIT_TEXT_MAX];

	if (evidence->step_attempts <= 0 && age_s >= QUIET_S &&
	    age_s >= fmin(wait_s, QUIET_MAX_S))
		return 0;
	if (age_s < wait_s)
		return not_yet(evidence, wait_s, why);
	if (evidence->step_refused > 0 && evidence->last_refused_s < wait_s)
		return not_yet(evidence, wait_s, why);
	if (evidence->step_sent < sent_wanted(evidence) && age_s < QUIET_S)
		return why_set(why, -EAGAIN, "%s; faster after %s messages",
		    evidence->step->text,
		    unit_format(UNIT_COUNT, sent_wanted(evidence), text));
	return 0;
}

/* A step that is no slower than what the admin has set is none. */
static bool
is_normal(const struct throttle_evidence *evidence, const struct step *step)
{
	if (step->family == STEP_CONCURRENCY)
		return evidence->normal_sessions > 0 &&
		       step->concurrency >= evidence->normal_sessions;
	return step->family == STEP_RATE && evidence->normal_rate > 0 &&
	       step->per_s >= evidence->normal_rate;
}

int
throttle_law_raise(const struct throttle_evidence *evidence,
    const struct step **ret, struct why *why)
{
	const struct step *step = evidence->step, *target;
	char text[UNIT_TEXT_MAX];
	int r;

	if (step == NULL)
		return why_set(why, -EAGAIN, "it is not slowed down");
	if (step->family == STEP_PAUSE) {
		if (evidence->pause_s > 0)
			return why_set(why, -EAGAIN, "paused for another %s",
			    unit_format(UNIT_SECONDS, evidence->pause_s, text));
		*ret = throttle_trickle();
		return 0;
	}
	if (throttle_is_probing(evidence)) {
		if (evidence->step_sent < 1)
			return why_set(why, -EAGAIN,
			    "%s until it takes mail again", step->text);
		target = target_of(evidence);
		if (target != NULL) {
			*ret = target;
			return 0;
		}
	}
	if (throttle_law_is_refused(evidence))
		return why_set(
		    why, -EAGAIN, "%s, and it still refuses", step->text);
	if ((r = rise_is_due(evidence, why)) < 0)
		return r;
	*ret = step_faster(step);
	return *ret == NULL || is_normal(evidence, *ret) ? 1 : 0;
}

/*
 * Between 0.85 and 1.15, the same for the same step: a fleet of hosts, or the
 * domains of one provider, must not all try at the same time.
 */
static double
jitter(const struct throttle_evidence *evidence)
{
	uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
	uint64_t since = (uint64_t)evidence->since_us;

	for (const char *p = evidence->domain; p != NULL && *p != '\0'; p++)
		hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
	for (unsigned i = 0; i < sizeof(since); i++)
		hash = (hash ^ ((since >> (8 * i)) & 0xff)) *
		       UINT64_C(1099511628211);
	return 0.85 + 0.3 * (double)(hash >> 40) / (double)(1 << 24);
}

static double
retry_wait(const struct throttle_evidence *evidence, const struct step *to,
    unsigned fails)
{
	bool is_cheap =
	    throttle_is_cheap(evidence) ||
	    (evidence->step == NULL && to->family == STEP_CONCURRENCY &&
	        evidence->stage == REPLY_STAGE_GREETING);
	double base =
	    is_cheap ? RETRY_CHEAP_S
	             : fmax(RETRY_S, RETRY_INTERVALS * evidence->interval_s);
	double most = is_cheap ? RETRY_CHEAP_MAX_S : RETRY_MAX_S;

	/* the trickle has measured how long the window is */
	if (throttle_is_probing(evidence) && evidence->step_refused > 0)
		base = fmax(base, RETRY_WINDOWS * evidence->step_age_s);
	return fmin(ldexp(base, (int)fmin(fails, 16.0)), most);
}

static double
quick_wait(const struct throttle_evidence *evidence, const struct step *to)
{
	if (to->family == STEP_MESSAGES)
		return QUICK_MESSAGES_S;
	if (to->family != STEP_RATE)
		return QUICK_SESSIONS_S;
	if (step_faster(to) == NULL)
		return fmax(TOP_RATE_S, TOP_INTERVALS * evidence->interval_s);
	return fmin(fmax(evidence->rise_wait_s / RETRY_WINDOWS, QUICK_RATE_S),
	    QUICK_RATE_MAX_S);
}

static void
remember_down(const struct throttle_evidence *evidence, const struct step *to,
    const struct step **ret_too_much, unsigned *ret_fails)
{
	const struct step *from = evidence->step, *target = to;

	/* a rate falls to the trickle; its target is what it comes back to */
	if (from != NULL && from->family == STEP_RATE &&
	    from < throttle_trickle() && to->family == STEP_RATE)
		target = throttle_fall(evidence);
	*ret_too_much = from == NULL && to == throttle_trickle()
	                    ? evidence->worked
	                    : step_faster(target);
	if (from != NULL && throttle_is_probing(evidence))
		*ret_too_much = evidence->too_much;
	*ret_fails = evidence->worked != NULL ? evidence->rise_fails + 1 : 0;
}

static void
remember_up(const struct throttle_evidence *evidence, const struct step *to,
    const struct step **ret_too_much, const struct step **ret_worked,
    unsigned *ret_fails)
{
	const struct step *from = evidence->step;

	*ret_too_much = evidence->too_much;
	*ret_fails = evidence->rise_fails;
	if (from == NULL || from->family == STEP_PAUSE)
		return;
	if (throttle_is_probing(evidence)) {
		if (evidence->too_much == NULL && evidence->step_refused > 0)
			*ret_too_much = step_faster(to);
		return;
	}
	*ret_worked = from;
	if (is_faster_or_same(from, evidence->too_much)) {
		*ret_too_much = NULL;
		*ret_fails = 0;
	}
}

/* What the trickle's target will be reckoned from. */
static void
remember_taken(const struct throttle_evidence *evidence, struct throttle *ret)
{
	const struct step *from = evidence->step;

	ret->taken = ret->taken_s = 0;
	if (from == NULL || from->family != STEP_RATE) {
		ret->taken = evidence->sent;
		ret->taken_s = evidence->first_refused_s;
	} else if (throttle_is_probing(evidence)) {
		ret->taken = evidence->taken + evidence->step_sent;
		ret->taken_s = evidence->taken_s + evidence->step_age_s;
	} else if (evidence->worked == NULL) {
		ret->taken = evidence->step_sent;
		ret->taken_s = evidence->step_age_s;
	}
}

void
throttle_law_remember(const struct throttle_evidence *evidence,
    const struct step *to, struct throttle *ret)
{
	const struct step *from = evidence->step, *next;
	const struct step *too_much = NULL, *worked = NULL;
	unsigned fails = 0;

	ret->pause_s = 0;
	ret->rise_wait_s = 0;
	remember_taken(evidence, ret);
	if (to == NULL || (from != NULL && (from->family == STEP_PAUSE ||
	                                       is_faster_or_same(to, from))))
		remember_up(evidence, to, &too_much, &worked, &fails);
	else
		remember_down(evidence, to, &too_much, &fails);
	ret->too_much = too_much != NULL ? too_much->name : NULL;
	ret->worked = worked != NULL ? worked->name : NULL;
	ret->rise_fails = fails;
	if (to == NULL)
		return;
	if (to->family == STEP_PAUSE) {
		ret->pause_s = throttle_law_pause_s(evidence);
		return;
	}
	/* the trickle: faster as soon as one message is taken */
	if (to->family == STEP_RATE && to >= throttle_trickle() &&
	    (from == NULL || to > from || from->family != STEP_RATE))
		return;
	next = step_faster(to);
	ret->rise_wait_s =
	    jitter(evidence) * (is_faster_or_same(next, too_much)
	                               ? retry_wait(evidence, to, fails)
	                               : quick_wait(evidence, to));
}
