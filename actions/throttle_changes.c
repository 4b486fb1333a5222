/*
 * throttle_changes.c - the single changes of a step
 *
 * Purpose  table, services, settings, row, reload
 * Input    what is missing, as the mail system's part of mailfix says
 * Errors   none: a reload that cannot be planned is left out
 * Runs as  actor; pure
 * Source   change.h for base; SPEC section 5
 */
#include "actions/throttle_changes.h"

#include <string.h>

#include "agent/base/text.h"

#define TABLE MTA_THROTTLE_TABLE

/* Fewer than these are gone before a reload would have helped. */
#define ACTIVE_MANY 50

#define SETTING_SHOWN_MAX 200

static struct change *
base_add(const struct action_input *input, struct action_output *ret,
    const char *kind, const char *verb)
{
	struct change *change = action_change(input, ret);

	change->kind = change_kind_find(kind);
	change->verb = verb;
	change->base = TABLE;
	change->is_base = true;
	return change;
}

static void
table_add(const struct action_input *input, struct action_output *ret)
{
	struct change *change = base_add(input, ret, "map-entry", "create");

	change->target = TABLE;
	change->after = "empty table";
	change->text = arena_printf(
	    input->arena, "make the table %s", input->mta->throttle->table);
	change->detail = input->mta->throttle->table;
}

static void
setting_add(const struct action_input *input, const struct mta_setting *setting,
    struct action_output *ret)
{
	struct change *change = base_add(input, ret, "postfix-param", "set");

	change->target = setting->name;
	change->before = setting->before;
	change->after = setting->after;
	/* a spread over shards is a long story: the report need not tell it */
	change->text =
	    strlen(setting->after) > SETTING_SHOWN_MAX
	        ? arena_printf(input->arena,
	              "set %s: a spread over our transports, then " TABLE,
	              setting->name)
	        : arena_printf(input->arena, "set %s = %s", setting->name,
	              setting->after);
}

static void
lines_add(const struct action_input *input,
    const struct mta_provision *provision, struct action_output *ret)
{
	struct change *change;

	if (provision->service_count > 0) {
		change = base_add(input, ret, "postfix-service", "add");
		change->target = "master.cf";
		change->after = arena_printf(
		    input->arena, "%zu services", provision->service_count);
		change->text =
		    arena_printf(input->arena, "master.cf: %zu services %s",
		        provision->service_count, provision->words);
		change->items = provision->services;
		change->item_count = provision->service_count;
	}
	if (provision->param_count > 0) {
		change = base_add(input, ret, "postfix-param", "add");
		change->target = "main.cf";
		change->after = arena_printf(
		    input->arena, "%zu settings", provision->param_count);
		change->text =
		    arena_printf(input->arena, "main.cf: %zu settings for %s",
		        provision->param_count, provision->words);
		change->items = provision->params;
		change->item_count = provision->param_count;
	}
}

/* Another fix of this plan makes just this: then this one stands on it. */
static bool
is_planned(const struct action_input *input, const struct change *change)
{
	for (size_t i = 0; i < input->planned_count; i++) {
		const struct change *planned = input->planned[i];
		size_t k = 0;

		if (planned->kind != change->kind ||
		    !text_equal(planned->verb, change->verb) ||
		    !text_equal(planned->target, change->target) ||
		    !text_equal(planned->after, change->after) ||
		    planned->item_count != change->item_count)
			continue;
		while (k < change->item_count &&
		       text_equal(planned->items[k], change->items[k]))
			k++;
		if (k == change->item_count)
			return true;
	}
	return false;
}

void
throttle_change_provision(const struct action_input *input,
    const struct mta_provision *provision, struct action_output *ret)
{
	struct action_output all = {0};
	size_t first, last;

	if (provision->needs_table)
		table_add(input, &all);
	lines_add(input, provision, &all);
	for (size_t i = 0; i < provision->setting_count; i++)
		setting_add(input, &provision->settings[i], &all);
	for (size_t i = 0; i < all.count; i++)
		if (!is_planned(input, &all.changes[i]))
			*action_change(input, ret) = all.changes[i];
	/* the table needs no reload, and is the first of them */
	first = ret->count > 0 && ret->changes[0].detail != NULL ? 1 : 0;
	if (ret->count == first)
		return;
	/* one reload each way: undo goes backwards */
	last = ret->count - 1;
	ret->changes[first].detail = "reload-after-undo";
	ret->changes[last].detail = last == first ? "reload both" : "reload";
}

