/*
 * reply_literal.c - which patterns cannot match a text, told fast
 *
 * Purpose  without JIT a pattern takes microseconds; most of some hundred
 *          rules are ruled out by a word that they need
 * Input    patterns of root's; texts hostile
 * Errors   none: a pattern without such a word is tried on every text
 * Runs as  both roles
 * Source   pcre2pattern(3); B. Bloom, Space/Time Trade-offs in Hash Coding, for
 *          the bits
 */
#include <ctype.h>
#include <string.h>

#include "agent/mail/reply_rule.h"

/* A shorter word is in nearly every text. */
#define LITERAL_MIN 3

struct scan {
	struct arena *arena;
	struct reply_rule *rule;
	char run[REPLY_SUBJECT_MAX]; /* letters in a row, so far */
	size_t run_length;
	char best[REPLY_SUBJECT_MAX]; /* of the alternative at hand */
	size_t best_length;
	bool is_lost; /* an alternative has none: all texts are tried */
};

static void
run_end(struct scan *scan)
{
	if (scan->run_length > scan->best_length) {
		(void)memcpy(scan->best, scan->run, scan->run_length);
		scan->best_length = scan->run_length;
	}
	scan->run_length = 0;
}

static void
alternative_end(struct scan *scan)
{
	struct reply_rule *rule = scan->rule;

	run_end(scan);
	if (scan->best_length < LITERAL_MIN ||
	    rule->literal_count == REPLY_LITERALS_MAX)
		scan->is_lost = true;
	else
		rule->literals[rule->literal_count++] = (struct reply_literal){
		    .text =
		        arena_dup_n(scan->arena, scan->best, scan->best_length),
		    .length = scan->best_length};
	scan->best_length = 0;
}

/* "[...]", or "(...)" with all that is in it: where it ends. */
static const char *
class_end(const char *p)
{
	p++;
	if (*p == '^')
		p++;
	if (*p == ']')
		p++;
	while (*p != '\0' && *p != ']')
		p += *p == '\\' && p[1] != '\0' ? 2 : 1;
	return *p != '\0' ? p + 1 : p;
}

static const char *
group_end(const char *p)
{
	int depth = 0;

	while (*p != '\0') {
		if (*p == '\\' && p[1] != '\0') {
			p += 2;
			continue;
		}
		if (*p == '[') {
			p = class_end(p);
			continue;
		}
		depth += (*p == '(') - (*p == ')');
		p++;
		if (depth == 0)
			break;
	}
	return p;
}

/* A single character that stands for itself; 0 when it does not. */
static char
plain_char(const char *p)
{
	if (*p == '\\')
		return p[1] != '\0' && strchr("\\.[]()*+?{}|^$/-", p[1]) != NULL
		           ? p[1]
		           : '\0';
	return strchr(".^$*+?{}", *p) == NULL ? *p : '\0';
}

/* What this scan does not follow: "\x41", "(?i)". */
static bool
is_beyond(const char *p)
{
	if (*p == '\\' && p[1] != '\0')
		return isalnum((unsigned char)p[1]) &&
		       strchr("bBdDsSwW", p[1]) == NULL;
	return p[0] == '(' && p[1] == '?' && strchr(":=!<>P'", p[2]) == NULL;
}

static const char *
step(struct scan *scan, const char *p)
{
	char c;

	scan->is_lost |= is_beyond(p);
	if (*p == '|') {
		alternative_end(scan);
		return p + 1;
	}
	if (*p == '{') {
		run_end(scan);
		return p + strcspn(p, "}");
	}
	if (*p == '(' || *p == '[') {
		run_end(scan);
		return *p == '(' ? group_end(p) : class_end(p);
	}
	c = plain_char(p);
	p += *p == '\\' && p[1] != '\0' ? 2 : 1;
	if (c == '\0' || (*p != '\0' && strchr("?*{", *p) != NULL)) {
		run_end(scan);
		return p;
	}
	scan->run[scan->run_length++] = c;
	if (*p == '+')
		run_end(scan);
	return p;
}

void
reply_literals_find(
    struct arena *arena, const char *regex, struct reply_rule *rule)
{
	struct scan scan = {.arena = arena, .rule = rule};

	rule->literal_count = 0;
	if (strlen(regex) >= sizeof(scan.run))
		return;
	for (const char *p = regex; *p != '\0';)
		p = step(&scan, p);
	alternative_end(&scan);
	if (scan.is_lost)
		rule->literal_count = 0;
}

static uint32_t
trigram(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	uint32_t bits = ((uint32_t)p[0] << 16) | ((uint32_t)p[1] << 8) | p[2];

	return (bits * 2654435761U) >> 20; /* 12 bits; Knuth's constant */
}

static bool
has(const struct reply_trigrams *trigrams, const char *text)
{
	uint32_t bit = trigram(text);

	return (trigrams->bits[bit / 64] >> (bit % 64) & 1) != 0;
}

void
reply_trigrams_of(const char *text, size_t length, struct reply_trigrams *ret)
{
	*ret = (struct reply_trigrams){0};
	for (size_t i = 0; i + 3 <= length; i++) {
		uint32_t bit = trigram(text + i);

		ret->bits[bit / 64] |= UINT64_C(1) << (bit % 64);
	}
}

bool
reply_literals_occur(const struct reply_rule *rule,
    const struct reply_trigrams *trigrams, const char *text, size_t length)
{
	for (size_t i = 0; i < rule->literal_count; i++) {
		const struct reply_literal *literal = &rule->literals[i];

		if (has(trigrams, literal->text) &&
		    has(trigrams, literal->text + (literal->length - 3) / 2) &&
		    has(trigrams, literal->text + literal->length - 3) &&
		    memmem(text, length, literal->text, literal->length) !=
		        NULL)
			return true;
	}
	return rule->literal_count == 0;
}
