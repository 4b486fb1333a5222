/*
 * queue_guard.h - how much of a queue may be taken away at once
 */
#ifndef MAILFIX_CHANGE_QUEUE_GUARD_H
#define MAILFIX_CHANGE_QUEUE_GUARD_H

#include <stddef.h>

#include "agent/base/why.h"

/*
 * queue_guard - refuse what looks like a choice gone wrong
 *
 * count     messages to be held or pruned
 * matched   messages that the choice matched, before the cap
 * in_state  messages in that state in all
 *
 * Returns 0, -EALREADY when there is nothing, or -EPERM when the choice is the
 * whole state, or when more than half of it would be taken away.
 */
int queue_guard(size_t count, size_t matched, size_t in_state,
    const char *state, struct why *why);

#endif
