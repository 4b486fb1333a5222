/*
 * domain_mx.c - where mail for a domain goes
 *
 * Purpose  MX records, what they lead to, and what is wrong with that
 * Input    replies of name servers: hostile
 * Errors   what is not known is said in words, and nothing rests on it
 * Runs as  observer
 * Source   RFC 5321 section 5.1 (no alias, an address without an MX), RFC 2181
 *          section 10.3, RFC 7505 section 3 (null MX), RFC 1918
 */
#include "agent/dns/domain_mx.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/base/text.h"
#include "agent/mail/outside.h"

const char *const domain_mx_state_names[DOMAIN_MX_STATE_MAX] = {
    [DOMAIN_MX_OK] = "ok",
    [DOMAIN_MX_IMPLICIT] = "implicit",
    [DOMAIN_MX_NULL] = "null",
    [DOMAIN_MX_NONE] = "none",
};

const char *const domain_mx_host_state_names[DOMAIN_MX_HOST_STATE_MAX] = {
    [DOMAIN_MX_HOST_OK] = "ok",
    [DOMAIN_MX_HOST_MISSING] = "missing",
    [DOMAIN_MX_HOST_LITERAL] = "literal",
    [DOMAIN_MX_HOST_ROOT] = "root",
};

static bool
is_root(const char *name)
{
	return strcmp(name, ".") == 0;
}

static int
host_compare(const void *a, const void *b)
{
	const struct domain_mx_host *left = a, *right = b;

	if (left->preference != right->preference)
		return left->preference < right->preference ? -1 : 1;
	return strcmp(left->name, right->name);
}

static void
hosts_read(
    struct arena *arena, const struct dns_result *result, struct domain_mx *mx)
{
	struct domain_mx_host *all =
	    arena_alloc(arena, result->count + 1, sizeof(*all));
	size_t count = 0;
	AUTO_BUF struct buf out = {0};

	for (size_t i = 0; i < result->count; i++) {
		all[i].name = result->records[i].name;
		all[i].preference = result->records[i].preference;
	}
	qsort(all, result->count, sizeof(*all), host_compare);
	for (size_t i = 0; i < result->count; i++) {
		bool is_twice = false;

		for (size_t k = 0; k < count; k++)
			is_twice =
			    is_twice || text_equal(all[k].name, all[i].name);
		if (is_twice || count == DOMAIN_MX_MAX)
			continue;
		all[count++] = all[i];
		buf_addf(&out, "%s%u %s", out.length > 0 ? ", " : "",
		    all[count - 1].preference, all[count - 1].name);
	}
	mx->text = arena_dup(arena, buf_text(&out));
	mx->hosts = all;
	mx->count = count;
}

/* A dot is missing, or an address stands where a name must. */
static void
host_spell(struct arena *arena, const char *domain, struct domain_mx_host *host)
{
	const size_t length = strlen(host->name), end = strlen(domain);
	const char *address = dns_name_address(arena, host->name);

	if (address == NULL && dns_name_is_below(host->name, domain))
		address = dns_name_address(
		    arena, arena_dup_n(arena, host->name, length - end - 1));
	if (address == NULL)
		return;
	host->state = DOMAIN_MX_HOST_LITERAL;
	host->addresses = address;
	host->problem =
	    "it is an address, and servers look for a name that is so called";
}

static void
root_judge(struct domain_mx_host *host, size_t count)
{
	host->state = DOMAIN_MX_HOST_ROOT;
	if (count > 1)
		host->problem = "\".\" says that it takes no mail, and must be "
		                "the only MX then";
	else
		host->problem = "\".\" says that it takes no mail, and must "
		                "have the preference 0 then";
}

static const char *
missing_text(struct arena *arena, const char *domain,
    const struct domain_mx_host *host, const struct dns_host *look)
{
	const char *half = arena_printf(arena, "%s.%s", domain, domain);

	if (dns_name_is_below(host->name, half))
		return "it has no address; the domain stands there twice: the "
		       "dot at the end was left out";
	if (strcmp(host->name, "0") == 0 || is_root(host->name))
		return "it has no address; if no mail is wanted: \"0 .\"";
	if (host->canonical != NULL)
		return arena_printf(arena,
		    "it is an alias of %s, which has no address",
		    host->canonical);
	if (look->results[DNS_V4]->outcome == DNS_NXDOMAIN)
		return "there is no such name";
	return "it has no address";
}

/* Addresses that nobody outside can reach. */
static void
inside_judge(struct arena *arena, const struct dns_self *self,
    const struct dns_host *look, struct domain_mx_host *host)
{
	AUTO_BUF struct buf out = {0};
	const char *split = NULL;

	for (size_t i = 0; i < DNS_FAMILIES; i++) {
		const struct dns_result *result = look->results[i];

		for (size_t k = 0; k < result->count; k++) {
			const char *text = result->records[k].name;
			const struct span span = {text, (uint32_t)strlen(text)};

			if (outside_family(span) != 0)
				continue;
			if (result->is_local || self->is_inside[i])
				split = text;
			else
				buf_addf(&out, "%s%s",
				    out.length > 0 ? ", " : "", text);
		}
	}
	host->inside = arena_dup(arena, buf_text(&out));
	if (out.length > 0)
		return;
	if (split != NULL)
		host->inside_unknown = arena_printf(arena,
		    "%s has %s here, which the world may see differently",
		    host->name, split);
	else
		host->inside_unknown = look->unknown;
}

