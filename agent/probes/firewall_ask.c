/*
 * firewall_ask.c - have an observer read the rule set, and answer one question
 *
 * Purpose  `explain port`; what would open a port; whether it is open
 * Input    an observer's answer: hostile, each part of it is checked
 * Errors   -EPERM: needs root; -EPROTO; what nf_survey and nf_opening_plan say
 * Runs as  actor; *_work in the observer
 * Source   agent/probes/firewall_child.h
 */
#include "agent/probes/firewall_ask.h"

#include <sys/socket.h>

#include <errno.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/probes/firewall_child.h"
#include "agent/probes/firewall_verdict.h"
#include "agent/probes/firewall_wire.h"

static int
explain_work(const void *question, struct arena *arena,
    struct nf_ruleset *ruleset, const struct net *net, struct buf *out,
    struct why *why)
{
	struct firewall_answer answer = {0};
	struct nf_survey survey;
	int r = nf_survey(arena, ruleset, net, question, &survey, why);

	if (r < 0)
		return r;
	firewall_answer_make(arena, ruleset, net, &survey, &answer);
	firewall_answer_put(out, &answer);
	return 0;
}

int
firewall_explain(struct arena *arena, const struct nf_survey_query *query,
    struct firewall_answer *ret, struct why *why)
{
	AUTO_BUF struct buf bytes = {0};
	struct wire_in in = {.arena = arena};
	int r = firewall_child_ask(explain_work, query, &bytes, why);

	if (r < 0)
		return r;
	in.at = bytes.text;
	in.left = bytes.length;
	return firewall_answer_get(&in, ret, why);
}

/* A name that cannot be shown cannot be recorded, and is not told: see wire. */
static int
names_check(const struct nf_opening *opening, struct why *why)
{
	for (size_t i = 0; i < opening->count; i++) {
		const struct nf_accept *accept = &opening->accepts[i];

		if (!text_is_printable(accept->table, strlen(accept->table)) ||
		    !text_is_printable(accept->chain, strlen(accept->chain)))
			return why_set(why, -EPERM,
			    "a table or chain there has a name that cannot be "
			    "shown");
	}
	return 0;
}

static int
port_survey(struct arena *arena, const struct nf_ruleset *ruleset,
    const struct net *net, uint16_t port, struct nf_survey *ret,
    struct why *why)
{
	struct nf_survey_query query = {
	    .direction = NF_IN, .port = port, .is_brief = true};

	return nf_survey(arena, ruleset, net, &query, ret, why);
}

/* What is closed where nothing listens stays so. */
static void
unserved_drop(const struct net *net, struct nf_survey *survey)
{
	size_t kept = 0;

	for (size_t i = 0; i < survey->count; i++)
		if (nf_row_is_served(net, &survey->rows[i]))
			survey->rows[kept++] = survey->rows[i];
	survey->count = kept;
}

static int
plan_work(const void *question, struct arena *arena, struct nf_ruleset *ruleset,
    const struct net *net, struct buf *out, struct why *why)
{
	const uint16_t *port = question;
	struct nf_opening opening = {0};
	struct nf_survey survey;
	int r = port_survey(arena, ruleset, net, *port, &survey, why);

	if (r == 0)
		unserved_drop(net, &survey);
	if (r == 0)
		r = nf_opening_plan(
		    arena, ruleset, net, &survey, *port, &opening, why);
	if (r == 0)
		r = names_check(&opening, why);
	if (r == 0)
		firewall_opening_put(out, &opening);
	return r;
}

int
firewall_plan(
    struct arena *arena, uint16_t port, struct nf_opening *ret, struct why *why)
{
	AUTO_BUF struct buf bytes = {0};
	struct wire_in in = {.arena = arena};
	int r = firewall_child_ask(plan_work, &port, &bytes, why);

	if (r < 0)
		return r;
	in.at = bytes.text;
	in.left = bytes.length;
	return firewall_opening_get(&in, port, ret, why);
}

/* Is the rule about this family, on this interface? */
static bool
is_about(const struct nf_accept *accept, const struct nf_verdict_row *row)
{
	if (accept->only_family != 0 && accept->only_family != row->family)
		return false;
	if (accept->family == NF_FAMILY_IPV4 && row->family != AF_INET)
		return false;
	if (accept->family == NF_FAMILY_IPV6 && row->family != AF_INET6)
		return false;
	return accept->only_interface[0] == '\0' || row->interface == NULL ||
	       strcmp(accept->only_interface, row->interface->name) == 0;
}

static int
open_work(const void *question, struct arena *arena, struct nf_ruleset *ruleset,
    const struct net *net, struct buf *out, struct why *why)
{
	const struct nf_accept *accept = question;
	bool is_any = false, is_open = true;
	struct nf_survey survey;
	int r = port_survey(arena, ruleset, net, accept->port, &survey, why);

	if (r == 0)
		unserved_drop(net, &survey);
	for (size_t i = 0; r == 0 && i < survey.count; i++) {
		const struct nf_answer *answer = &survey.rows[i].answer;

		if (!is_about(accept, &survey.rows[i]))
			continue;
		is_any = true;
		if (answer->outcome == NF_NOT_KNOWN)
			r = why_set(why, -ENODATA, "it is not known: %s",
			    answer->reason != NULL ? answer->reason : "");
		is_open &= !nf_answer_refuses(answer);
	}
	if (r == 0 && !is_any)
		r = why_set(why, -ENODATA, "there is nobody outside here");
	if (r == 0)
		wire_put_number(out, is_open);
	return r;
}

int
firewall_is_open(const struct nf_accept *accept, struct why *why)
{
	AUTO_BUF struct buf bytes = {0};
	struct wire_in in = {0};
	int r = firewall_child_ask(open_work, accept, &bytes, why), is_open;

	if (r < 0)
		return r;
	in.at = bytes.text;
	in.left = bytes.length;
	is_open = (int)wire_get_number(&in, 1);
	return in.is_bad || in.left != 0
	           ? why_set(why, -EPROTO,
	                 "the observer of the rule set broke the protocol")
	           : is_open;
}
