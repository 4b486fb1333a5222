/*
 * opening_place.c - where an accept must stand to have an effect
 *
 * Purpose  from the rule that refuses, and the way that led there, to a place
 * Input    an answer of the evaluator; rules of whoever
 * Errors   -EPERM with the advice; -ESTALE, -EIO of loading
 * Runs as  observer; pure
 * Source   nft(8); what was tried: an accept ends its own base chain only, so it
 *          goes before the rule that decides, and bans before that one still
 *          hold
 */
#include <sys/socket.h>

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/firewall/opening_parts.h"
#include "agent/firewall/rule_text.h"

/* The kernel's own limit of jumps (NFT_JUMP_STACK_SIZE). */
#define JUMPS_MAX 16

static struct nf_chain *
chain_of(const struct nf_ruleset *ruleset, const struct nf_chain *chain)
{
	return nf_chain_find(ruleset, chain->table, chain->name);
}

static size_t
rule_index(const struct nf_chain *chain, const struct nf_rule *rule)
{
	for (size_t i = 0; rule != NULL && i < chain->rule_count; i++)
		if (&chain->rules[i] == rule ||
		    (rule->handle != 0 &&
		        chain->rules[i].handle == rule->handle))
			return i;
	return chain->rule_count;
}

/* "jump NAME", "goto NAME" */
static bool
step_leads(const struct nf_step *step, const struct nf_chain *chain)
{
	return step->chain != NULL && !step->is_reply &&
	       step->chain->table == chain->table && step->text != NULL &&
	       (text_starts(step->text, "jump") ||
	           text_starts(step->text, "goto")) &&
	       step->text[4] == ' ' && strcmp(step->text + 5, chain->name) == 0;
}

/* The step that led into that chain, before step `end`. */
static size_t
step_into(
    const struct nf_answer *answer, const struct nf_chain *chain, size_t end)
{
	for (size_t i = end; i-- > 0;)
		if (step_leads(&answer->path[i], chain))
			return i;
	return answer->path_length;
}

static size_t
step_deciding(const struct nf_answer *answer)
{
	for (size_t i = answer->path_length; i-- > 0;)
		if (answer->path[i].chain == answer->chain &&
		    answer->path[i].rule == answer->rule &&
		    !answer->path[i].is_reply)
			return i;
	return answer->path_length;
}

/* Before lines that only log: what is accepted is not to be logged as refused. */
static void
place_pass_logs(struct opening_place *place)
{
	while (place->index > 0 &&
	       opening_rule_is_passive(&place->chain->rules[place->index - 1]))
		place->index--;
}

/*
 * Out of the chain, to the rule that leads into it: all the way to the base
 * chain; or, as long as nothing is lost, out of one that refuses everything.
 */
static int
place_lift(struct opening_work *work, const struct nf_answer *answer,
    bool is_shared, struct opening_place *place)
{
	size_t at = step_deciding(answer);

	for (int i = 0; i < JUMPS_MAX && !place->chain->is_base; i++) {
		const struct nf_rule *lead;
		struct nf_chain *from;
		size_t step = step_into(answer, place->chain, at);

		if (step == answer->path_length)
			return why_set(work->why, -EPERM,
			    "it cannot be told how chain %s is reached",
			    place->chain->name);
		lead = answer->path[step].rule;
		if (!is_shared &&
		    (place->index > 0 || !opening_rule_is_for_all(lead)))
			return 0;
		from = chain_of(work->ruleset, answer->path[step].chain);
		*place = (struct opening_place){
		    .chain = from,
		    .index = rule_index(from, lead),
		    .base = place->base,
		    .manager = place->manager,
		};
		at = step;
		if (opening_rule_is_for_all(lead))
			place_pass_logs(place);
	}
	return 0;
}

static int
place_base(struct opening_work *work, const struct nf_answer *answer,
    struct opening_place *place)
{
	size_t at = step_deciding(answer);

	place->base = place->chain;
	for (int i = 0; i < JUMPS_MAX && !place->base->is_base; i++) {
		at = step_into(answer, place->base, at);
		if (at == answer->path_length)
			break;
		place->base = chain_of(work->ruleset, answer->path[at].chain);
	}
	if (!place->base->is_base)
		return why_set(work->why, -EPERM,
		    "it cannot be told how chain %s is reached",
		    place->chain->name);
	return 0;
}

/* In a chain of this name of the same table; at the end. */
static int
place_in(struct opening_work *work, const char *name, const char *program,
    struct opening_place *place)
{
	struct nf_chain *chain = name == NULL ? NULL
	                                      : nf_chain_find(work->ruleset,
	                                            place->base->table, name);
	int r;

	if (chain == NULL)
		return why_set(work->why, -EPERM,
		    "it is refused by %s before it comes to the rules about "
		    "ports",
		    program);
	r = nf_chain_load(work->ruleset, chain, work->why);
	/* ufw insert: before the rule that refuses */
	if (r == 0 && chain != place->chain) {
		place->chain = chain;
		place->index = chain->rule_count;
	}
	return r;
}

