/*
 * schema_log.c - facts from the mail log: log, destination, client
 *
 * Purpose  the columns of the tables that the log's probe fills; columns whose
 *          source is "joined" are filled by the actor from other tables
 * Input    none: data
 * Errors   none
 * Runs as  both roles
 * Source   SPEC section 4; postfix-logs, RFC 5321 section 4.2
 */
#include "agent/fact/schema_rows.h"
#include "agent/mail/log_event.h"

#define SOURCE_LOG   "mail log, 15 min"
#define SOURCE_STEP  "mail log, since the step"
#define SOURCE_STATE "state"

static const struct column log_columns[] = {
    ROW_TEXT("source", "where it was read: journal, or a file", "the host"),
    ROW_NUMBER("window", UNIT_SECONDS, "how far back it was read",
        "time of its lines"),
    ROW_NUMBER("lines", UNIT_COUNT, "lines of the mail system", SOURCE_LOG),
    ROW_NUMBER(
        "sent", UNIT_COUNT, "recipients delivered elsewhere", SOURCE_LOG),
    ROW_NUMBER("deferred", UNIT_COUNT,
        "tries put off; repeats of an old refusal do not count", SOURCE_LOG),
    ROW_NUMBER(
        "bounced", UNIT_COUNT, "recipients refused for good", SOURCE_LOG),
    ROW_NUMBER("rejected", UNIT_COUNT, "commands of clients that we refused",
        SOURCE_LOG),
    ROW_NUMBER(
        "r421_out", UNIT_COUNT, "421s that we were answered", SOURCE_LOG),
    ROW_NUMBER("r421_in", UNIT_COUNT,
        "421s that we gave, and 450, 452, 454 for a limit or a fault of ours",
        SOURCE_LOG),
    ROW_NUMBER(
        "timeouts", UNIT_COUNT, "connections out that timed out", SOURCE_LOG),
    ROW_NUMBER(
        "refused", UNIT_COUNT, "connections out that were refused", SOURCE_LOG),
    ROW_NUMBER("lost", UNIT_COUNT, "connections out that broke", SOURCE_LOG),
    ROW_NUMBER("destinations", UNIT_COUNT,
        "domains tried; those that failed without a connection included",
        SOURCE_LOG),
    ROW_NUMBER("destinations_down", UNIT_COUNT,
        "of the domains tried, those to which no connection was made",
        SOURCE_LOG),
    ROW_NUMBER("auth_failures", UNIT_COUNT, "logins of clients that failed",
        SOURCE_LOG),
    ROW_NUMBER(
        "auth_clients", UNIT_COUNT, "addresses they came from", SOURCE_LOG),
    ROW_NUMBER("relay_auth_failures", UNIT_COUNT,
        "our own logins at a relay that were refused", SOURCE_LOG),
    ROW_TEXT("relay_auth_reply", "what the relay said", SOURCE_LOG),
    ROW_TEXT("relay_auth_host", "that relay", SOURCE_LOG),
    ROW_NUMBER(
        "tls_errors", UNIT_COUNT, "TLS handshakes that failed", SOURCE_LOG),
    ROW_NUMBER("connections", UNIT_COUNT, "connections of clients", SOURCE_LOG),
    ROW_NUMBER("session_time", UNIT_SECONDS,
        "how long a client stayed, in the middle (median)", SOURCE_LOG),
    ROW_NUMBER("in_clients", UNIT_COUNT,
        "refused by us for the number or rate of one client's connections",
        SOURCE_LOG),
    ROW_NUMBER("in_processes", UNIT_COUNT,
        "a service of ours was full, or we said that all ports are busy",
        SOURCE_LOG),
    ROW_TEXT("full_service", "the service that was full", SOURCE_LOG),
    ROW_BOOL("stress", "the mail system runs in its stress mode",
        "mail log, since it last began"),
    ROW_NUMBER("in_milter", UNIT_COUNT, "refused by us for want of a milter",
        SOURCE_LOG),
    ROW_TEXT("milter", "that milter, as configured", SOURCE_LOG),
    ROW_TEXT("milter_error", "what was wrong with it", SOURCE_LOG),
    ROW_NUMBER("in_storage", UNIT_COUNT, "refused by us for want of space",
        SOURCE_LOG),
    ROW_NUMBER("in_lookup", UNIT_COUNT,
        "refused by us since a table or a policy service failed", SOURCE_LOG),
    ROW_TEXT("lookup", "that table or service", SOURCE_LOG),
    ROW_TEXT("lookup_error", "what was wrong with it", SOURCE_LOG),
    ROW_NUMBER(
        "in_shutdown", UNIT_COUNT, "refused by us while stopping", SOURCE_LOG),
    ROW_TEXT("flood_account",
        "whose mail from here is refused most, for people: \"login:x: 900 "
        "recipients in 15 min, 700 refused\"; \"none\": nobody's",
        SOURCE_LOG),
    ROW_NUMBER("reached_v4", UNIT_COUNT,
        "tries in which a server outside answered at port 25 over IPv4; with "
        "a relay: the relay at its port",
        SOURCE_LOG),
    ROW_NUMBER("reached_v6", UNIT_COUNT, "the same over IPv6", SOURCE_LOG),
    ROW_NUMBER("unreached_v4", UNIT_COUNT,
        "tries at which such a connection was not made", SOURCE_LOG),
    ROW_NUMBER("unreached_v6", UNIT_COUNT, "the same over IPv6", SOURCE_LOG),
};

