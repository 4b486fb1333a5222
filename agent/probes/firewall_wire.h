/*
 * firewall_wire.h - numbers and texts from the observer of the rule set
 *
 * Written by a process that has read what others chose, so each is checked on
 * the way in: bounds, and that a text can be printed.
 */
#ifndef MAILFIX_PROBES_FIREWALL_WIRE_H
#define MAILFIX_PROBES_FIREWALL_WIRE_H

#include "agent/probes/firewall_ask.h"
#include "agent/probes/observer_wire.h"

/* Two families on each interface; see SURVEY_PLACES_MAX. */
#define FIREWALL_VERDICTS_MAX 16U
/* All of an answer. */
#define FIREWALL_BYTES_MAX (1024U * 1024U)

void firewall_answer_put(struct buf *out, const struct firewall_answer *answer);
/* -EPROTO: it is none */
int firewall_answer_get(
    struct wire_in *in, struct firewall_answer *ret, struct why *why);

void firewall_opening_put(struct buf *out, const struct nf_opening *opening);
int firewall_opening_get(
    struct wire_in *in, uint16_t port, struct nf_opening *ret, struct why *why);

#endif
