/*
 * queue_select.h - which messages match: ids, chosen by an observer
 */
#ifndef MAILFIX_PROBES_QUEUE_SELECT_H
#define MAILFIX_PROBES_QUEUE_SELECT_H

#include <stddef.h>

#include "agent/base/mem.h"
#include "agent/base/why.h"
#include "agent/mta/mta.h"

/*
 * The most that one change moves; what is left is left for the next run. Ids
 * of this many messages take 2 MB.
 */
#define QUEUE_SELECT_MAX 50000

/* What to choose of the queue; unset members do not restrict. */
struct queue_query {
	const char *state;       /* "deferred", "hold"; required */
	double older_s;          /* 0: any age */
	const char *sender;      /* address; "<>" the null sender; NULL any */
	const char *destination; /* domain of a recipient; NULL any */
	/*
	 * Who submitted it: "login:NAME", "uid:33", "client:ADDRESS"; or NULL.
	 * What has the null sender is nobody's: queue_pick.c says why.
	 */
	const char *account;
	double larger_bytes; /* 0: any size */
	size_t max;          /* cap; the oldest are taken; 0: the most */
};

struct queue_selection {
	const char *const *ids; /* NULL-terminated, the oldest first */
	size_t count;
	size_t matched;  /* before the cap */
	size_t in_state; /* messages in that state in all */
	double bytes;    /* of the `count` ones */
	double oldest_s; /* age; 0 when there is none */
};

/*
 * queue_select - ask an observer, and believe its ids only as far as they are
 * ids
 *
 * arena  holds the result
 *
 * The observer is forked, shut in like that of a probe, and reads the whole
 * state. Returns 0 (*ret may be empty), -EPROTO when it broke the protocol or
 * its sandbox, or another negative errno with why.
 */
int queue_select(struct arena *arena, const struct mta *mta,
    const struct queue_query *query, struct queue_selection *ret,
    struct why *why);

#endif
