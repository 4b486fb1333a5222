/*
 * explain_reply.c - mailfix explain reply 'TEXT'
 *
 * Purpose  what an SMTP reply, a log line or a bounce's diagnostic means, who
 *          must act, how, and what mailfix does about it by itself
 * Input    a text of the user's, or stdin for "-"; hostile
 * Errors   78 for errors in replies.ini; 2 when nothing is known of the text
 * Runs as  the actor, or any user
 * Source   SPEC section 2
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/log.h"
#include "agent/base/units.h"
#include "agent/main/command.h"
#include "agent/main/output.h"
#include "agent/main/session.h"
#include "agent/report/page.h"

/* A bounce with its headers; reply_read() reads no more either. */
#define STDIN_MAX 65536U

static const char *const sides[] = {
    [REPLY_SIDE_UNKNOWN] = "not known from this text",
    [REPLY_SIDE_SENDER] = "whoever sends the mail",
    [REPLY_SIDE_RECEIVER] = "whoever receives the mail",
    [REPLY_SIDE_NETWORK] = "the network between the two, or its firewalls",
};

static const char *const scopes[] = {
    [REPLY_SCOPE_UNKNOWN] = NULL,
    [REPLY_SCOPE_ADDRESS] = "it concerns all mail from the sending address",
    [REPLY_SCOPE_DOMAIN] = "it concerns all mail of the sending domain",
    [REPLY_SCOPE_RECIPIENT] = "it concerns this recipient only",
    [REPLY_SCOPE_MESSAGE] = "it concerns this message only",
    [REPLY_SCOPE_ACCOUNT] = "it concerns the account at that relay",
};

/* What a run of mailfix does about it, by cause. */
static const char *const does[REPLY_CAUSE_MAX] = {
    [REPLY_CAUSE_UNKNOWN] = "Nothing: a fix never rests on what is not known.",
    [REPLY_CAUSE_CONCURRENCY] =
        "Opens fewer sessions at a time to that destination (lower-concurrency), "
        "then more again, a step at a time, as long as they are accepted.",
    [REPLY_CAUSE_RATE] =
        "Sends to that destination more slowly (lower-concurrency), pauses when "
        "the reply says until when, and speeds up again a step at a time.",
    [REPLY_CAUSE_MESSAGES_PER_CONNECTION] =
        "Sends fewer messages in a connection to that destination "
        "(limit-messages-per-connection).",
    [REPLY_CAUSE_REMOTE_OVERLOAD] =
        "Sends to that destination a little more slowly while most tries fail, "
        "and tries what was deferred at that pace.",
    [REPLY_CAUSE_OUR_OVERLOAD] =
        "Finds which limit of this host is reached, and raises it as far as "
        "memory allows (set-process-limit), or limits the few clients that "
        "hold all connections (limit-clients).",
    [REPLY_CAUSE_OUR_CONFIGURATION] =
        "Checks this host's configuration and lookup tables, builds tables that "
        "are out of date, and says what else is wrong.",
    [REPLY_CAUSE_MILTER] =
        "Where the milter is this host's: looks at its unit, and starts it when "
        "it does not run. A milter elsewhere: nothing.",
    [REPLY_CAUSE_GREYLISTING] =
        "Nothing: the mail system's next try is accepted. It reports what is "
        "deferred for that much longer than greylisting takes.",
    [REPLY_CAUSE_NETWORK] =
        "Looks whether this host, its firewall or its provider is the cause, and "
        "reports what it finds.",
};

static const char *
does_of(enum reply_cause cause)
{
	return does[cause] != NULL
	           ? does[cause]
	           : "Nothing but this advice: sending more slowly does not "
	             "cure it.";
}

static int
stdin_read(struct buf *ret)
{
	char block[4096];
	ssize_t n;

	while (ret->length < STDIN_MAX &&
	       (n = read(STDIN_FILENO, block, sizeof(block))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			log_error("stdin: %s", strerror(errno));
			return EXIT_USAGE;
		}
		buf_add_n(ret, block, (size_t)n);
	}
	return 0;
}

