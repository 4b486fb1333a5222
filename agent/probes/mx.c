/*
 * mx.c - the mail servers of domains that refuse us: who shares them?
 *
 * Purpose  one probe; row PROBE(mx) in probe_table.def; fills mx: domains that
 *          have the same servers share one limit at the other side
 * Input    replies of name servers: hostile; domains from the log: hostile
 * Errors   without a name server the table is unknown; a question without an
 *          answer makes its row unknown
 * Runs as  observer, with sockets of the internet and no file
 * Cost     nothing is asked while nobody refuses; else a round trip, and at
 *          most 2 s
 * Source   RFC 5321 section 5.1; RFC 7505 (null MX)
 */
#include "agent/probes/mx.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "agent/base/text.h"
#include "agent/mail/mail_name.h"
#include "agent/probes/probe.h"

#define RESOLV_CONF "/etc/resolv.conf"

/* 2 s for all: half a second is a slow round trip around the world, twice. */
static const struct dns_limits mx_limits = {
    .deadline_ms = 2000, .try_ms = 700, .rounds = 2};

#define DEADLINE_MS 5000

/* Big providers have five; a row of the table names all of them. */
#define SERVERS_MAX      8
#define SERVERS_TEXT_MAX 600

static const char *const mx_tables[] = {"mx", NULL};

static void
domain_add(struct mx_domain *all, size_t *count, const char *domain,
    const char *nexthop)
{
	/* no address in brackets, nothing that is no name */
	if (*count == MX_DOMAINS_MAX || !mail_domain_ok(domain))
		return;
	for (size_t i = 0; i < *count; i++)
		if (strcasecmp(all[i].domain, domain) == 0)
			return;
	all[(*count)++] =
	    (struct mx_domain){.domain = domain, .nexthop = nexthop};
}

size_t
mx_domains(
    const struct throttle_list *list, struct mx_domain all[MX_DOMAINS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; list != NULL && i < list->count; i++)
		if (list->rows[i].step != NULL)
			domain_add(all, &count, list->rows[i].domain,
			    list->rows[i].group);
	for (size_t i = 0; list != NULL && i < list->refused_count; i++)
		domain_add(all, &count, list->refused[i], NULL);
	return count;
}

static int
record_compare(const void *a, const void *b)
{
	const struct dns_record *left = a, *right = b;

	if (left->preference != right->preference)
		return left->preference < right->preference ? -1 : 1;
	return strcmp(left->name, right->name);
}

static bool
is_twice(const struct dns_record *records, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(records[k].name, records[i].name) == 0)
			return true;
	return false;
}

/* "" when it has none, or one that could not stand in a row. */
static const char *
servers_text(struct arena *arena, const struct dns_result *result)
{
	struct dns_record *sorted =
	    arena_alloc(arena, result->count + 1, sizeof(*sorted));
	AUTO_BUF struct buf out = {0};

	if (result->outcome != DNS_ANSWER || result->count > SERVERS_MAX)
		return "";
	(void)memcpy(sorted, result->records, result->count * sizeof(*sorted));
	qsort(sorted, result->count, sizeof(*sorted), record_compare);
	for (size_t i = 0; i < result->count; i++) {
		if (!mail_domain_ok(sorted[i].name))
			return "";
		if (!is_twice(sorted, i))
			buf_addf(
			    &out, "%s[%s]", i > 0 ? "," : "", sorted[i].name);
	}
	return out.length <= SERVERS_TEXT_MAX ? arena_dup(arena, buf_text(&out))
	                                      : "";
}

/* The first by name of those with the same servers. */
static const char *
group_of(const struct mx_domain *all, size_t count, const struct mx_domain *of)
{
	const char *first = of->domain;

	for (size_t i = 0; i < count && of->servers[0] != '\0'; i++)
		if (text_equal(all[i].servers, of->servers) &&
		    strcasecmp(all[i].domain, first) < 0)
			first = all[i].domain;
	return first;
}

static void
tell(const struct mx_domain *all, size_t count,
    const struct dns_result *results, struct fact_out *out)
{
	for (size_t i = 0; i < count; i++) {
		const struct mx_domain *row = &all[i];
		const char *reason = dns_outcome_text(results[i].outcome);

		fact_out_row(out, "mx", row->domain);
		if (row->nexthop == NULL || row->servers != NULL)
			fact_out_bool(out, "moved",
			    row->nexthop != NULL &&
			        !text_equal(row->nexthop, row->servers));
		else
			fact_out_unknown(out, "moved", "%s", reason);
		if (row->servers == NULL) {
			fact_out_unknown(out, "servers", "%s", reason);
			fact_out_unknown(out, "group", "%s", reason);
			continue;
		}
		fact_out_text(out, "servers", row->servers);
		fact_out_text(out, "group", group_of(all, count, row));
	}
	fact_out_table_end(out, "mx");
}

void
mx_tell(dns_ask_fn *ask, struct dns_servers *servers, struct arena *arena,
    const struct throttle_list *list, struct fact_out *out)
{
	struct mx_domain all[MX_DOMAINS_MAX] = {0};
	struct dns_query queries[MX_DOMAINS_MAX];
	struct dns_result results[MX_DOMAINS_MAX];
	size_t count = mx_domains(list, all);
	struct why why = {0};

	for (size_t i = 0; i < count; i++)
		queries[i] =
		    (struct dns_query){.name = all[i].domain, .type = DNS_MX};
	if (count > 0 && ask(servers, arena, queries, count, &mx_limits,
	                     results, &why) < 0) {
		fact_out_table_unknown(out, "mx", "%s", why.text);
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (results[i].outcome <= DNS_NXDOMAIN)
			all[i].servers = servers_text(arena, &results[i]);
	tell(all, count, results, out);
}

/* Before the sandbox closes: a library, and scopes of IPv6 of the kernel. */
static int
mx_enter(struct probe_job *job, struct why *why)
{
	struct dns_servers *servers =
	    arena_alloc(job->arena, 1, sizeof(*servers));
	struct mx_domain all[MX_DOMAINS_MAX];
	int r;

	job->state = servers;
	if (mx_domains(job->throttles, all) == 0)
		return 0;
	r = dns_open(why);
	return r < 0 ? r
	             : dns_servers_find(
	                   job->config->resolver, RESOLV_CONF, servers, why);
}

static void
mx_collect(struct probe_job *job, struct fact_out *out)
{
	mx_tell(dns_ask, job->state, job->arena, job->throttles, out);
}

const struct probe probe_mx = {
    .name = "mx",
    .tables = mx_tables,
    .needs = PROBE_NEEDS_INET,
    .deadline_ms = DEADLINE_MS,
    .enter = mx_enter,
    .collect = mx_collect,
};
