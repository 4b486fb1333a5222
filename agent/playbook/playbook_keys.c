/*
 * playbook_keys.c - the keys of a playbook: one row each, and their values
 *
 * Purpose  the schema that the loader, lint and the manual share
 * Input    values of playbooks (root's)
 * Errors   to lint, with file and line
 * Runs as  actor; before the roles part
 * Source   SPEC section 3
 */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/playbook/expr_node.h"
#include "agent/playbook/playbook_read.h"

/* A limit or a number of runs above this limits nothing. */
#define COUNT_MAX 1000

static const char *const severities[] = {
    [SEVERITY_INFO] = "info",
    [SEVERITY_WARNING] = "warning",
    [SEVERITY_CRITICAL] = "critical",
    [SEVERITY_MAX] = NULL,
};

const char *
severity_to_text(enum severity severity)
{
	return severity < SEVERITY_MAX ? severities[severity] : "?";
}

bool
playbook_error(struct playbook_reader *reader, const struct ini_entry *entry,
    const char *format, ...)
{
	char text[WHY_TEXT_MAX * 2];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	lint_add(
	    reader->lint, entry->file, entry->line, "%s: %s", entry->key, text);
	return false;
}

const char *
playbook_guess(struct arena *arena, const char *name, const char *const *names)
{
	const char *near = text_nearest(name, names);

	if (near == NULL)
		return "";
	return arena_printf(arena, ", did you mean '%s'?", near);
}

bool
playbook_name_is_right(const char *name)
{
	for (const char *c = name; *c != '\0'; c++)
		if (!islower((unsigned char)*c) &&
		    !isdigit((unsigned char)*c) && *c != '-')
			return false;
	return name[0] != '\0' && name[0] != '-';
}

static struct expr_place
place_of(const struct ini_entry *entry)
{
	return (struct expr_place){
	    .file = entry->file, .line = entry->line, .what = entry->key};
}

/* Whether a row is at hand when a fix or a text is made. */
static const struct table *
row_of(const struct playbook_reader *reader)
{
	return reader->draft->playbook.for_each;
}

static bool
template_read(struct playbook_reader *reader, const struct ini_entry *entry,
    const struct template **ret)
{
	if (!reader->is_row_lost)
		*ret = template_parse(reader->arena, entry->value,
		    row_of(reader), place_of(entry), reader->lint);
	return *ret != NULL;
}

static bool
condition_read(struct playbook_reader *reader, const struct ini_entry *entry,
    const char *tail, double *ret_s, const struct expr **ret)
{
	static const enum expr_type want = EXPR_TYPE_BOOL;

	if (!reader->is_row_lost)
		*ret =
		    expr_parse_tail(reader->arena, entry->value, row_of(reader),
		        &want, place_of(entry), reader->lint, tail, ret_s);
	return *ret != NULL;
}

static bool
duration_read(struct playbook_reader *reader, const struct ini_entry *entry,
    const char *text, double *ret_s)
{
	struct why why = {0};
	enum unit unit;
	double number;

	if (unit_parse(text, &unit, &number, &why) < 0)
		return playbook_error(reader, entry, "%s", why.text);
	if (unit != UNIT_SECONDS)
		return playbook_error(reader, entry,
		    "'%s' is no duration, such as 30s, 5min or 2h", text);
	*ret_s = number;
	return true;
}

/* A whole number from 1. */
static bool
count_read(struct playbook_reader *reader, const struct ini_entry *entry,
    const char *text, unsigned *ret)
{
	struct why why = {0};
	enum unit unit;
	double number;

	if (unit_parse(text, &unit, &number, &why) < 0)
		return playbook_error(reader, entry, "%s", why.text);
	if (unit != UNIT_COUNT || number != floor(number) || number < 1 ||
	    number > COUNT_MAX)
		return playbook_error(reader, entry,
		    "'%s' is not a whole number from 1 to %d", text, COUNT_MAX);
	*ret = (unsigned)number;
	return true;
}

static bool
parse_for_each(struct playbook_reader *reader, const struct ini_entry *entry)
{
	const struct table *table = schema_table_find(entry->value, NULL);
	const char *names[64] = {NULL};
	size_t count = 0;

	for (size_t i = 0; schema_tables[i] != NULL; i++)
		if (schema_tables[i]->key != NULL &&
		    count + 1 < ARRAY_COUNT(names))
			names[count++] = schema_tables[i]->name;
	reader->is_row_lost = table == NULL || table->key == NULL;
	if (table == NULL)
		return playbook_error(reader, entry, "unknown table '%s'%s",
		    entry->value,
		    playbook_guess(reader->arena, entry->value, names));
	if (table->key == NULL)
		return playbook_error(reader, entry,
		    "table %s has one row: leave for-each out and write "
		    "%s.COLUMN",
		    table->name, table->name);
	reader->draft->playbook.for_each = table;
	return true;
}

static bool
parse_title(struct playbook_reader *reader, const struct ini_entry *entry)
{
	return template_read(reader, entry, &reader->draft->playbook.title);
}

