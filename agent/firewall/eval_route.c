/*
 * eval_route.c - what the routes of this host say of a packet
 *
 * Purpose  the expressions rt and fib
 * Input    expressions of a rule set; the host's network
 * Errors   none: what cannot be asked is not known
 * Runs as  observer, planner, tests
 * Source   nft_rt.c, nft_fib_ipv4.c, nft_fib_ipv6.c of Linux
 */
#include <sys/socket.h>

#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "agent/firewall/eval_parts.h"

static const struct eval_note note_route = {
    NF_UNKNOWN, "a route that could not be asked for", false};
static const struct eval_note note_path = {
    NF_MAYBE, "the size of packets on the path", false};

static size_t
address_bytes(const struct nf_packet *packet)
{
	return packet->family == AF_INET ? 4 : 16;
}

/* The next hop, as far as the packet has a route at its hook. */
static enum eval_result
nexthop_load(struct nf_eval *eval, const struct nf_expr *expr)
{
	const struct nf_packet *packet = &eval->branch->state.packet;
	const struct net *net = eval->context.net;
	size_t length = address_bytes(packet);
	struct net_route route = {0};
	struct net_route_query query = {0};

	if ((expr->key.key == NFT_RT_NEXTHOP4) != (packet->family == AF_INET))
		return EVAL_BREAK;
	nf_packet_to(packet, &query.to);
	if (packet->hook == NF_HOOK_INPUT || eval->branch->state.is_loopback)
		return eval_store(eval, expr->dreg, query.to.bytes, length);
	query.oif = packet->out != NULL ? packet->out->index : 0;
	query.mark = packet->mark.value;
	if (net->route == NULL ||
	    (!packet->mark.is_known && net->is_mark_routed) ||

	    net->route(net->user, &query, &route, NULL) < 0)
		return eval_store_doubt(
		    eval, expr->dreg, NULL, NULL, length, &note_route);
	return eval_store(eval, expr->dreg,
	    route.gateway.family == packet->family ? route.gateway.bytes
	                                           : query.to.bytes,
	    length);
}

/* Before routing there is none; lo keeps the one that the packet had. */
static bool
has_route(const struct nf_eval *eval)
{
	const struct eval_state *state = &eval->branch->state;

	return (state->packet.hook != NF_HOOK_PREROUTING &&
	           state->packet.hook != NF_HOOK_INGRESS) ||
	       state->is_loopback;
}

/* Only routes of IPv4 have realms; the one of whom we talk to, either way. */
enum eval_result
eval_realm(struct nf_eval *eval, const struct nf_expr *expr)
{
	const struct nf_packet *packet = &eval->branch->state.packet;
	const struct net *net = eval->context.net;
	struct net_route route = {0};
	struct net_route_query query = {0};

	if (!has_route(eval))
		return EVAL_BREAK;
	if (packet->family == AF_INET6)
		return eval_store_number(eval, expr, 0);

	if (packet->hook == NF_HOOK_INPUT)
		nf_packet_from(packet, &query.to);
	else
		nf_packet_to(packet, &query.to);
	if (net->route == NULL ||
	    net->route(net->user, &query, &route, NULL) < 0)
		return eval_store_doubt(
		    eval, expr->dreg, NULL, NULL, 4, &note_route);
	return eval_store_number(eval, expr, route.realm);
}

enum eval_result
eval_rt(struct nf_eval *eval, const struct nf_expr *expr)
{
	static const uint8_t no = 0;

	if (!has_route(eval))
		return EVAL_BREAK;

	switch (expr->key.key) {
	case NFT_RT_NEXTHOP4:
	case NFT_RT_NEXTHOP6:
		return nexthop_load(eval, expr);
	case NFT_RT_TCPMSS:
		return eval_store_doubt(
		    eval, expr->dreg, NULL, NULL, 2, &note_path);
	case NFT_RT_XFRM:
		return eval_store(eval, expr->dreg, &no, 1);
	case NFT_RT_CLASSID:
		return eval_realm(eval, expr);
	default:
		return eval_store_doubt(
		    eval, expr->dreg, NULL, NULL, 4, &note_route);
	}
}

static const struct net_interface *
fib_device(const struct nf_packet *packet, uint32_t flags)
{
	if ((flags & NFTA_FIB_F_IIF) != 0)
		return packet->in;
	if ((flags & NFTA_FIB_F_OIF) != 0)
		return packet->out;
	return NULL;
}

