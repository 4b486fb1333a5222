/*
 * eval_chain.c - rule by rule through a base chain and where it jumps
 *
 * Purpose  run one branch until it ends or waits
 * Input    the run of the evaluator; rules and chains of the rule set
 * Errors   in eval->context.code: what cannot be loaded
 * Runs as  observer, planner, tests
 * Source   nft_do_chain(), net/netfilter/nf_tables_core.c
 */
#include <errno.h>

#include "agent/firewall/eval_parts.h"

static bool
is_ignored(const struct nf_eval *eval, const struct nf_rule *rule)
{
	for (size_t i = 0; eval->ignored[i] != NULL; i++)
		if (eval->ignored[i] == rule)
			return true;
	return false;
}

static enum eval_result
rule_run(struct nf_eval *eval, const struct nf_rule *rule)
{
	struct eval_branch *branch = eval->branch;
	enum eval_result result = EVAL_NEXT;
	size_t i = 0;

	if (eval->ignored != NULL && is_ignored(eval, rule))
		return EVAL_BREAK;
	eval->context.rule = rule;
	if (branch->registers != NULL) {
		*eval->registers = *branch->registers;
		branch->registers = NULL;
		i = branch->expr;
		if (branch->verdict.code != NF_VERDICT_CONTINUE) {
			eval->verdict = branch->verdict;
			eval->verdict_text = NULL;
			eval->is_reject = eval->is_bypass = false;
			return EVAL_VERDICT;
		}
	} else {
		eval->rule_count++;
		eval->registers->has_unknown = false;
		eval->registers->address_slot = NF_SLOT_NONE;
	}
	for (; result == EVAL_NEXT && i < rule->expr_count; i++)
		result = eval_expr_run(eval, &rule->exprs[i]);
	/* i is behind the expression that ended it */
	if (result == EVAL_DOUBT) {
		if (!eval->has_verdict && eval->next_hit == 0 &&
		    !eval_expr_has_effect(rule, i))
			return EVAL_BREAK;
		eval->doubt = i - 1;
	}
	return result;
}

/* Out of a chain that was jumped to; false: it is the base chain. */
static bool
frame_pop(struct nf_eval *eval)
{
	struct eval_state *state = &eval->branch->state;

	if (state->frame_count == 0)
		return false;
	state->frame_count--;
	state->chain = state->frames[state->frame_count].chain;
	state->rule = state->frames[state->frame_count].rule;
	eval->branch->may_meet = eval->fork_count > 0;
	return true;
}

static void
entry_done(struct nf_eval *eval)
{
	struct eval_state *state = &eval->branch->state;

	state->chain = NULL;
	state->rule = 0;
	state->frame_count = 0;
	state->entry++;
}

/* What accepts the answer is of no interest to who asks for the connection. */
static void
accepted_by(struct eval_branch *branch, const struct nf_chain *chain,
    const struct nf_rule *rule)
{
	if (branch->state.packet.is_reply)
		return;
	branch->chain = chain;
	branch->rule = rule;
}

static void
policy_take(struct nf_eval *eval)
{
	struct eval_branch *branch = eval->branch;
	const struct nf_chain *base =
	    branch->state.hook->entries[branch->state.entry].chain;
	bool is_drop = base->policy.code == NF_VERDICT_DROP;

	branch->state.chain = base;
	branch->state.frame_count = 0;
	eval->context.rule = NULL;
	eval_path_add(eval, is_drop ? "policy drop" : "policy accept", NULL);
	if (base->policy.code != NF_VERDICT_ACCEPT && !is_drop)
		eval_end(eval, NF_NOT_KNOWN, "a policy that is not understood");
	if (is_drop) {
		branch->chain = base;
		branch->rule = NULL;
		eval_end(eval, NF_DROPPED, NULL);
	}
	if (eval->branch == NULL)
		return;
	accepted_by(branch, base, NULL);
	entry_done(eval);
}

