/*
 * dns_rounds.h - ask the DNS until a judge has all that he needs
 *
 * And be sure that the name servers are worth believing: one that has an
 * address for a name that cannot be makes up the others as well, one that denies
 * the root knows of nothing, and what is not there is asked of a second one.
 */
#ifndef MAILFIX_PROBES_DNS_ROUNDS_H
#define MAILFIX_PROBES_DNS_ROUNDS_H

#include "agent/dns/dns_book.h"

struct dns_rounds {
	struct arena *arena;
	struct dns_book *book;
	const struct dns_asker *asker;
	bool asks_twice; /* what is not there: dns_book_dispute */
	/*
	 * Called anew after each wave, and once more when a name server was
	 * contradicted; true: all is known.
	 */
	bool (*judge)(void *user);
	void *user;
};

/*
 * dns_rounds_run - wave after wave
 *
 * Returns 1 when all is known; 0: the questions have no end; -EBADMSG: the name
 * servers are not to be believed; another negative errno: nothing can be asked.
 */
int dns_rounds_run(const struct dns_rounds *rounds, struct why *why);

#endif
