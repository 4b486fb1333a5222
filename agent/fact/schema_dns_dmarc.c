/*
 * schema_dns_dmarc.c - facts from DNS: dmarc
 *
 * Purpose  the columns of the table that the check dmarc fills
 * Input    none: data
 * Errors   none
 * Runs as  both roles
 * Source   RFC 9989, RFC 9990
 */
#include "agent/dns/dmarc.h"
#include "agent/fact/schema_dns.h"
#include "agent/fact/schema_rows.h"

#define SOURCE_DNS "DNS, TXT"

static const struct column dmarc_columns[] = {
    ROW_ENUM("state", dmarc_state_names,
        "ok; missing: no record for it, nor above it; duplicate: several, so "
        "that none counts; invalid: receivers pass over it or a part of it",
        SOURCE_DNS),
    ROW_TEXT("name", "where that stands: _dmarc.example.com", SOURCE_DNS),
    ROW_BOOL("told_above",
        "another domain of this table has the same to say, about the same "
        "record or for a domain above it",
        SOURCE_DNS),
    ROW_TEXT("record_at", "the domain whose policy applies; empty: none does",
        SOURCE_DNS),
    ROW_ENUM("policy", dmarc_policy_names,
        "what receivers are asked to do with mail that does not align; none "
        "without a record, too",
        SOURCE_DNS),
    ROW_BOOL("aligned",
        "mail of this host is signed, or passes SPF, in the name of the same "
        "organization",
        SOURCE_DNS ", table signing_key"),
    ROW_BOOL("relayed",
        "mail leaves through a relay, which may sign it, from addresses that "
        "are not known here",
        "main.cf"),
    ROW_TEXT(
        "aligned_by", "by what; or why not", SOURCE_DNS ", table signing_key"),
    ROW_TEXT(
        "problem", "what is wrong, for people; empty: nothing", SOURCE_DNS),
    ROW_LONG_TEXT("paste", "the record as it should be", SOURCE_DNS),
    ROW_TEXT("refused",
        "domains that are to get reports and do not say that they want them; "
        "empty: none",
        SOURCE_DNS),
    ROW_TEXT("refused_paste", "what the first of these lacks", SOURCE_DNS),
};

/* As many domains as identity.h may name. */
#define DMARC_MAX 64

const struct table schema_dmarc = {
    .name = "dmarc",
    .key = "domain",
    .doc = "what receivers are asked to do with mail in the name of a domain "
           "that this host sends for, and whether its mail stands that",
    .columns = dmarc_columns,
    .column_count = ARRAY_COUNT(dmarc_columns),
    .row_max = DMARC_MAX,
    .reads = schema_dns_reads,
};
