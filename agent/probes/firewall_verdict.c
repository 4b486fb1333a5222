/*
 * firewall_verdict.c - from a survey to what `explain port` shows
 *
 * Purpose  verdicts, rules and paths as text
 * Input    answers of the evaluator
 * Errors   none: what is too long is cut, and says so
 * Runs as  observer
 * Source   SPEC section 2, explain port; nft(8), monitor trace, for the path
 */
#include "agent/probes/firewall_verdict.h"

#include <sys/socket.h>

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/firewall/rule_text.h"
#include "agent/probes/firewall_wire.h"

struct maker {
	struct arena *arena;
	const struct nf_ruleset *ruleset;
	const struct net *net;
	/* lines of a tree or a path */
	const char **lines;
	size_t count;
};

static void __attribute__((format(printf, 2, 3)))
line_add(struct maker *maker, const char *format, ...)
{
	AUTO_FREE char *line = NULL;
	va_list ap;

	if (maker->count == OBSERVER_LINES_MAX)
		return;
	va_start(ap, format);
	if (vasprintf(&line, format, ap) < 0)
		line = NULL;
	va_end(ap);
	if (line != NULL)
		maker->lines[maker->count++] = arena_dup(maker->arena, line);
}

static void
lines_begin(struct maker *maker)
{
	maker->lines = arena_alloc(
	    maker->arena, OBSERVER_LINES_MAX + 1, sizeof(*maker->lines));
	maker->count = 0;
}

/* What is left over of "policy accept" is the verdict. */
static const char *
policy_of(const struct nf_step *step)
{
	return step->rule == NULL && text_starts(step->text, "policy ")
	           ? step->text + strlen("policy ")
	           : NULL;
}

/* "inet:filter:input#12=drop": of rules that had a verdict, and of policies. */
static void
path_add(struct maker *maker, const struct nf_step *step)
{
	const struct nf_chain *chain = step->chain;
	const char *policy = policy_of(step);

	if (chain == NULL)
		return;
	if (step->rule != NULL)
		line_add(maker, "%s:%s:%s#%" PRIu64 "=%s",
		    nf_family_name(chain->table->family), chain->table->name,
		    chain->name, step->rule->handle, step->text);
	else if (policy != NULL)
		line_add(maker, "%s:%s:%s#policy=%s",
		    nf_family_name(chain->table->family), chain->table->name,
		    chain->name, policy);
}

/* A rule of several verdicts, or one that is not its own, says which. */
static void
rule_line(struct maker *maker, const struct nf_step *step, int indent)
{
	AUTO_BUF struct buf text = {0};
	bool is_said;

	nf_rule_text(
	    &text, maker->ruleset, step->chain, step->rule, maker->net);
	is_said = strstr(buf_text(&text), step->text) != NULL;
	line_add(maker, "%*s%" PRIu64 ": %s%s%s", indent, "",
	    step->rule->handle, buf_text(&text), is_said ? "" : "  -> ",
	    is_said ? "" : step->text);
}

/* Two columns a jump. */
#define INDENT 2

/* A rule that translates an address has a step for it, and then a verdict. */
static bool
is_same_rule(const struct nf_answer *answer, size_t a, size_t b)
{
	return a < answer->path_length && b < answer->path_length &&
	       answer->path[a].rule != NULL &&
	       answer->path[a].rule == answer->path[b].rule &&
	       answer->path[a].is_reply == answer->path[b].is_reply;
}

/* The chain, and its policy beside it when there is nothing between them. */
static void
chain_line(struct maker *maker, const struct nf_step *step)
{
	AUTO_BUF struct buf chain = {0};

	nf_chain_text(&chain, step->chain);
	line_add(maker, "%s%s%s", buf_text(&chain),
	    step->rule == NULL ? ": " : "",
	    step->rule == NULL ? step->text : "");
}

