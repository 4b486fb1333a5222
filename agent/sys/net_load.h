/*
 * net_load.h - interfaces, addresses, listeners; routes when asked
 */
#ifndef MAILFIX_SYS_NET_LOAD_H
#define MAILFIX_SYS_NET_LOAD_H

#include "agent/base/mem.h"
#include "agent/firewall/net.h"

/* Sockets that any user may ask with; made before a process is shut in. */
struct net_link {
	int route; /* NETLINK_ROUTE */
	int diag;  /* NETLINK_SOCK_DIAG; -1: no listeners */
};

int net_link_open(struct net_link *ret, struct why *why);
void net_link_close(struct net_link *link);

/*
 * net_load - a snapshot over rtnetlink and sock_diag
 *
 * arena  holds it
 * link   stays in use for net->route
 *
 * No listeners: has_listeners is false, and the rest is there. Returns 0 or a
 * negative errno with why.
 */
int net_load(struct arena *arena, const struct net_link *link, struct net **ret,
    struct why *why);

#endif
