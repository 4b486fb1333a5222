/*
 * restart_unit.c - action restart-unit: stop a service and start it again
 *
 * Purpose  one action; row ACTION(restart_unit) in actions/action_table.def
 * Input    facts of tables `unit` and `mta`
 * Errors   as action_unit.h says
 * Runs as  actor; pure
 * Source   SPEC section 5
 */
#include "actions/action_unit.h"

static int
restart_unit_plan(const struct action_input *input, struct action_output *ret,
    struct why *why)
{
	static const char *const from[] = {
	    "active", "inactive", "failed", NULL};
	static const struct action_unit plan = {
	    .verb = "restart",
	    .from = from,
	    .otherwise = "it is changing its state by itself",
	};

	return action_unit_plan(input, &plan, ret, why);
}

const struct action action_restart_unit = {
    .spec =
        {
               .name = "restart-unit",
               .risk = RISK_DISRUPTIVE,
               .doc = "stop a service and start it again",
               .params = action_unit_params,
               .tables = action_unit_tables,
               },
    .plan = restart_unit_plan,
};
