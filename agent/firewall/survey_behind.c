/*
 * survey_behind.c - what stands behind the rule that refuses
 *
 * Purpose  an accept for this very port that a packet never reaches: the admin
 *          has opened it, in the wrong place
 * Input    answers of the evaluator
 * Errors   as nf_ask
 * Runs as  observer, tests
 * Source   nftables: the first rule that decides ends its chain
 */
#include <string.h>

#include "agent/firewall/survey_parts.h"

/*
 * More than this many rules between the refusal and the accept is no order
 * that was got wrong once.
 */
#define IGNORED_MAX 4U

/*
 * Not assigned to anything (IANA, Service Name and Port Number Registry): who
 * gets through here gets through everywhere, and a rule that accepts it says
 * nothing about the port that was asked about.
 */
#define CONTROL_PORT 4U

static bool
is_accept(const struct nf_step *step)
{
	return step->rule != NULL && !step->is_reply &&
	       strcmp(step->text, "accept") == 0;
}

static bool
path_has(const struct nf_answer *answer, const struct nf_rule *rule)
{
	for (size_t i = 0; i < answer->path_length; i++)
		if (answer->path[i].rule == rule && !answer->path[i].is_reply)
			return true;
	return false;
}

static int
ask_control(const struct survey *survey, const struct nf_question *question,
    const struct nf_options *options, struct nf_answer *ret, struct why *why)
{
	struct nf_question control = *question;

	control.port = CONTROL_PORT;
	return nf_ask(survey->arena, survey->ruleset, survey->net, &control,
	    options, ret, why);
}

int
survey_is_trusted(const struct survey *survey,
    const struct nf_question *question, const struct nf_question *anyone,
    struct why *why)
{
	struct nf_answer answer;
	int r = ask_control(survey, question, NULL, &answer, why);

	if (r < 0 || answer.outcome != NF_ACCEPTED)
		return r < 0 ? r : 0;
	r = ask_control(survey, anyone, NULL, &answer, why);
	return r < 0 ? r : nf_answer_refuses(&answer);
}

/* The rule that accepts this port, no other, and was not reached before. */
static void
behind_note(struct nf_verdict_row *row, const struct nf_answer *now,
    const struct nf_answer *control)
{
	for (size_t i = 0; i < now->path_length; i++) {
		const struct nf_step *step = &now->path[i];

		if (!is_accept(step) || path_has(&row->answer, step->rule) ||
		    path_has(control, step->rule))
			continue;
		row->shadowed_chain = step->chain;
		row->shadowed_rule = step->rule;
		return;
	}
}

int
survey_behind(
    const struct survey *survey, struct nf_verdict_row *row, struct why *why)
{
	const struct nf_rule *ignored[IGNORED_MAX + 1] = {row->answer.rule};
	struct nf_options options = {.ignored = ignored};
	size_t count = 1;
	int r;

	if (row->answer.rule == NULL || row->answer.is_reply ||
	    (row->answer.outcome != NF_DROPPED &&
	        row->answer.outcome != NF_REJECTED))
		return 0;
	for (;;) {
		struct nf_answer now, control;

		r = nf_ask(survey->arena, survey->ruleset, survey->net,
		    &row->question, &options, &now, why);
		if (r < 0)
			return r;
		if (now.outcome == NF_ACCEPTED) {
			r = ask_control(
			    survey, &row->question, &options, &control, why);
			if (r == 0)
				behind_note(row, &now, &control);
			return r;
		}
		if (now.rule == NULL || now.is_reply || count == IGNORED_MAX ||
		    (now.outcome != NF_DROPPED && now.outcome != NF_REJECTED))
			return 0;
		ignored[count++] = now.rule;
	}
}
