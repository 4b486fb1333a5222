/*
 * queue.c - the queue: what waits, for whom, from whom, since when
 *
 * Purpose  one read-only probe; row PROBE(queue) in probe_table.def; fills
 *          queue, queue_destination, queue_sender
 * Input    the queue's folders and files: hostile
 * Errors   all facts unknown with the reason
 * Runs as  observer, with CAP_DAC_READ_SEARCH: the queue belongs to the mail
 *          system, and each file is opened by name
 * Cost     0.3 s for 100,000 messages in the page cache
 * Source   qshape(1), QSHAPE_README; the mail system's queue_scan
 */
#include <sys/random.h>

#include <errno.h>

#include "agent/base/clock.h"
#include "agent/base/text.h"
#include "agent/probes/probe.h"
#include "agent/probes/queue_census.h"
#include "agent/sys/view.h"

/* A cold cache needs 60 to 100 us a message: more than 500,000 messages. */
#define DEADLINE_MS 60000

/*
 * More than many hosts have processors: while a thread waits for the disk,
 * another one runs. With a warm cache it costs nothing (measured).
 */
#define THREADS 4

struct queue_look {
	int64_t now_s;
	uint32_t seed;
	struct queue_census *census;
	struct queue_scan_result result;
	struct queue_totals totals;
	double messages;
};

/*
 * The folders of the states by themselves, too: the kernel looks for a rule
 * from each file upwards, and finds one a step earlier.
 */
static const char *const *
queue_roots(struct probe_job *job)
{
	const char **roots =
	    arena_alloc(job->arena, QUEUE_STATE_MAX + 2, sizeof(*roots));

	roots[0] = job->mta->queue_dir;
	for (unsigned i = 0; i < QUEUE_STATE_MAX; i++)
		roots[i + 1] =
		    arena_printf(job->arena, "%s/%s", job->mta->queue_dir,
		        queue_state_to_text((enum queue_state)i));
	return roots;
}

static int
queue_prepare(struct probe_job *job, struct why *why)
{
	struct queue_look *look = arena_alloc(job->arena, 1, sizeof(*look));

	look->now_s = clock_now_s();
	if (getrandom(&look->seed, sizeof(look->seed), GRND_NONBLOCK) < 0)
		look->seed = (uint32_t)look->now_s;
	job->state = look;
	if (job->mta->ops == NULL || job->mta->queue_dir == NULL)
		return why_set(why, -ENODATA, "%s",
		    job->mta_error != NULL ? job->mta_error
		                           : "no mail system was found here");
	if (job->mta->ops->queue_scan == NULL)
		return why_set(why, -EOPNOTSUPP,
		    "the queue of %s cannot be read yet", job->mta->kind);
	return view_open(job->mta->queue_dir, &job->fds[0], why);
}

static double
age(const struct queue_look *look, bool has_oldest, int64_t oldest_s)
{
	int64_t age_s = look->now_s - oldest_s;

	/* An empty queue has no age; a clock may have been set back. */
	return has_oldest && age_s > 0 ? (double)age_s : 0;
}

static void
put_counts(struct fact_out *out, const struct queue_look *look)
{
	const struct queue_totals *totals = &look->totals;
	const struct queue_scan_result *result = &look->result;

	const struct {
		const char *column;
		uint64_t count;
	} counts[] = {
	    {"incoming",    totals->by_state[QUEUE_INCOMING] + result->unfinished},
	    {"active",      totals->by_state[QUEUE_ACTIVE]                       },
	    {"deferred",    totals->by_state[QUEUE_DEFERRED]                     },
	    {"hold",        totals->by_state[QUEUE_HOLD]                         },
	    {"maildrop",    result->maildrop                                     },
	    {"corrupt",     result->corrupt                                      },
	    {"unreadable",  result->unreadable                                   },
	    {"bounces",     totals->bounces                                      },
	    {"bounces_1h",  totals->bounces_older[QUEUE_1H]                      },
	    {"bounces_6h",  totals->bounces_older[QUEUE_6H]                      },
	    {"bounces_1d",  totals->bounces_older[QUEUE_1D]                      },
	    {"bounces_2d",  totals->bounces_older[QUEUE_2D]                      },
	    {"bounces_3d",  totals->bounces_older[QUEUE_3D]                      },
	    {"deferred_1h", totals->deferred_older[QUEUE_1H]                     },
	    {"deferred_6h", totals->deferred_older[QUEUE_6H]                     },
	    {"deferred_1d", totals->deferred_older[QUEUE_1D]                     },
	};

	for (size_t i = 0; i < ARRAY_COUNT(counts); i++)
		fact_out_number(out, counts[i].column, (double)counts[i].count);
}

