/*
 * egress_gather.c - is the way out open? what the other tables say
 *
 * Purpose  connections of the log, rules of this host, what waits and for whom
 * Input    facts of this look: texts are hostile, domains checked
 * Errors   without the log nothing is told
 * Runs as  observer
 * Source   SPEC section 4: egress
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "agent/base/text.h"
#include "agent/mail/mail_name.h"
#include "agent/mail/outside.h"
#include "agent/probes/egress_part.h"

/* As a table of facts calls it: the columns end so. */
static const char *const reached[PROBE_FAMILIES] = {"reached_v4", "reached_v6"};
static const char *const unreached[PROBE_FAMILIES] = {
    "unreached_v4", "unreached_v6"};
static const char *const outbound[PROBE_FAMILIES] = {
    "outbound_v4", "outbound_v6"};

/* A destination that could not be reached by any try, or nearly so. */
#define SHARE_DOWN 0.9

static double
number(const struct value value)
{
	return value.kind == VALUE_NUMBER ? value.number : 0;
}

static void
local_set(const struct fact_set *facts, const char *port, const char *column,
    struct egress_family *family)
{
	const struct value told =
	    fact_cell_named(facts, "firewall", port, column);

	if (told.kind != VALUE_TEXT)
		family->local_reason = told.text;
	else if (text_equal(told.text, "accept"))
		family->local = EGRESS_LOCAL_ACCEPT;
	else if (text_equal(told.text, "drop") ||
	         text_equal(told.text, "reject"))
		family->local = EGRESS_LOCAL_REFUSE;
	else if (text_equal(told.text, "none"))
		family->local = EGRESS_LOCAL_NONE;
	else
		family->local_reason = "it depends on more than the port";
}

static void
domain_add(struct egress *egress, const char *domain)
{
	if (egress->domain_count == EGRESS_DOMAINS || !mail_domain_ok(domain))
		return;
	for (size_t i = 0; i < egress->domain_count; i++)
		if (strcasecmp(egress->domains[i], domain) == 0)
			return;
	egress->domains[egress->domain_count++] = domain;
}

/* Of those that were tried: all that mail waits for in vain, or the others. */
static void
tried_add(const struct fact_set *facts, struct egress *egress, bool is_down)
{
	const struct fact_table *tried =
	    fact_table_get(facts, schema_table_find("destination", NULL));

	for (size_t i = 0; tried->state == FACT_KNOWN && i < tried->count;
	     i++) {
		const char *key = tried->rows[i].key;
		const double share = number(
		    fact_cell_named(facts, "destination", key, "share_down"));
		const double failed = number(fact_cell_named(facts,
		                          "destination", key, "timeouts")) +
		                      number(fact_cell_named(facts,
		                          "destination", key, "refused"));

		if (is_down ? share >= SHARE_DOWN : failed > 0)
			domain_add(egress, key);
	}
}

/*
 * Those that could not be reached, those that could over the other family, and
 * then those that most wait for.
 */
static void
domains_set(const struct fact_set *facts, struct egress *egress)
{
	const struct fact_table *queued =
	    fact_table_get(facts, schema_table_find("queue_destination", NULL));

	tried_add(facts, egress, true);
	tried_add(facts, egress, false);
	for (size_t i = 0; queued->state == FACT_KNOWN && i < queued->count;
	     i++)
		domain_add(egress, queued->rows[i].key);
}

static bool
is_client_outside(const struct fact_set *facts)
{
	const struct fact_table *clients =
	    fact_table_get(facts, schema_table_find("client", NULL));

	for (size_t i = 0; clients->state == FACT_KNOWN && i < clients->count;
	     i++) {
		const char *key = clients->rows[i].key;

		if (outside_family((struct span){key, (uint32_t)strlen(key)}) !=
		        0 &&
		    number(fact_cell_named(
		        facts, "client", key, "connections")) > 0)
			return true;
	}
	return false;
}

bool
egress_gather(const struct fact_set *facts, const struct mta *mta,
    struct arena *arena, struct egress *ret, struct why *why)
{
	const struct mta_throttle *sending = mta->throttle;
	const struct value seen =
	    fact_cell_named(facts, "log", NULL, reached[PROBE_V4]);
	const char *port;
	struct value rule;

	if (seen.kind != VALUE_NUMBER || sending == NULL) {
		(void)why_set(why, -ENODATA, "%s",
		    seen.kind == VALUE_UNKNOWN ? seen.text
		                               : "how mail goes is not known");
		return false;
	}
	*ret = (struct egress){.relay = sending->relay,
	    .port = mta_relay_port(sending->relay),
	    .user = mta->owner};
	port = arena_printf(arena, "%u", ret->port);
	for (size_t i = 0; i < PROBE_FAMILIES; i++) {
		struct egress_family *family = &ret->families[i];

		family->is_used = i == PROBE_V4 ? !sending->is_without_v4
		                                : !sending->is_without_v6;
		family->reached =
		    number(fact_cell_named(facts, "log", NULL, reached[i]));
		family->unreached =
		    number(fact_cell_named(facts, "log", NULL, unreached[i]));
		local_set(facts, port, outbound[i], family);
	}
	rule = fact_cell_named(facts, "firewall", port, "outbound_rule");
	ret->rule = rule.kind == VALUE_TEXT ? rule.text : "";
	rule = fact_cell_named(facts, "firewall", port, "manager");
	ret->manager = rule.kind == VALUE_TEXT ? rule.text : "";
	ret->waiting =
	    number(fact_cell_named(facts, "queue", NULL, "deferred")) +
	    number(fact_cell_named(facts, "queue", NULL, "active"));
	ret->is_outside = is_client_outside(facts);
	domains_set(facts, ret);
	return true;
}

bool
egress_is_open_question(const struct egress *egress, enum probe_family at)
{
	const struct egress_family *family = &egress->families[at];
	double tries = 0;

	if (!family->is_used || family->local == EGRESS_LOCAL_NONE)
		return false;
	/* a rule that may be younger than the window, or one misread */
	if (family->local == EGRESS_LOCAL_REFUSE)
		return family->reached > 0;
	if (family->reached > 0)
		return false;
	for (size_t i = 0; i < PROBE_FAMILIES; i++)
		tries +=
		    egress->families[i].reached + egress->families[i].unreached;
	return family->unreached > 0 || (tries <= 0 && egress->waiting > 0);
}

bool
egress_is_changed(const struct egress *egress, const struct probe_asked *asked)
{
	for (size_t at = 0; at < PROBE_FAMILIES; at++)
		if (asked->tried[at] > 0 && asked->reached[at] <= 0 &&
		    egress->families[at].reached > 0)
			return true;
	return false;
}
