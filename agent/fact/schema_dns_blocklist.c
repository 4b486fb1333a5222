/*
 * schema_dns_blocklist.c - facts from blocklists: blocklist, dnsbl
 *
 * Purpose  the columns of the tables that the checks blocklist and dnsbl fill
 * Input    none: data
 * Errors   none
 * Runs as  both roles
 * Source   SPEC section 4; RFC 5782
 */
#include "agent/dns/blocklist_judge.h"
#include "agent/fact/schema_dns.h"
#include "agent/fact/schema_rows.h"

#define SOURCE_LIST "DNS: the list"
#define SOURCE_INI  "blocklists.ini"
#define SOURCE_TEST "DNS: its test entries"
#define SOURCE_OWN  "main.cf, master.cf"

/* In the order of enum blocklist_kind; a row has one of the three. */
static const char *const kinds[] = {
    "refusal", "listing", "policy", "note", "good", NULL};

static const struct column blocklist_columns[] = {
    ROW_TEXT("subject", "the address or the domain", "who this host is"),
    ROW_TEXT("zone", "of the list; without the key of an account",
        "mailfix.conf, blocklists.ini"),
    ROW_TEXT("list", "its name", SOURCE_INI),
    ROW_ENUM("family", blocklist_family_names, "what it is asked about",
        "who this host is"),
    ROW_ENUM("state", blocklist_health_names,
        "alive; dead: it lists nothing; lists-all: and what none may list; "
        "refuses: it does not answer this name server; parked: it answers as "
        "no list does; untested: it has no test entries",
        SOURCE_TEST),
    ROW_BOOL(
        "listed", "it says so, and is in a state to be believed", SOURCE_LIST),
    ROW_ENUM("kind", kinds,
        "listing: mail from there is bad, or that is not known; policy: none "
        "should come from there; note: few refuse mail for it",
        SOURCE_INI),
    ROW_TEXT("code", "its answer", SOURCE_LIST),
    ROW_TEXT("meaning", "what that means", SOURCE_INI),
    ROW_TEXT("text", "its own words", "DNS: TXT of the list"),
    ROW_TEXT("question", "the name that was asked for", SOURCE_LIST),
    ROW_TEXT("remedy", "what to do, and where to ask for removal", SOURCE_INI),
};

/* who sends, and is asked about */
/* As IDENTITY_ADDRESSES_MAX and _DOMAINS_MAX, by BLOCKLIST_USES_MAX; two more */
#define BLOCKLISTS_MAX ((32 + 64) * BLOCKLIST_USES_MAX + 2)

const struct table schema_blocklist = {
    .name = "blocklist",
    .key = "entry",
    .doc = "what blocklists say of an address that mail leaves from, or of a "
           "sender domain: IP/zone, domain/zone",
    .columns = blocklist_columns,
    .column_count = ARRAY_COUNT(blocklist_columns),
    .row_max = BLOCKLISTS_MAX,
    .reads = schema_dns_reads,
};

static const struct column dnsbl_columns[] = {
    ROW_TEXT("list", "its name", SOURCE_INI),
    ROW_TEXT("setting", "what has the mail server ask it", SOURCE_OWN),
    ROW_TEXT("filter", "the answers that count; empty: all", SOURCE_OWN),
    ROW_BOOL(
        "refuses", "an answer that counts refuses mail by itself", SOURCE_OWN),
    ROW_BOOL("is_allow", "it is a list of good ones", SOURCE_OWN),
    ROW_ENUM(
        "state", blocklist_health_names, "as blocklist.state", SOURCE_TEST),
    ROW_TEXT("code", "what it answers instead of the truth", SOURCE_TEST),
    ROW_BOOL("refuses_mail",
        "it answers in this way whoever is asked about, and the mail server "
        "takes that for a listing and refuses the mail",
        SOURCE_TEST ", " SOURCE_OWN),
    ROW_BOOL("useless",
        "it is gone or lists anybody; false where mail is refused for it",
        SOURCE_TEST),
    ROW_TEXT("fault", "what is wrong with it; empty: nothing", SOURCE_TEST),
    ROW_TEXT("remedy", "what to do about it", SOURCE_TEST),
    ROW_LONG_TEXT("paste", "the command that does it", SOURCE_OWN),
    ROW_TEXT("question", "the name of its test entry", SOURCE_INI),
};

#define DNSBLS_MAX 64

const struct table schema_dnsbl = {
    .name = "dnsbl",
    .key = "zone",
    .doc = "a blocklist that this host's own mail server asks about its "
           "clients",
    .columns = dnsbl_columns,
    .column_count = ARRAY_COUNT(dnsbl_columns),
    .row_max = DNSBLS_MAX,
};