/* false: it could not be asked */
static bool
fib_ask(struct nf_eval *eval, const struct nf_expr *expr, bool is_type,
    struct net_route *ret)
{
	const struct nf_packet *packet = &eval->branch->state.packet;
	const struct net *net = eval->context.net;
	const struct net_interface *device =
	    fib_device(packet, expr->fib.flags);
	bool is_source = (expr->fib.flags & NFTA_FIB_F_SADDR) != 0;
	struct net_route_query query = {.is_fib = true};

	if (is_source)
		nf_packet_from(packet, &query.to);
	else
		nf_packet_to(packet, &query.to);
	if (!is_type && is_source)
		nf_packet_to(packet, &query.from);
	if ((expr->fib.flags & NFTA_FIB_F_MARK) != 0) {
		if (!packet->mark.is_known)
			return false;
		query.mark = packet->mark.value;
	}
	query.oif = device != NULL ? device->index : 0;
	*ret = (struct net_route){0};
	if (is_type && net_is_own(net, &query.to) && device == NULL) {
		ret->type = NET_ROUTE_LOCAL;
		return true;
	}
	return net->route != NULL &&
	       net->route(net->user, &query, ret, NULL) == 0 &&
	       ret->type != NET_ROUTE_UNKNOWN;
}

/* As the kernel numbers them; of IPv4 only the table of local routes counts. */
static uint32_t
fib_type(enum net_route_type type, bool is_v4)
{
	switch (type) {
	case NET_ROUTE_LOCAL:
		return RTN_LOCAL;
	case NET_ROUTE_BROADCAST:
		return RTN_BROADCAST;
	case NET_ROUTE_ANYCAST:
		return RTN_ANYCAST;
	case NET_ROUTE_MULTICAST:
		return RTN_MULTICAST;
	case NET_ROUTE_BLACKHOLE:
	case NET_ROUTE_UNREACHABLE:
	case NET_ROUTE_PROHIBIT:
	case NET_ROUTE_NONE:
		return is_v4 ? RTN_UNICAST : RTN_UNREACHABLE;
	case NET_ROUTE_UNKNOWN:
	case NET_ROUTE_FILTERED:
	case NET_ROUTE_UNICAST:
		break;
	}
	return RTN_UNICAST;
}

/* The device by which the address is reached; with PRESENT whether there is. */
static enum eval_result
fib_device_store(struct nf_eval *eval, const struct nf_expr *expr,
    const struct net_interface *found)
{
	uint8_t is_there = found != NULL;
	char name[16] = {0};

	if ((expr->fib.flags & NFTA_FIB_F_PRESENT) != 0)
		return eval_store(eval, expr->dreg, &is_there, 1);
	if (expr->fib.result == NFT_FIB_RESULT_OIF)
		return eval_store_number(
		    eval, expr, found != NULL ? found->index : 0);
	if (found != NULL)
		(void)memcpy(name, found->name, sizeof(name));
	return eval_store(eval, expr->dreg, name, sizeof(name));
}

static enum eval_result
fib_output(struct nf_eval *eval, const struct nf_expr *expr)
{
	const struct nf_packet *packet = &eval->branch->state.packet;
	const struct net *net = eval->context.net;
	const struct net_interface *device =
	    fib_device(packet, expr->fib.flags);
	const struct net_interface *found = NULL;
	struct net_route route;

	/* what came through lo, the kernel does not look up */
	if ((packet->hook == NF_HOOK_PREROUTING ||
	        packet->hook == NF_HOOK_INPUT ||
	        packet->hook == NF_HOOK_INGRESS) &&
	    packet->in != NULL && packet->in->is_loopback)
		return fib_device_store(eval, expr, packet->in);
	if (!fib_ask(eval, expr, false, &route))
		return eval_store_doubt(eval, expr->dreg, NULL, NULL,
		    expr->fib.result == NFT_FIB_RESULT_OIF ? 4 : 16,
		    &note_route);
	if (route.type == NET_ROUTE_UNICAST)
		found = net_interface_by_index(net, route.oif);
	if (device != NULL && found != device)
		found = NULL;
	return fib_device_store(eval, expr, found);
}

enum eval_result
eval_fib(struct nf_eval *eval, const struct nf_expr *expr)
{
	const struct nf_packet *packet = &eval->branch->state.packet;
	struct net_route route;

	switch (expr->fib.result) {
	case NFT_FIB_RESULT_OIF:
	case NFT_FIB_RESULT_OIFNAME:
		return fib_output(eval, expr);
	case NFT_FIB_RESULT_ADDRTYPE:
		if (!fib_ask(eval, expr, true, &route))
			return eval_store_doubt(
			    eval, expr->dreg, NULL, NULL, 4, &note_route);
		return eval_store_number(eval, expr,
		    fib_type(route.type, packet->family == AF_INET));
	default:
		return eval_not_understood(eval, "fib");
	}
}
