/*
 * eval_answer.c - what all branches together come to, and why
 *
 * Purpose  one answer of a tree of forks; its path; its reason in plain words
 * Input    the run of the evaluator, ended
 * Errors   none
 * Runs as  observer, planner, tests
 * Source   -
 */
#include <sys/socket.h>

#include <inttypes.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/base/text.h"
#include "agent/firewall/eval_parts.h"

/* Doubts that a reason names; more would not be read. */
#define REASONS_MAX 3U

static const char *const outcome_names[] = {
    [NF_ACCEPTED] = "accept",
    [NF_DROPPED] = "drop",
    [NF_REJECTED] = "reject",
    [NF_DEPENDS] = "depends",
    [NF_NOT_KNOWN] = "unknown",
};
_Static_assert(ARRAY_COUNT(outcome_names) == NF_NOT_KNOWN + 1, "each one");

const char *
nf_outcome_name(enum nf_outcome outcome)
{
	return outcome_names[outcome];
}

void
eval_path_add(struct nf_eval *eval, const char *text, const char *name)
{
	struct eval_branch *branch = eval->branch;
	struct eval_step *step = arena_alloc(eval->scratch, 1, sizeof(*step));

	*step = (struct eval_step){
	    .before = branch->path,
	    .step = {.chain = branch->state.chain,
	             .rule = eval->context.rule,
	             .depth = branch->state.frame_count,
	             .is_reply = branch->state.packet.is_reply,
	             .text = text},
	    .name = name
        };
	branch->path = step;
	branch->path_length++;
}

static const char *
place(struct arena *arena, const struct nf_chain *chain,
    const struct nf_rule *rule)
{
	AUTO_BUF struct buf text = {0};

	if (chain == NULL)
		return "no rule";
	buf_addf(&text, "%s %s %s", nf_family_name(chain->table->family),
	    chain->table->name, chain->name);
	if (rule != NULL)
		buf_addf(&text, ", handle %" PRIu64, rule->handle);
	else
		buf_add(&text, ", policy");
	return arena_dup(arena, buf_text(&text));
}

/* Which outcomes there are below; as deep as forks are, EVAL_FORKS_MAX. */
static uint8_t
outcomes_count(struct eval_node *node)
{
	if (node->outcomes != 0)
		return node->outcomes;
	switch (node->kind) {
	case EVAL_OPEN:
		node->outcomes = 1U << NF_NOT_KNOWN;
		break;
	case EVAL_END:
		node->outcomes = (uint8_t)(1U << node->outcome);
		break;
	case EVAL_SAME:
		node->outcomes = outcomes_count(node->same);
		break;
	case EVAL_FORK:
		node->outcomes =
		    outcomes_count(node->yes) | outcomes_count(node->no);
		break;
	}
	return node->outcomes;
}

static const struct eval_node *
usual_step(const struct eval_node *node)
{
	if (node->kind == EVAL_SAME)
		return node->same;
	return node->match.is_usual ? node->yes : node->no;
}

static const struct eval_node *
usual_end(const struct eval_node *node)
{
	while (node->kind == EVAL_SAME || node->kind == EVAL_FORK)
		node = usual_step(node);
	return node;
}

/* The end that is another one than `outcome`, on the way of usual cases. */
static const struct eval_node *
other_end(const struct eval_node *node, enum nf_outcome outcome)
{
	uint8_t others = (uint8_t) ~(1U << outcome);

	while (node->kind == EVAL_SAME || node->kind == EVAL_FORK) {
		const struct eval_node *next = usual_step(node);

		if (node->kind == EVAL_FORK && (next->outcomes & others) == 0)
			next = next == node->yes ? node->no : node->yes;
		node = next;
	}
	return node;
}

static bool
is_relevant(const struct eval_node *node)
{
	return node->kind == EVAL_FORK &&
	       node->yes->outcomes != node->no->outcomes;
}

/* Does an outcome hang on what is not understood? */
static bool
hangs_on_unknown(struct eval_node *node)
{
	if (node->is_asked || (node->outcomes & (node->outcomes - 1U)) == 0)
		return false;
	node->is_asked = true;
	if (node->kind == EVAL_SAME)
		return hangs_on_unknown(node->same);
	if (node->kind != EVAL_FORK)
		return false;
	if (node->match.truth == NF_UNKNOWN && is_relevant(node))
		return true;
	return hangs_on_unknown(node->yes) || hangs_on_unknown(node->no);
}

