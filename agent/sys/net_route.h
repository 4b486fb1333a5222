/*
 * net_route.h - one route, asked from the kernel; between net_load.c and it
 */
#ifndef MAILFIX_SYS_NET_ROUTE_H
#define MAILFIX_SYS_NET_ROUTE_H

#include "agent/firewall/net.h"

struct net_asker {
	int fd; /* NETLINK_ROUTE */
	uint32_t seq;
	void *buffer; /* NETLINK_BYTES */
};

/* net_route_ask - net->route; user is a struct net_asker */
int net_route_ask(void *user, const struct net_route_query *query,
    struct net_route *ret, struct why *why);

/* net_route_defaults - which interfaces have a default route; -errno */
int net_route_defaults(struct net_asker *asker, struct net *net);

#endif
