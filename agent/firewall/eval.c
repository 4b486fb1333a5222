/*
 * eval.c - answer what would happen to a connection
 *
 * Purpose  one run of the evaluator: branch by branch, then the answer
 * Input    a question; a rule set; the host's network
 * Errors   -EINVAL: a question that makes no sense; what loading answers
 * Runs as  observer, planner, tests
 * Source   -
 */
#include <sys/socket.h>

#include <errno.h>

#include "agent/base/auto.h"
#include "agent/firewall/eval_parts.h"

AUTO_DEFINE(struct arena, arena_free);

static int
question_check(const struct nf_question *question, struct why *why)
{
	uint8_t family = question->from.family;

	if ((family != AF_INET && family != AF_INET6) ||
	    family != question->to.family)
		return why_set(
		    why, -EINVAL, "both addresses must be of one family");
	if (question->port == 0)
		return why_set(why, -EINVAL, "no port is asked for");
	return 0;
}

int
nf_ask(struct arena *arena, const struct nf_ruleset *ruleset,
    const struct net *net, const struct nf_question *question,
    const struct nf_options *options, struct nf_answer *ret, struct why *why)
{
	AUTO(arena_freep) struct arena *scratch = arena_new();
	struct eval_registers registers = {0};
	struct nf_eval eval = {
	    .context = {.arena = arena,
	                .ruleset = ruleset,
	                .net = net,
	                .why = why},
	    .scratch = scratch,
	    .question = question,
	    .registers = &registers
        };
	struct eval_node *root;
	int r = question_check(question, why);

	if (r < 0)
		return r;
	if (options != NULL) {
		eval.context.samples = options->samples;
		eval.ignored = options->ignored;
		eval.is_later = options->is_later;
	}
	eval_hooks_collect(&eval);
	eval.branch = eval_branch_new(&eval);
	root = eval.branch->node;
	eval_way_begin(&eval);
	do {
		while (eval.branch != NULL && eval.context.code == 0)
			eval_chain_run(&eval);
	} while (eval.context.code == 0 && eval_next_branch(&eval));
	if (eval.context.code != 0)
		return eval.context.code;
	eval_answer_make(&eval, root, ret);
	return eval_below(&eval, ret);
}
