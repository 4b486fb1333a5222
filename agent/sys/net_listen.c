/*
 * net_listen.c - which TCP sockets listen, with their addresses
 *
 * Purpose  listeners as rules see them
 * Input    messages of the kernel
 * Errors   none: has_listeners is false
 * Runs as  observer; any user may ask
 * Source   sock_diag(7)
 */
#include "agent/sys/net_listen.h"

#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "agent/base/auto.h"
#include "agent/sys/netlink.h"
#include "agent/sys/sockdiag.h"

/* TCP_LISTEN as the bit of a mask */
#define STATE_LISTEN (1U << 10)

/* struct inet_diag_sockopt, since Linux 5.11: the bit of its first bytes */
#define SOCKOPT_ATTRIBUTE   22
#define SOCKOPT_BYTE        0
#define SOCKOPT_TRANSPARENT (1U << 5)

struct listening {
	struct arena *arena;
	struct net *net;
	size_t size;
};

static void
attributes_read(const struct nlmsghdr *message, struct net_listener *ret)
{
	size_t at = NLMSG_SPACE(sizeof(struct inet_diag_msg));

	while (at + sizeof(struct nlattr) <= message->nlmsg_len) {
		const struct nlattr *attr =
		    (const void *)((const char *)message + at);
		const uint8_t *bytes = mnl_attr_get_payload(attr);

		if (attr->nla_len < sizeof(*attr) ||
		    attr->nla_len > message->nlmsg_len - at)
			return;
		if (attr->nla_len > sizeof(*attr) &&
		    mnl_attr_get_type(attr) == INET_DIAG_SKV6ONLY)
			ret->is_v6_only = bytes[0] != 0;
		if (attr->nla_len > sizeof(*attr) + SOCKOPT_BYTE &&
		    mnl_attr_get_type(attr) == SOCKOPT_ATTRIBUTE)
			ret->is_transparent =
			    (bytes[SOCKOPT_BYTE] & SOCKOPT_TRANSPARENT) != 0;
		at += (size_t)NLA_ALIGN(attr->nla_len);
	}
}

static int
take_listener(void *user, const struct nlmsghdr *message)
{
	struct listening *listening = user;
	struct net *net = listening->net;
	const struct inet_diag_msg *body = mnl_nlmsg_get_payload(message);
	struct net_listener *listener;

	if (message->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    message->nlmsg_len < NLMSG_LENGTH(sizeof(*body)) ||
	    net->listener_count == SOCKDIAG_LISTENERS_MAX)
		return 0;
	if (net->listener_count == listening->size) {
		size_t size = listening->size == 0 ? 32 : listening->size * 2;
		struct net_listener *more =
		    arena_alloc(listening->arena, size, sizeof(*more));

		if (net->listener_count != 0)
			(void)memcpy(more, net->listeners,
			    net->listener_count * sizeof(*more));
		net->listeners = more;
		listening->size = size;
	}
	listener = &net->listeners[net->listener_count++];
	*listener =
	    (struct net_listener){.address = {.family = body->idiag_family},
	        .port = ntohs(body->id.idiag_sport)};
	(void)memcpy(listener->address.bytes, body->id.idiag_src,
	    body->idiag_family == AF_INET ? 4 : 16);
	attributes_read(message, listener);
	return 0;
}

void
net_listen_load(struct arena *arena, int fd, void *buffer, struct net *net)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	struct listening listening = {.arena = arena, .net = net};

	for (size_t i = 0; i < ARRAY_COUNT(families); i++) {
		uint32_t bytes[64] = {0};
		struct nlmsghdr *message = mnl_nlmsg_put_header(bytes);
		struct netlink_walk walk = {.seq = (uint32_t)i + 1,
		    .each = take_listener,
		    .user = &listening};
		struct inet_diag_req_v2 *body;
		int r;

		message->nlmsg_type = SOCK_DIAG_BY_FAMILY;
		message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
		message->nlmsg_seq = walk.seq;
		body = mnl_nlmsg_put_extra_header(message, sizeof(*body));
		body->sdiag_family = families[i];
		body->sdiag_protocol = IPPROTO_TCP;
		body->idiag_states = STATE_LISTEN;
		r = netlink_send(fd, message);
		if (r == 0)
			r = netlink_walk(fd, buffer, &walk);
		/* a kernel without IPv6 has no such sockets */
		if (r < 0 && !(r == -ENOENT && families[i] == AF_INET6))
			return;
	}
	net->has_listeners = true;
}