/* How many it added. */
static size_t
reason_add(struct buf *text, struct arena *arena, const struct eval_node *node)
{
	const struct eval_node *other =
	    node->match.is_usual ? node->no : node->yes;
	const struct eval_node *usual = usual_end(node);

	/* it is something further on that makes the difference */
	if ((other->outcomes & (uint8_t) ~(1U << usual->outcome)) == 0)
		return 0;
	other = other_end(other, usual->outcome);
	if (text->length > 0)
		buf_add(text, "; ");
	buf_addf(text, "%s (%s): ", node->match.reason,
	    place(arena, node->chain, node->rule));
	if (node->match.truth == NF_UNKNOWN)
		buf_addf(text, "%s (%s) or %s (%s)",
		    nf_outcome_name(usual->outcome),
		    place(arena, usual->chain, usual->rule),
		    nf_outcome_name(other->outcome),
		    place(arena, other->chain, other->rule));
	else
		buf_addf(text, "usually %s (%s), else %s (%s)",
		    nf_outcome_name(usual->outcome),
		    place(arena, usual->chain, usual->rule),
		    nf_outcome_name(other->outcome),
		    place(arena, other->chain, other->rule));
	if (other->kind == EVAL_END && other->reason != NULL)
		buf_addf(text, ": %s", other->reason);
	return 1;
}

/* The doubts on the way of the usual case, as far as they matter. */
static const char *
reason_make(struct arena *arena, const struct eval_node *node)
{
	AUTO_BUF struct buf text = {0}, safe = {0};
	size_t count = 0;

	while (count < REASONS_MAX &&
	       (node->kind == EVAL_SAME || node->kind == EVAL_FORK)) {
		if (is_relevant(node))
			count += reason_add(&text, arena, node);
		node = usual_step(node);
	}
	text_escape(&safe, buf_text(&text), text.length);
	return arena_dup_n(arena, buf_text(&safe), safe.length);
}

static const struct nf_step *
path_make(struct arena *arena, const struct eval_node *end)
{
	struct nf_step *steps =
	    arena_alloc(arena, end->path_length + 1, sizeof(*steps));
	const struct eval_step *step = end->path;

	for (size_t i = end->path_length; i > 0 && step != NULL; i--) {
		steps[i - 1] = step->step;
		if (step->name != NULL)
			steps[i - 1].text = arena_printf(
			    arena, "%s %s", step->step.text, step->name);
		step = step->before;
	}
	return steps;
}

/* What the older iptables does nobody looked into: it can refuse as well. */
static void
legacy_consider(const struct nf_eval *eval, struct nf_answer *answer)
{
	const struct nf_ruleset *ruleset = eval->context.ruleset;
	const char *legacy = eval->question->from.family == AF_INET
	                         ? ruleset->legacy_ipv4
	                         : ruleset->legacy_ipv6;

	if (legacy == NULL || answer->outcome == NF_DROPPED ||
	    answer->outcome == NF_REJECTED || answer->outcome == NF_NOT_KNOWN)
		return;
	answer->outcome = NF_NOT_KNOWN;
	answer->reason = arena_printf(eval->context.arena,
	    "there are rules of the older iptables as well (%s), which are "
	    "not looked into",
	    legacy);
}

void
eval_answer_make(
    const struct nf_eval *eval, struct eval_node *root, struct nf_answer *ret)
{
	struct arena *arena = eval->context.arena;
	uint8_t outcomes = outcomes_count(root);
	const struct eval_node *end = usual_end(root);

	*ret = (struct nf_answer){.outcome = end->outcome,
	    .usual = end->outcome,
	    .chain = end->chain,
	    .rule = end->rule,
	    .is_reply = end->is_reply && end->outcome != NF_ACCEPTED,
	    .is_forwarded = end->is_forwarded,
	    .to = end->to,
	    .port = end->port,
	    .path = path_make(arena, end),
	    .path_length = end->path_length,
	    .reason = end->reason};
	if ((outcomes & (outcomes - 1U)) != 0) {
		ret->reason = reason_make(arena, root);
		ret->outcome = (outcomes & 1U << NF_NOT_KNOWN) != 0 ||
		                       hangs_on_unknown(root)
		                   ? NF_NOT_KNOWN
		                   : NF_DEPENDS;
	} else if (end->outcome == NF_NOT_KNOWN && end->chain != NULL) {
		ret->reason = arena_printf(arena, "%s (%s)", end->reason,
		    place(arena, end->chain, end->rule));
	}
	legacy_consider(eval, ret);
}
