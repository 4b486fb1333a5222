/*
 * blocklist_catalogue.c - all blocklists that are known, and those to ask
 *
 * Purpose  blocklists.ini and the site's files made one list; a zone found in
 *          it; the word of the configuration made lists
 * Input    files of root's
 * Errors   of the content: to lint; a file that cannot be read: why
 * Runs as  actor; observers inherit the result
 * Source   SPEC section 5: [dns] blocklists; RFC 5782 section 2.1
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/base/config.h"
#include "agent/base/dir.h"
#include "agent/base/text.h"
#include "agent/dns/blocklist.h"
#include "agent/mail/mail_name.h"

/* What is shipped has some dozens; a site may add as many. */
#define LISTS_MAX 256

/* The first label of a zone that is another one for each account. */
#define KEY_LABEL "KEY."

/* RFC 1035 section 2.3.4, and 74 octets for an IPv6 address before it. */
#define ZONE_MAX (253 - 64)

static struct blocklist *
list_find(const struct blocklist_catalogue *catalogue, const char *zone)
{
	for (size_t i = 0; i < catalogue->count; i++)
		if (strcasecmp(catalogue->lists[i].zone, zone) == 0)
			return &catalogue->lists[i];
	return NULL;
}

static void
list_keep(struct arena *arena, struct blocklist_catalogue *catalogue,
    const struct blocklist *list, struct lint *lint)
{
	struct blocklist *old = list_find(catalogue, list->zone);

	if (catalogue->lists == NULL)
		catalogue->lists =
		    arena_alloc(arena, LISTS_MAX, sizeof(*catalogue->lists));
	if (old != NULL)
		*old = *list;
	else if (catalogue->count < LISTS_MAX)
		catalogue->lists[catalogue->count++] = *list;
	else
		lint_add(lint, list->file, list->line, "more than %d lists",
		    LISTS_MAX);
}

void
blocklist_add(struct arena *arena, struct blocklist_catalogue *catalogue,
    const struct ini *ini, struct lint *lint)
{
	size_t from = 0, end;

	for (size_t i = 0; i < ini->section_count; i++, from = end) {
		const struct ini_section *section = &ini->sections[i];
		struct blocklist list;

		/* entries stand in the order of the file */
		while (from < ini->count &&
		       ini->entries[from].line < section->line)
			from++;
		for (end = from; end < ini->count; end++)
			if (ini->entries[end].section != section->name)
				break;
		if (blocklist_read(arena, section, ini->entries + from,
		        end - from, &list, lint))
			list_keep(arena, catalogue, &list, lint);
	}
}

int
blocklist_load(struct arena *arena, const char *const *paths, struct lint *lint,
    struct blocklist_catalogue **ret, struct why *why)
{
	struct blocklist_catalogue *catalogue =
	    arena_alloc(arena, 1, sizeof(*catalogue));
	const size_t before = lint->count;
	int r = 0;

	for (size_t i = 0; r == 0 && paths[i] != NULL; i++) {
		struct ini ini = {0};
		bool is_masked = false;

		r = ini_read(
		    arena, AT_FDCWD, paths[i], &ini, &is_masked, lint, why);
		if (r == 0)
			blocklist_add(arena, catalogue, &ini, lint);
	}
	if (r < 0)
		return r;
	if (lint->count != before)
		return why_set(why, -EINVAL, "blocklists: see the errors");
	*ret = catalogue;
	return 0;
}

const char *const *
blocklist_paths(struct arena *arena, const char *directory, struct lint *lint)
{
	return dir_catalogue(
	    arena, CONFIG_BLOCKLISTS, CONFIG_BLOCKLISTS_SITE, directory, lint);
}

/* A list of which nothing is told: RFC 5782 alone. */
static const struct blocklist other = {
    .families = {[BLOCKLIST_IPV4] = true,
                 [BLOCKLIST_IPV6] = true,
                 [BLOCKLIST_DOMAIN] = true},
};

