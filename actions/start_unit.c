/*
 * start_unit.c - action start-unit: start a service that should run
 *
 * Purpose  one action; row ACTION(start_unit) in actions/action_table.def
 * Input    facts of tables `unit` and `mta`
 * Errors   as action_unit.h says
 * Runs as  actor; pure
 * Source   SPEC section 5
 */
#include "actions/action_unit.h"

static int
start_unit_plan(const struct action_input *input, struct action_output *ret,
    struct why *why)
{
	static const char *const from[] = {"inactive", "failed", NULL};
	static const struct action_unit plan = {
	    .verb = "start",
	    .from = from,
	    .otherwise = "only what does not run can be started",
	};

	return action_unit_plan(input, &plan, ret, why);
}

const struct action action_start_unit = {
    .spec =
        {
               .name = "start-unit",
               .risk = RISK_DISRUPTIVE,
               .doc = "start a service that should run and does not",
               .params = action_unit_params,
               .tables = action_unit_tables,
               },
    .plan = start_unit_plan,
};
