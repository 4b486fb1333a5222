/*
 * test_log_account.c - who sends from here, and what he usually sends
 *
 * Purpose  unit tests of agent/probes/log_account.c, log_norm.c,
 *          log_tell_account.c, and of agent/mta/postfix_log_message.c
 * Input    lines as Postfix writes them, and as strangers would like them
 * Errors   a failed assertion
 * Runs as  any user
 * Source   agent/probes/log_account.h
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

/* The beginning of an hour. */
#define BEGIN_S 1800000000LL
#define HOUR_S  3600.0

static struct world {
	struct arena *arena;
	struct log_tally *tally;
	struct log_tally_with with;
	struct fact_set *set;
	double now_s;
	unsigned next, named;
} world;

static struct log_user some_users[] = {
    {0,  "root"    },
    {33, "www-data"}
};
static const struct log_users users = {2, some_users};

static int
begin(void **state)
{
	(void)state;
	world = (struct world){.arena = arena_new()};
	world.tally = aligned_alloc(64, log_tally_size());
	log_tally_begin(world.tally, 4711);
	world.with = (struct log_tally_with){.classify = log_classify_new(NULL),
	    .networks = "127.0.0.0/8 192.0.2.0/24",
	    .users = &users};
	log_tally_clock(world.tally, (BEGIN_S + 86400LL * 365) * US_PER_S);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	assert_true(log_tally_check(world.tally, log_tally_size()));
	free(world.tally);
	world.with.classify = log_classify_free(world.with.classify);
	world.arena = arena_free(world.arena);
	return 0;
}

/* line - at the time at hand */
static void __attribute__((format(printf, 2, 3)))
line(const char *program, const char *format, ...)
{
	struct log_line line = {
	    .pid = 7, .program = {program, (uint32_t)strlen(program)}
        };
	struct log_event event;
	char text[2048];
	va_list list;

	va_start(list, format);
	(void)vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	world.now_s += 0.001;
	line.time_us = BEGIN_S * US_PER_S + (int64_t)llround(world.now_s * 1e6);
	line.text = (struct span){text, (uint32_t)strlen(text)};
	(void)postfix_log_parse(&line, &event);
	log_tally_add(world.tally, &world.with, &event);
}

static void
taken(const char *id, const char *client)
{
	line("postfix/submission/smtpd", "%s: client=%s", id, client);
}

static void
queued(const char *id, const char *sender, int recipients)
{
	line("postfix/cleanup", "%s: message-id=<%u@y>", id, world.named++);
	line("postfix/qmgr", "%s: from=<%s>, size=9, nrcpt=%d (queue active)",
	    id, sender, recipients);
}

static void
outcome(const char *id, unsigned recipient, const char *status)
{
	line("postfix/smtp",
	    "%s: to=<r%u@d%u.test>, relay=mx.test[198.51.100.7]:25, delay=9, "
	    "delays=8/1/0.1/0.1, dsn=2.0.0, status=%s",
	    id, recipient, recipient % 50, status);
}

#define OK "sent (250 2.0.0 Ok: queued as AAAAAAAAAA)"
#define UNKNOWN                                                                \
	"bounced (host mx.test[198.51.100.7] said: 550 5.1.1 User unknown "    \
	"(in reply to RCPT TO command))"

/* message - of one login: to so many, the first `bad` of them unknown */
static void
message(const char *who, const char *sender, unsigned first, int count, int bad)
{
	char id[24];

	(void)snprintf(id, sizeof(id), "%010X", 0x4F2A0000U + world.next++);
	taken(id, who);
	queued(id, sender, count);
	for (int i = 0; i < count; i++)
		outcome(id, first + (unsigned)i, i < bad ? UNKNOWN : OK);
	line("postfix/qmgr", "%s: removed", id);
}

#define ALICE                                                                  \
	"home.test[203.0.113.4], sasl_method=PLAIN, sasl_username=alice@a.test"
#define IN_ALICE "login:alice@a.test"

