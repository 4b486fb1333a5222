/*
 * dns_tell.c - cells of the checks of the DNS that may be unknown
 *
 * Purpose  dns_tell.h
 * Input    what a judge came to; texts may be hostile
 * Errors   none
 * Runs as  observer
 * Source   fact_out.h
 */
#include "agent/probes/dns_tell.h"

void
dns_tell_truth(struct fact_out *out, const char *column, enum dns_truth truth,
    const char *unknown)
{
	if (truth == DNS_NOT_TOLD)
		fact_out_unknown(out, column, "%s", unknown);
	else
		fact_out_bool(out, column, truth == DNS_YES);
}

void
dns_tell_text(struct fact_out *out, const char *column, const char *text,
    const char *unknown)
{
	if (text != NULL)
		fact_out_text(out, column, text);
	else
		fact_out_unknown(out, column, "%s", unknown);
}
