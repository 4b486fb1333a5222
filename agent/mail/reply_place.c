/*
 * reply_place.c - which number in a text is the code of a reply
 *
 * Purpose  find "421" where a server said it, and nowhere else: not in a queue
 *          id, a size, a port, an address, a host name or a count
 * Input    one line, hostile
 * Errors   none: there is a reply in it, or there is not
 * Runs as  both roles
 * Source   RFC 5321 section 4.2; the logs of Postfix (smtp_trouble.c), Exim
 *          (deliver.c), Sendmail (stat=), OpenSMTPD, qmail; RFC 3464 section
 *          2.3.6
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/mail/reply_parts.h"

/* How sure it is that these three digits are a code. */
enum sure {
	SURE_NOT,
	SURE_LOOKS,    /* after a colon, a quote, a word like "error" */
	SURE_ENHANCED, /* an enhanced code of its class follows */
	SURE_SAID,     /* words of a log that mean: here it comes */
	SURE_FIRST,    /* it is what the text begins with */
	SURE_INNER     /* what another reply quotes as its reason */
};

/* What stands right before a reply, whatever case. */
static const struct {
	const char *words;
	enum sure sure;
} heralds[] = {
    {"responded with:",        SURE_INNER}, /* Exchange: 451 4.4.0 Primary target */
    {"LED=",                   SURE_INNER}, /* Exchange: last error details */
    {" said:",                 SURE_SAID },
    {"refused to talk to me:", SURE_SAID },
    {"server returned",        SURE_SAID },
    {"server answered",        SURE_SAID },
    {"smtp;",                  SURE_SAID },
    {"diagnostic-code:",       SURE_SAID },
    {"stat=",                  SURE_SAID },
    {"stat=deferred:",         SURE_SAID },
    {"reply=",                 SURE_SAID },
    {"reply:",                 SURE_SAID },
    {"response=",              SURE_SAID },
    {"response:",              SURE_SAID },
    {"reason:",                SURE_SAID },
    {"reason=",                SURE_SAID },
    {"result:",                SURE_SAID },
    {"msg=",                   SURE_SAID },
    {"error:",                 SURE_SAID },
};

/* Words before a code in a sentence: "SMTP error 421", "answers 421". */
static const char *const words_before[] = {"answer", "answered", "answers",
    "answering", "antwort", "code", "erreur", "error", "fehler", "fehlercode",
    "errore", "got", "gave", "gives", "reply", "response", "returned",
    "returns", "said", "says", "smtp", "status", "with", NULL};

/* Words after a number that counts something: "421 messages". */
static const char *const words_after[] = {"and", "at", "bytes", "byte", "b",
    "connections", "days", "domains", "errors", "files", "h", "hosts", "hours",
    "in", "k", "kb", "kib", "lines", "mails", "emails", "mb", "mib", "message",
    "messages", "minutes", "min", "ms", "msgs", "of", "or", "others", "percent",
    "queued", "rcpts", "recipients", "s", "sec", "seconds", "sessions", "times",
    "tries", "users", NULL};

/* Labels before a colon that announce another number. */
static const char *const labels[] = {"age", "bytes", "count", "delay", "id",
    "length", "line", "lines", "messages", "nrcpt", "pid", "port", "queue",
    "size", "time", "total", "uid", NULL};

static bool
is_one_of(const char *word, size_t length, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strlen(*words) == length &&
		    strncasecmp(*words, word, length) == 0)
			return true;
	return false;
}

size_t
reply_enhanced_length(const char *text, size_t length)
{
	size_t at = 1;

	if (length < 5 || strchr("245", text[0]) == NULL || text[0] == '\0')
		return 0;
	for (int part = 0; part < 2; part++) {
		size_t digits = 0;

		if (at >= length || text[at++] != '.')
			return 0;
		while (at + digits < length && digits < 4 &&
		       isdigit((unsigned char)text[at + digits]))
			digits++;
		if (digits == 0 || digits == 4)
			return 0;
		at += digits;
	}
	if (at < length && (isalnum((unsigned char)text[at]) ||
	                       (text[at] == '.' && at + 1 < length &&
	                           isdigit((unsigned char)text[at + 1]))))
		return 0;
	return at;
}

