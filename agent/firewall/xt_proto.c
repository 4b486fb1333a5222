/*
 * xt_proto.c - matches of the compatibility layer that look at the headers
 *
 * Purpose  tcp, udp, multiport, length, ttl, hl, dscp, tos, ecn, tcpmss
 * Input    info of the right size, hostile in content
 * Unknown  a protocol that is not TCP, without a compare before it
 * Errors   none
 * Runs as  observer
 * Source   net/netfilter/xt_tcpudp.c, xt_multiport.c, xt_length.c, xt_hl.c,
 *          xt_dscp.c, xt_ecn.c, xt_tcpmss.c of the kernel
 */
#include <sys/socket.h>

#include <linux/netfilter/xt_dscp.h>
#include <linux/netfilter/xt_ecn.h>
#include <linux/netfilter/xt_length.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_tcpmss.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ipt_ttl.h>
#include <linux/netfilter_ipv6/ip6t_ipv6header.h>
#include <string.h>

#include "agent/firewall/xt.h"

#define PORT_MAX 65535U

/* A port that ordinary clients choose (RFC 6335 section 6). */
#define PORT_USUAL 49152U

/* Octet of the flags in the header of TCP. */
#define TCP_FLAGS 13

/* SYN of Linux: 20 (40) octets of IP, 20 of TCP, 20 of options. */
#define SYN_LENGTH_IPV4 60U
#define SYN_LENGTH_IPV6 80U
#define TCP_OPTIONS     40U /* at most */
#define TCP_HEADER      20U
/* With data in the SYN (RFC 7413) any length that fits the link. */
#define LENGTH_MAX 65535U

/* TTL of a host of the internet, after some hops. */
#define TTL_USUAL 52U
/* MSS on Ethernet (RFC 6691). */
#define MSS_USUAL 1460U

size_t
nf_xt_address_length(uint8_t family)
{
	return family == AF_INET ? 4 : 16;
}

/* The bounds of a port; as they are in the header where it is known. */
static void
port_bounds(const struct nf_packet *packet, bool is_source, unsigned *ret_min,
    unsigned *ret_max)
{
	size_t at = is_source ? 0 : 2;

	if (packet->transport_known[at] == 0xff &&
	    packet->transport_known[at + 1] == 0xff) {
		*ret_min = (unsigned)packet->transport[at] << 8 |
		           packet->transport[at + 1];
		*ret_max = *ret_min;
	} else if (is_source != packet->is_reply) {
		/* the client's */
		*ret_min = packet->source_port_min;
		*ret_max = packet->source_port_max;
	} else {
		*ret_min = 0;
		*ret_max = PORT_MAX;
	}
}

uint16_t
nf_xt_port_get(const struct nf_packet *packet, bool is_source)
{
	unsigned min, max;

	port_bounds(packet, is_source, &min, &max);
	return min == max ? (uint16_t)min : 0;
}

struct nf_match
nf_xt_port(
    const struct nf_packet *packet, bool is_source, unsigned from, unsigned to)
{
	unsigned min, max;

	port_bounds(packet, is_source, &min, &max);
	if (max < from || min > to)
		return nf_xt_is(false);
	if (min >= from && max <= to)
		return nf_xt_is(true);
	return nf_xt_maybe(PORT_USUAL >= from && PORT_USUAL <= to,
	    "the port that the client comes from");
}

static struct nf_match
tcp_option(uint8_t option)
{
	/* what every client of today sends: MSS, window scale, SACK, times */
	bool is_usual =
	    option == 2 || option == 3 || option == 4 || option == 8;

	return nf_xt_maybe(is_usual, "the TCP options of the client");
}

