/*
 * schema_dns_domain.c - facts about the way of a domain's mail: domain, mx_host
 *
 * Purpose  the columns of the tables that the check `domain` fills
 * Input    none: data
 * Errors   none
 * Runs as  both roles
 * Source   SPEC section 4
 */
#include "agent/dns/dmarc.h"
#include "agent/dns/domain_mx.h"
#include "agent/dns/mtasts.h"
#include "agent/dns/tlsa.h"
#include "agent/dns/tlsrpt.h"
#include "agent/fact/schema_dns.h"
#include "agent/fact/schema_rows.h"

#define SOURCE_WHO "mailfix.conf, main.cf, keys of signers, queue, mail log"
#define SOURCE_MX  "DNS: MX"

static const char *const mx_states[] = {
    "ok", "implicit", "null", "none", "local", NULL};

static const struct column domain_columns[] = {
    ROW_BOOL("is_sender", "mail leaves here in its name", SOURCE_WHO),
    ROW_BOOL("is_hosted", "mail for it ends here", SOURCE_WHO),
    ROW_BOOL("is_seen",
        "mail in its name was seen to leave, or the mail system writes it",
        SOURCE_WHO),
    ROW_BOOL("needs_mx",
        "mail must find a way to it; not so for a name of this host alone",
        SOURCE_WHO),
    ROW_TEXT("source", "where that is known from: myorigin, queue", SOURCE_WHO),
    ROW_TEXT("mx", "its mail servers, the preferred first", SOURCE_MX),
    ROW_ENUM("mx_state", mx_states,
        "ok: it has MX records; implicit: only an address, which serves as "
        "well; null: it takes no mail; none: nothing; local: a name of this "
        "host alone, which is not asked about",
        "DNS: MX, A, AAAA"),
    ROW_BOOL("mx_dead", "none of its mail servers has an address",
        "DNS: MX, A, AAAA"),
    ROW_TEXT("mx_problem", "what is wrong with them, for people",
        "DNS: MX, A, AAAA"),
    ROW_BOOL("leads_here", "one of its mail servers is this host",
        "DNS: MX, A, AAAA"),
    ROW_LONG_TEXT(
        "paste", "the record that leads its mail to this host", "DNS: MX"),
    ROW_JOINED_ENUM("spf", spf_record_states,
        "its SPF record; unknown where no mail leaves in its name",
        "spf_record", "state"),
    ROW_JOINED_ENUM("dkim", dkim_domain_states,
        "the worst of its keys in use; none: no key is known here; unknown "
        "where no mail leaves in its name",
        "dkim_domain", "state"),
    ROW_JOINED_ENUM("dmarc", dmarc_state_names,
        "its DMARC record; unknown where no mail leaves in its name", "dmarc",
        "state"),
    ROW_JOINED_ENUM("mtasts", mtasts_state_names,
        "its MTA-STS record; unknown where its mail ends elsewhere", "mtasts",
        "state"),
    ROW_JOINED_ENUM("tlsrpt", tlsrpt_state_names,
        "its TLS-RPT record; unknown where its mail ends elsewhere", "tlsrpt",
        "state"),
    ROW_JOINED_ENUM("dane", tlsa_state_names,
        "TLSA records, the worst of its mail servers that are this host; "
        "unknown where its mail ends elsewhere",
        "dane", "state"),
};

static const struct column mx_host_columns[] = {
    ROW_TEXT("domain", "whose mail server it is", SOURCE_WHO),
    ROW_TEXT("host", "its name", SOURCE_MX),
    ROW_NUMBER(
        "preference", UNIT_COUNT, "the lowest is tried first", SOURCE_MX),
    ROW_ENUM("state", domain_mx_host_state_names,
        "ok: it has an address; missing: it has none; literal: its name is an "
        "address; root: a null MX that is none",
        "DNS: A, AAAA"),
    ROW_TEXT("canonical", "it is an alias of this name; empty: it is none",
        "DNS: CNAME"),
    ROW_TEXT("addresses", "its addresses", "DNS: A, AAAA"),
    ROW_TEXT("inside",
        "those of them that are not of the public internet; empty: none",
        "DNS: A, AAAA"),
    ROW_TEXT("problem", "what is wrong, for people", "DNS: A, AAAA"),
    ROW_BOOL("leads_here", "it is this host", "DNS: A, AAAA"),
    ROW_BOOL("alone", "none of the domain's mail servers has an address",
        "DNS: A, AAAA"),
    ROW_LONG_TEXT("record", "the MX record as it stands", SOURCE_MX),
    ROW_LONG_TEXT("paste", "the MX record as it should be", SOURCE_MX),
    ROW_LONG_TEXT(
        "paste_address", "the address record that it needs", SOURCE_MX),
};

const char *const schema_dns_reads[] = {
    "signing_key", "signer", "sender_domain", NULL};

/* As IDENTITY_DOMAINS_MAX. */
#define DOMAINS_MAX 64

const struct table schema_domain = {
    .name = "domain",
    .key = "domain",
    .doc = "the domains of this host's mail, and what the DNS says of them",
    .columns = domain_columns,
    .column_count = ARRAY_COUNT(domain_columns),
    .row_max = DOMAINS_MAX,
    .reads = schema_dns_reads,
};

const struct table schema_mx_host = {
    .name = "mx_host",
    .key = "server",
    .doc = "the mail servers of each domain whose mail ends here: domain/host",
    .columns = mx_host_columns,
    .column_count = ARRAY_COUNT(mx_host_columns),
    .row_max = 4 * DOMAINS_MAX, /* most domains have two */
    .reads = schema_dns_reads,
};
