/*
 * net_load.c - interfaces, addresses, default routes; a route when asked
 *
 * Purpose  the network of this host as the kernel tells it
 * Input    messages of the kernel; names of interfaces
 * Errors   negative errno; a host without IPv6 has none, and that is all
 * Runs as  observer; any user may ask
 * Source   rtnetlink(7), net/ipv4/route.c inet_rtm_getroute
 */
#include "agent/sys/net_load.h"

#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/sys/net_listen.h"
#include "agent/sys/net_route.h"
#include "agent/sys/netlink.h"

struct net_loader {
	struct net net;
	struct arena *arena;
	struct net_asker asker;
	size_t interface_size, address_size;
};

#define ATTRIBUTES_MAX 64U

/* Containers come and go, but not all the time. */
#define TRIES_MAX 5

static void
name_copy(char *to, size_t size, const void *bytes, size_t length)
{
	length = strnlen(bytes, length < size ? length : size - 1);
	(void)memcpy(to, bytes, length);
	to[length] = '\0';
}

/* A field that grows in the arena, doubling. */
static void *
grow(struct arena *arena, void *old, size_t count, size_t *size, size_t each)
{
	void *more;

	if (count < *size)
		return old;
	*size = *size == 0 ? 16 : *size * 2;
	more = arena_alloc(arena, *size, each);
	if (count != 0)
		(void)memcpy(more, old, count * each);
	return more;
}

static void
kind_read(const struct nlattr *info, struct net_interface *interface)
{
	const char *bytes = mnl_attr_get_payload(info);
	size_t at = 0, length = mnl_attr_get_payload_len(info);

	while (length - at >= sizeof(struct nlattr)) {
		const struct nlattr *attr = (const void *)(bytes + at);
		size_t payload;

		if (attr->nla_len < sizeof(*attr) ||
		    attr->nla_len > length - at)
			return;
		payload = mnl_attr_get_payload_len(attr);
		if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
			name_copy(interface->kind, sizeof(interface->kind),
			    mnl_attr_get_payload(attr), payload);
		if (mnl_attr_get_type(attr) == IFLA_INFO_SLAVE_KIND)
			name_copy(interface->master_kind,
			    sizeof(interface->master_kind),
			    mnl_attr_get_payload(attr), payload);
		at += (size_t)NLA_ALIGN(attr->nla_len);
		if (at > length)
			return;
	}
}

static int
take_link(void *user, const struct nlmsghdr *message)
{
	struct net_loader *loader = user;
	struct net *net = &loader->net;
	const struct nlattr *attrs[ATTRIBUTES_MAX];
	const struct ifinfomsg *body = mnl_nlmsg_get_payload(message);
	struct net_interface *interface;

	if (message->nlmsg_type != RTM_NEWLINK ||
	    message->nlmsg_len < NLMSG_LENGTH(sizeof(*body)))
		return 0;
	netlink_attributes(message, sizeof(*body), attrs, ATTRIBUTES_MAX);
	if (attrs[IFLA_IFNAME] == NULL)
		return 0;
	net->interfaces =
	    grow(loader->arena, net->interfaces, net->interface_count,
	        &loader->interface_size, sizeof(*net->interfaces));
	interface = &net->interfaces[net->interface_count++];
	*interface = (struct net_interface){.index = (unsigned)body->ifi_index,
	    .type = body->ifi_type,
	    .group = netlink_u32(attrs[IFLA_GROUP]),
	    .master = netlink_u32(attrs[IFLA_MASTER]),
	    .is_up = (body->ifi_flags & IFF_UP) != 0,
	    .is_loopback = (body->ifi_flags & IFF_LOOPBACK) != 0};
	name_copy(interface->name, sizeof(interface->name),
	    mnl_attr_get_payload(attrs[IFLA_IFNAME]),
	    mnl_attr_get_payload_len(attrs[IFLA_IFNAME]));
	if (attrs[IFLA_LINKINFO] != NULL)
		kind_read(attrs[IFLA_LINKINFO], interface);
	return 0;
}

