/*
 * xt_host.c - matches of the compatibility layer about this host
 *
 * Purpose  mark, owner, physdev, pkttype, devgroup, socket, rpfilter, policy, mac
 * Input    info of the right size, hostile in content
 * Unknown  users, listeners and routes that could not be read
 * Errors   none
 * Runs as  observer
 * Source   net/netfilter/xt_owner.c, xt_physdev.c, xt_socket.c, xt_policy.c,
 *          net/ipv4/netfilter/ipt_rpfilter.c and others of the kernel
 */
#include <sys/socket.h>

#include <linux/if_packet.h>
#include <linux/netfilter/xt_devgroup.h>
#include <linux/netfilter/xt_mac.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_owner.h>
#include <linux/netfilter/xt_physdev.h>
#include <linux/netfilter/xt_pkttype.h>
#include <linux/netfilter/xt_policy.h>
#include <linux/netfilter/xt_rpfilter.h>
#include <linux/netfilter/xt_socket.h>
#include <string.h>

#include "agent/firewall/xt.h"

struct nf_match
nf_xt_mark(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_mark_mtinfo1, info, call);
	struct nf_number mark = call->packet->mark;

	if (!mark.is_known)
		return nf_xt_unknown("the mark of the packet");
	return nf_xt_invert(
	    nf_xt_is((mark.value & info.mask) == info.mark), info.invert);
}

static struct nf_match
id_match(struct nf_number id, uint32_t min, uint32_t max)
{
	if (!id.is_known)
		return nf_xt_unknown("whose socket it is");
	return nf_xt_is(id.value >= min && id.value <= max);
}

struct nf_match
nf_xt_owner(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_owner_match_info, info, call);
	struct nf_match match = nf_xt_is(true);

	if (!call->packet->has_socket)
		return nf_xt_is((info.match ^ info.invert) == 0);
	if (info.match & info.invert & XT_OWNER_SOCKET)
		return nf_xt_is(false);
	if (info.match & XT_OWNER_UID)
		match = nf_xt_invert(
		    id_match(call->packet->uid, info.uid_min, info.uid_max),
		    info.invert & XT_OWNER_UID);
	if ((info.match & XT_OWNER_GID) && (info.match & XT_OWNER_SUPPL_GROUPS))
		match = nf_xt_and(match, nf_xt_unknown("groups of a user"));
	else if (info.match & XT_OWNER_GID)
		match = nf_xt_and(match,
		    nf_xt_invert(
		        id_match(call->packet->gid, info.gid_min, info.gid_max),
		        info.invert & XT_OWNER_GID));
	return match;
}

static bool
is_bridge(const struct net_interface *interface)
{
	return interface && strcmp(interface->kind, "bridge") == 0;
}

struct nf_match
nf_xt_physdev(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_physdev_info, info, call);

	if (is_bridge(call->packet->in) || is_bridge(call->packet->out))
		return nf_xt_unknown("a port of a bridge");
	/* not bridged: no option matches, unless it is inverted */
	return nf_xt_is(
	    (info.bitmask & XT_PHYSDEV_OP_MASK & ~info.invert) == 0);
}

struct nf_match
nf_xt_pkttype(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_pkttype_info, info, call);

	return nf_xt_is((info.pkttype == PACKET_HOST) != (info.invert != 0));
}

static bool
is_group(const struct net_interface *interface, uint32_t group, uint32_t mask)
{
	return ((group ^ interface->group) & mask) == 0;
}

struct nf_match
nf_xt_devgroup(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_devgroup_info, info, call);
	const struct net_interface *in = call->packet->in;
	const struct net_interface *out = call->packet->out;

	if (((info.flags & XT_DEVGROUP_MATCH_SRC) && !in) ||
	    ((info.flags & XT_DEVGROUP_MATCH_DST) && !out))
		return nf_xt_unknown("the group of an interface");
	if ((info.flags & XT_DEVGROUP_MATCH_SRC) &&
	    is_group(in, info.src_group, info.src_mask) ==
	        !!(info.flags & XT_DEVGROUP_INVERT_SRC))
		return nf_xt_is(false);
	if ((info.flags & XT_DEVGROUP_MATCH_DST) &&
	    is_group(out, info.dst_group, info.dst_mask) ==
	        !!(info.flags & XT_DEVGROUP_INVERT_DST))
		return nf_xt_is(false);
	return nf_xt_is(true);
}

