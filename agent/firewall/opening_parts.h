/*
 * opening_parts.h - between opening.c, opening_place.c, opening_check.c and
 * manager.c
 */
#ifndef MAILFIX_FIREWALL_OPENING_PARTS_H
#define MAILFIX_FIREWALL_OPENING_PARTS_H

#include "agent/firewall/opening.h"

/* nf_manager_program - "fail2ban"; NULL where nf_manager_of is not OTHER */
const char *nf_manager_program(
    const struct nf_ruleset *ruleset, const struct nf_chain *chain);

/* opening_rule_is_passive - it counts, logs, remarks, and decides nothing */
bool opening_rule_is_passive(const struct nf_rule *rule);
/* opening_rule_is_for_all - no conditions; NULL, a policy, has none either */
bool opening_rule_is_for_all(const struct nf_rule *rule);
/* mailcow's netfilter ends and begins anew, for ever, when it is not the first */
bool opening_rule_is_mailcow(const struct nf_rule *rule);

/* What is at hand while a plan is made. */
struct opening_work {
	struct arena *arena;
	struct nf_ruleset *ruleset;
	const struct net *net;
	const struct nf_survey *survey;
	uint16_t port;
	struct nf_answer *answers; /* [survey->count], as the model is now */
	struct why *why;
};

/*
 * opening_bases_count - how many base chains lead there? or a negative errno
 * All chains of the table are loaded for it.
 */
int opening_bases_count(
    const struct opening_work *work, const struct nf_chain *chain);

/* Where a rule would stand: before rules[index], or at the end. */
struct opening_place {
	struct nf_chain *chain;
	size_t index;
	struct nf_chain *base; /* in which this chain was reached */
	enum nf_manager manager;
};

/*
 * opening_place_find - where an accept overrules what refuses this row
 * -EPERM with the advice where there is no such place.
 */
int opening_place_find(struct opening_work *work,
    const struct nf_verdict_row *row, const struct nf_answer *answer,
    struct opening_place *ret);

/* opening_is_open, _is_refused - neither: it is not known well enough */
bool opening_is_open(const struct nf_answer *answer);
bool opening_is_refused(const struct nf_answer *answer);

/*
 * What must not change: other ports, and addresses that the rules treat in
 * another way than anyone.
 */
struct opening_check; /* in the arena */

/*
 * opening_check_begin - ask, before the model is changed
 * -EPERM: the port is open for some on purpose.
 */
int opening_check_begin(struct opening_work *work, struct opening_check **ret);

/* opening_check_end - ask again; -EPERM: something else would change */
int opening_check_end(
    struct opening_work *work, const struct opening_check *check);

#endif