static void
tell(void)
{
	const struct mta mta = {.clients = {.exempt = ""}};
	const struct log_tally_about about = {
	    .now_us = BEGIN_S * US_PER_S + (int64_t)(world.now_s * 1e6),
	    .source = "journal",
	    .mta = &mta};
	struct fact_out *out;

	world.set = fact_set_new(world.arena);
	out = fact_out_to_set(world.set);
	log_tally_tell(world.tally, &world.with, &about, out);
	(void)fact_out_end(out);
	fact_out_free(out);
}

static struct value
cell(const char *table, const char *key, const char *column)
{
	return probe_cell(world.set, table, key, column);
}

static void
assert_count(const char *key, const char *column, double want)
{
	const struct value got = cell("account", key, column);

	if (got.kind != VALUE_NUMBER || got.number < want - 0.001 ||
	    got.number > want + 0.001)
		fail_msg("%s.%s: %g, not %g (%s)", key, column, got.number,
		    want, got.text != NULL ? got.text : "");
}

static void
assert_about(const char *key, const char *column, double want, double share)
{
	const struct value got = cell("account", key, column);

	if (got.kind != VALUE_NUMBER || fabs(got.number - want) > share * want)
		fail_msg(
		    "%s.%s: %g, not about %g", key, column, got.number, want);
}

static void
assert_text(
    const char *table, const char *key, const char *column, const char *want)
{
	const struct value got = cell(table, key, column);

	assert_int_equal(got.kind, VALUE_TEXT);
	assert_string_equal(got.text, want);
}

static size_t
rows(const char *table)
{
	return fact_table_get(world.set, schema_table_find(table, NULL))->count;
}

static void
test_login(void **state)
{
	(void)state;
	message(ALICE, "alice@a.test", 0, 3, 1);
	message(ALICE, "Sales@Other.test", 0, 1, 0);
	message(ALICE, "alice@a.test", 0, 2, 0);
	/* a stranger's mail, and one that only says it is of our network */
	message("mx.test[203.0.113.9]", "x@y.test", 0, 1, 0);
	message(
	    "b.test[203.0.113.9], sasl_sender=x, sasl_username=alice@a.test",
	    "x@y.test", 0, 1, 0);
	tell();
	assert_int_equal(rows("account"), 1);
	assert_count(IN_ALICE, "messages", 3);
	assert_count(IN_ALICE, "recipients", 6);
	assert_count(IN_ALICE, "sent", 5);
	assert_count(IN_ALICE, "bounced", 1);
	assert_count(IN_ALICE, "outside", 3);
	assert_count(IN_ALICE, "times", 6 / 50.0);
	assert_text("account", IN_ALICE, "kind", "login");
	assert_text("account", IN_ALICE, "sender", "alice@a.test");
	assert_text("account", IN_ALICE, "sender_domain", "a.test");
	assert_int_equal(cell("account", IN_ALICE, "norm").kind, VALUE_UNKNOWN);
	assert_true(cell("account", IN_ALICE, "is_new").is_true);
	assert_int_equal(rows("sender_domain"), 2);
	assert_true(cell("sender_domain", "a.test", "messages").number > 1.5);
	assert_true(
	    cell("sender_domain", "other.test", "messages").number < 1.5);
}

static void
test_uid_and_client(void **state)
{
	(void)state;
	line("postfix/pickup", "4F2A1B2C3D: uid=33 from=<www@a.test>");
	queued("4F2A1B2C3D", "www@a.test", 2);
	outcome("4F2A1B2C3D", 1, UNKNOWN);
	outcome("4F2A1B2C3D", 2, OK);
	/* requeued by postsuper -r: nobody's */
	line(
	    "postfix/pickup", "4F2A1B2C3E: uid=0 from=<a@b> orig_id=4F2A1B2C3");
	queued("4F2A1B2C3E", "a@b", 1);
	message("app.test[192.0.2.7]", "app@a.test", 10, 4, 0);
	message("localhost[127.0.0.1]", "web@a.test", 20, 1, 0);
	tell();
	assert_int_equal(rows("account"), 3);
	assert_count("uid:33", "messages", 1);
	assert_count("uid:33", "bounced", 1);
	assert_text("account", "uid:33", "user", "www-data");
	assert_text("account", "client:192.0.2.7", "user", "");
	assert_count("client:192.0.2.7", "recipients", 4);
	assert_count("client:127.0.0.1", "messages", 1);
}

