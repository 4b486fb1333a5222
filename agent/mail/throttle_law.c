/*
 * throttle_law.c - down: the step that the refusals ask for
 *
 * Purpose  choose from evidence, and never by halving while there is any
 * Input    numbers from the log: what the other side did, so it may lie, but
 *          only about itself
 * Errors   -EALREADY, -EPERM with the reason
 * Runs as  actor; pure
 * Source   SPEC section 5, lower-concurrency; postconf(5), *_destination_-
 *          concurrency_limit and *_destination_rate_delay
 */
#include "agent/mail/throttle_law.h"

#include <errno.h>

#include "agent/mail/throttle_ladder.h"

/* The log's window: beyond it, what came since the step tells of the past. */
#define WINDOW_S 900.0

/*
 * A refusal in fifty is what a rate that is right may cost. At the greeting
 * the mail system itself lowers the number of sessions after each refusal, so
 * that only a step far too fast gets more than one in four.
 */
#define SHARE_TOO_MUCH         0.02
#define SHARE_TOO_MUCH_CHEAP   0.25
#define REFUSED_TOO_MUCH       2.0
#define REFUSED_TOO_MUCH_CHEAP 3.0

/*
 * Sessions of the transport before are kept open for 2 s when idle
 * (smtp_connection_cache_time_limit), and longer when busy: the other side
 * counts them against the new step.
 */
#define SETTLE_S     10.0
#define SETTLE_SHARE 0.5

/* A minute: the shortest window that a limit is commonly counted in. */
#define RECENT_S 60.0

/* Nothing was taken in so many tries: the window is longer than thought. */
#define TRICKLE_TRIES 12.0

/*
 * At the greeting a session too many is refused in some of a thousand tries
 * only, and one too few halves the speed: never begin with one.
 */
#define SESSIONS_CHEAP_LEAST 2.0

/* With nothing known at all. */
#define SESSIONS_UNKNOWN    2.0
#define PER_SESSION_UNKNOWN 20.0

#define PAUSE_UNKNOWN_S 3600.0
#define PAUSE_MIN_S     60.0
#define PAUSE_MAX_S     86400.0

static int
family_of(enum reply_cause cause)
{
	switch (cause) {
	case REPLY_CAUSE_CONCURRENCY:
	case REPLY_CAUSE_REMOTE_OVERLOAD:
		return STEP_CONCURRENCY;
	case REPLY_CAUSE_RATE:
		return STEP_RATE;
	case REPLY_CAUSE_MESSAGES_PER_CONNECTION:
		return STEP_MESSAGES;
	case REPLY_CAUSE_UNKNOWN:
	case REPLY_CAUSE_REPUTATION:
	case REPLY_CAUSE_AUTHENTICATION:
	case REPLY_CAUSE_PTR:
	case REPLY_CAUSE_TLS:
	case REPLY_CAUSE_CREDENTIALS:
	case REPLY_CAUSE_RECIPIENT_QUOTA:
	case REPLY_CAUSE_MAILBOX_FULL:
	case REPLY_CAUSE_RECIPIENT:
	case REPLY_CAUSE_GREYLISTING:
	case REPLY_CAUSE_REMOTE_FAULT:
	case REPLY_CAUSE_OUR_OVERLOAD:
	case REPLY_CAUSE_OUR_CONFIGURATION:
	case REPLY_CAUSE_MILTER:
	case REPLY_CAUSE_POLICY:
	case REPLY_CAUSE_NETWORK:
	case REPLY_CAUSE_BLOCKED:
	case REPLY_CAUSE_MAX:
		break;
	}
	return -1;
}

bool
throttle_law_cures(enum reply_cause cause)
{
	return family_of(cause) >= 0;
}

static bool
is_early(enum reply_stage stage)
{
	return stage == REPLY_STAGE_CONNECT || stage == REPLY_STAGE_GREETING ||
	       stage == REPLY_STAGE_EHLO;
}

bool
throttle_is_cheap(const struct throttle_evidence *evidence)
{
	return evidence->step != NULL &&
	       evidence->step->family == STEP_CONCURRENCY &&
	       is_early(evidence->stage);
}

/* What was refused longer ago than the last look, or two tries, is past. */
static double
recent_s(const struct throttle_evidence *evidence)
{
	double recent = RECENT_S, tries = 0;

	if (evidence->step->per_s > 0)
		tries = 2.5 / evidence->step->per_s;
	if (recent < 1.5 * evidence->interval_s)
		recent = 1.5 * evidence->interval_s;
	return recent > tries ? recent : tries;
}

