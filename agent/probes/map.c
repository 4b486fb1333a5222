/*
 * map.c - lookup tables built from a text file
 *
 * Purpose  one read-only probe; row PROBE(map) in probe_table.def
 * Input    stat(2) of the files that the configuration names
 * Yields   table map, a row for each source
 * Unknown  a file that may not be looked at; staleness when both are missing
 * Errors   none
 * Runs as  observer, may look into directories of others
 * Cost     two system calls a map
 * Source   postmap(1): the built file is written after the source was read
 */
#include <sys/stat.h>

#include <errno.h>
#include <string.h>

#include "agent/probes/probe.h"

/* Seconds, with the fraction: both files may be of one second. */
static double
changed_s(const struct stat *st)
{
	return (double)st->st_mtim.tv_sec + (double)st->st_mtim.tv_nsec / 1e9;
}

static void
age_out(
    const struct stat *source, const struct stat *built, struct fact_out *out)
{
	double behind = changed_s(source) - changed_s(built);

	/*
	 * Some file systems, and tools that copy files, keep whole seconds:
	 * within one second nobody can tell.
	 */
	if ((source->st_mtim.tv_nsec == 0 || built->st_mtim.tv_nsec == 0) &&
	    source->st_mtim.tv_sec == built->st_mtim.tv_sec)
		behind = 0;
	fact_out_bool(out, "stale", behind > 0);
	fact_out_number(out, "behind", behind > 0 ? behind : 0);
}

static void
map_out(const struct mta_map *map, struct fact_out *out)
{
	struct stat source, built;
	int source_error = stat(map->source, &source) < 0 ? errno : 0;
	int built_error = stat(map->built, &built) < 0 ? errno : 0;

	fact_out_row(out, "map", map->source);
	fact_out_text(out, "type", map->type);
	fact_out_text(out, "built", map->built);
	fact_out_text(out, "setting", map->setting);
	if (built_error != 0 && built_error != ENOENT) {
		fact_out_unknown(out, "exists", "%s", strerror(built_error));
		return;
	}
	fact_out_bool(out, "exists", built_error == 0);
	if (source_error == ENOENT && built_error == 0) {
		/* brought here as it is: there is nothing it could be behind */
		fact_out_bool(out, "stale", false);
		fact_out_number(out, "behind", 0);
	} else if (source_error != 0) {
		const char *reason = source_error == ENOENT
		                         ? "its source is not there"
		                         : strerror(source_error);

		fact_out_unknown(out, "stale", "%s", reason);
		fact_out_unknown(out, "behind", "%s", reason);
	} else if (built_error != 0) {
		/* never built: as stale as can be, since nobody knows when */
		fact_out_bool(out, "stale", true);
		fact_out_unknown(out, "behind", "it was never built");
	} else {
		age_out(&source, &built, out);
	}
}

static void
map_collect(struct probe_job *job, struct fact_out *out)
{
	const struct mta *mta = job->mta;

	if (mta == NULL || job->mta_error != NULL) {
		fact_out_table_unknown(out, "map", "%s",
		    job->mta_error != NULL ? job->mta_error : "not looked for");
		return;
	}
	if (mta->ops != NULL && !mta->has_settings) {
		fact_out_table_unknown(out, "map", "%s", mta->settings_error);
		return;
	}
	for (size_t i = 0; i < mta->map_count; i++) {
		bool is_first = true;

		/* one source may be built as two types: the first named counts */
		for (size_t j = 0; j < i; j++)
			is_first &= strcmp(mta->maps[j].source,
			                mta->maps[i].source) != 0;
		if (is_first)
			map_out(&mta->maps[i], out);
	}
	fact_out_table_end(out, "map");
}

static const char *const map_tables[] = {"map", NULL};

const struct probe probe_map = {
    .name = "map",
    .tables = map_tables,
    .needs = PROBE_NEEDS_READ_ALL,
    .deadline_ms = 3000,
    .collect = map_collect,
};