/* Three digits that may be a code and are not part of a longer word. */
static bool
is_code(const char *text, size_t length, size_t at)
{
	unsigned char before = at > 0 ? (unsigned char)text[at - 1] : ' ';
	char after = at + 3 < length ? text[at + 3] : ' ';

	if (strchr("245", text[at]) == NULL || !isdigit(text[at + 1] & 0x7f) ||
	    !isdigit(text[at + 2] & 0x7f) || text[at + 1] > '7')
		return false;
	if (strchr(" \"'(:;=,<", (char)before) == NULL)
		return false;
	if (after == '-')
		return at + 4 >= length || text[at + 4] == ' ' ||
		       text[at + 4] == '"' || (text[at + 4] & 0x80) != 0 ||
		       isalpha((unsigned char)text[at + 4]) ||
		       strchr("[(#<*", text[at + 4]) != NULL ||
		       reply_enhanced_length(text + at + 4, length - at - 4) >
		           0;
	return strchr(" \"'),;.:#", after) != NULL;
}

/* Is what stands before `at`, without spaces and an opener, these words? */
static bool
is_heralded(const char *text, size_t end, const char *words)
{
	size_t n = strlen(words);

	return end >= n && strncasecmp(text + end - n, words, n) == 0;
}

static size_t
before_opener(const char *text, size_t at)
{
	while (at > 0 && strchr(" \"'(<#", text[at - 1]) != NULL)
		at--;
	return at;
}

static enum sure
herald_of(const char *text, size_t at)
{
	size_t end = before_opener(text, at);

	for (size_t i = 0; i < ARRAY_COUNT(heralds); i++)
		if (is_heralded(text, end, heralds[i].words))
			return heralds[i].sure;
	return SURE_NOT;
}

/* "421 4.7.0", "421-4.7.0", "421 #4.7.0" */
static bool
has_enhanced(const char *text, size_t length, size_t at)
{
	size_t next = at + 4;

	if (next < length && text[next] == '#')
		next++;
	return next < length && text[next] == text[at] &&
	       reply_enhanced_length(text + next, length - next) > 0;
}

static bool
counts_something(const char *text, size_t length, size_t at)
{
	const char *word;
	size_t n = 0, next = at + 3;

	if (next >= length || text[next] != ' ')
		return false;
	word = text + next + 1;
	while (next + 1 + n < length && isalpha((unsigned char)word[n]))
		n++;
	/* a reply begins with a capital, or goes on */
	return n > 0 && islower((unsigned char)word[0]) &&
	       is_one_of(word, n, words_after);
}

/* The word that ends at `end`. */
static size_t
word_before(const char *text, size_t end)
{
	size_t n = 0;

	while (n < end && (isalpha((unsigned char)text[end - n - 1]) ||
	                      text[end - n - 1] == '_'))
		n++;
	return n;
}

/* Neither heralded nor first: what do the neighbours say? */
static enum sure
neighbours_of(const char *text, size_t length, size_t at)
{
	char before = text[at - 1];
	size_t end = at - 1, n;

	if (before == '=' || (before == ':' && at >= 2))
		return SURE_NOT;
	if (has_enhanced(text, length, at))
		return SURE_ENHANCED;
	if (counts_something(text, length, at))
		return SURE_NOT;
	if (before == '(' || before == ',' || before == ';' || before == '<')
		return SURE_NOT;
	while (end > 0 && strchr(" \"'", text[end]) != NULL)
		end--;
	if (text[end] == ':' && before != ':') {
		n = word_before(text, end);
		return is_one_of(text + end - n, n, labels) ? SURE_NOT
		                                            : SURE_LOOKS;
	}
	n = word_before(text, end + 1);
	return n > 0 && is_one_of(text + end + 1 - n, n, words_before)
	           ? SURE_LOOKS
	           : SURE_NOT;
}

static enum sure
sure_of(const char *text, size_t length, size_t at)
{
	enum sure sure = herald_of(text, at);

	if (sure != SURE_NOT)
		return sure;
	if (before_opener(text, at) == 0)
		return counts_something(text, length, at) ? SURE_NOT
		                                          : SURE_FIRST;
	return neighbours_of(text, length, at);
}

bool
reply_place_find(const char *text, size_t length, struct reply_place *ret)
{
	enum sure best = SURE_NOT;

	for (size_t at = 0; at + 3 <= length; at++) {
		enum sure sure;
		char before;

		if (!isdigit((unsigned char)text[at]) ||
		    !is_code(text, length, at))
			continue;
		sure = sure_of(text, length, at);
		if (sure <= best)
			continue;
		best = sure;
		before = at > 0 ? text[at - 1] : 0;
		ret->at = at;
		ret->opener = before == '"' || before == '\'' || before == '('
		                  ? before
		                  : '\0';
	}
	return best != SURE_NOT;
}
