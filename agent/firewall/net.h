/*
 * net.h - the network of this host, as far as rules ask about it
 *
 * Interfaces, addresses and listening sockets are a snapshot; routes are asked
 * one by one, for only the kernel knows its policy routing. agent/sys/net_load.h
 * fills it from the kernel, tests by hand.
 */
#ifndef MAILFIX_FIREWALL_NET_H
#define MAILFIX_FIREWALL_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/why.h"

struct nf_address {
	uint8_t family; /* AF_INET, AF_INET6 */
	uint8_t bytes[16];
};

/* net_address_parse - "192.0.2.1", "2001:db8::1"; -EINVAL */
int net_address_parse(const char *text, struct nf_address *ret);
/* net_address_format - into text, INET6_ADDRSTRLEN; returns text */
const char *net_address_format(const struct nf_address *address, char *text);
bool net_address_equal(const struct nf_address *a, const struct nf_address *b);

struct net_interface {
	unsigned index;
	char name[16];
	char kind[16]; /* "veth", "bridge"; "" for hardware */
	uint16_t type; /* ARPHRD_... */
	uint32_t group;
	unsigned master;      /* index of the bridge, bond or vrf; 0: none */
	char master_kind[16]; /* of that; "" */
	bool is_up, is_loopback;
	/* a default route leads out here */
	bool has_default_v4, has_default_v6;
};

struct net_own_address {
	unsigned index; /* of the interface */
	struct nf_address address;
	uint8_t prefix_length;
	bool is_global;     /* scope; not link-local, not host */
	bool is_deprecated; /* or temporary, tentative: not what we give out */
};

struct net_listener {
	struct nf_address address; /* all zero: any */
	uint16_t port;
	bool is_v6_only;
	bool is_transparent;
};

/* Where a packet would go. */
enum net_route_type {
	NET_ROUTE_UNKNOWN,
	NET_ROUTE_UNICAST,
	NET_ROUTE_LOCAL,
	NET_ROUTE_BROADCAST,
	NET_ROUTE_ANYCAST,
	NET_ROUTE_MULTICAST,
	NET_ROUTE_BLACKHOLE,
	NET_ROUTE_UNREACHABLE,
	NET_ROUTE_PROHIBIT,
	NET_ROUTE_NONE, /* no route at all */
	/* iif is given: nothing from there is taken there (rp_filter) */
	NET_ROUTE_FILTERED,
};

struct net_route {
	enum net_route_type type;
	unsigned oif;              /* 0: none */
	struct nf_address source;  /* preferred; family 0: none */
	struct nf_address gateway; /* family 0: on the link */
	uint32_t realm;            /* of IPv4; 0: none */
};

/* What decides a route; zero: not given. */
struct net_route_query {
	struct nf_address to;
	struct nf_address from; /* family 0: any */
	unsigned iif, oif;
	uint32_t mark;
	uint32_t uid;
	bool is_uid_known;
	/* as the fib expression asks: the table of the routes only, no policy */
	bool is_fib;
};

struct net {
	struct net_interface *interfaces;
	size_t interface_count;
	struct net_own_address *addresses;
	size_t address_count;
	struct net_listener *listeners;
	size_t listener_count;
	bool has_listeners; /* false: they could not be read */
	/* a rule of policy routing asks for marks, or they could not be read */
	bool is_mark_routed;
	/*
	 * route - returns 0, or a negative errno with why when the kernel cannot
	 * be asked; "there is none" is an answer. NULL: cannot be asked.
	 */
	int (*route)(void *user, const struct net_route_query *query,
	    struct net_route *ret, struct why *why);
	void *user;
};

const struct net_interface *net_interface_by_index(
    const struct net *net, unsigned index);
const struct net_interface *net_interface_by_name(
    const struct net *net, const char *name);
bool net_is_own(const struct net *net, const struct nf_address *address);
/* the address by which the world reaches us there; NULL: none */
const struct nf_address *net_address_on(
    const struct net *net, unsigned index, uint8_t family);

#endif
