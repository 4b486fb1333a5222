/*
 * survey_parts.h - between survey.c, survey_place.c and survey_behind.c
 */
#ifndef MAILFIX_FIREWALL_SURVEY_PARTS_H
#define MAILFIX_FIREWALL_SURVEY_PARTS_H

#include "agent/firewall/survey.h"

/* One family on this many interfaces with a default route is enough to tell. */
#define SURVEY_PLACES_MAX 8U

/* Where a question of one family is asked, and who stands in it. */
struct survey_place {
	const struct net_interface *interface; /* NULL: it is not known */
	struct nf_question question;
	bool is_from_anyone, is_to_anyone;
};

bool survey_is_loopback(const struct nf_address *address);

/* survey_listens - is there a socket for that port of that address? */
bool survey_listens(const struct net_listener *listener, uint16_t port,
    const struct nf_address *address);

/* Strangers: `anyone` is one of them, and the others agree. */
#define SURVEY_STRANGERS 3U

/* survey_stranger - the i-th of that family; an address of our own is skipped */
struct nf_address survey_stranger(
    const struct net *net, uint8_t family, unsigned i);

struct survey {
	struct arena *arena;
	const struct nf_ruleset *ruleset;
	const struct net *net;
	const struct nf_survey_query *query;
};

/*
 * survey_anyone - who stands for anyone there, the i-th: a stranger; inbound
 * where no default route leads out, so that no answer would reach one, a
 * neighbour of our address there
 */
struct nf_address survey_anyone(const struct survey *survey,
    const struct net_interface *interface, uint8_t family, unsigned i);

/*
 * survey_places - which questions are meant for one family
 *
 * ret_none  why there is none, when it returns 0
 * Returns how many, or a negative errno with why.
 */
int survey_places(const struct survey *survey, uint8_t family,
    struct survey_place places[SURVEY_PLACES_MAX], const char **ret_none,
    struct why *why);

/* survey_behind - is an accept for this very port behind what refuses? */
int survey_behind(
    const struct survey *survey, struct nf_verdict_row *row, struct why *why);

/*
 * survey_is_trusted - do they reach a port that nobody serves, too, unlike
 * anyone? 1, 0
 */
int survey_is_trusted(const struct survey *survey,
    const struct nf_question *question, const struct nf_question *anyone,
    struct why *why);

#endif
