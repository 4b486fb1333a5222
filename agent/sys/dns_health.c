/*
 * dns_health.c - which name server is asked next, and which of them are silent
 *
 * Purpose  one dead server must not cost each question its time
 * Input    what the flights have seen
 * Errors   none
 * Runs as  observer
 * Source   RFC 2308 section 7.2 (a dead server is remembered for a while, but
 *          for no longer than five minutes: a process of ours ends before)
 */
#include "agent/sys/dns_health.h"

/*
 * Who has answered before may lose a datagram, or be slow with one name: three
 * in a row are neither. Who has never answered is silent after one.
 */
#define LOST_MAX 3

void
dns_health_heard(struct dns_server *server, int64_t now_ms)
{
	server->heard_ms = now_ms;
	server->lost = 0;
}

void
dns_health_lost(struct dns_server *server, int64_t began_ms)
{
	if (server->heard_ms < began_ms)
		server->lost++;
}

void
dns_health_gone(struct dns_server *server)
{
	if (server->lost < LOST_MAX)
		server->lost = LOST_MAX;
}

bool
dns_health_is_silent(const struct dns_server *server)
{
	return server->lost >= (server->heard_ms == 0 ? 1 : LOST_MAX);
}

bool
dns_health_has_other(const struct dns_servers *servers)
{
	for (size_t i = 0; i < servers->count; i++)
		if (!dns_health_is_silent(&servers->servers[i]))
			return true;
	return false;
}

size_t
dns_health_first(const struct dns_servers *servers, bool is_second)
{
	/* a second opinion is worth a try that one slow name has cost it */
	return is_second && servers->count > 1 &&
	               servers->servers[1].lost < LOST_MAX
	           ? 1
	           : 0;
}

bool
dns_health_next(const struct dns_servers *servers, const unsigned *tries,
    unsigned rounds, size_t from, size_t *ret)
{
	const bool is_any = !dns_health_has_other(servers);
	bool is_found = false;

	for (size_t i = 0; i < servers->count; i++) {
		const size_t at = (from + i) % servers->count;

		if (tries[at] >= rounds ||
		    (!is_any && dns_health_is_silent(&servers->servers[at])))
			continue;
		if (!is_found || tries[at] < tries[*ret])
			*ret = at;
		is_found = true;
	}
	return is_found;
}
