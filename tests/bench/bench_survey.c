/*
 * bench_survey.c - what becomes of some ports, in and out, in this namespace
 *
 * Purpose  the work of the probe `firewall` without the rest of a run: open a
 *          snapshot, ask about each port in both directions, for every family
 *          and interface with a default route
 * Input    argv: ROUNDS PORT...
 * Yields   on stdout the shortest and the median milliseconds of the rounds,
 *          and the verdicts: "0.412 0.450 accept accept drop ..."
 * Errors   status 1 with a line on standard error
 * Runs as  root, in the namespace
 * Source   survey.h
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/base/buf.h"
#include "agent/base/mem.h"
#include "agent/firewall/survey.h"
#include "agent/sys/net_load.h"
#include "agent/sys/nft_load.h"

#define ROUNDS_MAX 1000

static double
now_ms(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int
ask(struct arena *arena, const struct nf_ruleset *ruleset,
    const struct net *net, const struct nf_survey_query *query,
    struct buf *words, struct why *why)
{
	struct nf_survey survey = {0};
	int r = nf_survey(arena, ruleset, net, query, &survey, why);

	for (size_t i = 0; r == 0 && i < survey.count; i++)
		buf_addf(words, " %s",
		    nf_outcome_name(survey.rows[i].answer.outcome));
	return r;
}

/* One snapshot, and all questions about it. */
static int
survey_all(int count, char **ports, struct buf *words, struct why *why)
{
	struct nft_link link = {.fd = -1, .asker = -1};
	struct net_link net_link = {-1, -1};
	struct nf_ruleset *ruleset = NULL;
	struct net *net = NULL;
	struct arena *arena = arena_new();
	int r = nft_link_open(false, &link, why);

	if (r == 0)
		r = net_link_open(&net_link, why);
	if (r == 0)
		r = nft_load(arena, &link, &ruleset, why);
	if (r == 0)
		r = net_load(arena, &net_link, &net, why);
	for (int i = 0; r == 0 && i < 2 * count; i++) {
		struct nf_survey_query query = {
		    .direction = i % 2 == 0 ? NF_IN : NF_OUT,
		    .port = (uint16_t)strtoul(ports[i / 2], NULL, 10)};

		r = ask(arena, ruleset, net, &query, words, why);
	}
	nft_link_close(&link);
	net_link_close(&net_link);
	(void)arena_free(arena);
	return r;
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int
main(int argc, char **argv)
{
	static double times[ROUNDS_MAX];
	int rounds = argc > 2 ? atoi(argv[1]) : 0;
	struct buf words = {0};
	struct why why = {0};

	if (rounds < 1 || rounds > ROUNDS_MAX) {
		(void)fputs("usage: bench_survey ROUNDS PORT...\n", stderr);
		return 64;
	}
	for (int i = 0; i < rounds; i++) {
		double began = now_ms();

		buf_clear(&words);
		if (survey_all(argc - 2, argv + 2, &words, &why) < 0) {
			(void)fprintf(stderr, "%s\n", why.text);
			return 1;
		}
		times[i] = now_ms() - began;
	}
	qsort(times, (size_t)rounds, sizeof(times[0]), compare);
	(void)printf(
	    "%.3f %.3f%s\n", times[0], times[rounds / 2], buf_text(&words));
	buf_done(&words);
	return 0;
}
