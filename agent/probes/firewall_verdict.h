/*
 * firewall_verdict.h - from a survey to what `explain port` shows
 */
#ifndef MAILFIX_PROBES_FIREWALL_VERDICT_H
#define MAILFIX_PROBES_FIREWALL_VERDICT_H

#include "agent/probes/firewall_ask.h"

/* firewall_answer_make - all texts in the arena */
void firewall_answer_make(struct arena *arena, const struct nf_ruleset *ruleset,
    const struct net *net, const struct nf_survey *survey,
    struct firewall_answer *ret);

#endif
