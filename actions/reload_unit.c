/*
 * reload_unit.c - action reload-unit: let a service read its configuration again
 *
 * Purpose  one action; row ACTION(reload_unit) in actions/action_table.def
 * Input    facts of tables `unit` and `mta`
 * Errors   as action_unit.h says
 * Runs as  actor; pure
 * Source   SPEC section 5
 */
#include "actions/action_unit.h"

static int
reload_unit_plan(const struct action_input *input, struct action_output *ret,
    struct why *why)
{
	static const char *const from[] = {"active", NULL};
	static const struct action_unit plan = {
	    .verb = "reload",
	    .from = from,
	    .otherwise = "only what runs can be reloaded",
	};

	return action_unit_plan(input, &plan, ret, why);
}

const struct action action_reload_unit = {
    .spec =
        {
               .name = "reload-unit",
               .risk = RISK_DISRUPTIVE,
               .doc = "let a running service read its configuration again",
               .params = action_unit_params,
               .tables = action_unit_tables,
               },
    .plan = reload_unit_plan,
};
