/*
 * queue_move.c - changes of kind "queue-move": hold, release, prune, flush
 *
 * Purpose  one kind of change; row CHANGE(queue_move) in change_table.def
 * Input    ids that an observer chose; the change's detail is the state that
 *          they were chosen in
 * Errors   -ESTALE: they are not there any more; -EPERM: too much of the queue;
 *          -ENOSPC; -EIO when the mail system did not do its part
 * Runs as  actor, as root
 * Source   postsuper(1), postqueue(1), SPEC section 5
 *
 * Only ids of this very change are ever released: what an admin holds stays.
 * Until `begun` is noted this change has moved none of them: who held them
 * after a crash before that was somebody else.
 */
#include <errno.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/change/queue_guard.h"
#include "agent/change/queue_prune.h"

static const char hold[] = "hold";

/* From this share of the deferred messages on, all are tried by one command. */
#define FLUSH_ALL_SHARE 0.9

struct verb {
	const char *name;
	int command;      /* MTA_QUEUE_*; of prune: not used */
	const char *from; /* the only state it starts from; NULL: the chosen */
	bool takes_away;  /* no more than half of the queue */
};

static const struct verb verb_table[] = {
    {"hold",         MTA_QUEUE_HOLD,    NULL,       true },
 /*
     * All that one account submitted. No share of the queue limits it: of a
     * flood that is nearly everything, what it takes is named by the messages
     * themselves and not by their sender, none of it is deleted, and undo
     * releases it.
     */
    {"hold-account", MTA_QUEUE_HOLD,    NULL,       false},
    {"release",      MTA_QUEUE_RELEASE, hold,       false},
    {"prune",        MTA_QUEUE_DELETE,  NULL,       true },
    {"flush",        MTA_QUEUE_FLUSH,   "deferred", false},
};

static const struct verb *
verb_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_COUNT(verb_table); i++)
		if (strcmp(verb_table[i].name, name) == 0)
			return &verb_table[i];
	return NULL;
}

/* Everything that the steps share; *ret_ids as capture kept them. */
static int
begin(const struct change *change, struct change_host *host,
    const struct verb **ret_verb, struct queue_work *work,
    struct queue_ids *ret_ids, struct why *why)
{
	int r;

	*ret_verb = verb_find(change->verb);
	if (*ret_verb == NULL)
		return why_set(why, -EINVAL, "no such verb: %s", change->verb);
	if ((r = queue_work_open(change, host, work, why)) < 0)
		return r;
	return queue_ids_load(work, QUEUE_LIST_CHOSEN, ret_ids, why);
}

/* As begin, of a change that may have moved something; else 0. */
static int
begin_moved(const struct change *change, struct change_host *host,
    const struct verb **ret_verb, struct queue_work *work,
    struct queue_ids *ret_ids, struct why *why)
{
	struct queue_ids none;
	int r = begin(change, host, ret_verb, work, ret_ids, why);

	return r <= 0 ? r : queue_ids_load(work, QUEUE_LIST_BEGUN, &none, why);
}

/*
 * A try again that goes with other changes (change.base) is no reason to leave
 * them, or to take them back: what it missed, the next run or Postfix tries.
 */
static bool
is_aside(const struct change *change)
{
	return change->base != NULL && change_is_traceless(change);
}

static int
check(const struct change *change, const struct verb *verb,
    struct queue_work *work, struct why *why)
{
	const struct queue_ids all = {change->items, change->item_count};
	struct queue_ids there;
	size_t in_state = 0;
	int r;

	if (verb->from != NULL && strcmp(verb->from, work->state) != 0)
		return why_set(why, -EINVAL, "%s starts from %s only",
		    verb->name, verb->from);
	if (verb->command == MTA_QUEUE_HOLD && strcmp(work->state, hold) == 0)
		return why_set(why, -EINVAL, "they are on hold already");
	there = queue_ids_in(work, work->state, all, false);
	if (there.count == 0 && !is_aside(change))
		return why_set(why, -ESTALE,
		    "none of the messages is in %s any more", work->state);
	if ((r = queue_count(work, work->state, &in_state, why)) < 0)
		return r;
	if (verb->takes_away && (r = queue_guard(there.count, there.count,
	                             in_state, work->state, why)) < 0)
		return r;
	return strcmp(verb->name, "prune") == 0
	           ? queue_prune_check(work, there, why)
	           : 0;
}

static int
queue_move_check(
    const struct change *change, struct change_host *host, struct why *why)
{
	struct queue_work work = {.queue_fd = -1};
	const struct verb *verb = verb_find(change->verb);
	int r;

	if (verb == NULL)
		return why_set(why, -EINVAL, "no such verb: %s", change->verb);
	r = queue_work_open(change, host, &work, why);
	if (r == 0)
		r = check(change, verb, &work, why);
	queue_work_done(&work);
	return r;
}

/* Which of them are in that state now: only these are ever touched. */
static int
queue_move_capture(
    const struct change *change, struct change_host *host, struct why *why)
{
	const struct queue_ids all = {change->items, change->item_count};
	struct queue_work work = {.queue_fd = -1};
	int r = queue_work_open(change, host, &work, why);

	if (r == 0) {
		struct queue_ids there =
		    queue_ids_in(&work, work.state, all, false);

		r = there.count > 0 || is_aside(change)
		        ? queue_ids_save(&work, QUEUE_LIST_CHOSEN, there, why)
		        : why_set(why, -ESTALE,
		              "none of the messages is in %s any more",
		              work.state);
	}
	queue_work_done(&work);
	return r;
}

