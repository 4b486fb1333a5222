/*
 * playbook_read.c - one playbook: its sections, keys and fixes
 *
 * Purpose  from merged INI entries to a checked playbook
 * Input    entries of playbooks (root's)
 * Errors   to lint, with file and line: all of them
 * Runs as  actor; before the roles part
 * Source   SPEC section 3
 */
#include "agent/playbook/playbook_read.h"

#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"

#define FIX_PREFIX "fix "

static const struct ini_entry *
entry_find(const struct ini *ini, const char *section, const char *key)
{
	for (size_t i = 0; i < ini->count; i++)
		if (strcmp(ini->entries[i].section, section) == 0 &&
		    strcmp(ini->entries[i].key, key) == 0)
			return &ini->entries[i];
	return NULL;
}

static void
wrong(struct playbook_reader *reader, bool is_ok)
{
	if (!is_ok)
		reader->draft->is_wrong = true;
}

/* All keys of a section that the table knows, in the table's order. */
static void
keys_read(struct playbook_reader *reader, const struct ini_section *section,
    const char *kind)
{
	for (const struct playbook_key *k = playbook_keys; k->section; k++) {
		const struct ini_entry *entry;

		if (strcmp(k->section, kind) != 0)
			continue;
		entry = entry_find(&reader->ini, section->name, k->key);
		if (entry != NULL && entry->value[0] != '\0') {
			wrong(reader, k->parse(reader, entry));
		} else if (k->is_required && entry != NULL) {
			wrong(reader,
			    playbook_error(reader, entry, "it has no value"));
		} else if (k->is_required) {
			lint_add(reader->lint, section->file, section->line,
			    "[%s] has no '%s'", section->name, k->key);
			wrong(reader, false);
		}
	}
}

static bool
is_key(const char *kind, const char *key)
{
	for (const struct playbook_key *k = playbook_keys; k->section; k++)
		if (strcmp(k->section, kind) == 0 && strcmp(k->key, key) == 0)
			return true;
	return false;
}

/* A key that is neither of the section nor a parameter of its action. */
static bool
key_error(struct playbook_reader *reader, const struct ini_entry *entry,
    const char *kind, const struct action_spec *action)
{
	const char *names[64] = {NULL};
	size_t count = 0;

	for (const struct playbook_key *k = playbook_keys; k->section; k++)
		if (strcmp(k->section, kind) == 0)
			names[count++] = k->key;
	for (const struct action_param *p = action != NULL ? action->params
	                                                   : NULL;
	     p != NULL && p->name != NULL; p++)
		if (count + 1 < ARRAY_COUNT(names))
			names[count++] = p->name;
	lint_add(reader->lint, entry->file, entry->line, "%s%s%s '%s'%s%s%s%s",
	    action != NULL ? "action " : "unknown key",
	    action != NULL ? action->name : "",
	    action != NULL ? " takes no" : "", entry->key,
	    action == NULL ? " in [" : "", action == NULL ? entry->section : "",
	    action == NULL ? "]" : "",
	    playbook_guess(reader->arena, entry->key, names));
	return false;
}

static void
unknown_keys_check(struct playbook_reader *reader, const char *section)
{
	for (size_t i = 0; i < reader->ini.count; i++) {
		const struct ini_entry *entry = &reader->ini.entries[i];

		if (strcmp(entry->section, section) == 0 &&
		    !is_key("playbook", entry->key))
			wrong(
			    reader, key_error(reader, entry, "playbook", NULL));
	}
}

