/*
 * observer_pipe.h - what an observer of one question answers over a pipe
 *
 * For queue_select.h and firewall_ask.h: a head of fixed size, so many bytes
 * behind it, and the end of the process. Facts go over agent/fact/wire.h.
 */
#ifndef MAILFIX_PROBES_OBSERVER_PIPE_H
#define MAILFIX_PROBES_OBSERVER_PIPE_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include "agent/base/why.h"

/* The reading side. */
struct observer_pipe {
	int fd;
	const char *of;      /* for people: "the queue", "the rule set" */
	int64_t deadline_ms; /* clock_boot_ms() */
	int patience_s;      /* that the deadline is after: for the message */
};

/*
 * observer_pipe_put - in the observer: write all, or end: the reader is gone,
 * and there is nobody to tell
 */
void observer_pipe_put(int fd, const void *bytes, size_t length);

/* observer_pipe_get - exactly that many; -ETIMEDOUT, -EIO: it ended early */
int observer_pipe_get(const struct observer_pipe *pipe, void *bytes,
    size_t length, struct why *why);

/* observer_pipe_lied - -EPROTO, and how it broke the protocol */
int observer_pipe_lied(
    const struct observer_pipe *pipe, const char *what, struct why *why);

/* observer_pipe_end - it ends with the process, and nothing stands before */
int observer_pipe_end(const struct observer_pipe *pipe, struct why *why);

/*
 * observer_pipe_reap - end the observer, and say whether it can be trusted
 *
 * code  how reading went. One that closed the pipe early is given the time to
 *       end: how it died tells.
 *
 * Returns code; -EPROTO with why when a signal or its sandbox killed it, or it
 * did not end.
 */
int observer_pipe_reap(
    const struct observer_pipe *pipe, pid_t pid, int code, struct why *why);

#endif