const struct table schema_log = {
    .name = "log",
    .doc = "what the mail log told in the last 15 minutes",
    .columns = log_columns,
    .column_count = ARRAY_COUNT(log_columns),
    .row_max = 1,
};

static const struct column destination_columns[] = {
    ROW_NUMBER("attempts", UNIT_COUNT,
        "tries to deliver a message, of which it had its chance", SOURCE_LOG),
    ROW_NUMBER("sent", UNIT_COUNT, "messages it took", SOURCE_LOG),
    ROW_NUMBER("deferred", UNIT_COUNT, "tries put off", SOURCE_LOG),
    ROW_NUMBER("bounced", UNIT_COUNT, "messages refused for good", SOURCE_LOG),
    ROW_NUMBER("r421", UNIT_COUNT, "tries answered 421", SOURCE_LOG),
    ROW_NUMBER("r4xx", UNIT_COUNT, "tries answered by another 4xx", SOURCE_LOG),
    ROW_NUMBER("r5xx", UNIT_COUNT, "tries answered 5xx", SOURCE_LOG),
    ROW_NUMBER(
        "timeouts", UNIT_COUNT, "connections that timed out", SOURCE_LOG),
    ROW_NUMBER(
        "refused", UNIT_COUNT, "connections that were refused", SOURCE_LOG),
    ROW_NUMBER("lost", UNIT_COUNT, "connections that broke", SOURCE_LOG),
    ROW_NUMBER("share_421", UNIT_SHARE, "r421 / attempts", SOURCE_LOG),
    ROW_NUMBER("share_down", UNIT_SHARE,
        "tries without any connection / attempts", SOURCE_LOG),
    ROW_ENUM("cause", reply_cause_names, "why it refuses, most of all",
        "replies.ini"),
    ROW_NUMBER(
        "cause_count", UNIT_COUNT, "tries refused for that cause", SOURCE_LOG),
    ROW_TEXT("cause_text", "the same in words", "replies.ini"),
    ROW_ENUM("side", reply_side_names, "who must act", "replies.ini"),
    ROW_ENUM("scope", reply_scope_names, "what it refuses", "replies.ini"),
    ROW_ENUM("stage", reply_stage_names, "where in the dialogue", SOURCE_LOG),
    ROW_ENUM("match", reply_match_names, "how well the text is known",
        "replies.ini"),
    ROW_TEXT("reply", "what it said, the latest of that cause", SOURCE_LOG),
    ROW_TEXT("remedy", "what to do about it", "replies.ini"),
    ROW_NUMBER("wait", UNIT_SECONDS,
        "it says when to come back; 0: it does not", "its reply"),
    ROW_NUMBER("said_rate", UNIT_PER_SECOND,
        "it says how many it takes; 0: it does not", "its reply"),
    ROW_NUMBER("usual", UNIT_COUNT,
        "what this provider is known to take, by its cause: sessions, "
        "messages a second, or in a connection; 0: not known",
        "replies.ini"),
    ROW_TEXT("relay", "the server that said it: name[address]", SOURCE_LOG),
    ROW_NUMBER(
        "first_refused", UNIT_SECONDS, "since the first refusal", SOURCE_LOG),
    ROW_NUMBER(
        "last_refused", UNIT_SECONDS, "since the last refusal", SOURCE_LOG),
    ROW_NUMBER("opened", UNIT_COUNT, "the most sessions that we had at a time",
        SOURCE_LOG),
    ROW_NUMBER("alive", UNIT_COUNT,
        "the most sessions that it served while it refused others", SOURCE_LOG),
    ROW_NUMBER("accepted_rate", UNIT_PER_SECOND,
        "messages it took before and while it refused others", SOURCE_LOG),
    ROW_NUMBER("per_session", UNIT_COUNT,
        "messages it took in a connection before it refused more", SOURCE_LOG),
    ROW_TEXT(
        "transport", "what last tried: smtp, relay, mailfix-c2", SOURCE_LOG),
    ROW_TEXT("step", "how far mailfix has slowed it: c2, d10; empty: not",
        SOURCE_STATE),
    ROW_NUMBER("step_age", UNIT_SECONDS, "since that step", SOURCE_STATE),
    ROW_NUMBER("step_attempts", UNIT_COUNT, "tries by that step", SOURCE_STEP),
    ROW_NUMBER("step_sent", UNIT_COUNT, "messages it took", SOURCE_STEP),
    ROW_NUMBER("step_refused", UNIT_COUNT,
        "tries refused for a cause that going slower cures", SOURCE_STEP),
    ROW_NUMBER(
        "step_share", UNIT_SHARE, "step_refused / step_attempts", SOURCE_STEP),
    ROW_TEXT("too_much", "the step that was refused last; empty: none",
        SOURCE_STATE),
    ROW_NUMBER("rise_wait", UNIT_SECONDS,
        "how long to wait before the next step up", SOURCE_STATE),
    ROW_NUMBER("pause", UNIT_SECONDS, "what is left of a suspension; 0: none",
        SOURCE_STATE),
    ROW_JOINED_AS("group", COLUMN_TEXT,
        "the domain it shares a limit with: the same mail servers, or itself",
        "mx", "group"),
    ROW_JOINED_AS("moved", COLUMN_BOOL,
        "it is sent by the name of servers that it no longer has", "mx",
        "moved"),
    ROW_JOINED("queued", UNIT_COUNT, "messages that wait for it",
        "queue_destination", "messages", "queue"),
    ROW_JOINED("active", UNIT_COUNT, "of these, being delivered",
        "queue_destination", "active", "queue"),
    ROW_JOINED("oldest", UNIT_SECONDS, "age of the oldest one not on hold",
        "queue_destination", "oldest", "queue"),
    ROW_NUMBER("concurrency", UNIT_COUNT, "sessions open to it now",
        "NETLINK_SOCK_DIAG, or the log"),
};

