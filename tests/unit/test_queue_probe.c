/*
 * test_queue_probe.c - from queue files to facts
 *
 * Purpose  walk, census and probe together, over a queue made here
 * Input    fixed
 * Errors   a failed assertion
 * Runs as  any user
 * Source   schema_queue.c
 */
#include <stdbool.h>

#include "agent/base/clock.h"
#include "agent/probes/probe.h"
#include "tests/unit/queue_dir.h"

#define NOW 1800000000

extern const struct probe probe_queue;

static double
number(const struct fact_set *set, const char *table, const char *key,
    const char *column)
{
	const struct table *schema = schema_table_find(table, NULL);
	struct value value = fact_cell(
	    set, schema, key, (size_t)schema_column_find(schema, column));

	if (value.kind != VALUE_NUMBER)
		fail_msg("%s.%s: %s", table, column, value.text);
	return value.number;
}

static struct fact_set *
look(struct arena *arena, const struct queue_dir *dir,
    const struct probe_history *history)
{
	struct fact_set *set = fact_set_new(arena);
	struct fact_out *out = fact_out_to_set(set);
	struct probe_job job = {.probe = &probe_queue,
	    .arena = arena,
	    .mta = &dir->mta,
	    .history = history};
	struct why why = {0};

	clock_fix(NOW);
	assert_int_equal(probe_queue.prepare(&job, &why), 0);
	probe_queue.collect(&job, out);
	assert_int_equal(close(job.fds[0]), 0);
	fact_out_end(out);
	fact_out_free(out);
	return set;
}

static void
fill(const struct queue_dir *dir)
{
	queue_dir_message(dir, "deferred/4/4F2A1B3C01", NOW - 7200,
	    "News@HERE.test", "a@big.test", "b@BIG.test");
	queue_dir_message(dir, "deferred/4/4F2A1B3C02", NOW - 90000, "",
	    "a@big.test", "b@small.test");
	queue_dir_message(dir, "deferred/5/5F2A1B3C03", NOW - 300000, "",
	    "x@small.test", NULL);
	queue_dir_message(dir, "hold/3abcDEF45ghz12AB", NOW - 900000,
	    "News@here.test", "c@big.test", NULL);
	queue_dir_message(
	    dir, "active/AF2A1B3C04", NOW - 10, "a@b.test", "root", NULL);
	queue_dir_message(dir, "incoming/BF2A1B3C05", NOW - 1, "a@b.test",
	    "z@\x01\x1b.test", NULL);
	/* what is no message */
	queue_dir_write(dir, "incoming/123456.789", 0600, "", 0);
	queue_dir_write(dir, "incoming/CF2A1B3C06", 0600, "C", 1);
	queue_dir_write(dir, "deferred/4/4F2A1B3C07", 0700, "text", 4);
	queue_dir_write(dir, "deferred/4/README.txt", 0700, "text", 4);
	assert_int_equal(mkfifoat(dir->fd, "active/DF2A1B3C08", 0700), 0);
	assert_int_equal(
	    symlinkat("/etc/passwd", dir->fd, "deferred/5/5F2A1B3C09"), 0);
	queue_dir_write(dir, "corrupt/EF2A1B3C0A", 0700, "x", 1);
	queue_dir_write(dir, "maildrop/FF2A1B3C0B", 0744, "x", 1);
}

static void
test_facts(void **state)
{
	static const struct {
		const char *table, *key, *column;
		double want;
	} cases[] = {
	    {"queue",             NULL,              "messages",     8     },
	    {"queue",             NULL,              "incoming",     3     },
	    {"queue",             NULL,              "active",       1     },
	    {"queue",             NULL,              "deferred",     3     },
	    {"queue",             NULL,              "hold",         1     },
	    {"queue",             NULL,              "maildrop",     1     },
	    {"queue",             NULL,              "corrupt",      1     },
	    {"queue",             NULL,              "unreadable",   4     },
	    {"queue",             NULL,              "bounces",      2     },
	    {"queue",             NULL,              "bounces_1d",   2     },
	    {"queue",             NULL,              "bounces_3d",   1     },
	    {"queue",             NULL,              "deferred_1h",  3     },
	    {"queue",             NULL,              "deferred_6h",  2     },
	    {"queue",             NULL,              "oldest",       300000},
	    {"queue",             NULL,              "destinations", 4     },
	    {"queue_destination", "big.test",        "messages",     3     },
	    {"queue_destination", "big.test",        "deferred",     2     },
	    {"queue_destination", "big.test",        "hold",         1     },
	    {"queue_destination", "big.test",        "oldest",       90000 },
	    {"queue_destination", "big.test",        "share",        0.375 },
	    {"queue_destination", "small.test",      "bounces",      2     },
	    {"queue_destination", "(no domain)",     "active",       1     },
	    {"queue_destination", "\\x01\\x1b.test", "incoming",     1     },
	    {"queue_sender",      "<>",              "messages",     2     },
	    {"queue_sender",      "News@here.test",  "messages",     2     },
	};
	struct arena *arena = arena_new();
	struct queue_dir dir;
	struct fact_set *set;

	(void)state;
	queue_dir_init(&dir);
	fill(&dir);
	set = look(arena, &dir, NULL);
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		double got =
		    number(set, cases[i].table, cases[i].key, cases[i].column);

		if (got < cases[i].want || got > cases[i].want)
			fail_msg("%s[%s].%s: %g instead of %g", cases[i].table,
			    cases[i].key != NULL ? cases[i].key : "",
			    cases[i].column, got, cases[i].want);
	}
	queue_dir_done(&dir);
	arena_free(arena);
}

static void
test_rates(void **state)
{
	const struct probe_history before = {NOW - 100, 20};
	struct arena *arena = arena_new();
	struct queue_dir dir;
	struct fact_set *set;

	(void)state;
	queue_dir_init(&dir);
	fill(&dir);
	set = look(arena, &dir, &before);
	/* two with a time of arrival in the last 100 s; 20 + 2 - 8 left */
	assert_true(number(set, "queue", NULL, "arrival_rate") * 100 > 1.99);
	assert_true(number(set, "queue", NULL, "arrival_rate") * 100 < 2.01);
	assert_true(number(set, "queue", NULL, "leaving_rate") * 100 > 13.99);
	assert_true(number(set, "queue", NULL, "leaving_rate") * 100 < 14.01);
	queue_dir_done(&dir);
	arena_free(arena);
}

static void
test_empty(void **state)
{
	struct arena *arena = arena_new();
	struct queue_dir dir;
	struct fact_set *set;

	(void)state;
	queue_dir_init(&dir);
	assert_int_equal(unlinkat(dir.fd, "hold", AT_REMOVEDIR), 0);
	set = look(arena, &dir, NULL);
	assert_true(number(set, "queue", NULL, "messages") < 0.5);
	assert_true(number(set, "queue", NULL, "oldest") < 0.5);
	queue_dir_done(&dir);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_facts),
	    cmocka_unit_test(test_rates),
	    cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
