/*
 * firewall_child.c - one question to an observer of the rule set
 *
 * Purpose  give it the links to the kernel, have it read and answer
 * Input    bytes of a process that reads hostile names and comments
 * Errors   -EPROTO: what cannot be; -ETIMEDOUT; -EIO: it ended early
 * Runs as  actor; the child as observer without any right
 * Source   DESIGN "Trust"
 */
#include "agent/probes/firewall_child.h"

#include "agent/probes/firewall_wire.h"
#include "agent/probes/observer_ask.h"
#include "agent/sys/sandbox.h"

/* As the probe: 100,000 rules in one chain take the kernel 14 s. */
#define DEADLINE_MS 20000
#define CPU_S       22

/* Opens nothing: all that it reads comes over sockets that it was given. */
#define NEEDS (SANDBOX_NETLINK | SANDBOX_UNIX | SANDBOX_NO_OPEN)

struct job {
	firewall_work_fn *work;
	const void *question;
	struct firewall_link link;
	struct buf *out; /* the child's */
};

static int
job_enter(void *user, const int *fds, struct why *why)
{
	struct job *job = user;

	(void)why;
	firewall_link_set_fds(&job->link, fds);
	return 0;
}

static int
use(void *user, struct arena *arena, struct nf_ruleset *ruleset,
    const struct net *net, struct why *why)
{
	struct job *job = user;

	buf_clear(job->out);
	return job->work(job->question, arena, ruleset, net, job->out, why);
}

static int
job_work(void *user, struct buf *out, struct why *why)
{
	struct job *job = user;

	job->out = out;
	return firewall_read(&job->link, use, job, why);
}

int
firewall_child_ask(firewall_work_fn *work, const void *question,
    struct buf *ret, struct why *why)
{
	struct job job = {.work = work, .question = question};
	int fds[FIREWALL_FDS];
	const struct observer_question asked = {
	    .of = "the rule set",
	    .needs = NEEDS,
	    .deadline_ms = DEADLINE_MS,
	    .cpu_s = CPU_S,
	    .bytes_max = FIREWALL_BYTES_MAX,
	    .user = &job,
	    .enter = job_enter,
	    .work = job_work,
	    .fds = fds,
	    .fd_count = FIREWALL_FDS,
	};
	int r = firewall_link_open(&job.link, why);

	if (r < 0)
		return r;
	firewall_link_fds(&job.link, fds);
	r = observer_ask(&asked, ret, why);
	firewall_link_close(&job.link);
	return r;
}
