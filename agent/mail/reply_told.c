/*
 * reply_told.c - when to come back, how many are welcome: said by the reply
 *
 * Purpose  "try again in 4 hours", "limit of 60 messages per minute" as numbers
 * Input    hostile text
 * Errors   none: a number that makes no sense is none
 * Runs as  both roles
 * Source   the texts of replies.ini
 */
#include <ctype.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/mail/reply_rule.h"

/*
 * Nobody means longer: a message is given up after five days
 * (maximal_queue_lifetime, postconf(5)).
 */
#define WAIT_MAX_S (5.0 * 86400)

/* More digits than any number of a text that means something. */
#define DIGITS_MAX 7

/* A word that makes a time one to wait may stand so far before it. */
#define HINT_BYTES 48

/* By what a unit's name begins with, in eight languages; longer ones first. */
static const struct {
	const char *start;
	double seconds;
} units[] = {
    {"millis", 0.001},
    {"min",    60   },
    {"sec",    1    },
    {"sek",    1    },
    {"seg",    1    },
    {"stunde", 3600 },
    {"std",    3600 },
    {"hour",   3600 },
    {"heure",  3600 },
    {"hora",   3600 },
    {"hr",     3600 },
    {"ore",    3600 },
    {"ora",    3600 },
    {"day",    86400},
    {"tag",    86400},
    {"jour",   86400},
    {"dia",    86400},
};

static const struct {
	char letter;
	double seconds;
} letters[] = {
    {'s', 1    },
    {'m', 60   },
    {'h', 3600 },
    {'d', 86400}
};

static const char *const hints[] = {"again", "retry", "wait", "back", "block",
    "suspen", "deferred", "delay", "greylist", "graylist", "attendre", "erneut",
    "warten", "riprova", "intente", "aguarde", "reessay", "after", "for ",
    "next "};

/* Between a number of things and a time: "60 messages per minute". */
static const char *const pers[] = {
    "per", "a", "an", "each", "every", "in", "within", "pro", "par", "por"};

/* What is read: forward only, never past the end. */
struct scan {
	const char *at, *end;
};

static bool
is_letter(const struct scan *scan)
{
	return scan->at < scan->end && isalpha((unsigned char)*scan->at);
}

static size_t
word_length(const struct scan *scan)
{
	size_t n = 0;

	while (scan->at + n < scan->end && isalpha((unsigned char)scan->at[n]))
		n++;
	return n;
}

static void
space_skip(struct scan *scan)
{
	while (scan->at < scan->end && *scan->at == ' ')
		scan->at++;
}

static bool
number_take(struct scan *scan, double *ret)
{
	double number = 0;
	size_t n = 0;

	while (scan->at + n < scan->end && n <= DIGITS_MAX &&
	       isdigit((unsigned char)scan->at[n]))
		number = number * 10 + (scan->at[n++] - '0');
	if (n == 0 || n > DIGITS_MAX)
		return false;
	scan->at += n;
	*ret = number;
	return true;
}

/* A unit of time right here: its seconds, or 0. */
static double
unit_take(struct scan *scan)
{
	size_t n = word_length(scan);
	double seconds = 0;

	for (size_t i = 0; n == 1 && i < ARRAY_COUNT(letters); i++)
		if (letters[i].letter == *scan->at)
			seconds = letters[i].seconds;
	for (size_t i = 0; seconds <= 0 && i < ARRAY_COUNT(units); i++) {
		size_t length = strlen(units[i].start);

		if (n >= length &&
		    memcmp(units[i].start, scan->at, length) == 0)
			seconds = units[i].seconds;
	}
	if (seconds > 0)
		scan->at += n;
	return seconds;
}

/* "4 hours", "60", "1h", "minute"; without a unit: seconds */
static double
seconds_of(const char *text, size_t length)
{
	struct scan scan = {text, text + length};
	double number = 1, unit;
	bool has_number = number_take(&scan, &number);

	space_skip(&scan);
	unit = unit_take(&scan);
	if (unit > 0)
		return number * unit;
	return has_number ? number : 0;
}

