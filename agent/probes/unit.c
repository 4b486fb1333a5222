/*
 * unit.c - the services that mail needs
 *
 * Purpose  one read-only probe; row PROBE(unit) in probe_table.def
 * Input    systemd's answers; the mail system's configuration; who listens
 * Yields   table unit, a row for each: the mail system's own, its milters,
 *          filters and authentication, a resolver on this host, and the units
 *          that mailfix.conf names
 * Unknown  all of it without D-Bus or without systemd
 * Errors   none
 * Runs as  observer, with a connection to the bus
 * Cost     two questions a unit, 0.2 ms each
 * Source   org.freedesktop.systemd1(5), systemd.unit(5), resolv.conf(5)
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/mta/mta_unit.h"
#include "agent/probes/probe.h"
#include "agent/probes/unit_names.h"
#include "agent/sys/proc.h"
#include "agent/sys/sockdiag.h"
#include "agent/sys/socket_owner.h"

/* As many as the table may have rows. */
#define UNITS_MAX 64U

/* Longest resolv.conf that is looked through. */
#define RESOLV_BYTES_MAX 8192U

/* One unit to ask for: by a process, or by names that it may have. */
struct unit_wish {
	const char *role;
	pid_t pid;
	const char *const
	    *names;    /* NULL-ended; the first installed one counts */
	bool is_named; /* by the admin: told even when not there */
};

struct unit_state {
	pid_t mta_pid;
	struct why mta_why, bus_why;
	struct unit_wish wishes[UNITS_MAX];
	size_t count;
	struct bus *bus;
	const char *told[UNITS_MAX];
	size_t told_count;
};

static void
wish_add(struct unit_state *state, struct unit_wish wish)
{
	if (state->count < UNITS_MAX)
		state->wishes[state->count++] = wish;
}

static const char *const peer_roles[] = {
    [MTA_PEER_MILTER] = "milter",
    [MTA_PEER_AUTH] = "auth",
    [MTA_PEER_FILTER] = "filter",
};

/* The processes behind the sockets that the configuration names. */
static void
peers_add(struct probe_job *job, struct unit_state *state)
{
	const struct mta *mta = job->mta;
	struct sockdiag_listener *listeners = NULL;
	uint64_t *inodes;
	pid_t *pids;
	size_t count = 0, inode_count = 0;

	if (mta->peer_count == 0)
		return;
	inodes = arena_alloc(job->arena, mta->peer_count, sizeof(*inodes));
	pids = arena_alloc(job->arena, mta->peer_count, sizeof(*pids));
	/* without it the names of units have to do */
	(void)sockdiag_tcp_listeners(job->arena, &listeners, &count, NULL);
	for (size_t i = 0; i < mta->peer_count; i++)
		if (mta_peer_socket(
		        mta, &mta->peers[i], listeners, count, &inodes[i]) > 0)
			inode_count++;
	if (inode_count != 0)
		(void)socket_owners_find(
		    inodes, pids, mta->peer_count, NULL, 0);
	for (size_t i = 0; i < mta->peer_count; i++)
		wish_add(state,
		    (struct unit_wish){.role = peer_roles[mta->peers[i].role],
		        .pid = inodes[i] != 0 ? pids[i] : 0,
		        .names = mta_peer_units(&mta->peers[i])});
}

static void
named_add(struct probe_job *job, struct unit_state *state)
{
	const char *const *all = unit_names_configured(job->arena, job->config);

	for (; *all != NULL; all++) {
		const char **names = arena_alloc(job->arena, 2, sizeof(*names));

		names[0] = *all;
		wish_add(state,
		    (struct unit_wish){
		        .role = "other", .names = names, .is_named = true});
	}
}

/* A resolver on this host: when /etc/resolv.conf asks one. */
static void
resolver_add(struct unit_state *state)
{
	static const char *const stub[] = {"systemd-resolved.service", NULL};
	/* behind the stub's own name */
	const char *const *others = unit_resolver_names + 1;
	char text[RESOLV_BYTES_MAX];
	char *at = text, *line;

	if (proc_read("/etc/resolv.conf", text, sizeof(text)) < 0)
		return;
	while ((line = strsep(&at, "\n")) != NULL) {
		if (!text_starts(line, "nameserver"))
			continue;
		line += strlen("nameserver");
		while (isspace((unsigned char)*line))
			line++;
		if (!text_starts(line, "127.") && !text_starts(line, "::1"))
			continue;
		wish_add(state,
		    (struct unit_wish){.role = "resolver",
		        .names =
		            text_starts(line, "127.0.0.53") ? stub : others});
		return;
	}
}

static int
unit_prepare(struct probe_job *job, struct why *why)
{
	struct unit_state *state = arena_alloc(job->arena, 1, sizeof(*state));
	const struct mta *mta = job->mta;

	(void)why;
	job->state = state;
	if (mta != NULL && mta->ops != NULL) {
		(void)mta->ops->master_pid(
		    mta, &state->mta_pid, &state->mta_why);
		peers_add(job, state);
		resolver_add(state);
	}
	named_add(job, state);
	return 0;
}

static int
unit_enter(struct probe_job *job, struct why *why)
{
	struct unit_state *state = job->state;

	(void)why;
	(void)bus_open(&state->bus, &state->bus_why);
	return 0;
}