/*
 * As many as a person reads, and rules judge, in one run: those that refuse
 * most come first. The tally follows more of them.
 */
#define DESTINATIONS_MAX 200

const struct table schema_destination = {
    .name = "destination",
    .key = "domain",
    .doc = "where mail goes, and what was answered, worst first",
    .columns = destination_columns,
    .column_count = ARRAY_COUNT(destination_columns),
    .row_max = DESTINATIONS_MAX,
};

static const struct column client_columns[] = {
    ROW_TEXT("name", "its name; unknown: it has none that holds", SOURCE_LOG),
    ROW_NUMBER("connections", UNIT_COUNT, "connections it made", SOURCE_LOG),
    ROW_NUMBER("at_once", UNIT_COUNT, "the most of them at a time", SOURCE_LOG),
    ROW_NUMBER("messages", UNIT_COUNT, "messages taken from it", SOURCE_LOG),
    ROW_NUMBER("r421", UNIT_COUNT, "times we refused it for a limit or fault",
        SOURCE_LOG),
    ROW_ENUM("why", log_why_names, "why, most of all", SOURCE_LOG),
    ROW_NUMBER("auth_failures", UNIT_COUNT, "logins that failed", SOURCE_LOG),
    ROW_NUMBER("rejects", UNIT_COUNT, "commands that we refused by policy",
        SOURCE_LOG),
    ROW_BOOL("own", "one of our own networks: never to be limited",
        "mynetworks, smtpd_client_event_limit_exceptions"),
    ROW_TEXT(
        "service", "what it talked to: smtpd, submission/smtpd", SOURCE_LOG),
};

const struct table schema_client = {
    .name = "client",
    .key = "address",
    .doc = "who talks to us, and whom we refused, worst first",
    .columns = client_columns,
    .column_count = ARRAY_COUNT(client_columns),
    .row_max = DESTINATIONS_MAX,
};