struct nf_match
nf_xt_tcp(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_tcp, info, call);
	const struct nf_packet *packet = call->packet;
	struct nf_match match, flags;

	match =
	    nf_xt_invert(nf_xt_port(packet, true, info.spts[0], info.spts[1]),
	        info.invflags & XT_TCP_INV_SRCPT);
	match = nf_xt_and(match,
	    nf_xt_invert(nf_xt_port(packet, false, info.dpts[0], info.dpts[1]),
	        info.invflags & XT_TCP_INV_DSTPT));
	if ((packet->transport_known[TCP_FLAGS] & info.flg_mask) ==
	    info.flg_mask)
		flags = nf_xt_is((packet->transport[TCP_FLAGS] &
		                     info.flg_mask) == info.flg_cmp);
	else
		flags = nf_xt_unknown("TCP flags");
	match = nf_xt_and(
	    match, nf_xt_invert(flags, info.invflags & XT_TCP_INV_FLAGS));
	if (info.option > 0)
		match =
		    nf_xt_and(match, nf_xt_invert(tcp_option(info.option),
		                         info.invflags & XT_TCP_INV_OPTION));
	return match;
}

struct nf_match
nf_xt_udp(const struct nf_xt_call *call)
{
	/* the ports stand where TCP has them, and nothing else is looked at */
	XT_INFO(struct xt_udp, info, call);

	return nf_xt_and(nf_xt_invert(nf_xt_port(call->packet, true,
	                                  info.spts[0], info.spts[1]),
	                     info.invflags & XT_UDP_INV_SRCPT),
	    nf_xt_invert(
	        nf_xt_port(call->packet, false, info.dpts[0], info.dpts[1]),
	        info.invflags & XT_UDP_INV_DSTPT));
}

static struct nf_match
multiport_one(
    const struct nf_packet *packet, uint8_t flags, unsigned from, unsigned to)
{
	struct nf_match source = nf_xt_port(packet, true, from, to);
	struct nf_match destination = nf_xt_port(packet, false, from, to);

	if (flags == XT_MULTIPORT_SOURCE)
		return source;
	if (flags == XT_MULTIPORT_DESTINATION)
		return destination;
	if (flags == XT_MULTIPORT_EITHER)
		return nf_xt_or(source, destination);
	return nf_xt_unknown("multiport with a flag that is not known");
}

struct nf_match
nf_xt_multiport(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_multiport_v1, info, call);
	struct nf_match match = nf_xt_is(false);

	for (size_t i = 0; i < info.count && i < XT_MULTI_PORTS; i++) {
		unsigned from = info.ports[i], to = from;

		if (info.pflags[i] && i + 1 < XT_MULTI_PORTS)
			to = info.ports[++i];
		match = nf_xt_or(
		    match, multiport_one(call->packet, info.flags, from, to));
	}
	return nf_xt_invert(match, info.invert);
}

struct nf_match
nf_xt_multiport_v0(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_multiport, info, call);
	struct nf_match match = nf_xt_is(false);

	for (size_t i = 0; i < info.count && i < XT_MULTI_PORTS; i++)
		match = nf_xt_or(match, multiport_one(call->packet, info.flags,
		                            info.ports[i], info.ports[i]));
	return match;
}

struct nf_match
nf_xt_foreign(const struct nf_xt_call *call)
{
	(void)call;
	return nf_xt_unknown("a match of another protocol than TCP");
}

/* Extension headers and IPsec: they are not there, and that no flag inverts. */
struct nf_match
nf_xt_absent(const struct nf_xt_call *call)
{
	(void)call;
	return nf_xt_is(false);
}

struct nf_match
nf_xt_ipv6header(const struct nf_xt_call *call)
{
	XT_INFO(struct ip6t_ipv6header_info, info, call);
	uint8_t there = MASK_PROTO;

	if (info.modeflag)
		return nf_xt_is(!((there ^ info.matchflags ^ info.invflags) &
		                  info.matchflags));
	return nf_xt_is((there == info.matchflags) != (info.invflags != 0));
}

