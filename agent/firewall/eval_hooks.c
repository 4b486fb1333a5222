/*
 * eval_hooks.c - which base chains run at a hook, and in which order
 *
 * Purpose  base chains by priority, with conntrack and nat at their places
 * Input    a rule set; the family, the hook and the device of a packet
 * Errors   none
 * Runs as  observer, planner, tests
 * Source   net/netfilter/core.c: of equal priorities the one that was
 *          registered last runs first; enum nf_ip_hook_priorities
 */
#include <linux/netfilter_ipv4.h>
#include <stdlib.h>
#include <string.h>

#include "agent/firewall/eval_parts.h"

/* An entry while it is put in order. */
struct place {
	struct eval_entry entry;
	int32_t at;    /* where the group of nat chains stands; the priority */
	unsigned born; /* the later, the earlier it runs */
};

static bool
chain_is_asked(const struct nf_chain *chain)
{
	if (!chain->is_base || chain->table->is_dormant)
		return false;
	switch ((enum nf_family)chain->table->family) {
	case NF_FAMILY_INET:
	case NF_FAMILY_IPV4:
	case NF_FAMILY_IPV6:
	case NF_FAMILY_NETDEV:
		return true;
	case NF_FAMILY_ARP:
	case NF_FAMILY_BRIDGE:
		return false;
	}
	return false;
}

void
eval_hooks_collect(struct nf_eval *eval)
{
	const struct nf_ruleset *ruleset = eval->context.ruleset;
	size_t count = 0;

	for (size_t i = 0; i < ruleset->chain_count; i++)
		count += chain_is_asked(&ruleset->chains[i]) ? 1 : 0;
	eval->bases =
	    arena_alloc(eval->scratch, count + 1, sizeof(struct nf_chain *));
	for (size_t i = 0; i < ruleset->chain_count; i++)
		if (chain_is_asked(&ruleset->chains[i]))
			eval->bases[eval->base_count++] = &ruleset->chains[i];
}

/* "eth0", or "eth*" for all that begin so */
bool
eval_device_matches(const char *pattern, const char *name)
{
	size_t length = strlen(pattern);

	if (length > 0 && pattern[length - 1] == '*')
		return strncmp(pattern, name, length - 1) == 0;
	return strcmp(pattern, name) == 0;
}

static bool
chain_is_on(const struct nf_chain *chain, const struct eval_hook *hook)
{
	uint8_t family = chain->table->family;

	if (chain->hook != hook->hook)
		return false;
	if (hook->device == NULL)
		return family == NF_FAMILY_INET || family == hook->family;
	if (family != NF_FAMILY_INET && family != NF_FAMILY_NETDEV)
		return false;
	for (const char *const *device = chain->devices;
	     device != NULL && *device != NULL; device++)
		if (eval_device_matches(*device, hook->device->name))
			return true;
	return false;
}

static int
place_compare(const void *left, const void *right)
{
	const struct place *a = left, *b = right;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	if (a->born != b->born)
		return a->born > b->born ? -1 : 1;
	/* inside the group of nat chains */
	if (a->entry.kind != b->entry.kind)
		return a->entry.kind < b->entry.kind ? -1 : 1;
	if (a->entry.priority != b->entry.priority)
		return a->entry.priority < b->entry.priority ? -1 : 1;
	if (a->entry.chain != NULL && b->entry.chain != NULL &&
	    a->entry.chain->order != b->entry.chain->order)
		return a->entry.chain->order > b->entry.chain->order ? -1 : 1;
	return 0;
}

/* The first nat chain of a family brings the hooks of nat, all four. */
static unsigned
nat_born(const struct nf_eval *eval, uint8_t family)
{
	unsigned born = 0;
	bool has_one = false;

	for (size_t i = 0; i < eval->base_count; i++) {
		const struct nf_chain *chain = eval->bases[i];

		if (chain->type != NF_CHAIN_NAT ||
		    (chain->table->family != NF_FAMILY_INET &&
		        chain->table->family != family))
			continue;
		if (!has_one || chain->order < born)
			born = chain->order;
		has_one = true;
	}
	return born;
}

