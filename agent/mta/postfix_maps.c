/*
 * postfix_maps.c - lookup tables with a source file and a built one
 *
 * Purpose  find every indexed table that a setting names
 * Input    effective settings, and -o settings of master.cf
 * Errors   none
 * Runs as  the actor
 * Source   DATABASE_README; postmap(1), postalias(1): names of built files
 */
#include <ctype.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/mta/postfix.h"

/* As many as the table of facts may have rows. */
#define MAPS_MAX 128U

static const struct {
	const char *type, *suffix;
} map_kinds[] = {
    {"hash",  ".db"  },
    {"btree", ".db"  },
    {"lmdb",  ".lmdb"},
    {"cdb",   ".cdb" },
    {"dbm",   ".pag" },
    {"sdbm",  ".pag" },
};

struct map_list {
	struct arena *arena;
	struct mta_map *maps;
	size_t count;
};

/* Tables that Postfix fills itself have no source; lists of maps repeat. */
static bool
setting_is_ours(const char *name)
{
	static const char *const ends[] = {"_cache_map", "_cache_database",
	    "_cache_maps", "address_verify_map", "proxy_read_maps",
	    "proxy_write_maps"};

	for (size_t i = 0; i < ARRAY_COUNT(ends); i++)
		if (text_ends(name, ends[i]))
			return false;
	return true;
}

static void
map_add(struct map_list *list, const char *setting, const char *type,
    const char *suffix, const char *source)
{
	struct mta_map *map;

	for (size_t i = 0; i < list->count; i++) {
		map = &list->maps[i];
		if (strcmp(map->source, source) == 0 &&
		    strcmp(map->type, type) == 0)
			return;
	}
	if (list->count == MAPS_MAX)
		return;
	map = &list->maps[list->count++];
	map->type = type;
	map->source = source;
	map->built = arena_printf(list->arena, "%s%s", source, suffix);
	map->setting = arena_dup(list->arena, setting);
}

/* Every TYPE:/PATH in a value, however it is wrapped: proxy:hash:/x, {...} */
static void
value_scan(struct map_list *list, const char *setting, const char *value)
{
	for (const char *at = strstr(value, ":/"); at != NULL;
	     at = strstr(at + 1, ":/")) {
		size_t length = strcspn(at + 1, " \t\r\n,}");
		const char *type = at;

		while (type > value && isalnum((unsigned char)type[-1]))
			type--;
		for (size_t i = 0; i < ARRAY_COUNT(map_kinds); i++)
			if (strlen(map_kinds[i].type) == (size_t)(at - type) &&
			    strncmp(map_kinds[i].type, type,
			        (size_t)(at - type)) == 0)
				map_add(list, setting, map_kinds[i].type,
				    map_kinds[i].suffix,
				    arena_dup_n(list->arena, at + 1, length));
	}
}

static void
overrides_scan(struct map_list *list, const struct postfix_service *service)
{
	for (size_t i = 0; service->overrides[i] != NULL; i++) {
		const char *text = service->overrides[i];
		size_t length = strcspn(text, "=");
		AUTO_FREE char *name = strndup(text, length);

		if (name != NULL && text[length] == '=' &&
		    setting_is_ours(name))
			value_scan(list, name, text + length + 1);
	}
}

void
postfix_maps_find(struct arena *arena, const struct postfix_settings *settings,
    const struct postfix_services *services, struct mta *mta)
{
	struct map_list list = {.arena = arena,
	    .maps = arena_alloc(arena, MAPS_MAX, sizeof(*list.maps))};

	/* alias_database first: it says which files newaliases(1) builds */
	value_scan(&list, "alias_database",
	    postfix_setting_text(settings, "alias_database", ""));
	for (size_t i = 0; i < settings->count; i++)
		if (setting_is_ours(settings->settings[i].name))
			value_scan(&list, settings->settings[i].name,
			    settings->settings[i].value);
	for (size_t i = 0; i < services->count; i++)
		overrides_scan(&list, &services->services[i]);
	mta->maps = list.maps;
	mta->map_count = list.count;
}

const char *const *
postfix_map_build(
    struct arena *arena, const struct mta *mta, const struct mta_map *map)
{
	const char **argv = arena_alloc(arena, 3, sizeof(*argv));
	bool is_alias = strcmp(map->setting, "alias_database") == 0 ||
	                strcmp(map->setting, "alias_maps") == 0;

	(void)mta;
	argv[0] = is_alias ? "/usr/sbin/postalias" : "/usr/sbin/postmap";
	argv[1] = arena_printf(arena, "%s:%s", map->type, map->source);
	return argv;
}