/* A retry is no new message, and an id of before is another message. */
static void
test_queue_ids(void **state)
{
	(void)state;
	taken("4F2A1B2C3D", ALICE);
	for (int i = 0; i < 3; i++)
		queued("4F2A1B2C3D", "alice@a.test", 5);
	outcome("4F2A1B2C3D", 1, OK);
	/* its bounce under the same id, a stranger's message under another */
	queued("4F2A1B2C3D", "", 1);
	outcome("4F2A1B2C3D", 2, UNKNOWN);
	taken("4F2A1B2C3E", ALICE);
	queued("4F2A1B2C3E", "alice@a.test", 1);
	taken("4F2A1B2C3E", "mx.test[203.0.113.9]");
	queued("4F2A1B2C3E", "x@y.test", 7);
	outcome("4F2A1B2C3E", 3, UNKNOWN);
	tell();
	assert_count(IN_ALICE, "messages", 2);
	assert_count(IN_ALICE, "recipients", 6);
	assert_count(IN_ALICE, "sent", 1);
	assert_count(IN_ALICE, "bounced", 0);
}

/* What a content filter gives back is the same message. */
static void
test_filter(void **state)
{
	(void)state;
	/* it says which one it was */
	taken("4F2A1B2C31", ALICE);
	queued("4F2A1B2C31", "alice@a.test", 2);
	taken("4F2A1B2C41", "localhost[127.0.0.1], orig_queue_id=4F2A1B2C31, "
	                    "orig_client=home.test[203.0.113.4]");
	queued("4F2A1B2C41", "alice@a.test", 2);
	line("postfix/smtp-amavis/smtp",
	    "4F2A1B2C31: to=<r1@d1.test>, relay=127.0.0.1[127.0.0.1]:10024, "
	    "delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 from "
	    "MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 4F2A1B2C41)");
	outcome("4F2A1B2C41", 1, UNKNOWN);
	outcome("4F2A1B2C41", 2, OK);
	/* its answer says which one it is: of a login, and of a stranger */
	taken("4F2A1B2C32", ALICE);
	queued("4F2A1B2C32", "alice@a.test", 1);
	for (int i = 2; i < 4; i++) {
		line("postfix/smtpd",
		    "4F2A1B2C4%d: client=localhost[127.0.0.1]", i);
		line("postfix/qmgr",
		    "4F2A1B2C4%d: from=<a@a.test>, size=1, nrcpt=1 (queue "
		    "active)",
		    i);
		line("postfix/smtp",
		    "4F2A1B2C3%d: to=<r%d@d.test>, relay=127.0.0.1[127.0.0.1]:"
		    "10024, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent "
		    "(250 2.0.0 Ok: queued as 4F2A1B2C4%d)",
		    i, i, i);
	}
	outcome("4F2A1B2C42", 7, UNKNOWN);
	outcome("4F2A1B2C43", 8, UNKNOWN);
	tell();
	assert_int_equal(rows("account"), 1);
	assert_count(IN_ALICE, "messages", 2);
	assert_count(IN_ALICE, "recipients", 3);
	assert_count(IN_ALICE, "bounced", 2);
	assert_count(IN_ALICE, "sent", 1);
}

/* handed - to a filter on the loopback, whose answer is the mail system's own */
static void
handed(const char *id, int recipient, const char *after)
{
	line("postfix/smtp",
	    "%s: to=<r%d@d.test>, relay=127.0.0.1[127.0.0.1]:10024, delay=1, "
	    "delays=1/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as "
	    "%s)",
	    id, recipient, after);
}

