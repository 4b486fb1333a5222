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
 * config_check_run - ask for all that can be known, and change nothing
 *
 * The settings, the service table, the mail system's own tools, and, as root,
 * its own whole check: read-only, so that it cannot repair what it finds; left
 * out where the kernel cannot make sure of that. Never answered from the cache.
 * For the moment before a start: takes up to half a second, and longer with a
 * long queue, which the whole check walks.
 * Returns 0 with *ret, or a negative errno when it could not be told.
 */
int config_check_run(
    const struct mta *mta, struct config_check *ret, struct why *why);

/*
 * config_check_quick - the mail system's own tools alone, on the configuration
 * as it is at this moment; some ten milliseconds. For the moment after an edit.
 */
int config_check_quick(
    const struct mta *mta, struct config_check *ret, struct why *why);

/*
 * config_check_start - the same without the whole check, beside the caller, in
 * a process of its own; leaves no line in any log
 *
 * ret_fd  gets exactly one answer and its end; for config_check_read
 */
int config_check_start(
    const struct mta *mta, pid_t *ret_pid, int *ret_fd, struct why *why);

/* config_check_read - as config_check_run, from such a descriptor */
int config_check_read(int fd, struct config_check *ret, struct why *why);

#endif