static bool
parse_severity(struct playbook_reader *reader, const struct ini_entry *entry)
{
	for (int i = 0; i < SEVERITY_MAX; i++)
		if (strcmp(severities[i], entry->value) == 0) {
			reader->draft->playbook.severity = (enum severity)i;
			return true;
		}
	return playbook_error(reader, entry,
	    "'%s' is none of: info, warning, critical%s", entry->value,
	    playbook_guess(reader->arena, entry->value, severities));
}

static bool
parse_when(struct playbook_reader *reader, const struct ini_entry *entry)
{
	return condition_read(
	    reader, entry, NULL, NULL, &reader->draft->playbook.when);
}

/* "2 runs" or a duration */
static bool
parse_for(struct playbook_reader *reader, const struct ini_entry *entry)
{
	struct playbook *playbook = &reader->draft->playbook;
	const char *space = strchr(entry->value, ' ');

	if (space == NULL)
		return duration_read(
		    reader, entry, entry->value, &playbook->for_s);
	if (strcmp(space, " runs") != 0 && strcmp(space, " run") != 0)
		return playbook_error(reader, entry,
		    "'%s' is neither a duration, such as 10min, nor a number "
		    "of runs, such as '2 runs'",
		    entry->value);
	return count_read(reader, entry,
	    arena_dup_n(
	        reader->arena, entry->value, (size_t)(space - entry->value)),
	    &playbook->for_runs);
}

static bool
masked_add(struct playbook_reader *reader, const struct ini_entry *entry,
    const char *name)
{
	struct playbook_draft *draft = reader->draft;

	if (!playbook_name_is_right(name))
		return playbook_error(
		    reader, entry, "'%s' is no name of a playbook", name);
	if (strcmp(name, draft->playbook.name) == 0)
		return playbook_error(
		    reader, entry, "a playbook cannot mask itself");
	for (size_t i = 0; i < draft->masked_count; i++)
		if (strcmp(draft->masked[i].name, name) == 0)
			return playbook_error(
			    reader, entry, "'%s' is named twice", name);
	if (draft->masked_count == PLAYBOOK_MASKED_BY_MAX)
		return playbook_error(reader, entry, "more than %d names",
		    PLAYBOOK_MASKED_BY_MAX);
	draft->masked[draft->masked_count++] = (struct masked_name){
	    .name = name, .file = entry->file, .line = entry->line};
	return true;
}

static bool
parse_masked_by(struct playbook_reader *reader, const struct ini_entry *entry)
{
	const char *at = entry->value;
	bool is_ok = true, is_last;

	do {
		size_t length = strcspn(at, ","), from = 0, to = length;

		while (from < to && at[from] == ' ')
			from++;
		while (to > from && at[to - 1] == ' ')
			to--;
		is_ok = masked_add(reader, entry,
		            arena_dup_n(reader->arena, at + from, to - from)) &&
		        is_ok;
		is_last = at[length] == '\0';
		at += length + 1;
	} while (!is_last);
	return is_ok;
}

static bool
parse_advice(struct playbook_reader *reader, const struct ini_entry *entry)
{
	return template_read(reader, entry, &reader->draft->playbook.advice);
}

static bool
parse_evidence(struct playbook_reader *reader, const struct ini_entry *entry)
{
	return template_read(reader, entry, &reader->draft->playbook.evidence);
}

static bool
parse_see(struct playbook_reader *reader, const struct ini_entry *entry)
{
	reader->draft->playbook.see = entry->value;
	return true;
}

static bool
parse_action(struct playbook_reader *reader, const struct ini_entry *entry)
{
	const char *names[64] = {NULL};

	for (size_t i = 0; reader->actions[i] != NULL; i++) {
		if (strcmp(reader->actions[i]->name, entry->value) == 0) {
			reader->fix->action = reader->actions[i];
			return true;
		}
		if (i + 1 < ARRAY_COUNT(names))
			names[i] = reader->actions[i]->name;
	}
	return playbook_error(reader, entry, "there is no action '%s'%s",
	    entry->value, playbook_guess(reader->arena, entry->value, names));
}

static bool
parse_fix_when(struct playbook_reader *reader, const struct ini_entry *entry)
{
	return condition_read(reader, entry, NULL, NULL, &reader->fix->when);
}

/* "4 per 1h" */
static bool
parse_limit(struct playbook_reader *reader, const struct ini_entry *entry)
{
	const char *per = strstr(entry->value, " per ");

	if (per == NULL)
		return playbook_error(reader, entry,
		    "'%s' is not COUNT per DURATION, such as '4 per 1h'",
		    entry->value);
	if (!count_read(reader, entry,
	        arena_dup_n(
	            reader->arena, entry->value, (size_t)(per - entry->value)),
	        &reader->fix->limit_count) ||
	    !duration_read(
	        reader, entry, per + strlen(" per "), &reader->fix->limit_s))
		return false;
	if (reader->fix->limit_s > 0)
		return true;
	return playbook_error(reader, entry, "per no time at all");
}

static bool
parse_cooldown(struct playbook_reader *reader, const struct ini_entry *entry)
{
	return duration_read(
	    reader, entry, entry->value, &reader->fix->cooldown_s);
}

