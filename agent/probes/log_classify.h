/*
 * log_classify.h - the meaning of replies, each different text once
 *
 * A log repeats the same refusal a thousand times with other ids and
 * addresses. Texts that differ only in those share an answer, and only so many
 * different texts are looked up in a run: after that the code and the stage
 * must do, so that nobody can make the observer late by what he answers.
 */
#ifndef MAILFIX_PROBES_LOG_CLASSIFY_H
#define MAILFIX_PROBES_LOG_CLASSIFY_H

#include <stdbool.h>

#include "agent/base/auto.h"
#include "agent/mail/log_event.h"
#include "agent/mail/reply.h"

struct log_classify; /* heap */

/* log_classify_new - catalogue may be NULL: the code and the stage alone */
struct log_classify *log_classify_new(const struct reply_catalogue *catalogue);
struct log_classify *log_classify_free(struct log_classify *classify);
AUTO_DEFINE(struct log_classify, log_classify_free);

/*
 * log_classify_cause - why this reply refused
 * text   as it stands in the log, in its brackets
 * code   0: as the text itself tells
 */
enum reply_cause log_classify_cause(struct log_classify *classify,
    struct span text, int code, enum reply_stage stage);

/* log_classify_meaning - all of it, for the few that are told; no budget */
void log_classify_meaning(struct log_classify *classify, struct span text,
    enum reply_stage stage, struct reply_meaning *ret);

#endif
