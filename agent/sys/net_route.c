/*
 * net_route.c - one route, asked from the kernel
 *
 * Purpose  where a packet would go; which interfaces have a default route
 * Input    messages of the kernel
 * Errors   negative errno; "there is none" is an answer
 * Runs as  observer; any user may ask
 * Source   rtnetlink(7); net/ipv4/route.c, net/ipv6/route.c: *_rtm_getroute
 */
#include "agent/sys/net_route.h"

#include <sys/socket.h>

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "agent/base/auto.h"
#include "agent/sys/netlink.h"

#define ROUTE_ATTRIBUTES_MAX 32U

static size_t
address_length(uint8_t family)
{
	return family == AF_INET ? 4 : 16;
}

static void
address_read(const struct nlattr *attr, uint8_t family, struct nf_address *ret)
{
	size_t length = address_length(family);

	if (attr == NULL || mnl_attr_get_payload_len(attr) != length)
		return;
	ret->family = family;
	(void)memcpy(ret->bytes, mnl_attr_get_payload(attr), length);
}

/* RTA_VIA: a gateway of the other family */
static void
via_read(const struct nlattr *attr, struct nf_address *ret)
{
	const uint8_t *bytes = attr != NULL ? mnl_attr_get_payload(attr) : NULL;
	uint16_t family;
	size_t length;

	if (attr == NULL || mnl_attr_get_payload_len(attr) < sizeof(family))
		return;
	length = mnl_attr_get_payload_len(attr) - sizeof(family);
	(void)memcpy(&family, bytes, sizeof(family));
	if ((family != AF_INET && family != AF_INET6) ||
	    length != address_length((uint8_t)family))
		return;
	ret->family = (uint8_t)family;
	(void)memcpy(ret->bytes, bytes + sizeof(family), length);
}

static enum net_route_type
type_of(uint8_t type)
{
	static const uint8_t types[] = {
	    [RTN_UNICAST] = NET_ROUTE_UNICAST,
	    [RTN_LOCAL] = NET_ROUTE_LOCAL,
	    [RTN_BROADCAST] = NET_ROUTE_BROADCAST,
	    [RTN_ANYCAST] = NET_ROUTE_ANYCAST,
	    [RTN_MULTICAST] = NET_ROUTE_MULTICAST,
	    [RTN_BLACKHOLE] = NET_ROUTE_BLACKHOLE,
	    [RTN_UNREACHABLE] = NET_ROUTE_UNREACHABLE,
	    [RTN_PROHIBIT] = NET_ROUTE_PROHIBIT,
	};

	return type < sizeof(types) ? (enum net_route_type)types[type]
	                            : NET_ROUTE_UNKNOWN;
}

static int
take_route(void *user, const struct nlmsghdr *message)
{
	struct net_route *route = user;
	const struct nlattr *attrs[ROUTE_ATTRIBUTES_MAX];
	const struct rtmsg *body = mnl_nlmsg_get_payload(message);

	if (message->nlmsg_type != RTM_NEWROUTE ||
	    message->nlmsg_len < NLMSG_LENGTH(sizeof(*body)))
		return 0;
	netlink_attributes(
	    message, sizeof(struct rtmsg), attrs, ROUTE_ATTRIBUTES_MAX);
	*route = (struct net_route){.type = type_of(body->rtm_type),
	    .oif = netlink_u32(attrs[RTA_OIF])};
	address_read(attrs[RTA_PREFSRC], body->rtm_family, &route->source);
	address_read(attrs[RTA_GATEWAY], body->rtm_family, &route->gateway);
	via_read(attrs[RTA_VIA], &route->gateway);
	route->realm = netlink_u32(attrs[RTA_FLOW]);
	return 0;
}

static void
query_put(struct nlmsghdr *message, const struct net_route_query *query)
{
	size_t length = address_length(query->to.family);
	struct rtmsg *body = mnl_nlmsg_put_extra_header(message, sizeof(*body));

	body->rtm_family = query->to.family;
	body->rtm_dst_len = (unsigned char)(length * 8);
	if (query->is_fib)
		body->rtm_flags = RTM_F_FIB_MATCH;
	mnl_attr_put(message, RTA_DST, length, query->to.bytes);
	if (query->from.family == query->to.family) {
		body->rtm_src_len = (unsigned char)(length * 8);
		mnl_attr_put(message, RTA_SRC, length, query->from.bytes);
	}
	if (query->iif != 0)
		mnl_attr_put_u32(message, RTA_IIF, query->iif);
	if (query->oif != 0)
		mnl_attr_put_u32(message, RTA_OIF, query->oif);
	if (query->mark != 0)
		mnl_attr_put_u32(message, RTA_MARK, query->mark);
	if (query->is_uid_known)
		mnl_attr_put_u32(message, RTA_UID, query->uid);
}

