/*
 * pem.c - private keys and certificates, by libcrypto
 *
 * Purpose  pem.h
 * Input    files of the admin and of signers: in a sealed observer
 * Errors   what is no key or certificate; a library that is not here
 * Runs as  observer
 * Source   PEM_read_bio_PrivateKey(3), i2d_PUBKEY(3), X509_get0_notAfter(3);
 *          RFC 8463 for keys of 32 octets; RFC 6698 section 2.1 for what is
 *          hashed
 */
#include "agent/sys/pem.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/base/auto.h"
#include "agent/base/base64.h"
#include "agent/base/text.h"
#include "agent/sys/library.h"

#define SONAME "libcrypto.so.3"

/* RFC 8032: seed, and as some write it seed and public half. */
#define ED25519_OCTETS      32U
#define ED25519_BOTH_OCTETS 64U

/* More names than a report shows or a table of facts takes. */
#define NAMES_BYTES_MAX 2000U

/* Everything from the library, by its own name. */
static struct {
	__typeof__(OPENSSL_init_crypto) *OPENSSL_init_crypto;
	__typeof__(BIO_new_mem_buf) *BIO_new_mem_buf;
	__typeof__(BIO_free) *BIO_free;
	__typeof__(ERR_clear_error) *ERR_clear_error;
	__typeof__(PEM_read_bio_PrivateKey) *PEM_read_bio_PrivateKey;
	__typeof__(d2i_AutoPrivateKey) *d2i_AutoPrivateKey;
	__typeof__(EVP_PKEY_new_raw_private_key) *EVP_PKEY_new_raw_private_key;
	__typeof__(EVP_PKEY_get_base_id) *EVP_PKEY_get_base_id;
	__typeof__(EVP_PKEY_get_bits) *EVP_PKEY_get_bits;
	__typeof__(EVP_PKEY_free) *EVP_PKEY_free;
	__typeof__(i2d_PUBKEY) *i2d_PUBKEY;
	__typeof__(PEM_read_bio_X509) *PEM_read_bio_X509;
	__typeof__(X509_free) *X509_free;
	__typeof__(i2d_X509) *i2d_X509;
	__typeof__(X509_get_X509_PUBKEY) *X509_get_X509_PUBKEY;
	__typeof__(i2d_X509_PUBKEY) *i2d_X509_PUBKEY;
	__typeof__(X509_get0_notAfter) *X509_get0_notAfter;
	__typeof__(ASN1_TIME_to_tm) *ASN1_TIME_to_tm;
	__typeof__(X509_check_ca) *X509_check_ca;
	__typeof__(X509_get_ext_d2i) *X509_get_ext_d2i;
	__typeof__(GENERAL_NAMES_free) *GENERAL_NAMES_free;
	__typeof__(OPENSSL_sk_num) *OPENSSL_sk_num;
	__typeof__(OPENSSL_sk_value) *OPENSSL_sk_value;
	__typeof__(ASN1_STRING_get0_data) *ASN1_STRING_get0_data;
	__typeof__(ASN1_STRING_length) *ASN1_STRING_length;
	__typeof__(SHA256) *SHA256;
	__typeof__(SHA512) *SHA512;
} lib;

#define SYMBOL(n)                                                              \
	{                                                                      \
#n, &lib.n                                                     \
	}

