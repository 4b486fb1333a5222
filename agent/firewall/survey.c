/*
 * survey.c - how one port stands: for each family and interface, for anyone
 *
 * Purpose  from "is port 587 open?" to questions for the evaluator, and from
 *          its answers to one verdict for each family and interface
 * Input    the rule set, the network, and what was given
 * Errors   as nf_ask; -ENODEV: no such interface
 * Runs as  observer, tests
 * Source   SPEC section 2, explain port
 */
#include "agent/firewall/survey.h"

#include <sys/socket.h>

#include <string.h>

#include "agent/base/auto.h"
#include "agent/firewall/rule_text.h"
#include "agent/firewall/survey_parts.h"

bool
nf_answer_refuses(const struct nf_answer *answer)
{
	enum nf_outcome outcome =
	    answer->outcome == NF_DEPENDS ? answer->usual : answer->outcome;

	return outcome == NF_DROPPED || outcome == NF_REJECTED;
}

bool
nf_row_is_served(const struct net *net, const struct nf_verdict_row *row)
{
	const struct nf_question *question = &row->question;
	bool is_served = false, has_any = false;

	if (question->direction != NF_IN || !net->has_listeners)
		return true;
	for (size_t i = 0; i < net->listener_count; i++) {
		const struct net_listener *listener = &net->listeners[i];

		if (listener->port != question->port ||
		    survey_is_loopback(&listener->address))
			continue;
		has_any = true;
		is_served |=
		    survey_listens(listener, question->port, &question->to);
	}
	return is_served || !has_any;
}

/* The other side of the question: who comes, or where it goes. */
static struct nf_address *
peer_of(struct nf_question *question)
{
	return question->direction == NF_IN ? &question->from : &question->to;
}

/* Alike as far as it matters who is asked about. */
static bool
is_alike(const struct nf_answer *a, const struct nf_answer *b)
{
	return a->outcome == b->outcome ||
	       (nf_answer_refuses(a) && nf_answer_refuses(b));
}

static int
ask(const struct survey *survey, const struct nf_question *question,
    struct nf_samples *samples, struct nf_answer *ret, struct why *why)
{
	struct nf_options options = {.samples = samples};

	return nf_ask(survey->arena, survey->ruleset, survey->net, question,
	    &options, ret, why);
}

static const char *
address_text(const struct survey *survey, const struct nf_address *address)
{
	char text[64];

	return arena_dup(survey->arena, net_address_format(address, text));
}

/*
 * Two strangers are asked about; where they are not treated alike, a third one
 * decides which of them is anyone.
 */
static int
anyone_ask(const struct survey *survey, struct nf_verdict_row *row,
    struct nf_samples *samples, struct why *why)
{
	struct nf_question questions[SURVEY_STRANGERS];
	struct nf_answer answers[SURVEY_STRANGERS];
	unsigned anyone = 0, other = 1;
	int r = 0;

	for (unsigned i = 0; i < SURVEY_STRANGERS; i++) {
		questions[i] = row->question;
		*peer_of(&questions[i]) = survey_anyone(
		    survey, row->interface, peer_of(&questions[i])->family, i);
		r = ask(survey, &questions[i], i == 0 ? samples : NULL,
		    &answers[i], why);
		if (r < 0)
			return r;
		if (i == 1 && is_alike(&answers[0], &answers[1])) {
			row->answer = answers[0];
			return 0;
		}
	}
	if (is_alike(&answers[1], &answers[2])) {
		anyone = 1;
		other = 0;
	}
	row->question = questions[anyone];
	row->answer = answers[anyone];
	row->others_outcome = answers[other].outcome;
	row->others = address_text(survey, peer_of(&questions[other]));
	return 0;
}

/* What no stranger is, and what would come by another way. */
static bool
is_odd(const struct net *net, const struct nf_address *address)
{
	const uint8_t *b = address->bytes;

	if (net_is_own(net, address))
		return true;
	if (address->family == AF_INET) /* 0/8, 127/8, 169.254/16, 224/3 */
		return b[0] == 0 || b[0] == 127 || b[0] >= 224 ||
		       (b[0] == 169 && b[1] == 254);
	/* fe80::/10, ff00::/8, and what begins with as many zeros: ::1, :: */
	return b[0] == 0xff || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80) ||
	       (b[0] == 0 && b[1] == 0);
}