/* How the kernel says that there is none, and of which kind that is. */
static enum net_route_type
type_of_error(int code)
{
	switch (code) {
	case -ENETUNREACH:
	case -ESRCH:
		return NET_ROUTE_NONE;
	case -EHOSTUNREACH:
		return NET_ROUTE_UNREACHABLE;
	case -EACCES:
		return NET_ROUTE_PROHIBIT;
	case -EINVAL:
		return NET_ROUTE_BLACKHOLE;
	default:
		return NET_ROUTE_UNKNOWN;
	}
}

int
net_route_ask(void *user, const struct net_route_query *query,
    struct net_route *ret, struct why *why)
{
	struct net_asker *asker = user;
	uint32_t buffer[128] = {0};
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct net_route route = {0};
	struct netlink_walk walk = {.each = take_route, .user = &route};
	int r;

	if (query->to.family != AF_INET && query->to.family != AF_INET6)
		return why_set(why, -EINVAL, "a route to no address");
	message->nlmsg_type = RTM_GETROUTE;
	message->nlmsg_flags = NLM_F_REQUEST;
	walk.seq = message->nlmsg_seq = ++asker->seq;
	query_put(message, query);
	r = netlink_send(asker->fd, message);
	if (r == 0)
		r = netlink_walk(asker->fd, asker->buffer, &walk);
	/* of a packet that comes in: EXDEV of older kernels, EINVAL of newer */
	if (query->iif != 0 && (r == -EXDEV || r == -EINVAL)) {
		route.type = NET_ROUTE_FILTERED;
	} else if (r < 0) {
		route.type = type_of_error(r);
		if (route.type == NET_ROUTE_UNKNOWN)
			return why_set(why, r, "ask the kernel for a route: %s",
			    strerror(-r));
	}
	*ret = route;
	return 0;
}

struct defaults {
	struct net *net;
	size_t count;
};

static void
default_set(struct net *net, unsigned index, uint8_t family)
{
	for (size_t i = 0; i < net->interface_count; i++) {
		if (net->interfaces[i].index != index)
			continue;
		if (family == AF_INET)
			net->interfaces[i].has_default_v4 = true;
		else
			net->interfaces[i].has_default_v6 = true;
	}
}

/* struct rtnexthop and its attributes, one for each way */
static void
hops_read(const struct nlattr *attr, struct net *net, uint8_t family)
{
	const char *bytes = mnl_attr_get_payload(attr);
	size_t left = mnl_attr_get_payload_len(attr);
	struct rtnexthop hop;

	while (left >= sizeof(hop)) {
		size_t step;

		(void)memcpy(&hop, bytes, sizeof(hop));
		if (hop.rtnh_len < sizeof(hop) || hop.rtnh_len > left)
			return;
		default_set(net, (unsigned)hop.rtnh_ifindex, family);
		step = (size_t)RTNH_ALIGN(hop.rtnh_len);
		bytes += step;
		left = left > step ? left - step : 0;
	}
}

static int
take_default(void *user, const struct nlmsghdr *message)
{
	struct defaults *defaults = user;
	const struct nlattr *attrs[ROUTE_ATTRIBUTES_MAX];
	const struct rtmsg *body = mnl_nlmsg_get_payload(message);

	if (message->nlmsg_type != RTM_NEWROUTE ||
	    message->nlmsg_len < NLMSG_LENGTH(sizeof(*body)) ||
	    body->rtm_type != RTN_UNICAST || body->rtm_dst_len != 0)
		return 0;
	netlink_attributes(
	    message, sizeof(struct rtmsg), attrs, ROUTE_ATTRIBUTES_MAX);
	if (attrs[RTA_OIF] != NULL)
		default_set(defaults->net, netlink_u32(attrs[RTA_OIF]),
		    body->rtm_family);
	if (attrs[RTA_MULTIPATH] != NULL)
		hops_read(
		    attrs[RTA_MULTIPATH], defaults->net, body->rtm_family);
	return 0;
}

int
net_route_defaults(struct net_asker *asker, struct net *net)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};

	for (size_t i = 0; i < ARRAY_COUNT(families); i++) {
		uint32_t buffer[64] = {0};
		struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
		struct defaults defaults = {.net = net};
		struct netlink_walk walk = {
		    .each = take_default, .user = &defaults};
		struct rtmsg *body;
		int r;

		message->nlmsg_type = RTM_GETROUTE;
		message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
		walk.seq = message->nlmsg_seq = ++asker->seq;
		body = mnl_nlmsg_put_extra_header(message, sizeof(*body));
		body->rtm_family = families[i];
		r = netlink_send(asker->fd, message);
		if (r == 0)
			r = netlink_walk(asker->fd, asker->buffer, &walk);
		/* a kernel without IPv6 has no such routes */
		if (r < 0 && families[i] == AF_INET)
			return r;
	}
	return 0;
}
