/*
 * action_unit.c - what start-unit, restart-unit and reload-unit have in common
 *
 * Purpose  one unit, one verb: the change, or the reason why not
 * Input    facts of tables `unit` and `mta`
 * Errors   as action_unit.h says
 * Runs as  actor
 * Source   SPEC section 5; org.freedesktop.systemd1(5)
 */
#include "actions/action_unit.h"

#include <errno.h>
#include <string.h>

const struct action_param action_unit_params[] = {
    {.name = "unit",
     .type = EXPR_TYPE_TEXT,
     .is_required = true,
     .doc = "the unit, as systemd names it"},
    {0},
};

const char *const action_unit_tables[] = {"unit", "mta", NULL};

static int
plan_refuse_load(
    const struct action_input *input, const char *unit, struct why *why)
{
	const char *load;
	bool is_busy;
	int r = action_cell_text(input, "unit", unit, "load", &load, why);

	if (r < 0)
		return r;
	if (strcmp(load, "masked") == 0)
		return why_set(why, -EPERM,
		    "%s is masked: somebody wants it to stay off", unit);
	if (strcmp(load, "loaded") != 0)
		return why_set(
		    why, -EPERM, "systemd could not load %s (%s)", unit, load);
	r = action_cell_bool(input, "unit", unit, "busy", &is_busy, why);
	if (r < 0)
		return r;
	if (is_busy)
		return why_set(why, -EBUSY,
		    "systemd has a job for %s at this moment", unit);
	return 0;
}

/* A mail system is never started into a configuration that it refuses. */
static int
plan_refuse_config(const struct action_input *input, struct why *why)
{
	bool is_valid;
	int r = action_cell_bool(
	    input, "mta", NULL, "config_valid", &is_valid, why);
	struct value error;

	if (r < 0 || is_valid)
		return r;
	error = action_cell(input, "mta", NULL, "config_error");
	return why_set(why, -EPERM,
	    "the configuration fails the mail system's own check: %s",
	    error.kind == VALUE_TEXT ? error.text : "no text");
}

static bool
plan_is_among(const char *state, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcmp(state, *names) == 0)
			return true;
	return false;
}

int
action_unit_plan(const struct action_input *input,
    const struct action_unit *plan, struct action_output *ret, struct why *why)
{
	const char *unit = action_text(input, "unit");
	const char *active, *role;
	struct change *change;
	int r;

	if (unit == NULL || unit[0] == '\0' || strcmp(unit, "?") == 0)
		return why_set(why, -ENODATA, "it is not known which unit");
	r = plan_refuse_load(input, unit, why);
	if (r == 0)
		r = action_cell_text(
		    input, "unit", unit, "active", &active, why);
	if (r == 0)
		r = action_cell_text(input, "unit", unit, "role", &role, why);
	if (r == 0 && strcmp(role, "mta") == 0)
		r = plan_refuse_config(input, why);
	if (r < 0)
		return r;
	if (!plan_is_among(active, plan->from))
		return why_set(why, -EALREADY, "%s is %s: %s", unit, active,
		    plan->otherwise);

	change = action_change(input, ret);
	change->kind = change_kind_find("unit");
	change->verb = plan->verb;
	change->target = unit;
	change->before = active;
	change->after = "active";
	change->text = arena_printf(input->arena, "%s %s", plan->verb, unit);
	change->detail = arena_dup(input->arena, role);
	return 0;
}
