/*
 * test_log_tally.c - what is counted, and what is made of it
 *
 * Purpose  unit tests of agent/probes/log_tally.c and its parts
 * Input    lines as Postfix writes them; providers with limits, simulated
 * Errors   a failed assertion
 * Runs as  any user
 * Source   agent/probes/log_tally.h
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/mta/postfix_log.h"
#include "agent/probes/log_part.h"
#include "tests/unit/probe_run.h"

/* The beginning of a minute. */
#define BEGIN_S 1800000000LL

struct world {
	struct arena *arena;
	struct reply_catalogue *catalogue;
	struct log_tally *tally;
	struct log_tally_with with;
	struct throttle throttle;
	struct throttle_list throttles;
	struct mta mta;
	struct fact_set *set;
	double now_s; /* since BEGIN_S */
	bool is_whole;
	struct reply_catalogue *known;
};

static struct world world;

static int
group_begin(void **state)
{
	const char *const paths[] = {"playbooks/replies.ini", NULL};
	struct lint lint = {0};
	struct why why = {0};

	(void)state;
	world.arena = arena_new();
	lint.arena = world.arena;
	if (reply_catalogue_load(
	        world.arena, paths, &lint, &world.known, &why) < 0)
		print_error("%s\n", why.text);
	lint_done(&lint);
	return 0;
}

static int
group_end(void **state)
{
	(void)state;
	world.known = reply_catalogue_free(world.known);
	world.arena = arena_free(world.arena);
	return 0;
}

static int
begin(void **state)
{
	(void)state;
	world.tally = aligned_alloc(64, log_tally_size());
	log_tally_begin(world.tally, 4711);
	world.with =
	    (struct log_tally_with){.classify = log_classify_new(world.known)};
	world.mta = (struct mta){.clients = {.exempt = ""}};
	world.now_s = 0;
	world.is_whole = false;
	log_tally_clock(world.tally, (BEGIN_S + 86400) * US_PER_S);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	assert_true(log_tally_check(world.tally, log_tally_size()));
	free(world.tally);
	world.with.classify = log_classify_free(world.with.classify);
	return 0;
}

/* line - at that many seconds, of that process */
static void __attribute__((format(printf, 4, 5)))
line(double at_s, const char *program, int pid, const char *format, ...)
{
	struct log_line line = {
	    .pid = pid, .program = {program, (uint32_t)strlen(program)}
        };
	struct log_event event;
	char text[2048];
	va_list list;

	va_start(list, format);
	(void)vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	if (world.is_whole)
		at_s = floor(at_s);
	line.time_us = BEGIN_S * US_PER_S + (int64_t)llround(at_s * 1e6);
	line.text = (struct span){text, (uint32_t)strlen(text)};
	(void)postfix_log_parse(&line, &event);
	log_tally_add(world.tally, &world.with, &event);
	if (at_s > world.now_s)
		world.now_s = at_s;
}

#define HOST "mx.big.test[192.0.2.7]"
#define BUSY                                                                   \
	"421 4.7.0 Too many concurrent SMTP connections from this IP address"

static void
sent(double at_s, int pid, unsigned id, const char *domain, double took_s)
{
	line(at_s, "postfix/smtp", pid,
	    "%010X: to=<a@%s>, relay=" HOST ":25, delay=9, "
	    "delays=8/1/%.2g/%.2g, dsn=2.0.0, status=sent (250 2.0.0 Ok)",
	    id, domain, took_s / 2, took_s / 2);
}

static void
refused(double at_s, int pid, unsigned id, const char *domain, double took_s,
    const char *said)
{
	line(at_s, "postfix/smtp", pid,
	    "%010X: to=<a@%s>, relay=" HOST ":25, delay=9, "
	    "delays=8/1/%.2g/0, dsn=4.7.0, status=deferred (host " HOST " %s)",
	    id, domain, took_s, said);
}

