/*
 * ini.c - INI files through inih, with its traps closed
 *
 * Purpose  hand inih one checked line at a time, and know for each of its
 *          calls which line it speaks of
 * Input    files of root's; for `mailfix lint` anybody's
 * Errors   of the content: to lint, with file and line
 * Runs as  actor; before the roles part
 * Source   inih releases 49 to 58, ini.c: lines are cut at INI_MAX_LINE,
 *          names at 49 bytes, a second key is like a continued one, and only
 *          the first wrong line is told
 */
#include "agent/base/ini.h"

#include <ctype.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/text.h"

/*
 * inih's smallest buffer is 200 bytes: so many, the newline and the NUL. The
 * newline matters: without it a growing buffer would take the next line too.
 */
#define INI_LINE_MAX 198

/* inih keeps section and key in 50 bytes and cuts what is longer. */
#define INI_NAME_MAX 49

/* Keys, and sections, of one file; bounds the search for duplicates. */
#define INI_ENTRIES_MAX 4096

struct reader {
	struct arena *arena;
	struct lint *lint;
	const char *file;
	const char *next; /* what is not yet read */
	size_t rest;
	int line;         /* the one that inih works on */
	bool is_owed;     /* inih must call back for this line */
	bool is_indented; /* this line starts with white space */
	bool is_skipped;  /* the section at hand is wrong: leave its keys out */
	bool has_key;     /* an indented line continues the last entry */
	bool is_dropped;  /* what an indented line would continue was wrong */
	struct ini_entry *entries;
	size_t count, size;
	struct ini_section *sections;
	size_t section_count, section_size;
};

/* Room for one more in an array that ends up in the arena. */
static void *
grow(void *array, size_t count, size_t *size, size_t item)
{
	if (count < *size)
		return array;
	*size = *size != 0 ? *size * 2 : 32;
	return mem_grow(array, *size, item);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Text that people can read, apart from tabs. */
static bool
is_readable(const char *text, size_t length)
{
	size_t from = 0;

	for (size_t at = 0; at <= length; at++) {
		if (at < length && text[at] != '\t')
			continue;
		if (!text_is_printable(text + from, at - from))
			return false;
		from = at + 1;
	}
	return true;
}

static bool
is_section_name(const char *name, size_t length)
{
	if (length == 0 || name[0] == ' ' || name[length - 1] == ' ')
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)name[i]) &&
		    strchr(" -_.", name[i]) == NULL)
			return false;
	return true;
}

static void
section_begin(struct reader *reader, const char *name, size_t length)
{
	const char *copy = arena_dup_n(reader->arena, name, length);

	for (size_t i = 0; i < reader->section_count; i++)
		/* most differ in their first letter: files have hundreds */
		if (reader->sections[i].name[0] == copy[0] &&
		    strcmp(reader->sections[i].name, copy) == 0) {
			lint_add(reader->lint, reader->file, reader->line,
			    "section [%s] is already in line %d", copy,
			    reader->sections[i].line);
			return;
		}
	if (reader->section_count == INI_ENTRIES_MAX) {
		lint_add(reader->lint, reader->file, reader->line,
		    "more than %d sections", INI_ENTRIES_MAX);
		return;
	}
	reader->sections = grow(reader->sections, reader->section_count,
	    &reader->section_size, sizeof(*reader->sections));
	reader->sections[reader->section_count++] = (struct ini_section){
	    .name = copy, .file = reader->file, .line = reader->line};
	reader->is_skipped = false;
}

