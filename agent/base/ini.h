/*
 * ini.h - INI files through inih, with its traps closed
 *
 * What inih does silently is an error here: a line longer than its buffer, a
 * key twice in one section, a section twice in one file, a key outside a
 * section, a name that it would cut, a key that is indented below another, a
 * NUL byte, text that is not UTF-8. A value may go on in indented lines (joined
 * by one space). An inline comment starts with " ;".
 */
#ifndef MAILFIX_BASE_INI_H
#define MAILFIX_BASE_INI_H

#include <stddef.h>

#include "agent/base/lint.h"
#include "agent/base/why.h"

/* A playbook is a page, not a book; also bounds what an error may quote. */
#define INI_FILE_BYTES_MAX (256U * 1024U)

struct ini_entry {
	const char *section, *key, *value; /* in the arena */
	const char *file;                  /* in the arena */
	int line;                          /* where the key stands */
};

struct ini_section {
	const char *name, *file; /* in the arena */
	int line;
};

struct ini {
	struct ini_entry *entries; /* in the arena, in the order of the file */
	size_t count;
	struct ini_section *sections; /* as entries; also those without keys */
	size_t section_count;
};

/*
 * ini_read - one file into entries
 *
 * dirfd, path  opened without following a final link; a link to /dev/null
 *              reads as an empty file and sets *ret_masked
 * arena        holds the result
 * lint         gets the errors of the content; and, when we are root, that the
 *              file is not root's or that others may write to it
 *
 * Returns 0 when the file could be read (even with errors in lint), or a
 * negative errno with why (ENOENT among them).
 */
int ini_read(struct arena *arena, int dirfd, const char *path, struct ini *ret,
    bool *ret_masked, struct lint *lint, struct why *why);

/*
 * ini_parse_text - as ini_read, from text in memory
 * (inih itself has an ini_parse.)
 */
void ini_parse_text(struct arena *arena, const char *file, const char *text,
    size_t length, struct ini *ret, struct lint *lint);

#endif