/* What arrived and is still here; what arrived and left is seen by nobody. */
static void
put_rates(struct fact_out *out, const struct queue_look *look,
    const struct probe_history *before)
{
	double seconds, arrived = (double)look->totals.arrived, left;

	if (before == NULL || before->at_s <= 0 ||
	    before->at_s >= look->now_s) {
		fact_out_unknown(out, "arrival_rate", "this is the first look");
		fact_out_unknown(out, "leaving_rate", "this is the first look");
		return;
	}
	seconds = (double)(look->now_s - before->at_s);
	left = before->queue_messages + arrived - look->messages;
	fact_out_number(out, "arrival_rate", arrived / seconds);
	fact_out_number(out, "leaving_rate", left > 0 ? left / seconds : 0);
}

static void
put_queue(struct fact_out *out, const struct queue_look *look,
    const struct probe_history *before)
{
	const struct queue_top *to = queue_census_destinations(look->census);

	fact_out_row(out, "queue", "");
	fact_out_number(out, "messages", look->messages);
	put_counts(out, look);
	fact_out_number(out, "bytes", (double)look->totals.bytes);
	fact_out_number(out, "oldest",
	    age(look, look->totals.has_oldest, look->totals.oldest_s));
	put_rates(out, look, before);
	if (queue_top_error(to) == 0)
		fact_out_number(
		    out, "destinations", (double)queue_top_count(to));
	else
		fact_out_unknown(out, "destinations",
		    "more than the %d that are told apart", QUEUE_TOP_KEYS);
	fact_out_table_end(out, "queue");
}

static void
put_part(struct fact_out *out, const struct queue_look *look,
    const struct queue_part *part)
{
	double messages = part->messages;

	fact_out_number(out, "messages", messages);
	for (unsigned i = 0; i < QUEUE_STATE_MAX; i++)
		fact_out_number(out, queue_state_to_text((enum queue_state)i),
		    part->by_state[i]);
	fact_out_number(out, "bytes", (double)part->bytes);
	fact_out_number(
	    out, "oldest", age(look, part->has_oldest, part->oldest_s));
	fact_out_number(out, "bounces", part->bounces);
	fact_out_number(out, "deferred_1h", part->deferred_1h);
	fact_out_number(out, "deferred_1d", part->deferred_1d);
	fact_out_number(out, "share",
	    look->messages > messages ? messages / look->messages : 1);
}

/*
 * Keys are escaped here already: two that look the same after it are then the
 * same row, and a sender cannot spoil the look with a row that comes twice.
 */
static void
put_parts(struct fact_out *out, const char *table,
    const struct queue_look *look, struct queue_top *top)
{
	size_t count, max = schema_table_find(table, NULL)->row_max;
	AUTO_BUF struct buf key = {0};

	if (!fact_out_is_wanted(out, table))
		return;
	count = queue_top_sort(top);
	for (size_t i = 0; i < count && i < max; i++) {
		const struct queue_part *part = queue_top_part(top, i);

		/* Beyond this, what was dropped may be as large. */
		if (part->messages <= queue_top_error(top) &&
		    queue_top_error(top) > 0)
			break;
		buf_clear(&key);
		text_escape(&key, queue_top_key(top, part), part->key_length);
		fact_out_row(out, table, buf_text(&key));
		put_part(out, look, part);
	}
	fact_out_table_end(out, table);
}

static void
queue_collect(struct probe_job *job, struct fact_out *out)
{
	struct queue_look *look = job->state;
	struct queue_scan scan = {
	    .queue_fd = job->fds[0],
	    .states = (1U << QUEUE_STATE_MAX) - 1,
	    .threads = THREADS,
	    .visit = queue_census_add,
	};
	struct why why = {0};

	look->census = queue_census_new(look->now_s,
	    job->history != NULL ? job->history->at_s : 0, look->seed);
	scan.user = look->census;
	if (job->mta->ops->queue_scan(&scan, &look->result, &why) < 0) {
		for (size_t i = 0; job->probe->tables[i] != NULL; i++)
			fact_out_table_unknown(
			    out, job->probe->tables[i], "%s", why.text);
		queue_census_free(look->census);
		return;
	}
	queue_census_totals(look->census, &look->totals);
	look->messages = (double)look->result.unfinished;
	for (size_t i = 0; i < QUEUE_STATE_MAX; i++)
		look->messages += (double)look->totals.by_state[i];
	put_queue(out, look, job->history);
	put_parts(out, "queue_destination", look,
	    queue_census_destinations(look->census));
	put_parts(
	    out, "queue_sender", look, queue_census_senders(look->census));
	queue_census_free(look->census);
}

static const char *const queue_tables[] = {
    "queue", "queue_destination", "queue_sender", NULL};

const struct probe probe_queue = {
    .name = "queue",
    .tables = queue_tables,
    .needs = PROBE_NEEDS_READ_ALL | PROBE_NEEDS_THREADS | PROBE_NEEDS_BELOW,
    .root_for = "the queue",
    .deadline_ms = DEADLINE_MS,
    .roots = queue_roots,
    .prepare = queue_prepare,
    .collect = queue_collect,
};
