/*
 * audit_files.h - the files of one log, and its head
 *
 * audit.jsonl is written to; audit.jsonl.1, .2, ... are older, read-only;
 * audit.head says how far the log goes; audit.torn holds what a power cut left
 * of a line; audit.reserve is room for a last word when the disk is full.
 */
#ifndef MAILFIX_AUDIT_AUDIT_FILES_H
#define MAILFIX_AUDIT_AUDIT_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/hash.h"
#include "agent/base/why.h"

/* File name of a log with its longest suffix. */
#define AUDIT_NAME_MAX 256
#define AUDIT_STEM_MAX 200

struct audit_files {
	int dir;                   /* the directory; -1 when not open */
	char name[AUDIT_STEM_MAX]; /* "audit.jsonl" */
	char stem[AUDIT_STEM_MAX]; /* "audit" */
};

#define AUTO_FILES __attribute__((cleanup(audit_files_done)))

struct audit_head {
	int64_t seq; /* of the last record that it knows */
	char hash[HASH_HEX_MAX];
	int64_t size;  /* of audit.jsonl behind that record */
	int64_t count; /* of older files */
};

/* audit_files_open - the directory of a log; read only */
int audit_files_open(
    const char *path, struct audit_files *ret, struct why *why);
void audit_files_done(struct audit_files *files);

/* audit_files_name - "audit.jsonl.3" for 3, "audit.jsonl" for 0 */
void audit_files_name(const struct audit_files *files, int64_t number,
    char ret[static AUDIT_NAME_MAX]);

/* audit_files_beside - "audit.head" for "head" */
void audit_files_beside(const struct audit_files *files, const char *what,
    char ret[static AUDIT_NAME_MAX]);

/*
 * audit_files_last - the highest number of an older file; 0: there is none
 */
int audit_files_last(
    const struct audit_files *files, int64_t *ret, struct why *why);

/* audit_head_load - 1, 0 when there is none, -EBADMSG when it is damaged */
int audit_head_load(
    const struct audit_files *files, struct audit_head *ret, struct why *why);

/* audit_head_save - durable on return */
int audit_head_save(const struct audit_files *files,
    const struct audit_head *head, struct why *why);

#endif
