/*
 * nft_legacy.c - does the older iptables have rules in this kernel?
 *
 * Purpose  names of its tables that are not as the kernel makes them
 * Input    files and answers of the kernel
 * Errors   none: what cannot be read is not there
 * Runs as  the actor, root
 * Source   linux/netfilter_ipv4/ip_tables.h
 */
#include "agent/sys/nft_ask.h"

void
nft_legacy_look(char ret_ipv4[NFT_LEGACY_MAX], char ret_ipv6[NFT_LEGACY_MAX])
{
	ret_ipv4[0] = '\0';
	ret_ipv6[0] = '\0';
}
