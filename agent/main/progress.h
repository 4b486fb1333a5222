/*
 * progress.h - one line on stderr that says what a person waits for
 */
#ifndef MAILFIX_MAIN_PROGRESS_H
#define MAILFIX_MAIN_PROGRESS_H

#include <stdbool.h>

/* Probes named on the line; the rest is counted. */
#define PROGRESS_NAMES 3

struct progress {
	bool is_shown, is_dirty; /* dirty: a line stands there */
	unsigned started, done;
	const char *out[PROGRESS_NAMES]; /* some that are still out; borrowed */
};

void progress_begin(struct progress *progress, bool is_shown);
void progress_end(struct progress *progress); /* wipes the line */

/* progress_probe, progress_text - callbacks; user is the struct progress */
void progress_probe(void *user, const char *probe, bool is_done);
void progress_text(void *user, const char *text);

#endif
