/*
 * tlsa_record.c - one TLSA record and the certificates of a server
 *
 * Purpose  is the record of one of them, as senders of mail see it?
 * Input    bytes of a record: hostile; digests of certificates
 * Errors   told in the result
 * Runs as  both roles
 * Source   RFC 6698 section 2.1; RFC 7672 section 3.1 (0 and 1 are not for
 *          mail); RFC 7671 section 5
 */
#include <string.h>

#include "agent/base/hash.h"
#include "agent/base/text.h"
#include "agent/dns/tlsa.h"

enum { USAGE_ANCHOR = 2, USAGE_LEAF = 3 };

enum { SELECTOR_CERTIFICATE, SELECTOR_KEY };

enum { MATCHING_WHOLE, MATCHING_SHA256, MATCHING_SHA512 };

#define HEADER        3
#define SHA256_OCTETS 32
#define SHA512_OCTETS 64

static bool
is_usable(const uint8_t *data, size_t length)
{
	if (length <= HEADER)
		return false;
	if (data[0] != USAGE_ANCHOR && data[0] != USAGE_LEAF)
		return false;
	if (data[1] != SELECTOR_CERTIFICATE && data[1] != SELECTOR_KEY)
		return false;
	if (data[2] == MATCHING_SHA256)
		return length == HEADER + SHA256_OCTETS;
	if (data[2] == MATCHING_SHA512)
		return length == HEADER + SHA512_OCTETS;
	return data[2] == MATCHING_WHOLE;
}

static bool
is_hex_of(const char *hex, const uint8_t *octets, size_t length)
{
	static const char digits[] = "0123456789abcdef";

	if (hex == NULL || strlen(hex) != 2 * length)
		return false;
	for (size_t i = 0; i < length; i++)
		if ((hex[2 * i] | 0x20) != (digits[octets[i] >> 4] | 0x20) ||
		    (hex[2 * i + 1] | 0x20) != (digits[octets[i] & 15] | 0x20))
			return false;
	return true;
}

/* Whether the record is of this one, whatever its usage. */
static bool
is_of(const uint8_t *data, size_t length,
    const struct tlsa_certificate *certificate)
{
	const bool is_key = data[1] == SELECTOR_KEY;
	const char *sha256 =
	    is_key ? certificate->spki_sha256 : certificate->sha256;
	const char *sha512 =
	    is_key ? certificate->spki_sha512 : certificate->sha512;
	char whole[HASH_HEX_MAX];
	struct hash hash;

	if (data[2] == MATCHING_SHA256)
		return is_hex_of(sha256, data + HEADER, length - HEADER);
	if (data[2] == MATCHING_SHA512)
		return is_hex_of(sha512, data + HEADER, length - HEADER);
	hash_init(&hash);
	hash_add(&hash, data + HEADER, length - HEADER);
	hash_end(&hash, whole);
	return text_equal(sha256, whole);
}

enum tlsa_match
tlsa_record_match(const uint8_t *data, size_t length,
    const struct tlsa_query *query, const struct tlsa_certificate *leaf)
{
	if (!is_usable(data, length))
		return TLSA_MATCH_UNUSABLE;
	if (data[0] == USAGE_LEAF)
		return leaf != NULL && is_of(data, length, leaf)
		           ? TLSA_MATCH_YES
		           : TLSA_MATCH_NO;
	for (size_t i = 0; i < query->certificate_count; i++) {
		const struct tlsa_certificate *one = &query->certificates[i];

		/* of the same chain, so in the same file */
		if (leaf != NULL && text_equal(one->file, leaf->file) &&
		    is_of(data, length, one))
			return TLSA_MATCH_YES;
	}
	/* by its whole, an issuer need not be in the chain: RFC 7671, 5.2.2 */
	return data[2] == MATCHING_WHOLE ? TLSA_MATCH_MAYBE : TLSA_MATCH_NO;
}
