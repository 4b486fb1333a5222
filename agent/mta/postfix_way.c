/*
 * postfix_way.c - where mail leaves, as tables of the admin say
 *
 * Purpose  a relay that transport_maps set for all, or others by the sender
 * Input    settings; what the tables answer
 * Errors   negative errno: a table that cannot be asked may have an answer
 * Runs as  the actor
 * Source   transport(5): RESULT FORMAT, TABLE SEARCH ORDER, and REGULAR
 *          EXPRESSION TABLES, which see whole addresses alone; postconf(5):
 *          sender_dependent_relayhost_maps, sender_dependent_default_-
 *          transport_maps (DUNNO); trivial-rewrite(8), resolve.c:
 *          transport_maps win over what goes by the sender
 */
#include "agent/mta/postfix_way.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/mta/postfix.h"
#include "agent/mta/postfix_identity.h"

/* Admins have two or three; each may take the deadline of one question. */
#define TABLES_MAX 8U

/* Nobody's address (RFC 2606): what holds for it holds for all. */
#define ANYBODY "mailfix-probe@mailfix-probe.invalid"

/* All tables of ours are called so, and nobody else's. */
static const char ours[] = "mailfix_";

static const char anybody_keys[] = ANYBODY "\n*\n";

const char *
postfix_table_value(struct arena *arena, const char *lines, const char *key)
{
	const size_t length = strlen(key);

	while (*lines != '\0') {
		const size_t line = strcspn(lines, "\n");

		if (line > length && lines[length] == '\t' &&
		    strncasecmp(lines, key, length) == 0)
			return arena_dup_n(
			    arena, lines + length + 1, line - length - 1);
		lines += line + (lines[line] == '\n');
	}
	return NULL;
}

/*
 * Answers of all tables of a setting that are not ours, in their order;
 * NULL-terminated.
 */
static int
setting_ask(struct arena *arena, const struct postfix_settings *settings,
    const char *setting, postfix_table_asker *ask, const struct buf *keys,
    const char *ret[static TABLES_MAX + 1], struct why *why)
{
	const char *value = postfix_setting_text(settings, setting, "");
	const char *const *tables = postfix_words(arena, value);
	size_t count = 0;

	ret[0] = NULL;
	if (postfix_relay_is_ours(value))
		return 0;
	for (size_t i = 0; tables[i] != NULL; i++) {
		/* the same table, by way of proxymap(8), which may not run */
		const char *table = text_starts(tables[i], "proxy:")
		                        ? tables[i] + strlen("proxy:")
		                        : tables[i];
		int r;

		if (strstr(table, ours) != NULL)
			continue;
		if (count == TABLES_MAX)
			return why_set(why, -E2BIG,
			    "%s has more than %u tables", setting, TABLES_MAX);
		r = ask(arena, table, keys, &ret[count], why);
		if (r < 0)
			return r;
		ret[++count] = NULL;
	}
	return 0;
}

/* A key is looked up in all tables before the next key is. */
static const char *
first_of(struct arena *arena, const char *const *answers,
    const char *const *keys, size_t count)
{
	for (size_t k = 0; k < count; k++)
		for (size_t i = 0; answers[i] != NULL; i++) {
			const char *value =
			    postfix_table_value(arena, answers[i], keys[k]);

			if (value != NULL)
				return value;
		}
	return NULL;
}

const char *
postfix_way_relay(struct arena *arena, const struct postfix_settings *settings,
    const struct mta_relay *relay)
{
	if (relay == NULL ||
	    strcasecmp(relay->name,
	        postfix_setting_text(settings, "myhostname", "")) == 0)
		return NULL;
	return relay->port != 0
	           ? arena_printf(arena, "%s:%u", relay->name, relay->port)
	           : relay->name;
}

/* "[mx.test]:587"; lmtp(8) writes "inet:mx.test:24", or "unix:/path". */
static const char *
nexthop_relay(struct arena *arena, const struct postfix_settings *settings,
    const char *nexthop)
{
	nexthop += strspn(nexthop, " \t");
	if (text_starts(nexthop, "inet:"))
		nexthop += strlen("inet:");
	if (*nexthop == '\0' || *nexthop == '/' ||
	    text_starts(nexthop, "unix:"))
		return NULL;
	return postfix_way_relay(
	    arena, settings, postfix_relay_find(arena, settings, nexthop));
}

/* These write no name of a host after the colon. */
static bool
is_for_hosts(const char *transport)
{
	static const char *const others[] = {
	    "error:", "retry:", "discard:", "local:", "virtual:"};

	for (size_t i = 0; i < ARRAY_COUNT(others); i++)
		if (text_starts(transport, others[i]))
			return false;
	return true;
}

/* Of "transport:nexthop"; NULL: none, or it is this host. */
static const char *
transport_relay(struct arena *arena, const struct postfix_settings *settings,
    const char *transport)
{
	const char *colon = strchr(transport, ':');

	return colon != NULL && is_for_hosts(transport)
	           ? nexthop_relay(arena, settings, colon + 1)
	           : NULL;
}