/* One line of each recipient: the message is given back once. */
static void
test_filter_recipients(void **state)
{
	(void)state;
	taken("4F2A1B2C32", ALICE);
	queued("4F2A1B2C32", "alice@a.test", 2);
	taken("4F2A1B2C42", "localhost[127.0.0.1]");
	queued("4F2A1B2C42", "alice@a.test", 2);
	handed("4F2A1B2C32", 1, "4F2A1B2C42");
	handed("4F2A1B2C32", 2, "4F2A1B2C42");
	/* and one that says it is what alice sent herself is not believed */
	handed("4F2A1B2C77", 2, "4F2A1B2C32");
	outcome("4F2A1B2C42", 1, UNKNOWN);
	tell();
	assert_int_equal(rows("account"), 1);
	assert_count(IN_ALICE, "messages", 1);
	assert_count(IN_ALICE, "recipients", 2);
	assert_count(IN_ALICE, "bounced", 1);
}

/*
 * simple_filter - FILTER_README's: pipe(8) hands it over, sendmail(1) gives
 * it back
 */
static void
simple_filter(unsigned n, unsigned uid, const char *client, const char *sender)
{
	char id[24], after[24];

	(void)snprintf(id, sizeof(id), "%010X", 0x4F2A0000U + 2 * n);
	(void)snprintf(after, sizeof(after), "%010X", 0x4F2A0001U + 2 * n);
	taken(id, client);
	line("postfix/cleanup", "%s: message-id=<%u.2026@mx.test>", id, n);
	line("postfix/qmgr", "%s: from=<%s>, size=9, nrcpt=1 (queue active)",
	    id, sender);
	line("postfix/pickup", "%s: uid=%u from=<%s>", after, uid, sender);
	line("postfix/cleanup", "%s: message-id=<%u.2026@mx.test>", after, n);
	line("postfix/pipe",
	    "%s: to=<r%u@d%u.test>, relay=filter, delay=0.19, "
	    "delays=0.1/0.01/0/0.08, dsn=2.0.0, status=sent (delivered via "
	    "filter service)",
	    id, n, n % 50);
	line("postfix/qmgr", "%s: removed", id);
	line("postfix/qmgr", "%s: from=<%s>, size=9, nrcpt=1 (queue active)",
	    after, sender);
	outcome(after, n, n % 2 == 0 ? UNKNOWN : OK);
	line("postfix/qmgr", "%s: removed", after);
}

static const uid_t filter_uid = 990;
static const struct mta_filters filters = {
    .hosts = "192.0.2.25 scan.here.test", .uids = &filter_uid, .uid_count = 1};

/* The configuration names it: it is no account, nor was it before. */
static void
test_pipe_filter_named(void **state)
{
	(void)state;
	line("postfix/pickup", "4F2A1B2C31: uid=990 from=<a@a.test>");
	queued("4F2A1B2C31", "a@a.test", 1);
	tell();
	assert_int_equal(rows("account"), 1);
	world.with.filters = &filters;
	for (unsigned n = 0; n < 300; n++)
		simple_filter(n, 990, ALICE, "alice@a.test");
	line("postfix/pickup", "4F2A1B2C32: uid=99 from=<b@a.test>");
	queued("4F2A1B2C32", "b@a.test", 1);
	tell();
	assert_int_equal(rows("account"), 2);
	assert_count(IN_ALICE, "messages", 300);
	assert_count("uid:99", "messages", 1);
	assert_text("log", "", "flood_account", "none");
}

/* Nothing names it: what it gives back has passed before. */
static void
test_pipe_filter_unnamed(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 300; n++)
		simple_filter(n, 990,
		    n % 3 == 0 ? "mx.test[203.0.113.9]" : ALICE,
		    "alice@a.test");
	tell();
	assert_count("uid:990", "messages", 0);
	assert_count("uid:990", "recipients", 0);
	assert_count("uid:990", "bounced", 0);
	assert_count("uid:990", "passed_on", 300);
	assert_count("uid:990", "passed_share", 1);
	assert_count(IN_ALICE, "messages", 200);
	assert_count(IN_ALICE, "passed_on", 0);
	assert_text("log", "", "flood_account", "none");
}

