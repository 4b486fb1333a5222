/*
 * xt_address.c - matches of the compatibility layer about addresses
 *
 * Purpose  addrtype, iprange, set (ipset)
 * Input    info of the right size, hostile in content
 * Unknown  a route or an ipset that could not be asked
 * Errors   none
 * Runs as  observer
 * Source   net/netfilter/xt_addrtype.c, xt_iprange.c, xt_set.c of the kernel;
 *          inet_addr_type_dev_table() asks the local table alone, so that what is
 *          not this host's is "unicast" there
 */
#include <sys/socket.h>

#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_iprange.h>
#include <linux/netfilter/xt_set.h>
#include <string.h>

#include "agent/firewall/words.h"
#include "agent/firewall/xt.h"

/* What an IPv6 lookup is made for; other types are told by the address. */
#define TYPES_OF_ROUTES                                                        \
	(XT_ADDRTYPE_ANYCAST | XT_ADDRTYPE_LOCAL | XT_ADDRTYPE_PROHIBIT |      \
	    XT_ADDRTYPE_UNREACHABLE)

/* The type of a route as a bit; 0: it could not be asked. */
static unsigned
route_type(const struct nf_xt_call *call, const struct nf_address *address,
    const struct net_interface *device)
{
	const struct net *net = call->context->net;
	struct net_route_query query = {.to = *address, .is_fib = true};
	struct net_route route = {0};

	static const unsigned types[] = {
	    [NET_ROUTE_UNKNOWN] = 0,
	    [NET_ROUTE_UNICAST] = XT_ADDRTYPE_UNICAST,
	    [NET_ROUTE_LOCAL] = XT_ADDRTYPE_LOCAL,
	    [NET_ROUTE_BROADCAST] = XT_ADDRTYPE_BROADCAST,
	    [NET_ROUTE_ANYCAST] = XT_ADDRTYPE_ANYCAST,
	    [NET_ROUTE_MULTICAST] = XT_ADDRTYPE_MULTICAST,
	    [NET_ROUTE_BLACKHOLE] = XT_ADDRTYPE_UNICAST,
	    [NET_ROUTE_UNREACHABLE] = XT_ADDRTYPE_UNICAST,
	    [NET_ROUTE_PROHIBIT] = XT_ADDRTYPE_UNICAST,
	    [NET_ROUTE_NONE] = XT_ADDRTYPE_UNICAST,
	    [NET_ROUTE_FILTERED] = 0,
	};

	for (size_t i = 0; i < net->address_count; i++) {
		const struct net_own_address *own = &net->addresses[i];

		if (net_address_equal(&own->address, address) &&
		    (!device || own->index == device->index))
			return XT_ADDRTYPE_LOCAL;
	}
	if (!net->route)
		return net_is_own(net, address) ? XT_ADDRTYPE_UNICAST : 0;
	query.oif = device ? device->index : 0;
	if (net->route(net->user, &query, &route, NULL) < 0)
		return 0;
	/* on another interface than the one that is asked for */
	if (device && net_is_own(net, address) && route.type == NET_ROUTE_LOCAL)
		return XT_ADDRTYPE_UNICAST;
	return types[route.type];
}

static struct nf_match
type_match_ipv4(const struct nf_xt_call *call, const struct nf_address *address,
    const struct net_interface *device, unsigned mask)
{
	uint8_t first = address->bytes[0];
	unsigned type;

	if (first == 0)
		type = XT_ADDRTYPE_BROADCAST;
	else if (first >= 224 && first <= 239)
		type = XT_ADDRTYPE_MULTICAST;
	else if (first == 127 && !device)
		type = XT_ADDRTYPE_LOCAL;
	else
		type = route_type(call, address, device);
	if (type == 0)
		return nf_xt_unknown("a route that could not be asked for");
	return nf_xt_is(mask & type);
}

static struct nf_match
type_match_ipv6(const struct nf_xt_call *call, const struct nf_address *address,
    const struct net_interface *device, unsigned mask)
{
	bool is_multicast = address->bytes[0] == 0xff;
	unsigned type;

	if ((mask & XT_ADDRTYPE_MULTICAST) && !is_multicast)
		return nf_xt_is(false);
	if ((mask & XT_ADDRTYPE_UNICAST) && is_multicast)
		return nf_xt_is(false);
	if (mask & XT_ADDRTYPE_UNSPEC)
		return nf_xt_is(false); /* no connection from or to :: */
	if (!(mask & TYPES_OF_ROUTES))
		return nf_xt_is(true);
	if (mask & (XT_ADDRTYPE_PROHIBIT | XT_ADDRTYPE_UNREACHABLE))
		return nf_xt_unknown("addrtype with the state of a route");
	type = route_type(call, address, device);
	if (type == 0)
		return nf_xt_unknown("a route that could not be asked for");
	return nf_xt_is(mask & type);
}

