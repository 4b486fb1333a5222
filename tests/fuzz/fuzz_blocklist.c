/*
 * fuzz_blocklist.c - any bytes as blocklists.ini, and as what lists answer
 *
 * Purpose  lists that are kept are whole; whatever is answered, a verdict is
 *          one of three, ends in few waves, and never rests on a refusal
 * Input    a file, a NUL, and answers
 * Errors   abort
 * Runs as  any user
 * Source   agent/dns/blocklist.h, agent/dns/blocklist_judge.h
 */
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/ini.h"
#include "agent/dns/blocklist_judge.h"
#include "tests/fuzz/fuzz.h"

/* More than test entries, witnesses, a list's name and its text take. */
#define WAVES_MAX 6

struct answers {
	const uint8_t *bytes;
	size_t length, at;
	bool has_good; /* an answer that may be a listing was given */
};

static uint8_t
next(struct answers *answers)
{
	return answers->at < answers->length ? answers->bytes[answers->at++]
	                                     : 0;
}

static int
answer(void *state, struct arena *arena, const struct dns_query *queries,
    size_t count, uint32_t deadline_ms, struct dns_result *ret, struct why *why)
{
	struct answers *answers = state;

	(void)queries;
	(void)deadline_ms;
	(void)why;
	for (size_t i = 0; i < count; i++) {
		const uint8_t first = next(answers);
		struct dns_record *records = arena_alloc(arena, 4, 64);

		ret[i] = (struct dns_result){
		    .outcome = (enum dns_outcome)(first % DNS_OUTCOME_MAX),
		    .is_local = (first & 0x80) != 0};
		if (ret[i].outcome != DNS_ANSWER)
			continue;
		ret[i].records = records;
		ret[i].count = 1 + (first >> 4) % 3;
		for (size_t r = 0; r < ret[i].count; r++) {
			uint8_t *data = arena_alloc(arena, 1, 4);

			data[0] = (first & 0x40) != 0 ? next(answers) : 127;
			data[1] = (first & 0x40) != 0 ? next(answers) : 0;
			data[2] = (first & 0x40) != 0 ? next(answers) : 0;
			data[3] = next(answers);
			records[r].data = data;
			records[r].length = 4;
			answers->has_good |= data[0] == 127;
		}
	}
	return 0;
}

static void
ask(struct arena *arena, const struct blocklist_catalogue *catalogue,
    const char *zone, enum blocklist_family family, struct answers *answers)
{
	static const char *const subjects[] = {
	    "192.0.2.10", "2001:db8::10", "example.com"};
	struct dns_book *book = dns_book_new(arena, clock_boot_ms() + 100000);
	const struct dns_asker asker = {answer, answers};
	struct blocklist_verdict verdict;
	struct blocklist_use use;
	struct why why = {0};
	unsigned waves = 0;

	blocklist_use(arena, catalogue, zone, &use);
	while (!blocklist_ask(
	    book, arena, &use, family, subjects[family], &verdict)) {
		FUZZ_PROMISE(dns_book_wave(book, &asker, &why) > 0);
		FUZZ_PROMISE(++waves <= WAVES_MAX);
	}
	if (verdict.listed == BLOCKLIST_CANNOT_SAY)
		FUZZ_PROMISE(verdict.reason != NULL);
	if (verdict.listed != BLOCKLIST_YES)
		return;
	FUZZ_PROMISE(answers->has_good);
	FUZZ_PROMISE(verdict.health.state == BLOCKLIST_ALIVE ||
	             verdict.health.state == BLOCKLIST_UNTESTED);
	FUZZ_PROMISE(verdict.kind == BLOCKLIST_LISTING ||
	             verdict.kind == BLOCKLIST_POLICY ||
	             verdict.kind == BLOCKLIST_NOTE);
	FUZZ_PROMISE(strstr(verdict.codes, "127.255.255.") == NULL ||
	             !blocklist_is_told(use.list));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\0', size);
	const size_t length = end != NULL ? (size_t)(end - data) : size;
	struct blocklist_catalogue catalogue = {.count = 0};
	struct arena *arena = arena_new();
	struct lint lint = {.arena = arena};
	struct answers answers = {
	    .bytes = data + length, .length = size - length};
	struct ini ini;

	ini_parse_text(
	    arena, "fuzz.ini", (const char *)data, length, &ini, &lint);
	blocklist_add(arena, &catalogue, &ini, &lint);
	for (size_t i = 0; i < catalogue.count; i++) {
		FUZZ_PROMISE(catalogue.lists[i].name != NULL);
		FUZZ_PROMISE(catalogue.lists[i].see != NULL);
	}
	for (int f = 0; f < BLOCKLIST_FAMILIES; f++) {
		ask(arena, &catalogue, "other.test", (enum blocklist_family)f,
		    &answers);
		if (catalogue.count > 0)
			ask(arena, &catalogue, catalogue.lists[0].zone,
			    (enum blocklist_family)f, &answers);
	}
	lint_done(&lint);
	arena_free(arena);
	return 0;
}
