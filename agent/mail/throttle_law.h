/*
 * throttle_law.h - how fast: the next speed step of a destination, from evidence
 *
 * Pure: evidence in, a step out. All times are by the clock, nothing is told
 * in runs, so that a timer may run each 5 seconds or each 5 minutes.
 *
 * Down at once, and by what was seen: so many sessions as were served while
 * others were refused; so many messages a second as were taken. A rate begins
 * with a trickle, which finds out when the window of the other side has passed
 * at the price of a few refusals, and then goes to its target. Up one step at a
 * time when all is well; a step that was refused before is tried again after
 * a wait that doubles each time.
 */
#ifndef MAILFIX_MAIL_THROTTLE_LAW_H
#define MAILFIX_MAIL_THROTTLE_LAW_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/why.h"
#include "agent/mail/reply.h"
#include "agent/mail/step.h"
#include "agent/mail/throttle.h"

/* A number that is not known, or that does not apply, is 0 or less. */
struct throttle_evidence {
	const char *domain;
	enum reply_cause cause;
	enum reply_stage stage;

	/* in the window of the log */
	double attempts, sent;
	double refused; /* for that cause */
	double first_refused_s, last_refused_s;
	double opened, alive;            /* sessions */
	double accepted_rate, said_rate; /* messages a second */
	double per_session;              /* messages it took in one */
	double
	    usual; /* of this provider: sessions, messages a second, in one */
	double wait_s; /* it says when to come back */

	/* now, and since then */
	const struct step *step; /* NULL: full speed */
	double step_age_s, step_attempts, step_sent, step_refused;

	/* what is remembered */
	const struct step *too_much, *worked;
	double rise_wait_s;
	unsigned rise_fails;
	double pause_s;
	double taken, taken_s; /* before the trickle; throttle.h */
	int64_t since_us;      /* of the last step: what jitter is made from */

	double interval_s; /* between two runs of mailfix */
	/* what full speed is limited to by the admin's own settings */
	double normal_sessions, normal_rate;
};

/*
 * throttle_law_cures - is going slower a remedy for that cause at all?
 * No for whatever is about who we are or what we send: only advice helps.
 */
bool throttle_law_cures(enum reply_cause cause);

/* throttle_law_is_refused - does the present step get too many refusals? */
bool throttle_law_is_refused(const struct throttle_evidence *evidence);

/*
 * throttle_law_lower - the step that the refusals ask for
 *
 * *ret_text says from what it was chosen: "it served 2 sessions at a time";
 * of static lifetime.
 * Returns 0; -EALREADY: the present one is right, or the slowest (why says
 * which); -EPERM: going slower does not cure this cause.
 */
int throttle_law_lower(const struct throttle_evidence *evidence,
    const struct step **ret, const char **ret_text, struct why *why);

/*
 * throttle_law_raise - the next step up
 * Returns 0; 1 when full speed is next; -EAGAIN: not yet, and why not.
 */
int throttle_law_raise(const struct throttle_evidence *evidence,
    const struct step **ret, struct why *why);

/*
 * throttle_law_retry - how many of the messages that wait to try again now
 *
 * What was deferred for the refusals would else wait for the mail system's
 * own clock, up to an hour.
 *
 * waiting  deferred; active  being delivered
 * is_new   the step was made after the evidence was taken
 * Returns messages, 0: none now; may be more than wait.
 */
double throttle_law_retry(const struct throttle_evidence *evidence,
    double waiting, double active, bool is_new);

/*
 * throttle_law_pause_s - how long to try nothing at all: what the reply says,
 * within reason
 */
double throttle_law_pause_s(const struct throttle_evidence *evidence);

/*
 * throttle_law_remember - what the next run must know, once a step is made
 *
 * evidence  that it was chosen from; its step is the one before
 * to        NULL: full speed
 * ret       too_much, worked, rise_wait_s, rise_fails, pause_s, taken are set
 */
void throttle_law_remember(const struct throttle_evidence *evidence,
    const struct step *to, struct throttle *ret);

#endif
