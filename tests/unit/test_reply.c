/*
 * test_reply.c - replies: taken apart, and what they mean
 *
 * Purpose  a code is found where a server said it and nowhere else; every text
 *          of tests/data/replies.tsv gets its cause and side in every form
 * Input    tests/data/replies.tsv, playbooks/replies.ini
 * Errors   a failing test
 * Runs as  any user
 * Source   agent/mail/reply.h
 */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/base/file.h"
#include "agent/base/text.h"
#include "agent/mail/reply.h"
#include "tests/unit/unit.h"

/* The check of who may write a file is not what is tried here. */
#define CATALOGUE "playbooks/replies.ini"
#define KNOWN     "tests/data/replies.tsv"

struct world {
	struct arena *arena;
	struct reply_catalogue *catalogue;
};

static int
world_begin(void **state)
{
	const char *const paths[] = {CATALOGUE, NULL};
	struct world *world = mem_alloc(1, sizeof(*world));
	struct lint lint = {0};
	struct why why = {0};
	int rc;

	world->arena = arena_new();
	lint.arena = world->arena;
	rc = reply_catalogue_load(
	    world->arena, paths, &lint, &world->catalogue, &why);
	for (size_t i = 0; i < lint.count; i++)
		print_error("%s:%d: %s\n", lint.errors[i].file,
		    lint.errors[i].line, lint.errors[i].text);
	lint_done(&lint);
	*state = world;
	return rc;
}

static int
world_end(void **state)
{
	struct world *world = *state;

	world->catalogue = reply_catalogue_free(world->catalogue);
	world->arena = arena_free(world->arena);
	free(world);
	return 0;
}

static struct reply
read_text(const struct world *world, const char *text)
{
	struct reply reply;

	reply_read(
	    world->arena, text, strlen(text), REPLY_STAGE_UNKNOWN, &reply);
	return reply;
}

#define POSTFIX                                                                \
	"Nov 22 10:00:00 mx1 postfix/smtp[421]: 4211B2C3D4: "                  \
	"to=<u@big.test>, relay=mx.big.test[192.0.2.42]:421, delay=421, "      \
	"delays=421/0/0/421, dsn=4.2.1, "