/* Its value as the table has it; a scenario has none, only the step's name. */
static const char *
value_now(const struct action_input *input, const struct throttle_plan *plan)
{
	struct mta_provision provision;
	const struct mta_param *param;

	if (plan->throttle != NULL && plan->throttle->row != NULL)
		return plan->throttle->row;
	if (plan->throttle == NULL && plan->evidence.step != NULL) {
		throttle_provision(
		    input, plan, plan->evidence.step, &provision);
		return provision.value;
	}
	if (plan->relay == NULL)
		return NULL;
	param = mta_param_find(input->mta, plan->relay->setting);
	return param != NULL ? param->value : NULL;
}

static void
relay_set(const struct action_input *input, const struct throttle_plan *plan,
    const struct step *step, const char *value, struct action_output *ret)
{
	struct change *change;

	for (size_t i = 0; i < ret->count; i++)
		if (text_equal(ret->changes[i].detail, "reload"))
			ret->changes[i].detail = NULL;
		else if (text_equal(ret->changes[i].detail, "reload both"))
			ret->changes[i].detail = "reload-after-undo";
	change = action_change(input, ret);
	change->kind = change_kind_find("postfix-param");
	change->verb = "set";
	change->target = plan->relay->setting;
	change->before = value_now(input, plan);
	change->after = value;
	change->text =
	    step->shards > 1
	        ? arena_printf(input->arena,
	              "set %s: a spread over mailfix-s1 ... mailfix-s%u",
	              change->target, step->shards)
	        : arena_printf(
	              input->arena, "set %s = %s", change->target, value);
	change->detail = "reload both";
	change->base = TABLE;
}

void
throttle_change_row(const struct action_input *input,
    const struct throttle_plan *plan, const struct step *step,
    const char *value, struct action_output *ret)
{
	struct change *change;

	if (plan->relay != NULL) {
		relay_set(input, plan, step, value, ret);
		return;
	}
	change = action_change(input, ret);
	change->kind = change_kind_find("map-entry");
	change->verb = "set";
	change->target = arena_printf(input->arena, TABLE ": %s", plan->domain);
	change->before = value_now(input, plan);
	change->after = value;
	change->text = arena_printf(input->arena, TABLE ": %s -> %s%s%s",
	    plan->domain, step->shards > 1 ? "" : "mailfix-", step->name,
	    text_ends(value, ":") ? "" : value + strcspn(value, ":"));
	change->detail = input->mta->throttle->table;
	change->base = TABLE;
}

void
throttle_change_last(struct action_output *ret, size_t made)
{
	struct change last = ret->changes[made - 1];

	if (strcmp(last.verb, "create") == 0)
		return;
	for (size_t i = made; i < ret->count; i++)
		ret->changes[i - 1] = ret->changes[i];
	ret->changes[ret->count - 1] = last;
}

/* The unit of the mail system that runs, or NULL. */
static const char *
unit_find(const struct action_input *input)
{
	const struct table *schema = schema_table_find("unit", NULL);
	const struct fact_table *units = fact_table_get(input->facts, schema);

	for (size_t i = 0; units->state == FACT_KNOWN && i < units->count;
	     i++) {
		const char *name = units->rows[i].key;
		struct value role = action_cell(input, "unit", name, "role"),
		             active =
		                 action_cell(input, "unit", name, "active");

		if (role.kind == VALUE_TEXT && text_equal(role.text, "mta") &&
		    active.kind == VALUE_TEXT &&
		    text_equal(active.text, "active"))
			return name;
	}
	return NULL;
}

/* Messages at hand, when they are many; else 0. */
static double
active_many(const struct action_input *input, const struct throttle_plan *plan)
{
	struct value active =
	    action_cell(input, "destination", plan->domain, "active");

	return active.kind == VALUE_NUMBER && active.number >= ACTIVE_MANY
	           ? active.number
	           : 0;
}

const char *
throttle_change_waits(
    const struct action_input *input, const struct throttle_plan *plan)
{
	return active_many(input, plan) > 0
	           ? throttle_may_reload(input->throttles)
	           : NULL;
}

void
throttle_change_reload(const struct action_input *input,
    const struct throttle_plan *plan, struct action_output *ret)
{
	double active = active_many(input, plan);
	const char *unit = unit_find(input);
	struct change *change;

	if (active <= 0 || unit == NULL ||
	    throttle_may_reload(input->throttles) != NULL)
		return;
	change = action_change(input, ret);
	change->kind = change_kind_find("unit");
	change->verb = "reload";
	change->target = unit;
	change->before = "active";
	change->after = "active";
	change->text = arena_printf(input->arena,
	    "reload %s, so that the %.0f messages at hand go by it as well",
	    unit, active);
	change->detail = "mta";
	change->base = TABLE;
}
