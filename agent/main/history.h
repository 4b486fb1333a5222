/*
 * history.h - runs as the audit log tells them
 */
#ifndef MAILFIX_MAIN_HISTORY_H
#define MAILFIX_MAIN_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "agent/base/json.h"
#include "agent/base/mem.h"

/* One record that people want to see, in words. */
struct history_event {
	const char *event; /* "finding", "intent", "verified", ... */
	const char *time;  /* "2026-11-22T10:15:00Z" */
	const char *text;  /* what it is about */
	const char *of;    /* run that made the change at hand, or NULL */
	int64_t change;    /* its number there, or 0 */
};

struct history_run {
	const char *run, *mode, *started, *status; /* status NULL: cut short */
	int64_t problems, fixed, applied, eased, failed, undone;
	struct history_event *events; /* heap */
	size_t event_count, event_size;
};

struct history {
	struct arena *arena;      /* borrowed; holds all texts */
	const char *only;         /* this run, or NULL: all */
	struct history_run *runs; /* heap, oldest first */
	size_t count, size;
	size_t dropped; /* older runs that were not kept */
	size_t bad;     /* lines of the log that do not parse */
};

/* As many as a screen can hold a few times over; the rest is `audit show`. */
#define HISTORY_RUNS_MAX 1000

/*
 * history_read - the runs in the log, the latest HISTORY_RUNS_MAX
 * Returns 0, or a negative errno with why; then history_done all the same.
 */
int history_read(struct history *history, const char *path, struct why *why);
void history_done(struct history *history);

/* history_is_quiet - looked, found nothing, changed nothing */
bool history_is_quiet(const struct history_run *run);

struct json *history_json(const struct history *history);

/* history_words - a record's subject: title, text, target, reason */
void history_words(struct buf *out, const struct json *record);

#endif
