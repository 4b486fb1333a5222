/*
 * wanted_ports.c - the ports of mail that a question about ports is about
 *
 * Purpose  one list for the probe of the rule set; table port tells who wants
 *          and who listens
 * Input    mailfix.conf and the mail system's configuration: root's
 * Errors   none: what is no port is left out
 * Runs as  both roles
 * Source   RFC 6409 and RFC 8314 for the ports
 */
#include "agent/probes/wanted_ports.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"

static const unsigned mail_ports[] = {25, 465, 587};

static void
port_add(unsigned long port, unsigned ports[WANTED_PORTS_MAX], size_t *count)
{
	if (port == 0 || port > 65535 || *count == WANTED_PORTS_MAX)
		return;
	for (size_t i = 0; i < *count; i++)
		if (ports[i] == port)
			return;
	ports[(*count)++] = (unsigned)port;
}

static void
config_add(const struct config *config, unsigned ports[WANTED_PORTS_MAX],
    size_t *count)
{
	AUTO_FREE char *copy = NULL;
	char *at, *word;

	if (config == NULL || config->wanted_ports == NULL ||
	    strcmp(config->wanted_ports, "auto") == 0)
		return;
	at = copy = mem_dup(config->wanted_ports);
	while ((word = strsep(&at, ", \t")) != NULL)
		port_add(strtoul(word, NULL, 10), ports, count);
}

size_t
config_ports(const struct config *config, unsigned ports[WANTED_PORTS_MAX])
{
	size_t count = 0;

	config_add(config, ports, &count);
	return count;
}

size_t
wanted_ports(const struct config *config, const struct mta *mta,
    unsigned ports[WANTED_PORTS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_COUNT(mail_ports); i++)
		port_add(mail_ports[i], ports, &count);
	for (size_t i = 0; mta != NULL && i < mta->listener_count; i++)
		port_add(mta->listeners[i].port, ports, &count);
	/* out: the relay's */
	if (mta != NULL && mta->throttle != NULL)
		port_add(mta_relay_port(mta->throttle->relay), ports, &count);
	config_add(config, ports, &count);
	return count;
}
