/*
 * unit_names.h - the units that belong to mail, by what root has configured
 */
#ifndef MAILFIX_PROBES_UNIT_NAMES_H
#define MAILFIX_PROBES_UNIT_NAMES_H

#include "agent/base/config.h"
#include "agent/base/mem.h"
#include "agent/mta/mta.h"

/* Resolvers that a host may have; NULL-ended. The first is systemd's stub. */
extern const char *const unit_resolver_names[];

/*
 * unit_names_configured - what mailfix.conf names; NULL-ended
 * config may be NULL, as "auto" it names none. ".service" is put behind a word
 * without a dot.
 */
const char *const *unit_names_configured(
    struct arena *arena, const struct config *config);

/*
 * unit_names_all - every name that a service of mail may have on this host
 *
 * The mail system's own, those of the milters, filters and authentication that
 * its configuration names, the configured ones, resolvers. NULL-ended. It does
 * not rest on anything that an observer told.
 */
const char *const *unit_names_all(
    struct arena *arena, const struct mta *mta, const struct config *config);

#endif
