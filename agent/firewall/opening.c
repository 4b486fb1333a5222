/*
 * opening.c - which rule would open a port, and where it must stand
 *
 * Purpose  accepts, one after the other, put into the model until every base
 *          chain lets the connection and its answer through
 * Input    a rule set and the survey of one port of it
 * Errors   -EALREADY: it is open; -EPERM: not here, why says what to do;
 *          -ENODATA: not known well enough
 * Runs as  observer; pure
 * Source   nft(8): accept ends one base chain, drop ends everything
 */
#include "agent/firewall/opening.h"

#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/firewall/opening_parts.h"
#include "agent/firewall/rule_text.h"

/* The rules of a chain as they were, to be put back. */
struct changed {
	struct nf_chain *chain;
	struct nf_rule *rules;
	size_t count;
};

struct opening_plan {
	struct opening_work *work;
	struct nf_opening opening;
	struct changed changed[NF_OPENING_MAX];
	size_t changed_count;
};

static enum nf_outcome
usual_outcome(const struct nf_answer *answer)
{
	return answer->outcome == NF_DEPENDS ? answer->usual : answer->outcome;
}

/* Below a rate limit it is open: that is what the limit is for. */
bool
opening_is_open(const struct nf_answer *answer)
{
	return usual_outcome(answer) == NF_ACCEPTED;
}

bool
opening_is_refused(const struct nf_answer *answer)
{
	return answer->outcome == NF_DROPPED || answer->outcome == NF_REJECTED;
}

static const char *
family_name(uint8_t family)
{
	return family == AF_INET6 ? "IPv6" : "IPv4";
}

/* Is it known of every row, and refused in one? */
static int
rows_judge(struct opening_work *work)
{
	const struct nf_survey *survey = work->survey;
	const char *banned = NULL;
	bool is_closed = false;

	if (survey->count == 0)
		return why_set(work->why, -ENODATA,
		    "no way leads in from outside: %s",
		    survey->no_ipv4 != NULL ? survey->no_ipv4
		                            : "no default route");
	for (size_t i = 0; i < survey->count; i++) {
		const struct nf_verdict_row *row = &survey->rows[i];
		const struct nf_answer *answer = &row->answer;

		if (row->question.direction != NF_IN || !row->is_from_anyone)
			return why_set(work->why, -EINVAL,
			    "it was not asked about anyone outside");
		if (opening_is_refused(answer))
			is_closed = true;
		else if (!opening_is_open(answer))
			return why_set(work->why, -ENODATA,
			    "%s: not known whether it is open: %s",
			    family_name(row->family),
			    answer->reason != NULL ? answer->reason
			                           : "no reason is told");
		else if (row->others != NULL &&
		         (row->others_outcome == NF_DROPPED ||
		             row->others_outcome == NF_REJECTED))
			banned = row->others;
		work->answers[i] = *answer;
	}
	if (is_closed)
		return 0;
	if (banned != NULL)
		return why_set(work->why, -EPERM,
		    "port %u is open, but for %s: whoever is refused there was "
		    "banned, which is no closed port",
		    (unsigned)work->port, banned);
	return why_set(
	    work->why, -EALREADY, "port %u is open", (unsigned)work->port);
}

/* Is anything of that family, or on that interface, refused? */
static bool
is_closed_for(
    const struct nf_survey *survey, uint8_t family, const void *interface)
{
	for (size_t i = 0; i < survey->count; i++) {
		const struct nf_verdict_row *row = &survey->rows[i];

		if ((family == 0 || row->family == family) &&
		    (interface == NULL || row->interface == interface) &&
		    opening_is_refused(&row->answer))
			return true;
	}
	return false;
}

/* No wider than what is closed: the other family, the other way may be open. */
static void
accept_narrow(const struct nf_survey *survey, const struct nf_verdict_row *row,
    struct nf_accept *accept)
{
	for (size_t i = 0; i < survey->count; i++) {
		const struct nf_verdict_row *other = &survey->rows[i];

		if (accept->family == NF_FAMILY_INET &&
		    other->family != row->family &&
		    !is_closed_for(survey, other->family, NULL))
			accept->only_family = row->family;
		if (other->interface != row->interface &&
		    row->interface != NULL &&
		    !is_closed_for(survey, 0, other->interface))
			(void)snprintf(accept->only_interface,
			    sizeof(accept->only_interface), "%s",
			    row->interface->name);
	}
}

static int
accept_make(struct opening_work *work, const struct nf_verdict_row *row,
    const struct opening_place *place, struct nf_accept *ret)
{
	const struct nf_chain *chain = place->chain;
	struct nf_accept accept = {
	    .family = chain->table->family, .port = work->port};

	if (strlen(chain->table->name) >= sizeof(accept.table) ||
	    strlen(chain->name) >= sizeof(accept.chain))
		return why_set(work->why, -EPERM, "names too long");
	(void)strcpy(accept.table, chain->table->name);
	(void)strcpy(accept.chain, chain->name);
	if (place->index < chain->rule_count)
		accept.before = chain->rules[place->index].handle;
	accept_narrow(work->survey, row, &accept);
	if (!nf_accept_is_valid(&accept))
		return why_set(work->why, -EPERM,
		    "a rule for %s in chain %s cannot be written safely",
		    accept.only_interface, chain->name);
	*ret = accept;
	return 0;
}

