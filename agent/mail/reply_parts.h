/*
 * reply_parts.h - a reply being taken apart: between the files of reply_read()
 */
#ifndef MAILFIX_MAIL_REPLY_PARTS_H
#define MAILFIX_MAIL_REPLY_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/buf.h"
#include "agent/base/mem.h"
#include "agent/mail/reply.h"

/*
 * A bounce with its headers. RFC 5321 4.5.3.1.5 allows 512 bytes a line of a
 * reply; nobody says more than some dozen lines.
 */
#define REPLY_INPUT_MAX 65536U

/* reply_flatten - one line, decoded: what HTML, MIME, quoting, wrapping left */
void reply_flatten(struct buf *out, const char *text, size_t length);

/* Where the code of a reply stands in a flat text. */
struct reply_place {
	size_t at;   /* of the first digit */
	char opener; /* the quote or bracket before it, or 0 */
};

/* reply_place_find - false: there is no reply in it */
bool reply_place_find(const char *text, size_t length, struct reply_place *ret);

/*
 * reply_enhanced_length - "4.7.0": how many bytes, 0 when it is none ("4.7.0.1"
 * is an address, RFC 3463 section 2)
 */
size_t reply_enhanced_length(const char *text, size_t length);

/* reply_stage_find - what the words around a reply tell of the dialogue */
enum reply_stage reply_stage_find(const char *text);

/* reply_relay_find - "host mx.example.com[192.0.2.1]" and its relatives */
void reply_relay_find(struct arena *arena, const char *text, struct reply *ret);

/* reply_tail_cut - where what a log or a bounce adds after the reply begins */
size_t reply_tail_cut(const char *text, size_t length);

#endif
