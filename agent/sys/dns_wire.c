/*
 * dns_wire.c - questions and answers of DNS as bytes
 *
 * Purpose  write a question; check that a reply is to it, and read the answer
 *          section: the chain of CNAMEs, and the records at its end
 * Input    replies: hostile, up to 65,535 bytes
 * Errors   a reply that is not to the question is foreign; one that is, but
 *          cannot be read, is DNS_BOGUS
 * Runs as  observer
 * Source   RFC 1035 sections 3, 4; RFC 6891 (EDNS); RFC 6840 section 5.7 (AD);
 *          RFC 2308 for nodata
 *
 * Not libldns: it brings libssl and libcrypto with it, which makes the start of
 * every run, also of those that ask nothing, 1.7 ms longer (measured).
 * Authority and additional data are not looked at: nothing here needs them.
 */
#include "agent/sys/dns_wire.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* Flags of the header, in their octets. */
#define FLAG_QR     0x80 /* octet 2 */
#define FLAG_OPCODE 0x78
#define FLAG_TC     0x02
#define FLAG_RD     0x01
#define FLAG_AD     0x20 /* octet 3 */
#define FLAG_RCODE  0x0f

#define CLASS_IN 1
#define TYPE_OPT 41

#define LABEL_MAX 63
#define POINTER   0xc0
#define OFFSET    0x3fffU

/* A longer chain is a loop, or of no use: BIND and unbound stop before. */
#define CHAIN_MAX 16

/* A reply of 64 KiB could have 5,000 addresses; nobody's mail has so many. */
#define RECORDS_MAX 512

/* Each octet as \DDD, and dots. */
#define NAME_TEXT_MAX (4 * DNS_NAME_BYTES)

struct name {
	uint8_t bytes[DNS_NAME_BYTES];
	size_t length;
};

struct reading {
	const uint8_t *bytes;
	size_t length, at;
};

struct record {
	struct name owner;
	unsigned type, class;
	uint32_t ttl_s;
	size_t at, length; /* of its data */
};

static unsigned
get16(const uint8_t *at)
{
	return ((unsigned)at[0] << 8) | at[1];
}

static uint8_t *
put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return at + 2;
}

/* Case is no difference: RFC 4343; only of ASCII, whatever the locale. */
static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c;
}

/* One octet of a name in text; 0: it cannot be read. */
static size_t
octet_read(const char *text, uint8_t *ret)
{
	unsigned value = 0;

	*ret = (uint8_t)text[0];
	if (text[0] != '\\')
		return 1;
	if (text[1] < '0' || text[1] > '9') {
		*ret = (uint8_t)text[1];
		return text[1] != '\0' ? 2 : 0;
	}
	for (size_t i = 1; i <= 3; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		value = value * 10 + (unsigned)(text[i] - '0');
	}
	*ret = (uint8_t)value;
	return value <= 255 ? 4 : 0;
}

/* The label that ends here gets its length; the next one begins. */
static bool
label_end(struct dns_question *name, size_t *label)
{
	size_t size = name->length - *label - 1;

	if (size == 0)
		return false;
	name->name[*label] = (uint8_t)size;
	*label = name->length++;
	return true;
}

bool
dns_wire_name(const char *text, struct dns_question *ret)
{
	size_t label = 0; /* where it begins */

	ret->length = 1;
	if (*text == '\0')
		return false;
	if (strcmp(text, ".") == 0)
		text++;
	while (*text != '\0') {
		uint8_t octet;
		size_t n = octet_read(text, &octet);

		/* the length of the root still follows */
		if (n == 0 || ret->length >= DNS_NAME_BYTES - 1)
			return false;
		text += n;
		if (n == 1 && octet == '.') {
			if (!label_end(ret, &label))
				return false;
			continue;
		}
		if (ret->length - label > LABEL_MAX)
			return false;
		ret->name[ret->length++] = octet;
	}
	if (ret->length - label > 1 && !label_end(ret, &label))
		return false;
	ret->name[label] = 0;
	ret->length = label + 1;
	return true;
}

size_t
dns_wire_write(
    const struct dns_question *question, uint8_t out[DNS_QUERY_BYTES])
{
	uint8_t *at = out;

	at = put16(at, question->id);
	*at++ = FLAG_RD;
	*at++ = FLAG_AD;
	at = put16(at, 1);
	at = put16(at, 0);
	at = put16(at, 0);
	at = put16(at, question->has_edns ? 1 : 0);
	(void)memcpy(at, question->name, question->length);
	at += question->length;
	at = put16(at, question->type);
	at = put16(at, CLASS_IN);
	if (question->has_edns) {
		*at++ = 0; /* of the root */
		at = put16(at, TYPE_OPT);
		at = put16(at, DNS_UDP_BYTES);
		at = put16(at, 0); /* extended code, version */
		at = put16(
		    at, 0); /* flags: DO is not set, signatures are long */
		at = put16(at, 0);
	}
	return (size_t)(at - out);
}

