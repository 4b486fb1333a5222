/*
 * fuzz_dns_zone.c - any answers about a domain, an address and a greeting
 *
 * Purpose  judges end after a few waves, say a fault only with its reason, and
 *          what is not known never looks like a fault
 * Input    the greeting, to the end of the line; then what each question is
 *          answered: an octet for its outcome, one for how many records, and
 *          their data, to the end of the line
 * Errors   abort
 * Runs as  any user
 * Source   agent/dns/domain_mx.h, address_ptr.h, helo.h, mtasts.h, tlsrpt.h
 */
#include <ctype.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/base/clock.h"
#include "agent/base/text.h"
#include "agent/dns/address_ptr.h"
#include "agent/dns/domain_mx_paste.h"
#include "agent/dns/helo.h"
#include "agent/dns/mtasts.h"
#include "agent/dns/tlsrpt.h"
#include "tests/fuzz/fuzz.h"

/* Names, then what they lead to. */
#define WAVES_MAX 4

#define RECORDS_MAX 40

struct input {
	const uint8_t *at;
	size_t left;
};

struct world {
	struct domain_mx mx;
	struct address_ptr ptr;
	struct helo helo;
	struct mtasts mtasts;
	struct tlsrpt tlsrpt;
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

/* As dns_data.h promises names. */
static const char *
name_make(struct arena *arena, const uint8_t *bytes, size_t length)
{
	AUTO_BUF struct buf out = {0};

	for (size_t i = 0; i < length && out.length < 200; i++) {
		const bool is_dot = bytes[i] == '.' && out.length > 0 &&
		                    buf_text(&out)[out.length - 1] != '.' &&
		                    i + 1 < length;

		if (is_dot || islower(bytes[i]) || isdigit(bytes[i]) ||
		    bytes[i] == '-' || bytes[i] == '_')
			buf_add_char(&out, (char)bytes[i]);
		else
			buf_addf(&out, "\\%03u", (unsigned)bytes[i]);
	}
	return out.length == 0 ? "." : arena_dup(arena, buf_text(&out));
}

static void
record_make(struct input *input, struct arena *arena, enum dns_type type,
    struct dns_record *to)
{
	const uint8_t *bytes;
	size_t length = line(input, &bytes);

