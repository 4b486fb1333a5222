/*
 * port.c - the ports of mail, and who listens
 *
 * Purpose  one read-only probe; row PROBE(port) in probe_table.def
 * Input    the kernel's list of listening sockets; names of processes, which
 *          anybody chooses
 * Yields   table port, a row for each port that the mail system's configuration
 *          or mailfix.conf wants, and for 25, 465, 587 where something listens
 * Unknown  all of it without sock_diag; the process without root
 * Errors   none
 * Runs as  the kernel is asked in the actor, which alone may look into the
 *          descriptors of other processes; told by the observer
 * Cost     under 1 ms when the mail system itself has the sockets; else a look
 *          at the descriptors of all processes
 * Source   sock_diag(7), proc(5), RFC 6409 and RFC 8314 for the ports
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/probes/probe.h"
#include "agent/probes/wanted_ports.h"
#include "agent/sys/proc.h"
#include "agent/sys/sockdiag.h"
#include "agent/sys/socket_owner.h"

static const unsigned mail_ports[] = {25, 465, 587};

struct port {
	unsigned number;
	bool is_wanted;
	bool is_wanted_all;         /* on all interfaces */
	const char *service;        /* as master.cf calls it; NULL */
	bool is_v4, is_v6, is_open; /* is_open: beyond loopback */
	uint64_t inode;             /* of the socket that counts; 0: none */
	pid_t pid;
	char process[PROC_COMM_MAX];
	char unit[256];
	bool is_by_mta;
};

struct port_state {
	struct port ports[WANTED_PORTS_MAX];
	size_t count;
	struct why why;
	bool is_denied; /* processes of others could not be asked */
};

static struct port *
port_get(struct port_state *state, unsigned number)
{
	for (size_t i = 0; i < state->count; i++)
		if (state->ports[i].number == number)
			return &state->ports[i];
	if (state->count == WANTED_PORTS_MAX)
		return NULL;
	state->ports[state->count] = (struct port){.number = number};
	return &state->ports[state->count++];
}

static void
wanted_add(const struct probe_job *job, struct port_state *state)
{
	unsigned ports[WANTED_PORTS_MAX];
	size_t count = config_ports(job->config, ports);

	for (size_t i = 0; i < job->mta->listener_count; i++) {
		const struct mta_listener *listener = &job->mta->listeners[i];
		struct port *port = port_get(state, listener->port);

		if (port == NULL)
			continue;
		port->service = listener->service;
		port->is_wanted |= count == 0;
		port->is_wanted_all |= listener->address == NULL;
	}
	for (size_t i = 0; i < count; i++) {
		struct port *port = port_get(state, ports[i]);

		if (port != NULL)
			port->is_wanted = true;
	}
}

static bool
is_mail_port(unsigned number)
{
	for (size_t i = 0; i < ARRAY_COUNT(mail_ports); i++)
		if (mail_ports[i] == number)
			return true;
	return false;
}

static void
listener_note(struct port_state *state, const struct sockdiag_listener *from)
{
	struct port *port = NULL;

	for (size_t i = 0; i < state->count; i++)
		if (state->ports[i].number == from->port)
			port = &state->ports[i];
	if (port == NULL && is_mail_port(from->port))
		port = port_get(state, from->port);
	if (port == NULL)
		return;
	port->is_v6 |= from->is_v6;
	port->is_v4 |= !from->is_v6 || (from->is_any && !from->is_v6_only);
	/* who serves the world counts more than who serves this host */
	if (port->inode == 0 || (!port->is_open && !from->is_loopback))
		port->inode = from->inode;
	port->is_open |= !from->is_loopback;
}

static void
owner_note(struct port *port, pid_t pid, pid_t master)
{
	struct proc_stat stat;

	port->pid = pid;
	if (proc_comm(pid, port->process) < 0)
		port->process[0] = '\0';
	if (socket_owner_unit(pid, port->unit, sizeof(port->unit)) < 0)
		port->unit[0] = '\0';
	port->is_by_mta =
	    master > 0 && (pid == master || (proc_stat(pid, &stat) == 0 &&
	                                        stat.parent == master));
}

