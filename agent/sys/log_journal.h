/*
 * log_journal.h - the mail log where the journal has it
 */
#ifndef MAILFIX_SYS_LOG_JOURNAL_H
#define MAILFIX_SYS_LOG_JOURNAL_H

#include <sys/types.h>

#include "agent/base/auto.h"
#include "agent/sys/log_follow.h"

/* "s=...;i=...;b=...;m=...;t=...;x=..." is 170 to 190 characters. */
#define LOG_CURSOR_MAX 256

struct log_journal; /* heap */

/*
 * log_journal_open - over files that are open already
 * Before the sandbox closes: what uncompresses is loaded here. Reads the heads
 * of the files, no entry. Only what root and `owner` wrote will be read: anybody
 * may call himself postfix/smtp, but journald tells who it was. Returns 0 or a
 * negative errno with why.
 */
int log_journal_open(const int *fds, size_t count, uid_t owner,
    struct log_journal **ret, struct why *why);
struct log_journal *log_journal_free(struct log_journal *journal);
AUTO_DEFINE(struct log_journal, log_journal_free);

/* log_journal_newest_us - of the newest entry of a mail program; 0: none */
int64_t log_journal_newest_us(struct log_journal *journal);

/* log_journal_has - does it hold this line of a file, too? */
bool log_journal_has(
    struct log_journal *journal, const struct log_newest *line);

/*
 * log_journal_read - all entries of mail programs since the cursor
 *
 * cursor   where the run before stopped, or ""; moved. One whose entry is gone
 *          is as good as its time.
 * after_us nothing of this time or before is read, when there is no cursor
 * from_us  nothing before this time is read
 * Else as log_follow.
 */
int log_journal_read(struct log_journal *journal,
    char cursor[static LOG_CURSOR_MAX], int64_t after_us, int64_t from_us,
    int64_t cut_ms, const struct log_sink *sink, struct log_read *ret,
    struct why *why);

#endif
