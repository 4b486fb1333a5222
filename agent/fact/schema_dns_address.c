/*
 * schema_dns_address.c - facts about the addresses that mail leaves from:
 * address, helo
 *
 * Purpose  the columns of the tables that the check `address` fills
 * Input    none: data
 * Errors   none
 * Runs as  both roles
 * Source   SPEC section 4
 */
#include "agent/dns/address_ptr.h"
#include "agent/fact/schema_rows.h"

#define SOURCE_WHO  "mailfix.conf, main.cf, routes"
#define SOURCE_PTR  "DNS: PTR, A, AAAA"
#define SOURCE_HELO "DNS: A, AAAA"

static const char *const families[] = {"ipv4", "ipv6", NULL};

static const struct column address_columns[] = {
    ROW_ENUM("family", families, "IPv4 or IPv6", SOURCE_WHO),
    ROW_TEXT(
        "source", "where that is known from: configured, route", SOURCE_WHO),
    ROW_TEXT("ptr", "its names", "DNS: PTR"),
    ROW_ENUM("ptr_state", address_ptr_state_names,
        "ok: one of its names leads back to it; missing: it has none; "
        "unconfirmed: none leads back",
        SOURCE_PTR),
    ROW_TEXT("ptr_name", "the name that leads back; empty: none", SOURCE_PTR),
    ROW_TEXT("ptr_problem", "where its names lead instead", SOURCE_PTR),
    ROW_BOOL("v4_ok",
        "each IPv4 address that mail leaves from has a name that leads back",
        SOURCE_PTR),
    ROW_BOOL("v4_first",
        "mail goes over IPv4 where a server has addresses of both kinds",
        "main.cf smtp_address_preference"),
    ROW_TEXT("helo", "the name by which mail from it greets", SOURCE_WHO),
    ROW_BOOL("helo_matches", "that name has this address", SOURCE_HELO),
    ROW_LONG_TEXT("paste", "the PTR record that it should have", SOURCE_PTR),
    ROW_LONG_TEXT("paste_forward",
        "the address record that the name in it lacks", SOURCE_HELO),
};

static const char *const helo_states[] = {
    "ok", "literal", "invalid", "unresolvable", "relayed", "silent", NULL};

static const struct column helo_columns[] = {
    ROW_TEXT("name", "as which this host greets other servers", SOURCE_WHO),
    ROW_ENUM("state", helo_states,
        "ok: a name with an address; literal: [192.0.2.1]; invalid: not what "
        "RFC 5321 asks for, or a name of this host alone; unresolvable: it has "
        "no address; relayed: nobody but a relay hears it; silent: nobody "
        "does, no mail leaves this host",
        SOURCE_HELO),
    ROW_TEXT(
        "problem", "what is wrong, for people; empty: nothing", SOURCE_HELO),
    ROW_TEXT("addresses", "its addresses", SOURCE_HELO),
    ROW_TEXT("ours", "those that mail leaves from", SOURCE_WHO),
    ROW_BOOL("matches", "one of its addresses is one that mail leaves from",
        SOURCE_HELO),
    ROW_TEXT("better",
        "a name of an address that mail leaves from, which leads back to it",
        SOURCE_PTR),
    ROW_LONG_TEXT(
        "paste", "the address record that the name lacks", SOURCE_HELO),
};

/* As IDENTITY_ADDRESSES_MAX, and one for each family that is not known. */
#define ADDRESSES_MAX 34

const struct table schema_address = {
    .name = "address",
    .key = "ip",
    .doc =
        "an address that mail of this host leaves from, as the world sees it",
    .columns = address_columns,
    .column_count = ARRAY_COUNT(address_columns),
    .row_max = ADDRESSES_MAX,
};

const struct table schema_helo = {
    .name = "helo",
    .doc = "the name by which this host greets other servers",
    .columns = helo_columns,
    .column_count = ARRAY_COUNT(helo_columns),
    .row_max = 1,
};