static void
test_read(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *enhanced;
		enum reply_stage stage;
		const char *words, *relay;
	} cases[] = {
	    {"421 4.7.0 Too many",	                                             421, "4.7.0",  0,                       "Too many",                 NULL         },
	    {"421",	                                                            421, NULL,     0,                       "",                         NULL         },
	    {"421-4.7.28 Gmail has\n421-4.7.28 detected\n421 4.7.28 it",               421,
             "4.7.28",	                                                                        0,                       "Gmail has detected it",    NULL         },
	    {"421-Gmail has 421-detected 421 it",                                      421, NULL,     0,
             "Gmail has detected it",	                                                                                                              NULL         },
	    {POSTFIX "status=deferred (host mx.big.test[192.0.2.9] said: "
	             "421-4.7.28 a 421-4.7.28 b 421 4.7.28 c (in reply to end "
	             "of DATA command))",	                         421, "4.7.28", REPLY_STAGE_END_OF_DATA, "a b c",                    "mx.big.test"},
	    {POSTFIX "status=deferred (host mx.big.test[192.0.2.9] refused to "
	             "talk to me: 421 4.7.0 no (really))",	        421, "4.7.0",  REPLY_STAGE_GREETING,    "no (really)",
             "mx.big.test"	                                                                                                                                      },
	    {"Diagnostic-Code: smtp; 450 4.7.1\n <u@big.test>: Greylisted\n"
	     "Last-Attempt-Date: Mon, 1 Jan 2026 00:00:00 +0000",         450, "4.7.1",  0,                       "<u@big.test>: Greylisted", NULL         },
	    {"Remote-MTA: dns; mx.big.test\nDiagnostic-Code: X-Postfix; "
	     "host mx.big.test[192.0.2.9] said: 452 4.3.1 full",          452, "4.3.1",  0,                       "full",                     "mx.big.test"},
	    {"1abc-def-421 H=mx.big.test [192.0.2.1]: SMTP error from remote "
	     "mail server after MAIL FROM:<a@b> SIZE=421: 450 4.1.8 no",  450, "4.1.8",  REPLY_STAGE_MAIL,        "no",                       "mx.big.test"},
	    {"delivery 421: deferral: Connected_to_192.0.2.1_but_greeting_"
	     "failed./Remote_host_said:_421_Too_many_of_you/",            421, NULL,     REPLY_STAGE_GREETING,    "Too many of you",          NULL         },
	    {"451 4.4.0 Primary target IP address responded with: \"421 4.2.1 "
	     "Unable to connect.\" Attempted failover to alternate host", 421, "4.2.1",  0,                       "Unable to connect.",       NULL         },
	    {"to=<u@big.test>, delay=00:04:21, relay=mx.big.test. "
	     "[192.0.2.9], dsn=4.2.1, stat=Deferred: 421 4.3.2 busy",     421, "4.3.2",  0,                       "busy",                     "mx.big.test"},
	    {"relay=\"192.0.2.9 (mx.big.test)\" result=\"TempFail\" "
	     "stat=\"421 4.7.0 go\"",	                             421, "4.7.0",  0,                       "go",                       NULL         },
	    {"NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.7.25 no "
	     "name; from=<421@b> to=<c@d> proto=ESMTP helo=<x421>",       450, "4.7.25", REPLY_STAGE_RCPT,        "no name",                  NULL         },
	    {"> 421 4.7.0 quoted\n> in a mail",                                        421, "4.7.0",  0,
             "quoted in a mail",	                                                                                                                   NULL         },
	    {"<p>421&nbsp;4.7.0 <b>busy</b><br>now</p>",                               421, "4.7.0",  0,
             "busy now",	                                                                                                                           NULL         },
	    {"421 4.7.0 f=C3=BCr die=\n se Adresse",                                   421, "4.7.0",  0,
             "f\xc3\xbcr die se Adresse",	                                                                                                          NULL         },
	    {"the server answered \"421 4.7.0 no\" to us",                             421, "4.7.0",  0,
             "no",	                                                                                                                                 NULL         },
	    {"we get SMTP error 421 too many connections",                             421, NULL,     0,
             "too many connections",	                                                                                                               NULL         },
	    {"421 #4.4.5 Too many connections to this host.",                          421, "4.4.5",  0,
             "Too many connections to this host.",	                                                                                                 NULL         },
	    {"451 qq write error (#4.3.0)",	                                    451, "4.3.0",  0,
             "qq write error (#4.3.0)",	                                                                                                            NULL         },
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct reply reply = read_text(*state, cases[i].text);

		print_message("# %s\n", cases[i].text);
		assert_int_equal(reply.code, cases[i].code);
		assert_true(text_equal(reply.enhanced, cases[i].enhanced));
		assert_int_equal(reply.stage, cases[i].stage);
		assert_string_equal(reply.text, cases[i].words);
		assert_true(text_equal(reply.relay, cases[i].relay));
	}
}

static void
test_read_nothing(void **state)
{
	static const char *const cases[] = {"", " ", "[421]", ":421",
	    "dsn=4.2.1", "421 messages in the queue", "4211B2C3D4",
	    "size=421, nrcpt=421 (queue active)", "host421.example.com",
	    "connect from host421.example.com[192.0.2.42]",
	    "192.0.2.421 421.example.com", "1421 times", "421st try",
	    "pid: 421 is gone", "waited 421 s for 421 messages",
	    "delivered 421 messages to 421 users",
	    POSTFIX "status=deferred (lost connection with "
	            "mx.big.test[192.0.2.9] while sending RCPT TO)",
	    "Nov 22 10:00:00 mx1 postfix/qmgr[421]: 4211B2C3D4: "
	    "from=<421@b.test>, size=421, nrcpt=421 (queue active)"};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct reply reply = read_text(*state, cases[i]);

		print_message("# %s\n", cases[i]);
		assert_int_equal(reply.code, 0);
		assert_non_null(reply.text);
	}
}

static void
test_read_flags(void **state)
{
	struct reply reply = read_text(*state,
	    POSTFIX "status=deferred (delivery temporarily suspended: host "
	            "mx.big.test[192.0.2.9] refused to talk to me: 421 no)");

	assert_true(reply.is_repeat);
	assert_false(reply.is_own);
	assert_int_equal(reply.code, 421);
	assert_string_equal(reply.relay_address, "192.0.2.9");
	reply = read_text(
	    *state, POSTFIX "status=deferred (paused by mailfix until 12:00)");
	assert_true(reply.is_own);
}

/* One form of a known text. */
struct form {
	const char *name;
	void (*make)(struct buf *out, const char *text);
	bool needs_code;
};

static void
form_bare(struct buf *out, const char *text)
{
	buf_add(out, text);
}

static void
form_upper(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		buf_add_char(out, (char)toupper((unsigned char)*text));
}

