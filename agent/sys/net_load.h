/*
 * net_load.h - interfaces, addresses, listeners; routes when asked
 */
#ifndef MAILFIX_SYS_NET_LOAD_H
#define MAILFIX_SYS_NET_LOAD_H

#include "agent/base/mem.h"
#include "agent/firewall/net.h"

/*
 * net_load - a snapshot over rtnetlink and sock_diag
 *
 * arena     holds it
 * route_fd  a NETLINK_ROUTE socket for net->route, which stays in use; any
 *           user may ask. net_route_open makes one.
 *
 * No listeners: has_listeners is false, and the rest is there. Returns 0 or a
 * negative errno with why.
 */
int net_route_open(struct why *why);
int net_load(
    struct arena *arena, int route_fd, struct net **ret, struct why *why);

#endif
