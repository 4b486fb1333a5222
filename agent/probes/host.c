/*
 * host.c - the machine: processors, memory, pressure, handles, clock
 *
 * Purpose  one read-only probe; row PROBE(host) in probe_table.def
 * Input    /proc, /sys/fs/cgroup: made by the kernel
 * Yields   table host, one row
 * Unknown  each cell by itself, with the reason: no PSI, no conntrack table
 * Errors   none
 * Runs as  observer, no privilege
 * Cost     a dozen small files; under 1 ms
 * Source   proc(5), adjtimex(2), Documentation/accounting/psi.rst,
 *          admin-guide/cgroup-v2.rst
 */
#include <sys/timex.h>

#include <sched.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/probes/probe.h"
#include "agent/sys/hoststat.h"
#include "agent/sys/proc.h"

#define CGROUP "/sys/fs/cgroup/"

/* The longest of them, /proc/vmstat, has 5 kB. */
#define HOST_TEXT_MAX 16384U

/* What takes a system call that the sandbox has no need for. */
struct host_state {
	int cpus;
	bool has_clock, is_synced;
	double clock_error_s;
	bool is_container;
};

static bool
is_container(void)
{
	static const char *const marks[] = {"/run/systemd/container",
	    "/run/host/container-manager", "/.dockerenv", "/run/.containerenv"};
	char text[4096];
	ssize_t n;

	for (size_t i = 0; i < ARRAY_COUNT(marks); i++)
		if (access(marks[i], F_OK) == 0)
			return true;
	n = proc_read("/proc/1/environ", text, sizeof(text));
	for (ssize_t i = 0; i < n; i += (ssize_t)strlen(text + i) + 1)
		if (strncmp(text + i, "container=", 10) == 0)
			return true;
	return false;
}

static int
host_prepare(struct probe_job *job, struct why *why)
{
	struct host_state *state = arena_alloc(job->arena, 1, sizeof(*state));
	struct timex clock = {0};
	cpu_set_t set;
	int r;

	(void)why;
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		state->cpus = CPU_COUNT(&set);
	r = adjtimex(&clock);
	state->has_clock = r >= 0;
	state->is_synced = r >= 0 && (clock.status & STA_UNSYNC) == 0;
	state->clock_error_s = (double)clock.maxerror / 1e6;
	state->is_container = is_container();
	job->state = state;
	return 0;
}

static const char *const *
host_roots(struct probe_job *job)
{
	static const char *const roots[] = {"/proc", "/sys/fs/cgroup", NULL};

	(void)job;
	return roots;
}

static bool
text_read(const char *path, char text[static HOST_TEXT_MAX])
{
	return proc_read(path, text, HOST_TEXT_MAX) > 0;
}

static bool
number_read(const char *path, double *ret)
{
	char text[HOST_TEXT_MAX];

	return text_read(path, text) && hoststat_number_parse(text, ret);
}

/* Limits of the root of our cgroups: set in a container, absent on a host. */
static double
cpus_limit(double cpus)
{
	char text[HOST_TEXT_MAX];
	double limit = 0, quota, period;

	if (text_read(CGROUP "cpu.max", text) &&
	    hoststat_cpu_max_parse(text, &limit))
		return limit < cpus ? limit : cpus;
	if (number_read(CGROUP "cpu/cpu.cfs_quota_us", &quota) && quota > 0 &&
	    number_read(CGROUP "cpu/cpu.cfs_period_us", &period) && period > 0)
		limit = quota / period;
	return limit > 0 && limit < cpus ? limit : cpus;
}

static void
load_collect(const struct host_state *state, struct fact_out *out)
{
	char text[HOST_TEXT_MAX];
	struct hoststat_load load;
	double cpus = state->cpus > 0 ? cpus_limit(state->cpus) : 0;

	if (cpus > 0)
		fact_out_number(out, "cpus", cpus);
	if (!text_read("/proc/loadavg", text) ||
	    !hoststat_load_parse(text, &load))
		return;
	fact_out_number(out, "load1", load.load1);
	fact_out_number(out, "load5", load.load5);
	fact_out_number(out, "load15", load.load15);
	if (cpus > 0)
		fact_out_number(out, "load_per_cpu", load.load5 / cpus);
}

