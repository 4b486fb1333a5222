/*
 * log_store.h - what the log's probe remembers from run to run
 *
 * One file of a fixed size with two slots, each a head, the place where reading
 * stopped, and the tally. The older slot is written, and only then its head: a
 * kill at any moment leaves one that is whole. The actor makes and opens the
 * file and never reads it; the observer maps it and owns what is in it. So its
 * contents are hostile: whoever once broke into an observer wrote them.
 */
#ifndef MAILFIX_PROBES_LOG_STORE_H
#define MAILFIX_PROBES_LOG_STORE_H

#include "agent/probes/log_source.h"

/* May these bytes be gone on with? Of hostile ones. */
typedef bool log_store_check(const void *tally, size_t size);

/*
 * log_store_open - in the actor
 *
 * size       of the tally
 * may_write  make it if it is not there, and let the observer write; else
 *            *ret_fd stays -1 when there is none
 * ret_fd     caller closes
 *
 * Returns 0, or a negative errno with why: then there is none in this run.
 */
int log_store_open(const char *path, size_t size, bool may_write, int *ret_fd,
    struct why *why);

struct log_store {
	int fd; /* borrowed; -1: nothing is kept */
	bool may_write;
	bool is_new; /* nothing good was there: tally and place are zero */
	uint64_t sequence; /* of what was there */
	unsigned slot;     /* that it is in */
	struct log_place place;
	size_t size;
	void *tally; /* heap, aligned to 64 */
};

/* log_store_load - the newer good slot, copied; always leaves a usable store */
void log_store_load(struct log_store *store, int fd, bool may_write,
    size_t size, log_store_check *check);

/* log_store_keep - into the other slot; 0 or a negative errno */
int log_store_keep(struct log_store *store, struct why *why);

void log_store_done(struct log_store *store);

#endif
