/*
 * net.c - addresses and interfaces of this host
 *
 * Purpose  text and bytes of addresses; find in a snapshot
 * Input    texts from the command line; a snapshot
 * Errors   -EINVAL: no address
 * Runs as  both roles
 * Source   inet_pton(3), RFC 6724 section 5 for which address is given out
 */
#include "agent/firewall/net.h"

#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

static size_t
address_length(uint8_t family)
{
	return family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;
}

int
net_address_parse(const char *text, struct nf_address *ret)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};

	for (size_t i = 0; i < sizeof(families); i++) {
		struct nf_address address = {.family = families[i]};

		if (inet_pton(families[i], text, address.bytes) == 1) {
			*ret = address;
			return 0;
		}
	}
	return -EINVAL;
}

const char *
net_address_format(const struct nf_address *address, char *text)
{
	if (address_length(address->family) == 0 ||
	    inet_ntop(address->family, address->bytes, text,
	        INET6_ADDRSTRLEN) == NULL)
		(void)strcpy(text, "none");
	return text;
}

bool
net_address_equal(const struct nf_address *a, const struct nf_address *b)
{
	return a->family == b->family &&
	       memcmp(a->bytes, b->bytes, address_length(a->family)) == 0;
}

const struct net_interface *
net_interface_by_index(const struct net *net, unsigned index)
{
	for (size_t i = 0; index != 0 && i < net->interface_count; i++)
		if (net->interfaces[i].index == index)
			return &net->interfaces[i];
	return NULL;
}

const struct net_interface *
net_interface_by_name(const struct net *net, const char *name)
{
	for (size_t i = 0; i < net->interface_count; i++)
		if (strcmp(net->interfaces[i].name, name) == 0)
			return &net->interfaces[i];
	return NULL;
}

/* All of 127.0.0.0/8 is local though only 127.0.0.1 is on an interface. */
bool
net_is_own(const struct net *net, const struct nf_address *address)
{
	if (address->family == AF_INET && address->bytes[0] == 127)
		return true;
	for (size_t i = 0; i < net->address_count; i++)
		if (net_address_equal(&net->addresses[i].address, address))
			return true;
	return false;
}

/* Better ones first; the kernel gives out the first of equals. */
static int
address_rank(const struct net_own_address *own)
{
	bool is_unique_local = own->address.family == AF_INET6 &&
	                       (own->address.bytes[0] & 0xfe) == 0xfc;

	return (own->is_global ? 4 : 0) + (own->is_deprecated ? 0 : 2) +
	       (is_unique_local ? 0 : 1);
}

const struct nf_address *
net_address_on(const struct net *net, unsigned index, uint8_t family)
{
	const struct net_own_address *best = NULL;

	for (size_t i = 0; i < net->address_count; i++) {
		const struct net_own_address *own = &net->addresses[i];

		if (own->index != index || own->address.family != family)
			continue;
		if (best == NULL || address_rank(own) > address_rank(best))
			best = own;
	}
	return best != NULL ? &best->address : NULL;
}
