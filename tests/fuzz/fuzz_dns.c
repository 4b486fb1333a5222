/*
 * fuzz_dns.c - any bytes as the reply to a question
 *
 * Purpose  an answer has records, all with the texts that dns.h promises
 * Input    an octet for the type, then the reply; its id is made right
 * Errors   abort
 * Runs as  any user
 * Source   dns_wire.h
 */
#include <string.h>

#include "agent/base/text.h"
#include "agent/sys/dns_wire.h"
#include "tests/fuzz/fuzz.h"

static const enum dns_type types[] = {
    DNS_A, DNS_CNAME, DNS_PTR, DNS_MX, DNS_TXT, DNS_AAAA, DNS_TLSA};

static void
library_open(void)
{
	static bool is_open;
	struct why why;

	if (!is_open)
		FUZZ_PROMISE(dns_open(&why) == 0);
	is_open = true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct dns_question question = {.id = 0x1234, .has_edns = true};
	struct dns_result result;
	enum dns_reply reply;

	library_open();
	if (size > 0) {
		question.type =
		    (uint16_t)types[data[0] % (sizeof(types) / sizeof(*types))];
		FUZZ_PROMISE(dns_wire_name("a.test", &question));
		reply = dns_wire_read(
		    &question, data + 1, size - 1, arena, &result);
		FUZZ_PROMISE(reply != DNS_REPLY_FOREIGN || result.count == 0);
		FUZZ_PROMISE(
		    (result.outcome == DNS_ANSWER) == (result.count > 0));
		for (size_t i = 0; i < result.count; i++) {
			const struct dns_record *record = &result.records[i];

			FUZZ_PROMISE(record->data != NULL);
			FUZZ_PROMISE((record->name == NULL) ==
			             (question.type == DNS_TXT ||
			                 question.type == DNS_TLSA));
			FUZZ_PROMISE(record->name == NULL ||
			             (record->name[0] != '\0' &&
			                 text_is_printable(record->name,
			                     strlen(record->name))));
		}
	}
	arena_free(arena);
	return 0;
}
