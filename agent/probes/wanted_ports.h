/*
 * wanted_ports.h - the ports of mail that a question about ports is about
 */
#ifndef MAILFIX_PROBES_WANTED_PORTS_H
#define MAILFIX_PROBES_WANTED_PORTS_H

#include <stddef.h>

#include "agent/base/config.h"
#include "agent/mta/mta.h"

/* As many as tables port and firewall may have rows. */
#define WANTED_PORTS_MAX 64U

/* config_ports - those of wanted-ports; 0 for "auto" */
size_t config_ports(
    const struct config *config, unsigned ports[WANTED_PORTS_MAX]);

/*
 * wanted_ports - those of the mail system's services, of the configuration, and
 * 25, 465, 587, and the one of a relay
 * config, mta  may be NULL. Returns how many; each one once.
 */
size_t wanted_ports(const struct config *config, const struct mta *mta,
    unsigned ports[WANTED_PORTS_MAX]);

#endif