/* A name that an account gives to several messages of its own is no sign. */
static void
test_same_name(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		line("postfix/pickup", "4F2A1B2C%02X: uid=33 from=<www@a.test>",
		    i);
		line("postfix/cleanup", "4F2A1B2C%02X: message-id=<1@a.test>",
		    i);
		line("postfix/qmgr",
		    "4F2A1B2C%02X: from=<www@site%u.test>, size=9, nrcpt=1 "
		    "(queue active)",
		    i, i % 20);
	}
	/* no name at all, and a login that has another's */
	line("postfix/pickup", "4F2A1B2D31: uid=34 from=<a@a.test>");
	line("postfix/cleanup", "4F2A1B2D31: message-id=<>");
	line("postfix/qmgr", "4F2A1B2D31: from=<a@a.test>, size=9, nrcpt=1 "
	                     "(queue active)");
	line("postfix/pickup", "4F2A1B2D32: uid=35 from=<a@a.test>");
	line("postfix/cleanup", "4F2A1B2D32: message-id=<>");
	line("postfix/qmgr", "4F2A1B2D32: from=<a@a.test>, size=9, nrcpt=1 "
	                     "(queue active)");
	taken("4F2A1B2D33", ALICE);
	line("postfix/cleanup", "4F2A1B2D33: message-id=<1@a.test>");
	line("postfix/qmgr", "4F2A1B2D33: from=<a@a.test>, size=9, nrcpt=1 "
	                     "(queue active)");
	tell();
	assert_count("uid:33", "messages", 40);
	assert_count("uid:33", "passed_share", 0);
	assert_about("uid:33", "sender_domains", 20, 0.2);
	assert_count("uid:34", "messages", 1);
	assert_count("uid:35", "messages", 1);
	assert_count(IN_ALICE, "messages", 1);
}

/* Answers to strangers, by the uid of who delivers and by a login. */
static void
test_null_sender(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		char id[24];

		(void)snprintf(id, sizeof(id), "4F2A1B2C%02X", i);
		line("postfix/pickup", "%s: uid=33 from=<>", id);
		queued(id, "", 1);
		outcome(id, i, UNKNOWN);
		line("postfix/qmgr",
		    "%s: from=<>, size=9, nrcpt=1 (queue active)", id);
		outcome(id, i, UNKNOWN);
	}
	line("postfix/pickup", "4F2A1B2D31: uid=33 from=<a@a.test>");
	queued("4F2A1B2D31", "a@a.test", 1);
	outcome("4F2A1B2D31", 1, OK);
	message(ALICE, "", 0, 5, 5);
	tell();
	assert_count("uid:33", "messages", 1);
	assert_count("uid:33", "recipients", 1);
	assert_count("uid:33", "bounced", 0);
	assert_count("uid:33", "sent", 1);
	/* nothing that counts: no account at all */
	assert_int_equal(rows("account"), 1);
}

/* Redirects have the sender they came with, or one that was rewritten. */
static void
test_redirects(void **state)
{
	static const char *const forms[][2] = {
	    {"a@from",                  ".test"	                       },
	    {"SRS0=Hs1h=4Q=from",       ".test=a=b@here.test"                 },
	    {"srs0+Hs1h=4Q=from",       ".test=a@here.test"                   },
	    {"SRS1=Hs1h=from",          ".test==Hx2=4Q=other.test=a@here.test"},
	    {"SRS0=Hs1h=4Q=one.test=a", "@here.test"                          },
	    {"SRS0=from",               ".test@here.test"                     },
	};

	(void)state;
	for (unsigned n = 0; n < ARRAY_COUNT(forms); n++)
		for (unsigned i = 0; i < 30; i++) {
			char id[24], sender[80];

			(void)snprintf(id, sizeof(id), "4F2A1B%u%02X", n, i);
			(void)snprintf(sender, sizeof(sender), "%s%u%s",
			    forms[n][0], i, forms[n][1]);
			line("postfix/pickup", "%s: uid=%u from=<%s>", id,
			    990 + n, sender);
			queued(id, sender, 1);
		}
	tell();
	for (unsigned n = 0; n < 4; n++) {
		char key[16];

		(void)snprintf(key, sizeof(key), "uid:%u", 990 + n);
		assert_about(key, "sender_domains", 30, 0.3);
	}
	assert_count("uid:994", "sender_domains", 1);
	assert_count("uid:995", "sender_domains", 1);
}

