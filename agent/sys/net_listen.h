/*
 * net_listen.h - which TCP sockets listen, with their addresses
 */
#ifndef MAILFIX_SYS_NET_LISTEN_H
#define MAILFIX_SYS_NET_LISTEN_H

#include "agent/base/mem.h"
#include "agent/firewall/net.h"

/*
 * net_listen_load - into net->listeners; has_listeners says whether it worked
 * fd  NETLINK_SOCK_DIAG; buffer  NETLINK_BYTES
 */
void net_listen_load(
    struct arena *arena, int fd, void *buffer, struct net *net);

#endif