/* A number of which only bounds are known. */
static struct nf_match
between(unsigned least, unsigned most, unsigned usual, unsigned from,
    unsigned to, const char *reason)
{
	if (most < from || least > to)
		return nf_xt_is(false);
	if (least >= from && most <= to)
		return nf_xt_is(true);
	return nf_xt_maybe(usual >= from && usual <= to, reason);
}

struct nf_match
nf_xt_length(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_length_info, info, call);
	bool is_ipv4 = call->packet->family == AF_INET;
	unsigned usual = is_ipv4 ? SYN_LENGTH_IPV4 : SYN_LENGTH_IPV6;

	return nf_xt_invert(
	    between(usual - TCP_HEADER,
	        call->packet->is_reply ? usual - TCP_HEADER + TCP_OPTIONS
	                               : LENGTH_MAX,
	        usual, info.min, info.max, "the length of the packet"),
	    info.invert);
}

struct nf_match
nf_xt_ttl(const struct nf_xt_call *call)
{
	/* the layout of hl is the same */
	XT_INFO(struct ipt_ttl_info, info, call);
	size_t at = call->packet->family == AF_INET ? 8 : 7;
	bool is_known = call->packet->network_known[at] == 0xff;
	unsigned least = is_known ? call->packet->network[at] : 1;
	unsigned most = is_known ? least : 0xff;
	unsigned usual = is_known ? least : TTL_USUAL;
	static const char reason[] = "the TTL of the packet";

	switch (info.mode) {
	case IPT_TTL_EQ:
		return between(least, most, usual, info.ttl, info.ttl, reason);
	case IPT_TTL_NE:
		return nf_xt_not(
		    between(least, most, usual, info.ttl, info.ttl, reason));
	case IPT_TTL_LT:
		if (info.ttl == 0)
			return nf_xt_is(false);
		return between(least, most, usual, 0, info.ttl - 1U, reason);
	case IPT_TTL_GT:
		return between(
		    least, most, usual, info.ttl + 1U, 0x100, reason);
	default:
		return nf_xt_unknown("ttl with a mode that is not known");
	}
}

/* Traffic class: an octet, in IPv6 across two. */
static struct nf_number
traffic_class(const struct nf_packet *packet)
{
	const uint8_t *n = packet->network, *k = packet->network_known;
	struct nf_number number;

	if (packet->family == AF_INET)
		return (struct nf_number){n[1], k[1] == 0xff};
	number.value = (n[0] & 0x0fU) << 4 | n[1] >> 4;
	number.is_known = (k[0] & 0x0f) == 0x0f && (k[1] & 0xf0) == 0xf0;
	return number;
}

static struct nf_match
class_is(const struct nf_packet *packet, unsigned mask, unsigned value)
{
	struct nf_number class = traffic_class(packet);

	if (class.is_known)
		return nf_xt_is((class.value & mask) == value);
	return nf_xt_maybe(value == 0, "the traffic class of the packet");
}

struct nf_match
nf_xt_dscp(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_dscp_info, info, call);

	return nf_xt_invert(class_is(call->packet, XT_DSCP_MASK,
	                        (unsigned)info.dscp << XT_DSCP_SHIFT),
	    info.invert);
}

struct nf_match
nf_xt_tos(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_tos_match_info, info, call);

	return nf_xt_invert(
	    class_is(call->packet, info.tos_mask, info.tos_value), info.invert);
}

struct nf_match
nf_xt_ecn(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_ecn_info, info, call);

	if (info.operation &
	    ~(XT_ECN_OP_MATCH_IP | XT_ECN_OP_MATCH_ECE | XT_ECN_OP_MATCH_CWR))
		return nf_xt_unknown("ecn with a flag that is not known");
	return nf_xt_maybe(false, "whether the client uses ECN");
}

struct nf_match
nf_xt_tcpmss(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_tcpmss_match_info, info, call);

	return nf_xt_invert(
	    between(0, PORT_MAX, MSS_USUAL, info.mss_min, info.mss_max,
	        "the segment size that the client offers"),
	    info.invert);
}
