/*
 * reply_rule.c - one section of replies.ini made a rule
 *
 * Purpose  keys, their types, and what is wrong with them
 * Input    files of root's
 * Errors   to lint, with file and line: all of them
 * Runs as  actor
 * Source   the comment at the top of playbooks/replies.ini
 */
#include "agent/mail/reply_rule.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/base/units.h"

enum kind { KIND_TEXT, KIND_WORD, KIND_STAGES, KIND_YES, KIND_UNIT };

struct key {
	const char *name;
	enum kind kind;
	bool is_required;
	size_t offset;
	const char *const *words; /* KIND_WORD */
	enum unit unit;           /* KIND_UNIT */
};

#define AT(member) offsetof(struct reply_rule, member)

static const struct key keys[] = {
    {"pattern",   KIND_TEXT,   true,  AT(regex),       NULL,              0           },
    {"cause",     KIND_WORD,   true,  AT(cause),       reply_cause_names, 0           },
    {"side",      KIND_WORD,   true,  AT(side),        reply_side_names,  0           },
    {"scope",     KIND_WORD,   true,  AT(scope),       reply_scope_names, 0           },
    {"meaning",   KIND_TEXT,   true,  AT(meaning),     NULL,              0           },
    {"remedy",    KIND_TEXT,   true,  AT(remedy),      NULL,              0           },
    {"source",    KIND_TEXT,   true,  AT(source),      NULL,              0           },
    {"provider",  KIND_TEXT,   false, AT(provider),    NULL,              0           },
    {"advice",    KIND_TEXT,   false, AT(advice),      NULL,              0           },
    {"stage",     KIND_WORD,   false, AT(stage),       reply_stage_names, 0           },
    {"at",        KIND_STAGES, false, AT(at),          NULL,              0           },
    {"hosts",     KIND_TEXT,   false, AT(hosts),       NULL,              0           },
    {"general",   KIND_YES,    false, AT(is_general),  NULL,              0           },
    {"wait",      KIND_UNIT,   false, AT(wait_s),      NULL,              UNIT_SECONDS},
    {"usual",     KIND_UNIT,   false, AT(usual),       NULL,              UNIT_COUNT  },
    {"usual-per", KIND_UNIT,   false, AT(usual_per_s), NULL,              UNIT_SECONDS},
};

/* The enums are written through int pointers. */
_Static_assert(sizeof(enum reply_cause) == sizeof(int), "an enum is an int");
_Static_assert(sizeof(enum reply_stage) == sizeof(int), "an enum is an int");

static bool
is_text_key(const char *key, const char *stem)
{
	size_t n = strlen(stem);

	return text_starts(key, stem) && (key[n] == '\0' || key[n] == '.');
}

bool
reply_rule_is_match(const char *key)
{
	return is_text_key(key, "match");
}

bool
reply_rule_is_no_match(const char *key)
{
	return is_text_key(key, "no-match");
}

static const char *
guess(struct arena *arena, const char *word, const char *const *names)
{
	const char *nearest = text_nearest(word, names);

	return nearest != NULL
	           ? arena_printf(arena, "; did you mean '%s'?", nearest)
	           : "";
}

static int
word_find(const char *word, size_t length, const char *const *words)
{
	for (int i = 0; words[i] != NULL; i++)
		if (strlen(words[i]) == length &&
		    strncmp(words[i], word, length) == 0)
			return i;
	return -1;
}

static void
word_set(struct arena *arena, const struct key *key,
    const struct ini_entry *entry, int *target, struct lint *lint)
{
	int n = word_find(entry->value, strlen(entry->value), key->words);

	if (n >= 0)
		*target = n;
	else
		lint_add(lint, entry->file, entry->line,
		    "there is no %s '%s'%s", key->name, entry->value,
		    guess(arena, entry->value, key->words));
}

/* "greeting, ehlo" */
static void
stages_set(struct arena *arena, const struct ini_entry *entry, unsigned *target,
    struct lint *lint)
{
	const char *p = entry->value;

	while (*(p += strspn(p, ", ")) != '\0') {
		size_t n = strcspn(p, ", ");
		int stage = word_find(p, n, reply_stage_names);
		const char *word = arena_dup_n(arena, p, n);

		if (stage >= 0)
			*target |= 1U << stage;
		else
			lint_add(lint, entry->file, entry->line,
			    "there is no stage '%s'%s", word,
			    guess(arena, word, reply_stage_names));
		p += n;
	}
}

static void
unit_set(const struct key *key, const struct ini_entry *entry, double *target,
    struct lint *lint)
{
	struct why why = {0};
	enum unit unit;
	double number;

	if (unit_parse(entry->value, &unit, &number, &why) < 0)
		lint_add(lint, entry->file, entry->line, "%s: %s", key->name,
		    why.text);
	else if (unit != key->unit)
		lint_add(lint, entry->file, entry->line,
		    "%s is in %s, and '%s' is not", key->name,
		    unit_name(key->unit), entry->value);
	else
		*target = number;
}

