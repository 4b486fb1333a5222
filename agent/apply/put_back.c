/*
 * put_back.c - one change put back, whoever asks for it
 *
 * Purpose  the same way for a fix that did not help, a crash, `release`, and
 *          `mailfix undo`: look, undo what is ours, record, close
 * Input    a record; the host as it stands
 * Errors   apply_put_back in work.h
 * Runs as  actor
 * Source   SPEC section 1, rule 2
 */
#include <errno.h>

#include "agent/apply/work.h"

static int
close_as(struct apply_host *host, const struct journal *journal,
    struct record *record, enum record_state state, const char *event,
    const char *reason, struct why *why)
{
	int r = journal->step(host, record, state, event, reason, why);

	if (r == 0)
		r = journal->move(host, record, RECORD_CLOSED, why);
	return r;
}

/*
 * Left as it is. A change that was kept stays where it is: the admin may put
 * the target back and ask for it by its name. `--last` passes it by from now.
 */
static int
leave_alone(struct apply_host *host, const struct journal *journal,
    struct record *record, const struct why *reason, struct why *why)
{
	int r;

	record->is_left = true;
	r = record->place == RECORD_KEPT
	        ? journal->step(host, record, record->state, "left-alone",
	              reason->text, why)
	        : close_as(host, journal, record, RECORD_FAILED, "left-alone",
	              reason->text, why);

	if (r < 0)
		return r;
	return why_set(why, -ESTALE, "%s: somebody else has changed it: %s",
	    record->change.text, reason->text);
}

static int
undo_now(struct apply_host *host, const struct journal *journal,
    struct record *record, enum record_state as, const char *event,
    struct why *why)
{
	struct change_host change_host = change_host_of(host, record);
	struct why reason = {0};
	int r;

	if (change_is_traceless(&record->change))
		return close_as(
		    host, journal, record, as, event, record->reason, why);
	if (!change_is_undoable(&record->change)) {
		r = close_as(host, journal, record, RECORD_FAILED, "failed",
		    record->reason, why);
		return r < 0 ? r
		             : why_set(why, -EOPNOTSUPP, "%s cannot be undone",
		                   record->change.text);
	}
	r = record_check_images(host->arena, host->state_dir, record, why);
	if (r == 0)
		r = host->effects->undo(&record->change, &change_host, &reason);
	if (r == EFFECTS_SHOWN)
		return 0;
	if (r == -ESTALE)
		return leave_alone(host, journal, record, &reason, why);
	if (r < 0) {
		if (reason.code != 0)
			*why = reason;
		return r;
	}
	apply_changed(host, record, false);
	return close_as(host, journal, record, as, event, record->reason, why);
}

int
apply_put_back(struct apply_host *host, const struct journal *journal,
    struct record *record, enum record_state as, const char *event,
    struct why *why)
{
	struct change_host change_host = change_host_of(host, record);
	enum change_found found = CHANGE_IS_PARTIAL;
	struct why reason = {0};
	int r;

	/* what a perform or an undo that was cut off has left */
	host->effects->tidy(&record->change, &change_host);
	r = host->effects->look(&record->change, &change_host, &found, &reason);
	if (r < 0) {
		*why = reason;
		return r;
	}
	switch (found) {
	case CHANGE_IS_BEFORE:
		apply_changed(host, record, false);
		return close_as(
		    host, journal, record, as, event, record->reason, why);
	case CHANGE_IS_FOREIGN:
		return leave_alone(host, journal, record, &reason, why);
	case CHANGE_IS_AFTER:
	case CHANGE_IS_PARTIAL:
		break;
	}
	return undo_now(host, journal, record, as, event, why);
}
