/*
 * egress_pick.c - is the way out open? whom to ask
 *
 * Purpose  the mail servers of at most three domains that mail waits for, or
 *          the relay: each in another network, so that one that is down, or
 *          one that shuts us out, is not taken for all
 * Input    replies of name servers: hostile
 * Errors   none: nobody to ask, and why
 * Runs as  observer, with sockets of the internet
 * Source   RFC 5321 section 5.1 (the domain itself where it has no MX)
 */
#include <arpa/inet.h>
#include <string.h>

#include "agent/mail/mail_name.h"
#include "agent/mail/outside.h"
#include "agent/probes/egress_part.h"

/* A slow round trip around the world, and a second try. */
static const struct dns_limits pick_limits = {
    .deadline_ms = 1500, .try_ms = 700, .rounds = 2};

/*
 * What a hoster has is larger than a /16 or a /32 of IPv6 by exception only;
 * one that is down or shuts us out counts once.
 */
static const size_t network_bytes[PROBE_FAMILIES] = {2, 4};
static const int families[PROBE_FAMILIES] = {AF_INET, AF_INET6};

static const enum dns_type types[PROBE_FAMILIES] = {DNS_A, DNS_AAAA};

struct pick {
	const struct egress *egress;
	bool is_wanted[PROBE_FAMILIES];
	const char *hosts[EGRESS_DOMAINS];
	size_t host_count;
	struct reach *all;
	size_t count;
};

static bool
is_outside_server(const char *server)
{
	/* "192.0.2.1@5353" */
	return server != NULL && outside_family((struct span){server,
	                             (uint32_t)strcspn(server, "@%")}) != 0;
}

static void
outside_note(
    const struct dns_result *results, size_t count, struct probe_asked *asked)
{
	for (size_t i = 0; i < count; i++)
		if (results[i].outcome <= DNS_NXDOMAIN &&
		    is_outside_server(results[i].server))
			asked->outside = 1;
}

/* The host that mail for it is brought to first; NULL: there is none. */
static const char *
first_host(const char *domain, const struct dns_result *result)
{
	const struct dns_record *first = NULL;

	if (result->outcome == DNS_NODATA)
		return domain;
	if (result->outcome != DNS_ANSWER)
		return NULL;
	for (size_t i = 0; i < result->count; i++)
		if (first == NULL ||
		    result->records[i].preference < first->preference)
			first = &result->records[i];
	/* "." and what could not be asked for */
	return first != NULL && mail_domain_ok(first->name) ? first->name
	                                                    : NULL;
}

static bool
network_is_new(
    const struct pick *pick, const struct reach *to, enum probe_family family)
{
	for (size_t i = 0; i < pick->count; i++)
		if (pick->all[i].family == to->family &&
		    memcmp(pick->all[i].address, to->address,
		        network_bytes[family]) == 0)
			return false;
	return true;
}

static bool
is_fit(const struct pick *pick, const struct reach *to, enum probe_family at)
{
	static const uint8_t none[16];

	if (!network_is_new(pick, to, at))
		return false;
	/* a relay may be within our own network */
	if (pick->egress->relay != NULL)
		return memcmp(to->address, none, sizeof(none)) != 0;
	return at == PROBE_V4 ? outside_v4(to->address)
	                      : outside_v6(to->address);
}

/* add - the first of its addresses that is fit; true: there was one */
static bool
add(struct pick *pick, const struct dns_result *result, enum probe_family at)
{
	const size_t length = at == PROBE_V4 ? 4 : 16;

	for (size_t i = 0; result->outcome == DNS_ANSWER && i < result->count;
	     i++) {
		struct reach to = {.fd = -1,
		    .family = families[at],
		    .port = (uint16_t)pick->egress->port};

		if (result->records[i].length != length)
			continue;
		(void)memcpy(to.address, result->records[i].data, length);
		if (!is_fit(pick, &to, at))
			continue;
		pick->all[pick->count++] = to;
		return true;
	}
	return false;
}

/* A relay may be an address. */
static bool
literal_add(struct pick *pick, const char *host)
{
	for (size_t at = 0; at < PROBE_FAMILIES; at++) {
		struct reach to = {.fd = -1,
		    .family = families[at],
		    .port = (uint16_t)pick->egress->port};

		if (inet_pton(families[at], host, to.address) != 1)
			continue;
		if (pick->is_wanted[at] &&
		    is_fit(pick, &to, (enum probe_family)at) &&
		    pick->count < EGRESS_SERVERS)
			pick->all[pick->count++] = to;
		return true;
	}
	return false;
}

