/*
 * rule_mark.h - the comment by which a rule of ours is known
 */
#ifndef MAILFIX_CHANGE_RULE_MARK_H
#define MAILFIX_CHANGE_RULE_MARK_H

#include "agent/change/change.h"

/* rule_mark - "mailfix 20261122T101500-4f2a/2", from the record's directory */
const char *rule_mark(const struct change_host *host);

/* rule_mark_of - of another change of the same run */
const char *rule_mark_of(const struct change_host *host, unsigned id);

/* rule_mark_check - is it one that firewalls take as a comment? -EINVAL */
int rule_mark_check(const struct change_host *host, struct why *why);

#endif
