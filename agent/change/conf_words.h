/*
 * conf_words.h - what may be written into a configuration file at all
 */
#ifndef MAILFIX_CHANGE_CONF_WORDS_H
#define MAILFIX_CHANGE_CONF_WORDS_H

#include "agent/change/change.h"
#include "agent/mta/postfix_edit.h"

/* Transports, parameters and tables of our own; nobody else's are called so. */
#define CONF_OURS            "mailfix-"
#define CONF_TABLE_OURS      "mailfix_"
#define CONF_TABLE_TRANSPORT "mailfix_transport"

/* conf_word_ok - not empty, and nothing but letters, digits and `more` */
bool conf_word_ok(const char *text, const char *more);

/*
 * conf_value_check - may it stand as a value in one line?
 * No newline and no other control; valid UTF-8; of sane length: what is in a
 * record must read the same as it was written.
 * Returns 0 or -EPERM.
 */
int conf_value_check(const char *name, const char *value, struct why *why);

/*
 * conf_unused - does nothing send mail by this transport of ours any more?
 *
 * Looks at the rows of our table, and at all of main.cf but the transport's
 * own parameters. Returns 0, -EBUSY with why, or another negative errno.
 */
int conf_unused(
    struct change_host *host, const char *transport, struct why *why);

#endif
