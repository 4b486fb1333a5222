/*
 * throttle_group.c - domains at the same mail servers, which share one limit
 *
 * Purpose  who is at the servers of a domain, and whether they may share
 * Input    table mx: names from DNS, which are checked here once more
 * Errors   none: in doubt each is alone
 * Runs as  actor; pure but for the question whom the admin routes by hand
 * Source   qmgr(8): limits hold for a transport and a nexthop; postconf(5),
 *          smtp(8): a list of servers since Postfix 3.5
 *
 * They send by the servers, "[mx1.test],[mx2.test]", and never by the domain of
 * one of them: its owner could then have the mail of all the others, by changing
 * his own MX between two runs.
 */
#include "actions/throttle_group.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "actions/throttle_plan.h"
#include "agent/base/text.h"
#include "agent/mail/mail_name.h"

/* As many as are slowed down by one fix; each is a change of its own. */
#define MEMBERS_MAX 16

/* What it can be sent by; NULL: its own name alone. */
static const char *
servers_of(const struct action_input *input, const char *domain,
    const struct step *step)
{
	const struct mta_throttle *throttle = input->mta->throttle;
	struct value servers = action_cell(input, "mx", domain, "servers");
	unsigned count = 0;

	if ((step->family != STEP_CONCURRENCY && step->family != STEP_RATE) ||
	    step->shards > 1 || throttle->by_nexthop != NULL ||
	    servers.kind != VALUE_TEXT ||
	    !mail_servers_ok(servers.text, &count) ||
	    (count > 1 && !throttle->has_lists))
		return NULL;
	return servers.text;
}

/* One that is slowed down, or that is refused and could be. */
static bool
is_member(const struct action_input *input, const char *domain)
{
	const struct mta_ops *ops = input->mta->ops;
	struct throttle_evidence evidence;
	const char *answer;
	struct why why;

	return mail_domain_ok(domain) &&
	       throttle_evidence(input->facts, input->throttles, input->mta,
	           domain, &evidence) &&
	       (evidence.step != NULL ||
	           (evidence.refused > 0 &&
	               throttle_law_cures(evidence.cause))) &&
	       throttle_plan_ordinary(input, domain, &why) == 0 &&
	       (ops->routed_by_hand == NULL ||
	           ops->routed_by_hand(
	               input->arena, input->mta, domain, &answer, &why) == 0);
}

void
throttle_group_find(const struct action_input *input, const char *domain,
    const struct step *step, struct throttle_group *ret)
{
	const struct fact_table *table =
	    fact_table_get(input->facts, schema_table_find("mx", NULL));
	const char *servers = servers_of(input, domain, step);
	const char **domains =
	    arena_alloc(input->arena, MEMBERS_MAX, sizeof(*domains));

	*ret = (struct throttle_group){.domains = domains, .count = 1};
	domains[0] = domain;
	for (size_t i = 0; servers != NULL && i < table->count; i++) {
		const char *other = table->rows[i].key;
		struct value theirs =
		    action_cell(input, "mx", other, "servers");

		if (ret->count < MEMBERS_MAX && theirs.kind == VALUE_TEXT &&
		    text_equal(theirs.text, servers) &&
		    strcasecmp(other, domain) != 0 && is_member(input, other))
			domains[ret->count++] = other;
	}
	if (ret->count > 1)
		ret->nexthop = servers;
}

void
throttle_group_confirm(
    const struct action_input *input, struct throttle_group *group)
{
	const char **domains;
	size_t count = 0;

	if (group->nexthop == NULL || input->confirm == NULL)
		return;
	domains = arena_alloc(input->arena, group->count, sizeof(*domains));
	for (size_t i = 0; i < group->count; i++)
		if (input->confirm(
		        input->user, group->domains[i], group->nexthop))
			domains[count++] = group->domains[i];
		else if (i == 0)
			break;
	if (count >= 2) {
		group->domains = domains;
		group->count = count;
		return;
	}
	group->nexthop = NULL;
	group->count = 1;
}

int
throttle_group_content(const struct action_input *input, const char *domain,
    const struct step *step, struct why *why)
{
	struct throttle_group group;

	throttle_group_find(input, domain, step, &group);
	for (size_t i = 1; i < group.count; i++) {
		struct throttle_evidence evidence;

		(void)throttle_evidence(input->facts, input->throttles,
		    input->mta, group.domains[i], &evidence);
		if (evidence.step != NULL && throttle_law_is_refused(&evidence))
			return why_set(why, -EAGAIN,
			    "%s, at the same servers, is refused",
			    group.domains[i]);
	}
	return 0;
}
