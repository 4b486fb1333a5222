/*
 * queue_ids.h - lists of message ids: where they lie, kept in a store
 */
#ifndef MAILFIX_CHANGE_QUEUE_IDS_H
#define MAILFIX_CHANGE_QUEUE_IDS_H

#include "agent/change/change.h"

/* Four states, and folders of logs. */
#define QUEUE_FOLDERS_MAX 8

struct queue_ids {
	const char *const *ids; /* NULL-terminated, in an arena */
	size_t count;
};

/* What every step of a queue-move needs. */
struct queue_work {
	struct change_host *host;
	int queue_fd;
	const char *state; /* the folder that the messages were chosen in */

	/* folders that were looked at, and how deep they are */
	struct {
		const char *folder;
		unsigned depth;
	} depths[QUEUE_FOLDERS_MAX];
};

/*
 * queue_work_open - check the change's parts and open the queue
 * Every id is checked here. Returns 0, or a negative errno with why.
 */
int queue_work_open(const struct change *change, struct change_host *host,
    struct queue_work *ret, struct why *why);
void queue_work_done(struct queue_work *work);

/*
 * queue_find - path and attributes (or NULL) of a file of that id in a folder
 * folder  of static lifetime
 */
bool queue_find(struct queue_work *work, const char *folder, const char *id,
    char ret_path[static MTA_QUEUE_PATH_MAX], struct stat *ret_st);

/* queue_ids_in - those that lie in a folder (or, with is_not, that do not) */
struct queue_ids queue_ids_in(struct queue_work *work, const char *folder,
    struct queue_ids ids, bool is_not);

/* queue_ids_anywhere - those that lie in some state, path in ret_path or NULL */
bool queue_id_is_anywhere(struct queue_work *work, const char *id,
    char ret_path[static MTA_QUEUE_PATH_MAX]);

/* queue_ids_without - those of `ids` that are not in `others` */
struct queue_ids queue_ids_without(
    struct arena *arena, struct queue_ids ids, struct queue_ids others);

/* queue_count - messages in a folder, by their names */
int queue_count(
    struct queue_work *work, const char *folder, size_t *ret, struct why *why);

/* queue_ids_save - durable on return */
int queue_ids_save(struct queue_work *work, const char *name,
    struct queue_ids ids, struct why *why);

/*
 * queue_ids_load - a list that was saved
 * Returns 1, 0 when it never was (then *ret is empty), or a negative errno.
 */
int queue_ids_load(struct queue_work *work, const char *name,
    struct queue_ids *ret, struct why *why);

/*
 * queue_ids_move - let the mail system move them, and believe the folders
 *
 * from   the folder they are in
 * verb   MTA_QUEUE_HOLD, _RELEASE, _DELETE
 * Tried again as long as the command does a part of it. Returns 0 when none of
 * them is left in `from`, else -EIO with why.
 */
int queue_ids_move(struct queue_work *work, int verb, const char *from,
    struct queue_ids ids, struct why *why);

#endif
