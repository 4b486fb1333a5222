/*
 * schema_firewall.c - facts about the rule set: firewall
 *
 * Purpose  the columns of the table that the firewall probe fills, and their
 *          words; table port shows the same ones of its rows
 * Input    none: data
 * Errors   none
 * Runs as  both roles
 * Source   SPEC section 4, table port
 */
#include "agent/fact/schema_firewall.h"

#include "agent/fact/schema_rows.h"

const char *const firewall_managers[] = {
    "none", "nftables", "iptables", "ufw", "firewalld", "other", NULL};
const char *const firewall_verdicts[] = {
    "accept", "drop", "reject", "depends", "none", NULL};

#define SOURCE_RULES "nf_tables, the live rule set"

static const struct column firewall_columns[] = {
    ROW_ENUM("manager", firewall_managers, FIREWALL_DOC_MANAGER, SOURCE_RULES),
    ROW_ENUM("inbound_v4", firewall_verdicts, FIREWALL_DOC_IN_V4, SOURCE_RULES),
    ROW_ENUM("inbound_v6", firewall_verdicts, FIREWALL_DOC_IN_V6, SOURCE_RULES),
    ROW_TEXT("inbound_rule", FIREWALL_DOC_IN_RULE, SOURCE_RULES),
    ROW_TEXT("closed_for", FIREWALL_DOC_CLOSED, SOURCE_RULES),
    ROW_TEXT("open_for_some", FIREWALL_DOC_SOME, SOURCE_RULES),
    ROW_TEXT("shadowed", FIREWALL_DOC_SHADOWED, SOURCE_RULES),
    ROW_TEXT("shadowed_by", FIREWALL_DOC_SHADOWED_BY, SOURCE_RULES),
    ROW_ENUM(
        "outbound_v4", firewall_verdicts, FIREWALL_DOC_OUT_V4, SOURCE_RULES),
    ROW_ENUM(
        "outbound_v6", firewall_verdicts, FIREWALL_DOC_OUT_V6, SOURCE_RULES),
    ROW_TEXT("outbound_rule", FIREWALL_DOC_OUT_RULE, SOURCE_RULES),
    ROW_TEXT("blocked_for", FIREWALL_DOC_BLOCKED, SOURCE_RULES),
};

const struct table schema_firewall = {
    .name = "firewall",
    .key = "port",
    .doc = "what the rule set does with new connections to the ports of mail",
    .columns = firewall_columns,
    .column_count = ARRAY_COUNT(firewall_columns),
    .row_max = 64, /* as table port */
};
