/*
 * log_open.h - where this host has its mail log: the actor's part
 *
 * Opens what only root may open, and reads none of it.
 */
#ifndef MAILFIX_SYS_LOG_OPEN_H
#define MAILFIX_SYS_LOG_OPEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/why.h"

#define LOG_DIR         "/var/log"
#define LOG_JOURNAL_DIR "/var/log/journal", "/run/log/journal"

/* "/var/log/mail.log", or where a link of that name leads */
#define LOG_PATH_MAX 256

struct log_opened {
	int fd;
	bool is_gzip;
};

/*
 * log_open_files - mail.log or maillog, whichever was written last, and what
 * was rotated away since
 *
 * dir        LOG_DIR
 * since_s    older files are not opened: nothing in them counts
 * ret        max of them at most; the log itself first, then plain ones, then
 *            compressed ones; caller closes
 * ret_path   of the log
 *
 * A link is followed only where nobody but root can have made it. Returns how
 * many, 0 when there is no such log, or a negative errno with why.
 */
int log_open_files(const char *dir, int64_t since_s, struct log_opened *ret,
    size_t max, char ret_path[static LOG_PATH_MAX], struct why *why);

/*
 * log_open_journal - the newest files of this machine's system journal
 *
 * dirs  NULL-terminated: "/var/log/journal", ...
 * ret   max of them at most; caller closes
 * Returns how many; 0 when there is none, or a negative errno.
 */
int log_open_journal(const char *const *dirs, int64_t since_s, int *ret,
    size_t max, struct why *why);

#endif
