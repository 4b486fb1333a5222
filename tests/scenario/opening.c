/*
 * opening.c - OPENING: what would open a port of a scenario's host
 *
 * Purpose  the answer that an observer would give, without a rule set
 * Input    scenario files: our own
 * Errors   scenario_fail
 * Runs as  any user
 * Source   scenario.h; agent/firewall/opening.h
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/text.h"
#include "tests/scenario/scenario.h"

static struct nf_accept *
accept_add(struct scenario *scenario, enum nf_manager manager, uint8_t family,
    const char *table, const char *chain)
{
	struct nf_opening *rules = &scenario->opening.rules;
	struct nf_accept *accept = &rules->accepts[rules->count];

	if (rules->count == NF_OPENING_MAX) {
		scenario_fail(scenario, "that is more than may be opened");
		return accept - 1;
	}
	rules->count++;
	rules->manager = manager;
	rules->place = "the rule that refuses";
	rules->families = "IPv4 and IPv6";
	accept->family = family;
	(void)snprintf(accept->table, sizeof(accept->table), "%s", table);
	(void)snprintf(accept->chain, sizeof(accept->chain), "%s", chain);
	return accept;
}

/* "inet filter input before 12", "ip filter INPUT at the end" */
static void
rules_line(struct scenario *scenario, enum nf_manager manager, const char *text)
{
	char family[8], table[64], chain[64];
	unsigned long long before = 0;
	int count = sscanf(
	    text, "%7s %63s %63s before %llu", family, table, chain, &before);

	if (count < 3 || (count == 3 && !text_ends(text, " at the end"))) {
		scenario_fail(scenario, "FAMILY TABLE CHAIN before N");
		return;
	}
	accept_add(scenario, manager,
	    strcmp(family, "inet") == 0 ? NF_FAMILY_INET
	    : strcmp(family, "ip") == 0 ? NF_FAMILY_IPV4
	                                : NF_FAMILY_IPV6,
	    table, chain)
	    ->before = before;
}

void
opening_line(struct scenario *scenario, const char *text)
{
	char chain[96];

	if (text_starts(text, "nftables "))
		rules_line(
		    scenario, NF_MANAGER_NFTABLES, text + strlen("nftables "));
	else if (text_starts(text, "iptables "))
		rules_line(
		    scenario, NF_MANAGER_IPTABLES, text + strlen("iptables "));
	else if (strcmp(text, "ufw") == 0) {
		accept_add(scenario, NF_MANAGER_UFW, NF_FAMILY_IPV4, "filter",
		    "ufw-user-input");
		accept_add(scenario, NF_MANAGER_UFW, NF_FAMILY_IPV6, "filter",
		    "ufw6-user-input");
	} else if (text_starts(text, "firewalld ")) {
		(void)snprintf(chain, sizeof(chain), "filter_IN_%s_allow",
		    text + strlen("firewalld "));
		accept_add(scenario, NF_MANAGER_FIREWALLD, NF_FAMILY_INET,
		    "firewalld", chain);
	} else if (text_starts(text, "boot "))
		scenario->opening.boot = (struct nft_boot){
		    .file = arena_dup(scenario->arena, text + strlen("boot ")),
		    .is_enabled = true};
	else if (text_starts(text, "refused "))
		(void)why_set(&scenario->opening_refused, -EPERM, "%s",
		    text + strlen("refused "));
	else
		scenario_fail(scenario, "who writes the rules?");
}

int
opening_plan(
    void *user, uint16_t port, struct action_opening *ret, struct why *why)
{
	const struct scenario *scenario = user;

	if (scenario->opening_refused.code != 0)
		return why_set(why, scenario->opening_refused.code, "%s",
		    scenario->opening_refused.text);
	if (scenario->opening.rules.count == 0)
		return why_set(why, -ENODATA, "this scenario has no OPENING");
	*ret = scenario->opening;
	for (size_t i = 0; i < ret->rules.count; i++)
		ret->rules.accepts[i].port = port;
	return 0;
}
