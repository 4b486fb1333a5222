/*
 * dns_look.h - what the checks of the DNS work on, and what a check is
 *
 * The probe `dns` (dns.c) asks in waves. A check is one file dns_NAME.c and one
 * row in dns_check_table.def; it fills tables of facts.
 *
 *   begin  once, in the sandbox; makes the check's own state, or returns NULL:
 *          there is nothing to check (its tables are then known and empty)
 *   run    judge as far as the book goes. Called anew after each wave, and once
 *          more when a name server was contradicted: it must come to its result
 *          from the book alone, whatever it did before. It looks up everything
 *          that it can before it returns false.
 *   tell   rows and ends of its tables
 */
#ifndef MAILFIX_PROBES_DNS_LOOK_H
#define MAILFIX_PROBES_DNS_LOOK_H

#include "agent/dns/dns_book.h"
#include "agent/fact/fact_out.h"
#include "agent/probes/identity.h"

struct dns_look {
	struct arena *arena;
	const struct config *config;
	const struct mta *mta;
	const struct fact_set *facts; /* of the other probes; hostile texts */
	const struct identity *identity;
	struct dns_book *book;
	void *prepared; /* of this check: what its prepare returned */
};

struct dns_check {
	const char *const *tables; /* NULL-terminated */
	/* in the actor, as root: reads root-owned files; may be NULL */
	void *(*prepare)(struct probe_job *job);
	void *(*begin)(struct dns_look *look);
	bool (*run)(
	    struct dns_look *look, void *state); /* true: all is known */
	void (*tell)(struct dns_look *look, void *state, struct fact_out *out);
};

extern const struct dns_check *const dns_checks[]; /* NULL-terminated */

/*
 * dns_look_run - all checks that are wanted, to their end
 *
 * asker        of the name servers
 * asks_twice   what is said not to be there is asked again, of a second name
 *              server where there is one
 * Every table of every check ends, known or unknown.
 */
void dns_look_run(const struct dns_check *const *checks, struct dns_look *look,
    const struct dns_asker *asker, bool asks_twice, void *const *prepared,
    struct fact_out *out);

#endif
