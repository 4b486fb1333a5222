/*
 * firewall_read.c - the rule set and the network, read in an observer
 *
 * Purpose  open what only root may open; read, and begin anew when the rules
 *          change meanwhile
 * Input    netlink messages of the kernel; names that root or a container gave
 * Errors   -EPERM: needs root; -EAGAIN: no two looks were alike
 * Runs as  firewall_link_* in the actor, firewall_read in an observer
 * Source   agent/sys/nft_load.h
 */
#include "agent/probes/firewall_read.h"

#include <errno.h>
#include <unistd.h>

/*
 * A look takes a millisecond; fail2ban and Docker change a few elements a
 * minute. Who changes rules five times in a row is not done yet.
 */
#define TRIES 5

int
firewall_link_open(struct firewall_link *ret, struct why *why)
{
	struct firewall_link link = {0};
	int r = nft_link_open(true, &link.nft, why);

	if (r == -EPERM)
		return why_set(why, -EPERM, "%s",
		    geteuid() == 0 ? "root has no CAP_NET_ADMIN here, without "
		                     "which nobody reads the rule set"
		                   : "the rule set needs root");
	if (r < 0)
		return r;
	r = net_link_open(&link.net, why);
	if (r < 0) {
		nft_link_close(&link.nft);
		return r;
	}
	*ret = link;
	return 0;
}

void
firewall_link_close(struct firewall_link *link)
{
	nft_link_close(&link->nft);
	net_link_close(&link->net);
}

void
firewall_link_fds(const struct firewall_link *link, int fds[FIREWALL_FDS])
{
	fds[0] = link->nft.fd;
	fds[1] = link->nft.asker;
	fds[2] = link->net.route;
	fds[3] = link->net.diag;
}

void
firewall_link_set_fds(struct firewall_link *link, const int fds[FIREWALL_FDS])
{
	link->nft.fd = fds[0];
	link->nft.asker = fds[1];
	link->net.route = fds[2];
	link->net.diag = fds[3];
}

static int
read_once(struct firewall_link *link, firewall_use_fn *use, void *user,
    struct why *why)
{
	struct arena *arena = arena_new();
	struct nf_ruleset *ruleset;
	struct net *net;
	int r = nft_load(arena, &link->nft, &ruleset, why);

	if (r == 0)
		r = net_load(arena, &link->net, &net, why);
	if (r == 0)
		r = use(user, arena, ruleset, net, why);
	arena_free(arena);
	return r;
}

int
firewall_read(struct firewall_link *link, firewall_use_fn *use, void *user,
    struct why *why)
{
	for (int i = 0; i < TRIES; i++) {
		int r = read_once(link, use, user, why);

		if (r != -ESTALE)
			return r;
	}
	return why_set(why, -EAGAIN, "the rule set is changed again and again");
}
