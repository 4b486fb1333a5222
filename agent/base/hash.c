/*
 * hash.c - SHA-256
 *
 * Purpose  hashes of files, before-images and audit records
 * Input    any bytes
 * Errors   none: nettle allocates nothing here
 * Runs as  both roles
 * Source   FIPS 180-4; nettle manual, "Hash functions"
 */
#include "agent/base/hash.h"

#include <stdint.h>

void
hash_init(struct hash *hash)
{
	sha256_init(&hash->ctx);
}

void
hash_add(struct hash *hash, const void *bytes, size_t length)
{
	sha256_update(&hash->ctx, length, bytes);
}

void
hash_end(struct hash *hash, char ret_hex[static HASH_HEX_MAX])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t digest[SHA256_DIGEST_SIZE];

	sha256_digest(&hash->ctx, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++) {
		ret_hex[2 * i] = digits[digest[i] >> 4];
		ret_hex[2 * i + 1] = digits[digest[i] & 15];
	}
	ret_hex[2 * sizeof(digest)] = '\0';
}