static bool
is_any(const struct nf_address *address)
{
	static const uint8_t zero[16];

	return memcmp(address->bytes, zero, sizeof(zero)) == 0;
}

/* The socket that would take the connection, the exact address first. */
static const struct net_listener *
find_listener(const struct nf_xt_call *call)
{
	const struct net *net = call->context->net;
	const struct net_listener *found = NULL;
	uint16_t port = nf_xt_port_get(call->packet, false);
	struct nf_address to;

	nf_packet_to(call->packet, &to);
	for (size_t i = 0; i < net->listener_count; i++) {
		const struct net_listener *listener = &net->listeners[i];
		bool is_family =
		    listener->address.family == to.family ||
		    (listener->address.family == AF_INET6 &&
		        !listener->is_v6_only && is_any(&listener->address));

		if (listener->port != port || !is_family)
			continue;
		if (net_address_equal(&listener->address, &to))
			return listener;
		if (is_any(&listener->address) && !found)
			found = listener;
	}
	return found;
}

struct nf_match
nf_xt_socket(const struct nf_xt_call *call)
{
	const struct net_listener *listener;
	uint8_t flags =
	    call->expr->xt.info_length > 0 ? call->expr->xt.info[0] : 0;

	if (call->packet->is_reply)
		/* that of the client, which has its own address and is not
		 * transparent */
		return call->packet->in
		           ? nf_xt_is(!(flags & XT_SOCKET_TRANSPARENT))
		           : nf_xt_unknown("a socket");
	if (!call->context->net->has_listeners)
		return nf_xt_unknown("sockets, which were not read");
	listener = find_listener(call);
	if (!listener)
		return nf_xt_is(false);
	if (!(flags & XT_SOCKET_NOWILDCARD) && is_any(&listener->address))
		return nf_xt_is(false);
	return nf_xt_is(
	    !(flags & XT_SOCKET_TRANSPARENT) || listener->is_transparent);
}

struct nf_match
nf_xt_rpfilter(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_rpfilter_info, info, call);
	const struct nf_packet *packet = call->packet;
	const struct net *net = call->context->net;
	bool is_inverted = info.flags & XT_RPFILTER_INVERT;
	struct net_route_query query = {0};
	struct net_route route = {0};
	bool is_type;

	if (!packet->in)
		return nf_xt_unknown("where the packet comes from");
	if (packet->in->is_loopback)
		return nf_xt_is(!is_inverted);
	nf_packet_from(packet, &query.to);
	if (info.flags & XT_RPFILTER_VALID_MARK) {
		if (!packet->mark.is_known)
			return nf_xt_unknown("the mark of the packet");
		query.mark = packet->mark.value;
	}
	if (!net->route || net->route(net->user, &query, &route, NULL) < 0 ||
	    route.type == NET_ROUTE_UNKNOWN)
		return nf_xt_unknown("a route that could not be asked for");
	is_type = route.type == NET_ROUTE_UNICAST ||
	          (route.type == NET_ROUTE_LOCAL &&
	              (info.flags & XT_RPFILTER_ACCEPT_LOCAL));
	if (is_type && !(info.flags & XT_RPFILTER_LOOSE) &&
	    route.oif != packet->in->index)
		is_type = false;
	return nf_xt_is(is_type != is_inverted);
}

/* An ordinary client does not come by IPsec; where answers go, the host knows. */
struct nf_match
nf_xt_policy(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_policy_info, info, call);
	bool is_none = info.flags & XT_POLICY_MATCH_NONE;

	if (info.flags & XT_POLICY_MATCH_IN)
		return nf_xt_is(is_none);
	return nf_xt_maybe(is_none, "whether it leaves by IPsec");
}

struct nf_match
nf_xt_mac(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_mac_info, info, call);
	const struct net_interface *in = call->packet->in;

	/* without a device of Ethernet there is nothing to compare */
	if (!in || in->is_loopback)
		return nf_xt_is(false);
	return nf_xt_maybe(info.invert, "the hardware address it comes from");
}
