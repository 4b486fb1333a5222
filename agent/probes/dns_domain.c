/*
 * dns_domain.c - where mail for the domains of this host goes: domain, mx_host
 *
 * Purpose  one check; row CHECK(domain) in dns_check_table.def
 * Input    domains of the identity; replies: hostile
 * Errors   a question without an answer makes its cells unknown
 * Runs as  observer
 * Source   agent/dns/domain_mx.h
 */
#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/base/text.h"
#include "agent/dns/dns_host.h"
#include "agent/dns/domain_mx_paste.h"
#include "agent/probes/dns_look.h"
#include "agent/probes/dns_ours.h"
#include "agent/probes/dns_tell.h"

struct row {
	const struct identity_domain *domain;
	struct domain_mx mx;
	bool is_public, looks_at_hosts, needs_mx;
};

struct domain_check {
	struct dns_self self;
	struct dns_self named; /* the same, as records may name it */
	struct row *rows;
	size_t count;
};

static const char *const domain_tables[] = {"domain", "mx_host", NULL};

/*
 * A name below another domain of this host, in the list of local names and in
 * no zone, is an alias of old ("ftp.example.com", "localhost.example.com"):
 * nobody writes to it.
 */
static bool
is_alias(const struct identity *identity, const struct identity_domain *domain)
{
	if (!text_equal(domain->source, "mydestination"))
		return false;
	if (text_equal(domain->name, identity->helo))
		return true;
	for (size_t i = 0; i < identity->domain_count; i++)
		if (dns_name_is_below(domain->name, identity->domains[i].name))
			return true;
	return false;
}

static void *
domain_begin(struct dns_look *look)
{
	const struct identity *identity = look->identity;
	struct domain_check *check =
	    arena_alloc(look->arena, 1, sizeof(*check));

	check->self = check->named = dns_ours(look->arena, identity);
	check->count = identity->domain_count;
	check->rows =
	    arena_alloc(look->arena, check->count + 1, sizeof(*check->rows));
	for (size_t i = 0; i < check->count; i++) {
		const struct identity_domain *domain = &identity->domains[i];
		struct row *row = &check->rows[i];

		row->domain = domain;
		row->is_public = dns_name_is_public(domain->name);
		row->looks_at_hosts = domain->is_hosted || domain->is_relayed;
		row->needs_mx =
		    row->is_public &&
		    (domain->is_sender ||
		        (domain->is_hosted && !is_alias(identity, domain)));
	}
	return check;
}

/* An alias may be greeted by, and no MX may lead to it: RFC 2181, 10.3. */
static bool
name_run(struct dns_look *look, struct domain_check *check)
{
	const char *name = check->self.name;
	struct dns_host host = {.canonical = NULL};
	bool is_done;

	if (name == NULL || !dns_name_is_public(name))
		return true;
	is_done = dns_host_look(look->book, look->arena, name, &host);
	check->named.name = host.canonical != NULL ? host.canonical : name;
	return is_done;
}

static bool
domain_run(struct dns_look *look, void *state)
{
	struct domain_check *check = state;
	bool is_done = name_run(look, check);

	for (size_t i = 0; i < check->count; i++) {
		struct row *row = &check->rows[i];

		if (!row->is_public)
			continue;
		is_done =
		    domain_mx_judge(look->book, look->arena, &check->self,
		        row->domain->name, row->looks_at_hosts, &row->mx) &&
		    is_done;
	}
	return is_done;
}

/* Mail in its name was seen, or is written by the mail system itself. */
static bool
is_seen(const struct dns_look *look, const struct identity_domain *domain)
{
	const struct table *schema = schema_table_find("sender_domain", NULL);
	const struct fact_table *seen =
	    look->facts != NULL ? fact_table_get(look->facts, schema) : NULL;

	if (!domain->is_sender)
		return false;
	return text_equal(domain->source, "myorigin") ||
	       text_equal(domain->source, "masquerade_domains") ||
	       (seen != NULL && seen->state == FACT_KNOWN &&
	           fact_row_find(seen, domain->name) != NULL);
}

/* "mx1.example.com: it has no address; ..." */
static const char *
problems_text(struct arena *arena, const struct domain_mx *mx)
{
	AUTO_BUF struct buf out = {0};

	for (size_t i = 0; i < mx->count; i++)
		if (mx->hosts[i].problem != NULL &&
		    mx->hosts[i].problem[0] != '\0')
			buf_addf(&out, "%s%s: %s", out.length > 0 ? "; " : "",
			    mx->hosts[i].name, mx->hosts[i].problem);
	return arena_dup(arena, buf_text(&out));
}

