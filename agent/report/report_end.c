/*
 * report_end.c - the last lines of the text report
 *
 * Purpose  what is not known, the remarks, and what to type next
 * Input    the report; reasons come from observers
 * Errors   none
 * Runs as  the actor
 * Source   SPEC section 2, the model of the text report
 */
#include <string.h>

#include "agent/base/text.h"
#include "agent/report/count.h"
#include "agent/report/report_parts.h"
#include "agent/report/words.h"

/* Groups of unknown facts shown unless more was asked for. */
#define END_UNKNOWN_SHOWN 12

static bool
is_first_of_reason(const struct judgement *judgement, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (text_equal(judgement->unknown[k].reason,
		        judgement->unknown[i].reason))
			return false;
	return true;
}

/* Facts that are unknown for one reason stand on one line. */
static void
unknown_line(struct page *page, const struct judgement *judgement, size_t first)
{
	const char *reason = judgement->unknown[first].reason;
	AUTO_BUF struct buf line = {0};

	for (size_t i = first; i < judgement->unknown_count; i++) {
		if (!text_equal(judgement->unknown[i].reason, reason))
			continue;
		if (line.length > 0)
			buf_add(&line, ", ");
		buf_add(&line, judgement->unknown[i].fact);
	}
	buf_addf(&line, " (%s)", reason != NULL ? reason : "not told");
	page_line(page, PAGE_PLAIN, "? not known: ", buf_text(&line), NULL);
}

void
report_unknown_lines(
    struct page *page, const struct report *report, int verbosity)
{
	const struct judgement *judgement = report->judgement;
	AUTO_BUF struct buf line = {0};
	size_t groups = 0, hidden = 0;

	for (size_t i = 0; i < judgement->unknown_count; i++) {
		if (!is_first_of_reason(judgement, i))
			continue;
		if (groups++ < END_UNKNOWN_SHOWN || verbosity > 0)
			unknown_line(page, judgement, i);
		else
			hidden++;
	}
	if (hidden > 0) {
		words_plural(&line, hidden, "more reason");
		buf_add(&line, " why something is not known (--verbose)");
		page_line(page, PAGE_DIM, "? ", buf_text(&line), NULL);
	}
	if (groups > 0)
		page_gap(page);
}

void
report_note_lines(struct page *page, const struct report *report)
{
	size_t n = 0;

	if (report->notes == NULL)
		return;
	for (; report->notes[n] != NULL; n++)
		page_line(page, PAGE_PLAIN, "", report->notes[n], NULL);
	if (n > 0)
		page_gap(page);
}

/* The finding that "why" should explain: the first that stands. */
static const struct finding *
first_problem(const struct judgement *judgement)
{
	for (size_t i = 0; i < judgement->count; i++)
		if (judgement->findings[i].playbook->is_chosen &&
		    (judgement->findings[i].state == FINDING_FOUND ||
		        judgement->findings[i].state == FINDING_FAILED))
			return &judgement->findings[i];
	return NULL;
}

static void
changed_add(struct buf *said, struct buf *undo, const struct report *report,
    const struct report_count *count)
{
	size_t eased = report_eased_count(report->eased);

	if (count->applied == 0 && count->failed == 0 && eased > 0) {
		words_plural(said, eased, "step");
		buf_add(said, " back toward normal.");
		buf_addf(undo, "To undo: mailfix undo %s", report->run);
		return;
	}
	if (count->applied == 0 && count->failed == 0) {
		buf_add(said, "Nothing was changed.");
		return;
	}
	if (count->applied > 0) {
		words_plural(said, count->applied, "fix");
		buf_add(said, " applied.");
		buf_addf(undo, "To undo: mailfix undo %s", report->run);
	} else {
		buf_add(said, count->undone == count->failed
		                  ? "What was changed is undone."
		                  : "What was done could not be undone.");
		buf_addf(undo, "Details: mailfix history %s", report->run);
	}
}

void
report_closing_lines(struct page *page, const struct report *report)
{
	const struct finding *first = first_problem(report->judgement);
	AUTO_BUF struct buf said = {0}, undo = {0}, why = {0};
	const char *pieces[5] = {NULL};
	struct report_count count;
	size_t n = 0;

	report_count(report->judgement, report->plan, &count);
	changed_add(&said, &undo, report, &count);
	pieces[n++] = buf_text(&said);
	if (undo.length > 0)
		pieces[n++] = buf_text(&undo);
	if (count.fixable > 0)
		pieces[n++] = report->has_root ? "To apply: mailfix"
		                               : "To apply, as root: mailfix";
	if (first != NULL) {
		buf_addf(&why, "Why: mailfix explain playbook %s",
		    first->playbook->name);
		pieces[n++] = buf_text(&why);
	}
	page_pieces(page, pieces);
}
