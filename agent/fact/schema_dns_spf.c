/*
 * schema_dns_spf.c - facts about SPF: spf, spf_record
 *
 * Purpose  the columns of the tables that the check `spf` fills
 * Input    none: data
 * Errors   none
 * Runs as  both roles
 * Source   SPEC section 4; RFC 7208
 */
#include "agent/fact/schema_dns.h"
#include "agent/fact/schema_rows.h"

#define SOURCE_WHO "mailfix.conf, main.cf, keys of signers, mail log"
#define SOURCE_SPF "DNS: TXT, A, AAAA, MX, PTR"

/* No temperror: what a name server does not tell is unknown. */
static const char *const results[] = {
    "none", "neutral", "pass", "fail", "softfail", "permerror", NULL};

static const struct column spf_columns[] = {
    ROW_TEXT("domain", "in whose name mail is sent", SOURCE_WHO),
    ROW_TEXT("address", "where it leaves from", SOURCE_WHO),
    ROW_BOOL("is_sender", "mail is sent in the domain's name: MAIL FROM",
        SOURCE_WHO),
    ROW_BOOL("is_helo", "it is the name by which this host greets", SOURCE_WHO),
    ROW_ENUM("result", results, "what receivers make of it (check_host)",
        SOURCE_SPF),
    ROW_BOOL("is_left_out",
        "no term of the record is about this address but the end of it",
        SOURCE_SPF),
    ROW_NUMBER("lookups", UNIT_COUNT,
        "how many of the 10 lookups it takes until that is known", SOURCE_SPF),
    ROW_NUMBER("voids", UNIT_COUNT,
        "how many of these were in vain; 2 are allowed", SOURCE_SPF),
    ROW_TEXT("term", "the term that decides; empty: none does", SOURCE_SPF),
    ROW_TEXT("term_domain", "in whose record it stands", SOURCE_SPF),
    ROW_TEXT("why", "the same for people", SOURCE_SPF),
    ROW_TEXT(
        "problem", "why receivers give up; empty: they do not", SOURCE_SPF),
    ROW_LONG_TEXT("paste",
        "a record that keeps what is there, and by which all addresses of "
        "this host pass; empty: none is needed",
        SOURCE_SPF),
};

const char *const spf_record_states[] = {
    "ok", "none", "multiple", "permerror", NULL};

static const struct column spf_record_columns[] = {
    ROW_ENUM("state", spf_record_states,
        "ok; none: no record; multiple: more than one, which counts as an "
        "error; permerror: receivers give up on it",
        SOURCE_SPF),
    ROW_TEXT(
        "problem", "what is wrong, for people; empty: nothing", SOURCE_SPF),
    ROW_LONG_TEXT("record", "as it stands; empty: none", "DNS: TXT"),
    ROW_NUMBER("lookups", UNIT_COUNT,
        "how many lookups it takes when nothing matches; 10 are allowed",
        SOURCE_SPF),
    ROW_NUMBER("voids", UNIT_COUNT,
        "how many of these are in vain; 2 are allowed", SOURCE_SPF),
    ROW_TEXT("void_names", "the names that have no answer", SOURCE_SPF),
    ROW_BOOL(
        "passes_all", "it lets anybody send in the domain's name", SOURCE_SPF),
    ROW_LONG_TEXT("paste",
        "a record that keeps what is there, and by which all addresses of "
        "this host pass; empty: none is needed",
        SOURCE_SPF),
};

/* IDENTITY_DOMAINS_MAX and the name of the greeting. */
#define NAMES_MAX 65

/* With each of 32 addresses, and with each family that is not known. */
#define SENDERS_MAX (NAMES_MAX * 34)

const struct table schema_spf = {
    .name = "spf",
    .key = "domain/ip",
    .doc = "what receivers say of mail from an address in a domain's name",
    .columns = spf_columns,
    .column_count = ARRAY_COUNT(spf_columns),
    .row_max = SENDERS_MAX,
    .reads = schema_dns_reads,
};

const struct table schema_spf_record = {
    .name = "spf_record",
    .key = "domain",
    .doc = "the SPF record of a domain that this host sends for",
    .columns = spf_record_columns,
    .column_count = ARRAY_COUNT(spf_record_columns),
    .row_max = NAMES_MAX,
    .reads = schema_dns_reads,
};