/* "filter_IN_public_allow", of the zone that the connection came to. */
static const char *
firewalld_chain(struct arena *arena, const struct nf_answer *answer)
{
	static const char jump[] = "jump filter_IN_", end[] = "_allow";

	for (size_t i = answer->path_length; i-- > 0;) {
		const char *text = answer->path[i].text;

		if (text != NULL && !answer->path[i].is_reply &&
		    text_starts(text, jump) && text_ends(text, end))
			return arena_dup(arena, text + strlen("jump "));
	}
	return NULL;
}

static int
place_refuse(struct opening_work *work, const struct opening_place *place)
{
	const struct nf_chain *chain = place->chain;
	const char *program = nf_manager_program(work->ruleset, chain);
	AUTO_BUF struct buf name = {0};

	nf_chain_text(&name, chain);
	if (program != NULL)
		return why_set(work->why, -EPERM,
		    "%s writes the rules of %s: the port is to be opened with "
		    "it",
		    program, buf_text(&name));
	if (place->index == 0 && chain->rule_count > 0 &&
	    opening_rule_is_mailcow(&chain->rules[0]))
		return why_set(work->why, -EPERM,
		    "mailcow wants its rule to be the first of %s, and the "
		    "accept would have to stand before it",
		    buf_text(&name));
	return 0;
}

/* Only the input hook: what is refused earlier was meant for more than ports. */
static int
hook_refuse(struct opening_work *work, const struct nf_answer *answer,
    const struct nf_chain *base)
{
	AUTO_BUF struct buf text = {0};

	if (base->hook == NF_HOOK_INPUT && base->type == NF_CHAIN_FILTER &&
	    (base->table->family == NF_FAMILY_INET ||
	        base->table->family == NF_FAMILY_IPV4 ||
	        base->table->family == NF_FAMILY_IPV6))
		return 0;
	nf_place_text(
	    &text, work->ruleset, answer->chain, answer->rule, work->net);
	return why_set(work->why, -EPERM,
	    "it is refused in %s, where mailfix adds no rule (%s)",
	    nf_hook_name(base->hook), buf_text(&text));
}

static int
answer_refuse(struct opening_work *work, const struct nf_answer *answer)
{
	AUTO_BUF struct buf text = {0};

	if (answer->chain == NULL)
		return why_set(work->why, -EPERM,
		    "no rule refuses it: the host does not take it (%s)",
		    answer->reason != NULL ? answer->reason : "routing");
	if (answer->is_forwarded)
		return why_set(work->why, -EPERM,
		    "connections to port %u are led to another host, and "
		    "refused on the way there",
		    (unsigned)work->port);
	if (!answer->is_reply)
		return 0;
	nf_place_text(
	    &text, work->ruleset, answer->chain, answer->rule, work->net);
	return why_set(work->why, -EPERM,
	    "the connection gets in, but its answers do not get out (%s): "
	    "established connections must be accepted there",
	    buf_text(&text));
}

static int
place_direct(struct opening_work *work, const struct nf_answer *answer,
    struct opening_place *place)
{
	int bases = 1, r;

	if (opening_rule_is_for_all(answer->rule))
		place_pass_logs(place);
	if (!place->chain->is_base)
		bases = opening_bases_count(work, place->chain);
	if (bases < 0)
		return bases;
	if (bases > 1 || opening_rule_is_for_all(answer->rule)) {
		r = place_lift(work, answer, bases > 1, place);
		if (r < 0)
			return r;
	}
	return place_refuse(work, place);
}

int
opening_place_find(struct opening_work *work, const struct nf_verdict_row *row,
    const struct nf_answer *answer, struct opening_place *ret)
{
	struct opening_place place = {0};
	int r = answer_refuse(work, answer);

	if (r < 0)
		return r;
	place.chain = chain_of(work->ruleset, answer->chain);
	assert(place.chain != NULL);
	r = nf_chain_load(work->ruleset, place.chain, work->why);
	if (r < 0)
		return r;
	place.index = rule_index(place.chain, answer->rule);
	place.manager = nf_manager_of(work->ruleset, place.chain);
	r = place_base(work, answer, &place);
	if (r == 0)
		r = hook_refuse(work, answer, place.base);
	if (r < 0)
		return r;
	if (place.manager == NF_MANAGER_UFW)
		r = place_in(work,
		    row->family == AF_INET6 ? "ufw6-user-input"
		                            : "ufw-user-input",
		    "ufw", &place);
	else if (place.manager == NF_MANAGER_FIREWALLD)
		r = place_in(work, firewalld_chain(work->arena, answer),
		    "firewalld", &place);
	else
		r = place_direct(work, answer, &place);
	if (r == 0)
		*ret = place;
	return r;
}
