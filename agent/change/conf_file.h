/*
 * conf_file.h - a file of the mail system's configuration, read and replaced
 *
 * Postfix's own editor (postconf -e) and this program keep out of each other's
 * way by the lock that postconf takes: on main.cf.tmp beside main.cf.
 */
#ifndef MAILFIX_CHANGE_CONF_FILE_H
#define MAILFIX_CHANGE_CONF_FILE_H

#include <sys/stat.h>

#include "agent/change/change.h"
#include "agent/mta/postfix_edit.h"

/* A main.cf with tables of some thousand rows in it has 1 MiB; more than this
 * is no file that somebody wrote. */
#define CONF_FILE_BYTES_MAX (4U * 1024U * 1024U)

struct conf_file {
	const char *path; /* in host->arena */
	const char *leaf; /* inside path */
	int dir;          /* of its directory; -1 before it is opened */
	int lock;         /* -1: not locked */
	struct stat st;   /* as it was when it was read */
	struct buf text;
};

#define CONF_FILE_NONE                                                         \
	{                                                                      \
		.dir = -1, .lock = -1                                          \
	}
#define AUTO_CONF __attribute__((cleanup(conf_file_done)))

/*
 * conf_file_open - read a file of the configuration directory
 *
 * leaf       "main.cf"
 * is_locked  hold postconf's lock until conf_file_done
 *
 * Refused with -EPERM: a link (the file that it leads to may be shared with
 * other hosts), a second name, an owner other than root, a directory on the
 * way that others may write to, text with a NUL. -EBUSY: somebody edits it.
 * -ENOENT: not there.
 */
int conf_file_open(struct change_host *host, const char *leaf, bool is_locked,
    struct conf_file *ret, struct why *why);
void conf_file_done(struct conf_file *file);

struct postfix_text conf_file_text(const struct conf_file *file);

/* conf_file_busy - does somebody hold postconf's lock? 0 or -EBUSY; no trace */
int conf_file_busy(const struct conf_file *file, struct why *why);

/*
 * conf_file_write - other bytes in its place, durably
 * Owner, mode and label stay. -ESTALE: it has been changed since it was read.
 */
int conf_file_write(
    struct conf_file *file, const struct buf *text, struct why *why);

/* conf_file_tidy - remove what an edit that was cut off left beside the file */
void conf_file_tidy(struct change_host *host, const char *leaf);

#endif
