/*
 * session_retry.c - try again what waits for destinations that are slowed down
 *
 * Purpose  after all steps of a run, and in runs that make none: deferred mail
 *          does not wait for the mail system's own clock
 * Input    facts of this run; what is slowed down now; ids that an observer
 *          chose
 * Errors   noted: what is not tried now, the next run or the mail system tries
 * Runs as  the actor
 * Source   throttle_law.h, throttle_law_retry; postqueue(1)
 *
 * No fix of a problem: nothing is changed that could be undone, no limit is
 * used up, and the exit status does not know of it. The audit log does.
 */
#include <poll.h>
#include <string.h>
#include <time.h>

#include "actions/throttle_plan.h"
#include "agent/base/clock.h"
#include "agent/base/text.h"
#include "agent/main/session.h"
#include "agent/main/stop.h"

/*
 * Idle sessions of the transport before are kept open for 2 s (postconf(5),
 * smtp_connection_cache_time_limit), and hold the places of the new one.
 */
#define SETTLE_MS 2500

/* From this share of what is deferred, one command tries all of it. */
#define ALL_SHARE 0.9

static struct value
destination_cell(
    const struct session *session, const char *domain, const char *column)
{
	return fact_cell_named(session->facts, "destination", domain, column);
}

static bool
is_new(const struct session *session, const struct throttle *throttle)
{
	struct value step = destination_cell(session, throttle->domain, "step");

	return step.kind == VALUE_TEXT &&
	       !text_equal(step.text, throttle->step);
}

/* Without approval only what was approved in this run. */
static bool
is_approved(const struct session *session, bool is_made)
{
	if (is_made || strcmp(session->mode, "yes") == 0)
		return true;
	return strcmp(session->mode, "auto") == 0 &&
	       session->config.auto_risk >= RISK_SAFE;
}

/* How many; 0: none, or it is not known how many wait. */
static double
wanted(const struct session *session, const struct throttle *throttle)
{
	struct value queued =
	    destination_cell(session, throttle->domain, "queued");
	struct value active =
	    destination_cell(session, throttle->domain, "active");
	bool is_made = is_new(session, throttle);
	struct throttle_evidence evidence;

	if (queued.kind != VALUE_NUMBER || active.kind != VALUE_NUMBER ||
	    !throttle_evidence(session->facts, &session->throttles,
	        &session->mta, throttle->domain, &evidence))
		return 0;
	if (!is_approved(session, is_made))
		return 0;
	if (!is_made && queued.number <= active.number)
		return 0;
	return throttle_law_retry(
	    &evidence, queued.number - active.number, active.number, is_made);
}

static void
record(struct session *session, const struct throttle *throttle,
    const struct queue_selection *got, bool is_all)
{
	struct json *ev = json_object_new();

	json_set_text(ev, "destination", throttle->domain);
	json_set_text(ev, "step", throttle->step);
	json_set_int(ev, "messages", (int64_t)got->count);
	json_set_int(ev, "waiting", (int64_t)got->matched);
	json_set_text(ev, "by", is_all ? "the whole queue" : "each message");
	session_record(session, "retry", ev);
}

/* Through a relay goes what no other row is for: any domain. */
static const char *
recipients_of(const struct session *session, const struct throttle *throttle)
{
	const struct mta_throttle *sending = session->mta.throttle;

	return sending != NULL && sending->relay != NULL &&
	               strcmp(sending->relay->name, throttle->domain) == 0
	           ? NULL
	           : throttle->domain;
}

/* 1: the whole queue is being tried again, also for others. */
static int
retry(struct session *session, const struct throttle *throttle, double most)
{
	const struct mta_ops *ops = session->mta.ops;
	struct queue_query query = {
	    .state = "deferred",
	    .destination = recipients_of(session, throttle),
	    .max = most < QUEUE_SELECT_MAX ? (size_t)most : QUEUE_SELECT_MAX,
	};
	struct queue_selection got = {0};
	struct why why = {0};
	bool is_all;
	int r = session->host.select(session, &query, &got, &why);

	if (r == 0 && got.count == 0)
		return 0;
	is_all = (double)got.count >= ALL_SHARE * (double)got.in_state;
	if (r == 0) {
		record(session, throttle, &got, is_all);
		if (session->bar != NULL)
			return 0;
		r = ops->queue_command(&session->mta,
		    is_all ? MTA_QUEUE_FLUSH_ALL : MTA_QUEUE_FLUSH, query.state,
		    got.ids, got.count, &why);
	}
	if (r < 0) {
		session_note(session,
		    "What waits for %s could not be tried again: %s.",
		    throttle->domain, why.text);
		return 0;
	}
	session_note(session,
	    "%zu of %zu waiting messages to %s are tried again, at its pace.",
	    got.count, got.matched, throttle->domain);
	return is_all ? 1 : 0;
}

/* Until sessions of the transport before have ended. */
static void
settle(const struct session *session)
{
	int64_t left_ms = session->reloaded_ms + SETTLE_MS - clock_boot_ms();
	struct timespec pause = {
	    .tv_sec = left_ms / 1000, .tv_nsec = left_ms % 1000 * 1000000};

	if (session->reloaded_ms > 0 && left_ms > 0)
		(void)ppoll(NULL, 0, &pause, NULL);
}

void
session_retry(struct session *session)
{
	bool is_settled = false;

	/* the mail system may be half replaced: its own clock tries later */
	if (!session->may_change || session->bar != NULL ||
	    session->maintenance != NULL || session->mta.ops == NULL ||
	    session->mta.ops->queue_command == NULL)
		return;
	for (size_t i = 0; i < session->slowed.count; i++) {
		const struct throttle *throttle = &session->slowed.rows[i];
		double most = wanted(session, throttle);

		if (most < 1 || stop_is_asked(NULL) || session->bar != NULL)
			continue;
		if (!is_settled)
			settle(session);
		is_settled = true;
		if (retry(session, throttle, most) > 0)
			return;
	}
}
