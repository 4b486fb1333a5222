/*
 * throttle_plan.c - from a step to changes
 *
 * Purpose  what must not be slowed down, and why; for the rest the transports
 *          that are missing, and the row
 * Input    facts, what is remembered, and how the mail system is set up
 * Errors   as throttle_plan.h says
 * Runs as  actor; pure
 * Source   SPEC section 5; DESIGN, mail
 */
#include "actions/throttle_plan.h"

#include <errno.h>
#include <string.h>

#include "actions/throttle_changes.h"
#include "actions/throttle_group.h"
#include "agent/base/text.h"
#include "agent/mail/mail_name.h"

const struct action_param throttle_plan_params[] = {
    {.name = "destination",
     .type = EXPR_TYPE_TEXT,
     .is_required = true,
     .doc = "the domain, as {domain} of table destination"},
    {0  },
};

const char *const throttle_plan_tables[] = {
    "destination", "mx", "queue", "unit", NULL};

/*
 * So many at a time are remembered for sure, with as many again that were not
 * long ago (agent/state/entries.h): a row that is forgotten would stay.
 */
#define SLOWED_MAX 500U

static size_t
slowed_count(const struct throttle_list *list)
{
	size_t count = 0;

	for (size_t i = 0; list != NULL && i < list->count; i++)
		count += list->rows[i].step != NULL;
	return count;
}

/* Only what goes as ordinary mail does, or by us, is ours to slow down. */
int
throttle_plan_ordinary(
    const struct action_input *input, const char *domain, struct why *why)
{
	const struct mta_throttle *throttle = input->mta->throttle;
	const char *transport;
	int r = action_cell_text(
	    input, "destination", domain, "transport", &transport, why);

	if (r < 0)
		return r;
	if (strcmp(transport, throttle->transport) == 0 ||
	    text_starts(transport, "mailfix-"))
		return 0;
	return why_set(why, -EPERM,
	    "mail for %s goes by %s, which the configuration chose for it: "
	    "mailfix leaves that alone",
	    domain, transport);
}

static bool
is_relay(const struct mta_relay *relay, const char *domain)
{
	return relay != NULL && strcmp(relay->name, domain) == 0;
}

int
throttle_plan_begin(const struct action_input *input, struct throttle_plan *ret,
    struct why *why)
{
	const char *domain = action_text(input, "destination");
	const struct mta *mta = input->mta;

	if (domain == NULL || domain[0] == '\0' || strcmp(domain, "?") == 0)
		return why_set(
		    why, -ENODATA, "it is not known which destination");
	if (mta == NULL || mta->throttle == NULL || mta->ops == NULL ||
	    mta->ops->throttle_provision == NULL)
		return why_set(why, -EPERM,
		    "this mail system cannot be slowed down by mailfix");
	if (mta->throttle->refusal != NULL)
		return why_set(why, -EPERM, "%s", mta->throttle->refusal);
	ret->throttle = throttle_find(input->throttles, domain);
	if (is_relay(mta->throttle->relay, domain))
		ret->relay = mta->throttle->relay;
	else if (!mail_domain_ok(domain))
		return why_set(why, -EPERM,
		    "%s is no domain that a row could be made for", domain);
	else if (mta->throttle->relay != NULL)
		return why_set(why, -EPERM,
		    "ordinary mail goes through the relay %s, and mail for %s "
		    "another way, which the configuration chose for it: "
		    "mailfix leaves that alone",
		    mta->throttle->relay->name, domain);
	if (!throttle_evidence(
	        input->facts, input->throttles, mta, domain, &ret->evidence))
		return why_set(why, -ENODATA, "nothing is known of %s", domain);
	ret->domain = domain;
	if (ret->evidence.step == NULL &&
	    slowed_count(input->throttles) >= SLOWED_MAX)
		return why_set(why, -EPERM,
		    "%u destinations are slowed down already: that is no limit "
		    "of one of them",
		    SLOWED_MAX);
	return throttle_plan_ordinary(input, domain, why);
}

/* Without shards there is nothing between one a second and full speed. */
static const struct step *
step_here(const struct action_input *input, const struct step *step)
{
	return step->shards > 1 && !input->mta->throttle->has_shards
	           ? step_find("r1")
	           : step;
}

void
throttle_provision(const struct action_input *input,
    const struct throttle_plan *plan, const struct step *step,
    struct mta_provision *ret)
{
	const struct mta_ops *ops = input->mta->ops;

	if (plan->relay != NULL)
		ops->throttle_relay(input->arena, input->mta, step, ret);
	else
		ops->throttle_provision(
		    input->arena, input->mta, step, NULL, ret);
}

/* The row of one of them; NULL nexthop: its own name. */
static void
row_move(const struct action_input *input, const struct throttle_plan *plan,
    const struct step *step, const char *nexthop, struct action_output *ret)
{
	struct mta_provision provision;

	input->mta->ops->throttle_provision(
	    input->arena, input->mta, step, nexthop, &provision);
	if (plan->throttle == NULL ||
	    !text_equal(plan->throttle->row, provision.value))
		throttle_change_row(input, plan, step, provision.value, ret);
}

