/*
 * schema_dns_dkim.c - facts from DNS: dkim, dkim_domain
 *
 * Purpose  the columns of the tables that the check dkim fills
 * Input    none: data
 * Errors   none
 * Runs as  both roles
 * Source   RFC 6376 section 3.6
 */
#include "agent/dns/dkim.h"
#include "agent/fact/schema_dns.h"
#include "agent/fact/schema_rows.h"

#define SOURCE_KEY "table signing_key"
#define SOURCE_DNS "DNS, TXT"

static const struct column dkim_columns[] = {
    ROW_TEXT("selector", "of the key", SOURCE_KEY),
    ROW_TEXT("domain", "in whose name it signs", SOURCE_KEY),
    ROW_BOOL(
        "in_use", "mail goes through the signer that has it", "table signer"),
    ROW_TEXT(
        "name", "where the DNS has it: sel._domainkey.example.com", SOURCE_KEY),
    ROW_ENUM("state", dkim_state_names,
        "ok; missing: no key there; duplicate: several records; invalid: "
        "nobody can use it; revoked: p= is empty; mismatch: another key than "
        "ours; weak: too short; testing: t=y",
        SOURCE_DNS),
    ROW_ENUM("type", public_key_names, "kind of the key there", SOURCE_DNS),
    ROW_NUMBER("bits", UNIT_COUNT, "its length", SOURCE_DNS),
    ROW_BOOL("matches", "it is the public half of the key here",
        SOURCE_DNS ", table signing_key"),
    ROW_TEXT(
        "problem", "what is wrong, for people; empty: nothing", SOURCE_DNS),
    ROW_LONG_TEXT("paste", "the record that belongs to the key here",
        "table signing_key"),
};

static const char *const dkim_reads[] = {"signing_key", "signer", NULL};

/* As many as there are keys; see schema_keys.c. */
#define DKIM_MAX 128

const struct table schema_dkim = {
    .name = "dkim",
    .key = "key",
    .doc = "what the DNS has of a key that mail is signed with: "
           "selector/domain",
    .columns = dkim_columns,
    .column_count = ARRAY_COUNT(dkim_columns),
    .row_max = DKIM_MAX,
    .reads = dkim_reads,
};

/* Those of dkim.h, and no key at all. */
const char *const dkim_domain_states[] = {"none", "ok", "missing", "duplicate",
    "invalid", "revoked", "mismatch", "weak", "testing", NULL};

static const struct column dkim_domain_columns[] = {
    ROW_ENUM("state", dkim_domain_states,
        "the worst of its keys that are in use; none: no such key is known "
        "here",
        SOURCE_DNS ", table signing_key"),
};

/* Of each key one, and those that have none: as IDENTITY_DOMAINS_MAX. */
#define DKIM_DOMAINS_MAX (DKIM_MAX + 64)

const struct table schema_dkim_domain = {
    .name = "dkim_domain",
    .key = "domain",
    .doc = "what the DNS has of the keys of a domain in whose name mail "
           "leaves, in a word",
    .columns = dkim_domain_columns,
    .column_count = ARRAY_COUNT(dkim_domain_columns),
    .row_max = DKIM_DOMAINS_MAX,
    .reads = dkim_reads,
};
