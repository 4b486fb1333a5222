/*
 * fuzz_dmarc.c - any bytes as a DMARC policy record
 *
 * Purpose  a mended record has no problem any more
 * Input    the text of a TXT record
 * Errors   abort
 * Runs as  any user
 * Source   dmarc_record.h
 */
#include <string.h>

#include "agent/base/text.h"
#include "agent/dns/dmarc_record.h"
#include "agent/mail/mail_name.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *targets[DMARC_TARGETS_MAX];
	struct arena *arena = arena_new();
	struct dmarc_record record, mended;
	size_t count;

	dmarc_record_read(arena, data, size, &record);
	FUZZ_PROMISE(record.kind != DMARC_RECORD_FALSE ||
	             (record.problem != NULL && !record.applies));
	if (record.problem != NULL)
		FUZZ_PROMISE(
		    text_is_printable(record.problem, strlen(record.problem)));
	if (record.mended != NULL) {
		dmarc_record_read(arena, (const uint8_t *)record.mended,
		    strlen(record.mended), &mended);
		FUZZ_PROMISE(mended.kind == DMARC_RECORD_GOOD);
		FUZZ_PROMISE(mended.problem == NULL && mended.applies);
	}
	count = dmarc_targets(arena, record.rua, targets, 0);
	count = dmarc_targets(arena, record.ruf, targets, count);
	FUZZ_PROMISE(count <= DMARC_TARGETS_MAX);
	for (size_t i = 0; i < count; i++)
		FUZZ_PROMISE(mail_domain_ok(targets[i]));
	arena_free(arena);
	return 0;
}
