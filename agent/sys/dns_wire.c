/*
 * dns_wire.c - questions and answers of DNS as bytes
 *
 * Purpose  write a question; check that a reply is to it, and read its answer
 * Input    replies: hostile, up to 65,535 bytes
 * Errors   a reply that is not to the question is foreign; one that is, but
 *          cannot be read, is DNS_BOGUS
 * Runs as  observer
 * Source   RFC 1035 section 4; RFC 6891 (EDNS); RFC 6840 section 5.7 (AD);
 *          RFC 2308 for nodata; RFC 6604 for nxdomain at the end of a chain
 *
 * libldns reads the question and the answer section. Authority and additional
 * data are not looked at: nothing here needs them, and ldns_wire2pkt of 1.8.3
 * leaks with two TSIG records there (NLnetLabs/ldns issue 317). So their
 * counts are set to 0 before; what is behind is then no part of the message.
 */
#include "agent/sys/dns_wire.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/sys/dns_record.h"

/* Flags of the header, in their octets. */
#define FLAG_QR     0x80 /* octet 2 */
#define FLAG_OPCODE 0x78
#define FLAG_AA     0x04
#define FLAG_TC     0x02
#define FLAG_RA     0x80 /* octet 3 */
#define FLAG_AD     0x20
#define FLAG_RCODE  0x0f

#define RCODE_FORMERR  1
#define RCODE_NXDOMAIN 3
#define RCODE_NOTIMP   4

/* Where the counts of the sections stand. */
#define AT_QUESTIONS 4
#define AT_ANSWERS   6
#define AT_AUTHORITY 8
#define AT_END       DNS_HEADER

static void
packet_done(ldns_pkt *packet)
{
	ldns.pkt_free(packet);
}

AUTO_DEFINE(ldns_pkt, packet_done);
#define AUTO_PACKET AUTO(packet_donep) ldns_pkt

static unsigned
get16(const uint8_t *at)
{
	return ((unsigned)at[0] << 8) | at[1];
}

/* Are all escapes what they seem to be? ldns takes "\25" for "25". */
static bool
is_escaped_well(const char *text)
{
	while ((text = strchr(text, '\\')) != NULL) {
		const size_t digits = strspn(text + 1, "0123456789");

		if (text[1] == '\0' || digits == 1 || digits == 2)
			return false;
		text += digits == 0 ? 2 : 4;
	}
	return true;
}

bool
dns_wire_name(const char *text, struct dns_question *ret)
{
	ldns_rdf *name =
	    is_escaped_well(text) ? ldns.dname_new_frm_str(text) : NULL;

	if (name == NULL)
		return false;
	ret->length = ldns.rdf_size(name);
	if (ret->length <= DNS_NAME_BYTES)
		(void)memcpy(ret->name, ldns.rdf_data(name), ret->length);
	ldns.rdf_deep_free(name);
	return ret->length <= DNS_NAME_BYTES;
}

size_t
dns_wire_write(
    const struct dns_question *question, uint8_t out[DNS_QUERY_BYTES])
{
	ldns_rdf *name = ldns.rdf_new_frm_data(
	    LDNS_RDF_TYPE_DNAME, question->length, question->name);
	/* AD: tell whether DNSSEC says so */
	const unsigned flags =
	    LDNS_RD | LDNS_AD | (question->is_unchecked ? LDNS_CD : 0U);
	/* owns the name */
	AUTO_PACKET *packet = ldns.pkt_query_new(name,
	    (ldns_rr_type)question->type, LDNS_RR_CLASS_IN, (uint16_t)flags);
	AUTO_FREE uint8_t *bytes = NULL;
	size_t size = 0;

	if (packet == NULL)
		return 0;
	ldns.pkt_set_id(packet, question->id);
	/* without DO: signatures are long, and of no use here */
	if (question->has_edns)
		ldns.pkt_set_edns_udp_size(packet, DNS_UDP_BYTES);
	if (ldns.pkt2wire(&bytes, packet, &size) != LDNS_STATUS_OK ||
	    size > DNS_QUERY_BYTES)
		return 0;
	(void)memcpy(out, bytes, size);
	return size;
}

static bool
is_reply(
    const struct dns_question *question, const uint8_t *bytes, size_t length)
{
	return length >= DNS_HEADER && get16(bytes) == question->id &&
	       (bytes[2] & (FLAG_QR | FLAG_OPCODE)) == FLAG_QR;
}

/* A server that knows no EDNS may give the bare header back: RFC 6891, 7. */
static bool
is_plain(const struct dns_question *question, const uint8_t *bytes)
{
	const unsigned rcode = bytes[3] & FLAG_RCODE;

	return question->has_edns &&
	       (rcode == RCODE_FORMERR || rcode == RCODE_NOTIMP) &&
	       get16(bytes + AT_QUESTIONS) <= 1;
}

/* The question alone, or the answers too; NULL: it cannot be read. */
static ldns_pkt *
packet_read(const uint8_t *bytes, size_t length, bool has_answers)
{
	AUTO_FREE uint8_t *copy = mem_alloc(length, 1);
	const size_t from = has_answers ? AT_AUTHORITY : AT_ANSWERS;
	ldns_pkt *packet = NULL;

	(void)memcpy(copy, bytes, length);
	(void)memset(copy + from, 0, AT_END - from);
	if (ldns.wire2pkt(&packet, copy, length) != LDNS_STATUS_OK)
		return NULL;
	return packet;
}

