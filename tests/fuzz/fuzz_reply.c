/*
 * fuzz_reply.c - any bytes as a reply: taken apart, and given a meaning
 *
 * Purpose  what is read is within its bounds; every reply has a meaning
 * Input    one byte that chooses the stage, then the text
 * Errors   abort
 * Runs as  any user; reads playbooks/replies.ini once, before the first input
 * Source   agent/mail/reply.h
 */
#include <string.h>

#include "agent/mail/reply_parts.h"
#include "agent/mail/reply_rule.h"
#include "tests/fuzz/fuzz.h"

static struct reply_catalogue *
catalogue_get(void)
{
	static struct reply_catalogue *catalogue;
	/* for LeakSanitizer, which looks for it: nobody else does */
	static struct arena *arena __attribute__((used));
	const char *const paths[] = {"playbooks/replies.ini", NULL};
	struct why why = {0};
	struct lint lint;

	if (catalogue != NULL)
		return catalogue;
	arena = arena_new();
	lint = (struct lint){.arena = arena};
	FUZZ_PROMISE(
	    reply_catalogue_load(arena, paths, &lint, &catalogue, &why) == 0);
	lint_done(&lint);
	return catalogue;
}

static void
meaning_check(const struct reply_meaning *meaning)
{
	FUZZ_PROMISE(meaning->cause < REPLY_CAUSE_MAX);
	FUZZ_PROMISE(meaning->meaning != NULL && meaning->remedy != NULL);
	FUZZ_PROMISE(meaning->advice != NULL && meaning->source != NULL);
	FUZZ_PROMISE(
	    (meaning->name == NULL) == (meaning->match == REPLY_MATCH_NONE));
	FUZZ_PROMISE(meaning->wait_s >= 0 && meaning->wait_s <= 5 * 86400);
	FUZZ_PROMISE(meaning->limit >= 0 && meaning->per_s >= 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reply_catalogue *catalogue = catalogue_get();
	struct arena *arena;
	struct reply_meaning meaning;
	char subject[REPLY_SUBJECT_MAX];
	struct reply reply;

	if (size == 0)
		return 0;
	arena = arena_new();
	reply_read(arena, (const char *)data + 1, size - 1,
	    (enum reply_stage)(data[0] % REPLY_STAGE_MAX), &reply);
	FUZZ_PROMISE(reply.text != NULL);
	FUZZ_PROMISE(
	    reply.code == 0 || (reply.code >= 200 && reply.code < 600));
	FUZZ_PROMISE(reply.enhanced == NULL ||
	             reply_enhanced_length(reply.enhanced,
	                 strlen(reply.enhanced)) == strlen(reply.enhanced));
	FUZZ_PROMISE(reply_subject(&reply, subject) == strlen(subject));
	reply_classify(catalogue, &reply, &meaning);
	meaning_check(&meaning);
	(void)arena_free(arena);
	return 0;
}
