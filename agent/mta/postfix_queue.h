/*
 * postfix_queue.h - messages of Postfix by their ids: names, places, commands
 */
#ifndef MAILFIX_MTA_POSTFIX_QUEUE_H
#define MAILFIX_MTA_POSTFIX_QUEUE_H

#include "agent/mta/mta.h"

/*
 * postfix_queue_id_ok - may this text be an id of a message?
 *
 * 6 to 20 letters and digits: what ever reaches a command line or a path.
 */
bool postfix_queue_id_ok(const char *id);

/*
 * postfix_queue_depth - how deep the folders below a folder of the queue are
 *
 * hash_queue_depth as the folder shows it, at least 1: the mail system makes
 * such folders when it needs them.
 */
unsigned postfix_queue_depth(int queue_fd, const char *folder);

/*
 * postfix_queue_find - where in a folder of the queue a file of that id lies
 *
 * folder    "deferred", "hold", "defer": without a slash
 * depth     of postfix_queue_depth: the file is looked for at every depth up to
 *           it, whatever the settings say now
 * ret_path  below the queue directory: "deferred/A/ID"
 * ret_st    may be NULL
 * Returns 1, 0 when there is none, or a negative errno.
 */
int postfix_queue_find(int queue_fd, const char *folder, unsigned depth,
    const char *id, char ret_path[static MTA_QUEUE_PATH_MAX],
    struct stat *ret_st);

/* postfix_flush - try these again; postfix_flush_all - all that is deferred */
int postfix_flush(const struct mta *mta, const char *const *ids, size_t count,
    struct why *why);
int postfix_flush_all(const struct mta *mta, struct why *why);

/* postfix_queue_command - see mta_ops.queue_command */
int postfix_queue_command(const struct mta *mta, int verb, const char *queue,
    const char *const *ids, size_t count, struct why *why);

/* Folders with what belongs to a message beside its file. */
extern const char *const postfix_queue_logs[]; /* NULL-terminated */

#endif
