/*
 * audit_log.h - inside of an open log; for agent/audit/audit*.c only
 */
#ifndef MAILFIX_AUDIT_AUDIT_LOG_H
#define MAILFIX_AUDIT_AUDIT_LOG_H

#include "agent/audit/audit.h"
#include "agent/audit/audit_files.h"

/* A file of this size is read in 10 ms; an ordinary host fills it in years. */
#define AUDIT_ROTATE_BYTES (8 * 1024 * 1024)

/* The head is saved at the end of a run and after so many records; what the
 * log has beyond it is checked record by record when it is opened. */
#define AUDIT_HEAD_EVERY 8

/* Room for a last word, and for the records of an undo, on a full disk. */
#define AUDIT_RESERVE_BYTES 65536

struct audit {
	struct audit_files files;
	int fd;               /* files.name, locked */
	char *run;            /* heap */
	struct audit_head at; /* as the head must be */
	int unsaved;          /* records since the head was saved */
	int64_t rotate_bytes; /* AUDIT_ROTATE_BYTES; less in tests */
	bool is_stopped;      /* the disk was full: no further intent */
	bool is_broken;       /* a write was not durable: nothing further */
	bool is_hosts_own;    /* the installed log: the journal gets a copy */
};

/* audit_file_create - a new, empty files.name, locked */
int audit_file_create(
    const struct audit_files *files, int *ret_fd, struct why *why);

/* audit_file_lock - only one process writes */
int audit_file_lock(int fd, const char *name, struct why *why);

/* audit_recover - where the log goes on; sets fd and at, mends the tail */
int audit_recover(struct audit *audit, int64_t *ret_torn, bool *ret_is_rebuilt,
    struct why *why);

/*
 * audit_recent_check - are the last records as they were written?
 * After audit_recover has found the end. -EBADMSG: somebody changed them.
 */
int audit_recent_check(const struct audit *audit, struct why *why);

/* audit_rotate_finish - after its last record: rename, and begin a new file */
int audit_rotate_finish(struct audit *audit, struct why *why);

/* audit_reserve_make, audit_reserve_free - the room for a last word */
int audit_reserve_make(const struct audit_files *files, struct why *why);
void audit_reserve_free(const struct audit_files *files);

#endif
