/*
 * journal_send.h - one structured entry into the journal
 */
#ifndef MAILFIX_SYS_JOURNAL_SEND_H
#define MAILFIX_SYS_JOURNAL_SEND_H

#include <stddef.h>

#include "agent/base/why.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

struct journal_field {
	const char *name;  /* "MAILFIX_SEQ" */
	const char *value; /* text; what follows a newline is left out */
};

/*
 * journal_send - never waits: a journal that hangs must not stop a repair
 *
 * path  JOURNAL_SOCKET, or another one in tests
 * Returns 0, or a negative errno when the journal did not take it.
 */
int journal_send(const char *path, const struct journal_field *fields,
    size_t count, struct why *why);

#endif