/*
 * A pointer leads to a place before the one where this part of the name began:
 * so it ends. The name is made lower.
 */
static bool
name_read(struct reading *reading, struct name *ret)
{
	size_t at = reading->at, before = at, end = 0;

	ret->length = 0;
	for (;;) {
		size_t label;

		if (at >= reading->length)
			return false;
		label = reading->bytes[at];
		if ((label & POINTER) == POINTER) {
			if (at + 2 > reading->length)
				return false;
			if (end == 0)
				end = at + 2;
			at = get16(reading->bytes + at) & OFFSET;
			if (at >= before)
				return false;
			before = at;
			continue;
		}
		if (label > LABEL_MAX || at + 1 + label > reading->length ||
		    ret->length + 1 + label > DNS_NAME_BYTES)
			return false;
		ret->bytes[ret->length++] = (uint8_t)label;
		for (size_t i = 1; i <= label; i++)
			ret->bytes[ret->length++] =
			    lower(reading->bytes[at + i]);
		at += 1 + label;
		if (label == 0)
			break;
	}
	reading->at = end != 0 ? end : at;
	return true;
}

static bool
name_equal(const struct name *a, const struct name *b)
{
	return a->length == b->length &&
	       memcmp(a->bytes, b->bytes, a->length) == 0;
}

static char *
name_text(struct arena *arena, const struct name *name)
{
	char text[NAME_TEXT_MAX + 1], *to = text;

	for (size_t at = 0; name->bytes[at] != 0;) {
		size_t label = name->bytes[at++];

		for (size_t i = 0; i < label; i++) {
			char c = (char)name->bytes[at++];

			if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			    c == '-' || c == '_')
				*to++ = c;
			else
				to += snprintf(to, 5, "\\%03u", (uint8_t)c);
		}
		if (name->bytes[at] != 0)
			*to++ = '.';
	}
	if (to == text)
		*to++ = '.';
	return arena_dup_n(arena, text, (size_t)(to - text));
}

static bool
record_read(struct reading *reading, struct record *ret)
{
	const uint8_t *fixed;

	if (!name_read(reading, &ret->owner) ||
	    reading->length - reading->at < 10)
		return false;
	fixed = reading->bytes + reading->at;
	ret->type = get16(fixed);
	ret->class = get16(fixed + 2);
	ret->ttl_s = (get16(fixed + 4) << 16) | get16(fixed + 6);
	ret->length = get16(fixed + 8);
	ret->at = reading->at + 10;
	if (ret->length > reading->length - ret->at)
		return false;
	reading->at = ret->at + ret->length;
	return true;
}

/* The name that fills the data from `skip` to its end. */
static bool
data_name(const struct reading *reading, const struct record *record,
    size_t skip, struct name *ret)
{
	struct reading data = *reading;

	data.at = record->at + skip;
	return record->length > skip && name_read(&data, ret) &&
	       data.at == record->at + record->length;
}

static bool
strings_join(struct arena *arena, const uint8_t *data, size_t size,
    struct dns_record *to)
{
	uint8_t *all = arena_alloc(arena, size + 1, 1);
	size_t length = 0;

	for (size_t at = 0; at < size;) {
		size_t n = data[at++];

		if (n > size - at)
			return false;
		(void)memcpy(all + length, data + at, n);
		length += n;
		at += n;
	}
	to->data = all;
	to->length = length;
	return size > 0;
}

static bool
address_take(struct arena *arena, int family, const uint8_t *data, size_t size,
    struct dns_record *to)
{
	char text[INET6_ADDRSTRLEN];

	if (size != (family == AF_INET ? 4U : 16U) ||
	    inet_ntop(family, data, text, sizeof(text)) == NULL)
		return false;
	to->name = arena_dup(arena, text);
	return true;
}

/* Of the asked type: its data, as dns.h promises it. */
static bool
record_take(struct arena *arena, const struct reading *reading,
    const struct record *record, struct dns_record *to)
{
	const uint8_t *data = reading->bytes + record->at;
	size_t skip = record->type == DNS_MX ? 2 : 0;
	struct name name;

	/* RFC 2181 section 8: the highest bit set means 0 */
	to->ttl_s = record->ttl_s > INT32_MAX ? 0 : record->ttl_s;
	to->data = (const uint8_t *)arena_dup_n(
	    arena, (const char *)data, record->length);
	to->length = record->length;
	switch (record->type) {
	case DNS_A:
		return address_take(arena, AF_INET, data, record->length, to);
	case DNS_AAAA:
		return address_take(arena, AF_INET6, data, record->length, to);
	case DNS_TXT:
		return strings_join(arena, data, record->length, to);
	case DNS_MX:
	case DNS_PTR:
	case DNS_CNAME:
		if (!data_name(reading, record, skip, &name))
			return false;
		to->preference = skip != 0 ? get16(data) : 0;
		to->name = name_text(arena, &name);
		return true;
	default:
		return true;
	}
}