static void
tree_add(struct maker *maker, const struct nf_answer *answer, size_t i,
    const struct nf_chain **at)
{
	const struct nf_step *step = &answer->path[i];
	int indent = INDENT + (int)step->depth * INDENT;
	bool is_new = step->depth == 0 && step->chain != *at;

	if (is_new) {
		chain_line(maker, step);
		*at = step->chain;
	}
	if (step->rule != NULL && i > 0 && is_same_rule(answer, i, i - 1) &&
	    strcmp(step->text, "accept") == 0)
		return;
	if (step->rule != NULL)
		rule_line(maker, step, indent);
	else if (!is_new)
		line_add(maker, "%*s%s", indent, "", step->text);
}

static bool
is_way_only(const struct nf_step *step)
{
	return step->rule != NULL && (text_starts(step->text, "jump ") ||
	                                 text_starts(step->text, "goto") ||
	                                 text_equal(step->text, "return"));
}

/* Where a jump comes back to when nothing was decided behind it; or itself. */
static size_t
jump_back(const struct nf_answer *answer, size_t at)
{
	const struct nf_step *jump = &answer->path[at];
	size_t i = at + 1;

	if (jump->chain == NULL || jump->rule == NULL ||
	    !text_starts(jump->text, "jump "))
		return at;
	for (; i < answer->path_length; i++) {
		const struct nf_step *step = &answer->path[i];

		if (step->chain == NULL || step->is_reply != jump->is_reply)
			return at;
		if (step->depth <= jump->depth)
			return i;
		if (!is_way_only(step))
			return at;
	}
	return at;
}

/* Fewer than these are shown as they are. */
#define IDLE_MIN 4

/*
 * What manages rules fills screens with chains that have nothing to say: such
 * jumps, one behind the other, are one line. Returns where to go on.
 */
static size_t
idle_add(struct maker *maker, const struct nf_answer *answer, size_t from,
    const struct nf_chain **at)
{
	const struct nf_step *first = &answer->path[from];
	size_t end = from, next, count = 0;

	for (; end < answer->path_length &&
	       answer->path[end].depth == first->depth;
	     end = next) {
		next = jump_back(answer, end);
		if (next == end)
			break;
	}
	for (size_t i = from; i < end; i++)
		count += !text_equal(answer->path[i].text, "return");
	if (count < IDLE_MIN)
		return from;
	if (first->depth == 0 && first->chain != *at) {
		chain_line(maker, first);
		*at = first->chain;
	}
	line_add(maker, "%*s... %zu jumps, and back",
	    INDENT + (int)first->depth * INDENT, "", count);
	return end;
}

static void
tree_make(struct maker *maker, const struct nf_answer *answer)
{
	const struct nf_chain *at = NULL;
	bool is_reply = false;

	for (size_t i = 0; i < answer->path_length; i++) {
		const struct nf_step *step = &answer->path[i];
		size_t next;

		if (step->is_reply && !is_reply) {
			line_add(maker, "the answer:");
			at = NULL;
		}
		is_reply = step->is_reply;
		next = idle_add(maker, answer, i, &at);
		if (next > i) {
			i = next - 1;
		} else if (step->chain == NULL) {
			line_add(maker, "(%s)", step->text);
			at = NULL;
		} else {
			tree_add(maker, answer, i, &at);
		}
	}
}

static const char *
address_text(struct arena *arena, const struct nf_address *address)
{
	char text[INET6_ADDRSTRLEN];

	return arena_dup(arena, net_address_format(address, text));
}

static void
rule_fill(struct maker *maker, const struct nf_answer *answer,
    struct firewall_verdict *verdict)
{
	const struct nf_chain *chain = answer->chain;
	AUTO_BUF struct buf text = {0};

	if (chain == NULL)
		return;
	verdict->has_chain = true;
	verdict->rule_family = nf_family_name(chain->table->family);
	verdict->rule_table = chain->table->name;
	verdict->rule_chain = chain->name;
	verdict->rule_text = chain->policy.code == NF_VERDICT_DROP
	                         ? "policy drop"
	                         : "policy accept";
	if (answer->rule == NULL)
		return;
	verdict->has_rule = true;
	verdict->rule_handle = answer->rule->handle;
	nf_rule_text(&text, maker->ruleset, chain, answer->rule, maker->net);
	verdict->rule_text = arena_dup(maker->arena, buf_text(&text));
}