void
blocklist_use(struct arena *arena, const struct blocklist_catalogue *catalogue,
    const char *zone, struct blocklist_use *ret)
{
	const size_t length = strlen(zone);
	const size_t whole =
	    length > 1 && zone[length - 1] == '.' ? length - 1 : length;
	const char *dot;

	ret->zone = ret->shown = arena_dup_n(arena, zone, whole);
	ret->list = list_find(catalogue, ret->zone);
	dot = strchr(ret->zone, '.');
	if (ret->list == NULL && dot != NULL) {
		ret->list = list_find(
		    catalogue, arena_printf(arena, KEY_LABEL "%s", dot + 1));
		if (ret->list != NULL)
			ret->shown = ret->list->zone;
	}
	if (ret->list == NULL)
		ret->list = &other;
}

bool
blocklist_is_told(const struct blocklist *list)
{
	return list != &other;
}

struct choice {
	struct arena *arena;
	const struct blocklist_catalogue *catalogue;
	struct blocklist_use *uses;
	size_t count, left_out;
};

static void
choice_add(struct choice *choice, const char *zone)
{
	struct blocklist_use use;

	if (!mail_domain_ok(zone) || strlen(zone) > ZONE_MAX) {
		choice->left_out++;
		return;
	}
	blocklist_use(choice->arena, choice->catalogue, zone, &use);
	for (size_t i = 0; i < choice->count; i++)
		if (strcasecmp(choice->uses[i].shown, use.shown) == 0)
			return;
	if (choice->count == BLOCKLIST_USES_MAX || use.list->is_allow)
		choice->left_out++;
	else
		choice->uses[choice->count++] = use;
}

size_t
blocklist_choose(struct arena *arena,
    const struct blocklist_catalogue *catalogue, const char *words,
    struct blocklist_use *ret, size_t *ret_left_out)
{
	struct choice choice = {
	    .arena = arena, .catalogue = catalogue, .uses = ret};

	while (*(words += strspn(words, ", \t")) != '\0') {
		const size_t length = strcspn(words, ", \t");
		const char *word = arena_dup_n(arena, words, length);

		words += length;
		if (text_ends(word, ".") && length > 1)
			word = arena_dup_n(arena, word, length - 1);
		if (strcmp(word, "none") == 0)
			continue;
		if (strcmp(word, "default") != 0) {
			choice_add(&choice, word);
			continue;
		}
		for (size_t i = 0; i < catalogue->count; i++)
			if (catalogue->lists[i].is_default)
				choice_add(&choice, catalogue->lists[i].zone);
	}
	*ret_left_out = choice.left_out;
	return choice.count;
}

/* What every list means by it, or none; RFC 6471 section 3.4. */
static const struct blocklist_code common_refusal = {
    .kind = BLOCKLIST_REFUSAL,
    .meaning = "that is no listing: the list does not answer who asks",
};

/* RFC 5782 section 2.1: any address of 127.0.0.0/8 is a listing. */
static const struct blocklist_code common_listing = {
    .kind = BLOCKLIST_LISTING,
    .meaning = "listed",
};

const struct blocklist_code *
blocklist_code_of(const struct blocklist *list, const uint8_t address[static 4])
{
	for (size_t i = 0; i < list->code_count; i++) {
		const struct blocklist_code *code = &list->codes[i];

		if (code->bits != 0
		        ? address[0] == 127 && address[1] == 0 &&
		              address[2] == 0 && (address[3] & code->bits) != 0
		        : blocklist_filter_has(&code->filter, address))
			return code;
	}
	if (address[0] != 127)
		return NULL;
	if (address[1] == 255 && address[2] == 255)
		return &common_refusal;
	if (address[1] == 0 && address[2] == 0 && address[3] == 1)
		return &common_refusal;
	/* one of the highest is an error more often than a listing */
	if (list == &other && address[1] != 255 && address[3] > 1 &&
	    address[3] < 255)
		return &common_listing;
	return NULL;
}
