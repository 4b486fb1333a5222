/*
 * observe.h - take one look: start observers, gather facts, believe nothing
 */
#ifndef MAILFIX_PROBES_OBSERVE_H
#define MAILFIX_PROBES_OBSERVE_H

#include "agent/probes/probe.h"

struct observe_request {
	const struct config *config;
	const struct mta *mta;
	const char *mta_error;
	const bool *wanted; /* by table, as schema_tables */
	/* progress: called when a probe starts and ends; may be NULL */
	void (*progress)(void *user, const char *probe, bool is_done);
	void *user;
};

/*
 * observe - run the probes that the wanted tables need, in parallel
 *
 * set  gets every wanted table, known or unknown with its reason
 * why  set on failure
 *
 * A probe that ends late, crashes by itself or cannot start leaves its tables
 * unknown, and the look goes on. -EPROTO: an observer broke the protocol or
 * its sandbox (bad message, forbidden call): all observers are killed and
 * nothing of this look may be used for a fix; the run ends.
 * Returns 0 or a negative errno.
 */
int observe(const struct observe_request *request, struct fact_set *set,
    struct why *why);

#endif