static void
row_tell(struct dns_look *look, const struct domain_check *check,
    const struct row *row, struct fact_out *out)
{
	const struct domain_mx *mx = &row->mx;
	const char *name = row->domain->name;
	const char *unknown =
	    mx->unknown != NULL ? mx->unknown : "not all addresses are known";

	fact_out_row(out, "domain", name);
	fact_out_bool(out, "is_sender", row->domain->is_sender);
	fact_out_bool(out, "is_hosted", row->domain->is_hosted);
	fact_out_bool(out, "is_seen", is_seen(look, row->domain));
	fact_out_bool(out, "needs_mx", row->needs_mx);
	fact_out_text(out, "source", row->domain->source);
	if (!row->is_public) {
		fact_out_text(out, "mx_state", "local");
		fact_out_text(out, "mx", "");
		fact_out_bool(out, "mx_dead", false);
		return;
	}
	if (mx->state == DOMAIN_MX_UNKNOWN)
		fact_out_unknown(out, "mx_state", "%s", mx->unknown);
	else
		fact_out_text(
		    out, "mx_state", domain_mx_state_names[mx->state]);
	dns_tell_text(out, "mx",
	    mx->state == DOMAIN_MX_UNKNOWN ? NULL : mx->text, unknown);
	dns_tell_truth(out, "mx_dead",
	    mx->state == DOMAIN_MX_UNKNOWN ? DNS_NOT_TOLD : mx->is_dead,
	    unknown);
	dns_tell_truth(out, "leads_here", mx->leads_here,
	    row->looks_at_hosts ? unknown : "its mail ends elsewhere");
	dns_tell_text(out, "mx_problem",
	    mx->state == DOMAIN_MX_UNKNOWN ? NULL
	                                   : problems_text(look->arena, mx),
	    unknown);
	dns_tell_text(out, "paste",
	    row->domain->is_hosted
	        ? domain_mx_paste(look->arena, &check->named, name)
	        : NULL,
	    "where its mail is taken is not known here");
}

static void
host_tell(struct dns_look *look, const struct domain_check *check,
    const struct row *row, const struct domain_mx_host *host,
    struct fact_out *out)
{
	const char *domain = row->domain->name;
	const char *unknown = host->unknown != NULL
	                          ? host->unknown
	                          : "not all addresses are known";
	const bool is_known = host->state != DOMAIN_MX_HOST_UNKNOWN;

	fact_out_row(out, "mx_host",
	    arena_printf(look->arena, "%s/%s", domain, host->name));
	fact_out_text(out, "domain", domain);
	fact_out_text(out, "host", host->name);
	fact_out_number(out, "preference", host->preference);
	dns_tell_text(out, "state",
	    is_known ? domain_mx_host_state_names[host->state] : NULL, unknown);
	dns_tell_text(out, "canonical",
	    host->canonical != NULL ? host->canonical
	    : is_known              ? ""
	                            : NULL,
	    unknown);
	dns_tell_text(
	    out, "addresses", is_known ? host->addresses : NULL, unknown);
	dns_tell_text(out, "inside",
	    host->inside_unknown == NULL ? host->inside : NULL,
	    host->inside_unknown);
	dns_tell_text(out, "problem", is_known ? host->problem : NULL, unknown);
	dns_tell_truth(out, "leads_here", host->is_ours, unknown);
	dns_tell_truth(out, "alone", row->mx.is_dead,
	    "not all servers of the domain are known");
	fact_out_text(out, "record",
	    domain_mx_record(look->arena, domain, host, host->name));
	dns_tell_text(out, "paste",
	    domain_mx_host_paste(look->arena, &check->named, domain, host),
	    "what is right is not known here");
	dns_tell_text(out, "paste_address",
	    domain_mx_host_address(look->arena, &check->named, domain, host),
	    "what is right is not known here");
}

static void
domain_tell(struct dns_look *look, void *state, struct fact_out *out)
{
	const struct domain_check *check = state;
	const char *unknown = look->identity->domains_unknown;

	for (size_t i = 0; i < check->count; i++)
		row_tell(look, check, &check->rows[i], out);
	if (check->count == 0 && unknown != NULL) {
		fact_out_table_unknown(out, "domain", "%s", unknown);
		fact_out_table_unknown(out, "mx_host", "%s", unknown);
		return;
	}
	fact_out_table_end(out, "domain");
	for (size_t i = 0; i < check->count; i++)
		for (size_t k = 0; check->rows[i].domain->is_hosted &&
		                   k < check->rows[i].mx.count;
		     k++)
			host_tell(look, check, &check->rows[i],
			    &check->rows[i].mx.hosts[k], out);
	fact_out_table_end(out, "mx_host");
}

const struct dns_check dns_check_domain = {
    .tables = domain_tables,
    .begin = domain_begin,
    .run = domain_run,
    .tell = domain_tell,
};
