/*
 * unit_names.c - the units that belong to mail, by what root has configured
 *
 * Purpose  one list for the probe, which looks at them, and for the change,
 *          which touches no other
 * Input    the mail system's configuration and ours
 * Errors   none
 * Runs as  actor
 * Source   SPEC section 5, `units`
 */
#include "agent/probes/unit_names.h"

#include <string.h>

#include "agent/base/auto.h"
#include "agent/mta/mta_unit.h"

const char *const unit_resolver_names[] = {"systemd-resolved.service",
    "unbound.service", "named.service", "bind9.service", "dnsmasq.service",
    "pdns-recursor.service", "kresd@1.service", "nsd.service", NULL};

/* "auto", or names between commas and blanks; ".service" may be left out */
const char *const *
unit_names_configured(struct arena *arena, const struct config *config)
{
	const char *text =
	    config != NULL && config->units != NULL ? config->units : "auto";
	AUTO_FREE char *copy = mem_dup(text);
	const char **names =
	    arena_alloc(arena, strlen(text) / 2 + 2, sizeof(*names));
	char *at = copy, *word;
	size_t count = 0;

	while ((word = strsep(&at, ", \t")) != NULL) {
		if (*word == '\0' || strcmp(word, "auto") == 0)
			continue;
		names[count++] = strchr(word, '.') != NULL
		                     ? arena_dup(arena, word)
		                     : arena_printf(arena, "%s.service", word);
	}
	return names;
}

struct names {
	struct arena *arena;
	const char **names;
	size_t count, size;
};

static void
names_add(struct names *all, const char *const *more)
{
	for (; more != NULL && *more != NULL; more++) {
		if (all->count + 1 >= all->size) {
			const char **wider = arena_alloc(
			    all->arena, 2 * all->size + 16, sizeof(*wider));

			for (size_t i = 0; i < all->count; i++)
				wider[i] = all->names[i];
			all->size = 2 * all->size + 16;
			all->names = wider;
		}
		all->names[all->count++] = *more;
	}
}

const char *const *
unit_names_all(
    struct arena *arena, const struct mta *mta, const struct config *config)
{
	struct names all = {.arena = arena};

	if (mta != NULL && mta->ops != NULL)
		names_add(&all, mta->ops->unit_names);
	for (size_t i = 0; mta != NULL && i < mta->peer_count; i++)
		names_add(&all, mta_peer_units(&mta->peers[i]));
	names_add(&all, unit_names_configured(arena, config));
	names_add(&all, unit_resolver_names);
	return all.names;
}
