/*
 * rule_text.h - rules in words that nft(8) would use
 */
#ifndef MAILFIX_FIREWALL_RULE_TEXT_H
#define MAILFIX_FIREWALL_RULE_TEXT_H

#include "agent/base/buf.h"
#include "agent/firewall/net.h"
#include "agent/firewall/ruleset.h"

/*
 * nf_rule_text - "tcp dport { 25, 465 } ct state new accept", one line
 *
 * net  names of interfaces; or NULL
 * What cannot be said in nft's words is named in brackets: "[xt recent]". Long
 * sets are cut. Printable, whatever a rule carries.
 */
void nf_rule_text(struct buf *out, const struct nf_ruleset *ruleset,
    const struct nf_chain *chain, const struct nf_rule *rule,
    const struct net *net);

/* "inet filter input" */
void nf_chain_text(struct buf *out, const struct nf_chain *chain);

/* "inet filter input, handle 12: tcp dport 25 drop", "..., policy: drop" */
void nf_place_text(struct buf *out, const struct nf_ruleset *ruleset,
    const struct nf_chain *chain, const struct nf_rule *rule,
    const struct net *net);

#endif
