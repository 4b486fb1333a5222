/*
 * postfix_domains_ask.c - domains that stand in a database
 *
 * Purpose  which of some names Postfix takes mail for, by tables that nobody
 *          can list (mysql, ldap, a pattern)
 * Input    names from the log and from keys: hostile, and no more than names
 * Errors   a table that cannot be asked says of no name that it has it
 * Runs as  the actor
 * Source   postconf(5): virtual_mailbox_domains and the like; postmap(1) -q
 */
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/mta/postfix.h"
#include "agent/mta/postfix_identity.h"

static void
domain_add(struct mta_domain *domain, const struct mta_domain *has,
    const char *name, bool is_own)
{
	if (domain->name == NULL)
		domain->source = has->source;
	domain->name = name;
	domain->is_own = is_own;
	domain->is_sender |= has->is_sender && !is_own;
	domain->is_hosted |= has->is_hosted;
	domain->is_relayed |= has->is_relayed;
}

void
postfix_domains_ask_by(struct arena *arena, postfix_table_asker *ask,
    const struct mta_identity *identity, const char *hostname,
    const char *const *names, size_t count, struct mta_domain *ret)
{
	AUTO_BUF struct buf keys = {0};

	for (size_t i = 0; i < count; i++) {
		ret[i] = (struct mta_domain){.name = NULL};
		buf_addf(&keys, "%s\n", names[i]);
	}
	for (size_t t = 0; count > 0 && t < identity->table_count; t++) {
		const struct mta_domain_table *table = &identity->tables[t];
		const char *lines;

		/* the same table, by way of proxymap(8), which may not run */
		if (ask(arena,
		        text_starts(table->table, "proxy:")
		            ? table->table + strlen("proxy:")
		            : table->table,
		        &keys, &lines, NULL) < 0)
			continue;
		for (size_t i = 0; i < count; i++)
			if (postfix_table_value(arena, lines, names[i]) != NULL)
				domain_add(&ret[i], &table->has, names[i],
				    strcasecmp(names[i], hostname) == 0);
	}
}

void
postfix_domains_ask(struct arena *arena, const struct mta *mta,
    const struct mta_identity *identity, const char *const *names, size_t count,
    struct mta_domain *ret)
{
	const char *hostname =
	    mta->own != NULL
	        ? postfix_setting_text(&mta->own->settings, "myhostname", "")
	        : "";

	postfix_domains_ask_by(
	    arena, postfix_table_ask, identity, hostname, names, count, ret);
}
