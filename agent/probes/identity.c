/*
 * identity.c - as whom this host sends: addresses, domains, names
 *
 * Purpose  identity.h
 * Input    mailfix.conf, the mail system's settings, routes; senders of the
 *          queue and the log: hostile
 * Errors   what cannot be known is said in its own member
 * Runs as  actor (identity_read), observer (identity_add_facts)
 * Source   SPEC section 5: [host]
 */
#include "agent/probes/identity.h"

void
identity_read(const struct probe_job *job, struct identity *ret)
{
	(void)job;
	*ret = (struct identity){.address_count = 0};
}

void
identity_add_facts(struct identity *identity, struct arena *arena,
    const struct fact_set *facts)
{
	(void)identity;
	(void)arena;
	(void)facts;
}
