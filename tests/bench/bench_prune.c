/*
 * bench_prune.c - one change of kind queue-move, alone and timed
 *
 * Purpose  what pruning costs without the look and the verification around it
 * Input    argv: an empty folder for the quarantine; stdin: ids of deferred
 *          messages
 * Yields   milliseconds of check, capture and perform together
 * Errors   exit status 1, with the reason
 * Runs as  root, in the root of a mail host
 * Source   SPEC, "Speed and size" of the plan for the queue
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/base/auto.h"
#include "agent/change/change.h"
#include "agent/mta/postfix_queue.h"
#include "agent/mta/postfix_queue_scan.h"
#include "agent/probes/queue_select.h"

extern const struct change_kind change_queue_move;

static double
now_ms(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int
run(const struct change *change, struct change_host *host, struct why *why)
{
	int r = change_queue_move.check(change, host, why);

	if (r == 0)
		r = change_queue_move.capture(change, host, why);
	return r < 0 ? r : change_queue_move.perform(change, host, why);
}

int
main(int argc, char **argv)
{
	static const struct mta_ops ops = {
	    .kind = "postfix",
	    .queue_id_ok = postfix_queue_id_ok,
	    .queue_command = postfix_queue_command,
	    .queue_depth = postfix_queue_depth,
	    .queue_find = postfix_queue_find,
	    .queue_logs = postfix_queue_logs,
	};
	const struct mta mta = {
	    .ops = &ops,
	    .kind = "postfix",
	    .config_dir = "/etc/postfix",
	    .queue_dir = "/var/spool/postfix",
	};
	struct arena *arena = arena_new();
	const char **ids =
	    arena_alloc(arena, QUEUE_SELECT_MAX + 1, sizeof(*ids));
	struct change change = {.verb = "prune", .detail = "deferred"};
	struct change_host host = {.arena = arena, .mta = &mta};
	struct why why = {0};
	char line[64];
	double began;
	int r;

	if (argc != 2)
		return 64;
	host.store = argv[1];
	while (change.item_count < QUEUE_SELECT_MAX &&
	       fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		ids[change.item_count++] = arena_dup(arena, line);
	}
	change.items = ids;
	began = now_ms();
	r = run(&change, &host, &why);
	if (r < 0)
		(void)fprintf(stderr, "%s\n", why.text);
	else
		(void)printf("%.1f\n", now_ms() - began);
	arena_free(arena);
	return r < 0;
}