bool
throttle_law_is_refused(const struct throttle_evidence *evidence)
{
	bool is_cheap = throttle_is_cheap(evidence);
	double least = is_cheap ? REFUSED_TOO_MUCH_CHEAP : REFUSED_TOO_MUCH;
	double most = is_cheap ? SHARE_TOO_MUCH_CHEAP : SHARE_TOO_MUCH;
	double refused = evidence->step_refused;
	double attempts = evidence->step_attempts;

	if (evidence->step == NULL)
		return evidence->refused > 0;
	if (evidence->last_refused_s > recent_s(evidence))
		return false;
	if (evidence->step_age_s >= WINDOW_S) {
		refused = evidence->refused;
		attempts = evidence->attempts;
	}
	/* at the greeting such refusals cost nothing, and are no evidence */
	if (is_cheap &&
	    evidence->step_age_s - evidence->last_refused_s < SETTLE_S)
		return false;
	if (evidence->step->family == STEP_CONCURRENCY &&
	    evidence->step_age_s < SETTLE_S)
		most = SETTLE_SHARE;
	return refused >= least && refused >= most * attempts;
}

const struct step *
throttle_fastest(enum step_family family, double limit)
{
	const struct step *last = NULL;

	for (const struct step *step = step_table; step->name != NULL; step++) {
		double value = step->family == STEP_RATE ? step->per_s
		               : step->family == STEP_MESSAGES
		                   ? step->messages
		                   : step->concurrency;

		if (step->family != family)
			continue;
		last = step;
		if (value <= limit)
			return step;
	}
	return last;
}

const struct step *
throttle_trickle(void)
{
	return step_find("d10");
}

bool
throttle_is_probing(const struct throttle_evidence *evidence)
{
	const struct step *step = evidence->step;

	return step != NULL && step->family == STEP_RATE &&
	       step->per_s <= throttle_trickle()->per_s &&
	       evidence->rise_wait_s <= 0;
}

/* Half of it, or the next one down where there is none between. */
static const struct step *
half_of(const struct step *step)
{
	const struct step *half =
	    step->family == STEP_RATE
	        ? throttle_fastest(STEP_RATE, step->per_s / 2)
	    : step->family == STEP_MESSAGES
	        ? step_slower(step)
	        : throttle_fastest(STEP_CONCURRENCY, step->concurrency / 2.0);

	if (half == NULL || half > step)
		return half;
	return step_slower(step);
}

const struct step *
throttle_fall(const struct throttle_evidence *evidence)
{
	const struct step *step = evidence->step;
	const struct step *worked = evidence->worked;

	if (worked != NULL && worked->family == step->family && worked > step)
		return worked;
	return half_of(step);
}

static const char usual_text[] = "this provider is known to take so much";

static const struct step *
first_sessions(const struct throttle_evidence *evidence, const char **ret_text)
{
	double limit = SESSIONS_UNKNOWN;

	*ret_text = "nothing is known of its limit";
	if (evidence->alive > 0) {
		limit = evidence->alive;
		*ret_text = "so many sessions were served while others were "
		            "refused";
	} else if (evidence->usual > 0) {
		limit = evidence->usual;
		*ret_text = usual_text;
	} else if (evidence->opened >= 2) {
		limit = evidence->opened / 2;
		*ret_text = "half of the sessions that were opened";
	}
	if (evidence->opened >= 2 && limit >= evidence->opened)
		limit = evidence->opened - 1;
	if (is_early(evidence->stage) && limit < SESSIONS_CHEAP_LEAST)
		limit = SESSIONS_CHEAP_LEAST;
	return throttle_fastest(STEP_CONCURRENCY, limit);
}

static const struct step *
first_rate(const struct throttle_evidence *evidence, const char **ret_text)
{
	const struct step *trickle = throttle_trickle(), *target;
	double rate = throttle_rate(evidence);

	*ret_text = "a trickle, until it takes mail again";
	if (rate <= 0)
		return trickle;
	target = throttle_fastest(STEP_RATE, rate);
	if (target <= trickle)
		return trickle;
	*ret_text = "the rate that it took";
	return target;
}

static const struct step *
first_messages(const struct throttle_evidence *evidence, const char **ret_text)
{
	double limit = PER_SESSION_UNKNOWN;

	*ret_text = "nothing is known of its limit";
	if (evidence->per_session > 0) {
		limit = evidence->per_session;
		*ret_text = "so many messages were taken in a connection";
	} else if (evidence->usual > 0) {
		limit = evidence->usual;
		*ret_text = usual_text;
	}
	return throttle_fastest(STEP_MESSAGES, limit);
}

