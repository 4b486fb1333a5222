/*
 * schema_dns_dkim.c - facts from DNS: dkim
 *
 * Purpose  the columns of the table that the check dkim fills
 * Input    none: data
 * Errors   none
 * Runs as  both roles
 * Source   RFC 6376 section 3.6
 */
#include "agent/dns/dkim.h"
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