/* systemd of a later version may know states that the schema does not. */
static void
enum_out(struct fact_out *out, const char *column, const char *value)
{
	const struct table *schema = schema_table_find("unit", NULL);
	int index = schema_column_find(schema, column);
	const char *const *names = schema->columns[index].names;

	for (; *names != NULL; names++)
		if (strcmp(*names, value) == 0) {
			fact_out_text(out, column, value);
			return;
		}
	fact_out_unknown(out, column, "systemd says \"%s\"", value);
}

static void
running_out(const struct unit_state *state, const struct bus_unit *unit,
    bool is_mta, struct fact_out *out)
{
	/* the unit may well be active without its main process */
	if (is_mta && state->mta_why.code != 0)
		fact_out_unknown(out, "running", "%s", state->mta_why.text);
	else if (is_mta)
		fact_out_bool(out, "running", state->mta_pid > 0);
	else
		fact_out_bool(out, "running",
		    unit->main_pid != 0 ||
		        (strcmp(unit->active, "active") == 0 &&
		            strcmp(unit->sub, "running") == 0));
}

/* Debian's postfix@-.service goes on and off with postfix.service. */
static const char *
switch_of(const struct bus_unit *unit)
{
	for (size_t i = 0; unit->part_of[i] != NULL; i++)
		if (text_ends(unit->part_of[i], ".service"))
			return unit->part_of[i];
	return unit->name;
}

static void
unit_out(struct probe_job *job, const char *role, const struct bus_unit *unit,
    struct fact_out *out)
{
	const struct unit_state *state = job->state;
	struct timespec now = {0};
	bool is_masked = false;
	bool is_pulled =
	    mta_unit_is_pulled(state->bus, job->arena, unit, &is_masked);
	double since;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	since = (double)now.tv_sec - (double)unit->since_us / 1e6;
	fact_out_row(out, "unit", unit->name);
	fact_out_text(out, "role", role);
	enum_out(out, "load", is_masked ? "masked" : unit->load);
	enum_out(out, "active", unit->active);
	fact_out_text(out, "sub", unit->sub);
	if (unit->result[0] != '\0')
		fact_out_text(out, "result", unit->result);
	else
		fact_out_unknown(out, "result", "systemd does not tell it");
	fact_out_number(out, "restarts", unit->restarts);
	if (unit->since_us != 0)
		fact_out_number(out, "since", since > 0 ? since : 0);
	else
		fact_out_unknown(out, "since", "it was never started");
	fact_out_bool(out, "enabled", is_pulled);
	running_out(state, unit, strcmp(role, "mta") == 0, out);
	fact_out_bool(
	    out, "wanted", is_pulled && strcmp(unit->load, "loaded") == 0);
	fact_out_bool(out, "busy", unit->job != 0);
	fact_out_text(out, "switch", switch_of(unit));
	fact_out_text(out, "description", unit->description);
}

/* Not the same unit twice: a milter may serve two settings. */
static bool
is_told(struct unit_state *state, const char *name)
{
	for (size_t i = 0; i < state->told_count; i++)
		if (strcmp(state->told[i], name) == 0)
			return true;
	if (state->told_count == UNITS_MAX)
		return true;
	state->told[state->told_count++] = name;
	return false;
}

/* The unit of the process; else the first installed one of the names. */
static int
wish_find(struct probe_job *job, const struct unit_wish *wish,
    struct bus_unit *ret, struct why *why)
{
	struct unit_state *state = job->state;
	const char *name = NULL;
	int code;

	if (wish->pid > 0 &&
	    bus_unit_of_pid(state->bus, job->arena, wish->pid, &name, why) ==
	        0 &&
	    text_ends(name, ".service"))
		return bus_unit_read(state->bus, job->arena, name, ret, why);
	for (size_t i = 0; wish->names != NULL && wish->names[i] != NULL; i++) {
		code = bus_unit_read(
		    state->bus, job->arena, wish->names[i], ret, why);
		if (code < 0)
			return code;
		if (wish->is_named || strcmp(ret->load, "not-found") != 0)
			return 0;
	}
	return 1;
}

static void
unit_collect(struct probe_job *job, struct fact_out *out)
{
	struct unit_state *state = job->state;
	struct bus_unit unit;
	struct why why = {0};
	int code = 0;

	if (state->bus == NULL) {
		fact_out_table_unknown(out, "unit", "%s", state->bus_why.text);
		return;
	}
	if (job->mta != NULL && job->mta->ops != NULL) {
		code = mta_unit_find(state->bus, job->arena, job->mta,
		    state->mta_pid, &unit, &why);
		if (code == 0 && !is_told(state, unit.name))
			unit_out(job, "mta", &unit, out);
		else if (code == -ENOENT)
			code = 0;
	}
	for (size_t i = 0; i < state->count && code >= 0; i++) {
		code = wish_find(job, &state->wishes[i], &unit, &why);
		if (code == 0 && !is_told(state, unit.name))
			unit_out(job, state->wishes[i].role, &unit, out);
	}
	if (code < 0)
		fact_out_table_unknown(out, "unit", "%s", why.text);
	else
		fact_out_table_end(out, "unit");
	state->bus = bus_free(state->bus);
}

static const char *const unit_tables[] = {"unit", NULL};

const struct probe probe_unit = {
    .name = "unit",
    .tables = unit_tables,
    .needs = PROBE_NEEDS_UNIX,
    .root_for = "which process serves a milter or filter",
    .deadline_ms = 8000,
    .prepare = unit_prepare,
    .enter = unit_enter,
    .collect = unit_collect,
};