static size_t
chains_place(const struct nf_eval *eval, const struct eval_hook *hook,
    int32_t nat_at, unsigned born, struct place *places)
{
	size_t count = 0;

	for (size_t i = 0; i < eval->base_count; i++) {
		struct nf_chain *chain = eval->bases[i];
		bool is_nat = chain->type == NF_CHAIN_NAT;

		if (!chain_is_on(chain, hook))
			continue;
		places[count++] = (struct place){
		    .entry = {.kind = is_nat ? EVAL_NAT_CHAIN : EVAL_CHAIN,
		              .priority = chain->priority,
		              .chain = chain},
		    .at = is_nat ? nat_at : chain->priority,
		    .born = is_nat ? born : chain->order
                };
	}
	return count;
}

/*
 * Conntrack's hooks come while the rules of a batch are read, those of the
 * chains when all of it is: a chain at the very place of conntrack runs first.
 */
static size_t
own_place(uint8_t hook, int32_t nat_at, unsigned born, struct place *places)

{
	size_t count = 0;

	if (hook == NF_HOOK_PREROUTING || hook == NF_HOOK_OUTPUT)
		places[count++] =
		    (struct place){.entry = {.kind = EVAL_CONNTRACK},
		        .at = NF_IP_PRI_CONNTRACK,
		        .born = 0};

	if (hook == NF_HOOK_INPUT || hook == NF_HOOK_POSTROUTING)
		places[count++] =
		    (struct place){.entry = {.kind = EVAL_CONFIRM},
		        .at = NF_IP_PRI_CONNTRACK_CONFIRM};
	if (hook != NF_HOOK_FORWARD && hook < NF_HOOK_INGRESS)
		places[count++] =
		    (struct place){.entry = {.kind = EVAL_NAT_DONE},
		        .at = nat_at,
		        .born = born};
	return count;
}

static struct eval_hook *
hook_make(struct nf_eval *eval, uint8_t family, uint8_t number,
    const struct net_interface *device)
{
	struct eval_hook *hook = arena_alloc(eval->scratch, 1, sizeof(*hook));
	struct place *places =
	    arena_alloc(eval->scratch, eval->base_count + 4, sizeof(*places));
	bool is_first =

	    number == NF_HOOK_PREROUTING || number == NF_HOOK_OUTPUT;
	int32_t nat_at = is_first ? NF_IP_PRI_NAT_DST : NF_IP_PRI_NAT_SRC;
	unsigned born = nat_born(eval, family);

	*hook = (struct eval_hook){
	    .family = family, .hook = number, .device = device};
	hook->count = chains_place(eval, hook, nat_at, born, places);
	hook->count += own_place(number, nat_at, born, places + hook->count);

	qsort(places, hook->count, sizeof(*places), place_compare);
	hook->entries =
	    arena_alloc(eval->scratch, hook->count + 1, sizeof(*hook->entries));
	for (size_t i = 0; i < hook->count; i++)
		hook->entries[i] = places[i].entry;
	return hook;
}

bool
eval_hook_has(const struct eval_hook *hook, const struct nf_chain *chain)
{
	for (size_t i = 0; i < hook->count; i++)
		if (hook->entries[i].chain == chain)
			return true;
	return false;
}

const struct eval_hook *
eval_hook_get(struct nf_eval *eval, uint8_t family, uint8_t number,
    const struct net_interface *device)
{
	struct eval_hook *hook;

	for (hook = eval->hooks; hook != NULL; hook = hook->next)
		if (hook->family == family && hook->hook == number &&
		    hook->device == device)
			return hook;
	hook = hook_make(eval, family, number, device);
	hook->next = eval->hooks;
	eval->hooks = hook;
	return hook;
}