/* The cgroup's own limit, where it is lower than the machine's memory. */
static void
memory_limit(struct hoststat_memory *memory)
{
	static const struct {
		const char *limit, *used, *stat, *cache;
	} kinds[] = {
	    {CGROUP "memory.max",                   CGROUP "memory.current", CGROUP "memory.stat",
             "inactive_file"	                                                                                    },
	    {CGROUP "memory/memory.limit_in_bytes",
             CGROUP "memory/memory.usage_in_bytes",
             CGROUP "memory/memory.stat",	                                                  "total_inactive_file"},
	};

	char text[HOST_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
		double limit, used, cache = 0, free;

		if (!number_read(kinds[i].limit, &limit) ||
		    !number_read(kinds[i].used, &used) ||
		    limit >= memory->total || limit <= 0)
			continue;
		if (text_read(kinds[i].stat, text))
			(void)hoststat_named_parse(
			    text, kinds[i].cache, &cache);
		memory->total = limit;
		free = limit - used + cache;
		if (free < memory->available)
			memory->available = free > 0 ? free : 0;
	}
}

static void
memory_collect(struct fact_out *out)
{
	char text[HOST_TEXT_MAX];
	struct hoststat_memory memory;
	double used, kills;

	if (text_read("/proc/meminfo", text) &&
	    hoststat_memory_parse(text, &memory)) {
		memory_limit(&memory);
		used = memory.swap_total - memory.swap_free;
		fact_out_number(out, "memory_total", memory.total);
		fact_out_number(out, "memory_available", memory.available);
		fact_out_number(out, "memory_available_share",
		    memory.available / memory.total);
		fact_out_number(out, "swap_total", memory.swap_total);
		fact_out_number(out, "swap_used", used);
		fact_out_number(out, "swap_used_share",
		    memory.swap_total > 0 ? used / memory.swap_total : 0);
	}
	if (text_read("/proc/vmstat", text) &&
	    hoststat_named_parse(text, "oom_kill", &kills))
		fact_out_number(out, "oom_kills", kills);
	else
		fact_out_unknown(
		    out, "oom_kills", "this kernel does not count them");
}

static void
pressure_collect(struct fact_out *out)
{
	static const struct {
		const char *column, *path;
	} kinds[] = {
	    {"pressure_cpu",    "/proc/pressure/cpu"   },
	    {"pressure_memory", "/proc/pressure/memory"},
	    {"pressure_io",     "/proc/pressure/io"    },
	};

	char text[HOST_TEXT_MAX];
	double share;

	for (size_t i = 0; i < ARRAY_COUNT(kinds); i++)
		if (text_read(kinds[i].path, text) &&
		    hoststat_pressure_parse(text, &share))
			fact_out_number(out, kinds[i].column, share);
		else
			fact_out_unknown(
			    out, kinds[i].column, "this kernel has no PSI");
}

static void
tables_collect(struct fact_out *out)
{
	char text[HOST_TEXT_MAX];
	double count, max;

	if (text_read("/proc/sys/fs/file-nr", text) &&
	    hoststat_files_parse(text, &count, &max)) {
		fact_out_number(out, "files_open", count);
		fact_out_number(out, "files_max", max);
		fact_out_number(out, "files_share", count / max);
	}
	if (number_read("/proc/sys/net/netfilter/nf_conntrack_count", &count) &&
	    number_read("/proc/sys/net/netfilter/nf_conntrack_max", &max) &&
	    max > 0) {
		fact_out_number(out, "conntrack_count", count);
		fact_out_number(out, "conntrack_max", max);
		fact_out_number(out, "conntrack_share", count / max);
		return;
	}
	if (access("/proc/sys/net/netfilter/nf_conntrack_max", F_OK) == 0)
		return;
	fact_out_number(out, "conntrack_count", 0);
	fact_out_unknown(out, "conntrack_max", "nothing is tracked here");
	fact_out_number(out, "conntrack_share", 0);
}

static void
host_collect(struct probe_job *job, struct fact_out *out)
{
	const struct host_state *state = job->state;
	struct timespec now;

	fact_out_row(out, "host", "");
	load_collect(state, out);
	memory_collect(out);
	pressure_collect(out);
	tables_collect(out);
	if (state->has_clock) {
		fact_out_bool(out, "clock_synced", state->is_synced);
		fact_out_number(out, "clock_error", state->clock_error_s);
	} else {
		fact_out_unknown(
		    out, "clock_synced", "the kernel does not tell here");
	}
	if (clock_gettime(CLOCK_BOOTTIME, &now) == 0)
		fact_out_number(out, "uptime", (double)now.tv_sec);
	fact_out_bool(out, "in_container", state->is_container);
	fact_out_table_end(out, "host");
}

static const char *const host_tables[] = {"host", NULL};

const struct probe probe_host = {
    .name = "host",
    .tables = host_tables,
    .deadline_ms = 2000,
    .roots = host_roots,
    .prepare = host_prepare,
    .collect = host_collect,
};
