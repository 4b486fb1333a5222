/*
 * public_key.h - public keys of signers: read, compared, never used
 */
#ifndef MAILFIX_DNS_PUBLIC_KEY_H
#define MAILFIX_DNS_PUBLIC_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/why.h"

enum public_key_type { PUBLIC_KEY_RSA, PUBLIC_KEY_ED25519, PUBLIC_KEY_MAX };

/* "rsa", "ed25519": as in k= of a key record */
extern const char *const public_key_names[PUBLIC_KEY_MAX + 1];

#define PUBLIC_KEY_ED25519_LENGTH 32 /* RFC 8032 section 5.1.5 */

struct public_key {
	enum public_key_type type;
	unsigned bits; /* of the modulus; of Ed25519 256 */
	/* of RSA, without zeros in front: the bytes that were read */
	const uint8_t *modulus, *exponent;
	size_t modulus_length, exponent_length;
	const uint8_t *point; /* of Ed25519 */
};

/*
 * public_key_read - a SubjectPublicKeyInfo (RFC 5280), or the RSAPublicKey alone
 * (RFC 8017): both are published
 *
 * der  borrowed for as long as *ret is used; hostile
 * Returns 0, or -EBADMSG with why: "it is cut: ...", "it is no key".
 */
int public_key_read(
    const uint8_t *der, size_t length, struct public_key *ret, struct why *why);

bool public_key_same(const struct public_key *a, const struct public_key *b);

#endif
