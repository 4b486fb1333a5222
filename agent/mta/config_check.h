/*
 * config_check.h - does the configuration pass the mail system's own check?
 */
#ifndef MAILFIX_MTA_CONFIG_CHECK_H
#define MAILFIX_MTA_CONFIG_CHECK_H

#include <sys/types.h>

#include <stdbool.h>

#include "agent/base/mem.h"
#include "agent/base/why.h"
#include "agent/mta/mta.h"

/* Longest text of an answer, its NUL included. */
#define CONFIG_CHECK_TEXT_MAX 512

struct config_check {
	bool is_valid;
	char text[CONFIG_CHECK_TEXT_MAX]; /* what is wrong; "" when valid */
};

/*
 * config_check_run - ask, and change nothing
 *
 * The settings, the service table, the mail system's own tools, and, as root,
 * its own whole check: read-only, so that it cannot repair what it finds.
 * Never answered from the cache. Takes up to half a second.
 * Returns 0 with *ret, or a negative errno when it could not be told.
 */
int config_check_run(
    const struct mta *mta, struct config_check *ret, struct why *why);

/*
 * config_check_start - the same beside the caller, in a process of its own
 *
 * is_quick  without the whole check, which costs a third of a second of CPU:
 *           for a mail system that runs with this very configuration
 * ret_fd    gets exactly one answer and its end; for config_check_read
 */
int config_check_start(const struct mta *mta, bool is_quick, pid_t *ret_pid,
    int *ret_fd, struct why *why);

/* config_check_read - as config_check_run, from such a descriptor */
int config_check_read(int fd, struct config_check *ret, struct why *why);

#endif