/* The others that share its limit. */
static void
others_move(const struct action_input *input,
    const struct throttle_group *group, const struct step *step,
    struct action_output *ret)
{
	for (size_t i = 1; i < group->count; i++) {
		struct throttle_plan other = {
		    .domain = group->domains[i],
		    .throttle =
		        throttle_find(input->throttles, group->domains[i]),
		};

		(void)throttle_evidence(input->facts, input->throttles,
		    input->mta, other.domain, &other.evidence);
		row_move(input, &other, step, group->nexthop, ret);
	}
}

static const char *
summary_of(const struct action_input *input, const struct throttle_group *group,
    const struct step *step, const char *reason)
{
	const char *others =
	    group->count > 1
	        ? arena_printf(input->arena, " and %zu more at its servers",
	              group->count - 1)
	        : "";

	if (reason == NULL)
		return arena_printf(input->arena, "%s to %s%s", step->text,
		    group->domains[0], others);
	return arena_printf(input->arena, "%s to %s%s (%s)", step->text,
	    group->domains[0], others, reason);
}

/* Its setting comes last, and reloads by itself. */
static int
relay_move(const struct action_input *input, const struct throttle_plan *plan,
    const struct step *step, const char *reason, struct action_output *ret)
{
	const char *domains[] = {plan->domain};
	const struct throttle_group alone = {.domains = domains, .count = 1};
	struct mta_provision provision;

	throttle_provision(input, plan, step, &provision);
	throttle_change_provision(input, &provision, ret);
	throttle_change_row(input, plan, step, provision.value, ret);
	ret->summary = summary_of(input, &alone, step, reason);
	return 0;
}

int
throttle_plan_move(const struct action_input *input,
    const struct throttle_plan *plan, const struct step *step,
    const char *reason, struct action_output *ret, struct why *why)
{
	struct mta_provision provision;
	struct throttle_group group;
	size_t made;

	step = step_here(input, step);
	if (step == plan->evidence.step)
		return why_set(why, -EALREADY, "%s already", step->text);
	if (plan->relay != NULL)
		return relay_move(input, plan, step, reason, ret);
	throttle_group_find(input, plan->domain, step, &group);
	throttle_group_confirm(input, &group);
	throttle_provision(input, plan, step, &provision);
	throttle_change_provision(input, &provision, ret);
	made = ret->count;
	row_move(input, plan, step, group.nexthop, ret);
	others_move(input, &group, step, ret);
	if (made != 0)
		throttle_change_last(ret, made);
	/* what another fix of this plan sets anew is reloaded with it */
	else if (provision.service_count + provision.setting_count == 0)
		throttle_change_reload(input, plan, ret);
	ret->summary = summary_of(input, &group, step, reason);
	return 0;
}

int
throttle_plan_apart(const struct action_input *input,
    const struct throttle_plan *plan, struct action_output *ret,
    struct why *why)
{
	const struct step *step = plan->evidence.step;

	if (step == NULL)
		return why_set(
		    why, -EALREADY, "%s is not slowed down", plan->domain);
	if (plan->relay == NULL)
		row_move(input, plan, step, NULL, ret);
	if (ret->count == 0)
		return why_set(why, -EALREADY, "it is sent by its own name");
	ret->summary = arena_printf(input->arena, "%s to %s, by its own name",
	    step->text, plan->domain);
	return 0;
}

/*
 * Since the row was made, a relay, another one, or a table of the admin's has
 * come to decide how its mail goes: the row stands in the way of that, and no
 * step may be made.
 */
static bool
is_the_admins(const struct action_input *input)
{
	const char *domain = action_text(input, "destination"), *answer;
	const struct mta *mta = input->mta;

	if (domain == NULL || mta == NULL || mta->throttle == NULL ||
	    mta->ops == NULL)
		return false;
	if (mta->throttle->refusal != NULL)
		return mta->throttle->is_refusal_sure;
	if (mta->throttle->relay != NULL)
		return !is_relay(mta->throttle->relay, domain);
	return mail_domain_ok(domain) && mta->ops->routed_by_hand != NULL &&
	       mta->ops->routed_by_hand(
	           input->arena, mta, domain, &answer, NULL) > 0;
}

int
throttle_plan_ease(const struct action_input *input, struct action_output *ret,
    struct why *why)
{
	struct throttle_plan plan = {0};
	const struct step *step = NULL;
	const char *reason = NULL, *busy;
	int r;

	if (is_the_admins(input))
		return 1;
	r = throttle_plan_begin(input, &plan, why);
	if (r < 0)
		return r;
	if (plan.evidence.step == NULL)
		return 1;
	if (plan.relay == NULL)
		r = throttle_group_content(
		    input, plan.domain, plan.evidence.step, why);
	if (r < 0)
		return r;
	r = throttle_law_raise(&plan.evidence, &step, why);
	/* each step of the relay is a reload: down at once, up when it may be */
	busy = throttle_may_reload(input->throttles);
	if (r >= 0 && plan.relay != NULL && busy != NULL)
		return why_set(why, -EAGAIN, "%s: faster later", busy);
	if (r != 0)
		return r;
	/* the next faster one that there is here is full speed */
	if (step_here(input, step) == plan.evidence.step)
		return 1;
	if (plan.relay == NULL)
		reason = throttle_change_waits(input, &plan);
	if (reason != NULL)
		return why_set(why, -EAGAIN, "%s; faster soon: %s",
		    plan.evidence.step->text, reason);
	return throttle_plan_move(input, &plan, step, NULL, ret, why);
}