/* Filters elsewhere that say nothing of whose mail it is. */
static void
test_client_filter(void **state)
{
	(void)state;
	world.with.filters = &filters;
	message("unknown[192.0.2.25]", "a@a.test", 0, 3, 3);
	message("scan.here.test[192.0.2.26]", "a@a.test", 0, 3, 3);
	message("app.here.test[192.0.2.27]", "a@a.test", 0, 3, 3);
	/* unnamed: a stranger's message comes again from our network */
	for (unsigned n = 0; n < 2; n++) {
		taken(n == 0 ? "4F2A1B2D33" : "4F2A1B2D34",
		    n == 0 ? "mx.test[203.0.113.9]" : "f.test[192.0.2.28]");
		line("postfix/cleanup", "4F2A1B2D3%u: message-id=<7@s.test>",
		    n + 3);
		line("postfix/qmgr",
		    "4F2A1B2D3%u: from=<s@s.test>, size=9, nrcpt=1 (queue "
		    "active)",
		    n + 3);
		outcome(n == 0 ? "4F2A1B2D33" : "4F2A1B2D34", 1, UNKNOWN);
	}
	tell();
	assert_int_equal(rows("account"), 2);
	assert_count("client:192.0.2.27", "recipients", 3);
	assert_count("client:192.0.2.28", "messages", 0);
	assert_count("client:192.0.2.28", "bounced", 0);
	assert_count("client:192.0.2.28", "passed_on", 1);
}

/* A proxy of this host: its client is none, but for what its answer says. */
static void
test_loopback_filter(void **state)
{
	static const struct mta_filters here = {.hosts = "127.0.0.0/8"};

	(void)state;
	world.with.filters = &here;
	message("localhost[127.0.0.1]", "web@a.test", 20, 1, 1);
	taken("4F2A1B2C32", ALICE);
	queued("4F2A1B2C32", "alice@a.test", 1);
	taken("4F2A1B2C42", "localhost[127.0.0.1]");
	queued("4F2A1B2C42", "alice@a.test", 1);
	handed("4F2A1B2C32", 1, "4F2A1B2C42");
	outcome("4F2A1B2C42", 1, UNKNOWN);
	tell();
	assert_int_equal(rows("account"), 1);
	assert_count(IN_ALICE, "messages", 1);
	assert_count(IN_ALICE, "bounced", 1);
}

/* Words of clients, senders and servers that look like those of the log. */
static void
test_hostile_words(void **state)
{
	(void)state;
	taken("4F2A1B2C31",
	    "x.test[203.0.113.4], sasl_method=PLAIN, sasl_username=mallory, "
	    "sasl_sender=a, sasl_username=alice@a.test, orig_queue_id=4F2A1B2C");
	queued("4F2A1B2C31", "x>, size=1, nrcpt=9999 (queue active)", 1);
	/* a server elsewhere says what it took it as: not one of ours */
	taken("4F2A1B2C32", "localhost[127.0.0.1]");
	queued("4F2A1B2C32", "web@a.test", 1);
	line("postfix/smtp",
	    "4F2A1B2C31: to=<r1@d1.test>, relay=mx.test[198.51.100.7]:25, "
	    "delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 queued as "
	    "4F2A1B2C32)");
	line("postfix/pickup", "4F2A1B2C33: uid=x from=<a>");
	line("postfix/pickup", "4F2A1B2C33: uid=");
	line("postfix/qmgr",
	    "4F2A1B2C33: from=<, size=1, nrcpt= (queue active)");
	line("postfix/qmgr", "4F2A1B2C33: from=< (queue active)");
	tell();
	assert_int_equal(rows("account"), 2);
	assert_count("login:mallory", "recipients", 1);
	assert_count("login:mallory", "sent", 1);
	assert_count("client:127.0.0.1", "messages", 1);
}

