/*
 * firewall_child.h - one question to an observer of the rule set
 */
#ifndef MAILFIX_PROBES_FIREWALL_CHILD_H
#define MAILFIX_PROBES_FIREWALL_CHILD_H

#include "agent/base/buf.h"
#include "agent/probes/firewall_read.h"

/* In the observer: 0 with the answer in out; or a negative errno with why. */
typedef int firewall_work_fn(const void *question, struct arena *arena,
    struct nf_ruleset *ruleset, const struct net *net, struct buf *out,
    struct why *why);

/*
 * firewall_child_ask - fork, shut in, read, answer
 *
 * ret  what `work` wrote; hostile
 *
 * Returns 0, what work returned (a negative errno with its reason), -EPERM:
 * needs root; -EPROTO: the observer broke the protocol or its sandbox;
 * -ETIMEDOUT.
 */
int firewall_child_ask(firewall_work_fn *work, const void *question,
    struct buf *ret, struct why *why);

#endif
