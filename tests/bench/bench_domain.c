/*
 * bench_domain.c - all checks of the DNS for one domain, timed without the rest
 *
 * Purpose  how many round trips in a row they need, and how long that takes
 * Input    argv: name servers; a folder with blocklists.ini; the world that
 *          bench_domain.py serves
 * Yields   milliseconds, waves, questions
 * Errors   exit status 1, with the reason
 * Runs as  any user
 * Source   dns_look.h
 */
#include <sys/socket.h>

#include <stdio.h>
#include <time.h>

#include "agent/base/auto.h"
#include "agent/base/clock.h"
#include "agent/base/lint.h"
#include "agent/dns/blocklist.h"
#include "agent/probes/dns_look.h"
#include "agent/sys/dns.h"

#define ASK_MS 10000

static const struct dns_limits limits = {.try_ms = 1500, .rounds = 2};

static const char lists[] =
    "zen.spamhaus.org,bl.spamcop.net,b.barracudacentral.org,"
    "psbl.surriel.com,bl.mailspike.net,dnsbl-1.uceprotect.net";

static const struct identity identity = {
    .addresses = {{"192.0.2.10", AF_INET, "configured"},
                  {"2001:db8::10", AF_INET6, "configured"}},
    .address_count = 2,
    .domains = {{.name = "example.test",
        .source = "myorigin",
        .is_sender = true,
        .is_hosted = true,
        .is_signed = true}                                    },
    .domain_count = 1,
    .helo = "mail.example.test",
};

static double
now_ms(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int
ask(void *state, struct arena *arena, const struct dns_query *queries,
    size_t count, uint32_t deadline_ms, struct dns_result *ret, struct why *why)
{
	struct dns_limits own = limits;

	own.deadline_ms = deadline_ms;
	return dns_ask(state, arena, queries, count, &own, ret, why);
}

/* One key that mail is signed with. */
static const struct fact_set *
facts_new(struct arena *arena)
{
	struct fact_set *facts = fact_set_new(arena);
	struct fact_table *keys =
	    fact_table_get(facts, schema_table_find("signing_key", NULL));

	(void)fact_row_add(facts, keys, "s1/example.test");
	fact_table_set_known(keys);
	return facts;
}

static void
look_run(struct arena *arena, struct dns_servers *servers,
    const struct blocklist_catalogue *catalogue)
{
	const struct config config = {
	    .blocklists = lists, .resolver = "system"};
	struct probe_job job = {
	    .arena = arena, .config = &config, .blocklists = catalogue};
	struct dns_look look = {.arena = arena,
	    .config = &config,
	    .facts = facts_new(arena),
	    .identity = &identity,
	    .book = dns_book_new(arena, clock_boot_ms() + ASK_MS)};
	const struct dns_asker asker = {ask, servers};
	struct fact_out *out = fact_out_to_set(fact_set_new(arena));
	void *prepared[64] = {NULL};
	const double began_ms = now_ms();

	for (size_t i = 0; dns_checks[i] != NULL; i++)
		if (dns_checks[i]->prepare != NULL)
			prepared[i] = dns_checks[i]->prepare(&job);
	dns_look_run(
	    dns_checks, &look, &asker, servers->count > 1, prepared, out);
	(void)printf("%.3f %u %zu\n", now_ms() - began_ms,
	    dns_book_waves(look.book), dns_book_questions(look.book));
	(void)fact_out_end(out);
	fact_out_free(out);
}

int
main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct lint lint = {.arena = arena};
	struct blocklist_catalogue *catalogue = NULL;
	struct dns_servers servers;
	struct why why = {0};

	if (argc != 3)
		return 1;
	if (dns_open(&why) < 0 ||
	    dns_servers_list(argv[1], &servers, &why) < 0 ||
	    blocklist_load(arena, blocklist_paths(arena, argv[2], &lint), &lint,
	        &catalogue, &why) < 0) {
		(void)fprintf(stderr, "bench_domain: %s\n", why.text);
		return 1;
	}
	look_run(arena, &servers, catalogue);
	arena_free(arena);
	return 0;
}
