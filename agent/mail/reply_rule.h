/*
 * reply_rule.h - one rule of replies.ini: between the files of the catalogue
 */
#ifndef MAILFIX_MAIL_REPLY_RULE_H
#define MAILFIX_MAIL_REPLY_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/ini.h"
#include "agent/base/pattern.h"
#include "agent/mail/reply.h"

/*
 * What patterns are compared with: "421 4.7.0 too many connections", in small
 * letters without accents. The longest replies known (Gmail's, with a link for
 * each line) have some 600 bytes.
 */
#define REPLY_SUBJECT_MAX 2048

/* Text that a match must contain: looked for before the pattern is tried. */
struct reply_literal {
	const char *text;
	size_t length;
};

/* Alternatives of one pattern: a word in eight languages, in some forms. */
#define REPLY_LITERALS_MAX 64

/* Three letters of a text in a row, as a bit each: which cannot be in it. */
struct reply_trigrams {
	uint64_t bits[64];
};

struct reply_rule {
	const char *name, *file;
	int line;
	const char *regex;
	int regex_line;
	struct pattern *pattern; /* compiled when it is first tried */
	bool is_broken;          /* ... and could not be */
	struct reply_literal literals[REPLY_LITERALS_MAX];
	size_t literal_count; /* 0: tried on every text */

	enum reply_cause cause;
	enum reply_side side;
	enum reply_scope scope;
	enum reply_stage stage; /* where it is said as a rule */
	unsigned at;            /* bits of stages: only there; 0: anywhere */
	const char *hosts;      /* only from these, by suffix; NULL: any */
	bool is_general;
	const char *provider, *meaning, *remedy, *advice, *source;
	double wait_s, usual, usual_per_s;
	const struct ini_entry *entries; /* all keys; its texts among them */
	size_t entry_count;
};

struct reply_catalogue {
	struct pattern_scratch *scratch;
	struct arena *patterns;   /* its own, for what is compiled later */
	struct reply_rule *rules; /* in the order in which they are tried */
	size_t count;
};

/* reply_rule_read - one section; false when it has errors (in lint) */
bool reply_rule_read(struct arena *arena, const struct ini_section *section,
    const struct ini_entry *entries, size_t count, struct reply_rule *ret,
    struct lint *lint);

/* Is this key one of the rule's own texts? */
bool reply_rule_is_match(const char *key);
bool reply_rule_is_no_match(const char *key);

/* reply_literals_find - what every match of a pattern contains */
void reply_literals_find(
    struct arena *arena, const char *regex, struct reply_rule *rule);

/* reply_trigrams_of - of a text; reply_literals_occur asks it first */
void reply_trigrams_of(
    const char *text, size_t length, struct reply_trigrams *ret);
bool reply_literals_occur(const struct reply_rule *rule,
    const struct reply_trigrams *trigrams, const char *text, size_t length);

/*
 * reply_fold - small letters, no accents, one space at a time
 *
 * Any bytes; what is not UTF-8 is taken for Latin-1. Returns the length; the
 * result is cut to fit and terminated.
 */
size_t reply_fold(const char *text, size_t length, char *into, size_t size);

/* reply_subject - what patterns see of a reply */
size_t reply_subject(
    const struct reply *reply, char into[static REPLY_SUBJECT_MAX]);

/* reply_rule_fits - does this rule speak of this reply? */
bool reply_rule_fits(const struct reply_catalogue *catalogue,
    struct reply_rule *rule, const struct reply *reply, const char *subject,
    size_t length, const struct reply_trigrams *trigrams);

/* reply_pattern_of - compile a rule's pattern if it was not yet */
int reply_pattern_of(const struct reply_catalogue *catalogue,
    struct reply_rule *rule, struct why *why);

/* reply_told - when to come back, and how many: what the text itself says */
void reply_told(const struct reply_rule *rule, const char *subject,
    size_t length, struct reply_meaning *ret);

#endif
