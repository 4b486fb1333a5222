/*
 * journal.h - where the steps of a change are written down
 *
 * Two tables, as there are two of effects: with effects that change nothing
 * there is nothing to write down.
 */
#ifndef MAILFIX_APPLY_JOURNAL_H
#define MAILFIX_APPLY_JOURNAL_H

#include "agent/apply/apply.h"
#include "agent/apply/record.h"

struct journal {
	/* begin - the record and its place are made; "intent" is logged */
	int (*begin)(
	    struct apply_host *host, struct record *record, struct why *why);

	/*
	 * step - the record goes on to this state; event is logged
	 * reason  or NULL
	 */
	int (*step)(struct apply_host *host, struct record *record,
	    enum record_state state, const char *event, const char *reason,
	    struct why *why);

	/* note - an event without a step of the record */
	int (*note)(struct apply_host *host, const struct record *record,
	    const char *event, const char *reason, struct why *why);

	/* move - the record's directory goes to another place */
	int (*move)(struct apply_host *host, struct record *record,
	    enum record_place place, struct why *why);

	/* count - limits and cooldowns begin to run, before the fix acts */
	int (*count)(struct apply_host *host, const struct planned_fix *planned,
	    struct why *why);

	/* result - did the fix work? for the breaker */
	int (*result)(struct apply_host *host, const char *playbook,
	    bool is_effective, struct why *why);

	/* skip - a fix that was approved and is not made; reason is its why */
	int (*skip)(struct apply_host *host, const struct planned_fix *planned,
	    struct why *why);
};

extern const struct journal journal_durable, journal_none;

/* journal_for - the table that goes with the host's effects */
const struct journal *journal_for(const struct apply_host *host);

#endif
