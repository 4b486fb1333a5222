/*
 * probe_run.h - run a probe in the test's own process and read its facts
 */
#ifndef MAILFIX_TESTS_UNIT_PROBE_RUN_H
#define MAILFIX_TESTS_UNIT_PROBE_RUN_H

#include <unistd.h>

#include "agent/probes/probe.h"
#include "tests/unit/unit.h"

static inline struct fact_set *
probe_run(struct arena *arena, const struct probe *probe, const struct mta *mta)
{
	static const struct config config = {
	    .mta = "auto", .units = "auto", .wanted_ports = "auto"};
	struct fact_set *set = fact_set_new(arena);
	struct fact_out *out = fact_out_to_set(set);
	struct probe_job job = {
	    .probe = probe,
	    .arena = arena,
	    .config = &config,
	    .mta = mta,
	};
	struct why why = {0};

	for (size_t i = 0; i < PROBE_FDS_MAX; i++)
		job.fds[i] = -1;
	if (probe->prepare != NULL)
		assert_int_equal(probe->prepare(&job, &why), 0);
	if (probe->enter != NULL)
		assert_int_equal(probe->enter(&job, &why), 0);
	probe->collect(&job, out);
	fact_out_end(out);
	fact_out_free(out);
	for (size_t i = 0; i < PROBE_FDS_MAX; i++)
		if (job.fds[i] >= 0)
			(void)close(job.fds[i]);
	return set;
}

static inline struct value
probe_cell(const struct fact_set *set, const char *table, const char *key,
    const char *column)
{
	const struct table *schema = schema_table_find(table, NULL);

	return fact_cell(
	    set, schema, key, (size_t)schema_column_find(schema, column));
}

static inline void
assert_fact_bool(const struct fact_set *set, const char *table, const char *key,
    const char *column, bool want)
{
	struct value got = probe_cell(set, table, key, column);

	if (got.kind != VALUE_BOOL || got.is_true != want)
		fail_msg("%s[%s].%s is not %s (%s)", table, key, column,
		    want ? "true" : "false",
		    got.kind == VALUE_UNKNOWN ? got.text : "known");
}

static inline void
assert_fact_text(const struct fact_set *set, const char *table, const char *key,
    const char *column, const char *want)
{
	struct value got = probe_cell(set, table, key, column);

	if (got.kind != VALUE_TEXT)
		fail_msg("%s[%s].%s is unknown: %s", table, key, column,
		    got.kind == VALUE_UNKNOWN ? got.text : "no text");
	assert_string_equal(got.text, want);
}

static inline void
assert_fact_unknown(const struct fact_set *set, const char *table,
    const char *key, const char *column, const char *reason)
{
	struct value got = probe_cell(set, table, key, column);

	assert_int_equal(got.kind, VALUE_UNKNOWN);
	assert_string_equal(got.text, reason);
}

#endif
