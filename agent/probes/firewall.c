/*
 * firewall.c - what the rule set does with new connections to the ports of mail
 *
 * Purpose  one read-only probe; row PROBE(firewall) in probe_table.def
 * Input    none yet
 * Yields   table firewall
 * Unknown  all of it
 * Errors   none
 * Runs as  observer
 * Source   SPEC section 4
 */
#include "agent/probes/probe.h"

static void
firewall_collect(struct probe_job *job, struct fact_out *out)
{
	(void)job;
	fact_out_table_unknown(out, "firewall", "not looked at yet");
}

static const char *const firewall_tables[] = {"firewall", NULL};

const struct probe probe_firewall = {
    .name = "firewall",
    .tables = firewall_tables,
    .root_for = "what the firewall does",
    .deadline_ms = 5000,
    .collect = firewall_collect,
};
