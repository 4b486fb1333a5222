/*
 * dkim_record.c - a DKIM key record, as those who verify signatures read it
 *
 * Purpose  strictly: a record that is not as RFC 6376 says must be ignored
 *          (section 6.1.2, step 3), and then no signature is good
 * Input    bytes of a TXT record: hostile
 * Errors   told in the result
 * Runs as  both roles
 * Source   RFC 6376 section 3.6.1; RFC 8301 section 3.1 (no SHA-1); RFC 8463
 *          section 4 (Ed25519: the 32 octets alone)
 */
#include "agent/dns/dkim_record.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/base/base64.h"
#include "agent/base/text.h"
#include "agent/dns/dns_tags.h"

/* Known tags: v, k, p, h, s, t, n, and g, which RFC 4871 had. Others pass. */
#define TAGS_MAX 64

struct reading {
	struct arena *arena;
	struct dns_tag tags[TAGS_MAX];
	size_t count;
};

static const char *
value_of(const struct reading *reading, const char *name)
{
	for (size_t i = 0; i < reading->count; i++)
		if (strcmp(reading->tags[i].name, name) == 0)
			return reading->tags[i].value;
	return NULL;
}

static const char *
quote(const struct reading *reading, const char *value)
{
	return dns_quote(reading->arena, value, strlen(value));
}

/* All tags, none twice. */
static int
tags_read(struct reading *reading, const uint8_t *data, size_t length,
    struct why *why)
{
	struct dns_tags tags = {
	    .arena = reading->arena, .data = data, .length = length};
	struct dns_tag tag;
	int r;

	while ((r = dns_tags_next(&tags, &tag, why)) > 0) {
		if (value_of(reading, tag.name) != NULL)
			return why_set(why, -EBADMSG,
			    "the tag \"%.32s\" stands in it twice", tag.name);
		if (reading->count == TAGS_MAX)
			return why_set(why, -EBADMSG, "it has too many tags");
		reading->tags[reading->count++] = tag;
	}
	return r;
}

/* Is this word in a list "a:b"? */
static bool
has_word(const char *list, const char *word)
{
	while (*list != '\0') {
		size_t length = strcspn(list, ":"), skip = 0;
		const size_t next = length + (list[length] == ':' ? 1 : 0);

		while (skip < length && isspace((unsigned char)list[skip]))
			skip++;
		while (
		    length > skip && isspace((unsigned char)list[length - 1]))
			length--;
		if (length - skip == strlen(word) &&
		    strncasecmp(list + skip, word, strlen(word)) == 0)
			return true;
		list += next;
	}
	return false;
}

/* What makes the record useless, whatever its key. */
static int
terms_check(const struct reading *reading, struct why *why)
{
	const char *version = value_of(reading, "v");
	const char *hashes = value_of(reading, "h");
	const char *services = value_of(reading, "s");
	const char *type = value_of(reading, "k");

	if (version != NULL && strcmp(version, "DKIM1") != 0)
		return why_set(why, -EBADMSG,
		    "v is %s, and it must be \"DKIM1\"",
		    quote(reading, version));
	if (version != NULL && strcmp(reading->tags[0].name, "v") != 0)
		return why_set(
		    why, -EBADMSG, "v=DKIM1 is not the first tag in it");
	if (type != NULL && strcasecmp(type, "rsa") != 0 &&
	    strcasecmp(type, "ed25519") != 0)
		return why_set(why, -EBADMSG,
		    "k is %s, and there are keys of rsa and ed25519 only",
		    quote(reading, type));
	if (hashes != NULL && !has_word(hashes, "sha256"))
		return why_set(why, -EBADMSG,
		    "h is %s: it allows no hash but one that nobody accepts",
		    quote(reading, hashes));
	if (services != NULL && !has_word(services, "*") &&
	    !has_word(services, "email"))
		return why_set(why, -EBADMSG, "s is %s: it is not for mail",
		    quote(reading, services));
	return 0;
}

