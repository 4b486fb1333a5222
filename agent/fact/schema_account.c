/*
 * schema_account.c - facts about who sends from here: account, sender_domain
 *
 * Purpose  the columns of two tables that the log's probe fills
 * Input    none: data
 * Errors   none
 * Runs as  both roles
 * Source   SPEC section 4; smtpd(8), pickup(8), qmgr(8) for what is logged
 */
#include "agent/fact/schema_rows.h"

#define SOURCE_LOG  "mail log, 15 min"
#define SOURCE_NORM "mail log, kept since the account was first seen"

/* In the order of enum tally_account_kind. */
static const char *const account_kinds[] = {"login", "uid", "client", NULL};

static const struct column account_columns[] = {
    ROW_ENUM("kind", account_kinds,
        "login: with a name and a password; uid: a user of this host, by "
        "sendmail(1); client: a host in mynetworks, without a login",
        SOURCE_LOG),
    ROW_TEXT("name", "the login, the uid, or the address", SOURCE_LOG),
    ROW_TEXT("user",
        "the name of that uid; empty: it has none, or is not a uid",
        "/etc/passwd"),
    ROW_NUMBER("messages", UNIT_COUNT,
        "messages taken from it; one that a content filter gives back is the "
        "same, and one with the null sender does not count",
        SOURCE_LOG),
    ROW_NUMBER("recipients", UNIT_COUNT, "recipients of these", SOURCE_LOG),
    ROW_NUMBER("passed_on", UNIT_COUNT,
        "messages that had passed here before as another's, by their "
        "Message-ID: a filter or a list gives them back; counted nowhere else",
        SOURCE_LOG),
    ROW_NUMBER("passed_share", UNIT_SHARE, "passed_on / (messages + passed_on)",
        SOURCE_LOG),
    ROW_NUMBER("sender_domains", UNIT_COUNT,
        "different domains of its senders, before SRS (estimate)", SOURCE_LOG),
    ROW_NUMBER("outside", UNIT_COUNT,
        "different recipients of it that were tried elsewhere (estimate; "
        "above 2,000 at least so many)",
        SOURCE_LOG),
    ROW_NUMBER("fresh", UNIT_COUNT,
        "of these, such as have never taken mail from this host (estimate)",
        SOURCE_LOG),
    ROW_NUMBER("fresh_share", UNIT_SHARE, "fresh / outside", SOURCE_LOG),
    ROW_NUMBER(
        "sent", UNIT_COUNT, "recipients delivered elsewhere", SOURCE_LOG),
    ROW_NUMBER("bounced", UNIT_COUNT,
        "recipients refused for good, for what the recipient or the message "
        "is: no such mailbox, spam",
        SOURCE_LOG),
    ROW_NUMBER("blocked", UNIT_COUNT,
        "tries refused for what is thought of this host: a list, a limit",
        SOURCE_LOG),
    ROW_NUMBER("bounce_share", UNIT_SHARE,
        "bounced / (sent + bounced + blocked)", SOURCE_LOG),
    ROW_BOOL("is_new",
        "it has no norm: it sent in less than three different "
        "hours, or not before today",
        SOURCE_NORM),
    ROW_NUMBER("norm", UNIT_COUNT,
        "recipients in its busy hours until now; unknown: too new to tell",
        SOURCE_NORM),
    ROW_NUMBER(
        "norm_messages", UNIT_COUNT, "messages in its busy hours", SOURCE_NORM),
    ROW_NUMBER("times", UNIT_COUNT,
        "recipients / norm, which is at least 10 for this; 50 of a new one",
        SOURCE_NORM),
    ROW_TEXT(
        "sender", "the sender address that it uses most, lately", SOURCE_LOG),
    ROW_TEXT("sender_domain", "the domain of that", SOURCE_LOG),
    ROW_NUMBER("since", UNIT_SECONDS, "since it was first seen", SOURCE_NORM),
    ROW_NUMBER("last", UNIT_SECONDS, "since its last message", SOURCE_LOG),
};

/* As many as a person reads; the tally follows more. */
#define ACCOUNTS_MAX 100

const struct table schema_account = {
    .name = "account",
    .key = "account",
    .doc = "who sends from here (login:NAME, uid:N, client:ADDRESS), those "
           "whose mail is refused most first",
    .columns = account_columns,
    .column_count = ARRAY_COUNT(account_columns),
    .row_max = ACCOUNTS_MAX,
};

static const struct column sender_domain_columns[] = {
    ROW_NUMBER("messages", UNIT_COUNT,
        "messages from this domain, submitted by accounts of this host",
        SOURCE_LOG),
    ROW_NUMBER(
        "last", UNIT_SECONDS, "since the last of them", "mail log, 30 days"),
};

#define SENDER_DOMAINS_MAX 64

const struct table schema_sender_domain = {
    .name = "sender_domain",
    .key = "domain",
    .doc = "sender domains of mail that accounts of this host submitted, the "
           "most frequent first",
    .columns = sender_domain_columns,
    .column_count = ARRAY_COUNT(sender_domain_columns),
    .row_max = SENDER_DOMAINS_MAX,
};
