/*
 * conf_reload.h - a changed configuration checked, and taken up
 */
#ifndef MAILFIX_CHANGE_CONF_RELOAD_H
#define MAILFIX_CHANGE_CONF_RELOAD_H

#include "agent/change/change.h"

/* The words of a change's detail. */
#define CONF_RELOAD      "reload"
#define CONF_RELOAD_UNDO "reload-after-undo"
#define CONF_RELOAD_BOTH "reload both"

/* conf_reload_is_due - by the detail, when it is performed or undone */
bool conf_reload_is_due(const struct change *change, bool is_undo);

/* conf_reload_words - is the detail one of those, or none? 0, or -EINVAL */
int conf_reload_words(const struct change *change, struct why *why);

/*
 * conf_check - does the mail system take its configuration as it is now?
 * Returns 0; -EPERM with its own words when it refuses; or another negative
 * errno when it could not be asked.
 */
int conf_check(struct change_host *host, struct why *why);

/*
 * conf_reload - have the running mail system read its configuration again
 *
 * Through its unit where it has one, else by its own command. One that does
 * not run will read it when it starts: 0 at once. Returns when it has done so
 * and still runs, or a negative errno.
 */
int conf_reload(struct change_host *host, struct why *why);

#endif
