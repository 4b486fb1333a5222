/*
 * fuzz_ini.c - any bytes as an INI file
 *
 * Purpose  entries are whole, printable, in their lines' order; errors too
 * Input    a file
 * Errors   abort
 * Runs as  any user
 * Source   agent/base/ini.h
 */
#include <string.h>

#include "agent/base/ini.h"
#include "agent/base/text.h"
#include "tests/fuzz/fuzz.h"

/* A tab may stand in a value; nothing else that is not printable. */
static void
check_text(const char *text)
{
	while (*text != '\0') {
		size_t length = strcspn(text, "\t");

		FUZZ_PROMISE(text_is_printable(text, length));
		text += length + (text[length] == '\t');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct lint lint = {.arena = arena};
	struct ini ini;
	int line = 0;

	ini_parse_text(
	    arena, "fuzz.ini", (const char *)data, size, &ini, &lint);
	for (size_t i = 0; i < ini.count; i++) {
		const struct ini_entry *entry = &ini.entries[i];

		FUZZ_PROMISE(entry->line > line);
		line = entry->line;
		FUZZ_PROMISE(entry->key[0] != '\0');
		FUZZ_PROMISE(entry->section[0] != '\0');
		FUZZ_PROMISE(strlen(entry->key) < 50);
		check_text(entry->key);
		check_text(entry->value);
	}
	for (size_t i = 0; i < ini.section_count; i++)
		check_text(ini.sections[i].name);
	for (size_t i = 0; i < lint.count; i++)
		FUZZ_PROMISE(text_is_printable(
		    lint.errors[i].text, strlen(lint.errors[i].text)));
	lint_done(&lint);
	arena_free(arena);
	return 0;
}