static struct nf_match
type_match(const struct nf_xt_call *call, bool is_source, unsigned mask,
    unsigned flags)
{
	struct nf_address address;
	const struct net_interface *device = NULL;

	if (is_source)
		nf_packet_from(call->packet, &address);
	else
		nf_packet_to(call->packet, &address);
	if (flags & XT_ADDRTYPE_LIMIT_IFACE_IN)
		device = call->packet->in;
	else if (flags & XT_ADDRTYPE_LIMIT_IFACE_OUT)
		device = call->packet->out;
	if ((flags &
	        (XT_ADDRTYPE_LIMIT_IFACE_IN | XT_ADDRTYPE_LIMIT_IFACE_OUT)) &&
	    !device)
		return nf_xt_unknown("addrtype of an interface");
	return call->packet->family == AF_INET
	           ? type_match_ipv4(call, &address, device, mask)
	           : type_match_ipv6(call, &address, device, mask);
}

static struct nf_match
addrtype(const struct nf_xt_call *call, unsigned source, unsigned destination,
    unsigned flags)
{
	struct nf_match match = nf_xt_is(true);

	if (source)
		match = nf_xt_invert(type_match(call, true, source, flags),
		    flags & XT_ADDRTYPE_INVERT_SOURCE);
	if (destination && match.truth != NF_NO)
		match = nf_xt_and(match,
		    nf_xt_invert(type_match(call, false, destination, flags),
		        flags & XT_ADDRTYPE_INVERT_DEST));
	return match;
}

struct nf_match
nf_xt_addrtype(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_addrtype_info_v1, info, call);

	return addrtype(call, info.source, info.dest, info.flags);
}

struct nf_match
nf_xt_addrtype_v0(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_addrtype_info, info, call);
	unsigned flags = 0;

	if (info.invert_source)
		flags |= XT_ADDRTYPE_INVERT_SOURCE;
	if (info.invert_dest)
		flags |= XT_ADDRTYPE_INVERT_DEST;
	return addrtype(call, info.source, info.dest, flags);
}

static bool
is_between(const struct nf_address *address, const union nf_inet_addr *from,
    const union nf_inet_addr *to)
{
	size_t length = nf_xt_address_length(address->family);

	return memcmp(address->bytes, from, length) >= 0 &&
	       memcmp(address->bytes, to, length) <= 0;
}

struct nf_match
nf_xt_iprange(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_iprange_mtinfo, info, call);
	struct nf_address from, to;

	nf_packet_from(call->packet, &from);
	nf_packet_to(call->packet, &to);
	if ((info.flags & IPRANGE_SRC) &&
	    is_between(&from, &info.src_min, &info.src_max) ==
	        !!(info.flags & IPRANGE_SRC_INV))
		return nf_xt_is(false);
	if ((info.flags & IPRANGE_DST) &&
	    is_between(&to, &info.dst_min, &info.dst_max) ==
	        !!(info.flags & IPRANGE_DST_INV))
		return nf_xt_is(false);
	return nf_xt_is(true);
}

static struct nf_match
is_in_set(const struct nf_xt_call *call, const struct xt_set_info *set)
{
	const struct nf_packet *packet = call->packet;
	const struct nf_source *source = call->context->ruleset->source;
	struct nf_address from, to;
	struct nf_ipset_key key = {
	    .family =
	        packet->family == AF_INET ? NF_FAMILY_IPV4 : NF_FAMILY_IPV6,
	    .dim = set->dim,
	    .flags = set->flags,
	    .from_port = nf_xt_port_get(packet, true),
	    .to_port = nf_xt_port_get(packet, false),
	    .protocol = IPPROTO_TCP,
	    .in = packet->in ? packet->in->name : "",
	    .out = packet->out ? packet->out->name : "",
	};
	struct why why = {0};
	int r;

	if (!source || !source->is_in_ipset)
		return nf_xt_unknown("an ipset, which was not read");
	nf_packet_from(packet, &from);
	nf_packet_to(packet, &to);
	(void)memcpy(key.from, from.bytes, sizeof(key.from));
	(void)memcpy(key.to, to.bytes, sizeof(key.to));
	r = source->is_in_ipset(source->user, set->index, &key, &why);
	if (r < 0)
		return nf_xt_unknown(
		    nf_words(call->context->arena, "an ipset: %s", why.text));
	return nf_xt_invert(nf_xt_is(r), set->flags & IPSET_INV_MATCH);
}

struct nf_match
nf_xt_set(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_set_info_match_v1, info, call);

	return is_in_set(call, &info.match_set);
}

struct nf_match
nf_xt_set_v0(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_set_info_match_v0, info, call);
	struct xt_set_info set = {.index = info.match_set.index};

	/* the kernel rewrites the flags of the first revision as later ones */
	set.dim = info.match_set.u.compat.dim;
	set.flags = info.match_set.u.compat.flags;
	return is_in_set(call, &set);
}

/* In the set, and its counters compare so. */
static struct nf_match
with_counters(struct nf_match match, uint8_t packets_op, uint8_t bytes_op)
{
	if (packets_op == IPSET_COUNTER_NONE && bytes_op == IPSET_COUNTER_NONE)
		return match;
	return nf_xt_and(
	    match, nf_xt_maybe(true, "the counters of an ipset's entry"));
}

struct nf_match
nf_xt_set_v3(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_set_info_match_v3, info, call);

	return with_counters(
	    is_in_set(call, &info.match_set), info.packets.op, info.bytes.op);
}

struct nf_match
nf_xt_set_v4(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_set_info_match_v4, info, call);

	return with_counters(
	    is_in_set(call, &info.match_set), info.packets.op, info.bytes.op);
}
