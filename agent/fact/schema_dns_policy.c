/*
 * schema_dns_policy.c - facts about what domains announce about TLS: mtasts,
 * tlsrpt
 *
 * Purpose  the columns of the tables that the check `policy` fills
 * Input    none: data
 * Errors   none
 * Runs as  both roles
 * Source   SPEC section 4
 */
#include "agent/dns/mtasts.h"
#include "agent/dns/tlsrpt.h"
#include "agent/fact/schema_dns.h"
#include "agent/fact/schema_rows.h"

#define SOURCE_STS "DNS: TXT of _mta-sts.DOMAIN"
#define SOURCE_RPT "DNS: TXT of _smtp._tls.DOMAIN"

static const struct column mtasts_columns[] = {
    ROW_ENUM("state", mtasts_state_names,
        "none: it announces no policy; ok; duplicate, invalid: its record does "
        "not count; no-host: nobody can fetch the policy",
        SOURCE_STS),
    ROW_TEXT("record", "the record as it stands; empty: none", SOURCE_STS),
    ROW_TEXT("id", "of the policy; empty: none", SOURCE_STS),
    ROW_TEXT("problem", "what is wrong, for people; empty: nothing",
        "DNS: TXT of _mta-sts.DOMAIN; A, AAAA of mta-sts.DOMAIN"),
    ROW_LONG_TEXT("paste", "the record as it should be", SOURCE_STS),
};

static const struct column tlsrpt_columns[] = {
    ROW_ENUM("state", tlsrpt_state_names,
        "none: it wants no reports; ok; duplicate, invalid: its record does "
        "not count",
        SOURCE_RPT),
    ROW_TEXT("record", "the record as it stands; empty: none", SOURCE_RPT),
    ROW_TEXT("rua", "where the reports go; empty: nowhere", SOURCE_RPT),
    ROW_TEXT(
        "problem", "what is wrong, for people; empty: nothing", SOURCE_RPT),
    ROW_LONG_TEXT("paste", "the record as it should be", SOURCE_RPT),
};

/* As IDENTITY_DOMAINS_MAX. */
#define DOMAINS_MAX 64

const struct table schema_mtasts = {
    .name = "mtasts",
    .key = "domain",
    .doc =
        "the policy of MTA-STS that a domain announces, whose mail ends here",
    .columns = mtasts_columns,
    .column_count = ARRAY_COUNT(mtasts_columns),
    .row_max = DOMAINS_MAX,
    .reads = schema_dns_reads,
};

const struct table schema_tlsrpt = {
    .name = "tlsrpt",
    .key = "domain",
    .doc = "where a domain, whose mail ends here, wants reports about TLS",
    .columns = tlsrpt_columns,
    .column_count = ARRAY_COUNT(tlsrpt_columns),
    .row_max = DOMAINS_MAX,
    .reads = schema_dns_reads,
};