/* The CNAME of *at there is becomes *at; false: none. -1: it cannot be read. */
static int
chain_step(struct reading reading, unsigned count, struct name *at)
{
	struct record record;

	for (unsigned i = 0; i < count; i++) {
		if (!record_read(&reading, &record))
			return -1;
		if (record.class == CLASS_IN && record.type == DNS_CNAME &&
		    name_equal(&record.owner, at))
			return data_name(&reading, &record, 0, at) ? 1 : -1;
	}
	return 0;
}

/* Records of the type whose owner is the end of the chain; false: bogus. */
static bool
answers_read(struct reading reading, unsigned count, unsigned type,
    const struct name *owner, struct arena *arena, struct dns_result *ret)
{
	struct dns_record *all = NULL;
	struct record record;

	for (unsigned i = 0; i < count; i++) {
		if (!record_read(&reading, &record))
			return false;
		if (record.class != CLASS_IN || record.type != type ||
		    !name_equal(&record.owner, owner))
			continue;
		if (ret->count == RECORDS_MAX)
			return false;
		if (all == NULL)
			ret->records = all = arena_alloc(arena,
			    count < RECORDS_MAX ? count : RECORDS_MAX,
			    sizeof(*all));
		if (!record_take(arena, &reading, &record, &all[ret->count]))
			return false;
		ret->count++;
	}
	return true;
}

static enum dns_outcome
answer_read(const struct dns_question *question, struct reading reading,
    const struct name *asked, struct arena *arena, struct dns_result *ret)
{
	unsigned count = get16(reading.bytes + 6), steps = 0;
	struct name owner = *asked;

	while (question->type != DNS_CNAME) {
		int r = chain_step(reading, count, &owner);

		if (r < 0 || steps++ == CHAIN_MAX)
			return DNS_BOGUS;
		if (r == 0)
			break;
	}
	if (!answers_read(reading, count, question->type, &owner, arena, ret))
		return DNS_BOGUS;
	return ret->count > 0 ? DNS_ANSWER : DNS_NODATA;
}

/* Is it a reply, and to this? Then reading stands behind its question. */
static bool
is_ours(const struct dns_question *question, struct reading *reading,
    struct name *ret_asked)
{
	const uint8_t *bytes = reading->bytes;
	struct reading own = {question->name, question->length, 0};
	struct name name;

	if (reading->length < DNS_HEADER || get16(bytes) != question->id ||
	    (bytes[2] & (FLAG_QR | FLAG_OPCODE)) != FLAG_QR ||
	    get16(bytes + 4) != 1)
		return false;
	reading->at = DNS_HEADER;
	if (!name_read(reading, &name) || !name_read(&own, ret_asked) ||
	    !name_equal(&name, ret_asked) || reading->length - reading->at < 4)
		return false;
	bytes += reading->at;
	reading->at += 4;
	return get16(bytes) == question->type && get16(bytes + 2) == CLASS_IN;
}

/* A server that knows no EDNS may give the bare header back: RFC 6891, 7. */
static bool
is_plain(
    const struct dns_question *question, const uint8_t *bytes, size_t length)
{
	unsigned rcode;

	if (length < DNS_HEADER || !question->has_edns ||
	    get16(bytes) != question->id ||
	    (bytes[2] & (FLAG_QR | FLAG_OPCODE)) != FLAG_QR)
		return false;
	rcode = bytes[3] & FLAG_RCODE;
	return (rcode == 1 || rcode == 4) && get16(bytes + 4) <= 1;
}

enum dns_reply
dns_wire_read(const struct dns_question *question, const uint8_t *bytes,
    size_t length, struct arena *arena, struct dns_result *ret)
{
	static const enum dns_outcome outcomes[] = {[0] = DNS_ANSWER,
	    [1] = DNS_BOGUS,
	    [2] = DNS_SERVFAIL,
	    [3] = DNS_NXDOMAIN,
	    [4] = DNS_BOGUS,
	    [5] = DNS_REFUSED};
	struct reading reading = {bytes, length, 0};
	struct name asked;
	unsigned rcode;

	*ret = (struct dns_result){.outcome = DNS_BOGUS};
	if (is_plain(question, bytes, length))
		return DNS_REPLY_PLAIN;
	if (!is_ours(question, &reading, &asked))
		return DNS_REPLY_FOREIGN;
	if ((bytes[2] & FLAG_TC) != 0)
		return DNS_REPLY_CUT;
	rcode = bytes[3] & FLAG_RCODE;
	if (rcode < sizeof(outcomes) / sizeof(outcomes[0]))
		ret->outcome = outcomes[rcode];
	ret->is_authentic = (bytes[3] & FLAG_AD) != 0;
	if (rcode == 0)
		ret->outcome =
		    answer_read(question, reading, &asked, arena, ret);
	if (ret->outcome != DNS_ANSWER) {
		ret->records = NULL;
		ret->count = 0;
	}
	return DNS_REPLY_DONE;
}
