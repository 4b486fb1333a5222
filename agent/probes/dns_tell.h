/*
 * dns_tell.h - cells of the checks of the DNS that may be unknown
 */
#ifndef MAILFIX_PROBES_DNS_TELL_H
#define MAILFIX_PROBES_DNS_TELL_H

#include "agent/dns/dns_self.h"
#include "agent/fact/fact_out.h"

/* dns_tell_truth - yes or no; unknown: the reason, when it is not told */
void dns_tell_truth(struct fact_out *out, const char *column,
    enum dns_truth truth, const char *unknown);

/* dns_tell_text - a text; NULL: it is not told, and unknown is the reason */
void dns_tell_text(struct fact_out *out, const char *column, const char *text,
    const char *unknown);

#endif
