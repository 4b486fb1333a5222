/*
 * queue_guard.c - how much of a queue may be taken away at once
 *
 * Purpose  the same rule when a fix is planned and just before it is made
 * Input    counts
 * Errors   -EALREADY, -EPERM
 * Runs as  actor; pure
 * Source   DESIGN "Safety", 6: deleting "everything" because a set came back
 *          empty; more than half of the queue
 */
#include "agent/change/queue_guard.h"

#include <errno.h>

int
queue_guard(size_t count, size_t matched, size_t in_state, const char *state,
    struct why *why)
{
	if (count == 0)
		return why_set(why, -EALREADY, "no message matches");
	if (matched >= in_state)
		return why_set(why, -EPERM,
		    "all %zu messages in %s match: too many for a choice",
		    in_state, state);
	if (count > in_state - count)
		return why_set(why, -EPERM,
		    "%zu of %zu messages in %s are more than half of it", count,
		    in_state, state);
	return 0;
}
