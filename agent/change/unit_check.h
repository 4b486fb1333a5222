/*
 * unit_check.h - may this unit be started, restarted or reloaded, now?
 */
#ifndef MAILFIX_CHANGE_UNIT_CHECK_H
#define MAILFIX_CHANGE_UNIT_CHECK_H

#include "agent/change/change.h"

/* unit_check - the check of kind "unit", as change.h says */
int unit_check(
    const struct change *change, struct change_host *host, struct why *why);

/* unit_name_check - a service, well-formed, and not one the host hangs on */
int unit_name_check(const char *name, struct why *why);

#endif