/* false: the branch has ended, or the rule set has changed */
static bool
chain_load(struct nf_eval *eval, struct nf_chain *chain)
{
	struct why why = {0};
	int r;

	if (chain->is_loaded)
		return true;
	r = nf_chain_load(eval->context.ruleset, chain, &why);
	if (r == -ESTALE)
		eval->context.code =
		    why_set(eval->context.why, r, "%s", why.text);
	else if (r < 0)
		eval_end(eval, NF_NOT_KNOWN,
		    arena_printf(eval->context.arena,
		        "rules that could not be read: %s", why.text));
	return r >= 0;
}

static void
chain_enter(struct nf_eval *eval, bool is_jump)
{
	struct eval_state *state = &eval->branch->state;
	struct nf_chain *chain = nf_chain_find(
	    eval->context.ruleset, state->chain->table, eval->verdict.chain);

	eval_path_add(eval, is_jump ? "jump" : "goto", eval->verdict.chain);
	if (eval->branch->path_length > EVAL_PATH_MAX) {
		eval_end(eval, NF_NOT_KNOWN, "too many jumps");
		return;
	}
	if (chain == NULL) {
		eval_end(eval, NF_NOT_KNOWN, "a chain that is not in the dump");

		return;
	}
	if (!chain_load(eval, chain))
		return;
	if (is_jump) {
		/* the kernel drops there, having refused to load such a rule */
		if (state->frame_count == EVAL_FRAMES_MAX) {
			eval_end(
			    eval, NF_NOT_KNOWN, "jumps are nested too deep");
			return;
		}
		state->frames[state->frame_count++] = (struct eval_frame){
		    .chain = state->chain, .rule = state->rule + 1};
	}
	state->chain = chain;
	state->rule = 0;
}

/* Another program decides; it reads the queue, or nobody does. */
static void
queue_take(struct nf_eval *eval)
{
	eval->match =
	    (struct nf_match){.truth = eval->is_bypass ? NF_MAYBE : NF_UNKNOWN,
	        .reason = "the program that reads the queue",
	        .is_usual = true};
	eval_fork_end(eval, NF_DROPPED, "queue: drop");
	if (eval->branch == NULL)
		return;
	eval_path_add(eval, "queue: accept", NULL);
	accepted_by(
	    eval->branch, eval->branch->state.chain, eval->context.rule);
	entry_done(eval);
}

static void
refuse(struct nf_eval *eval)
{
	struct eval_branch *branch = eval->branch;
	bool is_reject = eval->is_reject;

	branch->chain = branch->state.chain;
	branch->rule = eval->context.rule;
	eval_path_add(eval,
	    eval->verdict_text != NULL ? eval->verdict_text
	    : is_reject                ? "reject"
	                               : "drop",
	    NULL);
	eval_end(eval, is_reject ? NF_REJECTED : NF_DROPPED, NULL);
}

static void
verdict_take(struct nf_eval *eval)
{
	struct eval_branch *branch = eval->branch;

	switch (eval->verdict.code) {
	case NF_VERDICT_CONTINUE:
	case NF_VERDICT_BREAK:
		branch->state.rule++;
		break;
	case NF_VERDICT_JUMP:
	case NF_VERDICT_GOTO:
		chain_enter(eval, eval->verdict.code == NF_VERDICT_JUMP);
		break;
	case NF_VERDICT_RETURN:
		eval_path_add(eval, "return", NULL);
		if (!frame_pop(eval))
			policy_take(eval);
		break;
	case NF_VERDICT_ACCEPT:
		accepted_by(branch, branch->state.chain, eval->context.rule);
		eval_path_add(eval,
		    eval->verdict_text != NULL ? eval->verdict_text : "accept",
		    NULL);
		entry_done(eval);
		break;
	case NF_VERDICT_DROP:
	case NF_VERDICT_STOLEN:
		refuse(eval);
		break;
	case NF_VERDICT_QUEUE:
		queue_take(eval);
		break;
	case NF_VERDICT_UNKNOWN:
		(void)eval_not_understood(eval, "verdict");
		break;
	}
}

