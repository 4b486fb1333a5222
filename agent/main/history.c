/*
 * history.c - runs as the audit log tells them
 *
 * Purpose  records in order -> runs with their findings and changes
 * Input    the audit log: root's own file, but its texts quote the host
 * Errors   -errno of reading; a line that does not parse is counted
 * Runs as  the actor
 * Source   agent/audit/audit.h
 */
#include "agent/main/history.h"

#include <stdlib.h>
#include <string.h>

#include "agent/audit/audit.h"
#include "agent/base/text.h"

/* A run of ours has at most this many records; a longer one is cut. */
#define HISTORY_EVENTS_MAX 10000

static struct history_run *
run_last(struct history *history, const char *name)
{
	for (size_t i = history->count; i > 0; i--)
		if (strcmp(history->runs[i - 1].run, name) == 0)
			return &history->runs[i - 1];
	return NULL;
}

static void
oldest_drop(struct history *history)
{
	free(history->runs[0].events);
	(void)memmove(history->runs, history->runs + 1,
	    (history->count - 1) * sizeof(*history->runs));
	history->count--;
	history->dropped++;
}

static struct history_run *
run_add(struct history *history, const char *name, const char *time)
{
	struct history_run *run;

	if (history->count == HISTORY_RUNS_MAX)
		oldest_drop(history);
	if (history->count == history->size) {
		history->size = history->size == 0 ? 64 : history->size * 2;
		history->runs = mem_grow(
		    history->runs, history->size, sizeof(*history->runs));
	}
	run = &history->runs[history->count++];
	*run = (struct history_run){
	    .run = arena_dup(history->arena, name),
	    .started = arena_dup(history->arena, time),
	    .mode = "?",
	};
	return run;
}

void
history_words(struct buf *out, const struct json *record)
{
	static const char *const names[] = {
	    "title", "text", "target", "status", "mode"};
	const char *reason = json_get_text(record, "reason");
	const char *item = json_get_text(record, "item");
	const char *fix = json_get_text(record, "fix");
	const char *playbook = json_get_text(record, "playbook");
	const char *text = NULL;
	AUTO_BUF struct buf words = {0};

	if (playbook != NULL)
		buf_addf(&words, "%s%s%s%s%s", playbook,
		    item != NULL ? " " : "", item != NULL ? item : "",
		    fix != NULL ? ", " : "", fix != NULL ? fix : "");
	for (size_t i = 0; text == NULL && i < ARRAY_COUNT(names); i++)
		text = json_get_text(record, names[i]);
	if (text != NULL)
		buf_addf(&words, "%s%s", words.length > 0 ? ": " : "", text);
	/* of a value, what it was: the steps of a slow-down can be followed */
	if (text_equal(json_get_text(record, "verb"), "set") &&
	    json_get_text(record, "before") != NULL)
		buf_addf(&words, " (was %s)", json_get_text(record, "before"));
	if (reason != NULL)
		buf_addf(&words, "%s%s", words.length > 0 ? "; " : "", reason);
	buf_add(out, buf_text(&words));
}

static void
event_add(struct history *history, struct history_run *run, const char *event,
    const char *time, const struct json *record)
{
	const char *of = json_get_text(record, "of");
	AUTO_BUF struct buf text = {0};

	if (run->event_count == HISTORY_EVENTS_MAX)
		return;
	if (run->event_count == run->event_size) {
		run->event_size =
		    run->event_size == 0 ? 8 : run->event_size * 2;
		run->events = mem_grow(
		    run->events, run->event_size, sizeof(*run->events));
	}
	history_words(&text, record);
	run->events[run->event_count++] = (struct history_event){
	    .event = arena_dup(history->arena, event),
	    .time = arena_dup(history->arena, time),
	    .text = arena_dup(history->arena, buf_text(&text)),
	    .of = of != NULL ? arena_dup(history->arena, of) : NULL,
	    .change = json_get_int(record, "change", 0),
	};
}

static void
run_finish(
    struct history *history, struct history_run *run, const struct json *record)
{
	const char *status = json_get_text(record, "status");

	run->status = arena_dup(history->arena, status ? status : "?");
	run->problems = json_get_int(record, "problems", 0);
	run->fixed = json_get_int(record, "fixed", 0);
	run->applied = json_get_int(record, "applied", 0);
	run->eased = json_get_int(record, "eased", 0);
	run->undone = json_get_int(record, "undone", 0);
	run->failed = json_get_int(record, "failed", run->undone);
}

/* Callback of audit_walk: user is the history. */
static bool
record_visit(void *user, const struct json *record)
{
	struct history *history = user;
	const char *name = json_get_text(record, "run");
	const char *event = json_get_text(record, "event");
	const char *time = json_get_text(record, "time");
	const char *mode = json_get_text(record, "mode");
	struct history_run *run;

	if (name == NULL || event == NULL || time == NULL ||
	    (history->only != NULL && strcmp(history->only, name) != 0))
		return true;
	run = run_last(history, name);
	if (run == NULL)
		run = run_add(history, name, time);
	if (strcmp(event, "run-begin") == 0)
		run->mode = arena_dup(history->arena, mode ? mode : "?");
	else if (strcmp(event, "run-end") == 0)
		run_finish(history, run, record);
	else
		event_add(history, run, event, time, record);
	return true;
}

int
history_read(struct history *history, const char *path, struct why *why)
{
	return audit_walk(path, record_visit, history, &history->bad, why);
}

void
history_done(struct history *history)
{
	for (size_t i = 0; i < history->count; i++)
		free(history->runs[i].events);
	free(history->runs);
	history->runs = NULL;
	history->count = 0;
}

bool
history_is_quiet(const struct history_run *run)
{
	return run->event_count == 0 && run->status != NULL;
}

static struct json *
event_json(const struct history_event *event)
{
	struct json *object = json_object_new();

	json_set_text(object, "time", event->time);
	json_set_text(object, "event", event->event);
	if (event->change > 0) {
		json_set_text(object, "of", event->of);
		json_set_int(object, "change", event->change);
	}
	json_set_text(object, "text", event->text);
	return object;
}

struct json *
history_json(const struct history *history)
{
	struct json *root = json_object_new(), *runs = json_array_new();

	for (size_t i = 0; i < history->count; i++) {
		const struct history_run *run = &history->runs[i];
		struct json *object = json_object_new();
		struct json *events = json_array_new();

		json_set_text(object, "run", run->run);
		json_set_text(object, "started", run->started);
		json_set_text(object, "mode", run->mode);
		json_set_text(object, "status", run->status);
		json_set_int(object, "problems", run->problems);
		json_set_int(object, "fixed", run->fixed);
		json_set_int(object, "applied", run->applied);
		json_set_int(object, "eased", run->eased);
		json_set_int(object, "failed", run->failed);
		json_set_int(object, "undone", run->undone);
		for (size_t k = 0; k < run->event_count; k++)
			json_push(events, event_json(&run->events[k]));
		json_set(object, "events", events);
		json_push(runs, object);
	}
	json_set(root, "runs", runs);
	json_set_int(root, "unreadable", (int64_t)history->bad);
	return root;
}
