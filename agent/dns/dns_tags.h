/*
 * dns_tags.h - lists of tags: "v=DKIM1; k=rsa; p=..."
 *
 * DKIM's key records and DMARC's policies are written like that. One reads them
 * strictly and the other passes over what it does not understand, so tags come
 * one by one.
 */
#ifndef MAILFIX_DNS_DNS_TAGS_H
#define MAILFIX_DNS_DNS_TAGS_H

#include <stddef.h>
#include <stdint.h>

#include "agent/base/mem.h"
#include "agent/base/why.h"

struct dns_tag {
	const char *name;  /* a letter, then letters, digits and "_" */
	const char *value; /* printable US-ASCII; no white space at the ends */
};

struct dns_tags {
	struct arena *arena; /* of names and values */
	const uint8_t *data;
	size_t length;
	size_t at; /* 0 to begin */
};

/*
 * dns_tags_next - the next tag
 *
 * Returns 1 with *ret, 0 at the end, or -EBADMSG with why (for people, what was
 * published in it is escaped) where something stands that is no tag, -ENODATA
 * where nothing does before a ";". What follows can still be read. Source: RFC
 * 6376 section 3.2.
 */
int dns_tags_next(struct dns_tags *tags, struct dns_tag *ret, struct why *why);

/*
 * dns_escape_problem - a quote mark or a backslash in the text, which a form or
 * a zone file should have eaten
 * Returns the words for it, or NULL: there is none.
 */
const char *dns_escape_problem(const void *data, size_t length);

/*
 * dns_quote - what was published, for people: escaped, in quote marks, and cut
 * where it is long
 */
const char *dns_quote(struct arena *arena, const void *data, size_t length);

#endif
