/*
 * dns_self.c - this host as the world sees it, for those who judge
 *
 * Purpose  is an address one of ours?
 * Input    addresses as text: some from replies
 * Errors   what is no address is the same as none
 * Runs as  observer
 * Source   dns_self.h; inet_pton(3)
 */
#include "agent/dns/dns_self.h"

#include <sys/socket.h>

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

int
dns_self_family(const char *address)
{
	uint8_t bytes[16];

	if (inet_pton(AF_INET, address, bytes) == 1)
		return DNS_V4;
	return inet_pton(AF_INET6, address, bytes) == 1 ? DNS_V6 : -1;
}

bool
dns_address_same(const char *a, const char *b)
{
	const int family = dns_self_family(a);
	const int domain = family == DNS_V4 ? AF_INET : AF_INET6;
	uint8_t left[16] = {0}, right[16] = {0};

	if (family < 0 || family != dns_self_family(b))
		return false;
	(void)inet_pton(domain, a, left);
	(void)inet_pton(domain, b, right);
	return memcmp(left, right, sizeof(left)) == 0;
}

bool
dns_self_has(const struct dns_self *self, const char *address)
{
	for (size_t i = 0; i < self->address_count; i++)
		if (dns_address_same(self->addresses[i], address))
			return true;
	return false;
}