static bool
parse_verify(struct playbook_reader *reader, const struct ini_entry *entry)
{
	return condition_read(reader, entry, "within", &reader->fix->verify_s,
	    &reader->fix->verify);
}

static bool
parse_release(struct playbook_reader *reader, const struct ini_entry *entry)
{
	double release_s = -1;

	if (!condition_read(
	        reader, entry, "for", &release_s, &reader->fix->release))
		return false;
	if (release_s < 0)
		return playbook_error(reader, entry,
		    "for how long must it have held? End it with, say, 'for "
		    "30min'");
	reader->fix->release_s = release_s;
	return true;
}

static bool
word_check(struct playbook_reader *reader, const struct ini_entry *entry,
    const char *const *names)
{
	for (size_t i = 0; names[i] != NULL; i++)
		if (strcmp(names[i], entry->value) == 0)
			return true;
	return playbook_error(reader, entry, "'%s' is not allowed here%s",
	    entry->value,
	    playbook_guess(reader->arena, entry->value, names)[0] != '\0'
	        ? playbook_guess(reader->arena, entry->value, names)
	        : arena_printf(reader->arena, "; %s is", names[0]));
}

static bool
number_read(struct playbook_reader *reader, const struct action_param *spec,
    const struct ini_entry *entry, double *ret)
{
	struct why why = {0};
	enum unit unit;

	if (unit_parse(entry->value, &unit, ret, &why) < 0)
		return playbook_error(reader, entry, "%s", why.text);
	if (unit == spec->unit)
		return true;
	return playbook_error(reader, entry,
	    "'%s' is a number (%s), and %s are needed", entry->value,
	    unit_name(unit), unit_name(spec->unit));
}

bool
playbook_param_read(struct playbook_reader *reader,
    const struct action_param *spec, const struct ini_entry *entry,
    struct fix_param *ret)
{
	bool is_yes = strcmp(entry->value, "yes") == 0 ||
	              strcmp(entry->value, "true") == 0;
	bool is_no = strcmp(entry->value, "no") == 0 ||
	             strcmp(entry->value, "false") == 0;

	ret->spec = spec;
	if (spec->type == EXPR_TYPE_NUMBER)
		return number_read(reader, spec, entry, &ret->number);
	if (spec->type == EXPR_TYPE_BOOL) {
		ret->number = is_yes;
		return is_yes || is_no ||
		       playbook_error(reader, entry,
		           "'%s' is neither yes nor no", entry->value);
	}
	if (spec->names != NULL && !word_check(reader, entry, spec->names))
		return false;
	return template_read(reader, entry, &ret->text);
}

const struct playbook_key playbook_keys[] = {
    {"playbook", "for-each",  false, "TABLE",                        "one finding in all",
     "one finding for each row of this table",                                                                                                          parse_for_each},
    {"playbook", "title",     true,  "TEXT",                         "",
     "the problem in one sentence; {COLUMN} is filled in",                                                                                              parse_title   },
    {"playbook", "severity",  false, "info | warning | critical",    "warning",
     "how much it matters",                                                                                                                             parse_severity},
    {"playbook", "when",      true,  "EXPRESSION",                   "",
     "the problem is there when this holds; unknown is not enough",                                                                                     parse_when    },
    {"playbook", "for",       false, "N runs | DURATION",            "1 run",
     "how long it must have held",                                                                                                                      parse_for     },
    {"playbook", "masked-by", false, "PLAYBOOK, ...",                "none",
     "causes: while one of them is found on this host, this is only a symptom; two playbooks for-each the same table mask item by item",
     parse_masked_by                                                                                                                                                  },
    {"playbook", "evidence",  false, "TEXT",                         "the facts that `when` reads",
     "what was seen, in words; a sentence with something unknown is left out",                                                                          parse_evidence},
    {"playbook", "advice",    false, "TEXT",                         "none",
     "what a person can do, likewise; a command in `backquotes` stands on a line of its own",
     parse_advice                                                                                                                                                     },
    {"playbook", "see",       false, "URL",                          "none",                        "where to read more",                               parse_see     },
    {"fix",      "action",    true,  "ACTION",                       "",
     "what is done; its parameters are keys of the same section",                                                                                       parse_action  },
    {"fix",      "when",      false, "EXPRESSION",                   "yes",                         "an extra guard: only then",
     parse_fix_when                                                                                                                                                   },
    {"fix",      "limit",     false, "N per DURATION",               "none",
     "how often for one item; past it the finding is escalated",                                                                                        parse_limit   },
    {"fix",      "cooldown",  false, "DURATION",                     "none",
     "how long to wait before it is tried again",                                                                                                       parse_cooldown},
    {"fix",      "verify",    false, "EXPRESSION [within DURATION]",
     "the playbook's `when` no longer holds within 60s",                                            "it has worked when this holds; else it is undone", parse_verify  },
    {"fix",      "release",   false, "EXPRESSION for DURATION",      "kept",
     "when this has held for so long, the change is undone",                                                                                            parse_release },
    {NULL,       NULL,        false, NULL,                           NULL,                          NULL,                                               NULL          },
};