/* Into the model; put back in the end. */
static void
model_insert(struct opening_plan *plan, const struct nf_accept *accept,
    const struct opening_place *place)
{
	struct opening_work *work = plan->work;
	struct nf_chain *chain = place->chain;
	struct nf_rule *rules =
	    arena_alloc(work->arena, chain->rule_count + 1, sizeof(*rules));

	plan->changed[plan->changed_count++] = (struct changed){
	    .chain = chain,
	    .rules = chain->rules,
	    .count = chain->rule_count,
	};
	if (place->index > 0)
		(void)memcpy(
		    rules, chain->rules, place->index * sizeof(*rules));
	rules[place->index] = nf_accept_rule(work->arena, accept, NULL);
	if (place->index < chain->rule_count)
		(void)memcpy(rules + place->index + 1,
		    chain->rules + place->index,
		    (chain->rule_count - place->index) * sizeof(*rules));
	chain->rules = rules;
	chain->rule_count++;
}

static void
model_put_back(struct opening_plan *plan)
{
	while (plan->changed_count > 0) {
		const struct changed *changed =
		    &plan->changed[--plan->changed_count];

		changed->chain->rules = changed->rules;
		changed->chain->rule_count = changed->count;
	}
}

static int
rows_ask(struct opening_work *work)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < work->survey->count; i++)
		r = nf_ask(work->arena, work->ruleset, work->net,
		    &work->survey->rows[i].question, NULL, &work->answers[i],
		    work->why);
	return r;
}

/* Through ufw and firewalld for all families, or for none. */
static int
manager_take(struct opening_plan *plan, const struct opening_place *place)
{
	struct nf_opening *opening = &plan->opening;

	if (opening->manager == NF_MANAGER_NONE)
		opening->manager = place->manager;
	if (opening->manager == place->manager)
		return 0;
	/* nft, and iptables over nf_tables: both are written in one way */
	if ((opening->manager == NF_MANAGER_NFTABLES ||
	        opening->manager == NF_MANAGER_IPTABLES) &&
	    (place->manager == NF_MANAGER_NFTABLES ||
	        place->manager == NF_MANAGER_IPTABLES))
		return 0;
	return why_set(plan->work->why, -EPERM,
	    "it is refused by rules of %s and by rules of %s",
	    nf_manager_name(opening->manager), nf_manager_name(place->manager));
}

/* Rules are copied when one comes between them; their handles stay. */
static bool
is_same_place(const struct nf_answer *now, const struct nf_answer *before)
{
	if (!opening_is_refused(now) || now->chain != before->chain)
		return false;
	if (now->rule == NULL || before->rule == NULL)
		return now->rule == before->rule;
	return now->rule->handle == before->rule->handle;
}

/* One more accept, for the row that is refused. */
static int
plan_row(struct opening_plan *plan, size_t at)
{
	struct opening_work *work = plan->work;
	const struct nf_verdict_row *row = &work->survey->rows[at];
	const struct nf_answer before = work->answers[at];
	struct opening_place place = {0};
	struct nf_accept accept;
	AUTO_BUF struct buf text = {0};
	int r = opening_place_find(work, row, &before, &place);

	if (r == 0)
		r = manager_take(plan, &place);
	if (r == 0)
		r = accept_make(work, row, &place, &accept);
	if (r < 0)
		return r;
	nf_place_text(
	    &text, work->ruleset, before.chain, before.rule, work->net);
	if (plan->opening.place == NULL)
		plan->opening.place = arena_dup(work->arena, buf_text(&text));
	if (plan->opening.count == NF_OPENING_MAX)
		return why_set(work->why, -EPERM,
		    "more than %u chains refuse it, the next one is: %s",
		    NF_OPENING_MAX, buf_text(&text));
	plan->opening.accepts[plan->opening.count++] = accept;
	model_insert(plan, &accept, &place);
	r = rows_ask(work);
	if (r == 0 && is_same_place(&work->answers[at], &before))
		r = why_set(work->why, -EPERM,
		    "an accept does not help against: %s", buf_text(&text));
	return r;
}

static int
rows_open(struct opening_plan *plan)
{
	struct opening_work *work = plan->work;

	for (size_t i = 0; i < work->survey->count;) {
		int r;

		if (opening_is_open(&work->answers[i])) {
			i++;
			continue;
		}
		if (!opening_is_refused(&work->answers[i]))
			return why_set(work->why, -ENODATA,
			    "not known whether an accept would open it: %s",
			    work->answers[i].reason != NULL
			        ? work->answers[i].reason
			        : "no reason is told");
		r = plan_row(plan, i);
		if (r < 0)
			return r;
		i = 0; /* what was open must be open still */
	}
	return 0;
}

static const char *
families_text(const struct nf_survey *survey)
{
	bool is_v4 = is_closed_for(survey, AF_INET, NULL);

	if (is_v4 && is_closed_for(survey, AF_INET6, NULL))
		return "IPv4 and IPv6";
	return is_v4 ? "IPv4" : "IPv6";
}

int
nf_opening_plan(struct arena *arena, struct nf_ruleset *ruleset,
    const struct net *net, const struct nf_survey *survey, uint16_t port,
    struct nf_opening *ret, struct why *why)
{
	struct opening_work work = {
	    .arena = arena,
	    .ruleset = ruleset,
	    .net = net,
	    .survey = survey,
	    .port = port,
	    .answers = arena_alloc(arena, survey->count, sizeof(*work.answers)),
	    .why = why,
	};
	struct opening_plan plan = {.work = &work};
	struct opening_check *check = NULL;
	int r = rows_judge(&work);

	if (r == 0)
		r = opening_check_begin(&work, &check);
	if (r == 0)
		r = rows_open(&plan);
	if (r == 0)
		r = opening_check_end(&work, check);
	model_put_back(&plan);
	if (r < 0)
		return r;
	plan.opening.families = families_text(survey);
	*ret = plan.opening;
	return 0;
}
