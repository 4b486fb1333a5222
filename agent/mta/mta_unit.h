/*
 * mta_unit.h - which unit of systemd runs the mail system, and what belongs
 * to it
 */
#ifndef MAILFIX_MTA_MTA_UNIT_H
#define MAILFIX_MTA_MTA_UNIT_H

#include <sys/types.h>

#include <stdbool.h>

#include "agent/mta/mta.h"
#include "agent/sys/bus.h"

/*
 * mta_unit_find - the unit that runs it, or would
 *
 * pid  of the main process; 0 when none runs: then it is the unit whose
 *      ExecStart= starts the mail system. On Debian postfix.service is a dummy.
 *
 * Returns 0, -ENOENT when there is no such unit, or another negative errno.
 */
int mta_unit_find(struct bus *bus, struct arena *arena, const struct mta *mta,
    pid_t pid, struct bus_unit *ret, struct why *why);

/*
 * mta_unit_is_pulled - is it started at boot, itself or by a unit that is?
 *
 * ret_masked  set when a unit that it is part of is masked: then somebody
 *             wants it to stay off
 */
bool mta_unit_is_pulled(struct bus *bus, struct arena *arena,
    const struct bus_unit *unit, bool *ret_masked);

/*
 * mta_peer_units - names under which the service of a peer may be installed
 * NULL-ended; empty when the endpoint says nothing.
 */
const char *const *mta_peer_units(const struct mta_peer *peer);

/*
 * mta_peer_socket - the inode of the local socket that listens there
 * Returns 1 with *ret, 0: nothing listens there, or it is on another host; or
 * a negative errno.
 */
struct sockdiag_listener;
int mta_peer_socket(const struct mta *mta, const struct mta_peer *peer,
    const struct sockdiag_listener *listeners, size_t count, uint64_t *ret);

#endif