static const char *
place_text(struct maker *maker, const struct nf_chain *chain,
    const struct nf_rule *rule)
{
	AUTO_BUF struct buf text = {0};

	nf_place_text(&text, maker->ruleset, chain, rule, maker->net);
	return arena_dup(maker->arena, buf_text(&text));
}

static const char *
reason_text(struct maker *maker, const struct nf_answer *answer)
{
	char to[INET6_ADDRSTRLEN];
	const char *reason = answer->reason;

	if (answer->is_reply && nf_answer_refuses(answer))
		return arena_printf(maker->arena,
		    "the packet gets there, and the answer does not get back%s%s",
		    reason != NULL ? "; " : "", reason != NULL ? reason : "");
	if (answer->is_forwarded)
		return arena_printf(maker->arena,
		    "it is led to %s, port %u%s%s",
		    net_address_format(&answer->to, to), answer->port,
		    reason != NULL ? "; " : "", reason != NULL ? reason : "");
	return reason;
}

static void
verdict_make(struct maker *maker, const struct nf_verdict_row *row,
    struct firewall_verdict *ret)
{
	struct arena *arena = maker->arena;

	*ret = (struct firewall_verdict){
	    .family = row->family,
	    .outcome = row->answer.outcome,
	    .interface = row->interface != NULL
	                     ? arena_dup(arena, row->interface->name)
	                     : NULL,
	    .reason = reason_text(maker, &row->answer),
	};
	if (!row->is_from_anyone)
		ret->from = address_text(arena, &row->question.from);
	if (!row->is_to_anyone)
		ret->to = address_text(arena, &row->question.to);
	rule_fill(maker, &row->answer, ret);
	if (row->others != NULL)
		ret->others = arena_printf(arena, "%s: %s", row->others,
		    nf_outcome_name(row->others_outcome));
	if (row->shadowed_chain != NULL)
		ret->shadowed =
		    place_text(maker, row->shadowed_chain, row->shadowed_rule);
	lines_begin(maker);
	for (size_t i = 0; i < row->answer.path_length; i++)
		if (!is_same_rule(&row->answer, i, i + 1))
			path_add(maker, &row->answer.path[i]);
	ret->path = maker->lines;
	lines_begin(maker);
	tree_make(maker, &row->answer);
	ret->tree = maker->lines;
}

static const char *
note_text(struct arena *arena, const struct nf_ruleset *ruleset,
    const struct nf_survey *survey)
{
	const char *const notes[] = {
	    survey->no_ipv4,
	    survey->no_ipv6,
	    ruleset->legacy_ipv4,
	    ruleset->legacy_ipv6,
	};
	AUTO_BUF struct buf text = {0};

	for (size_t i = 0; i < ARRAY_COUNT(notes); i++)
		if (notes[i] != NULL)
			buf_addf(&text, "%s%s%s", text.length > 0 ? "; " : "",
			    i >= 2 ? "not looked into: " : "", notes[i]);
	return text.length > 0 ? arena_dup(arena, buf_text(&text)) : NULL;
}

void
firewall_answer_make(struct arena *arena, const struct nf_ruleset *ruleset,
    const struct net *net, const struct nf_survey *survey,
    struct firewall_answer *ret)
{
	struct maker maker = {.arena = arena, .ruleset = ruleset, .net = net};
	size_t count = survey->count < FIREWALL_VERDICTS_MAX
	                   ? survey->count
	                   : FIREWALL_VERDICTS_MAX;

	ret->verdicts = arena_alloc(arena, count + 1, sizeof(*ret->verdicts));
	ret->count = count;
	for (size_t i = 0; i < count; i++)
		verdict_make(&maker, &survey->rows[i], &ret->verdicts[i]);
	ret->note = note_text(arena, ruleset, survey);
}
