/*
 * throttle_world.h - a provider with a limit, and a mail system that sends to it
 *
 * Simulated in steps of 20 ms: sessions, refusals, retries, Postfix's own
 * window, and what a log would tell of it. No real time, no randomness.
 */
#ifndef MAILFIX_TESTS_UNIT_THROTTLE_WORLD_H
#define MAILFIX_TESTS_UNIT_THROTTLE_WORLD_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/mail/throttle_law.h"

#define TICK_S        0.02
#define WORKERS_MAX   20
#define HISTORY_MAX   200000
#define RETRY_CLOCK_S 60.0

enum provider_kind { SESSIONS, FIXED, SLIDING, BUCKET };

struct provider {
	const char *name;
	enum provider_kind kind;
	double limit;  /* sessions; messages in span_s */
	double span_s; /* of a rate */
	enum reply_stage stage;
	double delivery_s; /* how long one message takes */
};

struct worker {
	bool is_busy, is_refused;
	double free_at; /* end of the delivery, or of the delay after it */
	bool is_in_delay;
};

struct sim {
	struct provider provider;
	double now_s, interval_s;
	const struct step *step; /* NULL: full speed */
	struct throttle memory;
	double step_since_s;
	struct worker workers[WORKERS_MAX];
	double window; /* how many sessions the mail system opens */
	double ready, deferred, retry_at;
	/* the provider's memory */
	double accepted_at[HISTORY_MAX];
	size_t accepted;
	double window_begin, window_count, tokens, tokens_at;
	/* the log */
	double refused_at[HISTORY_MAX];
	size_t refused;
	double step_sent, step_refused;
	double alive, alive_at, opened;
	size_t runs, moves;
	size_t refused_later; /* from the second run on */
};

static void
sim_begin(struct sim *sim, const struct provider *provider, double interval_s,
    double messages)
{
	memset(sim, 0, sizeof(*sim));
	sim->provider = *provider;
	sim->interval_s = interval_s;
	sim->ready = messages;
	sim->window = WORKERS_MAX;
	sim->tokens = provider->limit;
	sim->memory.domain = "big.test";
}

static unsigned
sim_sessions(const struct sim *sim)
{
	unsigned count = 0;

	for (size_t i = 0; i < WORKERS_MAX; i++)
		count += sim->workers[i].is_busy && !sim->workers[i].is_refused;
	return count;
}

static size_t
sim_since(const double *times, size_t count, double since_s)
{
	size_t found = 0;

	while (found < count && times[count - 1 - found] > since_s)
		found++;
	return found;
}

/* Would it take one more? */
static bool
sim_admits(struct sim *sim)
{
	struct provider *p = &sim->provider;

	switch (p->kind) {
	case SESSIONS:
		return sim_sessions(sim) < p->limit;
	case FIXED:
		if (sim->now_s >= sim->window_begin + p->span_s) {
			sim->window_begin = sim->now_s;
			sim->window_count = 0;
		}
		if (sim->window_count >= p->limit)
			return false;
		sim->window_count++;
		return true;
	case SLIDING:
		return (double)sim_since(sim->accepted_at, sim->accepted,
		           sim->now_s - p->span_s) < p->limit;
	case BUCKET:
		sim->tokens +=
		    (sim->now_s - sim->tokens_at) * p->limit / p->span_s;
		sim->tokens_at = sim->now_s;
		if (sim->tokens > p->limit)
			sim->tokens = p->limit;
		if (sim->tokens < 1)
			return false;
		sim->tokens -= 1;
		return true;
	}
	return false;
}

static bool
sim_is_early(const struct sim *sim)
{
	return sim->provider.stage == REPLY_STAGE_GREETING;
}

static void
sim_note_refused(struct sim *sim)
{
	unsigned sessions = sim_sessions(sim);

	sim->refused_at[sim->refused++] = sim->now_s;
	sim->step_refused++;
	sim->refused_later += sim->runs > 1;
	if (sessions > sim->alive || sim->now_s > sim->alive_at + 60) {
		sim->alive = sessions;
		sim->alive_at = sim->now_s;
	}
	sim->deferred++;
	sim->retry_at = sim->now_s + RETRY_CLOCK_S;
	/* full speed: the first bad greeting makes the destination dead */
	if (sim_is_early(sim) && sim->step == NULL) {
		sim->deferred += sim->ready;
		sim->ready = 0;
	}
	if (sim_is_early(sim) && sim->step != NULL && sim->window >= 2)
		sim->window -= 1;
}

static void
sim_start(struct sim *sim, struct worker *worker)
{
	bool is_taken = sim_admits(sim);
	unsigned busy = 0;

	sim->ready--;
	worker->is_busy = true;
	worker->is_refused = !is_taken;
	worker->free_at =
	    sim->now_s + (is_taken ? sim->provider.delivery_s : TICK_S);
	for (size_t i = 0; i < WORKERS_MAX; i++)
		busy += sim->workers[i].is_busy;
	if (busy > sim->opened)
		sim->opened = busy;
	if (!is_taken)
		sim_note_refused(sim);
}

static void
sim_end(struct sim *sim, struct worker *worker)
{
	double delay_s = 0;

	if (!worker->is_refused) {
		sim->accepted_at[sim->accepted++] = sim->now_s;
		sim->step_sent++;
		sim->window += sim->step == NULL ? 1 : 0.005;
	}
	if (sim->step != NULL && sim->step->family == STEP_RATE)
		delay_s = sim->step->per_s >= 1 ? 1 : 1 / sim->step->per_s;
	*worker = (struct worker){
	    .is_in_delay = delay_s > 0, .free_at = sim->now_s + delay_s};
}