static int
letters_read(const struct reading *reading, const char *text, uint8_t *ret,
    size_t *ret_length, struct why *why)
{
	size_t bad = 0;
	const int r = base64_read(text, strlen(text), ret, ret_length, &bad);

	if (r == -EBADMSG)
		return why_set(why, r, "the key in p= is cut");
	if (r < 0)
		return why_set(why, -EBADMSG,
		    "in p=, %s stands where only letters of base 64 may",
		    dns_quote(reading->arena, text + bad, 1));
	return 0;
}

static int
ed25519_read(const uint8_t *octets, size_t length, struct public_key *ret,
    struct why *why)
{
	struct public_key whole;

	if (length == PUBLIC_KEY_ED25519_LENGTH) {
		*ret = (struct public_key){
		    .type = PUBLIC_KEY_ED25519, .bits = 256, .point = octets};
		return 0;
	}
	if (public_key_read(octets, length, &whole, NULL) == 0 &&
	    whole.type == PUBLIC_KEY_ED25519)
		return why_set(why, -EBADMSG,
		    "p= has more than the key: of Ed25519 only its 32 octets "
		    "are published");
	return why_set(why, -EBADMSG,
	    "p= has %zu octets, and a key of Ed25519 has 32", length);
}

static int
key_read(const struct reading *reading, const char *letters,
    struct public_key *ret, struct why *why)
{
	const char *type = value_of(reading, "k");
	uint8_t *octets =
	    arena_alloc(reading->arena, 1, BASE64_OCTETS(strlen(letters)));
	size_t length = 0;
	int r = letters_read(reading, letters, octets, &length, why);

	if (r < 0)
		return r;
	if (type != NULL && strcasecmp(type, "ed25519") == 0)
		return ed25519_read(octets, length, ret, why);
	r = public_key_read(octets, length, ret, why);
	if (r < 0)
		why_prefix(why, "the key in p=");
	else if (ret->type != PUBLIC_KEY_RSA)
		r = why_set(why, -EBADMSG,
		    "p= has a key of Ed25519, and k=ed25519 is missing");
	return r;
}

/* Does it look as if somebody meant a key? */
static bool
is_meant(const uint8_t *data, size_t length)
{
	static const char wanted[] = "DKIM1";
	bool is_begin = true;

	if (length >= 5 && memcmp(data, "v=spf", 5) == 0)
		return false;
	if (length >= 7 && strncasecmp((const char *)data, "v=DMARC", 7) == 0)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (length - i >= sizeof(wanted) - 1 &&
		    strncasecmp((const char *)data + i, wanted,
		        sizeof(wanted) - 1) == 0)
			return true;
		if (is_begin && data[i] == 'p' && i + 1 < length &&
		    data[i + 1] == '=')
			return true;
		is_begin = data[i] == ';' || data[i] == ' ' || data[i] == '"';
	}
	return false;
}

static int
record_read(struct reading *reading, const uint8_t *data, size_t length,
    struct dkim_record *ret, struct why *why)
{
	const char *letters, *flags;
	int r = tags_read(reading, data, length, why);

	if (r == 0)
		r = terms_check(reading, why);
	if (r < 0)
		return r;
	flags = value_of(reading, "t");
	ret->is_testing = flags != NULL && has_word(flags, "y");
	letters = value_of(reading, "p");
	if (letters == NULL)
		return why_set(why, -EBADMSG, "it has no key: p= is missing");
	ret->kind = DKIM_RECORD_REVOKED;
	if (letters[0] == '\0')
		return 0;
	ret->kind = DKIM_RECORD_GOOD;
	return key_read(reading, letters, &ret->key, why);
}

void
dkim_record_read(struct arena *arena, const uint8_t *data, size_t length,
    struct dkim_record *ret)
{
	struct reading *reading = arena_alloc(arena, 1, sizeof(*reading));
	const char *escapes = dns_escape_problem(data, length);
	struct why why = {0};

	*ret = (struct dkim_record){.kind = DKIM_RECORD_NONE};
	if (!is_meant(data, length))
		return;
	reading->arena = arena;
	if (record_read(reading, data, length, ret, &why) == 0)
		return;
	*ret = (struct dkim_record){.kind = DKIM_RECORD_BAD,
	    .problem = escapes != NULL ? escapes : arena_dup(arena, why.text)};
}
