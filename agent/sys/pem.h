/*
 * pem.h - private keys and certificates, by libcrypto
 *
 * Loaded by the observers that need it, before they are sealed, and by nobody
 * else: pem_load() first.
 */
#ifndef MAILFIX_SYS_PEM_H
#define MAILFIX_SYS_PEM_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/base/mem.h"
#include "agent/base/why.h"

/* pem_load - load the library; 0, or a negative errno with why */
int pem_load(struct why *why);

enum pem_type { PEM_RSA, PEM_ED25519, PEM_OTHER };

struct pem_key {
	enum pem_type type;
	unsigned bits;
	struct buf spki; /* SubjectPublicKeyInfo, DER; caller: buf_done */
};

/*
 * pem_key_read - a private key and its public half
 *
 * PEM of any kind, DER, base64 of DER, or base64 of the 32 or 64 octets of an
 * ed25519 key, as signers of mail take them.
 * Returns 0 with *ret set, or -EINVAL with why: it is none, or has a pass
 * phrase.
 */
int pem_key_read(
    const void *bytes, size_t length, struct pem_key *ret, struct why *why);

/* SHA-2 in hex */
#define PEM_SHA256_HEX 65
#define PEM_SHA512_HEX 129

struct pem_certificate {
	const char *names;   /* DNS names, joined by " " */
	int64_t not_after_s; /* 0: it has no date that can be read */
	bool is_issuer;      /* CA:TRUE */
	char sha256[PEM_SHA256_HEX], sha512[PEM_SHA512_HEX];
	char spki_sha256[PEM_SHA256_HEX], spki_sha512[PEM_SHA512_HEX];
};

/* A chain of three is common; a file with all of a host's, some more. */
#define PEM_CERTIFICATES_MAX 16

/*
 * pem_certificates_read - all certificates of a file, in its order
 *
 * ret  of PEM_CERTIFICATES_MAX; texts in arena
 * Returns 0 with *ret_count > 0, or -EINVAL with why.
 */
int pem_certificates_read(struct arena *arena, const void *bytes, size_t length,
    struct pem_certificate *ret, size_t *ret_count, struct why *why);

#endif
