/*
 * apply.h - carry out a plan as transactions; settle what a crash left; undo
 */
#ifndef MAILFIX_APPLY_APPLY_H
#define MAILFIX_APPLY_APPLY_H

#include "agent/audit/audit.h"
#include "agent/change/change.h"
#include "agent/plan/plan.h"

/*
 * A real run has the log and the state. With effects_none `audit` is NULL:
 * then nothing is recorded, because nothing is done.
 */
struct apply_host {
	struct arena *arena;
	const struct config *config;
	const struct mta *mta;
	const struct throttle_list *throttles; /* or NULL */
	const char *state_dir;                 /* CONFIG_STATE */
	const char *run;                       /* "20261122T101500-4f2a" */
	struct state *state;
	struct audit *audit;
	const struct effects *effects;
	const struct playbook_set *playbooks;
	/* when the look began on which the plan rests; 0: not told, look again */
	int64_t looked_s;

	/* look - a fresh look at the tables in `wanted`; the set is in arena */
	int (*look)(void *user, const bool *wanted, struct fact_set **ret,
	    struct why *why);
	/* select - for steps that move messages, as in plan_request; or NULL */
	int (*select)(void *user, const struct queue_query *query,
	    struct queue_selection *ret, struct why *why);
	/* confirm - as in action_input; or NULL */
	bool (*confirm)(void *user, const char *domain, const char *servers);
	/* is_stopping - SIGTERM or SIGINT came: finish the change at hand, stop */
	bool (*is_stopping)(void *user);
	/* progress - one line of what is being done, for a terminal; or NULL */
	void (*progress)(void *user, const char *text);
	/*
	 * changed - a change was made, or put back: what is remembered of its
	 * target must follow, before anybody looks at it again; or NULL
	 */
	void (*changed)(void *user, const struct change *change, bool is_made);
	/* pause - wait between two looks; NULL: really. Tests move their clock */
	void (*pause)(void *user, int ms);
	void *user;

	unsigned changes; /* numbered in this run so far; begins with 0 */
};

/*
 * How a fix goes (apply_table.c is the whole of it):
 *
 *   look  does the finding still hold?           no: skipped as stale
 *   intent  written down, durably                cannot be: nothing is done
 *   check   each change's own second look        refused: dropped
 *   capture all that undo needs, durably
 *   perform one change after the other
 *   verify  look until cured, or the deadline    not cured: undone
 *   keep    in DIR/changes/kept, for undo
 *
 * Each change has a directory DIR/changes/{open,kept,closed}/RUN-N with its
 * record and its before-image. Every step of it stands in the record and in
 * the log before the next one begins; apply_settle reads them after a crash.
 */

/*
 * apply_plan - every approved fix, in order; results into the plan and findings
 *
 * Returns 0, or a negative errno when nothing more may be done in this run
 * (the audit log cannot be written, an observer broke the protocol).
 */
int apply_plan(struct apply_host *host, struct plan *plan, struct why *why);

/*
 * apply_settle - finish or revert what an earlier run left open
 * Returns how many were settled, or a negative errno.
 */
int apply_settle(struct apply_host *host, struct why *why);

/*
 * apply_release - kept changes whose `release` holds go, or ease off by a step
 *
 * An action with steps (action.h, ease) is asked for the next one, which is
 * made like a fix; it counts for no limit, for it makes nothing worse. What
 * other changes stand on is never released. A dry run plans the same.
 * eased  gets the steps, for the report; may be NULL
 *
 * Returns how many changes were undone (a dry run: would be), or a negative
 * errno: the log or a record cannot be used.
 */
int apply_release(struct apply_host *host, const struct fact_set *facts,
    struct plan *eased, struct why *why);

/*
 * apply_undo - by hand: "RUN", "RUN/CHANGE", "--last" or "--temporary"
 *
 * The changes of a run are undone in reverse order. A target that was changed
 * step by step goes back to where it was before the first, whichever of the
 * runs is named. What other changes stand on (change.base) goes with the last
 * of them, and until then stays; -EBUSY when nothing else was asked for.
 * -ESTALE: somebody else has changed a target since; why says what differs, and
 * that one is left alone. What is undone already is told, and no error.
 * --temporary: what has a `release`, which no run will see any more; nothing
 * such is no error.
 * report gets one line for each change.
 */
int apply_undo(struct apply_host *host, const char *which,
    void (*report)(void *user, const char *line), void *user, struct why *why);

#endif