static void
tell(void)
{
	const struct log_tally_about about = {
	    .now_us = BEGIN_S * US_PER_S + (int64_t)(world.now_s * 1e6),
	    .source = "journal",
	    .mta = &world.mta};
	struct fact_out *out;

	world.set = fact_set_new(world.arena);
	out = fact_out_to_set(world.set);
	log_tally_tell(world.tally, &world.with, &about, out);
	(void)fact_out_end(out);
	fact_out_free(out);
}

static double
number(const char *table, const char *key, const char *column)
{
	const struct value got = probe_cell(world.set, table, key, column);

	if (got.kind != VALUE_NUMBER)
		fail_msg("%s[%s].%s: %s", table, key, column,
		    got.kind == VALUE_UNKNOWN ? got.text : "no number");
	return got.number;
}

static const char *
text(const char *table, const char *key, const char *column)
{
	const struct value got = probe_cell(world.set, table, key, column);

	if (got.kind != VALUE_TEXT)
		fail_msg("%s[%s].%s: %s", table, key, column,
		    got.kind == VALUE_UNKNOWN ? got.text : "no text");
	return got.text;
}

static void
assert_near(const char *what, double got, double least, double most)
{
	if (!(got >= least && got <= most))
		fail_msg("%s is %g, not %g to %g", what, got, least, most);
}

#define BIG(column) number("destination", "big.test", column)
#define LOG(column) number("log", "", column)

/* One message with 50 recipients, refused once, then again 5 s later. */
static void
test_recipients(void **state)
{
	(void)state;
	for (int again = 0; again < 2; again++)
		for (int i = 0; i < 50; i++)
			line(10 + 5 * again + i * 0.001, "postfix/smtp", 7,
			    "4F2A1B2C3D: to=<u%d@Big.TEST.>, relay=" HOST
			    ":25, delay=9, delays=8/1/0.1/0.1, dsn=4.7.0, "
			    "status=deferred (host " HOST " said: 421 4.7.0 "
			    "slow down (in reply to MAIL FROM command))",
			    i);
	tell();
	assert_near("attempts", BIG("attempts"), 2, 2);
	assert_near("r421", BIG("r421"), 2, 2);
	assert_near("deferred", BIG("deferred"), 2, 2);
	assert_near("cause_count", BIG("cause_count"), 2, 2);
	assert_near("r421_out", LOG("r421_out"), 2, 2);
	assert_near("log.deferred", LOG("deferred"), 2, 2);
	assert_near("lines", LOG("lines"), 100, 100);
	assert_string_equal(text("destination", "big.test", "stage"), "mail");
	assert_string_equal(text("destination", "big.test", "relay"), HOST);
}

/* One with some recipients taken and some refused is one, with both. */
static void
test_mixed(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		sent(10, 7, 1, "big.test", 1);
		refused(10, 7, 1, "big.test", 1,
		    "said: 450 4.2.1 mailbox busy (in reply to RCPT TO "
		    "command)");
	}
	tell();
	assert_near("attempts", BIG("attempts"), 1, 1);
	assert_near("sent", BIG("sent"), 1, 1);
	assert_near("r4xx", BIG("r4xx"), 1, 1);
	assert_near("log.sent", LOG("sent"), 5, 5);
}

/* Old refusals, our own pauses, deliveries to here: never an attempt. */
static void
test_repeats(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 30; i++) {
		line(10 + i, "postfix/error", 9,
		    "%010X: to=<a@big.test>, relay=none, delay=9, "
		    "delays=9/0/0/0, dsn=4.7.0, status=deferred (delivery "
		    "temporarily suspended: host " HOST
		    " refused to talk to me: " BUSY ")",
		    i);
		line(10 + i, "postfix/retry", 9,
		    "%010X: to=<a@big.test>, relay=none, delay=9, "
		    "delays=9/0/0/0, dsn=4.7.0, status=deferred (paused by "
		    "mailfix until 12:00)",
		    i);
		line(10 + i, "postfix/local", 9,
		    "%010X: to=<a@here.test>, relay=local, delay=9, "
		    "delays=9/0/0/0, dsn=4.7.0, status=deferred (no space)",
		    i);
	}
	tell();
	assert_near("destinations", LOG("destinations"), 0, 0);
	assert_near("deferred", LOG("deferred"), 0, 0);
	assert_near("r421_out", LOG("r421_out"), 0, 0);
	assert_near("lines", LOG("lines"), 90, 90);
}

