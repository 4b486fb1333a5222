/*
 * report_parts.h - parts of the text report
 */
#ifndef MAILFIX_REPORT_REPORT_PARTS_H
#define MAILFIX_REPORT_REPORT_PARTS_H

#include "agent/report/page.h"
#include "agent/report/report.h"

/* report_is_hint - worth knowing, or advice only; not a broken host */
bool report_is_hint(const struct finding *finding);

/* report_has_fix - is a fix of it planned, or was one carried out? */
bool report_has_fix(const struct plan *plan, const struct finding *finding);

/* report_evidence_lines - what was seen, in words */
void report_evidence_lines(struct page *page, const struct finding *finding);

/*
 * report_fix_lines - one fix: what it does, its risk, its changes as a diff,
 * and what became of it; verbosity > 0 shows all changes of a long list
 */
void report_fix_lines(
    struct page *page, const struct planned_fix *planned, int verbosity);

/* report_change_lines - "- before" and "+ after" of one change */
void report_change_lines(struct page *page, const struct change *change);

/* report_eased_lines - what goes back toward normal by a step */
void report_eased_lines(
    struct page *page, const struct plan *eased, int verbosity);

void report_unknown_lines(
    struct page *page, const struct report *report, int verbosity);
void report_note_lines(struct page *page, const struct report *report);

/* report_closing_lines - was anything changed, and what to type next */
void report_closing_lines(struct page *page, const struct report *report);

#endif