static int
hosts_find(struct pick *pick, dns_ask_fn *ask, struct dns_servers *servers,
    struct arena *arena, struct probe_asked *asked, struct why *why)
{
	const struct mta_relay *relay = pick->egress->relay;
	struct dns_query queries[EGRESS_DOMAINS];
	struct dns_result results[EGRESS_DOMAINS] = {0};
	size_t count = 0;
	int r;

	if (relay != NULL && !relay->is_domain) {
		for (size_t i = 0; relay->hosts[i] != NULL; i++)
			if (!literal_add(pick, relay->hosts[i]) &&
			    pick->host_count < EGRESS_DOMAINS &&
			    mail_domain_ok(relay->hosts[i]))
				pick->hosts[pick->host_count++] =
				    relay->hosts[i];
		return 0;
	}
	if (relay != NULL && mail_domain_ok(relay->name))
		queries[count++] =
		    (struct dns_query){.name = relay->name, .type = DNS_MX};
	for (size_t i = 0; relay == NULL && i < pick->egress->domain_count; i++)
		queries[count++] = (struct dns_query){
		    .name = pick->egress->domains[i], .type = DNS_MX};
	if (count == 0)
		return 0;
	r = ask(servers, arena, queries, count, &pick_limits, results, why);
	if (r < 0)
		return r;
	outside_note(results, count, asked);
	for (size_t i = 0; i < count; i++) {
		const char *host = first_host(queries[i].name, &results[i]);

		if (host != NULL)
			pick->hosts[pick->host_count++] = host;
	}
	return 0;
}

static int
addresses_find(struct pick *pick, dns_ask_fn *ask, struct dns_servers *servers,
    struct arena *arena, struct probe_asked *asked, struct why *why)
{
	struct dns_query queries[EGRESS_DOMAINS * PROBE_FAMILIES];
	struct dns_result results[EGRESS_DOMAINS * PROBE_FAMILIES] = {0};
	const size_t count = pick->host_count * PROBE_FAMILIES;
	size_t taken = pick->count;
	int r;

	if (count == 0)
		return 0;
	for (size_t i = 0; i < count; i++)
		queries[i] =
		    (struct dns_query){.name = pick->hosts[i / PROBE_FAMILIES],
		        .type = types[i % PROBE_FAMILIES]};
	r = ask(servers, arena, queries, count, &pick_limits, results, why);
	if (r < 0)
		return r;
	outside_note(results, count, asked);
	for (size_t i = 0; i < pick->host_count && taken < EGRESS_SERVERS;
	     i++) {
		bool is_taken = false;

		for (size_t at = 0; at < PROBE_FAMILIES; at++)
			if (pick->is_wanted[at])
				is_taken |=
				    add(pick, &results[i * PROBE_FAMILIES + at],
				        (enum probe_family)at);
		taken += is_taken;
	}
	return 0;
}

size_t
egress_pick(const struct egress *egress, dns_ask_fn *ask,
    struct dns_servers *servers, struct arena *arena, struct reach *all,
    struct probe_asked *asked, const char **ret_reason)
{
	struct pick pick = {.egress = egress, .all = all};
	struct why why = {0};
	int r;

	for (size_t at = 0; at < PROBE_FAMILIES; at++)
		pick.is_wanted[at] =
		    egress_is_open_question(egress, (enum probe_family)at);
	r = hosts_find(&pick, ask, servers, arena, asked, &why);
	if (r == 0)
		r = addresses_find(&pick, ask, servers, arena, asked, &why);
	*ret_reason =
	    r < 0 ? arena_dup(arena, why.text)
	          : "no address was found of a mail server that mail waits for";
	return r < 0 ? 0 : pick.count;
}

void
egress_count(const struct reach *all, size_t count, struct probe_asked *asked)
{
	for (size_t i = 0; i < count; i++) {
		const size_t at =
		    all[i].family == AF_INET ? PROBE_V4 : PROBE_V6;

		asked->tried[at] += all[i].outcome == REACH_OPEN ||
		                    all[i].outcome == REACH_REFUSED ||
		                    all[i].outcome == REACH_SILENT;
		asked->reached[at] += all[i].outcome == REACH_OPEN;
		asked->refused[at] += all[i].outcome == REACH_REFUSED;
	}
}
