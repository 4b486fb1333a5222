/*
 * dns.c - what the DNS says of the domains and addresses of this host's mail
 *
 * Purpose  one probe; row PROBE(dns) in probe_table.def; runs the checks of
 *          dns_check_table.def, all at once
 * Input    replies of name servers: hostile; domains from the log and the
 *          queue: hostile
 * Errors   without a name server its tables are unknown
 * Runs as  observer, with sockets of the internet and no file. It sees no
 *          private key: what they are is told by another probe
 * Cost     a round trip for each link of the longest chain of questions: as a
 *          rule four
 * Source   SPEC section 4
 */
#include "agent/sys/dns.h"

#include "agent/base/auto.h"
#include "agent/base/clock.h"
#include "agent/probes/dns_look.h"

#define RESOLV_CONF "/etc/resolv.conf"

/*
 * For all waves. A resolver gives up on a dead zone after some seconds: that
 * one is then unknown, and the others are not waited for again.
 */
#define ASK_MS 10000

#define DEADLINE_MS 15000

/* For one server to answer: twice the slowest round trip on Earth. */
#define TRY_MS 1500

#define CHECKS_MAX 32

struct dns_probe {
	struct identity identity;
	void *prepared[CHECKS_MAX];
	struct dns_servers servers;
	struct why servers_why;
	int servers_r;
};

static const char *const dns_tables[] = {"domain", "mx_host", "address", "helo",
    "spf", "spf_record", "mtasts", "tlsrpt", "dkim", "dkim_domain", "dmarc",
    "tlsa", "dane", "blocklist", "dnsbl", NULL};

static int
dns_prepare(struct probe_job *job, struct why *why)
{
	struct dns_probe *probe = arena_alloc(job->arena, 1, sizeof(*probe));

	(void)why;
	job->state = probe;
	identity_read(job, &probe->identity);
	for (size_t i = 0; dns_checks[i] != NULL && i < CHECKS_MAX; i++)
		if (dns_checks[i]->prepare != NULL)
			probe->prepared[i] = dns_checks[i]->prepare(job);
	return 0;
}

static void
dns_told(struct probe_job *job)
{
	struct dns_probe *probe = job->state;

	identity_ask(&probe->identity, job);
}

/* Before the sandbox closes: a library, and scopes of IPv6 of the kernel. */
static int
dns_enter(struct probe_job *job, struct why *why)
{
	struct dns_probe *probe = job->state;

	(void)why;
	probe->servers_r = dns_open(&probe->servers_why);
	if (probe->servers_r == 0)
		probe->servers_r = dns_servers_find(job->config->resolver,
		    RESOLV_CONF, &probe->servers, &probe->servers_why);
	return 0;
}

static int
asker_ask(void *state, struct arena *arena, const struct dns_query *queries,
    size_t count, uint32_t deadline_ms, struct dns_result *ret, struct why *why)
{
	struct dns_probe *probe = state;
	const struct dns_limits limits = {
	    .deadline_ms = deadline_ms, .try_ms = TRY_MS, .rounds = 2};

	if (probe->servers_r < 0) {
		*why = probe->servers_why;
		return probe->servers_r;
	}
	return dns_ask(
	    &probe->servers, arena, queries, count, &limits, ret, why);
}

static void
dns_collect(struct probe_job *job, struct fact_out *out)
{
	struct dns_probe *probe = job->state;
	const struct dns_asker asker = {asker_ask, probe};
	struct dns_look look = {
	    .arena = job->arena,
	    .config = job->config,
	    .mta = job->mta,
	    .facts = job->facts,
	    .identity = &probe->identity,
	    .book = dns_book_new(job->arena, clock_boot_ms() + ASK_MS),
	};

	identity_add_facts(&probe->identity, job->arena, job->facts);
	dns_look_run(dns_checks, &look, &asker, true, probe->prepared, out);
}

const struct probe probe_dns = {
    .name = "dns",
    .tables = dns_tables,
    .needs = PROBE_NEEDS_INET,
    .deadline_ms = DEADLINE_MS,
    .is_last = true,
    .prepare = dns_prepare,
    .told = dns_told,
    .enter = dns_enter,
    .collect = dns_collect,
};