static struct json *
meaning_json(const struct reply_meaning *meaning)
{
	struct json *json = json_object_new();

	json_set_text(json, "explain", "reply");
	json_set_text(json, "cause", reply_cause_names[meaning->cause]);
	json_set_text(json, "side", reply_side_names[meaning->side]);
	json_set_text(json, "scope", reply_scope_names[meaning->scope]);
	json_set_text(json, "stage", reply_stage_names[meaning->stage]);
	json_set_text(json, "match", reply_match_names[meaning->match]);
	json_set_text(json, "meaning", meaning->meaning);
	json_set_text(json, "remedy", meaning->remedy);
	json_set_text(json, "mailfix_does", does_of(meaning->cause));
	json_set_text(json, "source", meaning->source);
	return json;
}

static void
means_line(struct page *page, const struct reply_meaning *meaning)
{
	AUTO_BUF struct buf text = {0};

	if (meaning->match == REPLY_MATCH_GENERAL)
		buf_add(&text, "(No rule knows this very text; in general:) ");
	if (meaning->provider != NULL)
		buf_addf(&text, "%s: ", meaning->provider);
	buf_add(&text, meaning->meaning);
	if (meaning->cause != REPLY_CAUSE_UNKNOWN)
		buf_addf(&text, " [%s]", reply_cause_names[meaning->cause]);
	page_line(page, PAGE_PLAIN, "means   ", buf_text(&text), NULL);
}

static void
who_line(struct page *page, const struct reply_meaning *meaning)
{
	AUTO_BUF struct buf text = {0};
	char number[UNIT_TEXT_MAX];

	buf_add(&text, sides[meaning->side]);
	if (scopes[meaning->scope] != NULL)
		buf_addf(&text, "; %s", scopes[meaning->scope]);
	if (meaning->wait_s > 0)
		buf_addf(&text, "; it says to wait for %s",
		    unit_format(UNIT_SECONDS, meaning->wait_s, number));
	page_line(page, PAGE_PLAIN, "who     ", buf_text(&text), NULL);
}

static void
meaning_text(struct page *page, const struct reply_meaning *meaning)
{
	means_line(page, meaning);
	who_line(page, meaning);
	page_line(page, PAGE_PLAIN, "do      ", meaning->remedy, NULL);
	page_line(page, PAGE_PLAIN, "mailfix ", does_of(meaning->cause), NULL);
	page_line(page, PAGE_PLAIN, "source  ", meaning->source, NULL);
}

static int
meaning_print(struct session *session, const struct reply_meaning *meaning)
{
	AUTO_BUF struct buf text = {0};
	AUTO_JSON struct json *json = NULL;
	int status =
	    meaning->match == REPLY_MATCH_NONE ? EXIT_UNKNOWN : EXIT_HEALTHY;
	struct page page;

	if (output_is_json(session->options)) {
		json = meaning_json(meaning);
		return output_json(session->options, json, status);
	}
	page = page_begin(
	    &text, session->terminal.columns, session->terminal.is_colour);
	meaning_text(&page, meaning);
	return output_write(session->options, &text, status);
}

int
explain_reply(const struct options *options)
{
	AUTO_BUF struct buf text = {0};
	struct reply_meaning meaning;
	struct session session;
	struct reply reply;
	int status = 0;

	if (options->arg_count == 2 && strcmp(options->args[1], "-") == 0)
		status = stdin_read(&text);
	for (size_t i = 1; text.length == 0 && i < options->arg_count; i++)
		buf_addf(&text, "%s%s", i > 1 ? " " : "", options->args[i]);
	if (status != 0)
		return status;
	session_begin(&session, options);
	session.may_change = false;
	session_replies(&session);
	status = session_errors(&session);
	if (status == 0) {
		reply_read(session.arena, buf_text(&text), text.length,
		    REPLY_STAGE_UNKNOWN, &reply);
		reply_classify(session.replies, &reply, &meaning);
		status = meaning_print(&session, &meaning);
	}
	session_end(&session);
	return status;
}
