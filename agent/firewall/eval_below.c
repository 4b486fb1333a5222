/*
 * eval_below.c - rules below the interface of the question, or nobody knows where
 *
 * Purpose  an interface may stand on others (a bridge, a bond, a VLAN): rules of
 *          family bridge, and those at the ingress or egress of another
 *          interface, see the same packets and are not looked into
 * Input    the run of the evaluator, ended
 * Errors   -ESTALE of loading a chain
 * Runs as  observer, planner, tests
 * Source   br_pass_frame_up(), vlan_do_receive(), __netif_receive_skb_core()
 */
#include <sys/socket.h>

#include <errno.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/firewall/eval_parts.h"
#include "agent/firewall/words.h"

/* Interfaces on interfaces: a loop of them ends there. */
#define DEPTH_MAX 8

/* On another one, of which the model does not tell which it is. */
static bool
is_on_another(const struct net_interface *device)
{
	static const char *const kinds[] = {
	    "vlan", "macvlan", "ipvlan", "macsec"};

	for (size_t i = 0; i < ARRAY_COUNT(kinds); i++)
		if (strcmp(device->kind, kinds[i]) == 0)
			return true;
	return false;
}

/* Does what comes in at `lower` come in at `device` then? */
static bool
leads_up(const struct net *net, const struct net_interface *lower,
    const struct net_interface *device)
{
	for (int i = 0; lower != NULL && i < DEPTH_MAX; i++) {
		if (lower == device)
			return true;
		lower = lower->master != 0
		            ? net_interface_by_index(net, lower->master)
		            : NULL;
	}
	return false;
}

static bool
may_lead_up(const struct net *net, const struct net_interface *lower,
    const struct net_interface *device)
{
	if (leads_up(net, lower, device))
		return true;
	for (size_t i = 0; i < net->interface_count; i++)
		if (is_on_another(&net->interfaces[i]) &&
		    leads_up(net, &net->interfaces[i], device))
			return !lower->is_loopback;
	return false;
}

static bool
chain_leads_up(const struct net *net, const struct nf_chain *chain,
    const struct net_interface *device)
{
	for (const char *const *name = chain->devices;
	     name != NULL && *name != NULL; name++)
		for (size_t i = 0; i < net->interface_count; i++)
			if (eval_device_matches(
			        *name, net->interfaces[i].name) &&
			    may_lead_up(net, &net->interfaces[i], device))
				return true;
	return false;
}

/* Is it on the way of what comes in there, or leaves there? */
static bool
chain_is_below(const struct net *net, const struct nf_chain *chain,
    const struct eval_hook *hook)
{
	bool is_in = hook->hook == NF_HOOK_INGRESS;

	if (!chain->is_base || chain->table->is_dormant)
		return false;
	if (chain->table->family == NF_FAMILY_BRIDGE)
		return strcmp(hook->device->kind, "bridge") == 0 &&
		       (is_in ? chain->hook == NF_HOOK_PREROUTING ||
		                    chain->hook == NF_HOOK_INPUT
		              : chain->hook == NF_HOOK_OUTPUT ||
		                    chain->hook == NF_HOOK_POSTROUTING);
	if (chain->table->family != NF_FAMILY_NETDEV &&
	    chain->table->family != NF_FAMILY_INET)
		return false;
	/* one that is on the device itself was run */
	return chain->hook == hook->hook && !eval_hook_has(hook, chain) &&
	       chain_leads_up(net, chain, hook->device);
}

/* Can it refuse anything? 1, 0; -ESTALE */
static int
chain_has_effect(
    const struct nf_eval *eval, struct nf_chain *chain, struct why *why)
{
	int r = nf_chain_load(eval->context.ruleset, chain, why);

	if (r < 0)
		return r == -ESTALE ? r : 1;
	if (chain->policy.code != NF_VERDICT_ACCEPT)
		return 1;
	for (size_t i = 0; i < chain->rule_count; i++)
		if (eval_expr_has_effect(&chain->rules[i], 0))
			return 1;
	return 0;
}

/* A hook of a newer kernel: whether our packets come by is not known. */
static bool
is_nowhere(const struct nf_chain *chain, uint8_t family)
{
	uint8_t of = chain->table->family;

	return chain->is_base && !chain->table->is_dormant &&
	       chain->hook == NF_HOOK_UNKNOWN &&
	       (of == NF_FAMILY_INET || of == NF_FAMILY_NETDEV ||
	           of == (family == AF_INET ? NF_FAMILY_IPV4 : NF_FAMILY_IPV6));
}

/* 1: a chain of such a hook may refuse it, and the answer says so */
static int
at_unknown_hooks(const struct nf_eval *eval, struct nf_answer *answer)
{
	const struct nf_ruleset *ruleset = eval->context.ruleset;

	for (size_t i = 0; i < ruleset->chain_count; i++) {
		struct nf_chain *chain = &ruleset->chains[i];
		int r = is_nowhere(chain, eval->question->from.family)
		            ? chain_has_effect(eval, chain, eval->context.why)
		            : 0;

		if (r < 0)
			return r;
		if (r == 0)
			continue;
		answer->outcome = NF_NOT_KNOWN;
		answer->reason = nf_words(eval->context.arena,
		    "the rules of %s %s %s stand at a hook that is not known",
		    nf_family_name(chain->table->family), chain->table->name,
		    chain->name);
		return 1;
	}
	return 0;
}

int
eval_below(const struct nf_eval *eval, struct nf_answer *answer)
{
	const struct nf_ruleset *ruleset = eval->context.ruleset;
	int unknown;

	if (answer->outcome != NF_ACCEPTED && answer->outcome != NF_DEPENDS)
		return 0;
	unknown = at_unknown_hooks(eval, answer);
	if (unknown != 0)
		return unknown < 0 ? unknown : 0;
	for (const struct eval_hook *hook = eval->hooks; hook != NULL;
	     hook = hook->next) {
		if (hook->device == NULL)
			continue;
		for (size_t i = 0; i < ruleset->chain_count; i++) {
			struct nf_chain *chain = &ruleset->chains[i];
			int r = chain_is_below(eval->context.net, chain, hook)
			            ? chain_has_effect(
			                  eval, chain, eval->context.why)
			            : 0;

			if (r < 0)
				return r;
			if (r == 0)
				continue;
			answer->outcome = NF_NOT_KNOWN;
			answer->reason = nf_words(eval->context.arena,
			    "%s stands on other interfaces, and there the "
			    "rules of %s %s %s, which are not looked into, may "
			    "see it as well",
			    hook->device->name,
			    nf_family_name(chain->table->family),
			    chain->table->name, chain->name);
			return 0;
		}
	}
	return 0;
}
