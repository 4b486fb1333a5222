/*
 * dns_ours.h - identity, as those who judge want it
 */
#ifndef MAILFIX_PROBES_DNS_OURS_H
#define MAILFIX_PROBES_DNS_OURS_H

#include "agent/dns/dns_self.h"
#include "agent/probes/identity.h"

/* dns_ours - texts stay the identity's; in arena */
struct dns_self dns_ours(struct arena *arena, const struct identity *identity);

#endif
