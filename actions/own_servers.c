/*
 * own_servers.c - action own-servers: a domain is sent by its own name again
 *
 * Purpose  one action; row ACTION(own_servers) in actions/action_table.def: a
 *          row that names servers which the domain no longer has; its speed
 *          stays
 * Input    facts of tables `destination` and `mx`; what is remembered of it
 * Errors   -EPERM: it is not ours to send; -EALREADY: it goes by its own name
 * Runs as  actor; pure
 * Source   throttle_group.h
 */
#include "actions/throttle_plan.h"

static int
own_servers_plan(const struct action_input *input, struct action_output *ret,
    struct why *why)
{
	struct throttle_plan plan = {0};
	int r = throttle_plan_begin(input, &plan, why);

	return r < 0 ? r : throttle_plan_apart(input, &plan, ret, why);
}

const struct action action_own_servers = {
    .spec =
        {
               .name = "own-servers",
               .risk = RISK_SAFE,
               .doc =
                "send to a slowed down destination by its own name again, as its "
                "mail servers have changed", .params = throttle_plan_params,
               .tables = throttle_plan_tables,
               },
    .plan = own_servers_plan,
    .ease = throttle_plan_ease,
};
