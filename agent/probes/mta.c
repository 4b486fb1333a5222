/*
 * mta.c - the mail system: version, configuration, processes
 *
 * Purpose  one read-only probe; row PROBE(mta) in probe_table.def
 * Input    what mta_detect() found, /proc, the mail system's own check,
 *          systemd's answers
 * Yields   table mta, one row; kind "none" where there is no mail system;
 *          table setting
 * Unknown  each cell by itself; without root: a hidden pid file
 * Errors   none
 * Runs as  observer, with a connection to the bus
 * Cost     1 ms; 20 ms more when the configuration has changed since it was
 *          last found valid
 * Source   postfix(1), master(8), proc(5), org.freedesktop.systemd1(5)
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/mta/config_check.h"
#include "agent/mta/mta_unit.h"
#include "agent/probes/probe.h"
#include "agent/sys/package_lock.h"
#include "agent/sys/proc.h"

/* The descriptors of the job. */
enum { FD_CHECK };

/* More server processes than any mail host has. */
#define SERVERS_MAX 4096U

static const char *const mta_tables[] = {"mta", "setting", NULL};

struct mta_state {
	pid_t pid;
	struct why pid_why, lock_why, bus_why, check_why;
	double age_s;
	double used, share;
	double memory; /* of the largest server process; 0: none runs */
	int lock;
	struct bus *bus;
};

/* The service that a server process works for: "-n NAME" on its command line */
static const char *
service_of(pid_t pid, char *text, size_t size)
{
	char path[64];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	n = proc_read(path, text, size);
	for (ssize_t i = 0; i < n; i += (ssize_t)strlen(text + i) + 1)
		if (strcmp(text + i, "-n") == 0 && i + 3 < n)
			return text + i + 3;
	return "smtp";
}

/*
 * What it does not share with the others: all but the pages of files, which
 * are there once. smaps_rollup tells the same and needs more rights.
 */
static void
memory_count(struct mta_state *state, pid_t pid)
{
	char path[64], text[128];
	double pages;
	long all, resident, shared;

	(void)snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	if (proc_read(path, text, sizeof(text)) < 0 ||
	    sscanf(text, "%ld %ld %ld", &all, &resident, &shared) != 3 ||
	    resident < shared)
		return;
	pages = (double)(resident - shared);
	if (pages * (double)sysconf(_SC_PAGESIZE) > state->memory)
		state->memory = pages * (double)sysconf(_SC_PAGESIZE);
}

static bool
is_server(const struct mta_service *service, const char *name)
{
	return strcmp(service->program, "smtpd") == 0 &&
	       (name == NULL || strcmp(service->name, name) == 0);
}

/*
 * Every service has a limit of its own, behind postscreen(8) too; the fullest
 * one is what counts.
 */
static void
servers_count(struct mta_state *state, const struct mta *mta)
{
	AUTO_FREE pid_t *pids = mem_alloc(SERVERS_MAX, sizeof(*pids));
	AUTO_FREE double *used =
	    mem_alloc(mta->service_count + 1, sizeof(*used));
	ssize_t count = proc_children(state->pid, pids, SERVERS_MAX);

	for (ssize_t i = 0; i < count; i++) {
		char comm[PROC_COMM_MAX], text[512];
		const char *service;

		if (proc_comm(pids[i], comm) < 0 || strcmp(comm, "smtpd") != 0)
			continue;
		service = service_of(pids[i], text, sizeof(text));
		state->used++;
		memory_count(state, pids[i]);
		for (size_t j = 0; j < mta->service_count; j++)
			used[j] += is_server(&mta->services[j], service);
	}
	for (size_t j = 0; j < mta->service_count; j++) {
		double limit = mta->services[j].process_limit;

		if (is_server(&mta->services[j], NULL) && limit > 0 &&
		    used[j] / limit > state->share)
			state->share = used[j] / limit;
	}
}

static int
mta_prepare(struct probe_job *job, struct why *why)
{
	struct mta_state *state = arena_alloc(job->arena, 1, sizeof(*state));
	const struct mta *mta = job->mta;

	(void)why;
	job->state = state;
	state->lock = package_lock_held(&state->lock_why);
	if (mta == NULL || mta->ops == NULL)
		return 0;
	if (mta->ops->master_pid(mta, &state->pid, &state->pid_why) == 0 &&
	    state->pid > 0) {
		(void)proc_age_s(state->pid, &state->age_s);
		servers_count(state, mta);
	}
	if (mta->is_cached && mta->services_error == NULL)
		return 0;
	(void)config_check_start(
	    mta, &job->helpers[0], &job->fds[FD_CHECK], &state->check_why);
	return 0;
}

static int
mta_enter(struct probe_job *job, struct why *why)
{
	struct mta_state *state = job->state;

	(void)why;
	if (job->mta == NULL || job->mta->ops == NULL)
		return 0;
	(void)bus_open(&state->bus, &state->bus_why);
	return 0;
}

static void
process_out(const struct probe_job *job, struct fact_out *out)
{
	const struct mta_state *state = job->state;
	const struct mta *mta = job->mta;

	if (state->pid_why.code != 0) {
		fact_out_unknown(out, "running", "%s", state->pid_why.text);
		return;
	}
	fact_out_bool(out, "running", state->pid > 0);
	if (state->memory > 0)
		fact_out_number(out, "process_memory", state->memory);
	else
		fact_out_unknown(
		    out, "process_memory", "no smtpd runs at the moment");
	fact_out_number(out, "process_used", state->used);
	if (mta->has_settings)
		fact_out_number(out, "process_share", state->share);
	if (state->pid > 0) {
		fact_out_number(out, "pid", state->pid);
		fact_out_number(out, "uptime", state->age_s);
		return;
	}
	fact_out_unknown(out, "pid", "it does not run");
	fact_out_unknown(out, "uptime", "it does not run");
}

