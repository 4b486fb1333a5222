/*
 * work.h - one fix on its way; for agent/apply only
 */
#ifndef MAILFIX_APPLY_WORK_H
#define MAILFIX_APPLY_WORK_H

#include "agent/apply/apply.h"
#include "agent/apply/journal.h"
#include "agent/apply/record.h"

struct work {
	struct apply_host *host;
	const struct journal *journal;
	struct planned_fix *planned;
	bool is_ease; /* a step back toward normal, and no fix of a finding */
	struct record *records; /* one a change */
	size_t begun;           /* changes whose record exists */
	size_t performed;       /* changes that were begun to be made */
	int fatal;              /* nothing more may be done in this run */
	struct why why;         /* what went wrong first */
};

/*
 * apply_fix - all of a fix, from look to keep
 * Returns 0, or a negative errno when nothing more may be done in this run.
 */
int apply_fix(struct apply_host *host, const struct journal *journal,
    struct planned_fix *planned, bool is_ease, struct why *why);

/*
 * apply_ease - one step toward normal for what this kept change has slowed
 *
 * Returns 0 with *ret the step (made, planned, or skipped with its reason), 1
 * when it is to be undone, or a negative errno when nothing more may be done.
 */
int apply_ease(struct apply_host *host, const struct record *record,
    const struct playbook *playbook, const struct fix *fix,
    const struct fact_set *facts, struct planned_fix *ret, struct why *why);

/* change_host_of - what a kind may use for this change */
struct change_host change_host_of(
    struct apply_host *host, const struct record *record);

/* apply_changed - tell the host that a change was made, or put back */
void apply_changed(
    struct apply_host *host, const struct record *record, bool is_made);

/* apply_look - a fresh look at what these expressions read; NULL: none */
int apply_look(struct apply_host *host, const struct expr *a,
    const struct expr *b, struct fact_set **ret, struct why *why);

/* What a look says about a finding. */
enum cure { CURE_NO, CURE_YES, CURE_UNKNOWN };

/*
 * apply_cure - is it cured, by the fix's `verify` or the playbook's `when`?
 * why says what is not known.
 */
enum cure apply_cure(struct apply_host *host, const struct playbook *playbook,
    const struct fix *fix, const char *item, const struct fact_set *facts,
    struct why *why);

/* apply_gone - does the `when` of the playbook no longer hold for this item? */
enum cure apply_gone(struct apply_host *host, const struct playbook *playbook,
    const char *item, const struct fact_set *facts, struct why *why);

/*
 * apply_in_effect - are the changes of this work as they were to be?
 * Of a change by steps nobody waits to see whether it helps: the next runs
 * measure that. Returns 1, or 0 with why.
 */
int apply_in_effect(struct work *work, struct why *why);

/*
 * apply_verify - look until it is cured or the fix's deadline has come
 * Returns 1 cured, 0 not (why says so), or a negative errno: the run ends.
 */
int apply_verify(struct work *work, struct why *why);

/*
 * apply_put_back - one change whose record says that it may have been made
 *
 * Looks where the target stands, undoes it if it is ours, records the result
 * and closes the record. Returns 0; -ESTALE when it was left alone;
 * -EOPNOTSUPP when it cannot be undone; another negative errno when it could
 * not be undone now (the record stays open).
 */
int apply_put_back(struct apply_host *host, const struct journal *journal,
    struct record *record, enum record_state as, const char *event,
    struct why *why);

/*
 * apply_take_over - let a verified change stand for the kept one before it
 *
 * The older record is closed as superseded, so that records of a target that
 * is changed step by step do not pile up, and undo of any of the steps leads
 * back to where it was before the first. To be called while the record is
 * open: after a crash the settling calls it again.
 */
int apply_take_over(struct apply_host *host, const struct journal *journal,
    struct record *record, struct why *why);

/* apply_keep - verified: kept for undo, or closed where there is none */
int apply_keep(struct apply_host *host, const struct journal *journal,
    struct record *record, const char *event, struct why *why);

#endif
