/*
 * observer_child.c - the observer's own side, after the fork
 *
 * Purpose  drop, enter, seal, collect: the life of an observer in one screen
 * Input    hostile from collect on, and only in there
 * Errors   what fails before collect makes the tables unknown, with the reason
 * Runs as  observer
 * Source   DESIGN "Two roles, one binary"; OpenSMTPD's process files for the
 *          habit to have the whole drop of rights in one function
 */
#include "agent/probes/observer_child.h"

#include <unistd.h>

static int
shut_in(struct probe_job *job, int *wire, const struct sandbox *sandbox,
    struct why *why)
{
	int fds[PROBE_FDS_MAX + 1];
	int r;

	for (size_t i = 0; i < PROBE_FDS_MAX; i++)
		fds[i] = job->fds[i];
	fds[PROBE_FDS_MAX] = *wire;
	r = sandbox_drop(sandbox, fds, ARRAY_COUNT(fds), why);
	for (size_t i = 0; i < PROBE_FDS_MAX; i++)
		job->fds[i] = fds[i];
	*wire = fds[PROBE_FDS_MAX];
	if (r < 0) {
		why_prefix(why, "the sandbox");
		return r;
	}
	if (job->probe->enter != NULL) {
		r = job->probe->enter(job, why);
		if (r < 0)
			return r;
	}
	r = sandbox_seal(sandbox,
	    job->probe->roots != NULL ? job->probe->roots(job) : NULL, why);
	if (r < 0)
		why_prefix(why, "the sandbox");
	return r;
}

void
observer_child(struct probe_job *job, int wire, const bool *wanted,
    const struct sandbox *sandbox)
{
	struct why why = {0};
	struct fact_out *out;
	int r;

	(void)setpgid(0, 0);
	r = shut_in(job, &wire, sandbox, &why);
	out = fact_out_to_wire(wire, wanted);
	if (r == 0)
		job->probe->collect(job, out);
	for (size_t i = 0; r < 0 && job->probe->tables[i] != NULL; i++)
		fact_out_table_unknown(
		    out, job->probe->tables[i], "%s", why.text);
	_exit(fact_out_end(out) < 0 ? 1 : 0);
}
