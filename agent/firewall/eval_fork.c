/*
 * eval_fork.c - both ways at once where something is not known
 *
 * Purpose  branches: fork, wait, end, and meet again
 * Input    the run of the evaluator
 * Errors   too many branches: the branch ends as not known
 * Runs as  observer, planner, tests
 * Source   three-valued evaluation as in Diekmann et al., arXiv 1604.00206
 */
#include <stdio.h>
#include <string.h>

#include "agent/firewall/eval_parts.h"

/* A state that a branch had, and what that branch came to. */
struct eval_seen {
	uint64_t hash;
	const struct eval_state *state;
	struct eval_node *node;
};

/* The rarely used end of the state, the frames, is copied as far as it is used. */
static size_t
state_length(const struct eval_state *state)
{
	return offsetof(struct eval_state, frames) +
	       state->frame_count * sizeof(state->frames[0]);
}

static void
state_copy(struct eval_state *to, const struct eval_state *from)
{
	/* bytes, not members: the padding is compared as well */
	(void)memcpy(to, from, state_length(from));
}

struct eval_branch *
eval_branch_new(struct nf_eval *eval)
{
	struct eval_branch *branch =
	    arena_alloc(eval->scratch, 1, sizeof(*branch));

	branch->node = arena_alloc(eval->scratch, 1, sizeof(*branch->node));
	return branch;
}

static struct eval_branch *
branch_copy(struct nf_eval *eval, const struct eval_branch *from)
{
	struct eval_branch *branch = eval_branch_new(eval);

	state_copy(&branch->state, &from->state);
	branch->path = from->path;
	branch->path_length = from->path_length;
	branch->chain = from->chain;
	branch->rule = from->rule;
	return branch;
}

static void
narrow(struct eval_branch *branch, const struct eval_narrow *how, bool is_yes)
{
	struct nf_packet *packet = &branch->state.packet;

	if (!how->is_set)
		return;
	packet->source_port_min = is_yes ? how->yes_min : how->no_min;
	packet->source_port_max = is_yes ? how->yes_max : how->no_max;
	eval_packet_ports(packet);
}

/* The branch goes on with that expression, and with the registers. */
static void
registers_keep(struct nf_eval *eval, struct eval_branch *branch,
    const struct eval_registers *registers, size_t expr)
{
	branch->registers =
	    arena_alloc(eval->scratch, 1, sizeof(*branch->registers));
	*branch->registers = *registers;
	branch->expr = (uint16_t)expr;
}

/* "no": the next rule, or what else the map may have meant. */
static void
no_begin(struct nf_eval *eval, struct eval_branch *no, size_t expr)
{
	no->may_meet = true;
	if (eval->next_hit == 0) {
		no->state.rule++;
		return;
	}
	registers_keep(eval, no, eval->before_hit, expr);
	no->hit = eval->next_hit;
}

static bool
is_too_much(struct nf_eval *eval)
{
	if (eval->waiting_count < EVAL_BRANCHES_MAX &&
	    eval->fork_count < EVAL_FORKS_MAX)
		return false;
	eval_end(eval, NF_NOT_KNOWN,
	    "too many rules on the way depend on something");
	return true;
}

void
eval_fork_end(struct nf_eval *eval, enum nf_outcome outcome, const char *text)
{
	struct eval_branch *branch = eval->branch, *other;
	struct eval_node *node = branch->node;

	if (is_too_much(eval))
		return;
	eval->fork_count++;
	other = branch_copy(eval, branch);
	*node = (struct eval_node){.kind = EVAL_FORK,
	    .chain = branch->state.chain,
	    .rule = eval->context.rule,
	    .match = eval->match,
	    .no = other->node};
	branch->node = arena_alloc(eval->scratch, 1, sizeof(*branch->node));
	node->yes = branch->node;
	other->chain = branch->state.chain;
	other->rule = eval->context.rule;
	eval->branch = other;
	eval_path_add(eval, text, NULL);
	eval_end(eval, outcome, NULL);
	eval->branch = branch;
}

void
eval_fork(struct nf_eval *eval, size_t expr)
{
	struct eval_branch *yes = eval->branch, *no;
	struct eval_node *node = yes->node;

	if (is_too_much(eval))
		return;
	eval->fork_count++;
	no = branch_copy(eval, yes);
	no_begin(eval, no, expr);
	yes->may_meet = true;
	*node = (struct eval_node){.kind = EVAL_FORK,
	    .chain = yes->state.chain,
	    .rule = eval->context.rule,
	    .match = eval->match,
	    .no = no->node};
	yes->node = arena_alloc(eval->scratch, 1, sizeof(*yes->node));
	node->yes = yes->node;
	registers_keep(eval, yes, eval->registers, expr + 1);
	yes->verdict = (struct nf_verdict){0};
	if (eval->has_verdict)
		yes->verdict = eval->verdict;
	narrow(yes, &eval->narrow, true);
	narrow(no, &eval->narrow, false);
	if (eval->match.is_usual) {
		eval->waiting[eval->waiting_count++] = no;
	} else {
		eval->waiting[eval->waiting_count++] = yes;
		eval->branch = no;
	}
}

static uint64_t
state_hash(const struct eval_state *state)
{
	/* what differs most between branches; the rest is compared */
	uint64_t hash = state->rule * 0x9e3779b97f4a7c15U;

	hash ^= (uint64_t)(uintptr_t)state->chain * 0xc2b2ae3d27d4eb4fU;
	hash ^= state->entry * 0x165667b19e3779f9U;
	return hash ^ state->packet.hook ^ state->frame_count << 8;
}

static bool
state_equal(const struct eval_state *a, const struct eval_state *b)
{
	return a->frame_count == b->frame_count &&
	       memcmp(a, b, state_length(a)) == 0;
}

bool
eval_is_seen(struct nf_eval *eval)
{
	struct eval_branch *branch = eval->branch;
	uint64_t hash = state_hash(&branch->state);
	struct eval_state *copy;

	for (size_t i = 0; i < eval->seen_count; i++)
		if (eval->seen[i].hash == hash &&
		    state_equal(eval->seen[i].state, &branch->state)) {
			*branch->node = (struct eval_node){
			    .kind = EVAL_SAME, .same = eval->seen[i].node};
			return true;
		}
	/* more would only cost: without it branches do not meet */
	if (eval->seen_count == EVAL_SEEN_MAX)
		return false;
	copy = arena_alloc(eval->scratch, 1, state_length(&branch->state));
	state_copy(copy, &branch->state);
	if (eval->seen == NULL)
		eval->seen = arena_alloc(
		    eval->scratch, EVAL_SEEN_MAX, sizeof(*eval->seen));
	eval->seen[eval->seen_count++] = (struct eval_seen){
	    .hash = hash, .state = copy, .node = branch->node};
	return false;
}

void
eval_end(struct nf_eval *eval, enum nf_outcome outcome, const char *reason)
{
	const struct eval_branch *branch = eval->branch;
	const struct nf_packet *packet = &branch->state.packet;

	*branch->node = (struct eval_node){.kind = EVAL_END,
	    .outcome = outcome,
	    .chain = branch->chain,
	    .rule = branch->rule,
	    .reason = reason,
	    .is_reply = packet->is_reply,
	    .is_forwarded = branch->state.is_forwarded,
	    .to = packet->reply_from,
	    .port = packet->reply_port,
	    .path = branch->path,
	    .path_length = branch->path_length};
	eval->branch = NULL;
}

bool
eval_next_branch(struct nf_eval *eval)
{
	if (eval->waiting_count == 0)
		return false;
	eval->branch = eval->waiting[--eval->waiting_count];
	return true;
}
