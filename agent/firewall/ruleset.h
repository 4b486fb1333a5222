/*
 * ruleset.h - the rules of a kernel as data: tables, chains, rules, sets
 *
 * agent/sys/nft_load.h fills it from the kernel, tests fill it by hand. Bytes
 * are as the kernel has them: what comes from a packet in network order, marks,
 * interface indexes and states in host order. What the kernel sent and we do
 * not know is kept as NF_OP_UNKNOWN, never left out.
 *
 * Memory: everything is in the arena of the rule set. A rule set may be huge,
 * so the rules of a chain and the elements of a set are there only once
 * nf_chain_load, nf_set_load have been called for them.
 */
#ifndef MAILFIX_FIREWALL_RULESET_H
#define MAILFIX_FIREWALL_RULESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/mem.h"
#include "agent/base/why.h"
#include "agent/firewall/rule_expr.h"

/* As the kernel numbers them (NFPROTO_...). */
enum nf_family {
	NF_FAMILY_INET = 1,
	NF_FAMILY_IPV4 = 2,
	NF_FAMILY_ARP = 3,
	NF_FAMILY_NETDEV = 5,
	NF_FAMILY_BRIDGE = 7,
	NF_FAMILY_IPV6 = 10,
};

/* As the kernel numbers them (enum nf_inet_hooks). Ingress: netdev and inet. */
enum nf_hook {
	NF_HOOK_PREROUTING,
	NF_HOOK_INPUT,
	NF_HOOK_FORWARD,
	NF_HOOK_OUTPUT,
	NF_HOOK_POSTROUTING,
	NF_HOOK_INGRESS,
	NF_HOOK_EGRESS, /* netdev's; its number there is another one */
	NF_HOOK_UNKNOWN /* of a newer kernel */
};

enum nf_chain_type {
	NF_CHAIN_FILTER,
	NF_CHAIN_NAT,
	NF_CHAIN_ROUTE,
	NF_CHAIN_TYPE_UNKNOWN
};

struct nf_rule {
	uint64_t handle;
	const char *comment; /* of the user data, made printable; or NULL */
	const struct nf_expr *exprs;
	uint16_t expr_count;
};

struct nf_table {
	uint8_t family;
	const char *name;
	uint64_t handle;
	uint32_t flags;
	bool is_dormant, is_owned; /* owned: only its owner may change it */
};

struct nf_chain {
	const struct nf_table *table;
	const char *name;
	uint64_t handle;
	bool is_base;
	/* of base chains */
	uint8_t hook, type; /* enum nf_hook, enum nf_chain_type */
	int32_t priority;
	struct nf_verdict policy;
	/* netdev; NULL-terminated, or NULL; "eth*": all that begin so */
	const char *const *devices;
	unsigned order; /* in the dump, from 0 */
	/* once is_loaded */
	bool is_loaded;
	struct nf_rule *rules;
	size_t rule_count;
};

struct nf_element {
	const uint8_t *key;        /* [key_length]; NULL: the catch-all */
	const uint8_t *key_end;    /* [key_length], inclusive; NULL: one key */
	const uint8_t *data;       /* of a map, [data_length]; or NULL */
	struct nf_verdict verdict; /* of a verdict map */
	const struct nf_expr *exprs; /* guards: limit, quota, connlimit, ... */
	uint16_t expr_count;
};

#define NF_FIELDS_MAX 16U

struct nf_set {
	const struct nf_table *table;
	const char *name;
	uint64_t handle;
	uint32_t flags;    /* NFT_SET_... */
	uint32_t key_type; /* nft's private number of the datatype; for text */
	uint8_t key_length, data_length;
	bool is_verdict_map;
	bool is_changing; /* packets or a timeout change what is in it */
	uint8_t fields[NF_FIELDS_MAX]; /* bytes of each, concatenated */
	uint8_t field_count;           /* 0: one key, compared whole */
	/*
	 * once is_loaded: plain intervals have become key..key_end, both
	 * inclusive, sorted by key as big-endian bytes, as far as they are not
	 * concatenated; the catch-all is not in it
	 */
	bool is_loaded;
	struct nf_element *elements;
	size_t element_count;
	const struct nf_element *catch_all; /* or NULL */
	const struct nf_set_index *index; /* made by set_lookup.c; else NULL */
};

/* What a match of the `set` module asks for: a field is an address, a port, ... */
struct nf_ipset_key {
	uint8_t family;     /* NF_FAMILY_IPV4, NF_FAMILY_IPV6 */
	uint8_t dim, flags; /* as struct xt_set_info: bit n+1: source */
	uint8_t from[16], to[16];
	uint16_t from_port, to_port; /* host order; 0: not known */
	uint8_t protocol;
	const char *in, *out; /* interface names; "" when there is none */
};

/* Where the parts come from that are not loaded yet. */
struct nf_source {
	int (*load_rules)(void *user, struct nf_chain *chain, struct why *why);
	int (*load_elements)(void *user, struct nf_set *set, struct why *why);
	/*
	 * is_in_ipset - 1: in it, 0: not, negative errno: cannot be told
	 * key  as the directions of the match want it, `dim` fields
	 */
	int (*is_in_ipset)(void *user, uint16_t index,
	    const struct nf_ipset_key *key, struct why *why);
	void *user;
};

struct nf_ruleset {
	struct arena *arena;
	uint32_t generation;
	struct nf_table *tables;
	size_t table_count;
	struct nf_chain *chains; /* in the order of the dump */
	size_t chain_count;
	struct nf_set *sets;
	size_t set_count;
	/*
	 * Rules of the older iptables in the same kernel, which are not looked
	 * into: "filter, nat of iptables-legacy"; NULL: none
	 */
	const char *legacy_ipv4, *legacy_ipv6;
	const struct nf_source *source; /* NULL: everything is there */
	struct nf_index *index;         /* of nf_ruleset_index; NULL: none */
};

/*
 * nf_ruleset_index - make finding by name quick, once all chains and sets are
 * there; without it each is looked for one by one
 */
void nf_ruleset_index(struct nf_ruleset *ruleset);

/*
 * nf_chain_load, nf_set_load - the rules, the elements; at once when they are
 * there already
 *
 * Return 0; -ESTALE: the rule set has changed since it was opened, begin anew;
 * another negative errno with why. Pointers to rules stay valid.
 */
int nf_chain_load(
    const struct nf_ruleset *ruleset, struct nf_chain *chain, struct why *why);
int nf_set_load(
    const struct nf_ruleset *ruleset, struct nf_set *set, struct why *why);

/* NULL when there is none */
struct nf_chain *nf_chain_find(const struct nf_ruleset *ruleset,
    const struct nf_table *table, const char *name);
struct nf_set *nf_set_find(const struct nf_ruleset *ruleset,
    const struct nf_table *table, const char *name);
const struct nf_table *nf_table_find(
    const struct nf_ruleset *ruleset, uint8_t family, const char *name);
const struct nf_rule *nf_rule_find(
    const struct nf_chain *chain, uint64_t handle);

const char *nf_family_name(uint8_t family); /* "ip", "ip6", "inet", ... */
const char *nf_hook_name(uint8_t hook);     /* "input", ... */

#endif
