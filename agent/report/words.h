/*
 * words.h - facts and fixes in words, for every format that people read
 */
#ifndef MAILFIX_REPORT_WORDS_H
#define MAILFIX_REPORT_WORDS_H

#include <stdbool.h>

#include "agent/base/buf.h"
#include "agent/report/report.h"

/* words_value - one value as people read it: "96 %", "yes", "not known" */
void words_value(
    struct buf *out, const struct column *column, const struct value *value);

/* words_evidence - "used 96 %", "running: no"; the name without underscores */
void words_evidence(struct buf *out, const struct evidence *evidence);

/* words_is_quote - is it a text so long that it wants a line of its own? */
bool words_is_quote(const struct evidence *evidence);

/* words_plural - "1 problem", "2 problems", "1,204 problems" */
void words_plural(struct buf *out, size_t count, const char *one);

/* words_risk - "safe, can be undone" */
void words_risk(struct buf *out, const struct planned_fix *planned);

/* words_verdict - "3 problems, 2 can be fixed here", "healthy", ... */
void words_verdict(struct buf *out, const struct report *report);

/* words_mode - "dry run", "automatic", ... */
const char *words_mode(const char *mode);

#endif
