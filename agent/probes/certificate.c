/*
 * certificate.c - certificates that the mail system shows
 *
 * Purpose  one read-only probe; row PROBE(certificate) in probe_table.def
 * Input    none yet
 * Errors   its tables are unknown
 * Runs as  observer
 * Source   RFC 5280
 */
#include "agent/probes/probe.h"

static void
certificate_collect(struct probe_job *job, struct fact_out *out)
{
	(void)job;
	fact_out_table_unknown(out, "certificate", "not looked at yet");
}

static const char *const certificate_tables[] = {"certificate", NULL};

const struct probe probe_certificate = {
    .name = "certificate",
    .tables = certificate_tables,
    .deadline_ms = 3000,
    .collect = certificate_collect,
};
