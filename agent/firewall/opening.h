/*
 * opening.h - which rule would open a port, and where it must stand
 *
 * An accept in a chain of one's own does not overrule a drop elsewhere: every
 * base chain must accept. So the rule goes before the one that decides, in that
 * chain, and the changed rule set is evaluated before anybody is asked.
 */
#ifndef MAILFIX_FIREWALL_OPENING_H
#define MAILFIX_FIREWALL_OPENING_H

#include "agent/base/buf.h"
#include "agent/firewall/survey.h"

/* Who writes this host's rules. */
enum nf_manager {
	NF_MANAGER_NONE,     /* there are no rules that could refuse */
	NF_MANAGER_NFTABLES, /* nft, by hand or from a file at boot */
	NF_MANAGER_IPTABLES, /* iptables-nft, by hand or from a file */
	NF_MANAGER_UFW,
	NF_MANAGER_FIREWALLD,
	NF_MANAGER_OTHER, /* another program owns the deciding table */
};

const char *nf_manager_name(enum nf_manager manager);

/* nf_manager_of - who writes the rules of that chain, by its shape and names */
enum nf_manager nf_manager_of(
    const struct nf_ruleset *ruleset, const struct nf_chain *chain);

/* The longest name of the kernel, with its end (NFT_NAME_MAXLEN). */
#define NF_NAME_BYTES 256U

/* The one accept rule: nothing wider can be said with it. */
struct nf_accept {
	uint8_t family; /* of the table */
	char table[NF_NAME_BYTES], chain[NF_NAME_BYTES];
	uint64_t before; /* handle of the rule it goes before; 0: at the end */
	uint16_t port;
	uint8_t only_family;     /* AF_INET, AF_INET6; 0: as the table's */
	char only_interface[16]; /* ""; else iifname */
};

/*
 * nf_accept_text - "tcp dport 587 accept", 'meta nfproto ipv6 iifname "eth1"
 * tcp dport 587 accept'
 * nf_accept_parse - the same, back; -EINVAL. Family, table, chain and place
 * are not part of it and stay as they are in *ret.
 */
void nf_accept_text(struct buf *out, const struct nf_accept *accept);
int nf_accept_parse(const char *text, struct nf_accept *ret);

/* nf_accept_is_valid - can it be written? Table and names are there and sound */
bool nf_accept_is_valid(const struct nf_accept *accept);

/* nf_accept_rule - as a rule of the model, in its arena; comment may be NULL */
struct nf_rule nf_accept_rule(
    struct arena *arena, const struct nf_accept *accept, const char *comment);

#define NF_OPENING_MAX 4U

struct nf_opening {
	enum nf_manager manager;
	/*
	 * NFTABLES, IPTABLES: rules to be put in, in this order. UFW, FIREWALLD:
	 * where it was tried what their own command would do: in chains
	 * "ufw-user-input", "filter_IN_ZONE_allow"
	 */
	struct nf_accept accepts[NF_OPENING_MAX];
	size_t count;
	/* what refused: "inet filter input, handle 12: drop" */
	const char *place;
	const char *families; /* "IPv4", "IPv6", "IPv4 and IPv6" */
};

/*
 * nf_opening_plan - what would open this port to anyone outside
 *
 * survey  of that port, inbound; of this rule set
 *
 * The rule set is changed for a moment, evaluated, and put back. Then every
 * base chain accepts, the way back too, and control ports keep their verdicts.
 * -EALREADY: it is open. -EPERM: it cannot or must not be done here, why says
 * it for people (a prerouting drop, an owned table, a program that wants to be
 * first, blocked for some addresses only). -ENODATA: not known well enough.
 */
int nf_opening_plan(struct arena *arena, struct nf_ruleset *ruleset,
    const struct net *net, const struct nf_survey *survey, uint16_t port,
    struct nf_opening *ret, struct why *why);

#endif