/* A server that was passed over counts for the destination, once. */
static void
test_passed_over(void **state)
{
	(void)state;
	line(8, "postfix/smtp", 7,
	    "connect to " HOST ":25: Connection "
	    "timed out");
	sent(9, 7, 3, "big.test", 0.1);
	line(10, "postfix/smtp", 7,
	    "4F2A1B2C3D: host " HOST " refused to talk to me: " BUSY);
	sent(11, 8, 2, "other.test", 0.1);
	line(11, "postfix/smtp", 7,
	    "4F2A1B2C3D: to=<a@big.test>, relay=mx2[192.0.2.8]:25, delay=9, "
	    "delays=8/1/0.1/0.1, dsn=2.0.0, status=sent (250 ok)");
	sent(14, 7, 4, "big.test", 0.1);
	tell();
	assert_near("attempts", BIG("attempts"), 3, 3);
	assert_near("sent", BIG("sent"), 3, 3);
	assert_near("r421", BIG("r421"), 1, 1);
	assert_near("timeouts", BIG("timeouts"), 1, 1);
	assert_near("share_down", BIG("share_down"), 0, 0);
	assert_near(
	    "r421 of other", number("destination", "other.test", "r421"), 0, 0);
	assert_string_equal(
	    text("destination", "big.test", "cause"), "concurrency");
	assert_string_equal(
	    text("destination", "big.test", "stage"), "greeting");
}

static void
test_down(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 10; i++)
		line(10 + i, "postfix/smtp", 7,
		    "%010X: to=<a@d%u.test>, relay=none, delay=30, "
		    "delays=0/0/30/0, dsn=4.4.1, status=deferred (connect to "
		    "mx%u.test[192.0.2.%u]:25: Connection timed out)",
		    i, i % 5, i % 5, i % 5);
	sent(30, 7, 77, "up.test", 1);
	tell();
	assert_near("destinations", LOG("destinations"), 6, 6);
	assert_near("down", LOG("destinations_down"), 5, 5);
	assert_near("timeouts", LOG("timeouts"), 10, 10);
	assert_near(
	    "share_down", number("destination", "d1.test", "share_down"), 1, 1);
	assert_string_equal(text("destination", "d1.test", "cause"), "network");
	assert_string_equal(text("destination", "d1.test", "side"), "network");
}

/* The cause with the most refusals is told, with its own latest reply. */
static void
test_causes(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 9; i++)
		refused(10 + i, 7, i, "big.test", 0.1,
		    i % 3 == 2 ? "said: 451 4.7.1 Greylisted, please try "
		                 "again later (in reply to RCPT TO command)"
		               : "refused to talk to me: " BUSY);
	refused(20, 7, 99, "big.test", 0.1,
	    "said: 451 4.7.1 Greylisted, please try again later (in reply to "
	    "RCPT TO command)");
	tell();
	assert_string_equal(
	    text("destination", "big.test", "cause"), "concurrency");
	assert_near("cause_count", BIG("cause_count"), 6, 6);
	assert_string_equal(text("destination", "big.test", "reply"),
	    "host " HOST " refused to talk to me: " BUSY);
	assert_near("first", BIG("first_refused"), 10, 10);
	assert_near("last", BIG("last_refused"), 0, 0);
}

