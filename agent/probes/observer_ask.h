/*
 * observer_ask.h - one question to an observer, over a pipe
 *
 * Forked, shut in, asked, and believed only when it ended as it should. What
 * it answers is bytes, hostile: see observer_wire.h.
 */
#ifndef MAILFIX_PROBES_OBSERVER_ASK_H
#define MAILFIX_PROBES_OBSERVER_ASK_H

#include <stddef.h>

#include "agent/base/buf.h"
#include "agent/base/why.h"

/* Descriptors that it may keep. */
#define OBSERVER_ASK_FDS 8

struct observer_question {
	const char *of; /* for people: "the rule set" */
	unsigned needs; /* SANDBOX_... */
	int deadline_ms;
	unsigned cpu_s;
	size_t bytes_max; /* of the answer */
	void *user;       /* for the two below, which run in the observer */
	/*
	 * Between the drop and the seal: fds may have other numbers now. May
	 * read what the actor trusts; may be NULL.
	 */
	int (*enter)(void *user, const int *fds, struct why *why);
	/* shut in: 0 with the answer in out, or a negative errno with why */
	int (*work)(void *user, struct buf *out, struct why *why);
	const int *fds; /* to keep; -1 is skipped */
	size_t fd_count;
};

/*
 * observer_ask - fork, shut in, work, answer
 *
 * ret  what `work` wrote
 *
 * Returns 0, what enter or work returned (a negative errno with its reason);
 * -EPROTO: the observer broke the protocol or its sandbox; -ETIMEDOUT; -EFBIG:
 * more than bytes_max.
 */
int observer_ask(
    const struct observer_question *question, struct buf *ret, struct why *why);

#endif