static bool
is_hinted(const char *subject, const char *at)
{
	size_t n = (size_t)(at - subject);
	const char *from = n > HINT_BYTES ? at - HINT_BYTES : subject;

	for (size_t i = 0; i < ARRAY_COUNT(hints); i++)
		if (memmem(from, (size_t)(at - from), hints[i],
		        strlen(hints[i])) != NULL)
			return true;
	return false;
}

static void
wait_set(double seconds, struct reply_meaning *ret)
{
	if (seconds > 0 && seconds <= WAIT_MAX_S)
		ret->wait_s = seconds;
}

/* After the number: "per minute", "messages per hour", "/h", "in 10 minutes" */
static double
per_take(struct scan *scan)
{
	space_skip(scan);
	if (scan->at < scan->end && *scan->at == '/') {
		scan->at++;
		space_skip(scan);
		return unit_take(scan);
	}
	for (int words = 0; words < 4 && is_letter(scan); words++) {
		size_t n = word_length(scan);
		bool is_per = false;

		for (size_t i = 0; i < ARRAY_COUNT(pers); i++)
			is_per |= strlen(pers[i]) == n &&
			          memcmp(pers[i], scan->at, n) == 0;
		scan->at += n;
		space_skip(scan);
		if (is_per)
			return seconds_of(
			    scan->at, (size_t)(scan->end - scan->at));
	}
	return 0;
}

/* Is it a cause of which a number could be the limit? */
static bool
has_limit(enum reply_cause cause)
{
	return cause == REPLY_CAUSE_RATE || cause == REPLY_CAUSE_CONCURRENCY ||
	       cause == REPLY_CAUSE_MESSAGES_PER_CONNECTION ||
	       cause == REPLY_CAUSE_RECIPIENT_QUOTA;
}

/* One number of the text, and what follows it. */
static void
number_told(const char *subject, const char *at, const char *end,
    struct reply_meaning *ret)
{
	struct scan scan = {at, end}, after;
	double number, seconds, unit;

	if (!number_take(&scan, &number))
		return;
	after = scan;
	space_skip(&after);
	unit = unit_take(&after);
	if (unit > 0 && ret->per_s <= 0 && is_hinted(subject, at)) {
		wait_set(number * unit, ret);
		return;
	}
	if (ret->limit > 0 || !has_limit(ret->cause))
		return;
	seconds = per_take(&scan);
	if (seconds > 0) {
		ret->limit = number;
		ret->per_s = seconds;
	}
}

static void
numbers_told(const char *subject, size_t length, struct reply_meaning *ret)
{
	const char *end = subject + length, *at = subject;

	for (; at < end; at++) {
		if (!isdigit((unsigned char)*at))
			continue;
		/* no part of an address, a name, a version */
		if (at > subject && strchr(" (:,<>=", at[-1]) != NULL)
			number_told(subject, at, end, ret);
		while (at + 1 < end && (isalnum((unsigned char)at[1]) ||
		                           strchr(".:-", at[1]) != NULL))
			at++;
	}
}

void
reply_told(const struct reply_rule *rule, const char *subject, size_t length,
    struct reply_meaning *ret)
{
	struct pattern_group groups[] = {
	    {.name = "wait"}, {.name = "limit"}, {.name = "per"}};
	struct why why = {0};

	numbers_told(subject, length, ret);
	if (strstr(rule->regex, "(?<") == NULL ||
	    pattern_capture(rule->pattern, subject, length, groups,
	        ARRAY_COUNT(groups), &why) != 1)
		return;
	if (groups[0].text != NULL)
		wait_set(seconds_of(groups[0].text, groups[0].length), ret);
	if (groups[1].text != NULL)
		ret->limit = seconds_of(groups[1].text, groups[1].length);
	if (groups[2].text != NULL)
		ret->per_s = seconds_of(groups[2].text, groups[2].length);
}
