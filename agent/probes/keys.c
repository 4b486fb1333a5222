/*
 * keys.c - the keys that mail of this host is signed with
 *
 * Purpose  one read-only probe; row PROBE(keys) in probe_table.def
 * Input    none yet
 * Errors   its tables are unknown
 * Runs as  observer
 * Source   RFC 6376
 */
#include "agent/probes/probe.h"

static void
keys_collect(struct probe_job *job, struct fact_out *out)
{
	(void)job;
	fact_out_table_unknown(out, "signer", "not looked at yet");
	fact_out_table_unknown(out, "signing_key", "not looked at yet");
}

static const char *const keys_tables[] = {"signer", "signing_key", NULL};

const struct probe probe_keys = {
    .name = "keys",
    .tables = keys_tables,
    .deadline_ms = 3000,
    .collect = keys_collect,
};
