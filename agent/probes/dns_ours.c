/*
 * dns_ours.c - identity, as those who judge want it
 *
 * Purpose  addresses and the name of this host, for agent/dns
 * Input    the identity
 * Errors   none
 * Runs as  observer
 * Source   identity.h, dns_self.h
 */
#include "agent/probes/dns_ours.h"

struct dns_self
dns_ours(struct arena *arena, const struct identity *identity)
{
	const char **addresses =
	    arena_alloc(arena, identity->address_count + 1, sizeof(*addresses));
	struct dns_self self = {.name = identity->helo,
	    .addresses = addresses,
	    .address_count = identity->address_count};

	for (size_t i = 0; i < identity->address_count; i++)
		addresses[i] = identity->addresses[i].text;
	for (size_t i = 0; i < DNS_FAMILIES; i++) {
		self.unknown[i] = identity->address_unknown[i];
		self.is_inside[i] = identity->is_inside[i];
	}
	return self;
}