int
pem_load(struct why *why)
{
	static const struct library_symbol symbols[] = {
	    SYMBOL(OPENSSL_init_crypto), SYMBOL(BIO_new_mem_buf),
	    SYMBOL(BIO_free), SYMBOL(ERR_clear_error),
	    SYMBOL(PEM_read_bio_PrivateKey), SYMBOL(d2i_AutoPrivateKey),
	    SYMBOL(EVP_PKEY_new_raw_private_key), SYMBOL(EVP_PKEY_get_base_id),
	    SYMBOL(EVP_PKEY_get_bits), SYMBOL(EVP_PKEY_free),
	    SYMBOL(i2d_PUBKEY), SYMBOL(PEM_read_bio_X509), SYMBOL(X509_free),
	    SYMBOL(i2d_X509), SYMBOL(X509_get_X509_PUBKEY),
	    SYMBOL(i2d_X509_PUBKEY), SYMBOL(X509_get0_notAfter),
	    SYMBOL(ASN1_TIME_to_tm), SYMBOL(X509_check_ca),
	    SYMBOL(X509_get_ext_d2i), SYMBOL(GENERAL_NAMES_free),
	    SYMBOL(OPENSSL_sk_num), SYMBOL(OPENSSL_sk_value),
	    SYMBOL(ASN1_STRING_get0_data), SYMBOL(ASN1_STRING_length),
	    SYMBOL(SHA256), SYMBOL(SHA512)};
	static const uint8_t seed[ED25519_OCTETS] = {1};
	EVP_PKEY *key;
	int r = library_load(SONAME, symbols, ARRAY_COUNT(symbols), why);

	if (r < 0)
		return r;
	/* no openssl.cnf: it may name modules to load */
	(void)lib.OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	/* what it looks for at the first key, it finds before the seal */
	key = lib.EVP_PKEY_new_raw_private_key(
	    EVP_PKEY_ED25519, NULL, seed, sizeof(seed));
	lib.EVP_PKEY_free(key);
	return 0;
}

/* Nobody is asked for a pass phrase. */
static int
phrase_refuse(char *buf, int size, int rwflag, void *user)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	*(bool *)user = true;
	return -1;
}

static EVP_PKEY *
key_of_pem(const void *bytes, size_t length, bool *ret_has_phrase)
{
	BIO *bio = lib.BIO_new_mem_buf(bytes, (int)length);
	EVP_PKEY *key = bio == NULL ? NULL
	                            : lib.PEM_read_bio_PrivateKey(bio, NULL,
	                                  phrase_refuse, ret_has_phrase);

	(void)lib.BIO_free(bio);
	return key;
}

static EVP_PKEY *
key_of_der(const uint8_t *bytes, size_t length)
{
	const unsigned char *at = bytes;

	return lib.d2i_AutoPrivateKey(NULL, &at, (long)length);
}

static EVP_PKEY *
key_of_base64(const char *text, size_t length)
{
	AUTO_FREE uint8_t *octets =
	    mem_alloc(BASE64_OCTETS(length), sizeof(*octets));
	size_t count = 0, bad;

	if (base64_read(text, length, octets, &count, &bad) < 0)
		return NULL;
	if (count == ED25519_OCTETS || count == ED25519_BOTH_OCTETS)
		return lib.EVP_PKEY_new_raw_private_key(
		    EVP_PKEY_ED25519, NULL, octets, ED25519_OCTETS);
	return key_of_der(octets, count);
}

int
pem_key_read(
    const void *bytes, size_t length, struct pem_key *ret, struct why *why)
{
	bool has_phrase = false;
	unsigned char *der = NULL;
	EVP_PKEY *key;
	int id, count;

	if (length == 0 || length > INT_MAX)
		return why_set(why, -EINVAL, "it is empty");
	key = key_of_pem(bytes, length, &has_phrase);
	if (key == NULL && !has_phrase)
		key = key_of_der(bytes, length);
	if (key == NULL && !has_phrase)
		key = key_of_base64(bytes, length);
	lib.ERR_clear_error();
	if (key == NULL)
		return why_set(why, -EINVAL,
		    has_phrase ? "the key has a pass phrase"
		               : "there is no private key in it");
	id = lib.EVP_PKEY_get_base_id(key);
	*ret = (struct pem_key){
	    .type = id == EVP_PKEY_RSA       ? PEM_RSA
	            : id == EVP_PKEY_ED25519 ? PEM_ED25519
	                                     : PEM_OTHER,
	    .bits = (unsigned)lib.EVP_PKEY_get_bits(key),
	};
	count = lib.i2d_PUBKEY(key, &der);
	if (count > 0)
		buf_add_n(&ret->spki, der, (size_t)count);
	/* of the library's allocator, which is malloc's as long as nobody
	 * tells it otherwise: OPENSSL_malloc(3) */
	free(der);
	lib.EVP_PKEY_free(key);
	return count > 0 ? 0 : why_set(why, -EINVAL, "it has no public half");
}