int
postfix_way_find(struct arena *arena, const struct postfix_settings *settings,
    postfix_table_asker *ask, struct postfix_way *ret, struct why *why)
{
	static const char *const keys[] = {ANYBODY, "*"};
	AUTO_BUF struct buf lines = {0};
	const char *answers[TABLES_MAX + 1], *found;
	int r;

	*ret = (struct postfix_way){.relay = NULL};
	buf_add(&lines, anybody_keys);
	r = setting_ask(
	    arena, settings, "transport_maps", ask, &lines, answers, why);
	if (r < 0)
		return r;
	found = first_of(arena, answers, keys, ARRAY_COUNT(keys));
	/* ":" changes nothing; "slow:" leads to the domain itself */
	if (found == NULL || strcmp(found, ":") == 0)
		return 0;
	ret->is_told = true;
	ret->relay = transport_relay(arena, settings, found);
	return 0;
}

int
postfix_way_senders(struct arena *arena, const struct mta_own *own,
    postfix_table_asker *ask, const char *const *domains, size_t count,
    bool *ret, struct why *why)
{
	const struct postfix_settings *settings = &own->settings;
	const char *transports[TABLES_MAX + 1], *relays[TABLES_MAX + 1];
	AUTO_BUF struct buf keys = {0};
	int r;

	for (size_t i = 0; i < count; i++) {
		ret[i] = false;
		buf_addf(
		    &keys, "mailfix-probe@%s\n@%s\n", domains[i], domains[i]);
	}
	r = setting_ask(arena, settings,
	    "sender_dependent_default_transport_maps", ask, &keys, transports,
	    why);
	if (r == 0)
		r = setting_ask(arena, settings,
		    "sender_dependent_relayhost_maps", ask, &keys, relays, why);
	if (r < 0)
		return r;
	if (transports[0] == NULL && relays[0] == NULL)
		return 0;
	for (size_t i = 0; i < count; i++) {
		const char *const names[] = {
		    arena_printf(arena, "mailfix-probe@%s", domains[i]),
		    arena_printf(arena, "@%s", domains[i])};
		const char *found =
		    first_of(arena, transports, names, ARRAY_COUNT(names));
		const char *relay =
		    found != NULL ? transport_relay(arena, settings, found)
		                  : NULL;
		const bool is_otherwise =
		    found != NULL &&
		    postfix_leaves_otherwise(arena, own, found);

		found = first_of(arena, relays, names, ARRAY_COUNT(names));
		if (relay == NULL && found != NULL &&
		    strcasecmp(found, "DUNNO") != 0)
			relay = nexthop_relay(arena, settings, found);
		ret[i] = relay != NULL || is_otherwise;
	}
	return 1;
}

/* Is it an address of another domain? */
static bool
leads_away(const char *value, const char *domain)
{
	const char *at = value != NULL ? strrchr(value, '@') : NULL;

	return at != NULL && strcasecmp(at + 1, domain) != 0;
}

/*
 * Whoever writes, or, in a domain that has no mailboxes here, what cron and
 * the like write.
 */
static void
domain_rewrite(
    struct arena *arena, const char *const *answers, struct mta_domain *domain)
{
	const char *const anybody[] = {
	    arena_printf(arena, "mailfix-probe@%s", domain->name),
	    arena_printf(arena, "@%s", domain->name)};
	const char *const root[] = {
	    arena_printf(arena, "root@%s", domain->name)};

	if (!domain->is_sender ||
	    !(leads_away(first_of(arena, answers, anybody, 2), domain->name) ||
	        (!domain->is_hosted &&
	            leads_away(
	                first_of(arena, answers, root, 1), domain->name))))
		return;
	domain->is_sender = false;
	domain->is_rewritten = true;
}

int
postfix_way_rewrite(struct arena *arena,
    const struct postfix_settings *settings, postfix_table_asker *ask,
    struct mta_identity *identity, struct why *why)
{
	static const struct {
		const char *setting, *classes;
	} maps[] = {
	    {"sender_canonical_maps", "sender_canonical_classes"},
	    {"canonical_maps",        "canonical_classes"       },
	    {"smtp_generic_maps",     NULL                      },
	};
	AUTO_BUF struct buf keys = {0};

	for (size_t i = 0; i < identity->domain_count; i++)
		if (identity->domains[i].is_sender)
			buf_addf(&keys, "mailfix-probe@%s\nroot@%s\n@%s\n",
			    identity->domains[i].name,
			    identity->domains[i].name,
			    identity->domains[i].name);
	for (size_t m = 0; keys.length > 0 && m < ARRAY_COUNT(maps); m++) {
		const char *answers[TABLES_MAX + 1];
		int r;

		if (maps[m].classes != NULL &&
		    strstr(postfix_setting_text(
		               settings, maps[m].classes, "envelope_sender"),
		        "envelope_sender") == NULL)
			continue;
		r = setting_ask(
		    arena, settings, maps[m].setting, ask, &keys, answers, why);
		if (r < 0)
			return r;
		for (size_t i = 0; i < identity->domain_count; i++)
			domain_rewrite(arena, answers, &identity->domains[i]);
	}
	return 0;
}

int
postfix_sender_relays(struct arena *arena, const struct mta *mta,
    const char *const *domains, size_t count, bool *ret, struct why *why)
{
	const struct postfix_settings *settings;
	struct postfix_way way;
	int r;

	if (!mta->has_settings || mta->own == NULL)
		return why_set(
		    why, -ENODATA, "%s", "its settings are not known");
	settings = &mta->own->settings;
	r = postfix_way_find(arena, settings, postfix_table_ask, &way, why);
	if (r < 0 || way.is_told)
		return r;
	return postfix_way_senders(
	    arena, mta->own, postfix_table_ask, domains, count, ret, why);
}
