/*
 * nft_ipset.c - is something in an ipset, which matches of iptables refer to
 *
 * Purpose  name and type of a set by its number, then a test of one element
 * Input    answers of the kernel; names that an administrator gave
 * Errors   negative errno: cannot be told
 * Runs as  observer
 * Source   linux/netfilter/ipset/ip_set.h, ipset(8)
 */
#include "agent/sys/nft_ipset.h"

#include <errno.h>

int
nft_ipset_test(const struct nft_link *link, void *buffer, uint32_t *seq,
    uint16_t index, const struct nf_ipset_key *key, struct why *why)
{
	(void)link;
	(void)buffer;
	(void)seq;
	(void)key;
	return why_set(why, -EOPNOTSUPP, "ipset %u is not looked into", index);
}