static void
settings_out(const struct mta *mta, struct fact_out *out)
{
	static const char *const columns[] = {"process_limit", "process_share",
	    "message_size_limit", "queue_minfree", "client_connections",
	    "client_rate", "milter_action"};
	size_t others = 0;

	if (mta->version != NULL)
		fact_out_text(out, "version", mta->version);
	fact_out_text(out, "config_directory", mta->config_dir);
	fact_out_text(out, "queue_directory", mta->queue_dir);
	while (mta->instances[others] != NULL)
		others++;
	fact_out_number(out, "other_instances", (double)others);
	for (size_t i = 0; !mta->has_settings && i < ARRAY_COUNT(columns); i++)
		fact_out_unknown(out, columns[i], "%s", mta->settings_error);
	if (!mta->has_settings)
		return;
	fact_out_number(out, "process_limit", mta->process_limit);
	fact_out_number(out, "message_size_limit", mta->message_size_limit);
	fact_out_number(out, "queue_minfree", mta->queue_minfree);
	fact_out_number(out, "client_connections", mta->clients.connections);
	fact_out_number(out, "client_rate", mta->clients.rate);
	if (mta->milter_action != NULL)
		fact_out_text(out, "milter_action", mta->milter_action);
}

static void
check_out(const struct probe_job *job, struct fact_out *out)
{
	struct mta_state *state = job->state;
	struct config_check check = {.is_valid = true};
	int code = 0;

	if (job->fds[FD_CHECK] >= 0)
		code = config_check_read(
		    job->fds[FD_CHECK], &check, &state->check_why);
	else if (state->check_why.code != 0)
		code = state->check_why.code;
	if (code < 0) {
		fact_out_unknown(
		    out, "config_valid", "%s", state->check_why.text);
		fact_out_unknown(
		    out, "config_error", "%s", state->check_why.text);
		return;
	}
	fact_out_bool(out, "config_valid", check.is_valid);
	fact_out_text(out, "config_error", check.text);
}

static void
unit_out(const struct probe_job *job, struct fact_out *out)
{
	struct mta_state *state = job->state;
	struct bus_unit unit;
	struct why why = {0};

	if (state->bus == NULL)
		fact_out_unknown(out, "unit", "%s", state->bus_why.text);
	else if (mta_unit_find(state->bus, job->arena, job->mta, state->pid,
	             &unit, &why) < 0)
		fact_out_unknown(out, "unit", "%s", why.text);
	else
		fact_out_text(out, "unit", unit.name);
}

static void
lock_out(const struct mta_state *state, struct fact_out *out)
{
	if (state->lock < 0)
		fact_out_unknown(
		    out, "maintenance", "%s", state->lock_why.text);
	else
		fact_out_bool(out, "maintenance", state->lock > 0);
}

static void
nothing_out(struct fact_out *out)
{
	const struct table *schema = schema_table_find("mta", NULL);

	for (size_t i = 0; i < schema->column_count; i++) {
		const char *name = schema->columns[i].name;

		if (strcmp(name, "kind") != 0 &&
		    strcmp(name, "maintenance") != 0)
			fact_out_unknown(
			    out, name, "there is no mail system here");
	}
}

static void
advice_out(const struct mta *mta, struct fact_out *out)
{
	if (mta->ops != NULL && !mta->has_settings) {
		fact_out_table_unknown(
		    out, "setting", "%s", mta->settings_error);
		return;
	}
	for (size_t i = 0; i < mta->advice_count; i++) {
		const struct mta_advice *advice = &mta->advice[i];

		fact_out_row(out, "setting", advice->setting);
		fact_out_text(out, "value", advice->value);
		fact_out_text(out, "place", advice->place);
		fact_out_text(out, "problem", advice->problem);
		fact_out_text(out, "effect", advice->effect);
		fact_out_text(out, "does", advice->does);
		fact_out_text(out, "instead", advice->instead);
	}
	fact_out_table_end(out, "setting");
}

static void
mta_collect(struct probe_job *job, struct fact_out *out)
{
	struct mta_state *state = job->state;

	if (job->mta == NULL || job->mta_error != NULL) {
		for (size_t i = 0; mta_tables[i] != NULL; i++)
			fact_out_table_unknown(out, mta_tables[i], "%s",
			    job->mta_error != NULL ? job->mta_error
			                           : "not looked for");
		return;
	}
	fact_out_row(out, "mta", "");
	fact_out_text(out, "kind", job->mta->kind);
	lock_out(state, out);
	if (job->mta->ops != NULL) {
		settings_out(job->mta, out);
		process_out(job, out);
		unit_out(job, out);
		check_out(job, out);
	} else {
		nothing_out(out);
	}
	fact_out_table_end(out, "mta");
	advice_out(job->mta, out);
	state->bus = bus_free(state->bus);
}

const struct probe probe_mta = {
    .name = "mta",
    .tables = mta_tables,
    .needs = PROBE_NEEDS_UNIX,
    .deadline_ms = 20000,
    .prepare = mta_prepare,
    .enter = mta_enter,
    .collect = mta_collect,
};
