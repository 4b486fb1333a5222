/*
 * finding.h - rules x facts -> findings, causes before symptoms; pure
 */
#ifndef MAILFIX_FINDING_FINDING_H
#define MAILFIX_FINDING_FINDING_H

#include <stdint.h>

#include "agent/fact/fact.h"
#include "agent/playbook/playbook.h"

enum finding_state {
	FINDING_FOUND,
	FINDING_MASKED,
	FINDING_FIXED,
	FINDING_FAILED,
	FINDING_SUPPRESSED, /* its `for` is not yet reached */
	FINDING_STATE_MAX
};

const char *finding_state_to_text(enum finding_state state);

struct evidence {
	const char *name; /* column, or table.column */
	const struct column *column;
	struct value value;
};

struct finding {
	const struct playbook *playbook;
	const char *item; /* key of the row; NULL without for-each */
	enum finding_state state;
	const struct finding *masked_by; /* the root cause, not the next link */

	/*
	 * Why its fixes must not run although it is found: a playbook that could
	 * mask it could not be judged, or is seen and not yet confirmed. NULL:
	 * nothing stands in the way.
	 */
	const char *doubt;
	const char
	    *note; /* of a suppressed one: how far its `for` is; or NULL */
	const char *title;
	const char *told;   /* the evidence in the playbook's words, or NULL */
	const char *advice; /* or NULL */
	const struct evidence *evidence;
	size_t evidence_count;
	unsigned held_runs; /* how many runs in a row, this one included */
	int64_t since_s;    /* first seen */
};

/* A fact that a loaded playbook needed and that could not be told. */
struct unknown {
	const char *fact; /* "port", "disk[/var]", "disk[/var].free" */
	const char *reason;
};

struct judgement {
	struct finding
	    *findings; /* root causes first, then severity, then name */
	size_t count;
	struct unknown *unknown;
	size_t unknown_count;
	struct why persist_error; /* code != 0: `for` could not be kept */
};

/* How long a finding has held before this run; from agent/state. */
struct finding_memory {
	/* returns runs in a row before this one, and since when; 0 when new */
	unsigned (*held)(void *user, const char *playbook, const char *item,
	    int64_t *ret_since_s);
	void *user;
};

/*
 * finding_judge - pure: the same rules, facts and memory give the same result
 *
 * memory  NULL, or its `held` NULL: nothing is remembered; a `for` that asks
 *         for more than this run is then not reached
 *
 * A `when` that is unknown yields no finding but an entry in `unknown`. The
 * finding of a playbook that was not chosen is in the result only when it
 * masks one that was.
 */
void finding_judge(struct arena *arena, const struct playbook_set *playbooks,
    const struct fact_set *facts, const struct finding_memory *memory,
    struct judgement *ret);

#endif
