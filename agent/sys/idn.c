/*
 * idn.c - domains as people write them, made what the DNS has
 *
 * Purpose  idn.h
 * Input    the command line, configuration of mailfix and the mail system
 * Errors   what is no domain; a library that is not installed
 * Runs as  the actor, or any user
 * Source   RFC 5890, 5891; idn2_to_ascii_8z(3): libidn2 2.0 of 2017 and later
 */
#include "agent/sys/idn.h"

#include <errno.h>
#include <stddef.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/sys/library.h"

/* Of Debian 10 and EL 8 to now; glibc loads the same for AI_IDN. */
#define SONAME "libidn2.so.0"

/* idn2.h: IDN2_OK, IDN2_NFC_INPUT, IDN2_NONTRANSITIONAL */
#define IDN_OK    0
#define IDN_FLAGS (1 | 8)

static bool
is_ascii(const char *name)
{
	for (size_t i = 0; name[i] != '\0'; i++)
		if ((unsigned char)name[i] > '~')
			return false;
	return true;
}

int
idn_to_ascii(
    struct arena *arena, const char *name, const char **ret, struct why *why)
{
	static int (*to_ascii)(const char *, char **, int);
	static const char *(*error_text)(int);
	static const struct library_symbol symbols[] = {
	    {"idn2_to_ascii_8z", (void *)&to_ascii  },
	    {"idn2_strerror",    (void *)&error_text},
	};
	AUTO_FREE char *found = NULL;
	int r;

	if (is_ascii(name)) {
		*ret = name;
		return 0;
	}
	r = library_load(SONAME, symbols, ARRAY_COUNT(symbols), why);
	if (r < 0)
		return r;
	r = to_ascii(name, &found, IDN_FLAGS);
	if (r != IDN_OK)
		return why_set(why, -EINVAL, "\"%s\" is no domain: %s", name,
		    error_text(r));
	*ret = arena_dup(arena, found);
	return 0;
}
