/*
 * schema_dns.h - words that tables about the DNS have in common
 */
#ifndef MAILFIX_FACT_SCHEMA_DNS_H
#define MAILFIX_FACT_SCHEMA_DNS_H

/* spf_record.state, domain.spf */
extern const char *const spf_record_states[];

/* what says for which domains this host sends: identity_add_facts */
extern const char *const schema_dns_reads[]; /* NULL-terminated */

/* dkim_domain.state, domain.dkim */
extern const char *const dkim_domain_states[];

#endif
