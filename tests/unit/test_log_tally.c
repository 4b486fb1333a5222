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
		/* not told by who delivers here, and no try all the same */
		line(10 + i, "postfix/smtp", 9,
		    "%010X: to=<a@big.test>, relay=none, delay=9, "
		    "delays=9/0/0/0, dsn=4.7.0, status=deferred (delivery "
		    "temporarily suspended: connect to " HOST
		    ":25: Connection timed out)",
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
	assert_near("lines", LOG("lines"), 120, 120);
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
	/* the same process, the same message, another destination */
	line(12, "postfix/smtp", 7,
	    "4F2A1B2C3D: to=<b@innocent.test>, relay=mx3[192.0.2.9]:25, "
	    "delay=9, delays=8/1/0.1/0.1, dsn=2.0.0, status=sent (250 ok)");
	sent(14, 7, 4, "big.test", 0.1);
	tell();
	assert_near("r421 of who came after",
	    number("destination", "innocent.test", "r421"), 0, 0);
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

/* Two connections kept for the next message, with longer pauses than work. */
static void
test_alive_between_messages(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		double at = i * 0.1;

		for (unsigned c = 0; c < 2; c++)
			line(at + 0.02 + c * 0.05, "postfix/smtp", 100 + (int)c,
			    "%010X: to=<a@big.test>, relay=" HOST ":25, "
			    "conn_use=%u, delay=9, delays=8/1/0.01/0.01, "
			    "dsn=2.0.0, status=sent (250 2.0.0 Ok)",
			    100 + i * 2 + c, i + 1);
		refused(at + 0.09, 300, 100000 + i, "big.test", 0.005,
		    "refused to talk to me: " BUSY);
	}
	tell();
	assert_near("alive", BIG("alive"), 2, 2);
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

/* What a step did: only by its own transport, only since it holds. */
static void
test_step(void **state)
{
	const char *const by[] = {"postfix/mailfix-c2/smtp", "postfix/smtp",
	    "postfix/mailfix-c20/smtp"};

	(void)state;
	world.throttle = (struct throttle){.domain = "big.test",
	    .step = "c2",
	    .since_us = BEGIN_S * US_PER_S + 100 * US_PER_S,
	    .age_s = 60,
	    .too_much = "c5",
	    .rise_wait_s = 20};
	world.throttles =
	    (struct throttle_list){.rows = &world.throttle, .count = 1};
	world.with.throttles = &world.throttles;
	for (unsigned i = 0; i < 60; i++)
		line(80.3 + i, by[i / 20], 7,
		    "%010X: to=<a@big.test>, relay=" HOST ":25, delay=9, "
		    "delays=8/1/0.1/0, dsn=4.7.0, status=deferred (host " HOST
		    " refused to talk to me: " BUSY ")",
		    i);
	for (unsigned i = 0; i < 30; i++)
		line(150 + i, by[0], 7,
		    "%010X: to=<a@big.test>, relay=" HOST ":25, delay=9, "
		    "delays=8/1/0.1/0, dsn=2.0.0, status=%s",
		    100 + i,
		    i % 3 == 0 ? "sent (250 ok)"
		    : i % 3 == 1
		        ? "deferred (host " HOST " refused to talk to me: " BUSY
		          ")"
		        : "deferred (host " HOST
		          " said: 450 4.7.1 Greylisted, try later (in reply to "
		          "RCPT TO command))");
	tell();
	assert_near("step_attempts", BIG("step_attempts"), 30, 30);
	assert_near("step_sent", BIG("step_sent"), 10, 10);
	assert_near("step_refused", BIG("step_refused"), 10, 10);
	assert_near("step_share", BIG("step_share"), 1 / 3.0, 1 / 3.0);
	assert_near("r421", BIG("r421"), 70, 70);
	assert_string_equal(text("destination", "big.test", "step"), "c2");
	assert_string_equal(text("destination", "big.test", "too_much"), "c5");
	assert_string_equal(
	    text("destination", "big.test", "transport"), "mailfix-c2");
	/* another step: counts begin anew; no mail: its row stays */
	world.throttle.since_us += 600 * US_PER_S;
	log_tally_clock(world.tally, (BEGIN_S + 86400) * US_PER_S);
	world.now_s += 2000;
	tell();
	assert_near("attempts", BIG("attempts"), 0, 0);
	assert_near("step_attempts", BIG("step_attempts"), 0, 0);
}

static void
step_line(double at_s, unsigned id, const char *transport, const char *domain)
{
	char program[64];

	(void)snprintf(program, sizeof(program), "postfix/%s/smtp", transport);
	line(at_s, program, 7,
	    "%010X: to=<a@%s>, relay=" HOST ":25, delay=9, "
	    "delays=8/1/0.1/0, dsn=4.7.0, status=deferred (host " HOST
	    " refused to talk to me: " BUSY ")",
	    id, domain);
}

/*
 * Domains that begin to share sessions: what was refused while those of before
 * were under way is no evidence against any of them.
 */
static void
test_step_of_group(void **state)
{
	struct throttle rows[] = {
	    {.domain = "big.test",   .step = "c1", .group = "[mx.big.test]"},
	    {.domain = "small.test", .step = "c1", .group = "[mx.big.test]"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		rows[i].since_us = (BEGIN_S + 100) * US_PER_S;
	world.throttles =
	    (struct throttle_list){.rows = rows, .count = ARRAY_COUNT(rows)};
	world.with.throttles = &world.throttles;
	for (unsigned i = 0; i < 10; i++) {
		step_line(101 + i, i, "mailfix-c1", "big.test");
		step_line(101 + i, 100 + i, "mailfix-c1", "small.test");
	}
	tell();
	assert_near("step_refused", BIG("step_refused"), 10, 10);
	/* one of small.test's old sessions: of big.test's, too */
	step_line(112, 200, "mailfix-c2", "small.test");
	tell();
	assert_near("step_refused", BIG("step_refused"), 0, 0);
	assert_near("step_attempts", BIG("step_attempts"), 0, 0);
	step_line(113, 201, "mailfix-c1", "big.test");
	/* long after the step it is somebody else's doing */
	step_line(140, 202, "mailfix-c2", "small.test");
	tell();
	assert_near("step_refused", BIG("step_refused"), 1, 1);
	/* each for itself: what was before is told by its transport alone */
	rows[1].group = NULL;
	step_line(120, 203, "mailfix-c2", "small.test");
	tell();
	assert_near("step_refused", BIG("step_refused"), 1, 1);
}

/* What a relay refuses is one row, and its step's; the rest by domain. */
static void
test_relay(void **state)
{
	static const char *const hosts[] = {"Smart.test", NULL};
	static const struct mta_relay relay = {
	    .name = "smart.test", .hosts = hosts};
	static const struct mta_throttle sending = {
	    .transport = "smtp", .relay = &relay};

	(void)state;
	world.with.sending = &sending;
	world.throttle = (struct throttle){.domain = "smart.test",
	    .step = "c2",
	    .since_us = BEGIN_S * US_PER_S + 100 * US_PER_S,
	    .age_s = 60};
	world.throttles =
	    (struct throttle_list){.rows = &world.throttle, .count = 1};
	world.with.throttles = &world.throttles;
	for (unsigned i = 0; i < 40; i++)
		line(80 + i,
		    i < 20 ? "postfix/smtp" : "postfix/mailfix-c2/smtp", 7,
		    "%010X: to=<a@d%u.test>, relay=smart.test[192.0.2.9]:587, "
		    "delay=9, delays=8/1/0.1/0, dsn=4.7.0, status=%s",
		    i, i,
		    i % 2 == 0
		        ? "sent (250 ok)"
		        : "deferred (host smart.test[192.0.2.9] said: "
		          "454 Throttling failure: Maximum sending rate "
		          "exceeded. (in reply to end of DATA command))");
	line(130, "postfix/smtp", 7,
	    "00000000A1: to=<a@big.test>, relay=" HOST ":25, delay=9, "
	    "delays=8/1/0.1/0, dsn=4.7.0, status=deferred (host " HOST
	    " refused to talk to me: " BUSY ")");
	line(131, "postfix/relay/smtp", 7,
	    "00000000A2: to=<a@inside.test>, relay=smart.test[192.0.2.9]:587, "
	    "delay=9, delays=8/1/0.1/0, dsn=4.7.0, status=deferred (host "
	    "smart.test[192.0.2.9] refused to talk to me: " BUSY ")");
	tell();
#define RELAY(column) number("destination", "smart.test", column)
	assert_near("attempts", RELAY("attempts"), 40, 40);
	assert_near("sent", RELAY("sent"), 20, 20);
	assert_near("r4xx", RELAY("r4xx"), 20, 20);
	assert_near("step_attempts", RELAY("step_attempts"), 20, 20);
	assert_near("step_refused", RELAY("step_refused"), 10, 10);
	assert_string_equal(text("destination", "smart.test", "cause"), "rate");
	assert_string_equal(
	    text("destination", "smart.test", "transport"), "mailfix-c2");
	assert_near("r421 of big.test", BIG("r421"), 1, 1);
	assert_near("r421 of inside.test",
	    number("destination", "inside.test", "r421"), 1, 1);
}

/* One try of one process, to a server at an address. */
static void
try(unsigned id, const char *peer, const char *status)
{
	line(10 + id, "postfix/smtp", 7,
	    "%010X: to=<a@d%u.test>, relay=%s, delay=9, delays=8/1/0.1/0, "
	    "dsn=4.7.0, status=%s",
	    id, id, peer, status);
}

/* Who was reached at port 25, and who was not: of the world, by family. */
static void
test_reached(void **state)
{
	(void)state;
	try(1, "mx.a.test[192.0.2.7]:25", "sent (250 ok)");
	try(2, "mx.a.test[2001:db8::7]:25",
	    "deferred (host mx.a.test[2001:db8::7] said: 450 4.7.1 Later (in "
	    "reply to RCPT TO command))");
	/* no server of the world at the port of mail */
	try(3, "filter[10.0.0.7]:25", "sent (250 ok)");
	try(4, "mx.a.test[192.0.2.7]:587", "sent (250 ok)");
	try(5, "none",
	    "deferred (connect to mx.b.test[192.168.0.7]:25: "
	    "Connection timed out)");
	try(6, "none",
	    "deferred (connect to mx.b.test[192.0.2.8]:25: "
	    "Connection timed out)");
	/* two addresses: each is one */
	line(17, "postfix/smtp", 7,
	    "connect to mx.b.test[2001:db8::8]:25: Connection refused");
	try(7, "none",
	    "deferred (connect to mx.b.test[192.0.2.8]:25: "
	    "Connection timed out)");
	/* taken by nobody knows whom; not looked up; an old refusal */
	try(8, "mx.c.test[192.0.2.9]:25",
	    "deferred (lost connection with mx.c.test[192.0.2.9] while "
	    "receiving the initial server greeting)");
	try(9, "none",
	    "deferred (Host or domain name not found. Name service error for "
	    "name=mx.d.test type=A: Host not found, try again)");
	try(10, "none",
	    "deferred (delivery temporarily suspended: connect to "
	    "mx.b.test[192.0.2.8]:25: Connection timed out)");
	/* the greeting was said */
	try(11, "mx.e.test[192.0.2.10]:25",
	    "deferred (conversation with mx.e.test[192.0.2.10] timed out while "
	    "sending RCPT TO)");
	tell();
	assert_near("v4", number("log", NULL, "reached_v4"), 2, 2);
	assert_near("v6", number("log", NULL, "reached_v6"), 1, 1);
	assert_near("not v4", number("log", NULL, "unreached_v4"), 2, 2);
	assert_near("not v6", number("log", NULL, "unreached_v6"), 1, 1);
}

/* With a relay: the relay, wherever it is, at its own port. */
static void
test_reached_relay(void **state)
{
	static const char *const hosts[] = {"smart.test", NULL};
	static const struct mta_relay relay = {
	    .name = "smart.test", .hosts = hosts, .port = 587};
	static const struct mta_throttle sending = {
	    .transport = "smtp", .relay = &relay};

	(void)state;
	world.with.sending = &sending;
	try(1, "smart.test[10.0.0.9]:587", "sent (250 ok)");
	try(2, "smart.test[fd00::9]:587", "sent (250 ok)");
	try(3, "smart.test[10.0.0.9]:25", "sent (250 ok)");
	try(4, "mx.a.test[192.0.2.7]:25", "sent (250 ok)");
	try(5, "mx.a.test[192.0.2.7]:587", "sent (250 ok)");
	tell();
	assert_near("v4", number("log", NULL, "reached_v4"), 1, 1);
	assert_near("v6", number("log", NULL, "reached_v6"), 1, 1);
}

static void
test_per_session(void **state)
{
	(void)state;
	for (unsigned i = 1; i < 6; i++)
		line(10 + i, "postfix/smtp", 7,
		    "%010X: to=<a@big.test>, relay=" HOST
		    ":25, conn_use=%u, delay=9, delays=8/1/0.1/0, dsn=4.7.0, "
		    "status=deferred (host " HOST
		    " said: 421 4.7.0 Too many messages in this connection, "
		    "please reconnect (in reply to MAIL FROM command))",
		    i, i == 3 ? 11U : 21U);
	tell();
	assert_string_equal(text("destination", "big.test", "cause"),
	    "messages-per-connection");
	assert_near("per_session", BIG("per_session"), 10, 10);
}

/* 100,000 domains in a window; the busy ones among them stay exact. */
static void
test_many(void **state)
{
	enum { TOP = 40 };

	(void)state;
	srand(1);
	for (unsigned i = 0; i < 110000; i++) {
		const double at = 5 + i * 0.008;
		char domain[32];

		if (i % 11 == 0) { /* 10000: 250 for each of the top */
			(void)snprintf(domain, sizeof(domain), "top%u.test",
			    (i / 11) % TOP);
			if ((i / 11) % TOP % 2 == 0)
				sent(at, 7, i, domain, 0.001);
			else
				refused(at, 8, i, domain, 0.001,
				    "refused to talk to me: " BUSY);
			continue;
		}
		(void)snprintf(domain, sizeof(domain), "d%u.test", i);
		if (i % 3 != 0)
			sent(at, 9, i, domain, 0.001);
		else
			line(at, "postfix/smtp", 10,
			    "%010X: to=<a@%s>, relay=none, delay=30, "
			    "delays=0/0/0.001/0, dsn=4.4.1, status=deferred "
			    "(connect to %s[192.0.2.1]:25: Connection "
			    "refused)",
			    i, domain, domain);
	}
	tell();
	for (unsigned i = 0; i < TOP; i++) {
		char domain[32];

		(void)snprintf(domain, sizeof(domain), "top%u.test", i);
		assert_near(domain, number("destination", domain, "attempts"),
		    250, 250);
		assert_near(domain, number("destination", domain, "r421"),
		    i % 2 * 250, i % 2 * 250);
		if (i % 2 == 1)
			assert_string_equal(
			    text("destination", domain, "cause"),
			    "concurrency");
	}
	assert_near("destinations", LOG("destinations"), 92000, 108000);
	assert_near("down", LOG("destinations_down"), 25000, 42000);
	assert_near("r421_out", LOG("r421_out"), 5000, 5000);
}

/* The same lines in pieces, each a run of its own, make the same tally. */
static void
mixed_lines(unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++) {
		const double at = 5 + i * 0.37;
		char domain[32];

		srand(i);
		(void)snprintf(
		    domain, sizeof(domain), "d%u.test", (unsigned)rand() % 700);
		switch (rand() % 7) {
		case 0:
			refused(at, rand() % 30, i, domain, 0.1, SLOW);
			break;
		case 1:
			refused(at, rand() % 30, i, domain, 0.1,
			    "refused to talk to me: " BUSY);
			break;
		case 2:
			line(at, "postfix/smtp", rand() % 30,
			    "%010X: host " HOST " said: 421 4.7.0 no (in "
			    "reply to MAIL FROM command)",
			    i + 1);
			break;
		case 3:
			line(at, "postfix/smtpd", rand() % 30,
			    "connect from unknown[192.0.2.%d]", rand() % 200);
			break;
		case 4:
			line(at, "postfix/smtpd", rand() % 30,
			    "disconnect from unknown[192.0.2.%d]",
			    rand() % 200);
			break;
		default:
			sent(at, rand() % 30, i, domain, 0.2);
			break;
		}
	}
}

static void
test_pieces(void **state)
{
	struct log_tally *whole = world.tally;
	const unsigned lines = 6000;

	mixed_lines(0, lines);
	world.with.classify = log_classify_free(world.with.classify);
	for (unsigned piece = 1; piece < 2000; piece *= 7) {
		(void)begin(state);
		for (unsigned i = 0; i < lines; i += piece) {
			log_tally_clock(
			    world.tally, (BEGIN_S + 86400) * US_PER_S);
			mixed_lines(i, i + piece < lines ? i + piece : lines);
			assert_true(
			    log_tally_check(world.tally, log_tally_size()));
		}
		assert_memory_equal(world.tally, whole, log_tally_size());
		free(world.tally);
		world.with.classify = log_classify_free(world.with.classify);
	}
	world.tally = whole;
	world.with.classify = log_classify_new(world.known);
}

/* Bytes of any kind: refused, or harmless. */
static void
test_hostile(void **state)
{
	unsigned char *bytes = (unsigned char *)world.tally;
	unsigned good = 0;

	(void)state;
	mixed_lines(0, 3000);
	assert_false(log_tally_check(world.tally, log_tally_size() - 1));
	for (unsigned i = 0; i < 400; i++) {
		srand(i);
		for (unsigned many = 0; many < 1 + i % 64; many++)
			bytes[(size_t)rand() * 7919U % log_tally_size()] =
			    (unsigned char)rand();
		if (!log_tally_check(world.tally, log_tally_size())) {
			log_tally_begin(world.tally, 4711);
			log_tally_clock(
			    world.tally, (BEGIN_S + 86400) * US_PER_S);
			mixed_lines(0, 300);
			continue;
		}
		good++;
		mixed_lines(i * 10, i * 10 + 300);
		if (i % 20 == 0)
			tell();
	}
	assert_true(good > 20);
	/* still whole enough to end */
	log_tally_begin(world.tally, 1);
}

#define CLIENT(address, column) number("client", address, column)

static void
test_clients(void **state)
{
	(void)state;
	world.mta.clients.exempt =
	    "!192.0.2.9, 192.0.2.0/25 [2001:db8::]/32 .own.test";
	for (int i = 0; i < 60; i++)
		line(10 + i * 0.01, "postfix/smtpd", 100 + i,
		    "connect from unknown[198.51.100.1]");
	for (int i = 50; i < 60; i++)
		line(11, "postfix/smtpd", 100 + i,
		    "warning: Connection concurrency limit exceeded: %d from "
		    "unknown[198.51.100.1] for service smtp",
		    i + 1);
	for (int i = 0; i < 60; i++)
		line(i < 30 ? 14 : 20, "postfix/smtpd", 100 + i,
		    "disconnect from unknown[198.51.100.1] ehlo=1");
	line(21, "postfix/smtpd", 7, "connect from a.own.test[203.0.113.9]");
	line(21, "postfix/submission/smtpd", 8,
	    "connect from b.test[192.0.2.77]");
	line(21, "postfix/smtpd", 9, "connect from c.test[2001:db8::1]");
	line(21, "postfix/smtpd", 6, "connect from d.test[192.0.2.9]");
	line(22, "postfix/submission/smtpd", 8,
	    "4F2A1B2C3D: client=b.test[192.0.2.77], sasl_method=PLAIN");
	for (int i = 0; i < 3; i++)
		line(23, "postfix/smtpd", 9,
		    "warning: c.test[2001:db8::1]: SASL LOGIN authentication "
		    "failed: UGFzc3dvcmQ6");
	tell();
	assert_near(
	    "connections", CLIENT("198.51.100.1", "connections"), 60, 60);
	assert_near("at_once", CLIENT("198.51.100.1", "at_once"), 60, 60);
	assert_near("r421", CLIENT("198.51.100.1", "r421"), 10, 10);
	assert_string_equal(text("client", "198.51.100.1", "why"), "count");
	assert_fact_bool(world.set, "client", "198.51.100.1", "own", false);
	assert_fact_bool(world.set, "client", "203.0.113.9", "own", true);
	assert_fact_bool(world.set, "client", "192.0.2.77", "own", true);
	assert_fact_bool(world.set, "client", "2001:db8::1", "own", true);
	assert_fact_bool(world.set, "client", "192.0.2.9", "own", false);
	assert_string_equal(
	    text("client", "192.0.2.77", "service"), "submission");
	assert_near("messages", CLIENT("192.0.2.77", "messages"), 1, 1);
	assert_near("auth", CLIENT("2001:db8::1", "auth_failures"), 3, 3);
	assert_near("auth_failures", LOG("auth_failures"), 3, 3);
	assert_near("auth_clients", LOG("auth_clients"), 1, 1);
	assert_near("in_clients", LOG("in_clients"), 10, 10);
	assert_near("r421_in", LOG("r421_in"), 10, 10);
	assert_near("session_time", LOG("session_time"), 3, 10);
	/* a table may list it */
	world.mta.clients.exempt = "hash:/etc/postfix/peers";
	tell();
	assert_int_equal(
	    probe_cell(world.set, "client", "198.51.100.1", "own").kind,
	    VALUE_UNKNOWN);
}

#define FROM_CLIENT "from unknown[198.51.100.1]: "

/* One text, two causes: the milter is away, or it is well and says so. */
static void
test_own_faults(void **state)
{
	(void)state;
	line(10, "postfix/smtpd", 7,
	    "NOQUEUE: milter-reject: CONNECT " FROM_CLIENT
	    "451 4.7.1 Service unavailable - try again later; proto=SMTP");
	line(20, "postfix/smtpd", 7,
	    "warning: connect to Milter service inet:localhost:8891: "
	    "Connection refused");
	line(20, "postfix/smtpd", 7,
	    "NOQUEUE: milter-reject: CONNECT " FROM_CLIENT
	    "451 4.7.1 Service unavailable - try again later; proto=SMTP");
	line(30, "postfix/smtpd", 7,
	    "NOQUEUE: reject: RCPT " FROM_CLIENT
	    "451 4.3.5 Server configuration problem; from=<a>");
	line(40, "postfix/smtpd", 7,
	    "warning: problem talking to server private/policy: timed out");
	line(40, "postfix/smtpd", 7,
	    "NOQUEUE: reject: RCPT " FROM_CLIENT
	    "451 4.3.5 Server configuration problem; from=<a>");
	line(50, "postfix/smtpd", 7,
	    "warning: not enough free space in mail queue: 9 bytes < 10");
	line(50, "postfix/smtpd", 7,
	    "NOQUEUE: reject: MAIL " FROM_CLIENT
	    "452 4.3.1 Insufficient system storage; proto=SMTP");
	line(60, "postfix/master", 1,
	    "warning: service \"smtp\" (25) has reached its process limit "
	    "\"100\": new clients may experience noticeable delays");
	tell();
	assert_near("in_milter", LOG("in_milter"), 1, 1);
	assert_near("in_lookup", LOG("in_lookup"), 1, 1);
	assert_near("in_storage", LOG("in_storage"), 1, 1);
	assert_near("in_processes", LOG("in_processes"), 1, 1);
	assert_near("rejected", LOG("rejected"), 5, 5);
	assert_near("r421_in", LOG("r421_in"), 4, 4);
	assert_string_equal(text("log", "", "milter"), "inet:localhost:8891");
	assert_string_equal(
	    text("log", "", "milter_error"), "Connection refused");
	assert_string_equal(text("log", "", "lookup"), "private/policy");
	assert_string_equal(text("log", "", "full_service"), "smtp");
	assert_fact_bool(world.set, "log", "", "stress", true);
	line(70, "postfix/master", 1, "reload -- version 3.7, configuration /");
	tell();
	assert_fact_bool(world.set, "log", "", "stress", false);
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
	    CASE(test_alive_between_messages),
	    CASE(test_alive_whole_seconds),
	    CASE(test_alive_changes),
	    CASE(test_rate),
	    CASE(test_step),
	    CASE(test_step_of_group),
	    CASE(test_relay),
	    CASE(test_reached),
	    CASE(test_reached_relay),
	    CASE(test_per_session),
	    CASE(test_many),
	    CASE(test_pieces),
	    CASE(test_hostile),
	    CASE(test_clients),
	    CASE(test_own_faults),
	};

	return cmocka_run_group_tests(tests, group_begin, group_end);
}