/*
 * A command a message is slow; one for all tries the others, too. That does
 * them no harm when they are few.
 */
static int
flush(struct queue_work *work, struct queue_ids ids, struct why *why)
{
	const struct mta *mta = work->host->mta;
	size_t in_state = 0;
	int r = queue_count(work, work->state, &in_state, why);
	bool is_most = (double)ids.count >= FLUSH_ALL_SHARE * (double)in_state;

	if (r < 0 || ids.count == 0)
		return r;
	return mta->ops->queue_command(mta,
	    is_most && ids.count > 1 ? MTA_QUEUE_FLUSH_ALL : MTA_QUEUE_FLUSH,
	    work->state, ids.ids, ids.count, why);
}

static int
perform(const struct verb *verb, struct queue_work *work, struct queue_ids ids,
    struct why *why)
{
	int r;

	if (strcmp(verb->name, "prune") == 0)
		return queue_prune_perform(work, ids, why);
	if (verb->command == MTA_QUEUE_FLUSH)
		return flush(work, ids, why);
	r = queue_ids_move(work, verb->command, work->state, ids, why);
	if (r == 0 && verb->command == MTA_QUEUE_HOLD &&
	    queue_ids_in(work, hold, ids, false).count == 0)
		r = why_set(
		    why, -ESTALE, "none of the messages is there any more");
	return r;
}

static int
queue_move_perform(
    const struct change *change, struct change_host *host, struct why *why)
{
	struct queue_work work = {.queue_fd = -1};
	struct queue_ids ids = {0};
	const struct verb *verb;
	int r = begin(change, host, &verb, &work, &ids, why);

	if (r == 0)
		r = why_set(why, -ENOENT, "nothing was captured");
	if (r > 0)
		r = queue_ids_save(
		    &work, QUEUE_LIST_BEGUN, (struct queue_ids){0}, why);
	if (r == 0)
		r = perform(verb, &work, ids, why);
	queue_work_done(&work);
	return is_aside(change) ? 0 : r;
}

/* Where are they: in the state they were chosen in, or where we put them? */
static enum change_found
look(const struct verb *verb, struct queue_work *work, struct queue_ids ids)
{
	size_t before = queue_ids_in(work, work->state, ids, false).count;
	size_t after = queue_ids_in(work, hold, ids, false).count;

	switch (verb->command) {
	case MTA_QUEUE_HOLD:
		if (after == 0)
			return CHANGE_IS_BEFORE;
		return before == 0 ? CHANGE_IS_AFTER : CHANGE_IS_PARTIAL;
	case MTA_QUEUE_RELEASE:
		if (before == 0)
			return CHANGE_IS_AFTER;
		return before == ids.count ? CHANGE_IS_BEFORE
		                           : CHANGE_IS_PARTIAL;
	default: /* a try of delivery leaves no trace of its own */
		return CHANGE_IS_AFTER;
	}
}

static int
queue_move_look(const struct change *change, struct change_host *host,
    enum change_found *ret, struct why *why)
{
	struct queue_work work = {.queue_fd = -1};
	struct queue_ids ids = {0};
	const struct verb *verb;
	int r = begin_moved(change, host, &verb, &work, &ids, why);

	if (r == 0) {
		*ret = CHANGE_IS_BEFORE;
	} else if (r > 0 && strcmp(verb->name, "prune") == 0) {
		r = queue_prune_look(&work, ids, ret, why);
	} else if (r > 0) {
		*ret = look(verb, &work, ids);
		r = 0;
	}
	queue_work_done(&work);
	return r;
}

static int
undo(const struct verb *verb, struct queue_work *work, struct queue_ids ids,
    struct why *why)
{
	if (strcmp(verb->name, "prune") == 0)
		return queue_prune_undo(work, ids, why);
	if (verb->command == MTA_QUEUE_HOLD)
		return queue_ids_move(work, MTA_QUEUE_RELEASE, hold, ids, why);
	if (verb->command == MTA_QUEUE_RELEASE)
		return queue_ids_move(
		    work, MTA_QUEUE_HOLD, "deferred", ids, why);
	return why_set(why, -EOPNOTSUPP, "a delivery cannot be undone");
}

static int
queue_move_undo(
    const struct change *change, struct change_host *host, struct why *why)
{
	struct queue_work work = {.queue_fd = -1};
	struct queue_ids ids = {0};
	const struct verb *verb;
	int r = begin_moved(change, host, &verb, &work, &ids, why);

	if (r > 0)
		r = undo(verb, &work, ids, why);
	queue_work_done(&work);
	return r;
}

static const char *const verbs[] = {
    "hold", "hold-account", "release", "prune", "flush", NULL};
static const char *const lasting[] = {"flush", NULL};

const struct change_kind change_queue_move = {
    .name = "queue-move",
    .verbs = verbs,
    .is_undoable = true,
    .lasting = lasting,
    .traceless = lasting,
    .check = queue_move_check,
    .capture = queue_move_capture,
    .perform = queue_move_perform,
    .look = queue_move_look,
    .undo = queue_move_undo,
};