/* The window: what is older counts no more, minute by minute. */
static void
test_window(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++)
		refused(i * 60, 7, (unsigned)i, "big.test", 0.1,
		    "refused to talk to me: " BUSY);
	sent(39 * 60, 8, 777, "a.test", 0.1);
	/* a stamp of long ago, and one of the future */
	refused(60, 7, 500, "big.test", 0.1, "refused to talk to me: " BUSY);
	tell();
	assert_near("r421", BIG("r421"), 16, 16);
	assert_near("attempts", BIG("attempts"), 16, 16);
	world.now_s += 2000;
	tell();
	assert_null(fact_row_find(
	    fact_table_get(world.set, schema_table_find("destination", NULL)),
	    "big.test"));
	assert_near("r421_out", LOG("r421_out"), 0, 0);
}

/* A session as the log will tell it, at its end. */
struct session {
	double end_s, took_s;
	bool is_served;
	int pid;
};

static int
session_compare(const void *a, const void *b)
{
	const struct session *left = a, *right = b;

	return left->end_s < right->end_s ? -1 : left->end_s > right->end_s;
}

#define SESSIONS_MAX 20000

/* A provider that takes so many at a time; processes that come at random. */
static void
concurrency(unsigned limit, unsigned processes, unsigned seed)
{
	AUTO_FREE struct session *sessions =
	    mem_alloc(SESSIONS_MAX, sizeof(*sessions));
	double until[64] = {0};
	bool is_served[64] = {false};
	unsigned count = 0, served = 0;

	srand(seed);
	for (double now = 5; now < 25; now += 0.0005) {
		for (unsigned i = 0; i < processes; i++) {
			double took = 0.08 + 0.1 * rand() / RAND_MAX;

			if (until[i] > now || count == SESSIONS_MAX)
				continue;
			served -= is_served[i];
			is_served[i] = false;
			/* the queue manager gives it the next one, soon */
			if (rand() % 30 != 0)
				continue;
			is_served[i] = served < limit;
			served += is_served[i];
			if (!is_served[i])
				took = 0.02;
			until[i] = now + took;
			sessions[count++] = (struct session){
			    until[i], took, is_served[i], 100 + (int)i};
		}
	}
	qsort(sessions, count, sizeof(*sessions), session_compare);
	for (unsigned i = 0; i < count; i++)
		if (sessions[i].is_served)
			sent(sessions[i].end_s, sessions[i].pid, i, "big.test",
			    sessions[i].took_s);
		else
			refused(sessions[i].end_s, sessions[i].pid, i,
			    "big.test", sessions[i].took_s,
			    "refused to talk to me: " BUSY);
}

static void
test_alive(void **state)
{
	static const unsigned limits[] = {1, 2, 5, 10};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(limits); i++)
		for (unsigned seed = 1; seed <= 5; seed++) {
			(void)end(NULL);
			(void)begin(NULL);
			concurrency(limits[i], 20, seed);
			tell();
			assert_near(
			    "alive", BIG("alive"), limits[i], limits[i] * 1.2);
			assert_near("opened", BIG("opened"), limits[i], 22);
			assert_string_equal(
			    text("destination", "big.test", "cause"),
			    "concurrency");
		}
}

static void
test_alive_whole_seconds(void **state)
{
	static const unsigned limits[] = {1, 2, 5, 10};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(limits); i++) {
		(void)end(NULL);
		(void)begin(NULL);
		world.is_whole = true;
		concurrency(limits[i], 20, 3);
		tell();
		assert_near(
		    "alive", BIG("alive"), limits[i] * 0.8, limits[i] * 1.2);
	}
}

/* The limit changes; what is told follows. */
static void
test_alive_changes(void **state)
{
	(void)state;
	concurrency(10, 20, 1);
	for (unsigned i = 0; i < 400; i++) {
		/* one session at a time, refusals beside it */
		sent(30 + i * 0.1, 100, 100000 + i, "big.test", 0.09);
		refused(30.05 + i * 0.1, 101, 200000 + i, "big.test", 0.01,
		    "refused to talk to me: " BUSY);
	}
	tell();
	assert_near("alive", BIG("alive"), 1, 1);
}

