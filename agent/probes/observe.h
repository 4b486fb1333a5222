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
	bool may_keep;      /* probes may remember: not in a dry run */
	const struct probe_history *history;          /* or NULL */
	const struct probe_asked *egress;             /* or NULL */
	const struct throttle_list *throttles;        /* or NULL */
	const struct reply_catalogue *replies;        /* or NULL */
	const struct blocklist_catalogue *blocklists; /* or NULL */
	/* progress: called when a probe starts and ends; may be NULL */
	void (*progress)(void *user, const char *probe, bool is_done);
	void *user;
};

/* How far the look may be trusted. */
struct observe_result {
	/*
	 * An observer was killed by a signal, missed its deadline, or broke the
	 * protocol. Facts may be shown, but no fix may rest on this run, and it
	 * does not end with status 0.
	 */
	bool is_tainted;
	const char *text; /* which and how, one line; NULL when not tainted */
	/*
	 * Sentences for the report: what the sandbox lacks here, what a probe
	 * leaves out; NULL-terminated
	 */
	const char *const *notes;
};

/*
 * observe - run the probes that the wanted tables need, in parallel
 *
 * set  gets every wanted table, known or unknown with its reason
 * ret  always set; its texts are in the arena of the set
 * why  set on failure
 *
 * A probe that cannot start or ends by itself without a word leaves its tables
 * unknown, and the look goes on. One that dies by a signal or is late does so
 * too, and taints the look. -EPROTO: an observer broke the protocol or made a
 * forbidden call: all observers are killed, every wanted table is unknown.
 * Returns 0 or a negative errno.
 */
int observe(const struct observe_request *request, struct fact_set *set,
    struct observe_result *ret, struct why *why);

/* observe_with - as observe, with probes of one's own: for tests */
int observe_with(const struct probe *const *probes,
    const struct observe_request *request, struct fact_set *set,
    struct observe_result *ret, struct why *why);

#endif
