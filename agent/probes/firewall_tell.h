/*
 * firewall_tell.h - from what was found out about one port to a row of facts
 */
#ifndef MAILFIX_PROBES_FIREWALL_TELL_H
#define MAILFIX_PROBES_FIREWALL_TELL_H

#include "agent/fact/fact_out.h"
#include "agent/firewall/opening.h"

struct firewall_port {
	uint16_t number;
	struct nf_survey in, out;
};

/* firewall_tell - one row of table firewall */
void firewall_tell(const struct nf_ruleset *ruleset, const struct net *net,
    const struct firewall_port *port, struct fact_out *out);

#endif
