/*
 * bus.h - questions to systemd over D-Bus; asks only, never changes
 *
 * Nothing of sd-bus leaves this module. Texts of systemd are bounded and may
 * hold anything that a unit file may: the reader escapes them.
 */
#ifndef MAILFIX_SYS_BUS_H
#define MAILFIX_SYS_BUS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/auto.h"
#include "agent/base/mem.h"
#include "agent/base/why.h"

struct bus; /* heap */

/* What systemd knows of one unit. Texts are in the arena, never NULL. */
struct bus_unit {
	const char *name, *description;
	const char *load, *active, *sub;
	const char *file_state; /* "enabled", "static", "masked", ""; */
	const char *result;     /* of a service; "" otherwise */
	const char *const
	    *pulled_by;              /* WantedBy, RequiredBy, ...; NULL-ended */
	const char *const *part_of;  /* stops with these; NULL-ended */
	const char *const *programs; /* of ExecStart=; NULL-ended */
	uint32_t job;                /* id; 0: none waits or runs */
	uint32_t restarts;
	uint32_t main_pid; /* 0: none, or systemd does not know it */
	uint64_t since_us; /* CLOCK_MONOTONIC; 0: never changed */
};

/* Answers come in under a millisecond; a bus that hangs is no bus. */
#define BUS_CALL_MS 1000U

/*
 * bus_open - connect to the system bus
 * Returns 0, or a negative errno with why: no bus is there, or it refuses.
 */
int bus_open(struct bus **ret, struct why *why);
struct bus *bus_free(struct bus *bus); /* NULL allowed; returns NULL */
AUTO_DEFINE(struct bus, bus_free);

/* bus_fd - its socket, for a sandbox that closes all others; -1 without one */
int bus_fd(const struct bus *bus);

/*
 * bus_unit_of_pid - name of the unit that a process belongs to
 * Returns 0, -ENOENT when it belongs to none, or another negative errno.
 */
int bus_unit_of_pid(struct bus *bus, struct arena *arena, pid_t pid,
    const char **ret, struct why *why);

/*
 * bus_unit_read - all of one unit; a name that has no unit gives load
 * "not-found"
 */
int bus_unit_read(struct bus *bus, struct arena *arena, const char *name,
    struct bus_unit *ret, struct why *why);

/*
 * bus_unit_files - which of these units are installed
 *
 * names  NULL-terminated; patterns are allowed
 * Returns how many, with their names in *ret, NULL-ended; or a negative errno.
 */
int bus_unit_files(struct bus *bus, struct arena *arena,
    const char *const *names, const char *const **ret, struct why *why);

#endif
