/*
 * domain_mx_paste.c - records that make the way of a domain's mail right
 *
 * Purpose  what to publish, from what is known of this host
 * Input    names from replies, as dns_data.h has them
 * Errors   nothing is made up: NULL
 * Runs as  observer
 * Source   RFC 5321 section 5.1
 */
#include "agent/dns/domain_mx_paste.h"

#include <string.h>
#include <strings.h>

#include "agent/dns/dns_paste.h"
#include "agent/dns/helo.h"

/* What most zones have; any number does for one server. */
#define PREFERENCE 10

static const char *
mx_line(struct arena *arena, const char *domain, unsigned preference,
    const char *target)
{
	return dns_paste(arena, domain, "MX",
	    arena_printf(arena, "%u %s%s", preference, target,
	        strcmp(target, ".") == 0 ? "" : "."));
}

const char *
dns_paste_address(struct arena *arena, const char *owner, const char *address)
{
	return dns_paste(arena, owner,
	    dns_self_family(address) == DNS_V4 ? "A" : "AAAA", address);
}

const char *
domain_mx_paste(
    struct arena *arena, const struct dns_self *self, const char *domain)
{
	if (self->name == NULL || helo_spelling(self->name) != NULL)
		return NULL;
	if (strcasecmp(self->name, domain) != 0)
		return mx_line(arena, domain, PREFERENCE, self->name);
	if (self->address_count == 0)
		return NULL;
	return dns_paste_address(arena, domain, self->addresses[0]);
}

const char *
domain_mx_record(struct arena *arena, const char *domain,
    const struct domain_mx_host *host, const char *target)
{
	return mx_line(arena, domain, host->preference, target);
}

/* A new name for an address that stands where a name must. */
static const char *
name_for(struct arena *arena, const struct dns_self *self, const char *domain,
    const char *address)
{
	if (self->name != NULL && helo_spelling(self->name) == NULL &&
	    dns_self_has(self, address))
		return self->name;
	return arena_printf(arena, "mx.%s", domain);
}

static bool
is_our_name(const struct dns_self *self, const char *name)
{
	return self->name != NULL && strcasecmp(self->name, name) == 0;
}

const char *
domain_mx_host_paste(struct arena *arena, const struct dns_self *self,
    const char *domain, const struct domain_mx_host *host)
{
	switch (host->state) {
	case DOMAIN_MX_HOST_LITERAL:
		return domain_mx_record(arena, domain, host,
		    name_for(arena, self, domain, host->addresses));
	case DOMAIN_MX_HOST_OK:
		if (host->canonical != NULL)
			return domain_mx_record(
			    arena, domain, host, host->canonical);
		break;
	case DOMAIN_MX_HOST_MISSING:
	case DOMAIN_MX_HOST_ROOT:
	case DOMAIN_MX_HOST_UNKNOWN:
	case DOMAIN_MX_HOST_STATE_MAX:
		break;
	}
	return NULL;
}

const char *
domain_mx_host_address(struct arena *arena, const struct dns_self *self,
    const char *domain, const struct domain_mx_host *host)
{
	if (host->state == DOMAIN_MX_HOST_LITERAL)
		return dns_paste_address(arena,
		    name_for(arena, self, domain, host->addresses),
		    host->addresses);
	if (host->state != DOMAIN_MX_HOST_UNKNOWN && host->canonical == NULL &&
	    is_our_name(self, host->name) && self->address_count > 0)
		return dns_paste_address(arena, host->name, self->addresses[0]);
	return NULL;
}
