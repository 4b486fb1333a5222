/*
 * log_source.h - the mail log of this host: a file, or the journal
 *
 * The file, when there is one and it is alive; else the journal; never both.
 * A host that changes from one to the other goes on by time.
 */
#ifndef MAILFIX_PROBES_LOG_SOURCE_H
#define MAILFIX_PROBES_LOG_SOURCE_H

#include "agent/sys/log_follow.h"
#include "agent/sys/log_journal.h"
#include "agent/sys/log_open.h"

enum log_kind { LOG_KIND_NONE, LOG_KIND_FILE, LOG_KIND_JOURNAL };

/* Where the run before stopped. Flat: kept in a file, hostile from there. */
struct log_place {
	uint32_t kind; /* enum log_kind */
	uint32_t spare;
	int64_t since_us; /* nothing before this was read */
	struct log_mark mark;
	char cursor[LOG_CURSOR_MAX];
};

/* Of files, and of the journal behind them. */
#define LOG_SOURCE_FDS (2 * LOG_INPUTS_MAX)

struct log_source {
	char path[LOG_PATH_MAX]; /* of the file; "" */
	bool is_gzip[LOG_INPUTS_MAX];
	size_t file_count, journal_count;
	struct why file_why, journal_why;
	struct log_journal *journal;
	uid_t owner;      /* as whom the mail system runs: log_journal_open */
	bool is_journal;  /* that is read, not a file */
	const char *name; /* of what was read */
};

/*
 * log_source_open - in the actor: open what there is; source->owner is set
 *
 * dir, journal_dirs  LOG_DIR, LOG_JOURNAL_DIR, NULL
 * fds  LOG_SOURCE_FDS of them, -1 each; caller closes
 *
 * Returns 0, or a negative errno when there is nothing to read.
 */
int log_source_open(struct log_source *source, const char *dir,
    const char *const *journal_dirs, int *fds, int64_t since_s,
    struct why *why);

/* log_source_enter - in the observer, before the sandbox closes */
void log_source_enter(struct log_source *source, const int *fds);

bool log_place_check(const struct log_place *place);

/*
 * log_source_read - all lines since the place, or since from_us; moves it
 * Else as log_follow.
 */
int log_source_read(struct log_source *source, const int *fds, int64_t now_us,
    int64_t from_us, int64_t cut_ms, struct log_place *place,
    const struct log_sink *sink, struct log_read *ret, struct why *why);

void log_source_done(struct log_source *source);

#endif
