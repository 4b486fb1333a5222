/*
 * step.h - the speed steps of a destination: a ladder in each family
 *
 * A step is a name that stands for a transport of mailfix's own with its
 * limits (or for several). The table mailfix_transport has one row for each
 * destination that is slowed down.
 *
 *   cN  at most N deliveries at a time, gently raised, never declared dead
 *   rN  N messages a second, spread over N transports of one a second
 *   dN  one message each N seconds
 *   mN  at most N messages in a connection
 *   pause  nothing is tried until it ends
 */
#ifndef MAILFIX_MAIL_STEP_H
#define MAILFIX_MAIL_STEP_H

#include <stdbool.h>
#include <stddef.h>

enum step_family {
	STEP_CONCURRENCY,
	STEP_RATE,
	STEP_MESSAGES,
	STEP_PAUSE,
	STEP_FAMILY_MAX
};

struct step {
	const char *name;        /* "c2" */
	enum step_family family; /* rN and dN are one ladder */
	unsigned concurrency;    /* 0: does not say */
	double per_s;            /* messages a second; 0: does not say */
	unsigned messages;       /* in a connection; 0: does not say */
	unsigned shards;         /* transports it is spread over; 1 */
	const char *text; /* "2 sessions at a time", "one message a second" */
};

/* All steps, fastest first in each family; ends with a NULL name. */
extern const struct step step_table[];

const struct step *step_find(const char *name); /* NULL: no such */

/* step_slower, step_faster - the next of its family, or NULL at the end */
const struct step *step_slower(const struct step *step);
const struct step *step_faster(const struct step *step);

/* step_owns - do deliveries of this step go by this transport? */
bool step_owns(const struct step *step, const char *transport, size_t length);

#endif
