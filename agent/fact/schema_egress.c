/*
 * schema_egress.c - facts about the way out: egress
 *
 * Purpose  the columns of the table that the egress probe fills
 * Input    none: data
 * Errors   none
 * Runs as  both roles
 * Source   SPEC section 4
 */
#include "agent/fact/schema_rows.h"

#define SOURCE_ALL   "mail log, table firewall, mail servers asked"
#define SOURCE_ASKED "connections to mail servers"

static const char *const egress_states[] = {
    "open", "rule", "path", "refused", "none", NULL};

static const struct column egress_columns[] = {
    ROW_NUMBER("port", UNIT_COUNT,
        "where mail goes: port 25, or the relay's port", "main.cf"),
    ROW_TEXT("relay",
        "all mail goes through it; empty: to the servers of each "
        "domain",
        "main.cf"),
    ROW_ENUM("state", egress_states,
        "open: over some family; rule: a rule of this host refuses it; path: "
        "nobody answers; refused: all refuse at once; none: no way out",
        SOURCE_ALL),
    ROW_ENUM("state_v4", egress_states, "the same over IPv4", SOURCE_ALL),
    ROW_ENUM("state_v6", egress_states, "the same over IPv6", SOURCE_ALL),
    ROW_TEXT("blocked_for",
        "blocked on the way (path, refused) over these: \"IPv4\", \"IPv6\", "
        "\"IPv4 and IPv6\"; empty: nothing says so",
        SOURCE_ALL),
    ROW_TEXT(
        "rule_for", "blocked by a rule of this host over these", SOURCE_ALL),
    ROW_TEXT("rule", "that rule: \"inet filter output, handle 7: drop\"",
        "table firewall"),
    ROW_LONG_TEXT("remedy",
        "the command that lets the mail system through there",
        "table firewall"),
    ROW_TEXT("evidence", "how that is known, for people", SOURCE_ALL),
    ROW_NUMBER("asked", UNIT_SECONDS,
        "since mail servers were asked for a connection; only when the log "
        "does not tell",
        SOURCE_ASKED),
    ROW_NUMBER("tried_v4", UNIT_COUNT,
        "of how many, in different networks, over IPv4", SOURCE_ASKED),
    ROW_NUMBER(
        "reached_v4", UNIT_COUNT, "of these, with a connection", SOURCE_ASKED),
    ROW_NUMBER(
        "refused_v4", UNIT_COUNT, "of these, refused at once", SOURCE_ASKED),
    ROW_NUMBER("tried_v6", UNIT_COUNT, "as tried_v4, over IPv6", SOURCE_ASKED),
    ROW_NUMBER("reached_v6", UNIT_COUNT, "as reached_v4", SOURCE_ASKED),
    ROW_NUMBER("refused_v6", UNIT_COUNT, "as refused_v4", SOURCE_ASKED),
    ROW_NUMBER("outside", UNIT_COUNT,
        "1: the network beyond this host's own is there, a name server or a "
        "client of it was heard",
        "DNS, table client"),
};

static const char *const egress_reads[] = {"log", "destination", "client",
    "queue", "queue_destination", "firewall", NULL};

const struct table schema_egress = {
    .name = "egress",
    .doc = "can this host reach the mail servers of the world, or does "
           "somebody on the way block the port",
    .columns = egress_columns,
    .column_count = ARRAY_COUNT(egress_columns),
    .row_max = 1,
    .reads = egress_reads,
};
