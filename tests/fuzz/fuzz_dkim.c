/*
 * fuzz_dkim.c - any bytes as a DKIM key record
 *
 * Purpose  a good one has a key, a bad one has a word for people
 * Input    the text of a TXT record
 * Errors   abort
 * Runs as  any user
 * Source   dkim_record.h
 */
#include <string.h>

#include "agent/base/text.h"
#include "agent/dns/dkim_record.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct dkim_record record;
	struct public_key key;

	dkim_record_read(arena, data, size, &record);
	FUZZ_PROMISE(
	    (record.kind == DKIM_RECORD_BAD) == (record.problem != NULL));
	if (record.problem != NULL)
		FUZZ_PROMISE(
		    text_is_printable(record.problem, strlen(record.problem)));
	if (record.kind == DKIM_RECORD_GOOD) {
		FUZZ_PROMISE(record.key.bits > 0);
		FUZZ_PROMISE(public_key_same(&record.key, &record.key));
	}
	if (public_key_read(data, size, &key, NULL) == 0)
		FUZZ_PROMISE(public_key_same(&key, &key) && key.bits > 0);
	arena_free(arena);
	return 0;
}
