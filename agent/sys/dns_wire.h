/*
 * dns_wire.h - questions and answers of DNS as bytes
 *
 * The only place that knows the format, with dns_record.c; libldns reads and
 * writes it (dns_open before). No sockets, no clock.
 */
#ifndef MAILFIX_SYS_DNS_WIRE_H
#define MAILFIX_SYS_DNS_WIRE_H

#include "agent/sys/dns.h"

#define DNS_NAME_BYTES  255 /* RFC 1035 section 2.3.4 */
#define DNS_HEADER      12
#define DNS_QUERY_BYTES (DNS_HEADER + DNS_NAME_BYTES + 4 + 11)
/* Fits a packet on every path: DNS flag day 2020. */
#define DNS_UDP_BYTES 1232

struct dns_question {
	uint8_t name[DNS_NAME_BYTES];
	size_t length;
	uint16_t type;
	uint16_t id;
	bool has_edns;
	bool is_unchecked; /* CD: the server need not check DNSSEC */
};

/*
 * dns_wire_name - from text
 * Returns false for an empty label, one over 63 octets, a name over 255.
 * "\DDD" is an octet, "\." a dot within a label: RFC 1035 section 5.1.
 */
bool dns_wire_name(const char *text, struct dns_question *ret);

/* dns_wire_write - how many bytes it is; 0: it cannot be asked */
size_t dns_wire_write(
    const struct dns_question *question, uint8_t out[DNS_QUERY_BYTES]);

enum dns_reply {
	DNS_REPLY_FOREIGN, /* not to this question: as if nothing had come */
	DNS_REPLY_CUT,     /* more than fits: ask by TCP */
	DNS_REPLY_PLAIN,   /* the server does not know EDNS: ask without */
	DNS_REPLY_DONE,    /* result is set */
};

/*
 * dns_wire_read - what came back
 * ret  outcome, records and is_authentic (as the server says); arena is used
 *      for DNS_REPLY_DONE only
 */
enum dns_reply dns_wire_read(const struct dns_question *question,
    const uint8_t *bytes, size_t length, struct arena *arena,
    struct dns_result *ret);

#endif
