/*
 * probe.h - one probe: read-only, yields facts
 *
 * A new probe is one file in this folder and one row in probe_table.def.
 *
 * Every probe runs in an observer of its own, forked from the actor:
 *   prepare  in the actor, as root: opens what only root may open. Reads
 *            nothing that others wrote.
 *   told     in the actor, of a probe that is_last: what the others told is
 *            known, and says whom to ask.
 *   enter    in the observer, already as _mailfix, before the sandbox closes:
 *            connects to what it needs (D-Bus), reads nothing hostile.
 *   collect  in the closed sandbox: reads, parses, yields facts.
 * Without root all three run as the user, in the sandbox as far as it goes.
 */
#ifndef MAILFIX_PROBES_PROBE_H
#define MAILFIX_PROBES_PROBE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/config.h"
#include "agent/base/mem.h"
#include "agent/base/why.h"
#include "agent/fact/fact_out.h"
#include "agent/mail/throttle.h"
#include "agent/mta/mta.h"

/* the log's: six files, as many of the journal, what it keeps */
#define PROBE_FDS_MAX     16
#define PROBE_HELPERS_MAX 4

struct probe;

/* What the run before saw, for rates: counters of agent/state. */
struct probe_history {
	int64_t at_s;          /* when it looked */
	double queue_messages; /* queue.messages then */
};

enum probe_family { PROBE_V4, PROBE_V6, PROBE_FAMILIES };

/* The last time that mail servers were asked for a connection: egress. */
struct probe_asked {
	int64_t at_s; /* 0: never, or not in this boot */
	double port;
	double tried[PROBE_FAMILIES], reached[PROBE_FAMILIES],
	    refused[PROBE_FAMILIES];
	double outside; /* 1: somebody outside was heard */
};

struct probe_job {
	const struct probe *probe;
	struct arena *arena; /* of this look; what prepare makes goes here */
	const struct config *config;
	const struct mta *mta;
	const char
	    *mta_error; /* why the mail system could not be told, or NULL */
	bool is_root;
	bool may_keep; /* the run has the lock and may change the state */
	const struct probe_history *history; /* NULL: there was no run before */
	const struct probe_asked *egress;    /* NULL: as at_s 0 */
	const struct throttle_list *throttles; /* slowed down; may be NULL */
	const struct reply_catalogue *replies; /* NULL: it could not be read */
	const struct blocklist_catalogue *blocklists; /* the same */
	/*
	 * What all others have told, for a probe that is_last; before that it
	 * is being filled. Their texts are hostile.
	 */
	const struct fact_set *facts;
	/*
	 * -1 when unused. The observer keeps these and no other descriptor; both
	 * sides close them at the end. enter may add its own.
	 */
	int fds[PROBE_FDS_MAX];
	/* programs that prepare started; 0 when unused; killed and reaped */
	pid_t helpers[PROBE_HELPERS_MAX];
	void *state;      /* prepare's and enter's own, in arena */
	const char *note; /* of prepare or told, for people: a sentence; NULL */
};

/* What the observer keeps, and where it may look. */
enum {
	PROBE_NEEDS_READ_ALL = 1 << 0, /* CAP_DAC_READ_SEARCH below `roots` */
	PROBE_NEEDS_UNIX = 1 << 1,     /* an AF_UNIX socket, made in enter */
	PROBE_NEEDS_INET = 1 << 2,     /* AF_INET, AF_INET6 sockets */
	PROBE_NEEDS_NETLINK = 1 << 3,  /* AF_NETLINK, made in enter */
	PROBE_NEEDS_THREADS = 1 << 4,
	PROBE_NEEDS_BELOW = 1 << 5, /* fds[0] is a folder; all is below it */
};

struct probe {
	const char *name;
	const char *const *tables; /* that it fills; NULL-terminated */
	unsigned needs;
	const char
	    *root_for; /* what it cannot see without root; NULL: nothing */
	uint32_t deadline_ms;
	/* it starts once all others have ended, and may read job->facts */
	bool is_last;

	/*
	 * roots - absolute directories and files that collect may read
	 * Landlock closes all others. NULL-terminated, in job->arena; may be NULL
	 * (nothing but open descriptors).
	 */
	const char *const *(*roots)(struct probe_job *job);
	int (*prepare)(
	    struct probe_job *job, struct why *why);          /* may be NULL */
	void (*told)(struct probe_job *job);                  /* may be NULL */
	int (*enter)(struct probe_job *job, struct why *why); /* may be NULL */
	/*
	 * collect - every wanted table ends with fact_out_table_end or _unknown.
	 * No NSS (getpwuid, getaddrinfo), no locale, no dlopen in here: look
	 * names up in prepare. stdin, stdout and stderr are /dev/null.
	 */
	void (*collect)(struct probe_job *job, struct fact_out *out);
};

extern const struct probe *const probe_table[]; /* NULL-terminated */

/* probe_find_for - the probe that fills this table, or NULL */
const struct probe *probe_find_for(const struct table *table);

#endif
