/*
 * nft_ipset.h - is something in an ipset, which matches of iptables refer to
 */
#ifndef MAILFIX_SYS_NFT_IPSET_H
#define MAILFIX_SYS_NFT_IPSET_H

#include "agent/sys/nft_load.h"

/*
 * nft_ipset_test - 1: in it, 0: not, negative errno: cannot be told
 * buffer  NETLINK_BYTES
 */
int nft_ipset_test(struct nft_link *link, void *buffer, uint16_t index,
    const struct nf_ipset_key *key, struct why *why);

#endif
