/*
 * reply_read.c - a reply out of a log line, a bounce, or by itself
 *
 * Purpose  code, enhanced code, stage, text and relay of one reply
 * Input    hostile; bounded by REPLY_INPUT_MAX
 * Errors   none: what has no reply in it has code 0
 * Runs as  both roles
 * Source   RFC 5321 section 4.2.1 (lines of one reply repeat the code), RFC 2034
 *          section 4 (and the enhanced code); postlog texts
 */
#include <ctype.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/mail/reply_parts.h"

/* What one reply may hold of text; the rest is for nobody to read. */
#define REPLY_TEXT_MAX 4096

static bool
is_word_end(const char *text, size_t length, size_t at)
{
	return at >= length || text[at] == ' ';
}

/* The enhanced code that starts here, with a space or the end after it. */
static size_t
enhanced_at(const char *text, size_t length, size_t at)
{
	size_t n;

	if (at < length && text[at] == '#')
		at++;
	n = at < length ? reply_enhanced_length(text + at, length - at) : 0;
	if (n > 0 && !is_word_end(text, length, at + n) &&
	    strchr(":,;)\"'-", text[at + n]) == NULL)
		return 0;
	return n;
}

/* qmail and Cisco write it last: "(#4.7.1)". */
static const char *
enhanced_in_text(struct arena *arena, const char *text)
{
	const char *at = strstr(text, "(#");
	size_t n;

	if (at == NULL)
		return NULL;
	n = reply_enhanced_length(at + 2, strlen(at + 2));
	return n > 0 && at[2 + n] == ')' ? arena_dup_n(arena, at + 2, n) : NULL;
}

/*
 * Every line of a reply begins with its code and its enhanced code; joined
 * lines have them inside. Words that repeat them go.
 */
static void
text_join(struct buf *out, const char *text, size_t length, const char *code,
    const char *enhanced)
{
	bool after_code = true;

	for (size_t at = 0; at < length && out->length < REPLY_TEXT_MAX;) {
		size_t n = 0, skip = 0;

		while (at + n < length && text[at + n] != ' ')
			n++;
		if (n >= 4 && memcmp(text + at, code, 3) == 0 &&
		    text[at + 3] == '-')
			skip = 4;
		else if (n == 3 && memcmp(text + at, code, 3) == 0)
			skip = 3;
		if (skip > 0)
			after_code = true;
		if (after_code && enhanced != NULL &&
		    n - skip == strlen(enhanced) &&
		    memcmp(text + at + skip, enhanced, n - skip) == 0)
			skip = n;
		if (n > skip) {
			if (out->length > 0)
				buf_add_char(out, ' ');
			buf_add_n(out, text + at + skip, n - skip);
			after_code = false;
		}
		at += n + 1;
	}
}

static size_t
quote_end(const char *text, size_t length, char quote)
{
	for (size_t i = 1; i < length; i++)
		if (text[i] == quote &&
		    (i + 1 == length || strchr(" ).,;]}", text[i + 1]) != NULL))
			return i;
	return length;
}

/* A bracket that was opened before the reply: "(host X said: ...)". */
static size_t
bracket_end(const char *text, size_t length)
{
	int depth = 0;

	for (size_t i = 0; i < length; i++)
		depth += (text[i] == '(') - (text[i] == ')');
	if (depth < 0 && length > 0 && text[length - 1] == ')')
		return length - 1;
	return length;
}

static size_t
reply_end(const char *text, size_t length, char opener)
{
	length = reply_tail_cut(text, length);
	if (opener == '"' || opener == '\'')
		length = quote_end(text, length, opener);
	length = bracket_end(text, length);
	while (length > 0 && strchr(" \"", text[length - 1]) != NULL)
		length--;
	return length;
}

