/*
 * ufw_host.h - ufw on this host: its files, its command
 */
#ifndef MAILFIX_CHANGE_UFW_HOST_H
#define MAILFIX_CHANGE_UFW_HOST_H

#include "agent/change/change.h"
#include "agent/change/ufw_tuple.h"

enum ufw_family { UFW_IPV4, UFW_IPV6, UFW_FAMILY_MAX };

/* ufw_is_enabled - 0; -ESTALE: it is not, or not installed */
int ufw_is_enabled(struct why *why);

/* ufw_rules_read - the file of that family; no file, no rules */
int ufw_rules_read(struct arena *arena, enum ufw_family family,
    struct ufw_tuples *ret, struct why *why);

/* ufw_rules_keep, _kept, _put - the file's image: kept, its rules, put back */
int ufw_rules_keep(
    struct change_host *host, enum ufw_family family, struct why *why);
int ufw_rules_kept(struct change_host *host, enum ufw_family family,
    struct ufw_tuples *ret, struct why *why);
int ufw_rules_put(
    struct change_host *host, enum ufw_family family, struct why *why);

/*
 * ufw_allow - `ufw allow`, or with a number `ufw insert`
 * ufw_delete - take an allow out again
 * ufw_again - make a rule that was there before, action and comment and all
 * Return 0 when ufw says so; -EIO with what it said.
 */
int ufw_allow(struct arena *arena, enum ufw_family family, size_t number,
    uint16_t port, const char *comment, struct why *why);
int ufw_delete(struct arena *arena, enum ufw_family family, uint16_t port,
    struct why *why);
int ufw_again(struct arena *arena, enum ufw_family family,
    const struct ufw_tuple *tuple, uint16_t port, struct why *why);

#endif
