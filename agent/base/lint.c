/*
 * lint.c - all errors of all files, reported at once
 *
 * Purpose  collect the errors of playbooks and configuration, sorted
 * Input    texts that may quote a file: escaped here
 * Errors   none
 * Runs as  actor
 * Source   SPEC section 3: all errors of all files are reported at once
 */
#include "agent/base/lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/text.h"

/*
 * More than anybody reads. A file that is no INI file at all has an error in
 * each line, and must not cost more than a playbook with one.
 */
#define LINT_ERRORS_MAX 1000

static int
place_compare(const struct lint_error *a, const char *file, int line)
{
	int order = strcmp(a->file, file);

	if (order == 0)
		order = (a->line > line) - (a->line < line);
	return order;
}

/* The index after all errors that stand before file:line or at it. */
static size_t
place_find(const struct lint *lint, const char *file, int line)
{
	size_t low = 0, high = lint->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (place_compare(&lint->errors[middle], file, line) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
is_known(const struct lint *lint, size_t end, const char *file, int line,
    const char *text)
{
	for (size_t i = end; i > 0; i--) {
		const struct lint_error *error = &lint->errors[i - 1];

		if (place_compare(error, file, line) != 0)
			return false;
		if (strcmp(error->text, text) == 0)
			return true;
	}
	return false;
}

static void
error_insert(struct lint *lint, const char *file, int line, const char *text)
{
	size_t at = place_find(lint, file, line);

	if (is_known(lint, at, file, line, text))
		return;
	if (lint->count == lint->size) {
		lint->size = lint->size != 0 ? lint->size * 2 : 16;
		lint->errors =
		    mem_grow(lint->errors, lint->size, sizeof(*lint->errors));
	}
	(void)memmove(lint->errors + at + 1, lint->errors + at,
	    (lint->count - at) * sizeof(*lint->errors));
	lint->errors[at] = (struct lint_error){
	    .file = arena_dup(lint->arena, file),
	    .line = line,
	    .text = arena_dup(lint->arena, text),
	};
	lint->count++;
}

void
lint_add(struct lint *lint, const char *file, int line, const char *format, ...)
{
	char *raw = NULL;
	struct buf text = {0};
	int length;
	va_list ap;

	if (lint->count > LINT_ERRORS_MAX)
		return;
	if (lint->count == LINT_ERRORS_MAX) {
		error_insert(lint, file, line,
		    "there are more errors than can be listed");
		return;
	}
	va_start(ap, format);
	length = vasprintf(&raw, format, ap);
	va_end(ap);
	if (length >= 0)
		text_escape(&text, raw, (size_t)length);
	free(raw);
	error_insert(lint, file, line, buf_text(&text));
	buf_done(&text);
}

void
lint_done(struct lint *lint)
{
	free(lint->errors);
	*lint = (struct lint){0};
}
