/*
 * firewall_wire.h - numbers and texts from the observer of the rule set
 *
 * Written by a process that has read what others chose, so each is checked on
 * the way in: bounds, and that a text can be printed.
 */
#ifndef MAILFIX_PROBES_FIREWALL_WIRE_H
#define MAILFIX_PROBES_FIREWALL_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/base/mem.h"
#include "agent/probes/firewall_ask.h"

/* A rule in words, with a set in it; longer ones are cut by who writes. */
#define FIREWALL_TEXT_MAX 2048U
/* Lines of a path: jumps are at most 16 deep (the kernel's), 64 branches. */
#define FIREWALL_LINES_MAX 1024U
/* Two families on each interface; see SURVEY_PLACES_MAX. */
#define FIREWALL_VERDICTS_MAX 16U
/* All of an answer. */
#define FIREWALL_BYTES_MAX (1024U * 1024U)

void wire_put_number(struct buf *out, uint64_t number);
/* wire_put_text - NULL stays NULL; made printable, cut */
void wire_put_text(struct buf *out, const char *text);

struct wire_in {
	struct arena *arena; /* of the texts */
	const char *at;
	size_t left;
	bool is_bad; /* something was not as it must be; all else is then 0 */
};

uint64_t wire_get_number(struct wire_in *in, uint64_t max);
const char *wire_get_text(struct wire_in *in);

void firewall_answer_put(struct buf *out, const struct firewall_answer *answer);
/* -EPROTO: it is none */
int firewall_answer_get(
    struct wire_in *in, struct firewall_answer *ret, struct why *why);

void firewall_opening_put(struct buf *out, const struct nf_opening *opening);
int firewall_opening_get(
    struct wire_in *in, uint16_t port, struct nf_opening *ret, struct why *why);

#endif