/* A provider's rate, tried as fast as it goes, each message 50 ms */
typedef bool takes(double now_s, unsigned *count, double *since_s);

static bool
takes_60_a_minute(double now_s, unsigned *count, double *since_s)
{
	if (now_s >= *since_s + 60) {
		*since_s = now_s;
		*count = 0;
	}
	return (*count)++ < 60;
}

static bool
takes_500_an_hour(double now_s, unsigned *count, double *since_s)
{
	if (now_s >= *since_s + 3600) {
		*since_s = now_s;
		*count = 0;
	}
	return (*count)++ < 500;
}

/* a bucket of 10, one a second into it */
static bool
takes_one_a_second(double now_s, unsigned *count, double *since_s)
{
	double filled = now_s - *since_s;

	if (filled - *count > 10) {
		*since_s = now_s - 10;
		*count = 0;
		filled = 10;
	}
	if (filled < *count + 1)
		return false;
	(*count)++;
	return true;
}

#define SLOW                                                                   \
	"said: 421 4.7.28 Our system has detected an unusual rate of mail, too many messages, rate limit exceeded (in reply to end of DATA command)"

/* drive - 4 processes, from 30 s on, for so long; tells what is known then */
static double
drive(takes *provider, double for_s, double apart_s)
{
	unsigned count = 0, id = 1;
	double since = 30;

	for (double now = 30; now < 30 + for_s; now += apart_s) {
		id++;
		if (provider(now, &count, &since))
			sent(now, 100 + (int)(id % 4), id, "big.test", 0.05);
		else
			refused(now, 100 + (int)(id % 4), id, "big.test", 0.05,
			    SLOW);
	}
	tell();
	return BIG("accepted_rate");
}

static void
test_rate(void **state)
{
	static const struct {
		const char *what;
		takes *provider;
		double for_s, apart_s, least, most;
	} cases[] = {
	    {"60/min, 6 s",   takes_60_a_minute,  6,    0.05, 0.8,  1.2 },
	    {"60/min, 40 s",  takes_60_a_minute,  40,   0.05, 0.8,  1.2 },
	    {"60/min, 119 s", takes_60_a_minute,  119,  0.05, 0.8,  1.2 },
	    {"60/min, 600 s", takes_60_a_minute,  600,  0.05, 0.9,  1.1 },
	    {"1/s, 15 s",     takes_one_a_second, 15,   0.05, 0.3,  1.3 },
	    {"1/s, 40 s",     takes_one_a_second, 40,   0.05, 0.8,  1.2 },
	    {"1/s, 300 s",    takes_one_a_second, 300,  0.05, 0.9,  1.1 },
	    {"500/h, 900 s",  takes_500_an_hour,  900,  0.2,  0.3,  0.7 },
	    {"500/h, 3500 s", takes_500_an_hour,  3500, 0.2,  0.12, 0.16},
	    {"500/h, 8000 s", takes_500_an_hour,  8000, 0.2,  0.12, 0.16},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		(void)end(NULL);
		(void)begin(NULL);
		assert_near(cases[i].what,
		    drive(cases[i].provider, cases[i].for_s, cases[i].apart_s),
		    cases[i].least, cases[i].most);
		assert_string_equal(
		    text("destination", "big.test", "cause"), "rate");
	}
}

int
main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
	    CASE(test_recipients),
	    CASE(test_mixed),
	    CASE(test_repeats),
	    CASE(test_passed_over),
	    CASE(test_down),
	    CASE(test_causes),
	    CASE(test_window),
	    CASE(test_alive),
	    CASE(test_alive_whole_seconds),
	    CASE(test_alive_changes),
	    CASE(test_rate),
	};

	return cmocka_run_group_tests(tests, group_begin, group_end);
}
