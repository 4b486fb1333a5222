/*
 * hash.h - SHA-256 (nettle; FIPS 180-4): allocates nothing
 */
#ifndef MAILFIX_BASE_HASH_H
#define MAILFIX_BASE_HASH_H

#include <nettle/sha2.h>
#include <stddef.h>

#define HASH_HEX_MAX 65 /* 64 hex digits and the NUL */

struct hash {
	struct sha256_ctx ctx;
};

void hash_init(struct hash *hash);
void hash_add(struct hash *hash, const void *bytes, size_t length);
void hash_end(struct hash *hash, char ret_hex[static HASH_HEX_MAX]);

#endif
