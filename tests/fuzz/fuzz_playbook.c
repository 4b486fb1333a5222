/*
 * fuzz_playbook.c - any bytes as a playbook
 *
 * Purpose  a playbook is whole, or it is wrong and says why
 * Input    a file
 * Errors   abort
 * Runs as  any user
 * Source   agent/playbook/playbook.h
 */
#include <string.h>

#include "actions/action.h"
#include "agent/base/text.h"
#include "agent/playbook/playbook_read.h"
#include "tests/fuzz/fuzz.h"

static void
check_playbook(const struct playbook *playbook)
{
	bool wanted[64] = {false};
	AUTO_BUF struct buf words = {0};

	FUZZ_PROMISE(playbook->title != NULL && playbook->when != NULL);
	FUZZ_PROMISE(playbook->for_runs > 0 && playbook->for_s >= 0);
	for (size_t i = 0; i < playbook->fix_count; i++) {
		const struct fix *fix = &playbook->fixes[i];

		FUZZ_PROMISE(fix->action != NULL);
		FUZZ_PROMISE(fix->verify_s >= 0 && fix->cooldown_s >= 0);
		FUZZ_PROMISE(fix->limit_count == 0 || fix->limit_s > 0);
		for (size_t j = 0; j < fix->param_count; j++)
			FUZZ_PROMISE(
			    fix->params[j].spec->type != EXPR_TYPE_TEXT ||
			    fix->params[j].text != NULL);
	}
	playbook_tables(playbook, wanted);
	playbook_words(&words, playbook);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct lint lint = {.arena = arena};
	struct playbook_draft *draft = arena_alloc(arena, 1, sizeof(*draft));
	struct playbook_reader reader = {.arena = arena,
	    .lint = &lint,
	    .actions = action_specs(),
	    .draft = draft};

	draft->playbook.name = "fuzz";
	draft->playbook.file = "fuzz.ini";
	ini_parse_text(
	    arena, "fuzz.ini", (const char *)data, size, &reader.ini, &lint);
	playbook_read(&reader);
	FUZZ_PROMISE(!draft->is_wrong || lint.count > 0);
	if (!draft->is_wrong)
		check_playbook(&draft->playbook);
	for (size_t i = 0; i < lint.count; i++)
		FUZZ_PROMISE(text_is_printable(
		    lint.errors[i].text, strlen(lint.errors[i].text)));
	lint_done(&lint);
	arena_free(arena);
	return 0;
}
