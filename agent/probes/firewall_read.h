/*
 * firewall_read.h - the rule set and the network, read in an observer
 *
 * Opened by the actor, which alone may; read by a process that is shut in.
 */
#ifndef MAILFIX_PROBES_FIREWALL_READ_H
#define MAILFIX_PROBES_FIREWALL_READ_H

#include "agent/firewall/question.h"
#include "agent/sys/net_load.h"
#include "agent/sys/nft_load.h"

struct firewall_link {
	struct nft_link nft;
	struct net_link net;
};

/* The descriptors of a link, for those who pass them on; -1: there is none. */
#define FIREWALL_FDS 4U

/* firewall_link_open - as root, and before any fork; errors as nft_link_open */
int firewall_link_open(struct firewall_link *ret, struct why *why);
void firewall_link_close(struct firewall_link *link);

void firewall_link_fds(const struct firewall_link *link, int fds[FIREWALL_FDS]);
void firewall_link_set_fds(
    struct firewall_link *link, const int fds[FIREWALL_FDS]);

/*
 * firewall_read - load, and use what was loaded
 *
 * use  gets what is valid until it returns; it may be called again when it
 *      returns -ESTALE, and then must not have told anything yet
 *
 * Returns what `use` does, or a negative errno with why; -EAGAIN: the rules are
 * changed all the time.
 */
typedef int firewall_use_fn(void *user, struct arena *arena,
    struct nf_ruleset *ruleset, const struct net *net, struct why *why);
int firewall_read(struct firewall_link *link, firewall_use_fn *use, void *user,
    struct why *why);

#endif
