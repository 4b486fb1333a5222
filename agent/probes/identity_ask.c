/*
 * identity_ask.c - domains of this host in tables that cannot be listed
 *
 * Purpose  identity_ask: with its domains in a database, a mail system can still
 *          be asked about each that the log or a key names
 * Input    facts: names from the log, hostile
 * Errors   what cannot be asked is left out, and that is said
 * Runs as  the actor
 * Source   none
 */
#include <ctype.h>
#include <string.h>

#include "agent/base/text.h"
#include "agent/mail/mail_name.h"
#include "agent/probes/identity.h"

/* As many as can be looked at. */
#define NAMES_MAX IDENTITY_DOMAINS_MAX

struct names {
	const char *all[NAMES_MAX];
	size_t count;
};

static void
name_add(struct names *names, struct arena *arena, const char *text)
{
	char *name = arena_dup(arena, text);

	for (char *p = name; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	if (!mail_domain_ok(name) || mta_domain_is_local(name))
		return;
	for (size_t i = 0; i < names->count; i++)
		if (text_equal(names->all[i], name))
			return;
	if (names->count < NAMES_MAX)
		names->all[names->count++] = name;
}

static const struct fact_table *
known_table(const struct fact_set *facts, const char *name)
{
	const struct table *schema = schema_table_find(name, NULL);
	const struct fact_table *table = facts != NULL && schema != NULL
	                                     ? fact_table_get(facts, schema)
	                                     : NULL;

	return table != NULL && table->state == FACT_KNOWN ? table : NULL;
}

static void
names_collect(const struct identity *identity, struct arena *arena,
    const struct fact_set *facts, struct names *names)
{
	const struct fact_table *keys = known_table(facts, "signing_key");
	const struct fact_table *senders =
	    identity->is_closed ? NULL : known_table(facts, "sender_domain");

	for (size_t i = 0; i < identity->domain_count; i++)
		if (!identity->domains[i].is_hosted &&
		    !identity->domains[i].is_relayed)
			name_add(names, arena, identity->domains[i].name);
	for (size_t i = 0; keys != NULL && i < keys->count; i++) {
		struct value name = fact_cell_named(
		    facts, "signing_key", keys->rows[i].key, "domain");

		if (name.kind == VALUE_TEXT)
			name_add(names, arena, name.text);
	}
	for (size_t i = 0; senders != NULL && i < senders->count; i++)
		name_add(names, arena, senders->rows[i].key);
}

static void
domain_take(struct identity *identity, struct arena *arena,
    const struct mta_domain *from)
{
	const size_t count = identity->domain_count;
	struct identity_domain *domain =
	    identity_domain_get(identity, arena, from->name, from->source);

	if (domain == NULL)
		return;
	/* nobody asked the tables of senders about it */
	if (identity->domain_count > count)
		domain->has_relay_of_its_own = identity->is_by_sender;
	domain->is_sender |= from->is_sender && !identity->is_closed;
	domain->is_hosted |= from->is_hosted;
	domain->is_relayed |= from->is_relayed;
	domain->is_own |= from->is_own;
}

static void
tables_ask(struct identity *identity, const struct probe_job *job)
{
	struct mta_domain found[NAMES_MAX];
	struct names names = {.count = 0};

	names_collect(identity, job->arena, job->facts, &names);
	job->mta->ops->domains_ask(
	    job->arena, job->mta, identity->mta, names.all, names.count, found);
	for (size_t i = 0; i < names.count; i++)
		if (found[i].name != NULL)
			domain_take(identity, job->arena, &found[i]);
}

void
identity_ask(struct identity *identity, struct probe_job *job)
{
	if (identity->mta != NULL && identity->mta->table_count > 0 &&
	    job->mta->ops->domains_ask != NULL)
		tables_ask(identity, job);
	/* without any, their tables say so themselves */
	if (identity->domains_unknown != NULL && identity->domain_count > 0)
		job->note = arena_printf(job->arena,
		    "Not all domains are looked at: %s.",
		    identity->domains_unknown);
}
