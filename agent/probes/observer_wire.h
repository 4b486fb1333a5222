/*
 * observer_wire.h - numbers and texts that answer one question
 *
 * Written by a process that has read what others chose, so each is checked on
 * the way in: bounds, and that a text can be printed. Facts go another way:
 * agent/fact/wire.h.
 */
#ifndef MAILFIX_PROBES_OBSERVER_WIRE_H
#define MAILFIX_PROBES_OBSERVER_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/base/mem.h"

/* A rule in words, with a set in it; longer ones are cut by who writes. */
#define OBSERVER_TEXT_MAX 2048U
/* Lines of a path: jumps are at most 16 deep (the kernel's), 64 branches. */
#define OBSERVER_LINES_MAX 1024U

void wire_put_number(struct buf *out, uint64_t number);
/* wire_put_text - NULL stays NULL; made printable, cut */
void wire_put_text(struct buf *out, const char *text);
/* wire_put_lines - NULL-terminated; NULL: none */
void wire_put_lines(struct buf *out, const char *const *lines);

struct wire_in {
	struct arena *arena; /* of the texts */
	const char *at;
	size_t left;
	bool is_bad; /* something was not as it must be; all else is then 0 */
};

uint64_t wire_get_number(struct wire_in *in, uint64_t max);
const char *wire_get_text(struct wire_in *in);
const char *const *wire_get_lines(struct wire_in *in); /* NULL-terminated */

#endif
