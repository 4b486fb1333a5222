/*
 * schema_keys.c - facts about keys and certificates: signer, signing_key,
 * certificate
 *
 * Purpose  the columns of the tables that the probes keys and certificate fill
 * Input    none: data
 * Errors   none
 * Runs as  both roles
 * Source   RFC 6376 section 3.6.1, RFC 8463, RFC 6698 section 2.1
 */
#include "agent/fact/schema_rows.h"

#define SOURCE_SIGNER "configuration of the signer"

static const struct column signer_columns[] = {
    ROW_BOOL("in_use", "the mail system sends through it, or its service runs",
        "main.cf, table unit"),
    ROW_TEXT("config", "the file that it reads first", SOURCE_SIGNER),
    ROW_NUMBER("keys", UNIT_COUNT,
        "it signs with; unknown when not all of its configuration is "
        "understood",
        SOURCE_SIGNER),
};

/* OpenDKIM, rspamd, dkimpy-milter, and what mailfix.conf names. */
#define SIGNERS_MAX 8

const struct table schema_signer = {
    .name = "signer",
    .key = "name",
    .doc = "a program of this host that signs mail (DKIM)",
    .columns = signer_columns,
    .column_count = ARRAY_COUNT(signer_columns),
    .row_max = SIGNERS_MAX,
};

static const char *const key_types[] = {"rsa", "ed25519", "other", NULL};

static const struct column signing_key_columns[] = {
    ROW_TEXT("selector", "of the record in the DNS", SOURCE_SIGNER),
    ROW_TEXT("domain", "in whose name it signs", SOURCE_SIGNER),
    ROW_TEXT("signer",
        "opendkim, rspamd, dkimpy-milter; mailfix.conf: named "
        "there",
        SOURCE_SIGNER),
    ROW_TEXT("source", "the file that says so", SOURCE_SIGNER),
    ROW_TEXT("file", "with the private key; empty: not told", SOURCE_SIGNER),
    ROW_ENUM("type", key_types, "kind of key", "the private key"),
    ROW_NUMBER("bits", UNIT_COUNT, "its length", "the private key"),
    ROW_LONG_TEXT("public",
        "its public half, base64 of the SubjectPublicKeyInfo (DER); p= of the "
        "DNS: the same for rsa, the last 32 of these bytes for ed25519",
        "the private key"),
    ROW_TEXT("problem", "why the private key is of no use; empty: it is well",
        "the private key"),
};

/* A selector or two for each domain that identity.h may name. */
#define KEYS_MAX 128

const struct table schema_signing_key = {
    .name = "signing_key",
    .key = "key",
    .doc = "a key that mail of this host is signed with: selector/domain",
    .columns = signing_key_columns,
    .column_count = ARRAY_COUNT(signing_key_columns),
    .row_max = KEYS_MAX,
};

#define SOURCE_FILE "the certificate"

static const struct column certificate_columns[] = {
    ROW_TEXT("file", "where it stands", "main.cf, master.cf"),
    ROW_NUMBER(
        "position", UNIT_COUNT, "in the file: 1 is the first", SOURCE_FILE),
    ROW_BOOL("is_mx",
        "shown at port 25, where TLSA records are compared with it",
        "main.cf, master.cf"),
    ROW_BOOL("is_leaf", "it is the server's own, not that of an issuer",
        SOURCE_FILE),
    ROW_LONG_TEXT(
        "names", "DNS names that it is for, joined by \" \"", SOURCE_FILE),
    ROW_TEXT("not_after", "good until, UTC: 2027-01-31T12:00:00Z", SOURCE_FILE),
    ROW_NUMBER("left", UNIT_SECONDS, "until then; 0: it is over", SOURCE_FILE),
    ROW_TEXT(
        "sha256", "of the whole certificate, in hex: TLSA x 0 1", SOURCE_FILE),
    ROW_TEXT("sha512", "the same, TLSA x 0 2", SOURCE_FILE),
    ROW_TEXT(
        "spki_sha256", "of its public key, in hex: TLSA x 1 1", SOURCE_FILE),
    ROW_TEXT("spki_sha512", "the same, TLSA x 1 2", SOURCE_FILE),
    ROW_TEXT("problem", "why it cannot be read; empty: it can", SOURCE_FILE),
};

/* RSA and ECDSA for a few names, each with an issuer or two. */
#define CERTIFICATES_MAX 64

const struct table schema_certificate = {
    .name = "certificate",
    .key = "place",
    .doc = "a certificate that the mail system shows to its clients: file#n",
    .columns = certificate_columns,
    .column_count = ARRAY_COUNT(certificate_columns),
    .row_max = CERTIFICATES_MAX,
};
