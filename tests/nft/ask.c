/*
 * ask.c - answer questions about the rule set of this network namespace
 *
 * Purpose  what the differential test compares with the kernel
 * Input    standard input, a question a line:
 *          in|out FROM TO PORT SOURCE_PORT INTERFACE|- UID GID
 * Yields   a line each, fields parted by tabs: outcome, what is usual, path,
 *          path of the answer to the SYN, reason. Entries of a path look as the
 *          kernel's trace has them, FAMILY:TABLE:CHAIN#HANDLE=VERDICT, parted by
 *          " ; ". The table that makes the kernel trace is left out.
 * Errors   status 1 with a line on standard error
 * Runs as  root, in the namespace
 * Source   linux/netfilter/nf_tables.h: NFT_MSG_TRACE
 */
#include <errno.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/mem.h"
#include "agent/firewall/question.h"
#include "agent/sys/net_load.h"
#include "agent/sys/nft_load.h"

#define TRACE_TABLE "oracle_trace"
#define LINE_BYTES  256

struct loaded {
	struct arena *arena;
	struct nft_link nft;
	struct net_link link;
	struct nf_ruleset *ruleset;
	struct net *net;
};

static int
load(struct loaded *all, struct why *why)
{
	int r = nft_link_open(false, &all->nft, why);
	if (r < 0)
		return r;
	r = net_link_open(&all->link, why);
	if (r < 0)
		return r;
	all->arena = arena_new();
	r = nft_load(all->arena, &all->nft, &all->ruleset, why);
	if (r < 0)
		return r;
	return net_load(all->arena, &all->link, &all->net, why);
}

/* false: not a question */
static bool
read_question(const char *line, struct nf_question *ret)
{
	char direction[8], from[64], to[64], interface[IFNAMSIZ];
	unsigned port, source_port, uid, gid;
	struct nf_question q = {0};

	if (sscanf(line, "%7s %63s %63s %u %u %15s %u %u", direction, from, to,
	        &port, &source_port, interface, &uid, &gid) != 8)
		return false;
	q.direction = strcmp(direction, "out") == 0 ? NF_OUT : NF_IN;
	if (net_address_parse(from, &q.from) < 0 ||
	    net_address_parse(to, &q.to) < 0)
		return false;
	q.port = (uint16_t)port;
	q.source_port = (uint16_t)source_port;
	q.interface =
	    strcmp(interface, "-") == 0 ? 0 : if_nametoindex(interface);
	q.is_user_known = q.interface == 0; /* it is a process of this host */
	q.uid = uid;
	q.gid = gid;
	*ret = q;
	return true;
}

static void
print_step(const struct nf_step *step)
{
	const struct nf_table *table = step->chain->table;
	const char *text = step->text;

	printf("%s:%s:%s#", nf_family_name(table->family), table->name,
	    step->chain->name);
	if (step->rule != NULL)
		printf("%llu", (unsigned long long)step->rule->handle);
	else if (strncmp(text, "policy ", 7) == 0) {
		printf("policy");
		text += 7;
	}
	printf("=%s", text);
}

static void
print_path(const struct nf_answer *answer, bool is_reply)
{
	const char *separator = "";

	for (size_t i = 0; i < answer->path_length; i++) {
		const struct nf_step *step = &answer->path[i];

		if (step->chain == NULL || step->is_reply != is_reply ||
		    strcmp(step->chain->table->name, TRACE_TABLE) == 0)
			continue;
		fputs(separator, stdout);
		print_step(step);
		separator = " ; ";
	}
}

static int
answer_line(const struct loaded *all, const char *line, struct why *why)
{
	struct nf_question question;
	struct nf_answer answer;
	struct arena *arena = arena_new();
	int r = -EINVAL;

	if (!read_question(line, &question))
		(void)why_set(why, r, "not a question: %s", line);
	else
		r = nf_ask(arena, all->ruleset, all->net, &question, NULL,
		    &answer, why);
	if (r == 0) {
		printf("%s\t%s\t", nf_outcome_name(answer.outcome),
		    nf_outcome_name(answer.usual));
		print_path(&answer, false);
		putchar('\t');
		print_path(&answer, true);
		printf("\t%s\n", answer.reason != NULL ? answer.reason : "");
	}
	(void)arena_free(arena);
	return r;
}

int
main(void)
{
	struct loaded all = {0};
	struct why why = {0};
	char line[LINE_BYTES];
	int r = load(&all, &why);

	while (r == 0 && fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		r = answer_line(&all, line, &why);
	}
	if (r < 0)
		(void)fprintf(stderr, "ask: %s\n", why.text);
	return r < 0 ? 1 : 0;
}