/* False: not known yet. */
static bool
host_judge(struct dns_book *book, struct arena *arena,
    const struct dns_self *self, const char *domain,
    struct domain_mx_host *host)
{
	struct dns_host look;

	host->addresses = host->problem = host->inside = "";
	host->is_ours = DNS_NO;
	host_spell(arena, domain, host);
	if (host->state == DOMAIN_MX_HOST_LITERAL)
		return true;
	if (!dns_host_look(book, arena, host->name, &look))
		return false;
	host->canonical = look.canonical;
	host->addresses = dns_host_text(arena, &look);
	host->is_ours = dns_host_is_ours(&look, self);
	if (self->name != NULL && strcasecmp(self->name, host->name) == 0)
		host->is_ours = DNS_YES;
	if (look.state == DNS_HOST_UNKNOWN) {
		host->state = DOMAIN_MX_HOST_UNKNOWN;
		host->unknown = look.unknown;
		host->inside_unknown = look.unknown;
	} else if (look.state == DNS_HOST_MISSING) {
		host->state = DOMAIN_MX_HOST_MISSING;
		host->problem = missing_text(arena, domain, host, &look);
	} else {
		inside_judge(arena, self, &look, host);
	}
	return true;
}

static void
hosts_sum(struct domain_mx *mx)
{
	bool is_ours_known = true;

	mx->is_dead = DNS_YES;
	mx->leads_here = DNS_NO;
	for (size_t i = 0; i < mx->count; i++) {
		const struct domain_mx_host *host = &mx->hosts[i];

		if (host->is_ours == DNS_YES)
			mx->leads_here = DNS_YES;
		is_ours_known = is_ours_known && host->is_ours != DNS_NOT_TOLD;
		if (host->state == DOMAIN_MX_HOST_UNKNOWN) {
			if (mx->is_dead == DNS_YES)
				mx->is_dead = DNS_NOT_TOLD;
		} else if (host->state != DOMAIN_MX_HOST_MISSING) {
			mx->is_dead = DNS_NO;
		}
	}
	if (mx->leads_here == DNS_NO && !is_ours_known)
		mx->leads_here = DNS_NOT_TOLD;
}

/* False: not known yet. */
static bool
hosts_judge(struct dns_book *book, struct arena *arena,
    const struct dns_self *self, const char *domain, struct domain_mx *mx)
{
	bool is_known = true;

	for (size_t i = 0; i < mx->count; i++) {
		struct domain_mx_host *host = &mx->hosts[i];

		if (!is_root(host->name)) {
			is_known =
			    host_judge(book, arena, self, domain, host) &&
			    is_known;
			continue;
		}
		host->addresses = host->inside = "";
		root_judge(host, mx->count);
	}
	if (is_known)
		hosts_sum(mx);
	return is_known;
}

/* Without an MX the domain's own address takes its mail. */
static bool
implicit_judge(struct dns_book *book, struct arena *arena,
    const struct dns_self *self, const char *domain, struct domain_mx *mx)
{
	struct dns_host look;

	if (!dns_host_look(book, arena, domain, &look))
		return false;
	mx->state = look.state == DNS_HOST_FOUND     ? DOMAIN_MX_IMPLICIT
	            : look.state == DNS_HOST_MISSING ? DOMAIN_MX_NONE
	                                             : DOMAIN_MX_UNKNOWN;
	mx->unknown = look.unknown;
	mx->leads_here = dns_host_is_ours(&look, self);
	return true;
}

bool
domain_mx_judge(struct dns_book *book, struct arena *arena,
    const struct dns_self *self, const char *domain, bool looks_at_hosts,
    struct domain_mx *ret)
{
	const struct dns_result *result = dns_book_look(book, domain, DNS_MX);

	*ret = (struct domain_mx){
	    .text = "", .leads_here = DNS_NOT_TOLD, .is_dead = DNS_NO};
	if (result == NULL)
		return false;
	if (!dns_is_known(result)) {
		ret->state = DOMAIN_MX_UNKNOWN;
		ret->unknown = dns_unknown_text(arena, domain, DNS_MX, result);
		return true;
	}
	ret->is_missing = result->outcome == DNS_NXDOMAIN;
	if (result->outcome != DNS_ANSWER && result->is_local) {
		ret->state = DOMAIN_MX_UNKNOWN;
		ret->unknown = dns_local_text(arena, domain, DNS_MX, result);
		return true;
	}
	if (result->outcome != DNS_ANSWER)
		return implicit_judge(book, arena, self, domain, ret);
	hosts_read(arena, result, ret);
	if (ret->count == 1 && is_root(ret->hosts[0].name) &&
	    ret->hosts[0].preference == 0) {
		ret->state = DOMAIN_MX_NULL;
		ret->count = 0;
		ret->leads_here = DNS_NO;
		return true;
	}
	ret->state = DOMAIN_MX_OK;
	return !looks_at_hosts || hosts_judge(book, arena, self, domain, ret);
}
