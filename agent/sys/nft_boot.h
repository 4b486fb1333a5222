/*
 * nft_boot.h - where the rules of nf_tables come from when the host boots
 */
#ifndef MAILFIX_SYS_NFT_BOOT_H
#define MAILFIX_SYS_NFT_BOOT_H

#include <stdbool.h>

#include "agent/base/mem.h"

struct nft_boot {
	/* "/etc/nftables.conf", of nftables.service; NULL: there is no such unit,
	 * or it loads something else */
	const char *file;
	bool is_enabled;      /* it is loaded at boot */
	bool is_from_nothing; /* it begins with `flush ruleset` */
	/* "/etc/nftables.d": the file ends with an include of all *.nft in it;
	 * NULL: it does not */
	const char *folder;
	/* rules of iptables are loaded at boot: "/etc/iptables"; or NULL */
	const char *iptables;
};

/* nft_boot_find - best effort; what cannot be told is NULL, false */
void nft_boot_find(struct arena *arena, struct nft_boot *ret);

#endif
