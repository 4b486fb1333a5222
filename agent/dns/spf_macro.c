/*
 * spf_macro.c - macros of SPF: their grammar, and what they come to
 *
 * Purpose  spf_macro.h
 * Input    records and senders: hostile
 * Errors   false, NULL: it keeps to no grammar, it is no name
 * Runs as  both roles
 * Source   RFC 7208 sections 7 and 12; RFC 3986 section 2.3 (unreserved)
 */
#include "agent/dns/spf_macro.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#define LABEL_MAX 63 /* RFC 1035 section 2.3.4 */

/*
 * What a name or an explanation comes to at most. A name has 253 octets, its
 * left may be cut; a record of 64 KiB of macros is nobody's.
 */
#define EXPANDED_MAX 4096

/* More parts than a name or an address has are never asked to be kept. */
#define KEEP_MAX 128

static const char delimiters[] = ".-+,/_=";

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool
spf_client_parse(const char *text, struct spf_client *ret)
{
	static const uint8_t mapped[12] = {
	    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	struct spf_client client = {.family = AF_INET};

	if (inet_pton(AF_INET, text, client.bytes) != 1) {
		if (inet_pton(AF_INET6, text, client.bytes) != 1)
			return false;
		client.family = AF_INET6;
		if (memcmp(client.bytes, mapped, sizeof(mapped)) == 0) {
			client.family = AF_INET;
			(void)memmove(client.bytes, client.bytes + 12, 4);
		}
	}
	(void)inet_ntop(
	    client.family, client.bytes, client.text, sizeof(client.text));
	*ret = client;
	return true;
}

/* One "%{...}", taken apart. */
struct macro {
	char letter; /* small */
	bool is_escaped, is_reversed;
	size_t keep; /* 0: all */
	char split[sizeof(delimiters)];
	size_t length; /* of its text */
};

/* text is behind "%{"; false: it keeps to no grammar */
static bool
macro_read(const char *text, const char *end, struct macro *ret)
{
	static const char letters[] = "slodiphcrtv";
	const char *at = text;
	size_t splits = 0;

	*ret = (struct macro){.keep = 0};
	if (at == end || !is_alpha(*at))
		return false;
	ret->is_escaped = *at >= 'A' && *at <= 'Z';
	ret->letter = (char)(*at++ | 0x20);
	if (strchr(letters, ret->letter) == NULL)
		return false;
	if (at < end && is_digit(*at)) {
		while (at < end && is_digit(*at)) {
			if (ret->keep < KEEP_MAX)
				ret->keep =
				    ret->keep * 10 + (size_t)(*at - '0');
			at++;
		}
		if (ret->keep == 0)
			return false; /* section 7.3: it must not be zero */
	}
	if (at < end && (*at == 'r' || *at == 'R')) {
		ret->is_reversed = true;
		at++;
	}
	for (; at < end && *at != '}'; at++) {
		if (strchr(delimiters, *at) == NULL)
			return false;
		if (strchr(ret->split, *at) == NULL)
			ret->split[splits++] = *at;
	}
	if (splits == 0)
		ret->split[0] = '.';
	ret->length = (size_t)(at - text) + 1;
	return at < end;
}

/*
 * How long the macro is that stands at text[0] == '%'; 0: it is none. One of
 * "%%", "%_" and "%-" has no letter.
 */
static size_t
macro_length(const char *text, const char *end, struct macro *ret)
{
	*ret = (struct macro){.letter = '\0'};
	if (text + 1 >= end)
		return 0;
	if (text[1] == '%' || text[1] == '_' || text[1] == '-')
		return 2;
	if (text[1] != '{' || !macro_read(text + 2, end, ret))
		return 0;
	return 2 + ret->length;
}

/* The literal text behind the last macro begins at *ret_tail. */
static bool
walk(const char *text, size_t length, enum spf_where where, size_t *ret_tail)
{
	const char *end = text + length;
	struct macro macro;
	size_t tail = 0;

	for (const char *at = text; at < end;) {
		size_t n = 1;

		if (*at == '%') {
			n = macro_length(at, end, &macro);
			if (n == 0)
				return false;
			if (where == SPF_IN_DOMAIN && macro.letter != '\0' &&
			    strchr("crt", macro.letter) != NULL)
				return false;
			tail = (size_t)(at - text) + n;
		} else if (!(*at > ' ' && *at <= '~') &&
		           !(*at == ' ' && where == SPF_IN_TEXT)) {
			return false;
		}
		at += n;
	}
	*ret_tail = tail;
	return true;
}

bool
spf_macro_ok(const char *text, size_t length, enum spf_where where)
{
	size_t tail;

	return walk(text, length, where, &tail);
}

/* toplabel: letters and digits, not digits alone, "-" only within */
static bool
top_label_ok(const char *text, size_t length)
{
	bool is_number = true;

	if (length == 0 || text[0] == '-' || text[length - 1] == '-')
		return false;
	for (size_t i = 0; i < length; i++) {
		if (!is_digit(text[i]) && !is_alpha(text[i]) && text[i] != '-')
			return false;
		is_number = is_number && is_digit(text[i]);
	}
	return !is_number;
}

bool
spf_domain_spec_ok(const char *text, size_t length)
{
	size_t tail, dot;

	if (length == 0 || !walk(text, length, SPF_IN_DOMAIN, &tail))
		return false;
	if (tail == length)
		return true;
	if (text[length - 1] == '.')
		length--;
	dot = length;
	while (dot > tail && text[dot - 1] != '.')
		dot--;
	return dot > tail && top_label_ok(text + dot, length - dot);
}

bool
spf_macro_has(const char *text, char letter)
{
	const char *end = text + strlen(text);
	struct macro macro;

	for (const char *at = text; at < end;) {
		size_t n = *at == '%' ? macro_length(at, end, &macro) : 1;

		if (*at == '%' && n > 2 && macro.letter == letter)
			return true;
		at += n > 0 ? n : 1;
	}
	return false;
}

/* Each half octet, as %{i} wants it: the dots are what is reversed at. */
static void
address_add(struct buf *out, const struct spf_client *client)
{
	if (client->family == AF_INET) {
		buf_add(out, client->text);
		return;
	}
	for (size_t i = 0; i < 16; i++)
		buf_addf(out, "%s%X.%X", i > 0 ? "." : "",
		    (unsigned)client->bytes[i] >> 4, client->bytes[i] & 15U);
}

/* A name as dns_record has it: \DDD is an octet. */
static void
name_add(struct buf *out, const char *name)
{
	while (*name != '\0') {
		if (name[0] == '\\' && is_digit(name[1]) && is_digit(name[2]) &&
		    is_digit(name[3])) {
			buf_add_char(
			    out, (char)((name[1] - '0') * 100 +
			                (name[2] - '0') * 10 + name[3] - '0'));
			name += 4;
		} else {
			buf_add_char(out, *name++);
		}
	}
}

static void
value_add(struct buf *out, char letter, const struct spf_macros *macros)
{
	switch (letter) {
	case 's':
		buf_addf(out, "%s@%s", macros->local, macros->sender_domain);
		break;
	case 'l':
		buf_add(out, macros->local);
		break;
	case 'o':
		buf_add(out, macros->sender_domain);
		break;
	case 'd':
		name_add(out, macros->domain);
		break;
	case 'i':
		address_add(out, macros->client);
		break;
	case 'p':
		name_add(out, macros->valid);
		break;
	case 'v':
		buf_add(
		    out, macros->client->family == AF_INET ? "in-addr" : "ip6");
		break;
	case 'h':
		buf_add(out, macros->helo);
		break;
	case 'c':
		buf_add(out, macros->client->text);
		break;
	case 'r':
		buf_add(out, macros->receiver);
		break;
	default: /* 't': there is no other */
		buf_addf(out, "%" PRId64, macros->now_s);
		break;
	}
}

static void
escaped_add(struct buf *out, const char *text, size_t length, bool is_escaped)
{
	for (size_t i = 0; i < length; i++) {
		const char c = text[i];

		if (!is_escaped || is_alpha(c) || is_digit(c) ||
		    (c != '\0' && strchr("-._~", c) != NULL))
			buf_add_char(out, c);
		else
			buf_addf(out, "%%%02X", (unsigned)(uint8_t)c);
	}
}

/* Parts between the delimiters, the last `keep` of them, joined by dots. */
static void
parts_add(struct buf *out, const char *value, const struct macro *macro)
{
	size_t count = 1, skip;

	for (const char *at = value; *at != '\0'; at++)
		count += strchr(macro->split, *at) != NULL ? 1 : 0;
	skip =
	    macro->keep == 0 || macro->keep >= count ? 0 : count - macro->keep;
	for (size_t i = skip; i < count; i++) {
		size_t part = macro->is_reversed ? count - 1 - i : i;
		const char *at = value;

		for (size_t k = 0; k < part; k++)
			at += strcspn(at, macro->split) + 1;
		if (i > skip)
			buf_add_char(out, '.');
		escaped_add(
		    out, at, strcspn(at, macro->split), macro->is_escaped);
	}
}

bool
spf_macro_expand(
    struct buf *out, const char *text, const struct spf_macros *macros)
{
	const char *end = text + strlen(text);

	for (const char *at = text; at < end;) {
		AUTO_BUF struct buf value = {0};
		struct macro macro;
		size_t n = *at == '%' ? macro_length(at, end, &macro) : 1;

		if (n == 0 || out->length > EXPANDED_MAX)
			return false;
		if (*at != '%') {
			buf_add_char(out, *at);
		} else if (macro.letter == '\0') {
			buf_add(out, at[1] == '%'   ? "%"
			             : at[1] == '_' ? " "
			                            : "%20");
		} else {
			value_add(&value, macro.letter, macros);
			parts_add(out, buf_text(&value), &macro);
		}
		at += n;
	}
	return true;
}

const char *
spf_name(struct arena *arena, const char *octets)
{
	AUTO_BUF struct buf out = {0};
	size_t length = strlen(octets), label = 0;

	if (length > 0 && octets[length - 1] == '.')
		length--;
	while (length > SPF_NAME_MAX) {
		const char *dot = memchr(octets, '.', length);

		if (dot == NULL)
			return NULL;
		length -= (size_t)(dot + 1 - octets);
		octets = dot + 1;
	}
	for (size_t i = 0; i < length; i++) {
		const char c = octets[i];

		label = c == '.' ? 0 : label + 1;
		if (label > LABEL_MAX ||
		    (c == '.' && (i == 0 || octets[i - 1] == '.')))
			return NULL;
		if (is_alpha(c) || is_digit(c) || strchr("-_.", c) != NULL)
			buf_add_char(&out, c);
		else
			buf_addf(&out, "\\%03u", (unsigned)(uint8_t)c);
	}
	if (label == 0)
		return NULL;
	return arena_dup(arena, buf_text(&out));
}

bool
spf_domain_ok(const char *domain)
{
	size_t length = strlen(domain), label = 0, labels = 1;

	if (length > 0 && domain[length - 1] == '.')
		length--;
	if (length == 0 || length > SPF_NAME_MAX || domain[0] == '[')
		return false;
	for (size_t i = 0; i < length; i++) {
		const char c = domain[i];

		if (c <= ' ' || c > '~')
			return false;
		label = c == '.' ? 0 : label + 1;
		labels += c == '.' ? 1 : 0;
		if (label > LABEL_MAX ||
		    (c == '.' && (i == 0 || domain[i - 1] == '.')))
			return false;
	}
	return labels > 1 && label > 0;
}