static void
hex_set(char *ret, const unsigned char *bytes, size_t length)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < length; i++) {
		*ret++ = digits[bytes[i] >> 4];
		*ret++ = digits[bytes[i] & 15];
	}
	*ret = '\0';
}

static void
hashes_set(unsigned char *der, int count, char sha256[static PEM_SHA256_HEX],
    char sha512[static PEM_SHA512_HEX])
{
	unsigned char digest[64];

	if (count > 0) {
		(void)lib.SHA256(der, (size_t)count, digest);
		hex_set(sha256, digest, 32);
		(void)lib.SHA512(der, (size_t)count, digest);
		hex_set(sha512, digest, 64);
	}
	free(der);
}

static const char *
names_of(struct arena *arena, const X509 *certificate)
{
	GENERAL_NAMES *names =
	    lib.X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	AUTO_BUF struct buf out = {0};
	const OPENSSL_STACK *stack = (const OPENSSL_STACK *)names;
	int count = names != NULL ? lib.OPENSSL_sk_num(stack) : 0;

	for (int i = 0; i < count && out.length < NAMES_BYTES_MAX; i++) {
		const GENERAL_NAME *name = lib.OPENSSL_sk_value(stack, i);

		if (name->type != GEN_DNS)
			continue;
		if (out.length > 0)
			buf_add_char(&out, ' ');
		text_escape(&out,
		    (const char *)lib.ASN1_STRING_get0_data(name->d.dNSName),
		    (size_t)lib.ASN1_STRING_length(name->d.dNSName));
	}
	lib.GENERAL_NAMES_free(names);
	return arena_dup(arena, buf_text(&out));
}

static void
certificate_set(
    struct arena *arena, X509 *certificate, struct pem_certificate *ret)
{
	unsigned char *der = NULL;
	struct tm until = {0};
	int count;

	*ret = (struct pem_certificate){
	    .names = names_of(arena, certificate),
	    .is_issuer = lib.X509_check_ca(certificate) > 0,
	};
	if (lib.ASN1_TIME_to_tm(lib.X509_get0_notAfter(certificate), &until))
		ret->not_after_s = timegm(&until);
	count = lib.i2d_X509(certificate, &der);
	hashes_set(der, count, ret->sha256, ret->sha512);
	der = NULL;
	count =
	    lib.i2d_X509_PUBKEY(lib.X509_get_X509_PUBKEY(certificate), &der);
	hashes_set(der, count, ret->spki_sha256, ret->spki_sha512);
}

int
pem_certificates_read(struct arena *arena, const void *bytes, size_t length,
    struct pem_certificate *ret, size_t *ret_count, struct why *why)
{
	BIO *bio = length > 0 && length <= INT_MAX
	               ? lib.BIO_new_mem_buf(bytes, (int)length)
	               : NULL;
	bool has_phrase = false;
	size_t count = 0;

	while (bio != NULL && count < PEM_CERTIFICATES_MAX) {
		X509 *certificate = lib.PEM_read_bio_X509(
		    bio, NULL, phrase_refuse, &has_phrase);

		if (certificate == NULL)
			break;
		certificate_set(arena, certificate, &ret[count++]);
		lib.X509_free(certificate);
	}
	(void)lib.BIO_free(bio);
	lib.ERR_clear_error();
	if (count == 0)
		return why_set(why, -EINVAL, "there is no certificate in it");
	*ret_count = count;
	return 0;
}