static const struct action_param *
param_find(const struct action_spec *action, const char *name)
{
	for (const struct action_param *p = action->params;
	     p != NULL && p->name != NULL; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

/* What the action needs and the section does not give. */
static void
required_check(
    struct playbook_reader *reader, const struct ini_section *section)
{
	for (const struct action_param *p = reader->fix->action->params;
	     p != NULL && p->name != NULL; p++) {
		const struct ini_entry *entry =
		    entry_find(&reader->ini, section->name, p->name);

		if (!p->is_required ||
		    (entry != NULL && entry->value[0] != '\0'))
			continue;
		lint_add(reader->lint, section->file, section->line,
		    "[%s] has no '%s', which action %s needs", section->name,
		    p->name, reader->fix->action->name);
		wrong(reader, false);
	}
}

/* The keys of a fix that are its action's parameters. */
static void
params_read(struct playbook_reader *reader, const struct ini_section *section)
{
	struct fix *fix = reader->fix;
	struct fix_param *params =
	    arena_alloc(reader->arena, reader->ini.count, sizeof(*fix->params));

	for (size_t i = 0; i < reader->ini.count; i++) {
		const struct ini_entry *entry = &reader->ini.entries[i];
		const struct action_param *spec;

		if (strcmp(entry->section, section->name) != 0 ||
		    is_key("fix", entry->key))
			continue;
		spec = param_find(fix->action, entry->key);
		if (spec == NULL)
			wrong(reader,
			    key_error(reader, entry, "fix", fix->action));
		else if (entry->value[0] != '\0')
			wrong(reader, playbook_param_read(reader, spec, entry,
			                  &params[fix->param_count++]));
	}
	fix->params = params;
	required_check(reader, section);
}

static void
fix_read(struct playbook_reader *reader, const struct ini_section *section,
    struct fix *fix)
{
	*fix = (struct fix){
	    .name = section->name + strlen(FIX_PREFIX),
	    .verify_s = PLAYBOOK_VERIFY_S,
	    .line = section->line,
	};
	reader->fix = fix;
	if (!playbook_name_is_right(fix->name)) {
		lint_add(reader->lint, section->file, section->line,
		    "'%s' is no name of a fix: lower case letters, digits, '-'",
		    fix->name);
		wrong(reader, false);
	}
	keys_read(reader, section, "fix");
	if (fix->action != NULL)
		params_read(reader, section);
}

static void
fixes_read(struct playbook_reader *reader)
{
	struct playbook *playbook = &reader->draft->playbook;
	struct fix *fixes = arena_alloc(
	    reader->arena, PLAYBOOK_FIXES_MAX, sizeof(*playbook->fixes));

	for (size_t i = 0; i < reader->ini.section_count; i++) {
		const struct ini_section *section = &reader->ini.sections[i];

		if (!text_starts(section->name, FIX_PREFIX))
			continue;
		if (playbook->fix_count == PLAYBOOK_FIXES_MAX) {
			lint_add(reader->lint, section->file, section->line,
			    "more than %d fixes", PLAYBOOK_FIXES_MAX);
			wrong(reader, false);
			break;
		}
		fix_read(reader, section, &fixes[playbook->fix_count++]);
	}
	playbook->fixes = fixes;
}

/* Returns [playbook], or NULL when there is none. */
static const struct ini_section *
sections_check(struct playbook_reader *reader)
{
	static const char *const names[] = {"playbook", "fix NAME", NULL};
	const struct ini_section *found = NULL;

	for (size_t i = 0; i < reader->ini.section_count; i++) {
		const struct ini_section *section = &reader->ini.sections[i];

		if (strcmp(section->name, "playbook") == 0) {
			found = section;
			continue;
		}
		if (text_starts(section->name, FIX_PREFIX))
			continue;
		lint_add(reader->lint, section->file, section->line,
		    "unknown section [%s]%s", section->name,
		    text_starts(section->name, "fix")
		        ? ": a fix has a name, [fix NAME]"
		        : playbook_guess(reader->arena, section->name, names));
		wrong(reader, false);
	}
	if (found == NULL) {
		lint_add(reader->lint, reader->draft->playbook.file, 0,
		    "there is no section [playbook]");
		wrong(reader, false);
	}
	return found;
}

void
playbook_read(struct playbook_reader *reader)
{
	struct playbook *playbook = &reader->draft->playbook;
	const struct ini_section *section;

	playbook->severity = SEVERITY_WARNING;
	playbook->for_runs = 1;
	if (!playbook_name_is_right(playbook->name)) {
		lint_add(reader->lint, playbook->file, 0,
		    "'%s' is no name of a playbook: lower case letters, "
		    "digits, '-'",
		    playbook->name);
		wrong(reader, false);
	}
	section = sections_check(reader);
	if (section != NULL) {
		keys_read(reader, section, "playbook");
		unknown_keys_check(reader, section->name);
	}
	fixes_read(reader);
}

static void
fix_tables(const struct fix *fix, bool *wanted)
{
	const struct expr *const exprs[] = {
	    fix->when, fix->verify, fix->release};

	for (size_t i = 0; i < ARRAY_COUNT(exprs); i++)
		if (exprs[i] != NULL)
			expr_tables(exprs[i], wanted);
	for (size_t i = 0; i < fix->param_count; i++)
		if (fix->params[i].text != NULL)
			template_tables(fix->params[i].text, wanted);
	for (size_t i = 0;
	     fix->action->tables != NULL && fix->action->tables[i] != NULL;
	     i++) {
		size_t index;

		if (schema_table_find(fix->action->tables[i], &index) != NULL)
			wanted[index] = true;
	}
}

void
playbook_tables(const struct playbook *playbook, bool *wanted)
{
	size_t index;

	if (playbook->for_each != NULL &&
	    schema_table_find(playbook->for_each->name, &index) != NULL)
		wanted[index] = true;
	expr_tables(playbook->when, wanted);
	template_tables(playbook->title, wanted);
	if (playbook->evidence != NULL)
		template_tables(playbook->evidence, wanted);
	if (playbook->advice != NULL)
		template_tables(playbook->advice, wanted);
	for (size_t i = 0; i < playbook->fix_count; i++)
		fix_tables(&playbook->fixes[i], wanted);
}