static const struct step *
first(const struct throttle_evidence *evidence, enum step_family family,
    const char **ret_text)
{
	switch (family) {
	case STEP_CONCURRENCY:
		return first_sessions(evidence, ret_text);
	case STEP_RATE:
		return first_rate(evidence, ret_text);
	case STEP_MESSAGES:
		return first_messages(evidence, ret_text);
	case STEP_PAUSE:
	case STEP_FAMILY_MAX:
		break;
	}
	return NULL;
}

/* One session at a time is too much: then there must be gaps between them. */
static const struct step *
next_sessions(const struct throttle_evidence *evidence, const char **ret_text)
{
	const struct step *step = evidence->step;

	if (evidence->worked == NULL && evidence->alive > 0 &&
	    evidence->alive < step->concurrency) {
		*ret_text = "so many sessions were served while others were "
		            "refused";
		return throttle_fastest(STEP_CONCURRENCY, evidence->alive);
	}
	*ret_text = "it refuses the present step";
	return step_slower(step) == NULL ? step_find("r1")
	                                 : throttle_fall(evidence);
}

static const struct step *
next_rate(const struct throttle_evidence *evidence, const char **ret_text,
    struct why *why)
{
	const struct step *step = evidence->step, *target;

	*ret_text = "it refuses the present step";
	if (!throttle_is_probing(evidence) && step < throttle_trickle()) {
		target = throttle_fall(evidence);
		*ret_text = "a trickle, until it takes mail again";
		return target > throttle_trickle() ? target
		                                   : throttle_trickle();
	}
	if (evidence->step_attempts < TRICKLE_TRIES ||
	    evidence->step_sent * 2 > evidence->step_attempts) {
		(void)why_set(why, -EALREADY,
		    "%s goes to it until it takes mail again", step->text);
		return NULL;
	}
	return step_slower(step);
}

static const struct step *
next(const struct throttle_evidence *evidence, enum step_family family,
    const char **ret_text, struct why *why)
{
	const struct step *step = evidence->step;

	/* a rate limits the sessions as well: fewer shards, then one */
	if (step->family == STEP_RATE &&
	    (family == STEP_RATE || family == STEP_CONCURRENCY))
		return next_rate(evidence, ret_text, why);
	if (step->family != family)
		return first(evidence, family, ret_text);
	if (family == STEP_CONCURRENCY)
		return next_sessions(evidence, ret_text);
	*ret_text = "it refuses the present step";
	return throttle_fall(evidence);
}

int
throttle_law_lower(const struct throttle_evidence *evidence,
    const struct step **ret, const char **ret_text, struct why *why)
{
	const struct step *step = evidence->step, *slower;
	int family = family_of(evidence->cause);

	*why = (struct why){0};
	if (family < 0)
		return why_set(why, -EPERM, "going slower does not cure this");
	if (step != NULL && step->family == STEP_PAUSE)
		return why_set(
		    why, -EALREADY, "nothing is tried until the pause ends");
	if (step == NULL && evidence->step_age_s > 0 &&
	    evidence->last_refused_s >= evidence->step_age_s)
		return why_set(why, -EALREADY,
		    "it refuses nothing since it is at full speed again");
	if (step == NULL) {
		*ret = first(evidence, (enum step_family)family, ret_text);
		return 0;
	}
	if (!throttle_law_is_refused(evidence))
		return why_set(why, -EALREADY,
		    "slowed to %s; %.0f of %.0f tries refused since",
		    step->text, evidence->step_refused,
		    evidence->step_attempts);
	slower = next(evidence, (enum step_family)family, ret_text, why);
	if (slower == NULL)
		return why->code < 0 ? why->code
		                     : why_set(why, -EALREADY,
		                           "%s is the slowest step, and it "
		                           "refuses all the same: slower does "
		                           "not help",
		                           step->text);
	*ret = slower;
	return 0;
}

double
throttle_law_pause_s(const struct throttle_evidence *evidence)
{
	double wait_s =
	    evidence->wait_s > 0 ? evidence->wait_s : PAUSE_UNKNOWN_S;

	return wait_s < PAUSE_MIN_S   ? PAUSE_MIN_S
	       : wait_s > PAUSE_MAX_S ? PAUSE_MAX_S
	                              : wait_s;
}
