/*
 * log_event.c - the words for why we refuse a client
 *
 * Purpose  one text table for enum log_why
 * Input    none: data
 * Errors   none
 * Runs as  both roles
 * Source   SPEC section 4, client
 */
#include "agent/mail/log_event.h"

#include <assert.h>

#include "agent/base/auto.h"

const char *const log_why_names[] = {"none", "count", "rate", "messages",
    "auth", "tls", "processes", "milter", "storage", "lookup", "shutdown",
    "config", "errors", "timeout", "policy", NULL};
static_assert(ARRAY_COUNT(log_why_names) == LOG_WHY_MAX + 1, "words");