static void
form_lower(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		buf_add_char(out, (char)tolower((unsigned char)*text));
}

/* Other addresses and hosts than those of the known text. */
static void
form_others(struct buf *out, const char *text)
{
	static const char *const from[] = {"192.0.2.1", "mx.example.com",
	    "mx1.example.com", "mwinf5c7", "[192.0.2.9]"};
	static const char *const to[] = {"2001:db8:421::421",
	    "smtp-in-421.other-host.org", "a.b.org", "opmta1mti19",
	    "[203.0.113.42]"};

	while (*text != '\0') {
		size_t i = 0;

		while (i < ARRAY_COUNT(from) && !text_starts(text, from[i]))
			i++;
		if (i < ARRAY_COUNT(from)) {
			buf_add(out, to[i]);
			text += strlen(from[i]);
		} else {
			buf_add_char(out, *text++);
		}
	}
}

/* As a person's mail program breaks lines. */
static void
wrap(struct buf *out, const char *text, const char *begin)
{
	size_t column = 0;

	for (; *text != '\0'; text++) {
		if (*text == ' ' && column > 50) {
			buf_addf(out, "\n%s", begin);
			column = 0;
			continue;
		}
		buf_add_char(out, *text);
		column++;
	}
}

static void
form_wrapped(struct buf *out, const char *text)
{
	wrap(out, text, "");
}

static void
form_quoted(struct buf *out, const char *text)
{
	buf_add(out, "> ");
	wrap(out, text, "> ");
}

static void
form_log(struct buf *out, const char *text)
{
	buf_addf(out,
	    POSTFIX "status=deferred (host big.test[192.0.2.9] said: %s (in "
	            "reply to RCPT TO command))",
	    text);
}

static void
form_log_wrapped(struct buf *out, const char *text)
{
	AUTO_BUF struct buf line = {0};

	form_log(&line, text);
	wrap(out, buf_text(&line), "    ");
}

static void
form_exim(struct buf *out, const char *text)
{
	buf_addf(out,
	    "2026-11-22 10:00:00 1tXyZ1-000421-4B == u@big.test R=dnslookup "
	    "T=remote_smtp defer (-45) H=big.test [192.0.2.9]: SMTP error from "
	    "remote mail server after RCPT TO:<u@big.test>: %s",
	    text);
}

static void
form_bounce(struct buf *out, const char *text)
{
	AUTO_BUF struct buf line = {0};

	buf_addf(&line, "Diagnostic-Code: smtp; %s", text);
	buf_add(out, "Final-Recipient: rfc822; u@big.test\nAction: delayed\n"
	             "Status: 4.2.1\nRemote-MTA: dns; big.test\n");
	wrap(out, buf_text(&line), "    ");
	buf_add(out, "\nLast-Attempt-Date: Sun, 22 Nov 2026 10:04:21 +0000\n");
}

/* A reply of three lines, as RFC 5321 4.2.1 has it. */
static void
form_lines(struct buf *out, const char *text)
{
	char code[16] = "";
	const char *p = text;
	size_t n = 0, words = 0;

	while (isdigit((unsigned char)*p))
		p++;
	n = (size_t)(p - text);
	if (n != 3 || *p != ' ') {
		buf_add(out, text);
		return;
	}
	(void)memcpy(code, text, n);
	if (isdigit((unsigned char)p[1]) && p[2] == '.' &&
	    strcspn(p + 1, " ") < 8) {
		size_t length = strcspn(p + 1, " ") + 1;

		(void)memcpy(code + n, p, length);
		p += length;
	}
	code[3] = '-';
	buf_addf(out, "%s", code);
	for (; *p != '\0'; p++) {
		buf_add_char(out, *p);
		if (*p == ' ' && ++words % 4 == 0)
			buf_addf(out, "\r\n%s ", code);
	}
}

static const struct form forms[] = {
    {"bare",         form_bare,        false},
    {"upper case",   form_upper,       false},
    {"lower case",   form_lower,       false},
    {"other hosts",  form_others,      false},
    {"wrapped",      form_wrapped,     false},
    {"quoted",       form_quoted,      false},
    {"log",          form_log,         true },
    {"log, wrapped", form_log_wrapped, true },
    {"Exim",         form_exim,        true },
    {"bounce",       form_bounce,      true },
    {"lines",        form_lines,       true },
};