/* A line that starts with '['. */
static void
section_line(struct reader *reader, const char *line, size_t length)
{
	const char *end = memchr(line, ']', length);
	size_t name_length, after;

	reader->is_skipped = true;
	if (end == NULL) {
		lint_add(reader->lint, reader->file, reader->line,
		    "the section has no closing ']'");
		return;
	}
	name_length = (size_t)(end - line) - 1;
	for (after = name_length + 2; after < length; after++)
		if (!is_blank(line[after]))
			break;
	if (after < length && !(line[after] == ';' && after > name_length + 2))
		lint_add(reader->lint, reader->file, reader->line,
		    "text after the section's ']'");
	else if (name_length > INI_NAME_MAX)
		lint_add(reader->lint, reader->file, reader->line,
		    "the section's name is longer than %d bytes", INI_NAME_MAX);
	else if (!is_section_name(line + 1, name_length))
		lint_add(reader->lint, reader->file, reader->line,
		    "wrong section name '%.*s'", (int)name_length, line + 1);
	else
		section_begin(reader, line + 1, name_length);
}

/*
 * Look at a line before inih does. Returns false when it must not see it.
 */
static bool
line_check(struct reader *reader, const char *line, size_t length)
{
	size_t start = 0;

	if (length > INI_LINE_MAX) {
		lint_add(reader->lint, reader->file, reader->line,
		    "longer than %d bytes: continue it on an indented line",
		    INI_LINE_MAX);
		return false;
	}
	if (memchr(line, '\0', length) != NULL) {
		lint_add(
		    reader->lint, reader->file, reader->line, "a NUL byte");
		return false;
	}
	if (!is_readable(line, length)) {
		lint_add(reader->lint, reader->file, reader->line,
		    "not UTF-8, or a control character: '%.*s'", (int)length,
		    line);
		return false;
	}
	while (start < length && is_blank(line[start]))
		start++;
	reader->is_indented = start > 0;
	if (start == length || strchr(";#", line[start]) != NULL)
		return true; /* nothing, or a comment */
	if (reader->is_indented && reader->is_dropped)
		return false;
	if (reader->is_indented && reader->has_key) {
		reader->is_owed = true;
		return true;
	}
	if (reader->is_indented) {
		lint_add(reader->lint, reader->file, reader->line,
		    "an indented line, but there is no key above that it could "
		    "continue");
		return false;
	}
	reader->has_key = reader->is_dropped = false;
	if (line[0] == '[')
		section_line(reader, line, length);
	else
		reader->is_owed = true;
	return true;
}

/* inih did not call back for the line before: it found no key in it. */
static void
owed_check(struct reader *reader)
{
	if (!reader->is_owed)
		return;
	reader->is_owed = false;
	reader->is_dropped = true;
	lint_add(reader->lint, reader->file, reader->line,
	    "neither a [section] nor 'key = value'");
}

/* The next whole line of the text, without its end. */
static const char *
line_next(struct reader *reader, size_t *ret_length)
{
	const char *line = reader->next;
	const char *end = memchr(line, '\n', reader->rest);
	size_t length = end != NULL ? (size_t)(end - line) : reader->rest;
	size_t used = length + (end != NULL ? 1 : 0);

	reader->next += used;
	reader->rest -= used;
	reader->line++;
	if (length > 0 && line[length - 1] == '\r')
		length--;
	*ret_length = length;
	return line;
}

/* inih's reader: fgets(3) on the text, but never a part of a line. */
static char *
reader_line(char *into, int size, void *user)
{
	struct reader *reader = user;
	const char *line;
	size_t length;

	owed_check(reader);
	if (reader->rest == 0 || size < INI_LINE_MAX + 2)
		return NULL;
	line = line_next(reader, &length);
	if (!line_check(reader, line, length)) {
		/* what continues a line left out must not continue another */
		reader->is_dropped = true;
		length = 0;
	}
	(void)memcpy(into, line, length);
	(void)strcpy(into + length, "\n");
	return into;
}

/* A value ends before " ;"; releases of inih differ in continued lines. */
static size_t
value_length(const char *value)
{
	size_t length = strlen(value);

	for (size_t i = 1; i < length; i++)
		if (value[i] == ';' && is_blank(value[i - 1])) {
			length = i;
			break;
		}
	while (length > 0 && is_blank(value[length - 1]))
		length--;
	return length;
}

