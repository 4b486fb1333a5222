/*
 * fuzz_firewall_wire.c - any bytes as an answer of the rule set's observer
 *
 * Purpose  whatever arrives, texts can be printed, and a rule to be written is
 *          about the port that was asked about
 * Input    one byte: which kind of answer; then the answer
 * Errors   abort
 * Runs as  any user
 * Source   agent/probes/firewall_wire.h
 */
#include <string.h>

#include "agent/base/text.h"
#include "agent/probes/firewall_wire.h"
#include "tests/fuzz/fuzz.h"

#define PORT 587

static void
text_check(const char *text)
{
	if (text != NULL) {
		FUZZ_PROMISE(strlen(text) <= OBSERVER_TEXT_MAX);
		FUZZ_PROMISE(text_is_printable(text, strlen(text)));
	}
}

static void
lines_check(const char *const *lines)
{
	size_t count = 0;

	for (; lines[count] != NULL; count++)
		text_check(lines[count]);
	FUZZ_PROMISE(count <= OBSERVER_LINES_MAX);
}

static void
answer_check(struct wire_in *in)
{
	struct firewall_answer answer;
	struct why why;

	if (firewall_answer_get(in, &answer, &why) != 0)
		return;
	FUZZ_PROMISE(answer.count <= FIREWALL_VERDICTS_MAX);
	for (size_t i = 0; i < answer.count; i++) {
		const struct firewall_verdict *verdict = &answer.verdicts[i];

		FUZZ_PROMISE(verdict->outcome <= NF_NOT_KNOWN);
		FUZZ_PROMISE(!verdict->has_chain || verdict->rule_text != NULL);
		text_check(verdict->rule_text);
		text_check(verdict->reason);
		lines_check(verdict->path);
		lines_check(verdict->tree);
	}
	text_check(answer.note);
}

static void
opening_check(struct wire_in *in)
{
	struct nf_opening opening;
	struct why why;

	if (firewall_opening_get(in, PORT, &opening, &why) != 0)
		return;
	FUZZ_PROMISE(opening.count <= NF_OPENING_MAX);
	FUZZ_PROMISE(opening.manager <= NF_MANAGER_OTHER);
	for (size_t i = 0; i < opening.count; i++) {
		FUZZ_PROMISE(opening.accepts[i].port == PORT);
		FUZZ_PROMISE(opening.accepts[i].chain[0] != '\0');
		text_check(opening.accepts[i].table);
		text_check(opening.accepts[i].chain);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_in in = {0};

	if (size == 0 || size > FIREWALL_BYTES_MAX)
		return 0;
	in.arena = arena_new();
	in.at = (const char *)data + 1;
	in.left = size - 1;
	if (data[0] == 0)
		answer_check(&in);
	else
		opening_check(&in);
	arena_free(in.arena);
	return 0;
}