/* 1: this one is treated in another way, at this port. */
static int
sample_ask(const struct survey *survey, const struct nf_verdict_row *row,
    const struct nf_address *address, struct nf_answer *ret, struct why *why)
{
	struct nf_question question = row->question;
	int r;

	if (address->family != peer_of(&question)->family ||
	    is_odd(survey->net, address))
		return 0;
	*peer_of(&question) = *address;
	r = ask(survey, &question, NULL, ret, why);
	if (r < 0 || is_alike(ret, &row->answer) ||
	    ret->outcome == NF_NOT_KNOWN || ret->outcome == NF_DEPENDS)
		return r;
	if (ret->outcome != NF_ACCEPTED)
		return 1;
	r = survey_is_trusted(survey, &question, &row->question, why);
	return r < 0 ? r : r == 0;
}

static int
others_find(const struct survey *survey, struct nf_verdict_row *row,
    const struct nf_samples *samples, struct why *why)
{
	if (survey->query->is_brief && !nf_answer_refuses(&row->answer))
		return 0;
	for (size_t i = 0; i < samples->count; i++) {
		struct nf_answer answer;
		int r = sample_ask(
		    survey, row, &samples->addresses[i], &answer, why);

		if (r < 0)
			return r;
		if (r == 0 || (row->others != NULL &&
		                  row->others_outcome != answer.outcome))
			continue;
		row->others = samples->names[i];
		row->others_outcome = answer.outcome;
		return 0;
	}
	return 0;
}

/*
 * A rule set may let in what is new, and nothing of what was let in: then the
 * handshake goes well, and the rest is silence.
 */
static int
later_ask(
    const struct survey *survey, struct nf_verdict_row *row, struct why *why)
{
	const struct nf_options options = {.is_later = true};
	AUTO_BUF struct buf place = {0};
	struct nf_answer *answer = &row->answer, later;
	int r;

	if (survey->query->is_brief || answer->outcome != NF_ACCEPTED ||
	    answer->reason != NULL || answer->is_forwarded ||
	    answer->port != row->question.port ||
	    !net_address_equal(&answer->to, &row->question.to))
		return 0;
	r = nf_ask(survey->arena, survey->ruleset, survey->net, &row->question,
	    &options, &later, why);
	if (r < 0 || !nf_answer_refuses(&later) || later.chain == NULL)
		return r;
	nf_place_text(
	    &place, survey->ruleset, later.chain, later.rule, survey->net);
	answer->reason = arena_printf(survey->arena,
	    "the handshake gets through, and nothing that follows it: %s",
	    buf_text(&place));
	return 0;
}

static int
row_fill(const struct survey *survey, const struct survey_place *place,
    struct nf_verdict_row *row, struct why *why)
{
	struct nf_samples samples = {0};
	int r;

	*row = (struct nf_verdict_row){
	    .family = place->question.to.family,
	    .interface = place->interface,
	    .question = place->question,
	    .is_from_anyone = place->is_from_anyone,
	    .is_to_anyone = place->is_to_anyone,
	};
	if (!row->is_from_anyone && !row->is_to_anyone)
		r = ask(survey, &row->question, NULL, &row->answer, why);
	else {
		r = anyone_ask(survey, row, &samples, why);
		if (r == 0)
			r = others_find(survey, row, &samples, why);
	}
	if (r == 0)
		r = later_ask(survey, row, why);
	return r < 0 ? r : survey_behind(survey, row, why);
}

static bool
is_asked(const struct nf_survey_query *query, uint8_t family)
{
	return (query->from.family == 0 || query->from.family == family) &&
	       (query->to.family == 0 || query->to.family == family);
}

int
nf_survey(struct arena *arena, const struct nf_ruleset *ruleset,
    const struct net *net, const struct nf_survey_query *query,
    struct nf_survey *ret, struct why *why)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	struct survey survey = {arena, ruleset, net, query};
	struct survey_place places[SURVEY_PLACES_MAX];
	struct nf_survey all = {0};
	const char *none[ARRAY_COUNT(families)] = {NULL, NULL};

	all.rows = arena_alloc(arena, ARRAY_COUNT(families) * SURVEY_PLACES_MAX,
	    sizeof(*all.rows));
	for (size_t f = 0; f < ARRAY_COUNT(families); f++) {
		int count = 0, r = 0;

		if (is_asked(query, families[f]))
			count = survey_places(
			    &survey, families[f], places, &none[f], why);
		for (int i = 0; i < count && r == 0; i++)
			r = row_fill(
			    &survey, &places[i], &all.rows[all.count++], why);
		if (count < 0 || r < 0)
			return count < 0 ? count : r;
	}
	all.no_ipv4 = none[0];
	all.no_ipv6 = none[1];
	*ret = all;
	return 0;
}
