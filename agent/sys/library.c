/*
 * library.c - a shared library that only some processes need
 *
 * Purpose  library.h
 * Input    names of our own
 * Errors   a library that is not installed, or of another version
 * Runs as  observer, before its sandbox closes; the actor (idn.c)
 * Source   dlopen(3); systemd's src/basic/dlfcn-util.c for the habit
 */
#include "agent/sys/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

int
library_load(const char *soname, const struct library_symbol *symbols,
    size_t count, struct why *why)
{
	void *handle = dlopen(soname, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

	if (handle == NULL)
		return why_set(
		    why, -ENOENT, "the library %s cannot be loaded", soname);
	for (size_t i = 0; i < count; i++)
		if (dlsym(handle, symbols[i].name) == NULL)
			return why_set(why, -ENOSYS, "the library %s has no %s",
			    soname, symbols[i].name);
	for (size_t i = 0; i < count; i++) {
		void *found = dlsym(handle, symbols[i].name);

		/* a pointer to a function fits: dlsym(3), POSIX.1-2008 */
		(void)memcpy(symbols[i].ret, &found, sizeof(found));
	}
	return 0;
}