static size_t
sim_most(const struct sim *sim)
{
	if (sim->step == NULL)
		return WORKERS_MAX;
	if (sim->step->family == STEP_RATE)
		return sim->step->shards;
	return (size_t)(sim->window < sim->step->concurrency
	                    ? sim->window
	                    : sim->step->concurrency);
}

static void
sim_tick(struct sim *sim)
{
	size_t most, busy = 0;

	sim->now_s += TICK_S;
	if (sim->deferred > 0 && sim->now_s >= sim->retry_at) {
		sim->ready += sim->deferred;
		sim->deferred = 0;
	}
	for (size_t i = 0; i < WORKERS_MAX; i++) {
		struct worker *worker = &sim->workers[i];

		if (worker->is_in_delay && worker->free_at <= sim->now_s)
			*worker = (struct worker){0};
		if (worker->is_busy && worker->free_at <= sim->now_s)
			sim_end(sim, worker);
		busy += worker->is_busy || worker->is_in_delay;
	}
	most = sim_most(sim);
	for (size_t i = 0; i < WORKERS_MAX && busy < most && sim->ready >= 1;
	     i++)
		if (!sim->workers[i].is_busy && !sim->workers[i].is_in_delay) {
			sim_start(sim, &sim->workers[i]);
			busy++;
			most = sim_most(sim);
		}
}

static struct throttle_evidence
sim_evidence(const struct sim *sim)
{
	const struct throttle *memory = &sim->memory;
	double begin = sim->now_s - 900;
	size_t sent = sim_since(sim->accepted_at, sim->accepted, begin);
	size_t refused = sim_since(sim->refused_at, sim->refused, begin);
	bool is_rate = sim->provider.kind != SESSIONS;
	struct throttle_evidence evidence = {
	    .domain = memory->domain,
	    .cause = is_rate ? REPLY_CAUSE_RATE : REPLY_CAUSE_CONCURRENCY,
	    .stage = sim->provider.stage,
	    .attempts = (double)(sent + refused),
	    .sent = (double)sent,
	    .refused = (double)refused,
	    .opened = sim->opened,
	    .alive =
	        is_rate || sim->now_s > sim->alive_at + 60 ? 0 : sim->alive,
	    .step = sim->step,
	    .step_age_s = sim->now_s - sim->step_since_s,
	    .step_attempts = sim->step_sent + sim->step_refused,
	    .step_sent = sim->step_sent,
	    .step_refused = sim->step_refused,
	    .too_much = step_find(memory->too_much),
	    .worked = step_find(memory->worked),
	    .rise_wait_s = memory->rise_wait_s,
	    .rise_fails = memory->rise_fails,
	    .taken = memory->taken,
	    .taken_s = memory->taken_s,
	    .since_us = (int64_t)(sim->step_since_s * 1e6),
	    .interval_s = sim->interval_s,
	};

	if (refused > 0) {
		evidence.first_refused_s =
		    sim->now_s - sim->refused_at[sim->refused - refused];
		evidence.last_refused_s =
		    sim->now_s - sim->refused_at[sim->refused - 1];
	}
	/* as naive as can be: what it took in the seconds before it refused */
	evidence.accepted_rate = is_rate ? (double)sent / 5 : 0;
	return evidence;
}

static void
sim_move(struct sim *sim, const struct throttle_evidence *evidence,
    const struct step *to)
{
	throttle_law_remember(evidence, to, &sim->memory);
	sim->step = to;
	sim->step_since_s = sim->now_s;
	sim->step_sent = sim->step_refused = 0;
	sim->window = to == NULL ? WORKERS_MAX : to->concurrency;
	sim->ready += sim->deferred;
	sim->deferred = 0;
	sim->moves++;
	if (getenv("TRACE") != NULL)
		printf("  %6.0f %s -> %s (sent %.0f refused %.0f) wait %.0f "
		       "too_much %s worked %s fails %u\n",
		    sim->now_s, evidence->step ? evidence->step->name : "-",
		    to ? to->name : "-", evidence->step_sent,
		    evidence->step_refused, sim->memory.rise_wait_s,
		    sim->memory.too_much, sim->memory.worked,
		    sim->memory.rise_fails);
}

/* One run of mailfix: down, or up, or nothing. */
static void
sim_run(struct sim *sim)
{
	struct throttle_evidence evidence = sim_evidence(sim);
	const struct step *to = NULL;
	const char *text = NULL;
	struct why why = {0};
	int r = -1;

	sim->runs++;
	if (evidence.refused >= 1 && throttle_law_is_refused(&evidence) &&
	    (sim->step != NULL ||
	        evidence.last_refused_s < evidence.step_age_s))
		r = throttle_law_lower(&evidence, &to, &text, &why);
	if (r < 0 && sim->step != NULL)
		r = throttle_law_raise(&evidence, &to, &why);
	if (r >= 0)
		sim_move(sim, &evidence, to);
}

/* sim_until - go on until a time, or until all is delivered */
static void
sim_until(struct sim *sim, double end_s)
{
	while (sim->now_s < end_s &&
	       (sim->ready > 0 || sim->deferred > 0 || sim_sessions(sim) > 0)) {
		sim_tick(sim);
		if (sim->now_s >= (double)(sim->runs + 1) * sim->interval_s)
			sim_run(sim);
	}
}

#endif
