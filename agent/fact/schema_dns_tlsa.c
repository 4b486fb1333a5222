/*
 * schema_dns_tlsa.c - facts from DNS: tlsa, dane
 *
 * Purpose  the columns of the tables that the check tlsa fills
 * Input    none: data
 * Errors   none
 * Runs as  both roles
 * Source   RFC 6698, RFC 7672
 */
#include "agent/dns/tlsa.h"
#include "agent/fact/schema_rows.h"

#define SOURCE_DNS "DNS, TLSA"

static const struct column tlsa_columns[] = {
    ROW_ENUM("state", tlsa_state_names,
        "none: there are no records; ok; mismatch: none is of the certificate "
        "here; partial: not all certificates have one; unusable: none is of a "
        "kind for mail; insecure: without DNSSEC",
        SOURCE_DNS ", table certificate"),
    ROW_TEXT("name", "where they stand: _25._tcp.mx.example.com", SOURCE_DNS),
    ROW_TEXT("records", "the records, cut: \"3 1 1 0badcafe...\"", SOURCE_DNS),
    ROW_TEXT("problem", "what is wrong, for people; empty: nothing",
        SOURCE_DNS ", table certificate"),
    ROW_TEXT(
        "paste", "the record for the certificate here", "table certificate"),
};

static const char *const tlsa_reads[] = {
    "certificate", "signing_key", "signer", "sender_domain", NULL};

/* A mail server or two for each domain, and most are shared. */
#define TLSA_MAX 64

const struct table schema_tlsa = {
    .name = "tlsa",
    .key = "host",
    .doc = "what the DNS tells senders (DANE) of the certificate of a mail "
           "server that is this host",
    .columns = tlsa_columns,
    .column_count = ARRAY_COUNT(tlsa_columns),
    .row_max = TLSA_MAX,
    .reads = tlsa_reads,
};

static const struct column dane_columns[] = {
    ROW_ENUM("state", tlsa_state_names,
        "the worst of its mail servers that are this host, as tlsa.state",
        SOURCE_DNS ", table certificate"),
};

/* As IDENTITY_DOMAINS_MAX. */
#define DANE_MAX 64

const struct table schema_dane = {
    .name = "dane",
    .key = "domain",
    .doc = "whether senders with DANE find this host as the DNS tells them, of "
           "each domain whose mail ends here",
    .columns = dane_columns,
    .column_count = ARRAY_COUNT(dane_columns),
    .row_max = DANE_MAX,
    .reads = tlsa_reads,
};
