/*
 * test_throttle_sim.c - the control law against providers of several kinds
 *
 * Purpose  few refusals and most of the allowed rate, whatever the limit is
 *          like, with runs each 5 s and each 5 min
 * Input    simulated providers
 * Errors   a failed assertion
 * Runs as  any user
 * Source   throttle_law.h
 */
#include "agent/base/auto.h"
#include "agent/base/mem.h"
#include "tests/unit/throttle_world.h"
#include "tests/unit/unit.h"

static const struct provider providers[] = {
    {"2 at greeting",   SESSIONS, 2,    0,    REPLY_STAGE_GREETING,    0.1 },
    {"2 at MAIL",       SESSIONS, 2,    0,    REPLY_STAGE_MAIL,        0.1 },
    {"10 at greeting",  SESSIONS, 10,   0,    REPLY_STAGE_GREETING,    0.1 },
    {"1 at greeting",   SESSIONS, 1,    0,    REPLY_STAGE_GREETING,    0.1 },
    {"60/min fixed",    FIXED,    60,   60,   REPLY_STAGE_END_OF_DATA, 0.06},
    {"60/min sliding",  SLIDING,  60,   60,   REPLY_STAGE_MAIL,        0.06},
    {"60/min bucket",   BUCKET,   60,   60,   REPLY_STAGE_END_OF_DATA, 0.06},
    {"600/min sliding", SLIDING,  600,  60,   REPLY_STAGE_END_OF_DATA, 0.06},
    {"10/s sliding",    SLIDING,  10,   1,    REPLY_STAGE_END_OF_DATA, 0.06},
    {"20/min fixed",    FIXED,    20,   60,   REPLY_STAGE_END_OF_DATA, 0.06},
    {"1000/h fixed",    FIXED,    1000, 3600, REPLY_STAGE_END_OF_DATA, 0.06},
};

/* What every provider is owed, and what every queue is. */
struct demand {
	double interval_s, messages, end_s;
	double used_least; /* of the allowed rate; 0: not asked */
	double
	    refused_most; /* for each message delivered, from the second run */
};

static void
try_all(const struct demand *demand)
{
	for (size_t i = 0; i < ARRAY_COUNT(providers); i++) {
		const struct provider *p = &providers[i];
		struct sim *sim = mem_alloc(1, sizeof(*sim));
		double rate = p->kind == SESSIONS ? p->limit / p->delivery_s
		                                  : p->limit / p->span_s;
		double used, refused;

		sim_begin(sim, p, demand->interval_s, demand->messages);
		sim_until(sim, demand->end_s);
		used = (double)sim->accepted / (sim->now_s * rate);
		refused = (double)sim->refused_later / (double)sim->accepted;
		print_message("%4.0f s, %-16s %6zu in %6.0f s: %3.0f %% used, "
		              "%.3f refused, %zu steps, %s\n",
		    demand->interval_s, p->name, sim->accepted, sim->now_s,
		    100 * used, refused, sim->moves,
		    sim->step != NULL ? sim->step->name : "-");
		assert_true(used >= demand->used_least);
		assert_true(refused <= demand->refused_most);
		free(sim);
	}
}

static void
test_a_few_messages(void **state)
{
	(void)state;
	/* a bucket that is half full again looks like a higher rate at first */
	try_all(&(struct demand){5, 300, 7200, 0, 0.07});
	try_all(&(struct demand){5, 2000, 40000, 0, 0.05});
}

static void
test_all_day(void **state)
{
	(void)state;
	try_all(&(struct demand){5, 20000, 7200, 0.75, 0.05});
}

static void
test_a_slow_timer(void **state)
{
	(void)state;
	try_all(&(struct demand){300, 20000, 21600, 0.30, 0.05});
}

/* The limit goes from 2 to 10, and to 1. A delivery takes 0.12 s in all. */
static void
try_change(enum reply_stage stage, double used_least, size_t refused_most)
{
	static const struct provider two = {
	    "changing", SESSIONS, 2, 0, REPLY_STAGE_GREETING, 0.1};
	struct sim *sim = mem_alloc(1, sizeof(*sim));
	size_t accepted, refused;

	sim_begin(sim, &two, 5, 1e6);
	sim->provider.stage = stage;
	sim_until(sim, 100);
	sim->provider.limit = 10;
	sim_until(sim, 500);
	accepted = sim->accepted;
	sim_until(sim, 600);
	accepted = sim->accepted - accepted;
	print_message("10 at a time: %zu of 8333, %s\n", accepted,
	    sim->step != NULL ? sim->step->name : "-");
	assert_true((double)accepted >= used_least * 8333);
	sim->provider.limit = 1;
	sim_until(sim, 660);
	accepted = sim->accepted;
	refused = sim->refused;
	sim_until(sim, 760);
	print_message("1 at a time: %zu of 833, %zu refused, %s\n",
	    sim->accepted - accepted, sim->refused - refused,
	    sim->step != NULL ? sim->step->name : "-");
	assert_true(sim->accepted - accepted >= 700);
	assert_true(sim->refused - refused <= refused_most);
	free(sim);
}

static void
test_a_limit_that_changes(void **state)
{
	(void)state;
	try_change(REPLY_STAGE_GREETING, 0.7, 30);
	/* one try up costs what is refused until the next run */
	try_change(REPLY_STAGE_MAIL, 0.7, 300);
}

static double
retry(const char *step, double sent, double refused, double last_refused_s)
{
	struct throttle_evidence evidence = {
	    .step = step_find(step),
	    .stage = REPLY_STAGE_GREETING,
	    .step_age_s = 100,
	    .step_attempts = sent + refused,
	    .step_sent = sent,
	    .step_refused = refused,
	    .last_refused_s = last_refused_s,
	    .rise_wait_s = 60,
	};

	return throttle_law_retry(&evidence, 500, 10, false);
}

static void
test_what_waits_is_tried_again(void **state)
{
	const struct throttle_evidence is_new = {
	    .step = step_find("c2"), .step_refused = 50};

	(void)state;
	assert_true(retry("c2", 100, 0, 0) == 500);
	assert_true(retry("c2", 100, 90, 5) == 0); /* it is refused */
	assert_true(retry("c2", 0, 30, 5) == 0);   /* nothing is taken */
	assert_true(retry("c2", 0, 30, 70) == 3);  /* a few, later */
	assert_true(retry("d10", 5, 0, 0) == 0);   /* 10 are at hand */
	assert_true(retry("r1", 5, 0, 0) == 290);  /* 300 s of it */
	assert_true(retry("r1", 5, 5, 1) == 0);    /* refused */
	assert_true(retry("pause", 5, 0, 0) == 0);
	assert_true(retry(NULL, 5, 0, 0) == 0);
	assert_true(throttle_law_retry(&is_new, 0, 500, true) >= 500);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_few_messages),
	    cmocka_unit_test(test_all_day),
	    cmocka_unit_test(test_a_slow_timer),
	    cmocka_unit_test(test_a_limit_that_changes),
	    cmocka_unit_test(test_what_waits_is_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
