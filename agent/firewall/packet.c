/*
 * packet.c - the SYN of an ordinary client, and the SYN/ACK that answers it
 *
 * Purpose  headers as on the wire, with what is not known of them
 * Input    a question; addresses and ports that nat sets
 * Errors   none
 * Runs as  observer, planner, tests
 * Source   RFC 791, RFC 8200, RFC 9293; an ordinary client: DF, no DSCP, no ECN
 */
#include <sys/socket.h>

#include <netinet/in.h>
#include <string.h>

#include "agent/firewall/eval_parts.h"

/* Where the addresses stand. */
enum {
	IPV4_FROM = 12,
	IPV4_TO = 16,
	IPV6_FROM = 8,
	IPV6_TO = 24,
	TCP_FLAGS = 13,
	TCP_URGENT = 18,
	FLAG_SYN = 0x02,
	FLAG_ACK = 0x10,
};

static const uint8_t ipv4_start[] = {
    0x45, 0, 0, 0, 0, 0, 0x40, 0, 0, IPPROTO_TCP, 0, 0};
/* Total length, identification, time to live and checksum are the client's. */
static const uint8_t ipv4_known[] = {
    0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0, 0xff, 0, 0};
static const uint8_t ipv6_start[] = {0x60, 0, 0, 0, 0, 0, IPPROTO_TCP, 0};
/* So are flow label, payload length and hop limit. */
static const uint8_t ipv6_known[] = {0xff, 0xf0, 0, 0, 0, 0, 0xff, 0};

static void
address_get(
    const struct nf_packet *packet, bool is_from, struct nf_address *ret)
{
	*ret = (struct nf_address){.family = packet->family};
	if (packet->family == AF_INET)
		(void)memcpy(ret->bytes,
		    packet->network + (is_from ? IPV4_FROM : IPV4_TO), 4);
	else
		(void)memcpy(ret->bytes,
		    packet->network + (is_from ? IPV6_FROM : IPV6_TO), 16);
}

void
nf_packet_from(const struct nf_packet *packet, struct nf_address *ret)
{
	address_get(packet, true, ret);
}

void
nf_packet_to(const struct nf_packet *packet, struct nf_address *ret)
{
	address_get(packet, false, ret);
}

void
eval_packet_address(
    struct nf_packet *packet, bool is_from, const struct nf_address *address)
{
	size_t at, length;

	if (packet->family == AF_INET) {
		at = is_from ? IPV4_FROM : IPV4_TO;
		length = 4;
	} else {
		at = is_from ? IPV6_FROM : IPV6_TO;
		length = 16;
	}
	(void)memcpy(packet->network + at, address->bytes, length);
	(void)memset(packet->network_known + at, 0xff, length);
}

static void
port_put(struct nf_packet *packet, size_t at, uint16_t port, bool is_known)
{
	packet->transport[at] = is_known ? (uint8_t)(port >> 8) : 0;
	packet->transport[at + 1] = is_known ? (uint8_t)port : 0;
	packet->transport_known[at] = is_known ? 0xff : 0;
	packet->transport_known[at + 1] = is_known ? 0xff : 0;
}

void
eval_packet_ports(struct nf_packet *packet)
{
	bool is_known = packet->source_port_min == packet->source_port_max;

	port_put(packet, packet->is_reply ? 2 : 0, packet->source_port_min,
	    is_known);
	port_put(packet, packet->is_reply ? 0 : 2, packet->port, true);
}

static void
headers_put(struct nf_packet *packet, const struct nf_address *from,
    const struct nf_address *to)
{
	(void)memset(packet->network_known, 0, sizeof(packet->network_known));
	(void)memset(
	    packet->transport_known, 0, sizeof(packet->transport_known));
	if (packet->family == AF_INET) {
		(void)memcpy(packet->network, ipv4_start, sizeof(ipv4_start));
		(void)memcpy(
		    packet->network_known, ipv4_known, sizeof(ipv4_known));
	} else {
		(void)memcpy(packet->network, ipv6_start, sizeof(ipv6_start));
		(void)memcpy(
		    packet->network_known, ipv6_known, sizeof(ipv6_known));
	}
	eval_packet_address(packet, true, from);
	eval_packet_address(packet, false, to);
	eval_packet_ports(packet);
	/* the reserved bits, and all flags; the offset is the options' */
	packet->transport_known[TCP_FLAGS - 1] = 0x0f;
	packet->transport[TCP_FLAGS] = packet->is_later   ? FLAG_ACK
	                               : packet->is_reply ? FLAG_SYN | FLAG_ACK
	                                                  : FLAG_SYN;
	packet->transport_known[TCP_FLAGS] = 0xff;
	/* nothing is urgent: the flag is not set */
	packet->transport_known[TCP_URGENT] = 0xff;
	packet->transport_known[TCP_URGENT + 1] = 0xff;
}

void
eval_packet_first(
    struct nf_packet *packet, const struct nf_question *question, bool is_later)
{
	*packet = (struct nf_packet){.family = question->from.family,
	    .is_later = is_later,
	    .is_confirmed = is_later,
	    .port = question->port,
	    .source_port_min = question->source_port,
	    .source_port_max = question->source_port,
	    .mark = {.is_known = true},
	    .ct_mark = {.is_known = true},
	    .priority = {.is_known = true},
	    .original_from = question->from,
	    .original_to = question->to,
	    .reply_from = question->to,
	    .reply_to = question->from,
	    .reply_port = question->port,
	    .original_port = question->port,
	    .original_source_port = question->source_port};
	if (question->source_port == 0) {
		packet->source_port_min = EVAL_SOURCE_PORT_MIN;
		packet->source_port_max = UINT16_MAX;
	}
	headers_put(packet, &question->from, &question->to);
}

void
eval_packet_answer(struct nf_packet *packet)
{
	struct nf_address from, to;

	nf_packet_from(packet, &from);
	nf_packet_to(packet, &to);
	packet->is_reply = true;
	packet->is_confirmed = true;
	packet->mark = (struct nf_number){.is_known = true};
	packet->priority = (struct nf_number){.is_known = true};
	packet->is_tracked = false;
	packet->is_untracked = false;
	packet->has_socket = false;
	headers_put(packet, &to, &from);
}
