/*
 * reply_lint.c - rules about replies tried on their own texts
 *
 * Purpose  find the pattern that is wrong, dead, too broad, or hidden behind
 *          another rule, before a mail admin does
 * Input    the catalogue: root's
 * Errors   to lint
 * Runs as  actor: `mailfix lint` only, for it takes milliseconds
 * Source   issues of programs whose rules nobody tried: a rule that can never
 *          match looks like one that never had to
 */
#include <string.h>

#include "agent/base/text.h"
#include "agent/mail/reply_rule.h"

static void
match_check(const struct reply_catalogue *catalogue,
    const struct reply_rule *rule, const struct ini_entry *entry,
    struct lint *lint)
{
	struct reply_meaning meaning;
	struct reply reply;

	reply_read(lint->arena, entry->value, strlen(entry->value),
	    REPLY_STAGE_UNKNOWN, &reply);
	reply_classify(catalogue, &reply, &meaning);
	if (text_equal(meaning.name, rule->name))
		return;
	if (meaning.name == NULL)
		lint_add(lint, entry->file, entry->line,
		    "[%s] does not match its own text '%s'", rule->name,
		    entry->value);
	else
		lint_add(lint, entry->file, entry->line,
		    "[%s] does not get its own text '%s': [%s] does",
		    rule->name, entry->value, meaning.name);
}

static void
no_match_check(const struct reply_catalogue *catalogue, struct reply_rule *rule,
    const struct ini_entry *entry, struct lint *lint)
{
	char subject[REPLY_SUBJECT_MAX];
	struct reply_trigrams trigrams;
	struct reply reply;
	size_t length;

	reply_read(lint->arena, entry->value, strlen(entry->value),
	    REPLY_STAGE_UNKNOWN, &reply);
	length = reply_subject(&reply, subject);
	reply_trigrams_of(subject, length, &trigrams);
	if (reply_rule_fits(
	        catalogue, rule, &reply, subject, length, &trigrams))
		lint_add(lint, entry->file, entry->line,
		    "[%s] matches what it must not: '%s'", rule->name,
		    entry->value);
}

void
reply_catalogue_lint(const struct reply_catalogue *catalogue, struct lint *lint)
{
	for (size_t i = 0; i < catalogue->count; i++) {
		struct reply_rule *rule = &catalogue->rules[i];
		struct why why = {0};

		if (reply_pattern_of(catalogue, rule, &why) < 0) {
			lint_add(
			    lint, rule->file, rule->regex_line, "%s", why.text);
			continue;
		}
		for (size_t j = 0; j < rule->entry_count; j++) {
			const struct ini_entry *entry = &rule->entries[j];

			if (reply_rule_is_match(entry->key))
				match_check(catalogue, rule, entry, lint);
			else if (reply_rule_is_no_match(entry->key))
				no_match_check(catalogue, rule, entry, lint);
		}
	}
}
