/*
 * domain_mx_paste.h - records that make the way of a domain's mail right
 *
 * One line each, in arena; NULL: what is right is not known here.
 */
#ifndef MAILFIX_DNS_DOMAIN_MX_PASTE_H
#define MAILFIX_DNS_DOMAIN_MX_PASTE_H

#include "agent/dns/domain_mx.h"

/* domain_mx_paste - the MX of a domain whose mail ends at this host */
const char *domain_mx_paste(
    struct arena *arena, const struct dns_self *self, const char *domain);

/* domain_mx_record - a record of its MX, with that name as its target */
const char *domain_mx_record(struct arena *arena, const char *domain,
    const struct domain_mx_host *host, const char *target);

/* domain_mx_host_paste - instead of the record as it stands */
const char *domain_mx_host_paste(struct arena *arena,
    const struct dns_self *self, const char *domain,
    const struct domain_mx_host *host);

/* domain_mx_host_address - the address that the name in it lacks */
const char *domain_mx_host_address(struct arena *arena,
    const struct dns_self *self, const char *domain,
    const struct domain_mx_host *host);

/* dns_paste_address - A or AAAA, of an address as text */
const char *dns_paste_address(
    struct arena *arena, const char *owner, const char *address);

#endif