static int
take_address(void *user, const struct nlmsghdr *message)
{
	static const uint32_t poor = IFA_F_DEPRECATED | IFA_F_TEMPORARY |
	                             IFA_F_TENTATIVE | IFA_F_DADFAILED;
	struct net_loader *loader = user;
	struct net *net = &loader->net;
	const struct nlattr *attrs[ATTRIBUTES_MAX], *attr;
	const struct ifaddrmsg *body = mnl_nlmsg_get_payload(message);
	struct net_own_address *own;
	size_t length;
	uint32_t flags;

	if (message->nlmsg_type != RTM_NEWADDR ||
	    message->nlmsg_len < NLMSG_LENGTH(sizeof(*body)) ||
	    (body->ifa_family != AF_INET && body->ifa_family != AF_INET6))
		return 0;
	netlink_attributes(message, sizeof(*body), attrs, ATTRIBUTES_MAX);
	/* of a point-to-point link IFA_ADDRESS is the peer's */
	attr = attrs[IFA_LOCAL] != NULL ? attrs[IFA_LOCAL] : attrs[IFA_ADDRESS];
	length = body->ifa_family == AF_INET ? 4 : 16;
	if (attr == NULL || mnl_attr_get_payload_len(attr) != length)
		return 0;
	flags = attrs[IFA_FLAGS] != NULL ? netlink_u32(attrs[IFA_FLAGS])
	                                 : body->ifa_flags;
	/* IFA_F_TEMPORARY is IFA_F_SECONDARY of IPv4, which is as good */
	if (body->ifa_family == AF_INET)
		flags &= ~(uint32_t)IFA_F_SECONDARY;
	net->addresses = grow(loader->arena, net->addresses, net->address_count,
	    &loader->address_size, sizeof(*net->addresses));
	own = &net->addresses[net->address_count++];
	*own = (struct net_own_address){.index = body->ifa_index,
	    .address = {.family = body->ifa_family},
	    .prefix_length = body->ifa_prefixlen,
	    .is_global = body->ifa_scope == RT_SCOPE_UNIVERSE ||
	                 body->ifa_scope == RT_SCOPE_SITE,
	    .is_deprecated = (flags & poor) != 0};
	(void)memcpy(own->address.bytes, mnl_attr_get_payload(attr), length);
	return 0;
}

static int
take_rule(void *user, const struct nlmsghdr *message)
{
	struct net_loader *loader = user;
	const struct nlattr *attrs[ATTRIBUTES_MAX];

	if (message->nlmsg_type != RTM_NEWRULE ||
	    message->nlmsg_len < NLMSG_LENGTH(sizeof(struct fib_rule_hdr)))
		return 0;
	netlink_attributes(
	    message, sizeof(struct fib_rule_hdr), attrs, ATTRIBUTES_MAX);
	if (attrs[FRA_FWMARK] != NULL)
		loader->net.is_mark_routed = true;
	return 0;
}

static int
dump(struct net_loader *loader, uint16_t type,
    int (*each)(void *user, const struct nlmsghdr *message))
{
	uint32_t buffer[64] = {0};
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct netlink_walk walk = {.each = each, .user = loader};
	struct rtgenmsg *body;
	int r;

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	walk.seq = message->nlmsg_seq = ++loader->asker.seq;
	body = mnl_nlmsg_put_extra_header(message, sizeof(*body));
	body->rtgen_family = AF_UNSPEC;
	r = netlink_send(loader->asker.fd, message);
	if (r == 0)
		r = netlink_walk(loader->asker.fd, loader->asker.buffer, &walk);
	return r == 0 && walk.is_interrupted ? -EAGAIN : r;
}

/* slaves know the kind of their master themselves, but a kernel may not tell */
static void
masters_name(struct net *net)
{
	for (size_t i = 0; i < net->interface_count; i++) {
		struct net_interface *slave = &net->interfaces[i];
		const struct net_interface *master =
		    net_interface_by_index(net, slave->master);

		if (slave->master_kind[0] == '\0' && master != NULL)
			(void)strcpy(slave->master_kind, master->kind);
	}
}

int
net_link_open(struct net_link *ret, struct why *why)
{
	int fd = netlink_open(NETLINK_ROUTE, why);

	if (fd < 0)
		return fd;
	ret->route = fd;
	ret->diag = netlink_open(NETLINK_SOCK_DIAG, NULL);
	return 0;
}

void
net_link_close(struct net_link *link)
{
	if (link->route >= 0)
		(void)close(link->route);
	if (link->diag >= 0)
		(void)close(link->diag);
	link->route = link->diag = -1;
}

/* Of one moment each, or -EAGAIN: begin anew. */
static int
parts_load(struct net_loader *loader)
{
	int r;

	loader->net.interface_count = 0;
	loader->net.address_count = 0;
	r = dump(loader, RTM_GETLINK, take_link);
	if (r == 0)
		r = dump(loader, RTM_GETADDR, take_address);
	return r == 0 ? net_route_defaults(&loader->asker, &loader->net) : r;
}

int
net_load(struct arena *arena, const struct net_link *link, struct net **ret,
    struct why *why)
{
	struct net_loader *loader = arena_alloc(arena, 1, sizeof(*loader));
	struct net *net = &loader->net;
	int r;

	loader->arena = arena;
	loader->asker = (struct net_asker){
	    .fd = link->route, .buffer = arena_alloc(arena, 1, NETLINK_BYTES)};
	r = -EAGAIN;
	for (int i = 0; i < TRIES_MAX && r == -EAGAIN; i++)
		r = parts_load(loader);
	if (r < 0)
		return why_set(why, r, "ask for the network of this host: %s",
		    strerror(-r));
	if (dump(loader, RTM_GETRULE, take_rule) < 0)
		net->is_mark_routed = true;
	masters_name(net);
	if (link->diag >= 0)
		net_listen_load(arena, link->diag, loader->asker.buffer, net);
	net->route = net_route_ask;
	net->user = &loader->asker;
	*ret = net;
	return 0;
}
