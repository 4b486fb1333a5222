/*
 * change_store.h - short texts that a kind keeps beside its before-image
 */
#ifndef MAILFIX_CHANGE_CHANGE_STORE_H
#define MAILFIX_CHANGE_CHANGE_STORE_H

#include "agent/change/change.h"

/* A state name, a hash, an owner: one line. */
#define CHANGE_STORE_TEXT_MAX 1024U

/* change_store_put - durable on return; replaces what was there */
int change_store_put(struct change_host *host, const char *name,
    const char *text, struct why *why);

/*
 * change_store_get - text in host->arena
 * Returns 1, 0 when it was never put (then *ret is NULL), or a negative errno.
 */
int change_store_get(struct change_host *host, const char *name,
    const char **ret, struct why *why);

#endif
