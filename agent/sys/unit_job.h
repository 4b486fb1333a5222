/*
 * unit_job.h - one unit of systemd: looked at, and a job for it waited for
 *
 * Over D-Bus only, never by a program. Nothing of sd-bus leaves this module.
 */
#ifndef MAILFIX_SYS_UNIT_JOB_H
#define MAILFIX_SYS_UNIT_JOB_H

#include <stddef.h>
#include <stdint.h>

#include "agent/base/why.h"

#define UNIT_WORD_MAX       64 /* longest state name of systemd, and room */
#define UNIT_INVOCATION_MAX 33 /* 128 bits in hex and the NUL */

/* systemd.unit(5), and the NUL */
#define UNIT_ID_MAX 256

struct unit_look {
	char id[UNIT_ID_MAX];       /* its name; it may have been an alias */
	char load[UNIT_WORD_MAX];   /* "loaded", "masked", "not-found" */
	char active[UNIT_WORD_MAX]; /* "active", "inactive", "failed" */
	char sub[UNIT_WORD_MAX];
	char result[UNIT_WORD_MAX]; /* "success", ...; "" when no service */
	char invocation[UNIT_INVOCATION_MAX]; /* "" when it never ran */
	uint32_t job;                         /* id of a pending job; 0: none */
};

/*
 * unit_look - the state of one unit, now
 * Returns 0, or a negative errno when systemd did not tell.
 */
int unit_look(const char *name, struct unit_look *ret, struct why *why);

/*
 * unit_pid_find - the unit that a process belongs to
 * Writes its name into ret; -ENOENT when it belongs to none.
 */
int unit_pid_find(int pid, char *ret, size_t size, struct why *why);

/*
 * unit_job_run - have systemd do it, and wait for the job's own result
 *
 * verb         "start", "stop", "restart", "reload"
 * deadline_ms  how long to wait; the job itself goes on after that
 *
 * The job mode is "fail": a job that is there already (an admin's) is never
 * cancelled in favour of ours. Returns 0 when the job is done; -EBUSY when
 * another job is in the way; -ETIME at the deadline; -EIO when the job ended
 * in another way, and why says how.
 */
int unit_job_run(
    const char *verb, const char *name, int deadline_ms, struct why *why);

#endif
