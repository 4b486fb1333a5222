/*
 * playbook_words.c - a playbook in words, with its thresholds
 *
 * Purpose  `mailfix explain playbook NAME`
 * Input    a checked playbook
 * Errors   none
 * Runs as  actor
 * Source   SPEC section 2
 */
#include <string.h>

#include "agent/base/auto.h"
#include "agent/playbook/playbook_read.h"

static void
duration_add(struct buf *out, double seconds)
{
	char text[UNIT_TEXT_MAX];

	buf_add(out, unit_format(UNIT_SECONDS, seconds, text));
}

/* Columns that are explained; a condition reads fewer. */
#define GLOSSARY_MAX 32

/* Each column that a condition reads, with what it is: once. */
struct glossary {
	struct buf *out;
	const struct table *tables[GLOSSARY_MAX];
	int columns[GLOSSARY_MAX];
	size_t count;
};

static void
glossary_visit(
    void *user, const struct table *table, const char *key, int column)
{
	struct glossary *glossary = user;
	const char *doc, *name = "";

	(void)key;
	for (size_t i = 0; i < glossary->count; i++)
		if (glossary->tables[i] == table &&
		    glossary->columns[i] == column)
			return;
	if (glossary->count == GLOSSARY_MAX)
		return;
	glossary->tables[glossary->count] = table;
	glossary->columns[glossary->count++] = column;
	doc = table->doc;
	if (column >= 0) {
		name = table->columns[column].name;
		doc = table->columns[column].doc;
	}
	buf_addf(glossary->out, "  %-10s  %s%s%s: %s\n",
	    glossary->count == 1 ? "where" : "", table->name,
	    column >= 0 ? "." : "", name, doc);
}

static void
condition_say(struct buf *out, const struct playbook *playbook)
{
	struct glossary glossary = {.out = out};

	buf_add(out, "  found when  ");
	expr_words(out, playbook->when);
	buf_add_char(out, '\n');
	if (playbook->for_runs > 1)
		buf_addf(out, "              in %u runs in a row\n",
		    playbook->for_runs);
	if (playbook->for_s > 0) {
		buf_add(out, "              for at least ");
		duration_add(out, playbook->for_s);
		buf_add_char(out, '\n');
	}
	expr_facts(playbook->when, glossary_visit, &glossary);
}

static void
param_say(struct buf *out, const struct fix_param *param)
{
	char text[UNIT_TEXT_MAX];

	buf_addf(out, "              %s: ", param->spec->name);
	if (param->text != NULL)
		buf_add(out, template_source(param->text));
	else if (param->spec->type == EXPR_TYPE_BOOL)
		buf_add(out, param->number != 0 ? "yes" : "no");
	else
		buf_add(
		    out, unit_format(param->spec->unit, param->number, text));
	buf_add_char(out, '\n');
}

static void
limits_say(struct buf *out, const struct fix *fix)
{
	if (fix->limit_count > 0) {
		buf_addf(out, "              at most %u time%s in ",
		    fix->limit_count, fix->limit_count == 1 ? "" : "s");
		duration_add(out, fix->limit_s);
		buf_add(out, " for one item\n");
	}
	if (fix->cooldown_s > 0) {
		buf_add(out, "              not again for ");
		duration_add(out, fix->cooldown_s);
		buf_add_char(out, '\n');
	}
}

static void
release_say(struct buf *out, const struct fix *fix)
{
	AUTO_BUF struct buf words = {0};

	if (fix->release == NULL)
		return;
	expr_words(&words, fix->release);
	/* a change that only has an end */
	if (strcmp(buf_text(&words), "yes") == 0)
		buf_add(out, "              undone after ");
	else
		buf_addf(out, "              undone later, when %s for ",
		    buf_text(&words));
	duration_add(out, fix->release_s);
	buf_add_char(out, '\n');
}

static void
fix_say(struct buf *out, const struct fix *fix)
{
	buf_addf(out, "  fix         %s: %s (%s)\n", fix->name,
	    fix->action->doc, risk_to_text(fix->action->risk));
	for (size_t i = 0; i < fix->param_count; i++)
		param_say(out, &fix->params[i]);
	if (fix->when != NULL) {
		buf_add(out, "              only when ");
		expr_words(out, fix->when);
		buf_add_char(out, '\n');
	}
	limits_say(out, fix);
	buf_add(out, "              it has worked when ");
	if (fix->verify != NULL)
		expr_words(out, fix->verify);
	else
		buf_add(out, "the problem is gone");
	buf_add(out, " within ");
	duration_add(out, fix->verify_s);
	buf_add(out, ", else it is undone\n");
	release_say(out, fix);
}

/* "\n" (a backslash, an n) ends a line of it. */
static void
evidence_say(struct buf *out, const char *text)
{
	const char *label = "  evidence    ", *end;

	for (; (end = strstr(text, "\\n")) != NULL; text = end + 2) {
		text += strspn(text, " ");
		buf_add(out, label);
		buf_add_n(out, text, (size_t)(end - text));
		buf_add_char(out, '\n');
		label = "              ";
	}
	text += strspn(text, " ");
	buf_addf(out, "%s%s\n", label, text);
}

void
playbook_words(struct buf *out, const struct playbook *playbook)
{
	buf_addf(
	    out, "%s: %s\n", playbook->name, template_source(playbook->title));
	buf_addf(
	    out, "  severity    %s\n", severity_to_text(playbook->severity));
	if (playbook->for_each != NULL)
		buf_addf(out, "  one for     each %s (%s)\n",
		    playbook->for_each->key, playbook->for_each->doc);
	condition_say(out, playbook);
	for (size_t i = 0; i < playbook->masked_count; i++)
		buf_addf(out, "%s%s%s", i == 0 ? "  symptom of  " : ", ",
		    playbook->masked_by[i]->name,
		    i + 1 == playbook->masked_count ? "\n" : "");
	for (size_t i = 0; i < playbook->fix_count; i++)
		fix_say(out, &playbook->fixes[i]);
	if (playbook->fix_count == 0)
		buf_add(out, "  fix         none: it is only reported\n");
	if (playbook->evidence != NULL)
		evidence_say(out, template_source(playbook->evidence));
	if (playbook->advice != NULL)
		buf_addf(out, "  advice      %s\n",
		    template_source(playbook->advice));
	if (playbook->see != NULL)
		buf_addf(out, "  see         %s\n", playbook->see);
	buf_addf(out, "  file        %s\n", playbook->file);
}
