/*
 * schema_mx.c - facts from DNS: mx
 *
 * Purpose  the columns of the table that the mx probe fills
 * Input    none: data
 * Errors   none
 * Runs as  both roles
 * Source   RFC 5321 section 5.1, RFC 7505
 */
#include "agent/fact/schema_rows.h"

#define SOURCE_MX "DNS, MX"

static const struct column mx_columns[] = {
    ROW_TEXT("servers",
        "its mail servers, the preferred first: \"[a.test],[b.test]\"; empty: "
        "none that a group could be made by",
        SOURCE_MX),
    ROW_TEXT("group",
        "the first of the domains asked that have the same servers, or itself",
        SOURCE_MX),
    ROW_BOOL("moved", "it is sent by the name of servers that it no longer has",
        SOURCE_MX ", mailfix_transport"),
};

/* As many as are asked in one run; see agent/probes/mx.c. */
#define MX_MAX 64

const struct table schema_mx = {
    .name = "mx",
    .key = "domain",
    .doc = "mail servers of the domains that are slowed down, or that refused "
           "us when mailfix looked before",
    .columns = mx_columns,
    .column_count = ARRAY_COUNT(mx_columns),
    .row_max = MX_MAX,
};
