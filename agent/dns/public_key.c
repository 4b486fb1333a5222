/*
 * public_key.c - public keys of signers: read, compared, never used
 *
 * Purpose  as much of DER as a public key of RSA or Ed25519 needs
 * Input    bytes from a DNS record: hostile
 * Errors   -EBADMSG: what is not exactly a key
 * Runs as  both roles
 * Source   ITU-T X.690 sections 8 and 10; RFC 5280 section 4.1; RFC 8017
 *          appendix A.1.1; RFC 8410 section 3
 */
#include "agent/dns/public_key.h"

#include <errno.h>
#include <string.h>

#define TAG_INTEGER  0x02
#define TAG_BITS     0x03
#define TAG_OID      0x06
#define TAG_SEQUENCE 0x30

/* Octets of a length: no record holds more than 65,535. */
#define LENGTH_OCTETS_MAX 2

const char *const public_key_names[PUBLIC_KEY_MAX + 1] = {
    [PUBLIC_KEY_RSA] = "rsa",
    [PUBLIC_KEY_ED25519] = "ed25519",
};

/* 1.2.840.113549.1.1.1 rsaEncryption; 1.3.101.112 id-Ed25519 */
static const uint8_t oid_rsa[] = {
    0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
static const uint8_t oid_ed25519[] = {0x2b, 0x65, 0x70};

struct der {
	const uint8_t *at;
	size_t left;
};

/* The length octets, past the tag; false: none that a record can hold. */
static bool
length_read(struct der *der, size_t *ret)
{
	size_t octets, length = 0;

	if (der->left == 0)
		return false;
	octets = *der->at & 0x7f;
	der->left--;
	if ((*der->at++ & 0x80) == 0) {
		*ret = octets;
		return true;
	}
	if (octets == 0 || octets > LENGTH_OCTETS_MAX || octets > der->left)
		return false;
	for (; octets > 0; octets--, der->left--)
		length = length << 8 | *der->at++;
	*ret = length;
	return true;
}

/* One element, and der is past it. *ret_length is what it says it has. */
static bool
element(struct der *der, uint8_t tag, struct der *ret, size_t *ret_length)
{
	*ret_length = 0;
	if (der->left == 0 || *der->at != tag)
		return false;
	der->at++;
	der->left--;
	if (!length_read(der, ret_length) || *ret_length > der->left)
		return false;
	*ret = (struct der){der->at, *ret_length};
	der->at += *ret_length;
	der->left -= *ret_length;
	return true;
}

/* A positive number, without the zeros in front of it. */
static bool
number(struct der *der, const uint8_t **ret, size_t *ret_length)
{
	struct der inside;
	size_t length;

	if (!element(der, TAG_INTEGER, &inside, &length) || inside.left == 0 ||
	    (*inside.at & 0x80) != 0)
		return false;
	while (inside.left > 0 && *inside.at == 0) {
		inside.at++;
		inside.left--;
	}
	*ret = inside.at;
	*ret_length = inside.left;
	return inside.left > 0;
}

static unsigned
bits_of(const uint8_t *first, size_t length)
{
	unsigned bits = (unsigned)length * 8;

	for (uint8_t mask = 0x80; mask != 0 && (*first & mask) == 0; mask >>= 1)
		bits--;
	return bits;
}

/* The inside of an RSAPublicKey. */
static bool
rsa_read(struct der key, struct public_key *ret)
{
	*ret = (struct public_key){.type = PUBLIC_KEY_RSA};
	if (!number(&key, &ret->modulus, &ret->modulus_length) ||
	    !number(&key, &ret->exponent, &ret->exponent_length) ||
	    key.left > 0)
		return false;
	ret->bits = bits_of(ret->modulus, ret->modulus_length);
	return true;
}

static bool
is_oid(const struct der *oid, const uint8_t *want, size_t length)
{
	return oid->left == length && memcmp(oid->at, want, length) == 0;
}

/* The inside of a SubjectPublicKeyInfo. */
static bool
info_read(struct der info, struct public_key *ret)
{
	struct der algorithm, oid, bits, key;
	size_t length;

	if (!element(&info, TAG_SEQUENCE, &algorithm, &length) ||
	    !element(&algorithm, TAG_OID, &oid, &length) ||
	    !element(&info, TAG_BITS, &bits, &length) || info.left > 0 ||
	    bits.left == 0 || *bits.at != 0)
		return false;
	bits.at++;
	bits.left--;
	if (is_oid(&oid, oid_rsa, sizeof(oid_rsa)))
		return element(&bits, TAG_SEQUENCE, &key, &length) &&
		       bits.left == 0 && rsa_read(key, ret);
	if (!is_oid(&oid, oid_ed25519, sizeof(oid_ed25519)) ||
	    bits.left != PUBLIC_KEY_ED25519_LENGTH)
		return false;
	*ret = (struct public_key){
	    .type = PUBLIC_KEY_ED25519, .bits = 256, .point = bits.at};
	return true;
}

int
public_key_read(
    const uint8_t *der, size_t length, struct public_key *ret, struct why *why)
{
	struct der outer = {der, length}, inside;
	struct public_key key;
	size_t said;

	if (!element(&outer, TAG_SEQUENCE, &inside, &said)) {
		if (said > outer.left)
			return why_set(why, -EBADMSG,
			    "it is cut: %zu octets of %zu are there", length,
			    length - outer.left + said);
		return why_set(why, -EBADMSG, "it is no key");
	}
	if (outer.left > 0)
		return why_set(why, -EBADMSG,
		    "%zu octets follow the end of the key", outer.left);
	if (!(inside.left > 0 && *inside.at == TAG_INTEGER
	            ? rsa_read(inside, &key)
	            : info_read(inside, &key)))
		return why_set(why, -EBADMSG,
		    "it is no key of RSA or Ed25519, or a damaged one");
	*ret = key;
	return 0;
}

bool
public_key_same(const struct public_key *a, const struct public_key *b)
{
	if (a->type != b->type)
		return false;
	if (a->type == PUBLIC_KEY_ED25519)
		return memcmp(a->point, b->point, PUBLIC_KEY_ED25519_LENGTH) ==
		       0;
	return a->modulus_length == b->modulus_length &&
	       a->exponent_length == b->exponent_length &&
	       memcmp(a->modulus, b->modulus, a->modulus_length) == 0 &&
	       memcmp(a->exponent, b->exponent, a->exponent_length) == 0;
}
