/*
 * lint.h - all errors of all files, reported at once
 */
#ifndef MAILFIX_BASE_LINT_H
#define MAILFIX_BASE_LINT_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/mem.h"

struct lint_error {
	const char *file; /* as the admin knows it */
	int line;         /* 0: the file as a whole */
	const char *text;
};

struct lint {
	struct arena *arena; /* borrowed; holds all texts */
	struct lint_error *errors;
	size_t count, size;
};

/*
 * lint_add - note one error; text is escaped, so it may quote the file
 *
 * Errors are kept in the order of their files and lines; the same error at the
 * same place is kept once.
 */
void lint_add(struct lint *lint, const char *file, int line, const char *format,
    ...) __attribute__((format(printf, 4, 5)));

void lint_done(struct lint *lint);

#endif
