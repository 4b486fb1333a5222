/*
 * postfix_listeners.c - the ports that master.cf asks for
 *
 * Purpose  inet services as port, address, program; all with their limits
 * Input    the parsed service table
 * Errors   none: a service whose port has no number is left out
 * Runs as  the actor
 * Source   master(5) "Service name"; services(5)
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/mta/postfix.h"

/* Looked up here first: reading /etc/services costs more than all the rest. */
static const struct {
	const char *name;
	unsigned port;
} mail_ports[] = {
    {"smtp",        25 },
    {"smtps",       465},
    {"submissions", 465},
    {"submission",  587},
    {"qmqp",        628},
};

static unsigned
port_find(const char *name)
{
	const struct servent *service;
	char *end;
	unsigned long port = strtoul(name, &end, 10);

	if (end != name && *end == '\0')
		return port <= 65535 ? (unsigned)port : 0;
	for (size_t i = 0; i < ARRAY_COUNT(mail_ports); i++)
		if (strcmp(mail_ports[i].name, name) == 0)
			return mail_ports[i].port;
	service = getservbyname(name, "tcp");
	return service == NULL ? 0 : ntohs((uint16_t)service->s_port);
}

/* "all" in a list means all interfaces, whatever else is in it. */
static const char *
interfaces_address(struct arena *arena, const char *interfaces)
{
	const char *const *words = postfix_words(arena, interfaces);

	for (size_t i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], "all") == 0)
			return NULL;
	return words[0] == NULL ? NULL : arena_dup(arena, interfaces);
}

/* -o inet_interfaces= of the service wins over main.cf. */
static const char *
service_interfaces(const struct postfix_service *service, const char *general)
{
	static const char name[] = "inet_interfaces=";

	for (size_t i = 0; service->overrides[i] != NULL; i++)
		if (strncmp(service->overrides[i], name, sizeof(name) - 1) == 0)
			return service->overrides[i] + sizeof(name) - 1;
	return general;
}

static bool
listener_parse(struct arena *arena, const struct postfix_service *service,
    const char *interfaces, struct mta_listener *ret)
{
	const char *colon = strrchr(service->name, ':');
	const char *port = colon != NULL ? colon + 1 : service->name;
	const char *host = service->name;
	size_t length = colon != NULL ? (size_t)(colon - host) : 0;

	*ret = (struct mta_listener){.port = port_find(port),
	    .service = service->name,
	    .program = service->command};
	if (length >= 2 && host[0] == '[' && host[length - 1] == ']') {
		host++;
		length -= 2;
	}
	ret->address = length != 0
	                   ? arena_dup_n(arena, host, length)
	                   : interfaces_address(arena,
	                         service_interfaces(service, interfaces));
	return ret->port != 0;
}

void
postfix_listeners_find(struct arena *arena,
    const struct postfix_settings *settings,
    const struct postfix_services *services, struct mta *mta)
{
	const char *interfaces =
	    postfix_setting_text(settings, "inet_interfaces", "all");
	struct mta_listener *all =
	    arena_alloc(arena, services->count, sizeof(*all));
	size_t count = 0;

	for (size_t i = 0; i < services->count; i++) {
		const struct postfix_service *service = &services->services[i];

		if (strcmp(service->type, "inet") != 0 ||
		    !listener_parse(arena, service, interfaces, &all[count]))
			continue;
		/* a limit of 0 means no limit, not off */
		all[count++].process_limit =
		    service->process_limit >= 0
		        ? (double)service->process_limit
		        : postfix_setting_number(
		              settings, "default_process_limit", 0);
	}
	mta->listeners = all;
	mta->listener_count = count;
}

void
postfix_services_list(struct arena *arena,
    const struct postfix_services *services, struct mta *mta)
{
	struct mta_service *all =
	    arena_alloc(arena, services->count, sizeof(*all));

	for (size_t i = 0; i < services->count; i++) {
		const struct postfix_service *service = &services->services[i];
		bool is_set = service->process_limit >= 0;

		all[i] = (struct mta_service){
		    .name = service->name,
		    .type = service->type,
		    .program = service->command,
		    .limit = is_set ? arena_printf(
		                          arena, "%ld", service->process_limit)
		                    : "-",
		    .process_limit = is_set ? (double)service->process_limit
		                            : mta->process_limit,
		};
	}
	mta->services = all;
	mta->service_count = services->count;
}
