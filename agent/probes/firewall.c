/*
 * firewall.c - what the rule set does with new connections to the ports of mail
 *
 * Purpose  one read-only probe; row PROBE(firewall) in probe_table.def
 * Input    netlink messages of the kernel; names and comments of rules, which
 *          containers and programs of others may have chosen
 * Yields   table firewall, a row for each port that table port has
 * Unknown  all of it without root; a verdict that hangs on what is not
 *          understood
 * Errors   none
 * Runs as  opened in the actor, which alone may ask for rules; read, evaluated
 *          and told by the observer
 * Cost     under 3 ms with an ordinary host's rules; 20,000 rules 300 ms
 * Source   agent/firewall/survey.h, agent/sys/nft_load.h
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/probes/firewall_read.h"
#include "agent/probes/firewall_tell.h"
#include "agent/probes/probe.h"
#include "agent/probes/wanted_ports.h"

/* 100,000 rules in one chain take the kernel 14 s. */
#define DEADLINE_MS 20000

struct firewall_state {
	struct firewall_link link;
	unsigned ports[WANTED_PORTS_MAX];
	size_t count;
};

/* What collect hands to its reading. */
struct firewall_look {
	const struct probe_job *job;
	struct fact_out *out;
};

static int
firewall_prepare(struct probe_job *job, struct why *why)
{
	struct firewall_state *state =
	    arena_alloc(job->arena, 1, sizeof(*state));
	int r;

	job->state = state;
	state->count = wanted_ports(job->config, job->mta, state->ports);
	if (!job->is_root)
		return why_set(why, -EPERM, "the rule set needs root");
	r = firewall_link_open(&state->link, why);
	if (r < 0)
		return r;
	firewall_link_fds(&state->link, job->fds);
	job->helpers[0] = state->link.nft.helper;
	return 0;
}

static int
port_survey(const struct probe_job *job, struct arena *arena,
    const struct nf_ruleset *ruleset, const struct net *net,
    struct firewall_port *port, struct why *why)
{
	struct nf_survey_query query = {
	    .direction = NF_IN, .port = port->number, .is_brief = true};
	int r = nf_survey(arena, ruleset, net, &query, &port->in, why);

	if (r < 0)
		return r;
	query.direction = NF_OUT;
	query.is_user_known = job->mta != NULL && job->mta->owner != NULL;
	if (query.is_user_known) {
		query.uid = job->mta->owner_uid;
		query.gid = job->mta->owner_gid;
	}
	return nf_survey(arena, ruleset, net, &query, &port->out, why);
}

/* Nothing is told before all is known: it may have to be read again. */
static int
firewall_look(void *user, struct arena *arena, struct nf_ruleset *ruleset,
    const struct net *net, struct why *why)
{
	const struct firewall_look *look = user;
	const struct firewall_state *state = look->job->state;
	struct firewall_port ports[WANTED_PORTS_MAX] = {0};

	for (size_t i = 0; i < state->count; i++) {
		int r;

		ports[i].number = (uint16_t)state->ports[i];
		r = port_survey(look->job, arena, ruleset, net, &ports[i], why);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < state->count; i++) {
		char key[16];

		(void)snprintf(key, sizeof(key), "%u", state->ports[i]);
		fact_out_row(look->out, "firewall", key);
		firewall_tell(ruleset, net, &ports[i], look->out);
	}
	return 0;
}

static void
firewall_collect(struct probe_job *job, struct fact_out *out)
{
	struct firewall_state *state = job->state;
	struct firewall_look look = {job, out};
	struct why why = {0};

	/* the sandbox may have moved them */
	firewall_link_set_fds(&state->link, job->fds);
	if (firewall_read(&state->link, firewall_look, &look, &why) < 0)
		fact_out_table_unknown(out, "firewall", "%s", why.text);
	else
		fact_out_table_end(out, "firewall");
}

static const char *const firewall_tables[] = {"firewall", NULL};

const struct probe probe_firewall = {
    .name = "firewall",
    .tables = firewall_tables,
    .needs = PROBE_NEEDS_NETLINK,
    .root_for = "what the firewall does",
    .deadline_ms = DEADLINE_MS,
    .prepare = firewall_prepare,
    .collect = firewall_collect,
};
