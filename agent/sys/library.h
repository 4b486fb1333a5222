/*
 * library.h - a shared library that only some processes need
 *
 * libldns brings libcrypto with it, 1.7 ms of every start; so they are loaded
 * when they are needed (as systemd loads what few of its programs need): by the
 * observers that use them, before their sandbox closes, and libidn2 by the actor
 * where a name is not ASCII.
 */
#ifndef MAILFIX_SYS_LIBRARY_H
#define MAILFIX_SYS_LIBRARY_H

#include <stddef.h>

#include "agent/base/why.h"

struct library_symbol {
	const char *name;
	void *ret; /* of a pointer to a function of that type */
};

/*
 * library_load - open it and find all of its symbols
 *
 * soname  "libldns.so.3"; stays loaded for as long as the process lives
 *
 * Returns 0, -ENOENT when the library is not here, or -ENOSYS when it lacks a
 * symbol; then with why, and no symbol is set.
 */
int library_load(const char *soname, const struct library_symbol *symbols,
    size_t count, struct why *why);

#endif
