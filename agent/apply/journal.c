/*
 * journal.c - where the steps of a change are written down
 *
 * Purpose  record and audit log, both durable before the next step
 * Input    steps of our own
 * Errors   negative errno: then the next step must not be made
 * Runs as  actor
 * Source   DESIGN "Safety", 7
 */
#include "agent/apply/journal.h"

#include <assert.h>

#include "agent/base/clock.h"
#include "agent/state/state.h"

static struct json *
event_of(const struct record *record, const char *reason)
{
	struct json *ev = json_object_new();

	json_set_text(ev, "of", record->run);
	json_set_int(ev, "change", record->change.id);
	json_set_text(ev, "playbook", record->playbook);
	json_set_text(ev, "item", record->item);
	json_set_text(ev, "fix", record->fix);
	json_set_text(ev, "kind", record->change.kind->name);
	json_set_text(ev, "text", record->change.text);
	if (reason != NULL)
		json_set_text(ev, "reason", reason);
	return ev;
}

/* The first record of a change says all of it, but for long lists. */
static struct json *
event_of_intent(const struct record *record)
{
	struct json *ev = event_of(record, NULL);

	json_set_text(ev, "verb", record->change.verb);
	json_set_text(ev, "target", record->change.target);
	json_set_text(ev, "before", record->change.before);
	json_set_text(ev, "after", record->change.after);
	if (record->change.item_count != 0)
		json_set_int(ev, "items", (int64_t)record->change.item_count);
	return ev;
}

static int
durable_begin(struct apply_host *host, struct record *record, struct why *why)
{
	int r;

	record->state = RECORD_INTENT;
	record->place = RECORD_OPEN;
	record->made_s = record->changed_s = clock_now_s();
	r = record_begin(host->arena, host->state_dir, record, why);
	if (r == 0)
		r = audit_append(
		    host->audit, "intent", event_of_intent(record), why);
	return r;
}

static int
durable_step(struct apply_host *host, struct record *record,
    enum record_state state, const char *event, const char *reason,
    struct why *why)
{
	int r = 0;

	if (state == RECORD_CAPTURED)
		r = record_hash_images(
		    host->arena, host->state_dir, record, why);
	if (r < 0)
		return r;
	record->state = state;
	record->changed_s = clock_now_s();
	if (reason != NULL)
		record->reason = arena_dup(host->arena, reason);
	r = record_save(host->arena, host->state_dir, record, why);
	if (r == 0)
		r = audit_append(
		    host->audit, event, event_of(record, reason), why);
	return r;
}

static int
durable_note(struct apply_host *host, const struct record *record,
    const char *event, const char *reason, struct why *why)
{
	return audit_append(host->audit, event, event_of(record, reason), why);
}

static int
durable_move(struct apply_host *host, struct record *record,
    enum record_place place, struct why *why)
{
	return record_move(host->arena, host->state_dir, record, place, why);
}

static int
durable_count(
    struct apply_host *host, const struct planned_fix *planned, struct why *why)
{
	state_fix_note(host->state, planned->finding->playbook->name,
	    planned->finding->item, planned->fix->name,
	    planned->fix->action->risk >= RISK_DISRUPTIVE, clock_now_s());
	return state_save(host->state, host->state_dir, why);
}

static int
durable_result(struct apply_host *host, const char *playbook, bool is_effective,
    struct why *why)
{
	state_fix_result(host->state, playbook, is_effective);
	return state_save(host->state, host->state_dir, why);
}

static int
durable_skip(
    struct apply_host *host, const struct planned_fix *planned, struct why *why)
{
	struct json *ev = json_object_new();

	json_set_text(ev, "playbook", planned->finding->playbook->name);
	json_set_text(ev, "item", planned->finding->item);
	json_set_text(ev, "fix", planned->fix->name);
	json_set_text(ev, "reason", planned->reason);
	return audit_append(host->audit, "skipped", ev, why);
}

const struct journal journal_durable = {
    .begin = durable_begin,
    .step = durable_step,
    .note = durable_note,
    .move = durable_move,
    .count = durable_count,
    .result = durable_result,
    .skip = durable_skip,
};

static int
none_begin(struct apply_host *host, struct record *record, struct why *why)
{
	(void)host;
	(void)why;
	record->state = RECORD_INTENT;
	return 0;
}

static int
none_step(struct apply_host *host, struct record *record,
    enum record_state state, const char *event, const char *reason,
    struct why *why)
{
	(void)host;
	(void)record;
	(void)state;
	(void)event;
	(void)reason;
	(void)why;
	return 0;
}

static int
none_note(struct apply_host *host, const struct record *record,
    const char *event, const char *reason, struct why *why)
{
	(void)host;
	(void)record;
	(void)event;
	(void)reason;
	(void)why;
	return 0;
}

static int
none_move(struct apply_host *host, struct record *record,
    enum record_place place, struct why *why)
{
	(void)host;
	(void)record;
	(void)place;
	(void)why;
	return 0;
}

static int
none_count(
    struct apply_host *host, const struct planned_fix *planned, struct why *why)
{
	(void)host;
	(void)planned;
	(void)why;
	return 0;
}

static int
none_result(struct apply_host *host, const char *playbook, bool is_effective,
    struct why *why)
{
	(void)host;
	(void)playbook;
	(void)is_effective;
	(void)why;
	return 0;
}

const struct journal journal_none = {
    .begin = none_begin,
    .step = none_step,
    .note = none_note,
    .move = none_move,
    .count = none_count,
    .result = none_result,
    .skip = none_count,
};

const struct journal *
journal_for(const struct apply_host *host)
{
	/* nothing is ever changed that is not written down */
	assert(host->audit != NULL || host->effects == &effects_none);
	return host->audit != NULL ? &journal_durable : &journal_none;
}
