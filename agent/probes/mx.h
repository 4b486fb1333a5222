/*
 * mx.h - which domains are asked about, and what is told of them
 */
#ifndef MAILFIX_PROBES_MX_H
#define MAILFIX_PROBES_MX_H

#include "agent/fact/fact_out.h"
#include "agent/mail/throttle.h"
#include "agent/sys/dns.h"

/*
 * Those that refuse us at a time are few; one that is not asked about is
 * slowed down alone, as without this.
 */
#define MX_DOMAINS_MAX 64

struct mx_domain {
	const char *domain;
	const char *nexthop; /* the servers that its row names, or NULL */
	const char *servers; /* NULL: not known */
};

/* mx_domains - slowed down, and then refused before; how many */
size_t mx_domains(
    const struct throttle_list *list, struct mx_domain all[MX_DOMAINS_MAX]);

/* mx_tell - ask, and tell table mx */
void mx_tell(dns_ask_fn *ask, struct dns_servers *servers, struct arena *arena,
    const struct throttle_list *list, struct fact_out *out);

#endif