/* Until the base chain is done, or the branch has ended or been put off. */
static void
rules_run(struct nf_eval *eval)
{
	struct eval_branch *branch = eval->branch;
	struct eval_state *state = &branch->state;

	while (eval->branch == branch && state->chain != NULL &&
	       eval->context.code == 0) {
		if (branch->may_meet && branch->registers == NULL) {
			branch->may_meet = false;
			if (eval_is_seen(eval)) {
				eval->branch = NULL;
				return;
			}
		}
		if (eval->rule_count > EVAL_RULES_MAX) {
			eval_end(eval, NF_NOT_KNOWN, "too many rules");
			return;
		}
		if (state->rule >= state->chain->rule_count) {
			if (!frame_pop(eval))
				policy_take(eval);
			continue;
		}
		switch (rule_run(eval, &state->chain->rules[state->rule])) {
		case EVAL_NEXT:
		case EVAL_BREAK:
			state->rule++;
			break;
		case EVAL_VERDICT:
			verdict_take(eval);
			break;
		case EVAL_DOUBT:
			eval_fork(eval, eval->doubt);
			break;
		case EVAL_STOP:
			return;
		}
	}
}

static void
chain_begin(struct nf_eval *eval, struct nf_chain *chain)
{
	struct eval_branch *branch = eval->branch;

	if (!chain_load(eval, chain))
		return;
	branch->state.chain = chain;
	branch->state.rule = 0;
	branch->state.mark_before = branch->state.packet.mark;
	branch->may_meet = eval->fork_count > 0;
}

/* Nat chains see the first packet of a connection, until one maps it. */
static bool
nat_is_open(const struct eval_state *state)
{
	const struct nf_packet *packet = &state->packet;
	bool is_dst = packet->hook == NF_HOOK_PREROUTING ||
	              packet->hook == NF_HOOK_OUTPUT;

	return packet->is_tracked && !packet->is_reply && !packet->is_later &&
	       !(is_dst ? state->is_dst_done : state->is_src_done);
}

/* An answer without a question in its zone is invalid. */
static void
conntrack_look(struct nf_eval *eval)
{
	struct eval_state *state = &eval->branch->state;
	struct nf_packet *packet = &state->packet;

	packet->is_tracked =
	    !packet->is_untracked && (!packet->is_reply || state->has_entry);
	if (!packet->is_reply || !packet->is_tracked)
		return;
	if (!state->zone.is_known || !state->entry_zone.is_known)
		eval_end(eval, NF_NOT_KNOWN,
		    "a zone of connections that could not be followed");
	else if (((state->zone.value ^ state->entry_zone.value) & UINT16_MAX) !=
	         0)
		packet->is_tracked = false;
}

static void
entry_run(struct nf_eval *eval)
{
	struct eval_state *state = &eval->branch->state;
	const struct eval_entry *entry = &state->hook->entries[state->entry];

	switch (entry->kind) {
	case EVAL_CHAIN:
		chain_begin(eval, entry->chain);
		return;
	case EVAL_NAT_CHAIN:
		if (nat_is_open(state)) {
			chain_begin(eval, entry->chain);
			return;
		}
		break;
	case EVAL_CONNTRACK:
		conntrack_look(eval);
		if (eval->branch == NULL)
			return;
		break;
	case EVAL_NAT_DONE:
		eval_nat_done(eval);
		break;
	case EVAL_CONFIRM:
		state->packet.is_confirmed = state->packet.is_tracked;
		break;
	}
	state->entry++;
}

/* A chain of type route has run: a changed mark asks for the route again. */
static bool
route_is_changed(const struct eval_state *state)
{
	const struct nf_chain *chain =
	    state->entry == 0 ? NULL
	                      : state->hook->entries[state->entry - 1].chain;

	return chain != NULL && chain->type == NF_CHAIN_ROUTE &&
	       state->packet.hook == NF_HOOK_OUTPUT &&
	       (state->packet.mark.value != state->mark_before.value ||
	           state->packet.mark.is_known != state->mark_before.is_known);
}

void
eval_chain_run(struct nf_eval *eval)
{
	struct eval_branch *branch = eval->branch;

	while (eval->branch == branch && eval->context.code == 0) {
		struct eval_state *state = &branch->state;

		if (state->chain != NULL) {
			rules_run(eval);
			continue;
		}
		if (route_is_changed(state)) {
			state->mark_before = state->packet.mark;
			eval_way_reroute(eval);
		} else if (state->entry < state->hook->count) {
			entry_run(eval);
		} else {
			eval_way_next(eval);
		}
	}
}
