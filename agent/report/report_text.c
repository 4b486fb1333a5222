/*
 * report_text.c - a run, for a person
 *
 * Purpose  the text report: verdict first, then problems with their cause,
 *          evidence, fix or advice, then what is not known, then what to do
 * Input    the report; texts in it are hostile and escaped by page.c
 * Errors   none
 * Runs as  the actor
 * Source   SPEC section 2, the model of the text report
 */
#include <stdio.h>
#include <string.h>

#include "agent/base/text.h"
#include "agent/report/count.h"
#include "agent/report/page.h"
#include "agent/report/report_parts.h"
#include "agent/report/words.h"

static void
verdict_line(struct page *page, const struct report *report)
{
	AUTO_BUF struct buf line = {0};
	const struct mta *mta = report->mta;
	enum page_look look = PAGE_BOLD;

	buf_addf(&line, "%s  ", report->host);
	if (mta->ops != NULL)
		buf_addf(&line, " %s%s%s  ", mta->kind,
		    mta->version != NULL ? " " : "",
		    mta->version != NULL ? mta->version : "");
	buf_add_char(&line, ' ');
	words_verdict(&line, report);
	if (report->status == RUN_PROBLEMS || report->status == RUN_FAILED)
		look = PAGE_BAD;
	if (report->status == RUN_HEALTHY || report->status == RUN_FIXED)
		look = PAGE_GOOD;
	page_line(page, look, "", buf_text(&line), words_mode(report->mode));
}

static void
title_line(struct page *page, const struct finding *finding)
{
	AUTO_BUF struct buf tag = {0};
	const char *mark = "x ";
	enum page_look look = PAGE_BAD;

	if (report_is_hint(finding)) {
		mark = "! ";
		look = PAGE_WARN;
	}
	if (finding->state == FINDING_FIXED) {
		mark = "+ ";
		look = PAGE_GOOD;
	}
	if (finding->state == FINDING_SUPPRESSED) {
		mark = "~ ";
		look = PAGE_PLAIN;
	}
	buf_addf(&tag, "[%s]", finding->playbook->name);
	page_line(page, look, mark, finding->title, buf_text(&tag));
}

/* The evidence in the playbook's words, a paragraph a line; "> " quotes. */
static void
told_lines(struct page *page, const char *told)
{
	for (;;) {
		size_t length = strcspn(told, "\n");
		bool is_quote = strncmp(told, "> ", 2) == 0;
		AUTO_BUF struct buf line = {0};

		buf_add_n(
		    &line, told + 2 * is_quote, length - 2 * (size_t)is_quote);
		page_line(page, PAGE_PLAIN, is_quote ? "  > " : "  ",
		    buf_text(&line), NULL);
		if (told[length] == '\0')
			return;
		told += length + 1;
	}
}

void
report_evidence_lines(struct page *page, const struct finding *finding)
{
	AUTO_BUF struct buf line = {0};

	if (finding->told != NULL) {
		told_lines(page, finding->told);
		return;
	}
	for (size_t i = 0; i < finding->evidence_count; i++) {
		const struct evidence *evidence = &finding->evidence[i];

		if (words_is_quote(evidence))
			continue;
		if (line.length > 0)
			buf_add(&line, ", ");
		words_evidence(&line, evidence);
	}
	if (line.length > 0)
		page_line(page, PAGE_PLAIN, "  ", buf_text(&line), NULL);
	for (size_t i = 0; i < finding->evidence_count; i++)
		if (words_is_quote(&finding->evidence[i]))
			page_line(page, PAGE_PLAIN, "  > ",
			    finding->evidence[i].value.text, NULL);
}

static void
masking_lines(struct page *page, const struct report *report,
    const struct finding *finding)
{
	AUTO_BUF struct buf line = {0};

	if (finding->state == FINDING_MASKED && finding->masked_by != NULL) {
		page_line(page, PAGE_PLAIN, "  follows from  ",
		    finding->masked_by->title, NULL);
		return;
	}
	for (size_t i = 0; i < report->judgement->count; i++) {
		const struct finding *other = &report->judgement->findings[i];

		if (other->state != FINDING_MASKED ||
		    other->masked_by != finding || !other->playbook->is_chosen)
			continue;
		if (line.length > 0)
			buf_add(&line, ", ");
		buf_add(&line, other->playbook->name);
		if (other->item != NULL)
			buf_addf(&line, " (%s)", other->item);
	}
	if (line.length > 0)
		page_line(
		    page, PAGE_PLAIN, "  causes also  ", buf_text(&line), NULL);
}

/* Advice is what is left to a person: not shown where a fix does the work. */
static void
advice_lines(struct page *page, const struct report *report,
    const struct report_style *style, const struct finding *finding)
{
	bool is_left =
	    finding->state == FINDING_FOUND || finding->state == FINDING_FAILED;

	if (finding->advice != NULL &&
	    ((is_left && !report_has_fix(report->plan, finding)) ||
	        style->verbosity > 0))
		page_advice(page, "  do    ", finding->advice);
	if (finding->playbook->see != NULL && style->verbosity > 0)
		page_line(
		    page, PAGE_DIM, "  see   ", finding->playbook->see, NULL);
}

static void
finding_block(struct page *page, const struct report *report,
    const struct report_style *style, const struct finding *finding)
{
	title_line(page, finding);
	if (style->verbosity < 0)
		return;
	if ((finding->state == FINDING_SUPPRESSED ||
	        finding->state == FINDING_FIXED) &&
	    finding->note != NULL)
		page_line(page, PAGE_PLAIN, "  ", finding->note, NULL);
	if (finding->state != FINDING_MASKED)
		report_evidence_lines(page, finding);
	masking_lines(page, report, finding);
	for (size_t i = 0; i < report->plan->count; i++)
		if (report->plan->fixes[i].finding == finding &&
		    finding->state != FINDING_SUPPRESSED)
			report_fix_lines(
			    page, &report->plan->fixes[i], style->verbosity);
	advice_lines(page, report, style, finding);
	page_gap(page);
}

/* A symptom has no block of its own: its cause names it. */
static bool
is_shown(const struct finding *finding, const struct report_style *style)
{
	if (!finding->playbook->is_chosen)
		return false;
	if (finding->state == FINDING_MASKED)
		return style->verbosity > 0 || finding->masked_by == NULL ||
		       !finding->masked_by->playbook->is_chosen;
	return style->verbosity >= 0 || finding->state == FINDING_FOUND ||
	       finding->state == FINDING_FAILED;
}

static void
report_text_write(struct buf *out, const struct report *report,
    const struct report_style *style)
{
	struct page page = page_begin(out, style->columns, style->is_colour);

	if (style->verbosity < 0 &&
	    (report->status == RUN_HEALTHY || report->status == RUN_FIXED))
		return;
	verdict_line(&page, report);
	if (style->verbosity >= 0)
		page_gap(&page);
	for (size_t i = 0; i < report->judgement->count; i++)
		if (is_shown(&report->judgement->findings[i], style))
			finding_block(&page, report, style,
			    &report->judgement->findings[i]);
	if (style->verbosity < 0)
		return;
	report_eased_lines(&page, report->eased, style->verbosity);
	report_unknown_lines(&page, report, style->verbosity);
	report_note_lines(&page, report);
	report_closing_lines(&page, report);
}

const struct report_format report_text = {
    .name = "text",
    .write = report_text_write,
    .exit_code = report_exit,
};