static unsigned
known_try(const struct world *world, const struct form *form, char *const *row)
{
	AUTO_BUF struct buf text = {0};
	struct reply_meaning meaning;
	struct reply reply;

	form->make(&text, row[0]);
	reply = read_text(world, buf_text(&text));
	if (strcmp(row[4], "-") != 0)
		reply.relay = row[4];
	reply_classify(world->catalogue, &reply, &meaning);
	if (strcmp(reply_cause_names[meaning.cause], row[1]) == 0 &&
	    strcmp(reply_side_names[meaning.side], row[2]) == 0 &&
	    meaning.match == REPLY_MATCH_EXACT)
		return 0;
	print_error("%s: %s: %s, %s (%s) and not %s, %s\n", form->name, row[0],
	    reply_cause_names[meaning.cause], reply_side_names[meaning.side],
	    meaning.name != NULL ? meaning.name : "no rule", row[1], row[2]);
	return 1;
}

static unsigned
known_row(const struct world *world, char *line)
{
	char *row[5] = {line};
	unsigned wrong = 0;
	size_t n = 1;

	for (char *p = line; *p != '\0'; p++)
		if (*p == '\t' && n < ARRAY_COUNT(row)) {
			*p = '\0';
			row[n++] = p + 1;
		}
	assert_int_equal(n, ARRAY_COUNT(row));
	for (size_t i = 0; i < ARRAY_COUNT(forms); i++)
		if (!forms[i].needs_code || isdigit((unsigned char)line[0]))
			wrong += known_try(world, &forms[i], row);
	return wrong;
}

static void
test_known(void **state)
{
	AUTO_BUF struct buf text = {0};
	struct why why = {0};
	unsigned wrong = 0, rows = 0;
	char *line, *end;

	assert_int_equal(file_read(AT_FDCWD, KNOWN, 1 << 20, &text, &why), 0);
	for (line = text.text; *line != '\0'; line = end) {
		end = line + strcspn(line, "\n");
		if (*end == '\n')
			*end++ = '\0';
		if (line[0] == '#')
			continue;
		rows++;
		wrong += known_row(*state, line);
	}
	assert_true(rows > 90);
	assert_int_equal(wrong, 0);
}

static void
test_own_texts(void **state)
{
	const struct world *world = *state;
	struct lint lint = {.arena = world->arena};

	reply_catalogue_lint(world->catalogue, &lint);
	for (size_t i = 0; i < lint.count; i++)
		print_error(
		    "%d: %s\n", lint.errors[i].line, lint.errors[i].text);
	assert_int_equal(lint.count, 0);
	lint_done(&lint);
}

static void
test_none(void **state)
{
	const struct world *world = *state;
	struct reply reply = read_text(world, "421 messages");
	struct reply_meaning meaning;

	reply_classify(world->catalogue, &reply, &meaning);
	assert_int_equal(meaning.match, REPLY_MATCH_NONE);
	assert_null(meaning.name);
	assert_non_null(meaning.meaning);
	assert_non_null(meaning.source);
}

static void
test_told(void **state)
{
	static const struct {
		const char *text;
		double wait_s, limit, per_s;
	} cases[] = {
	    {"421 4.7.0 too many messages, try again in 4 hours",      14400, 0,   0   },
	    {"421 4.7.0 rate limited, please wait 60 seconds",         60,    0,   0   },
	    {"450 greylisted for 300 seconds",                         300,   0,   0   },
	    {"421 you are blocked for 1h: too many mails",             3600,  0,   0   },
	    {"421 rate limit: 60 messages per minute",                 0,     60,  60  },
	    {"421 rate limit of 100/h exceeded",                       0,     100, 3600},
	    {"421 rate limit exceeded",                                0,     0,   0   },
	    {"421 too many mails: at most 500 messages in 10 minutes", 0,     500,
             600	                                                               },
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		const struct world *world = *state;
		struct reply reply = read_text(world, cases[i].text);
		struct reply_meaning meaning;

		print_message("# %s\n", cases[i].text);
		reply_classify(world->catalogue, &reply, &meaning);
		assert_true(meaning.wait_s == cases[i].wait_s);
		assert_true(meaning.limit == cases[i].limit);
		assert_true(meaning.per_s == cases[i].per_s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_read),
	    cmocka_unit_test(test_read_nothing),
	    cmocka_unit_test(test_read_flags),
	    cmocka_unit_test(test_known),
	    cmocka_unit_test(test_own_texts),
	    cmocka_unit_test(test_none),
	    cmocka_unit_test(test_told),
	};

	return cmocka_run_group_tests(tests, world_begin, world_end);
}
