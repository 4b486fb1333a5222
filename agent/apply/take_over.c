/*
 * take_over.c - a later change of a target stands for the earlier one, too
 *
 * Purpose  one kept record a target, whose undo leads back to the beginning
 * Input    records of the state directory
 * Errors   negative errno: a record could not be written
 * Runs as  actor
 * Source   change.h, take_over
 *
 * The order: the later record is verified, and open, so that a crash is
 * settled by doing all of this again. It gets what undo needs, is saved, then
 * the earlier one is closed, and last the caller moves the later one to the
 * kept ones. There are never two kept records for one way back.
 */
#include <errno.h>
#include <string.h>

#include "agent/apply/work.h"
#include "agent/base/text.h"

/*
 * Is this kept one what `record` goes on from? What somebody else made of the
 * target in between is not ours to forget: then each keeps its own way back.
 */
static bool
goes_on_from(struct arena *arena, const struct record *record,
    const struct record *older)
{
	if (strcmp(older->change.kind->name, record->change.kind->name) != 0 ||
	    strcmp(older->change.verb, record->change.verb) != 0 ||
	    strcmp(older->change.target, record->change.target) != 0)
		return false;
	if (record->took != NULL) /* begun before a crash */
		return strcmp(record->took, record_name(arena, older)) == 0;
	return text_equal(older->change.after, record->change.before);
}

static int
close_older(struct apply_host *host, const struct journal *journal,
    struct record *older, const char *by, struct why *why)
{
	int r;

	older->by = by;
	r = journal->step(host, older, RECORD_SUPERSEDED, "superseded",
	    arena_printf(host->arena, "%s goes on from it", by), why);
	if (r == 0)
		r = journal->move(host, older, RECORD_CLOSED, why);
	return r;
}

static int
take(struct apply_host *host, const struct journal *journal,
    struct record *record, struct record *older, struct why *why)
{
	struct change_host mine = change_host_of(host, record);
	struct change_host theirs = change_host_of(host, older);
	struct why reason = {0};
	int r = host->effects->take_over(
	    &record->change, &mine, &older->change, &theirs, &reason);

	/* damaged: then each is undone on its own, the later one first */
	if (r == -EBADMSG || r == -EOPNOTSUPP)
		return journal->note(
		    host, record, "not-superseded", reason.text, why);
	if (r < 0) { /* the next run settles it */
		*why = reason;
		return r;
	}
	record->change.before = older->change.before;
	record->took = record_name(host->arena, older);
	r = record_hash_images(host->arena, host->state_dir, record, why);
	if (r == 0)
		r = record_save(host->arena, host->state_dir, record, why);
	if (r == 0)
		r = close_older(host, journal, older,
		    record_name(host->arena, record), why);
	return r;
}

int
apply_take_over(struct apply_host *host, const struct journal *journal,
    struct record *record, struct why *why)
{
	struct record_list kept = {0};
	int r;

	if (record->change.kind->take_over == NULL ||
	    !change_is_undoable(&record->change))
		return 0;
	r = record_list_load(
	    host->arena, host->state_dir, RECORD_KEPT, &kept, why);
	if (r < 0)
		return r;
	for (size_t i = kept.count; i > 0; i--)
		if (goes_on_from(host->arena, record, &kept.records[i - 1]))
			return take(
			    host, journal, record, &kept.records[i - 1], why);
	return 0;
}
