/*
 * config_cache.h - what was learned from a configuration that has not changed
 *
 * Asking the mail system's tools for its settings, and whether they accept
 * them, takes 20 ms of CPU: as much as all the rest of a run. Both
 * are kept, keyed by the identity of every file that they rest on. A run that
 * changes nothing (dry run, not root) only reads the cache.
 */
#ifndef MAILFIX_MTA_CONFIG_CACHE_H
#define MAILFIX_MTA_CONFIG_CACHE_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/mem.h"
#include "agent/base/why.h"
#include "agent/mta/mta.h"

/* In the state directory. */
#define CONFIG_CACHE_NAME "config-cache"

/* Settings are about 3 kB; an admin's own lists of maps may be longer. */
#define CONFIG_CACHE_BYTES_MAX (1024U * 1024U)

/*
 * config_cache_key - identity of files and directories: device, inode, mode,
 * owner, size, times to the nanosecond; a missing one counts as missing
 *
 * contents     NULL-terminated: any change of them counts
 * directories  NULL-terminated: mode, owner and inode count, not what is in it
 */
const char *config_cache_key(struct arena *arena, const char *version,
    const char *const *contents, const char *const *directories);

/*
 * config_cache_load - read it
 *
 * Returns 1 with *ret_text when it was made with this very key, 0 with
 * *ret_text when it is of an earlier configuration, or a negative errno: none,
 * unreadable, damaged, or writable by others than root. Not an error worth
 * telling: then nothing is cached.
 */
int config_cache_load(struct arena *arena, const char *dir, const char *key,
    const char **ret_text, struct why *why);

/* config_cache_write - put key and text in its place; the dir must exist */
int config_cache_write(
    const char *dir, const char *key, const char *text, struct why *why);

/*
 * config_cache_store - after a look that found the configuration valid
 *
 * For the end of a run that may write. Does nothing when the cache is as it
 * should be already. Returns 0 or a negative errno.
 */
int config_cache_store(const struct mta *mta, const char *dir, struct why *why);

#endif
