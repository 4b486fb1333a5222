/*
 * dns_record.h - the answer section: the chain of CNAMEs, and what is at its end
 *
 * For dns_wire.c only.
 */
#ifndef MAILFIX_SYS_DNS_RECORD_H
#define MAILFIX_SYS_DNS_RECORD_H

#include "agent/dns/dns_data.h"
#include "agent/sys/dns_ldns.h"

/*
 * dns_record_read - the records of a type that answer for a name
 *
 * asked  the name in the question
 * ret    records, count and canonical are set
 *
 * Returns DNS_ANSWER, DNS_NODATA, or DNS_BOGUS for what cannot be read or has
 * no end. Records of other owners than the end of the chain are not looked at.
 */
enum dns_outcome dns_record_read(const ldns_rr_list *list, uint16_t type,
    const ldns_rdf *asked, struct arena *arena, struct dns_result *ret);

#endif
