/*
 * words.c - facts and fixes in words
 *
 * Purpose  the phrases that the formats for people share
 * Input    typed facts; their texts are hostile and escaped by who prints them
 * Errors   none
 * Runs as  the actor
 * Source   SPEC section 2, the model of the text report
 */
#include "agent/report/words.h"

#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/report/count.h"

/* Longer texts are quoted on a line of their own. */
#define WORDS_QUOTE_COLUMNS 32

static void
name_add(struct buf *out, const char *name)
{
	for (; *name != '\0'; name++)
		buf_add_char(out, *name == '_' || *name == '.' ? ' ' : *name);
}

void
words_value(
    struct buf *out, const struct column *column, const struct value *value)
{
	char text[UNIT_TEXT_MAX];

	switch (value->kind) {
	case VALUE_UNKNOWN:
		buf_addf(out, "not known (%s)",
		    value->text != NULL ? value->text : "not told");
		break;
	case VALUE_BOOL:
		buf_add(out, value->is_true ? "yes" : "no");
		break;
	case VALUE_NUMBER:
		buf_add(
		    out, unit_format(column != NULL ? column->unit : UNIT_COUNT,
		             value->number, text));
		break;
	case VALUE_TEXT:
		buf_add(out, value->text[0] != '\0' ? value->text : "empty");
		break;
	}
}

void
words_evidence(struct buf *out, const struct evidence *evidence)
{
	name_add(out, evidence->name);
	buf_add(out, evidence->value.kind == VALUE_NUMBER ? " " : ": ");
	words_value(out, evidence->column, &evidence->value);
}

bool
words_is_quote(const struct evidence *evidence)
{
	return evidence->value.kind == VALUE_TEXT &&
	       strlen(evidence->value.text) > WORDS_QUOTE_COLUMNS;
}

void
words_plural(struct buf *out, size_t count, const char *one)
{
	char text[UNIT_TEXT_MAX];

	buf_addf(out, "%s %s%s", unit_format(UNIT_COUNT, (double)count, text),
	    one,
	    count == 1            ? ""
	    : text_ends(one, "x") ? "es"
	                          : "s");
}

void
words_risk(struct buf *out, const struct planned_fix *planned)
{
	bool is_undoable = true, is_any = false;

	buf_add(out, risk_to_text(planned->fix->action->risk));
	for (size_t i = 0; i < planned->change_count; i++) {
		const struct change *change = &planned->changes[i];
		bool has_undo = change_is_undoable(change);

		/* a try that leaves all as it is needs none */
		is_any |= has_undo;
		is_undoable &= has_undo || change_is_traceless(change);
	}
	is_undoable &= is_any;
	if (planned->change_count > 0)
		buf_add(out,
		    is_undoable ? ", can be undone" : ", cannot be undone");
}

static void
problems_add(struct buf *out, const struct report_count *count)
{
	words_plural(out, count->problems, "problem");
	if (count->fixed > 0)
		buf_add(out, " left");
	if (count->fixable == 0)
		return;
	if (count->fixable == count->problems)
		buf_add(out, count->problems == 1 ? ", can be fixed here"
		                                  : ", all can be fixed here");
	else
		buf_addf(out, ", %zu can be fixed here", count->fixable);
}

static void
part_add(struct buf *out, size_t count, const char *one, const char *after)
{
	if (count == 0)
		return;
	if (out->length > 0)
		buf_add(out, ", ");
	words_plural(out, count, one);
	buf_add(out, after);
}

void
words_verdict(struct buf *out, const struct report *report)
{
	AUTO_BUF struct buf text = {0};
	struct report_count count;

	report_count(report->judgement, report->plan, &count);
	part_add(&text, count.failed, "fix",
	    count.undone < count.failed ? " failed"
	    : count.failed == 1         ? " failed and was undone"
	                                : " failed and were undone");
	part_add(&text, count.fixed, "problem", " fixed");
	if (count.problems > 0) {
		if (text.length > 0)
			buf_add(&text, ", ");
		problems_add(&text, &count);
	} else if (count.symptoms > 0) {
		part_add(&text, count.symptoms, "symptom", " to look at again");
	}
	if (text.length == 0 && report->status == RUN_UNKNOWN)
		buf_add(&text, "no problem found, but not all is known");
	if (text.length == 0)
		buf_add(&text, "healthy");
	buf_add(out, buf_text(&text));
}

const char *
words_mode(const char *mode)
{
	static const char *const modes[][2] = {
	    {"dry-run", "dry run"  },
	    {"ask",     ""         },
	    {"yes",     "approved" },
	    {"auto",    "automatic"},
	};

	for (size_t i = 0; i < ARRAY_COUNT(modes); i++)
		if (strcmp(mode, modes[i][0]) == 0)
			return modes[i][1];
	return mode;
}
