/*
 * nft_load.h - the kernel's rule set over netlink, as agent/firewall has it
 *
 * Only what a question needs: tables, chains and the names of sets at once, the
 * rules of a chain and the elements of a set when the evaluation gets there.
 * All of it is of one generation, or it is begun anew.
 */
#ifndef MAILFIX_SYS_NFT_LOAD_H
#define MAILFIX_SYS_NFT_LOAD_H

#include <sys/types.h>

#include "agent/firewall/ruleset.h"

/* "raw, mangle, nat, filter, security of iptables-legacy", and others */
#define NFT_LEGACY_MAX 96

/*
 * nft_link - a netlink socket of which somebody else may ask
 *
 * The kernel lets only CAP_NET_ADMIN ask for rules, and who may ask may also
 * change them. So the reader of the answers has no such right: a process of its
 * own, which reads nothing but fixed-size questions of a closed list, sends them
 * over the same socket, and the answers come to the reader.
 */
struct nft_link {
	int fd;       /* NETLINK_NETFILTER, bound; the answers */
	int asker;    /* SOCK_SEQPACKET to the asker; -1: ask by oneself */
	pid_t helper; /* to be reaped by who opened; 0: none */
	uint32_t seq; /* of the last question */
	/* of the older iptables, as they were when the link was opened */
	char legacy_ipv4[NFT_LEGACY_MAX], legacy_ipv6[NFT_LEGACY_MAX];
};

/*
 * nft_link_open - the socket, and with `is_apart` the asker
 * -EPERM: needs root (CAP_NET_ADMIN); -EOPNOTSUPP: the kernel has no nf_tables.
 */
int nft_link_open(bool is_apart, struct nft_link *ret, struct why *why);
void nft_link_close(struct nft_link *link); /* ends and reaps the asker */

struct nft_loader;

/*
 * nft_load - open a snapshot
 *
 * arena  holds the rule set and the loader; the link must outlive it
 *
 * A generation that keeps changing is -EAGAIN after a few tries, with why.
 */
int nft_load(struct arena *arena, struct nft_link *link,
    struct nf_ruleset **ret, struct why *why);

/* nft_load_is_current - has nothing been changed since nft_load? 1, 0, errno */
int nft_load_is_current(const struct nf_ruleset *ruleset, struct why *why);

#endif