/* The norm: busy hours, learned over days; a flood is none. */
static void
test_norm(void **state)
{
	(void)state;
	for (int hour = 0; hour < 30; hour++) {
		world.now_s = hour * HOUR_S;
		for (int i = 0; i < 4; i++)
			message(ALICE, "alice@a.test", (unsigned)i * 5, 5, 0);
	}
	tell();
	assert_count(IN_ALICE, "norm", 20);
	assert_count(IN_ALICE, "norm_messages", 4);
	assert_about(IN_ALICE, "times", 1, 0.01);
	assert_count(IN_ALICE, "fresh", 0);
	assert_false(cell("account", IN_ALICE, "is_new").is_true);
	assert_text("log", "", "flood_account", "none");
	/* 400 strangers, of whom 160 are unknown */
	world.now_s = 40 * HOUR_S;
	for (unsigned i = 0; i < 40; i++)
		message(ALICE, "x@spam.test", 1000 + i * 10, 10, 4);
	tell();
	assert_about(IN_ALICE, "times", 20, 0.01);
	assert_count(IN_ALICE, "bounced", 160);
	assert_count(IN_ALICE, "bounce_share", 0.4);
	assert_about(IN_ALICE, "outside", 400, 0.35);
	assert_true(cell("account", IN_ALICE, "fresh_share").number > 0.8);
	assert_text("account", IN_ALICE, "sender", "x@spam.test");
	assert_text("log", "", "flood_account",
	    "login:alice@a.test: 400 recipients in 15 min, 160 refused");
	/* an hour later, and after a newsletter that few refuse */
	world.now_s = 42 * HOUR_S;
	message(ALICE, "alice@a.test", 0, 5, 0);
	tell();
	assert_count(IN_ALICE, "norm", 20);
	world.now_s = 43 * HOUR_S;
	for (unsigned i = 0; i < 40; i++)
		message(ALICE, "news@a.test", 5000 + i * 10, 10, 0);
	world.now_s = 45 * HOUR_S;
	message(ALICE, "alice@a.test", 0, 1, 0);
	tell();
	assert_about(IN_ALICE, "norm", 210, 0.02);
}

/* Many accounts: the busy one is not pushed out. */
static void
test_many(void **state)
{
	char who[128], id[24];

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		(void)snprintf(who, sizeof(who),
		    "h.test[203.0.113.4], sasl_method=PLAIN, sasl_username=u%u",
		    i);
		(void)snprintf(id, sizeof(id), "%010X", i);
		taken(id, who);
		queued(id, "a@b.test", 1);
		if (i % 10 == 0)
			message(ALICE, "alice@a.test", i, 2, 1);
	}
	tell();
	assert_int_equal(rows("account"), 100);
	assert_count(IN_ALICE, "messages", 500);
	assert_count(IN_ALICE, "bounced", 500);
}

int
main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
	    CASE(test_login),
	    CASE(test_uid_and_client),
	    CASE(test_queue_ids),
	    CASE(test_filter),
	    CASE(test_filter_recipients),
	    CASE(test_pipe_filter_named),
	    CASE(test_pipe_filter_unnamed),
	    CASE(test_same_name),
	    CASE(test_null_sender),
	    CASE(test_redirects),
	    CASE(test_client_filter),
	    CASE(test_loopback_filter),
	    CASE(test_hostile_words),
	    CASE(test_norm),
	    CASE(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