	*to = (struct dns_record){.data = bytes, .length = length};
	if (type == DNS_A)
		to->name = arena_printf(arena, "%u.0.2.%u",
		    length > 0 ? bytes[0] : 0U, length > 1 ? bytes[1] : 0U);
	else if (type == DNS_AAAA)
		to->name = arena_printf(arena, "%x::%x",
		    length > 0 ? 256U * bytes[0] : 0x2001U,
		    length > 1 ? bytes[1] : 0U);
	else if (type != DNS_TXT)
		to->name = name_make(arena, bytes, length);
	to->preference = (unsigned)length % 3;
}

static int
fuzz_ask(void *state, struct arena *arena, const struct dns_query *queries,
    size_t count, uint32_t deadline_ms, struct dns_result *ret, struct why *why)
{
	struct input *input = state;

	(void)deadline_ms;
	(void)why;
	for (size_t i = 0; i < count; i++) {
		const uint8_t choice = octet(input);
		struct dns_record *records =
		    arena_alloc(arena, RECORDS_MAX, sizeof(*records));

		ret[i] =
		    (struct dns_result){.outcome = choice % DNS_OUTCOME_MAX,
		        .records = records,
		        .is_local = (choice & 32) != 0,
		        .canonical = (choice & 64) != 0 ? "to.a.test" : NULL};
		if (ret[i].outcome != DNS_ANSWER)
			continue;
		ret[i].count = 1U + octet(input) % (RECORDS_MAX - 1U);
		for (size_t k = 0; k < ret[i].count; k++)
			record_make(input, arena, queries[i].type, &records[k]);
	}
	return 0;
}

static void
mx_check(struct arena *arena, const struct dns_self *self,
    const struct domain_mx *mx)
{
	FUZZ_PROMISE(mx->count <= DOMAIN_MX_MAX);
	FUZZ_PROMISE(mx->state != DOMAIN_MX_UNKNOWN || mx->unknown != NULL);
	for (size_t i = 0; i < mx->count; i++) {
		const struct domain_mx_host *host = &mx->hosts[i];
		const char *paste =
		    domain_mx_host_paste(arena, self, "a.test", host);

		FUZZ_PROMISE(
		    paste == NULL || text_is_printable(paste, strlen(paste)));
		FUZZ_PROMISE((host->state == DOMAIN_MX_HOST_UNKNOWN) ==
		             (host->unknown != NULL));
		if (host->state == DOMAIN_MX_HOST_OK)
			continue;
		FUZZ_PROMISE(host->state == DOMAIN_MX_HOST_UNKNOWN ||
		             host->problem[0] != '\0');
		FUZZ_PROMISE(host->inside[0] == '\0');
	}
}

static void
world_check(const struct world *world)
{
	const struct address_ptr *ptr = &world->ptr;
	const struct helo *helo = &world->helo;
	const struct mtasts *sts = &world->mtasts;
	const struct tlsrpt *rpt = &world->tlsrpt;

	FUZZ_PROMISE((ptr->state == ADDRESS_PTR_OK) == (ptr->name != NULL));
	FUZZ_PROMISE((ptr->state == ADDRESS_PTR_UNCONFIRMED) ==
	             (ptr->problem[0] != '\0'));
	FUZZ_PROMISE(ptr->state != ADDRESS_PTR_UNKNOWN || ptr->unknown != NULL);
	FUZZ_PROMISE(helo->state != HELO_UNKNOWN || helo->unknown != NULL);
	FUZZ_PROMISE(
	    (helo->state == HELO_INVALID || helo->state == HELO_UNRESOLVABLE) ==
	    (helo->problem[0] != '\0'));
	FUZZ_PROMISE(
	    (sts->state == MTASTS_OK || sts->state == MTASTS_NONE ||
	        sts->state == MTASTS_UNKNOWN) == (sts->problem[0] == '\0'));
	FUZZ_PROMISE(sts->state != MTASTS_UNKNOWN || sts->unknown != NULL);
	FUZZ_PROMISE(
	    (rpt->state == TLSRPT_OK || rpt->state == TLSRPT_NONE ||
	        rpt->state == TLSRPT_UNKNOWN) == (rpt->problem[0] == '\0'));
	FUZZ_PROMISE(text_is_printable(rpt->paste, strlen(rpt->paste)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const ours[] = {"192.0.2.1", "2001::1"};
	struct input input = {.at = data, .left = size};
	struct arena *arena = arena_new();
	struct dns_book *book = dns_book_new(arena, clock_boot_ms() + 600000);
	const struct dns_asker asker = {fuzz_ask, &input};
	struct dns_self self = {.addresses = ours, .address_count = 2};
	struct world world = {0};
	const uint8_t *bytes;
	const size_t length = line(&input, &bytes);
	bool is_done = false;
	struct why why = {0};

	self.name = arena_dup_n(
	    arena, (const char *)bytes, length < 300 ? length : 300);
	for (unsigned i = 0; i <= WAVES_MAX && !is_done; i++) {
		is_done = domain_mx_judge(
		    book, arena, &self, "a.test", true, &world.mx);
		is_done = address_ptr_judge(
		              book, arena, &self, "192.0.2.1", &world.ptr) &&
		          is_done;
		is_done =
		    helo_judge(book, arena, &self, self.name, &world.helo) &&
		    is_done;
		is_done = mtasts_judge(book, arena, "a.test", &world.mtasts) &&
		          is_done;
		is_done = tlsrpt_judge(book, arena, "a.test", &world.tlsrpt) &&
		          is_done;
		if (!is_done)
			FUZZ_PROMISE(dns_book_wave(book, &asker, &why) > 0);
	}
	FUZZ_PROMISE(is_done);
	mx_check(arena, &self, &world.mx);
	world_check(&world);
	arena_free(arena);
	return 0;
}
