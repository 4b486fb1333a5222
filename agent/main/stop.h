/*
 * stop.h - SIGTERM, SIGINT and SIGHUP: finish the change at hand, then end
 */
#ifndef MAILFIX_MAIN_STOP_H
#define MAILFIX_MAIN_STOP_H

#include <stdbool.h>

/* stop_watch - from now on these signals only set a mark; a reader that goes
 * away is seen as a failed write */
void stop_watch(void);

/* stop_is_asked - did one come? user is not used */
bool stop_is_asked(void *user);

/*
 * stop_or_input - wait for either; true: there is something to read
 * A signal that comes between the last look at the mark and the wait ends the
 * wait, too.
 */
bool stop_or_input(int fd);

#endif