static void
key_set(struct arena *arena, const struct key *key,
    const struct ini_entry *entry, struct reply_rule *rule, struct lint *lint)
{
	char *target = (char *)rule + key->offset;

	if (entry->value[0] == '\0') {
		lint_add(
		    lint, entry->file, entry->line, "%s is empty", key->name);
		return;
	}
	switch (key->kind) {
	case KIND_TEXT:
		*(const char **)(void *)target = entry->value;
		break;
	case KIND_WORD:
		word_set(arena, key, entry, (int *)(void *)target, lint);
		break;
	case KIND_STAGES:
		stages_set(arena, entry, (unsigned *)(void *)target, lint);
		break;
	case KIND_YES:
		*(bool *)(void *)target = strcmp(entry->value, "yes") == 0;
		if (strcmp(entry->value, "yes") != 0)
			lint_add(lint, entry->file, entry->line,
			    "%s is yes, or left out", key->name);
		break;
	case KIND_UNIT:
		unit_set(key, entry, (double *)(void *)target, lint);
		break;
	}
}

static const struct key *
key_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_COUNT(keys); i++)
		if (keys[i].name[0] == name[0] &&
		    strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static void
key_unknown(
    struct arena *arena, const struct ini_entry *entry, struct lint *lint)
{
	const char *names[ARRAY_COUNT(keys) + 3] = {"match", "no-match"};

	for (size_t i = 0; i < ARRAY_COUNT(keys); i++)
		names[i + 2] = keys[i].name;
	lint_add(lint, entry->file, entry->line, "a rule has no key '%s'%s",
	    entry->key, guess(arena, entry->key, names));
}

/*
 * Patterns see small letters without accents: what has others would never
 * match. Escapes (\S) and names of groups are left out.
 */
static bool
is_foldable(const char *regex)
{
	char folded[8];

	for (const char *p = regex; *p != '\0'; p++) {
		size_t n = 1;

		if (*p == '\\' && p[1] != '\0') {
			p++;
			continue;
		}
		if (text_starts(p, "(?<") || text_starts(p, "(?P<")) {
			p += strcspn(p, ">");
			continue;
		}
		if (*p >= 'A' && *p <= 'Z')
			return false;
		while (((unsigned char)p[n] & 0xC0) == 0x80)
			n++;
		if ((unsigned char)*p < 0x80)
			continue;
		if (reply_fold(p, n, folded, sizeof(folded)) != n ||
		    memcmp(folded, p, n) != 0)
			return false;
		p += n - 1;
	}
	return true;
}

/* A pattern that goes on in the next line got a space there: "a| b". */
static const char *
bars_close(struct arena *arena, const char *regex)
{
	char *copy = arena_dup(arena, regex);
	size_t n = 0;

	for (const char *p = regex; *p != '\0'; p++) {
		if (*p == ' ' && (p[1] == '|' || (p > regex && p[-1] == '|')))
			continue;
		copy[n++] = *p;
	}
	copy[n] = '\0';
	return copy;
}

static void
regex_check(struct arena *arena, struct reply_rule *rule, struct lint *lint)
{
	if (!is_foldable(rule->regex))
		lint_add(lint, rule->file, rule->regex_line,
		    "a pattern is compared with small letters without accents");
	reply_literals_find(arena, rule->regex, rule);
	if (rule->literal_count == 0)
		lint_add(lint, rule->file, rule->regex_line,
		    "each alternative of the pattern needs a word of three "
		    "letters outside of brackets (it is looked for first)");
}

/* Required keys, and texts of its own that lint can run. */
static void
rule_complete(struct reply_rule *rule, struct lint *lint)
{
	size_t must = 0, must_not = 0;

	for (size_t i = 0; i < ARRAY_COUNT(keys); i++) {
		bool is_there = false;

		if (!keys[i].is_required)
			continue;
		for (size_t j = 0; j < rule->entry_count; j++)
			is_there |=
			    strcmp(rule->entries[j].key, keys[i].name) == 0;
		if (!is_there)
			lint_add(lint, rule->file, rule->line, "[%s] has no %s",
			    rule->name, keys[i].name);
	}
	for (size_t i = 0; i < rule->entry_count; i++) {
		must += reply_rule_is_match(rule->entries[i].key);
		must_not += reply_rule_is_no_match(rule->entries[i].key);
	}
	if (must == 0)
		lint_add(lint, rule->file, rule->line,
		    "[%s] has no match: a text that it must match", rule->name);
	if (must_not == 0)
		lint_add(lint, rule->file, rule->line,
		    "[%s] has no no-match: a text that it must not match",
		    rule->name);
}

bool
reply_rule_read(struct arena *arena, const struct ini_section *section,
    const struct ini_entry *entries, size_t count, struct reply_rule *ret,
    struct lint *lint)
{
	size_t before = lint->count;

	*ret = (struct reply_rule){
	    .name = section->name,
	    .file = section->file,
	    .line = section->line,
	    .entries = entries,
	    .entry_count = count,
	};
	for (size_t i = 0; i < count; i++) {
		const struct key *key = key_find(entries[i].key);

		if (key != NULL)
			key_set(arena, key, &entries[i], ret, lint);
		else if (!reply_rule_is_match(entries[i].key) &&
		         !reply_rule_is_no_match(entries[i].key))
			key_unknown(arena, &entries[i], lint);
		if (key != NULL && key->offset == AT(regex))
			ret->regex_line = entries[i].line;
	}
	rule_complete(ret, lint);
	if (ret->advice == NULL)
		ret->advice = ret->remedy;
	if (ret->regex != NULL)
		ret->regex = bars_close(arena, ret->regex);
	if (ret->regex != NULL)
		regex_check(arena, ret, lint);
	return lint->count == before;
}
