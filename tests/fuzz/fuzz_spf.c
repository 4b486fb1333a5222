/*
 * fuzz_spf.c - any record of SPF, and any answers to what it asks
 *
 * Purpose  it ends, within its limits; its texts can be printed; what is
 *          proposed instead passes
 * Input    an octet of choices; the record, to the end of the line; then what
 *          each question is answered: an octet for its outcome, one for how
 *          many records, and their data (texts to the end of the line)
 * Errors   abort
 * Runs as  any user
 * Source   agent/dns/spf.h, agent/dns/spf_domain.h
 */
#include <stdio.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/text.h"
#include "agent/dns/spf_domain.h"
#include "tests/fuzz/fuzz.h"

/* As the checks: a chain of ten includes, and what follows from the last. */
#define WAVES_MAX 32

struct input {
	const uint8_t *at;
	size_t left;
	const uint8_t *record;
	size_t record_length;
};

static uint8_t
octet(struct input *input)
{
	if (input->left == 0)
		return 0;
	input->left--;
	return *input->at++;
}

static size_t
line(struct input *input, const uint8_t **ret)
{
	const uint8_t *end = memchr(input->at, '\n', input->left);
	size_t length = end != NULL ? (size_t)(end - input->at) : input->left;

	*ret = input->at;
	input->at += length;
	input->left -= length;
	(void)octet(input);
	return length;
}

/* As dns.h promises them. */
static void
record_make(struct input *input, struct arena *arena, enum dns_type type,
    struct dns_record *to)
{
	if (type == DNS_TXT) {
		to->length = line(input, &to->data);
		return;
	}
	to->data = (const uint8_t *)"";
	if (type == DNS_A)
		to->name =
		    arena_printf(arena, "192.0.2.%u", (unsigned)octet(input));
	else if (type == DNS_AAAA)
		to->name =
		    arena_printf(arena, "2001:db8::%x", (unsigned)octet(input));
	else if (octet(input) == 0)
		to->name = ".";
	else
		to->name = arena_printf(arena, "\\%03u%u.a.test",
		    (unsigned)octet(input), (unsigned)octet(input) % 8);
}

static int
fuzz_ask(void *state, struct arena *arena, const struct dns_query *queries,
    size_t count, uint32_t deadline_ms, struct dns_result *ret, struct why *why)
{
	struct input *input = state;

	(void)deadline_ms;
	(void)why;
	for (size_t i = 0; i < count; i++) {
		const uint8_t outcome = octet(input);
		struct dns_record *records =
		    arena_alloc(arena, 16, sizeof(*records));

		ret[i] = (struct dns_result){.outcome = DNS_NODATA};
		if (strcmp(queries[i].name, "a.test") == 0 &&
		    queries[i].type == DNS_TXT) {
			records[0].data = input->record;
			records[0].length = input->record_length;
			ret[i].count = 1;
		} else if ((outcome & 8) == 0) {
			ret[i].outcome = outcome % DNS_OUTCOME_MAX;
		}
		if (ret[i].outcome != DNS_ANSWER && ret[i].count == 0 &&
		    (outcome & 8) == 0)
			continue;
		if (ret[i].count == 0) {
			ret[i].count = 1U + octet(input) % 12U;
			for (size_t k = 0; k < ret[i].count; k++)
				record_make(
				    input, arena, queries[i].type, &records[k]);
		}
		ret[i].outcome = DNS_ANSWER;
		ret[i].records = records;
		ret[i].is_local = (outcome & 16) != 0;
	}
	return 0;
}

static void
printable(const char *text)
{
	FUZZ_PROMISE(text == NULL || text_is_printable(text, strlen(text)));
}

static void
answer_check(const struct spf_answer *answer)
{
	const bool is_error =
	    answer->result == SPF_TEMPERROR || answer->result == SPF_PERMERROR;

	FUZZ_PROMISE(answer->lookups <= SPF_LOOKUPS_MAX + 1);
	FUZZ_PROMISE(answer->voids <= SPF_VOIDS_MAX + 1);
	FUZZ_PROMISE(is_error == (answer->problem != NULL));
	FUZZ_PROMISE((answer->term == NULL) == (answer->term_domain == NULL));
	FUZZ_PROMISE(answer->explanation == NULL || answer->result == SPF_FAIL);
	printable(answer->term);
	printable(answer->problem);
	printable(answer->explanation);
	printable(answer->void_names);
	for (size_t i = 0; answer->tree != NULL && answer->tree[i] != NULL; i++)
		printable(answer->tree[i]);
}

/* What would be pasted is for a zone: printable, whatever was there. */
static void
domain_check(const struct spf_domain *domain)
{
	printable(domain->paste);
	FUZZ_PROMISE(domain->unknown != NULL || domain->problem != NULL);
	for (size_t i = 0; i < domain->sender_count; i++)
		answer_check(&domain->senders[i].answer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const addresses[] = {
	    "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.2"};
	struct input input = {.at = data, .left = size};
	struct arena *arena = arena_new();
	struct dns_book *book = dns_book_new(arena, clock_boot_ms() + 600000);
	const struct dns_asker asker = {fuzz_ask, &input};
	const uint8_t choice = octet(&input);
	const struct spf_query query = {.address = addresses[choice % 3],
	    .domain = "a.test",
	    .sender = (choice & 4) != 0 ? "x.y=z+%@a.test" : NULL,
	    .helo = (choice & 8) != 0 ? "[::1]" : "mx.a.test",
	    .is_stranger = (choice & 16) != 0,
	    .wants_explanation = true,
	    .wants_tree = true};
	struct spf_answer answer;
	struct spf_domain domain;
	bool is_done = false;
	struct why why = {0};

	input.record_length = line(&input, &input.record);
	for (unsigned i = 0; i < WAVES_MAX && !is_done; i++) {
		is_done = spf_check(book, arena, &query, &answer);
		is_done = spf_domain_judge(book, arena, "a.test", "mx.a.test",
		              addresses, 2, &domain) &&
		          is_done;
		if (!is_done)
			FUZZ_PROMISE(dns_book_wave(book, &asker, &why) > 0);
	}
	FUZZ_PROMISE(is_done);
	answer_check(&answer);
	domain_check(&domain);
	arena_free(arena);
	return 0;
}