/* Does it repeat what was asked? */
static bool
is_ours(
    const struct dns_question *question, const uint8_t *bytes, size_t length)
{
	AUTO_PACKET *packet = NULL;
	ldns_rdf *name;
	const ldns_rr *asked;
	bool is_equal;

	if (get16(bytes + AT_QUESTIONS) != 1)
		return false;
	packet = packet_read(bytes, length, false);
	if (packet == NULL ||
	    ldns.rr_list_rr_count(ldns.pkt_question(packet)) != 1)
		return false;
	asked = ldns.rr_list_rr(ldns.pkt_question(packet), 0);
	name = ldns.rdf_new_frm_data(
	    LDNS_RDF_TYPE_DNAME, question->length, question->name);
	if (name == NULL)
		return false;
	/* whatever the case of its letters */
	is_equal = ldns.dname_compare(ldns.rr_owner(asked), name) == 0;
	ldns.rdf_deep_free(name);
	return is_equal &&
	       (uint16_t)ldns.rr_get_type(asked) == question->type &&
	       ldns.rr_get_class(asked) == LDNS_RR_CLASS_IN;
}

/* Of a reply that says that the name is there, or that it is not. */
static enum dns_outcome
answer_read(const struct dns_question *question, const uint8_t *bytes,
    size_t length, struct arena *arena, struct dns_result *ret)
{
	AUTO_PACKET *packet = packet_read(bytes, length, true);
	const bool is_absent = (bytes[3] & FLAG_RCODE) == RCODE_NXDOMAIN;
	enum dns_outcome outcome;

	if (packet == NULL)
		return DNS_BOGUS;
	outcome = dns_record_read(ldns.pkt_answer(packet), question->type,
	    ldns.rr_owner(ldns.rr_list_rr(ldns.pkt_question(packet), 0)), arena,
	    ret);
	if (!is_absent)
		return outcome;
	/* not there, and here it is */
	return outcome == DNS_NODATA ? DNS_NXDOMAIN : DNS_BOGUS;
}

/*
 * A server that does not want to may give the bare header back (unbound, whom
 * it refuses). That tells of no name, so its question is not missed.
 */
static bool
is_bare_refusal(const uint8_t *bytes)
{
	const unsigned rcode = bytes[3] & FLAG_RCODE;

	return get16(bytes + AT_QUESTIONS) == 0 && rcode != 0 &&
	       rcode != RCODE_NXDOMAIN;
}

/*
 * Is "nothing" only that this server does not ask others for us? It says whom
 * to ask, or where an alias leads. The C library passes such a reply over, too
 * (res_send.c: "referred query").
 */
static bool
is_referral(const uint8_t *bytes, const struct dns_result *told)
{
	return (bytes[3] & FLAG_RA) == 0 &&
	       ((bytes[2] & FLAG_AA) == 0 || told->canonical != NULL);
}

enum dns_reply
dns_wire_read(const struct dns_question *question, const uint8_t *bytes,
    size_t length, struct arena *arena, struct dns_result *ret)
{
	static const enum dns_outcome outcomes[] = {[0] = DNS_ANSWER,
	    [RCODE_FORMERR] = DNS_BOGUS,
	    [2] = DNS_SERVFAIL,
	    [RCODE_NXDOMAIN] = DNS_NXDOMAIN,
	    [RCODE_NOTIMP] = DNS_BOGUS,
	    [5] = DNS_REFUSED};

	unsigned rcode;

	*ret = (struct dns_result){.outcome = DNS_BOGUS};
	if (!is_reply(question, bytes, length))
		return DNS_REPLY_FOREIGN;
	if (is_plain(question, bytes))
		return DNS_REPLY_PLAIN;
	if (!is_bare_refusal(bytes) && !is_ours(question, bytes, length))
		return DNS_REPLY_FOREIGN;
	if ((bytes[2] & FLAG_TC) != 0)
		return DNS_REPLY_CUT;
	rcode = bytes[3] & FLAG_RCODE;
	if (rcode < ARRAY_COUNT(outcomes))
		ret->outcome = outcomes[rcode];
	ret->is_authentic = (bytes[3] & FLAG_AD) != 0;
	ret->is_local = (bytes[2] & FLAG_AA) != 0 && (bytes[3] & FLAG_RA) != 0;
	if (ret->outcome == DNS_ANSWER || ret->outcome == DNS_NXDOMAIN)
		ret->outcome = answer_read(question, bytes, length, arena, ret);
	if (ret->outcome == DNS_NODATA && is_referral(bytes, ret)) {
		ret->outcome = DNS_BOGUS;
		ret->detail = "the name server does not ask others for this "
		              "host, and has no answer of its own";
	}
	if (ret->outcome != DNS_ANSWER) {
		ret->records = NULL;
		ret->count = 0;
	}
	return DNS_REPLY_DONE;
}
