/*
 * firewalld.h - ports of a zone, asked for and changed over D-Bus
 *
 * Both settings at once: the running one, and the one that is read at the next
 * reload. Nothing of sd-bus leaves this module.
 */
#ifndef MAILFIX_SYS_FIREWALLD_H
#define MAILFIX_SYS_FIREWALLD_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/why.h"

/* firewalld's own limit of a zone's name is 17 (the kernel's, less its own). */
#define FIREWALLD_ZONE_MAX 32

struct firewalld_port {
	bool is_running, is_permanent;
};

/* firewalld_zone_is_valid - letters, digits, "-", "_"; not longer than may be */
bool firewalld_zone_is_valid(const char *zone);

/*
 * firewalld_port_look - has this zone this TCP port?
 * -ENOENT: no such zone; -ENOTCONN: firewalld does not run.
 */
int firewalld_port_look(const char *zone, uint16_t port,
    struct firewalld_port *ret, struct why *why);

/*
 * firewalld_port_set - add it or take it out, in one of the two settings
 * Returns 0; -EALREADY when it is so already, by somebody else.
 */
int firewalld_port_set(const char *zone, uint16_t port, bool is_permanent,
    bool is_to_be, struct why *why);

#endif
