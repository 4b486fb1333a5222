/*
 * egress.c - can this host reach the mail servers of the world?
 *
 * Purpose  one probe; row PROBE(egress) in probe_table.def; fills egress: is
 *          the port of mail open, blocked by a rule of this host, or blocked on
 *          the way (many clouds and lines for homes do)
 * Input    facts of the same look; replies of name servers: hostile
 * Errors   without the log the table is unknown; without root nobody is asked
 * Runs as  observer, with sockets of the internet and no file. The sockets for
 *          connections are made in prepare as the mail system's own user: a
 *          rule of this host may treat users differently
 * Cost     nothing is asked where the log tells, that is as a rule; else two
 *          round trips to the name server and at most 4 s, once in 15 min: at
 *          most three servers of each family, a connection, not a byte
 * Source   SPEC section 4: egress
 */
#include <sys/socket.h>

#include "agent/base/clock.h"
#include "agent/probes/egress_part.h"

#define RESOLV_CONF "/etc/resolv.conf"

/* SYNs are sent at 0, 1 and 3 s (tcp(7), RFC 6298): one may be lost. */
#define CONNECT_MS 4000

/* Twice 1.5 s for name servers, and the connections. */
#define DEADLINE_MS 12000

/*
 * Who is blocked stays so for hours. As long as the log's window: then either
 * mail has gone out again, or it is asked once more.
 */
#define AGAIN_S 900

/* What was blocked and is open now: the answers from before count no more. */
#define AGAIN_CHANGED_S 60

_Static_assert(EGRESS_SERVERS *PROBE_FAMILIES <= PROBE_FDS_MAX, "all fit");

struct egress_look {
	struct dns_servers servers;
	struct why servers_why; /* why there are none */
};

static const char *const egress_tables[] = {"egress", NULL};

/* In job->fds: three of each family, one after the other. */
static size_t
slot_of(enum probe_family family)
{
	return (size_t)family * EGRESS_SERVERS;
}

static int
egress_prepare(struct probe_job *job, struct why *why)
{
	static const int families[PROBE_FAMILIES] = {AF_INET, AF_INET6};

	(void)why;
	/* a family that the kernel does not have has no sockets */
	for (size_t at = 0;
	     job->is_root && job->mta->ops != NULL && at < PROBE_FAMILIES; at++)
		for (size_t i = 0; i < EGRESS_SERVERS; i++) {
			const int fd = reach_socket(families[at],
			    job->mta->owner_uid, job->mta->owner_gid);

			job->fds[slot_of((enum probe_family)at) + i] =
			    fd < 0 ? -1 : fd;
		}
	return 0;
}

static int
egress_enter(struct probe_job *job, struct why *why)
{
	struct egress_look *look = arena_alloc(job->arena, 1, sizeof(*look));

	(void)why;
	job->state = look;
	if (dns_open(&look->servers_why) == 0)
		(void)dns_servers_find(job->config->resolver, RESOLV_CONF,
		    &look->servers, &look->servers_why);
	return 0;
}

static bool
has_socket(const struct probe_job *job)
{
	for (size_t i = 0; i < EGRESS_SERVERS * PROBE_FAMILIES; i++)
		if (job->fds[i] >= 0)
			return true;
	return false;
}

/* ask - as the mail system would, whom mail waits for */
static void
ask(struct probe_job *job, const struct egress *egress, int64_t now_s,
    struct probe_asked *ret, const char **ret_reason)
{
	struct egress_look *look = job->state;
	struct reach all[EGRESS_SERVERS * PROBE_FAMILIES];
	size_t used[PROBE_FAMILIES] = {0}, count;

	if (!has_socket(job)) {
		*ret_reason = "only root can ask as the mail system does";
		return;
	}
	if (look->servers.count == 0) {
		*ret_reason = look->servers_why.text;
		return;
	}
	*ret = (struct probe_asked){.outside = egress->is_outside ? 1 : 0};
	count = egress_pick(
	    egress, dns_ask, &look->servers, job->arena, all, ret, ret_reason);
	for (size_t i = 0; i < count; i++) {
		const enum probe_family at =
		    all[i].family == AF_INET ? PROBE_V4 : PROBE_V6;

		all[i].fd = job->fds[slot_of(at) + used[at]++];
	}
	if (count == 0)
		return;
	reach_try(all, count, CONNECT_MS);
	egress_count(all, count, ret);
	ret->at_s = now_s;
	ret->port = egress->port;
	*ret_reason = "this host has no way there";
}

/*
 * remembered - the last answers, as long as they hold
 * ret_may_ask  long enough ago to ask again
 */
static void
remembered(const struct probe_job *job, const struct egress *egress,
    int64_t now_s, struct probe_asked *ret, bool *ret_may_ask)
{
	const struct probe_asked *last = job->egress;
	bool is_changed;

	*ret_may_ask = true;
	if (last == NULL || last->at_s == 0 || last->port != egress->port)
		return;
	is_changed = egress_is_changed(egress, last);
	*ret_may_ask =
	    now_s - last->at_s >= (is_changed ? AGAIN_CHANGED_S : AGAIN_S);
	if (!*ret_may_ask && !is_changed)
		*ret = *last;
}

static void
egress_collect(struct probe_job *job, struct fact_out *out)
{
	const int64_t now_s = clock_now_s();
	struct probe_asked asked = {0};
	const char *reason = "the log tells, or nothing was to be sent";
	struct egress egress;
	struct why why = {0};
	bool may_ask;

	if (!egress_gather(job->facts, job->mta, job->arena, &egress, &why)) {
		fact_out_table_unknown(out, "egress", "%s", why.text);
		return;
	}
	remembered(job, &egress, now_s, &asked, &may_ask);
	if (!may_ask)
		reason = "they were asked a moment ago";
	else if (egress_is_open_question(&egress, PROBE_V4) ||
	         egress_is_open_question(&egress, PROBE_V6))
		ask(job, &egress, now_s, &asked, &reason);
	egress_tell(job->arena, &egress, &asked, reason, now_s, out);
}

const struct probe probe_egress = {
    .name = "egress",
    .tables = egress_tables,
    .needs = PROBE_NEEDS_INET,
    .root_for = "whether port 25 is blocked",
    .deadline_ms = DEADLINE_MS,
    .is_last = true,
    .prepare = egress_prepare,
    .enter = egress_enter,
    .collect = egress_collect,
};
