/*
 * ruleset.c - find tables, chains, sets and rules; have what is missing loaded
 *
 * Purpose  the parts of a rule set by name
 * Input    a rule set; its names are what an administrator gave
 * Errors   what the source answers
 * Runs as  observer, tests
 * Source   FNV-1a: draft-eastlake-fnv; linux/netfilter.h for the numbers
 */
#include "agent/firewall/ruleset.h"

#include <errno.h>
#include <string.h>

/* A power of two at least twice the entries keeps the walks short. */
struct nf_index {
	size_t mask;
	void **chains, **sets; /* [mask + 1] each */
};

static size_t
name_hash(const struct nf_table *table, const char *name)
{
	uint64_t hash = 14695981039346656037U ^ (uint64_t)(uintptr_t)table;

	for (; *name != '\0'; name++)
		hash = (hash ^ (unsigned char)*name) * 1099511628211U;
	return (size_t)(hash ^ (hash >> 32));
}

static void
index_add(const struct nf_index *index, void **slots,
    const struct nf_table *table, const char *name, void *entry)
{
	size_t at = name_hash(table, name) & index->mask;

	while (slots[at] != NULL)
		at = (at + 1) & index->mask;
	slots[at] = entry;
}

void
nf_ruleset_index(struct nf_ruleset *ruleset)
{
	struct nf_index *index = arena_alloc(ruleset->arena, 1, sizeof(*index));
	size_t most = ruleset->chain_count > ruleset->set_count
	                  ? ruleset->chain_count
	                  : ruleset->set_count;
	size_t size = 16;

	while (size < most * 2)
		size *= 2;
	index->mask = size - 1;
	index->chains =
	    arena_alloc(ruleset->arena, size, sizeof(*index->chains));
	index->sets = arena_alloc(ruleset->arena, size, sizeof(*index->sets));
	for (size_t i = 0; i < ruleset->chain_count; i++)
		index_add(index, index->chains, ruleset->chains[i].table,
		    ruleset->chains[i].name, &ruleset->chains[i]);
	for (size_t i = 0; i < ruleset->set_count; i++)
		index_add(index, index->sets, ruleset->sets[i].table,
		    ruleset->sets[i].name, &ruleset->sets[i]);
	ruleset->index = index;
}

int
nf_chain_load(
    const struct nf_ruleset *ruleset, struct nf_chain *chain, struct why *why)
{
	const struct nf_source *source = ruleset->source;

	if (chain->is_loaded)
		return 0;
	if (source == NULL || source->load_rules == NULL)
		return why_set(
		    why, -ENOENT, "the rules of %s are not there", chain->name);
	return source->load_rules(source->user, chain, why);
}

int
nf_set_load(
    const struct nf_ruleset *ruleset, struct nf_set *set, struct why *why)
{
	const struct nf_source *source = ruleset->source;

	if (set->is_loaded)
		return 0;
	if (source == NULL || source->load_elements == NULL)
		return why_set(why, -ENOENT, "the elements of %s are not there",
		    set->name);
	return source->load_elements(source->user, set, why);
}

struct nf_chain *
nf_chain_find(const struct nf_ruleset *ruleset, const struct nf_table *table,
    const char *name)
{
	const struct nf_index *index = ruleset->index;
	size_t at;

	if (index == NULL) {
		for (size_t i = 0; i < ruleset->chain_count; i++)
			if (ruleset->chains[i].table == table &&
			    strcmp(ruleset->chains[i].name, name) == 0)
				return &ruleset->chains[i];
		return NULL;
	}
	for (at = name_hash(table, name) & index->mask;
	     index->chains[at] != NULL; at = (at + 1) & index->mask) {
		struct nf_chain *chain = index->chains[at];

		if (chain->table == table && strcmp(chain->name, name) == 0)
			return chain;
	}
	return NULL;
}

struct nf_set *
nf_set_find(const struct nf_ruleset *ruleset, const struct nf_table *table,
    const char *name)
{
	const struct nf_index *index = ruleset->index;
	size_t at;

	if (index == NULL) {
		for (size_t i = 0; i < ruleset->set_count; i++)
			if (ruleset->sets[i].table == table &&
			    strcmp(ruleset->sets[i].name, name) == 0)
				return &ruleset->sets[i];
		return NULL;
	}
	for (at = name_hash(table, name) & index->mask; index->sets[at] != NULL;
	     at = (at + 1) & index->mask) {
		struct nf_set *set = index->sets[at];

		if (set->table == table && strcmp(set->name, name) == 0)
			return set;
	}
	return NULL;
}

const struct nf_table *
nf_table_find(
    const struct nf_ruleset *ruleset, uint8_t family, const char *name)
{
	for (size_t i = 0; i < ruleset->table_count; i++)
		if (ruleset->tables[i].family == family &&
		    strcmp(ruleset->tables[i].name, name) == 0)
			return &ruleset->tables[i];
	return NULL;
}

const struct nf_rule *
nf_rule_find(const struct nf_chain *chain, uint64_t handle)
{
	for (size_t i = 0; i < chain->rule_count; i++)
		if (chain->rules[i].handle == handle)
			return &chain->rules[i];
	return NULL;
}

const char *
nf_family_name(uint8_t family)
{
	switch (family) {
	case NF_FAMILY_INET:
		return "inet";
	case NF_FAMILY_IPV4:
		return "ip";
	case NF_FAMILY_ARP:
		return "arp";
	case NF_FAMILY_NETDEV:
		return "netdev";
	case NF_FAMILY_BRIDGE:
		return "bridge";
	case NF_FAMILY_IPV6:
		return "ip6";
	default:
		return "unknown";
	}
}

const char *
nf_hook_name(uint8_t hook)
{
	static const char *const names[] = {
	    [NF_HOOK_PREROUTING] = "prerouting",
	    [NF_HOOK_INPUT] = "input",
	    [NF_HOOK_FORWARD] = "forward",
	    [NF_HOOK_OUTPUT] = "output",
	    [NF_HOOK_POSTROUTING] = "postrouting",
	    [NF_HOOK_INGRESS] = "ingress",
	    [NF_HOOK_EGRESS] = "egress",
	    [NF_HOOK_UNKNOWN] = "unknown",
	};

	return hook <= NF_HOOK_UNKNOWN ? names[hook] : "unknown";
}
