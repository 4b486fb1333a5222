/*
 * log.c - the mail log: what was sent, what was refused, by whom and why
 *
 * Purpose  one probe; row PROBE(log) in agent/probes/probe_table.def
 * Input    log lines: hostile
 * Errors   a log that cannot be read: its tables are unknown
 * Runs as  observer
 * Source   SPEC section 4: log, destination, client
 */
#include <stddef.h>

#include "agent/probes/probe.h"

static const char *const log_tables[] = {"log", "destination", "client", NULL};

static void
log_collect(struct probe_job *job, struct fact_out *out)
{
	(void)job;
	for (size_t i = 0; log_tables[i] != NULL; i++)
		fact_out_table_unknown(
		    out, log_tables[i], "the log is not read by this version");
}

const struct probe probe_log = {
    .name = "log",
    .tables = log_tables,
    .deadline_ms = 20000,
    .collect = log_collect,
};
