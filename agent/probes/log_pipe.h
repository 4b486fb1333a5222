/*
 * log_pipe.h - events from who parses to who counts, each in a thread
 *
 * A log is read by buffers; the events of one point into it. While the caller
 * parses the next buffer, a thread counts those of the one before: half of the
 * time for a gigabyte. A run with little to read never starts it.
 */
#ifndef MAILFIX_PROBES_LOG_PIPE_H
#define MAILFIX_PROBES_LOG_PIPE_H

#include "agent/base/auto.h"
#include "agent/mail/log_event.h"

struct log_pipe; /* heap */

/*
 * log_pipe_new - buffers of that many bytes
 * take  gets each event once, in order; one at a time, but in any thread
 */
struct log_pipe *log_pipe_new(size_t buffer_bytes,
    void (*take)(void *user, const struct log_event *event), void *user);

/* log_pipe_add - where the next event is to be written; it counts at once */
struct log_event *log_pipe_add(struct log_pipe *pipe);

/*
 * log_pipe_turn - go on in another buffer, or in the first one
 * What the events so far point into stays as it is until they are counted; the
 * caller still may read it until the turn after this one.
 */
char *log_pipe_turn(struct log_pipe *pipe);

/* log_pipe_free - after all events were taken; returns NULL */
struct log_pipe *log_pipe_free(struct log_pipe *pipe);
AUTO_DEFINE(struct log_pipe, log_pipe_free);

#endif
