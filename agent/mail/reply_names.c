/*
 * reply_names.c - the words for causes, sides, scopes and stages
 *
 * Purpose  one text table for each enum of reply.h
 * Input    none: data
 * Errors   none
 * Runs as  both roles
 * Source   SPEC section 2, explain; RFC 5321 section 4.1.1
 */
#include <assert.h>

#include "agent/base/auto.h"
#include "agent/mail/reply.h"

const char *const reply_cause_names[] = {"unknown", "concurrency", "rate",
    "messages-per-connection", "reputation", "authentication", "ptr", "tls",
    "credentials", "recipient-quota", "mailbox-full", "recipient",
    "greylisting", "remote-overload", "remote-fault", "our-overload",
    "our-configuration", "milter", "policy", "network", "blocked", NULL};
static_assert(ARRAY_COUNT(reply_cause_names) == REPLY_CAUSE_MAX + 1, "words");

const char *const reply_side_names[] = {
    "unknown", "sender", "receiver", "network", NULL};
static_assert(ARRAY_COUNT(reply_side_names) == REPLY_SIDE_MAX + 1, "words");

const char *const reply_scope_names[] = {
    "unknown", "address", "domain", "recipient", "message", "account", NULL};
static_assert(ARRAY_COUNT(reply_scope_names) == REPLY_SCOPE_MAX + 1, "words");

const char *const reply_stage_names[] = {"unknown", "connect", "greeting",
    "ehlo", "starttls", "auth", "mail", "rcpt", "data", "end-of-data", "quit",
    NULL};
static_assert(ARRAY_COUNT(reply_stage_names) == REPLY_STAGE_MAX + 1, "words");

const char *const reply_match_names[] = {"none", "general", "exact", NULL};
static_assert(ARRAY_COUNT(reply_match_names) == REPLY_MATCH_MAX + 1, "words");

static const char *const cause_texts[] = {"for a reason that is not known",
    "too many connections from us", "too many messages from us in a time",
    "too many messages in one connection",
    "our address or domain has a bad name there",
    "our mail does not prove who sent it (SPF, DKIM, DMARC)",
    "our address has no reverse name that holds", "TLS is missing or fails",
    "our login is refused", "one mailbox gets mail too quickly",
    "the mailbox is full", "the mailbox cannot be reached",
    "it asks to come back a little later (greylisting)", "it is overloaded",
    "something is broken there", "this host is overloaded",
    "this host's configuration", "a milter is away",
    "a rule there does not allow it", "no connection, or it broke",
    "it blocks us"};
static_assert(ARRAY_COUNT(cause_texts) == REPLY_CAUSE_MAX, "words");

const char *
reply_cause_text(enum reply_cause cause)
{
	return cause_texts[cause < REPLY_CAUSE_MAX ? cause : 0];
}