static void
owners_find(const struct probe_job *job, struct port_state *state)
{
	uint64_t inodes[WANTED_PORTS_MAX];
	pid_t pids[WANTED_PORTS_MAX], master = 0;
	size_t of[WANTED_PORTS_MAX], count = 0;

	for (size_t i = 0; i < state->count; i++)
		if (state->ports[i].inode != 0) {
			of[count] = i;
			inodes[count++] = state->ports[i].inode;
		}
	if (count == 0)
		return;
	if (job->mta->ops != NULL)
		(void)job->mta->ops->master_pid(job->mta, &master, NULL);
	state->is_denied = socket_owners_find(inodes, pids, count, &master,
	                       master > 0 ? 1 : 0) < 0;
	for (size_t i = 0; i < count; i++)
		if (pids[i] > 0)
			owner_note(&state->ports[of[i]], pids[i], master);
}

static int
port_prepare(struct probe_job *job, struct why *why)
{
	struct port_state *state = arena_alloc(job->arena, 1, sizeof(*state));
	struct sockdiag_listener *listeners;
	size_t count;

	(void)why;
	job->state = state;
	if (job->mta == NULL)
		return 0;
	wanted_add(job, state);
	if (sockdiag_tcp_listeners(
	        job->arena, &listeners, &count, &state->why) < 0)
		return 0;
	for (size_t i = 0; i < count; i++)
		listener_note(state, &listeners[i]);
	owners_find(job, state);
	return 0;
}

static void
owner_out(const struct port_state *state, const struct port *port,
    struct fact_out *out)
{
	static const char *const columns[] = {
	    "process", "pid", "unit", "by_mta"};
	const char *reason = port->inode == 0   ? "nothing listens"
	                     : state->is_denied ? "needs root"
	                                        : "no process was found";

	for (size_t i = 0; port->pid == 0 && i < ARRAY_COUNT(columns); i++)
		fact_out_unknown(out, columns[i], "%s", reason);
	if (port->pid == 0)
		return;
	fact_out_text(out, "process", port->process);
	fact_out_number(out, "pid", port->pid);
	if (port->unit[0] != '\0')
		fact_out_text(out, "unit", port->unit);
	else
		fact_out_unknown(out, "unit", "it belongs to no unit");
	fact_out_bool(out, "by_mta", port->is_by_mta);
}

static void
port_out(
    const struct probe_job *job, const struct port *port, struct fact_out *out)
{
	const struct port_state *state = job->state;
	char key[16];

	(void)snprintf(key, sizeof(key), "%u", port->number);
	fact_out_row(out, "port", key);
	if (job->mta->services_error != NULL && !port->is_wanted)
		fact_out_unknown(out, "wanted", "%s", job->mta->services_error);
	else
		fact_out_bool(out, "wanted", port->is_wanted);
	if (job->mta->services_error != NULL)
		fact_out_unknown(
		    out, "wanted_all", "%s", job->mta->services_error);
	else
		fact_out_bool(out, "wanted_all", port->is_wanted_all);
	fact_out_text(
	    out, "service", port->service != NULL ? port->service : "");
	fact_out_bool(out, "listening", port->inode != 0);
	fact_out_bool(out, "listening_v4", port->is_v4);
	fact_out_bool(out, "listening_v6", port->is_v6);
	fact_out_bool(out, "local_only", port->inode != 0 && !port->is_open);
	owner_out(state, port, out);
}

static void
port_collect(struct probe_job *job, struct fact_out *out)
{
	const struct port_state *state = job->state;

	if (job->mta == NULL || job->mta_error != NULL) {
		fact_out_table_unknown(out, "port", "%s",
		    job->mta_error != NULL ? job->mta_error : "not looked for");
		return;
	}
	if (state->why.code != 0) {
		fact_out_table_unknown(out, "port", "%s", state->why.text);
		return;
	}
	for (size_t i = 0; i < state->count; i++)
		port_out(job, &state->ports[i], out);
	fact_out_table_end(out, "port");
}

static const char *const port_tables[] = {"port", NULL};

const struct probe probe_port = {
    .name = "port",
    .tables = port_tables,
    .root_for = "which process listens",
    .deadline_ms = 3000,
    .prepare = port_prepare,
    .collect = port_collect,
};
