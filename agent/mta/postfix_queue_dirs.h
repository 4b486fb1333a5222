/*
 * postfix_queue_dirs.h - hand out the names in the queue's folders, in batches
 *
 * Several threads take batches; one folder is read at a time, so that a single
 * huge folder is shared as well as sixteen small ones.
 */
#ifndef MAILFIX_MTA_POSTFIX_QUEUE_DIRS_H
#define MAILFIX_MTA_POSTFIX_QUEUE_DIRS_H

#include <pthread.h>

#include "agent/mta/queue_scan.h"

/* About 800 names a batch: small enough to share, big enough to be cheap. */
#define POSTFIX_BATCH_BYTES 32768

/*
 * Folders that wait to be read. hash_queue_depth is 1 as shipped; depth first,
 * so that 62 names (letters and digits) a level are enough.
 */
#define POSTFIX_DIRS_DEPTH   4
#define POSTFIX_DIRS_PENDING 512
#define POSTFIX_DIRS_PATH    32

struct postfix_dir {
	int fd;
	unsigned users; /* batches at work, and one while it is being read */
	enum queue_state state;
	unsigned depth;
	char path[POSTFIX_DIRS_PATH]; /* "deferred/A" */
};

struct postfix_dirs {
	pthread_mutex_t lock;
	int queue_fd; /* borrowed */
	int code;     /* the first failure, negative errno */
	char failed[POSTFIX_DIRS_PATH];
	struct postfix_dir *reading; /* or NULL */
	struct postfix_dir open[QUEUE_SCAN_THREADS_MAX + 2];
	size_t pending_count;

	struct {
		enum queue_state state;
		unsigned depth;
		char path[POSTFIX_DIRS_PATH];
	} pending[POSTFIX_DIRS_PENDING];
};

struct postfix_batch {
	struct postfix_dir *dir; /* NULL: nothing held */
	size_t length, at;
	/* as getdents64(2) fills it */
	_Alignas(8) char bytes[POSTFIX_BATCH_BYTES];
};

void postfix_dirs_init(
    struct postfix_dirs *dirs, int queue_fd, unsigned states);
void postfix_dirs_done(struct postfix_dirs *dirs);

/*
 * postfix_dirs_next - give the batch back and take another one
 * Returns false when there is none left, or after a failure (dirs->code).
 */
bool postfix_dirs_next(struct postfix_dirs *dirs, struct postfix_batch *batch);

/*
 * postfix_batch_name - the next name that is not a folder to be entered
 * Returns NULL at the end; ret_type is DT_*.
 */
const char *postfix_batch_name(struct postfix_batch *batch, unsigned *ret_type);

#endif
