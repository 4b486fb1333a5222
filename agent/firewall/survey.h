/*
 * survey.h - how one port stands: for each family and interface, for anyone
 *
 * Which questions an admin means by "is port 587 open?", asked of question.h,
 * and what the answers come to.
 */
#ifndef MAILFIX_FIREWALL_SURVEY_H
#define MAILFIX_FIREWALL_SURVEY_H

#include "agent/firewall/question.h"

/* As `explain port` and the probe ask; what is not given is chosen. */
struct nf_survey_query {
	enum nf_direction direction;
	uint16_t port;
	struct nf_address from, to; /* family 0: not given */
	const char *interface;      /* NULL: each with a default route */
	bool is_user_known;         /* out: the user that sends the mail */
	uint32_t uid, gid;
	/* others are looked for only where anyone is refused: it is quicker */
	bool is_brief;
};

/* One family on one interface. */
struct nf_verdict_row {
	uint8_t family; /* AF_INET, AF_INET6 */
	const struct net_interface *interface;
	struct nf_question question; /* the one that `answer` answers */
	/* from and to were chosen here: they stand for anyone outside */
	bool is_from_anyone, is_to_anyone;
	struct nf_answer answer;
	/*
	 * For anyone: others are treated in another way at this port:
	 * "203.0.113.0/24", "@blocked"; NULL: all alike as far as the rules
	 * tell. Who may reach any port, a trusted network, is not told.
	 */
	const char *others;
	enum nf_outcome others_outcome;
	/*
	 * Refused though a rule behind the deciding one accepts this very port:
	 * which; chain NULL: none
	 */
	const struct nf_chain *shadowed_chain;
	const struct nf_rule *shadowed_rule;
};

struct nf_survey {
	struct nf_verdict_row *rows; /* in the arena; ipv4 first */
	size_t count;
	/* why there is no row for a family, or NULL: "no IPv6 default route" */
	const char *no_ipv4, *no_ipv6;
};

/* nf_answer_refuses - it does not get through, in the ordinary case at least */
bool nf_answer_refuses(const struct nf_answer *answer);

/*
 * nf_row_is_served - does something listen where that row leads to?
 * Closed where nothing listens is not missed. Also true when nothing listens on
 * the port at all, or that is not known: then every row counts.
 */
bool nf_row_is_served(const struct net *net, const struct nf_verdict_row *row);

/*
 * Returns as nf_ask; -ENODEV: there is no such interface, or no such address
 * on it.
 */
int nf_survey(struct arena *arena, const struct nf_ruleset *ruleset,
    const struct net *net, const struct nf_survey_query *query,
    struct nf_survey *ret, struct why *why);

#endif