static void
entry_continue(struct reader *reader, const char *value)
{
	int length = (int)value_length(value);
	struct ini_entry *entry;

	if (reader->is_skipped || length == 0)
		return;
	entry = &reader->entries[reader->count - 1];
	entry->value = arena_printf(reader->arena, "%s%s%.*s", entry->value,
	    entry->value[0] != '\0' ? " " : "", length, value);
}

static const char *
entry_wrong(const struct reader *reader, const char *key)
{
	if (reader->section_count == 0)
		return "a key outside of a [section]";
	if (key[0] == '\0')
		return "no key before '='";
	if (strlen(key) > INI_NAME_MAX)
		return "the key is longer than 49 bytes";
	if (reader->count == INI_ENTRIES_MAX)
		return "too many keys in this file";
	return NULL;
}

static void
entry_add(struct reader *reader, const char *key, const char *value)
{
	const char *section = reader->sections[reader->section_count - 1].name;

	for (size_t i = reader->count; i > 0; i--) {
		const struct ini_entry *other = &reader->entries[i - 1];

		if (other->section != section)
			break;
		if (strcmp(other->key, key) != 0)
			continue;
		lint_add(reader->lint, reader->file, reader->line,
		    "'%s' is already in line %d", key, other->line);
		break;
	}
	reader->entries = grow(reader->entries, reader->count, &reader->size,
	    sizeof(*reader->entries));
	reader->entries[reader->count++] = (struct ini_entry){
	    .section = section,
	    .key = arena_dup(reader->arena, key),
	    .value = arena_dup_n(reader->arena, value, value_length(value)),
	    .file = reader->file,
	    .line = reader->line,
	};
}

/*
 * inih's handler; nonzero is success, for we keep the errors ourselves. Its
 * section may be cut or out of date (a wrong header): we know better.
 */
static int
reader_entry(
    void *user, const char *section, const char *key, const char *value)
{
	struct reader *reader = user;
	const char *wrong;

	(void)section;
	if (!reader->is_owed || value == NULL)
		return 1;
	reader->is_owed = false;
	if (reader->is_indented) {
		entry_continue(reader, value);
		return 1;
	}
	reader->has_key = true;
	if (reader->is_skipped)
		return 1;
	wrong = entry_wrong(reader, key);
	reader->is_dropped = wrong != NULL;
	if (wrong != NULL)
		lint_add(reader->lint, reader->file, reader->line, "%s", wrong);
	else
		entry_add(reader, key, value);
	return 1;
}

void
ini_parse_text(struct arena *arena, const char *file, const char *text,
    size_t length, struct ini *ret, struct lint *lint)
{
	struct reader reader = {
	    .arena = arena,
	    .lint = lint,
	    .file = arena_dup(arena, file),
	    .next = text,
	    .rest = length,
	};

	*ret = (struct ini){0};
	if (length > INI_FILE_BYTES_MAX) {
		lint_add(lint, file, 0, "larger than %u KiB",
		    INI_FILE_BYTES_MAX / 1024);
		return;
	}
	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		reader.next += 3;
		reader.rest -= 3;
	}
	(void)ini_parse_stream(reader_line, &reader, reader_entry, &reader);
	owed_check(&reader);
	if (reader.rest != 0)
		lint_add(lint, file, 0,
		    "this build of inih takes no lines of %d bytes",
		    INI_LINE_MAX);
	ret->entries =
	    arena_alloc(arena, reader.count, sizeof(*reader.entries));
	ret->sections =
	    arena_alloc(arena, reader.section_count, sizeof(*reader.sections));
	ret->count = reader.count;
	ret->section_count = reader.section_count;
	if (reader.count != 0)
		(void)memcpy(ret->entries, reader.entries,
		    reader.count * sizeof(*reader.entries));
	if (reader.section_count != 0)
		(void)memcpy(ret->sections, reader.sections,
		    reader.section_count * sizeof(*reader.sections));
	free(reader.entries);
	free(reader.sections);
}
