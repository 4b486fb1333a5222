/*
 * dns_paste.c - records of DNS in the form that is pasted into a zone
 *
 * Purpose  lines of a master file; names of reverse zones
 * Input    values: some from replies, so any octet is escaped that is not plain
 * Errors   none; what is no address has no reverse name
 * Runs as  both roles
 * Source   RFC 1035 section 5.1; RFC 3596 section 2.5; RFC 5782 section 2
 */
#include "agent/dns/dns_paste.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"

/* RFC 1035 section 3.3: a character-string. */
#define STRING_MAX 255

static const char *
line(
    struct arena *arena, const char *owner, const char *type, const char *value)
{
	const size_t length = strlen(owner);
	const bool has_dot = length > 0 && owner[length - 1] == '.';

	return arena_printf(arena, "%s%s %d IN %s %s", owner,
	    has_dot ? "" : ".", DNS_PASTE_TTL_S, type, value);
}

const char *
dns_paste(
    struct arena *arena, const char *owner, const char *type, const char *value)
{
	return line(arena, owner, type, value);
}

const char *
dns_paste_txt(struct arena *arena, const char *owner, const char *value)
{
	AUTO_BUF struct buf out = {0};

	for (size_t i = 0; value[i] != '\0'; i++) {
		const unsigned char octet = (unsigned char)value[i];

		if (i % STRING_MAX == 0)
			buf_add(&out, i == 0 ? "\"" : "\" \"");
		/* advice has commands between backquotes, and this is none */
		if (octet < ' ' || octet > '~' || octet == '`')
			buf_addf(&out, "\\%03u", octet);
		else
			buf_addf(&out, "%s%c",
			    octet == '"' || octet == '\\' ? "\\" : "", octet);
	}
	buf_add(&out, out.length > 0 ? "\"" : "\"\"");
	return line(arena, owner, "TXT", buf_text(&out));
}

const char *
dns_paste_octets(struct arena *arena, const void *octets, size_t length)
{
	const unsigned char *from = octets;
	AUTO_BUF struct buf out = {0};

	for (size_t i = 0; i < length; i++)
		if (from[i] < ' ' || from[i] > '~')
			buf_addf(&out, "\\%03u", from[i]);
		else
			buf_add_char(&out, (char)from[i]);
	return arena_dup(arena, length > 0 ? buf_text(&out) : "");
}

const char *
dns_reverse_name(struct arena *arena, const char *address, const char *suffix)
{
	AUTO_BUF struct buf out = {0};
	uint8_t bytes[16];

	if (inet_pton(AF_INET, address, bytes) == 1) {
		for (size_t i = 4; i-- > 0;)
			buf_addf(&out, "%u.", bytes[i]);
		buf_add(&out, suffix != NULL ? suffix : "in-addr.arpa");
	} else if (inet_pton(AF_INET6, address, bytes) == 1) {
		for (size_t i = 16; i-- > 0;)
			buf_addf(&out, "%x.%x.", bytes[i] & 15U, bytes[i] >> 4);
		buf_add(&out, suffix != NULL ? suffix : "ip6.arpa");
	} else {
		return NULL;
	}
	return arena_dup(arena, buf_text(&out));
}
