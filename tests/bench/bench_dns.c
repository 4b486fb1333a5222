/*
 * bench_dns.c - questions to name servers, timed without the start of a program
 *
 * Purpose  what a wave costs, however many questions are in it
 * Input    argv: name servers, milliseconds for one to answer, how many waves,
 *          how many questions in each
 * Yields   milliseconds for all waves, how many questions were answered
 * Errors   exit status 1, with the reason
 * Runs as  any user
 * Source   dns.h
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "agent/base/auto.h"
#include "agent/sys/dns.h"

/* As a look at a domain asks them. */
static const enum dns_type types[] = {
    DNS_A, DNS_AAAA, DNS_MX, DNS_TXT, DNS_PTR, DNS_TLSA};

static double
now_ms(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static size_t
wave_ask(struct dns_servers *servers, struct arena *arena,
    const struct dns_limits *limits, uintmax_t wave, size_t count,
    struct why *why)
{
	struct dns_query *queries = arena_alloc(arena, count, sizeof(*queries));
	struct dns_result *results =
	    arena_alloc(arena, count, sizeof(*results));
	size_t answered = 0;

	for (size_t i = 0; i < count; i++) {
		queries[i].name =
		    arena_printf(arena, "n%ju-%zu.bench.test", wave, i);
		queries[i].type = types[i % ARRAY_COUNT(types)];
	}
	if (dns_ask(servers, arena, queries, count, limits, results, why) < 0)
		return 0;
	for (size_t i = 0; i < count; i++)
		answered += dns_is_known(&results[i]) ? 1 : 0;
	return answered;
}

int
main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct dns_servers servers;
	struct why why = {0};
	struct dns_limits limits = {.deadline_ms = 60000, .rounds = 2};
	uintmax_t waves, count;
	size_t answered = 0;
	double began_ms;

	if (argc != 5)
		return 1;
	limits.try_ms = (uint32_t)strtoumax(argv[2], NULL, 10);
	waves = strtoumax(argv[3], NULL, 10);
	count = strtoumax(argv[4], NULL, 10);
	if (dns_open(&why) < 0 ||
	    dns_servers_list(argv[1], &servers, &why) < 0) {
		(void)fprintf(stderr, "bench_dns: %s\n", why.text);
		return 1;
	}
	began_ms = now_ms();
	for (uintmax_t i = 0; i < waves; i++)
		answered +=
		    wave_ask(&servers, arena, &limits, i, (size_t)count, &why);
	(void)printf("%.3f %zu\n", now_ms() - began_ms, answered);
	arena_free(arena);
	return 0;
}
