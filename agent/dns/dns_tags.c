/*
 * dns_tags.c - lists of tags: "v=DKIM1; k=rsa; p=..."
 *
 * Purpose  the grammar that DKIM's and DMARC's records share
 * Input    bytes of a TXT record: hostile
 * Errors   -EBADMSG, -ENODATA for what is no tag
 * Runs as  both roles
 * Source   RFC 6376 sections 3.2 and 2.8 (white space); RFC 9989 section 4.8
 */
#include "agent/dns/dns_tags.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"

/* More of a record than that is in nobody's way of seeing what it is. */
#define QUOTE_MAX 48

const char *
dns_quote(struct arena *arena, const void *data, size_t length)
{
	AUTO_BUF struct buf out = {0};
	const bool is_cut = length > QUOTE_MAX;

	text_escape(&out, data, is_cut ? QUOTE_MAX : length);
	return arena_printf(
	    arena, "\"%s%s\"", buf_text(&out), is_cut ? "..." : "");
}

const char *
dns_escape_problem(const void *data, size_t length)
{
	if (memchr(data, '"', length) != NULL)
		return "quote marks stand in the text itself: each string of "
		       "it was put into quotes twice";
	if (memchr(data, '\\', length) != NULL)
		return "a backslash stands in the text itself: what was to be "
		       "escaped for a zone file is published so";
	return NULL;
}

static bool
is_space(uint8_t octet)
{
	return octet == ' ' || octet == '\t' || octet == '\r' || octet == '\n';
}

static void
trim(const uint8_t **at, size_t *length)
{
	while (*length > 0 && is_space((*at)[*length - 1]))
		(*length)--;
	while (*length > 0 && is_space(**at)) {
		(*at)++;
		(*length)--;
	}
}

static int
refuse(const struct dns_tags *tags, const uint8_t *at, size_t length,
    const char *text, struct why *why)
{
	return why_set(
	    why, -EBADMSG, "%s %s", dns_quote(tags->arena, at, length), text);
}

static bool
is_name(const uint8_t *at, size_t length)
{
	if (length == 0 || !isascii(*at) || !isalpha(*at))
		return false;
	for (size_t i = 1; i < length; i++)
		if (!isascii(at[i]) || !(isalnum(at[i]) || at[i] == '_'))
			return false;
	return true;
}

/* Without the ";" that ends it. */
static int
tag_read(const struct dns_tags *tags, const uint8_t *at, size_t length,
    struct dns_tag *ret, struct why *why)
{
	const uint8_t *equals = memchr(at, '=', length), *value;
	size_t name_length, value_length;

	if (equals == NULL)
		return refuse(tags, at, length, "has no \"=\"", why);
	name_length = (size_t)(equals - at);
	value = equals + 1;
	value_length = length - name_length - 1;
	trim(&at, &name_length);
	trim(&value, &value_length);
	if (!is_name(at, name_length))
		return refuse(tags, at, name_length,
		    "stands where the name of a tag must", why);
	for (size_t i = 0; i < value_length; i++)
		if (!is_space(value[i]) && (value[i] < '!' || value[i] > '~'))
			return refuse(tags, value + i, value_length - i,
			    "begins with an octet that may not stand there",
			    why);
	ret->name = arena_dup_n(tags->arena, (const char *)at, name_length);
	ret->value =
	    arena_dup_n(tags->arena, (const char *)value, value_length);
	return 1;
}

int
dns_tags_next(struct dns_tags *tags, struct dns_tag *ret, struct why *why)
{
	const uint8_t *at = tags->data + tags->at, *end;
	size_t length = tags->length - tags->at;

	if (tags->at >= tags->length)
		return 0;
	end = memchr(at, ';', length);
	if (end != NULL)
		length = (size_t)(end - at);
	tags->at += length + 1;
	trim(&at, &length);
	if (length > 0)
		return tag_read(tags, at, length, ret, why);
	/* white space after the last ";" is nothing */
	if (end == NULL)
		return 0;
	return why_set(why, -ENODATA, "a \";\" has no tag before it");
}
