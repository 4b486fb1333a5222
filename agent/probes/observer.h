/*
 * observer.h - one probe in a process of its own
 *
 * observer_start forks; the child never returns. The actor's end of the wire,
 * and what may be believed of it, is in `struct observer`.
 */
#ifndef MAILFIX_PROBES_OBSERVER_H
#define MAILFIX_PROBES_OBSERVER_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "agent/fact/wire.h"
#include "agent/probes/probe.h"
#include "agent/sys/sandbox.h"

enum observer_state {
	OBSERVER_TALKING, /* facts may come */
	OBSERVER_LEAVING, /* has told all, or was killed: to be reaped */
	OBSERVER_GONE
};

/* How it ended, the worst last. */
enum observer_end {
	OBSERVER_CLEAN,   /* told all, status 0 */
	OBSERVER_SILENT,  /* ended by itself before it had told all */
	OBSERVER_TAINTED, /* killed by a signal, or late */
	OBSERVER_LIED     /* broke the protocol or the sandbox */
};

struct observer {
	struct probe_job job;
	bool *allowed; /* by schema index: wanted tables of this probe */
	struct wire_reader reader;
	enum observer_state state;
	enum observer_end end;
	bool has_told_all, is_killed;
	pid_t pid;
	int wire, pidfd; /* pidfd: -1 before Linux 5.3 */
	int64_t deadline_ms;
	char text[WHY_TEXT_MAX]; /* why the end is not clean */
};

/*
 * observer_start - fork it
 *
 * sandbox  complete but for parent and cpu_s
 * Closes the job's descriptors here. Returns 0 or a negative errno.
 */
int observer_start(
    struct observer *observer, struct sandbox sandbox, struct why *why);

/*
 * observer_turn - take what has come, see whether it is late or has ended
 * Never blocks. Call it when its descriptor is ready or its time is over.
 */
void observer_turn(struct observer *observer);

/* observer_poll_fd - what to wait for; -1: only for its deadline */
int observer_poll_fd(const struct observer *observer);

/* observer_stop - kill it, whatever it does; it is LEAVING afterwards */
void observer_stop(struct observer *observer);

/* observer_done - close and reap what is left, helpers too */
void observer_done(struct observer *observer);

/* job_fds_close - the job's descriptors; all are -1 afterwards */
void job_fds_close(struct probe_job *job);

#endif