static void
code_take(struct arena *arena, const char *text, size_t length,
    const struct reply_place *place, struct reply *ret)
{
	AUTO_BUF struct buf joined = {0};
	const char *from = text + place->at;
	size_t end = reply_end(from, length - place->at, place->opener);
	size_t at = 3, n;

	ret->code =
	    (from[0] - '0') * 100 + (from[1] - '0') * 10 + (from[2] - '0');
	while (at < end && strchr(" -:", from[at]) != NULL)
		at++;
	n = enhanced_at(from, end, at);
	if (n > 0) {
		if (from[at] == '#')
			at++;
		ret->enhanced = arena_dup_n(arena, from + at, n);
		at += n;
		while (at < end && strchr(" :-", from[at]) != NULL)
			at++;
	}
	if (at < end)
		text_join(&joined, from + at, end - at, from, ret->enhanced);
	ret->text = arena_dup(arena, buf_text(&joined));
	if (ret->enhanced == NULL)
		ret->enhanced = enhanced_in_text(arena, ret->text);
}

/* After "program[pid]: " and "queue id: " of a log line. */
static const char *
head_skip(const char *text)
{
	const char *at = strstr(text, "]: "), *p;

	if (at == NULL || at - text > 120)
		return text;
	for (p = at - 1; p > text && isdigit((unsigned char)*p); p--)
		continue;
	if (*p != '[' || p + 1 == at)
		return text;
	return at + 3;
}

/*
 * No code: the words alone, for what a mail system says itself ("lost
 * connection with ..."). A milter's reply in Postfix' log has its enhanced
 * code only.
 */
static void
words_take(struct arena *arena, const char *text, struct reply *ret)
{
	const char *words = head_skip(text), *reason, *at;
	size_t length, n;

	reason = strstr(words, "status=deferred (");
	if (reason == NULL)
		reason = strstr(words, "status=bounced (");
	if (reason != NULL)
		words = strchr(reason, '(') + 1;
	for (at = words; (at = strstr(at, ": ")) != NULL; at += 2) {
		n = enhanced_at(at + 2, strlen(at + 2), 0);
		if (n == 0)
			continue;
		ret->enhanced = arena_dup_n(arena, at + 2, n);
		words = at + 2 + n + strspn(at + 2 + n, " ");
		break;
	}
	length = strlen(words);
	ret->text = arena_dup_n(arena, words, reply_end(words, length, '\0'));
}

/* RFC 5321 section 4.2.2: "421 <domain> Service not available". */
static void
relay_from_text(struct arena *arena, struct reply *ret)
{
	const char *end = strchr(ret->text, ' ');
	size_t n = end != NULL ? (size_t)(end - ret->text) : 0, dots = 0;

	while (n > 0 && strchr(":,", ret->text[n - 1]) != NULL)
		n--;
	for (size_t i = 0; i < n; i++) {
		if (!isalnum((unsigned char)ret->text[i]) &&
		    strchr(".-", ret->text[i]) == NULL)
			return;
		dots += ret->text[i] == '.';
	}
	if (dots > 0 && n > 3 && n < 256 &&
	    isalpha((unsigned char)ret->text[n - 1]))
		ret->relay = arena_dup_n(arena, ret->text, n);
}

void
reply_read(struct arena *arena, const char *text, size_t length,
    enum reply_stage stage, struct reply *ret)
{
	AUTO_BUF struct buf flat = {0};
	struct reply_place place = {0};
	const char *line;

	*ret = (struct reply){.text = ""};
	reply_flatten(&flat, text, length);
	line = buf_text(&flat);
	ret->stage =
	    stage != REPLY_STAGE_UNKNOWN ? stage : reply_stage_find(line);
	ret->is_repeat = strstr(line, "delivery temporarily suspended") != NULL;
	ret->is_own = strstr(line, "by mailfix") != NULL;
	reply_relay_find(arena, line, ret);
	if (!reply_place_find(line, flat.length, &place)) {
		words_take(arena, line, ret);
		return;
	}
	code_take(arena, line, flat.length, &place, ret);
	if (ret->relay == NULL)
		relay_from_text(arena, ret);
}
