/*
 * playbook_load.c - playbooks: found, overlaid, chosen
 *
 * Purpose  which files make up which playbook, and which playbooks a run uses
 * Input    directories of root's
 * Errors   to lint, with file and line: all of all files
 * Runs as  actor; before the roles part
 * Source   SPEC section 3; systemd.unit(5) for replacing, overlaying, masking
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/dir.h"
#include "agent/base/file.h"
#include "agent/base/text.h"
#include "agent/playbook/playbook_read.h"

/* SPEC knows some dozens; a site may have as many again, and again. */
#define PLAYBOOKS_MAX 512

/* In the source tree the catalogues lie beside the playbooks. */
static const char *const no_playbooks[] = {"replies.ini", "blocklists.ini"};

struct loader {
	struct arena *arena;
	struct lint *lint;
	const struct playbook_source *source;
	struct playbook_draft *drafts[PLAYBOOKS_MAX]; /* sorted by name */
	size_t count;
	size_t sorted_count; /* less only while a directory is gone through */
};

static const char *
stem_of(struct arena *arena, const char *name, const char *suffix)
{
	return arena_dup_n(arena, name, strlen(name) - strlen(suffix));
}

static int
draft_compare(const void *a, const void *b)
{
	const struct playbook_draft *const *x = a, *const *y = b;

	return strcmp((*x)->playbook.name, (*y)->playbook.name);
}

/* A file: a new playbook, or one in the place of another. */
static void
draft_add(struct loader *loader, const char *dir, const char *file)
{
	const char *name = stem_of(loader->arena, file, ".ini");
	const char *path = arena_printf(loader->arena, "%s/%s", dir, file);
	int at =
	    playbook_draft_find(loader->drafts, loader->sorted_count, name);
	struct playbook_draft *draft;

	for (size_t i = 0; i < ARRAY_COUNT(no_playbooks); i++)
		if (strcmp(file, no_playbooks[i]) == 0)
			return;
	if (at >= 0) {
		loader->drafts[at]->playbook.file = path;
		return;
	}
	if (loader->count == PLAYBOOKS_MAX) {
		lint_add(loader->lint, path, 0, "more than %d playbooks",
		    PLAYBOOKS_MAX);
		return;
	}
	draft = arena_alloc(loader->arena, 1, sizeof(*draft));
	draft->playbook.name = name;
	draft->playbook.file = path;
	loader->drafts[loader->count++] = draft;
}

static void
dir_load(struct loader *loader, const char *dir, bool is_optional)
{
	struct dir_names files = {0};
	struct why why = {0};
	int rc;

	if (dir == NULL)
		return;
	rc = dir_names(loader->arena, dir, ".ini", &files, loader->lint, &why);
	if (rc < 0 && !(is_optional && rc == -ENOENT))
		lint_add(loader->lint, dir, 0, "%s", why.text);
	for (size_t i = 0; i < files.count; i++)
		draft_add(loader, dir, files.names[i]);
	/* names of one directory are sorted, of two are not */
	qsort(loader->drafts, loader->count, sizeof(loader->drafts[0]),
	    draft_compare);
	loader->sorted_count = loader->count;
}

/* Returns false when there is nothing to read, with or without an error. */
static bool
file_load(struct loader *loader, const char *path, struct ini *ret,
    bool *ret_masked, bool *ret_wrong)
{
	struct why why = {0};
	size_t before = loader->lint->count;
	int rc = ini_read(
	    loader->arena, AT_FDCWD, path, ret, ret_masked, loader->lint, &why);

	if (rc < 0) {
		lint_add(loader->lint, path, 0, "%s", why.text);
		*ret = (struct ini){0};
		*ret_masked = false;
	}
	*ret_wrong = loader->lint->count != before;
	return rc == 0 && !*ret_masked;
}

static bool
entry_replace(struct ini *ini, const struct ini_entry *entry)
{
	for (size_t i = 0; i < ini->count; i++)
		if (strcmp(ini->entries[i].section, entry->section) == 0 &&
		    strcmp(ini->entries[i].key, entry->key) == 0) {
			ini->entries[i] = *entry;
			return true;
		}
	return false;
}

static bool
has_section(const struct ini *ini, const char *name)
{
	for (size_t i = 0; i < ini->section_count; i++)
		if (strcmp(ini->sections[i].name, name) == 0)
			return true;
	return false;
}

/* Single keys of `over` take the place of those in `ini`, or come to it. */
static void
ini_overlay(struct arena *arena, struct ini *ini, const struct ini *over)
{
	struct ini both = {
	    .entries = arena_alloc(
	        arena, ini->count + over->count, sizeof(*both.entries)),
	    .sections =
	        arena_alloc(arena, ini->section_count + over->section_count,
	            sizeof(*both.sections)),
	};

	for (size_t i = 0; i < ini->count; i++)
		both.entries[both.count++] = ini->entries[i];
	for (size_t i = 0; i < ini->section_count; i++)
		both.sections[both.section_count++] = ini->sections[i];
	for (size_t i = 0; i < over->section_count; i++)
		if (!has_section(&both, over->sections[i].name))
			both.sections[both.section_count++] = over->sections[i];
	for (size_t i = 0; i < over->count; i++)
		if (!entry_replace(&both, &over->entries[i]))
			both.entries[both.count++] = over->entries[i];
	*ini = both;
}

/* The files of DIR/NAME.ini.d over a playbook, in the order of their names. */
static void
overlays_apply(struct loader *loader, const char *dir,
    struct playbook_draft *draft, struct ini *ini)
{
	const char *folder = arena_printf(
	    loader->arena, "%s/%s.ini.d", dir, draft->playbook.name);
	struct dir_names files = {0};
	struct why why = {0};
	int rc = dir_names(
	    loader->arena, folder, ".ini", &files, loader->lint, &why);

	if (rc < 0 && rc != -ENOENT) {
		lint_add(loader->lint, folder, 0, "%s", why.text);
		draft->is_wrong = true;
	}
	for (size_t i = 0; i < files.count; i++) {
		bool is_masked, is_wrong;
		struct ini over;

		if (file_load(loader,
		        arena_printf(
		            loader->arena, "%s/%s", folder, files.names[i]),
		        &over, &is_masked, &is_wrong))
			ini_overlay(loader->arena, ini, &over);
		if (is_wrong)
			draft->is_wrong = true;
	}
}

static void
draft_read(struct loader *loader, struct playbook_draft *draft)
{
	const struct playbook_source *source = loader->source;
	struct playbook_reader reader = {
	    .arena = loader->arena,
	    .lint = loader->lint,
	    .actions = source->actions,
	    .draft = draft,
	};
	bool is_there = file_load(loader, draft->playbook.file, &reader.ini,
	    &draft->is_masked, &draft->is_wrong);

	if (draft->is_masked || (!is_there && draft->is_wrong))
		return;
	overlays_apply(loader, source->shipped, draft, &reader.ini);
	if (source->site != NULL)
		overlays_apply(loader, source->site, draft, &reader.ini);
	playbook_read(&reader);
}

/* A folder of overlays for a playbook that there is not. */
static void
strays_check(struct loader *loader, const char *dir)
{
	struct dir_names folders = {0};
	const char *names[PLAYBOOKS_MAX + 1] = {NULL};

	if (dir == NULL || dir_names(loader->arena, dir, ".ini.d", &folders,
	                       loader->lint, NULL) < 0)
		return;
	for (size_t i = 0; i < loader->count; i++)
		names[i] = loader->drafts[i]->playbook.name;
	for (size_t i = 0; i < folders.count; i++) {
		const char *name =
		    stem_of(loader->arena, folders.names[i], ".ini.d");

		if (playbook_draft_find(loader->drafts, loader->count, name) >=
		    0)
			continue;
		lint_add(loader->lint,
		    arena_printf(loader->arena, "%s/%s", dir, folders.names[i]),
		    0, "there is no playbook '%s'%s", name,
		    playbook_guess(loader->arena, name, names));
	}
}

static void
need(struct loader *loader, struct playbook_draft *draft)
{
	if (draft->is_needed)
		return;
	draft->is_needed = true;
	for (size_t i = 0; i < draft->masked_count; i++) {
		int at = playbook_draft_find(
		    loader->drafts, loader->count, draft->masked[i].name);

		if (at >= 0)
			need(loader, loader->drafts[at]);
	}
}

/* Mark what a name or a glob chooses. Returns how many. */
static size_t
choose(struct loader *loader, const char *pattern, bool *ret_masked)
{
	size_t count = 0;

	*ret_masked = false;
	for (size_t i = 0; i < loader->count; i++) {
		struct playbook_draft *draft = loader->drafts[i];

		if (pattern != NULL &&
		    fnmatch(pattern, draft->playbook.name, 0) != 0)
			continue;
		if (draft->is_masked) {
			*ret_masked = true;
			continue;
		}
		draft->playbook.is_chosen = true;
		need(loader, draft);
		count++;
	}
	return count;
}

static void
patterns_apply(struct loader *loader)
{
	const char *const *patterns = loader->source->patterns;
	const char *names[PLAYBOOKS_MAX + 1] = {NULL};
	bool is_masked;

	if (patterns == NULL || patterns[0] == NULL) {
		(void)choose(loader, NULL, &is_masked);
		return;
	}
	for (size_t i = 0; i < loader->count; i++)
		names[i] = loader->drafts[i]->playbook.name;
	for (size_t i = 0; patterns[i] != NULL; i++) {
		if (choose(loader, patterns[i], &is_masked) != 0)
			continue;
		lint_add(loader->lint, patterns[i], 0, "%s%s",
		    is_masked ? "the playbook is masked"
		              : "there is no such playbook",
		    is_masked
		        ? ""
		        : playbook_guess(loader->arena, patterns[i], names));
	}
}

static void
set_build(struct loader *loader, struct playbook_set *ret)
{
	ret->playbooks =
	    arena_alloc(loader->arena, loader->count, sizeof(*ret->playbooks));
	ret->tables = arena_alloc(
	    loader->arena, schema_table_count(), sizeof(*ret->tables));
	for (size_t i = 0; i < loader->count; i++) {
		struct playbook_draft *draft = loader->drafts[i];

		if (!draft->is_needed || draft->is_wrong || draft->is_masked)
			continue;
		playbook_tables(&draft->playbook, ret->tables);
		ret->playbooks[ret->count++] = draft->playbook;
	}
	for (size_t i = 0; i < ret->count; i++) {
		struct playbook *playbook = &ret->playbooks[i];
		const struct playbook_draft *draft =
		    loader->drafts[playbook_draft_find(
		        loader->drafts, loader->count, playbook->name)];

		playbook->masked_by = arena_alloc(loader->arena,
		    draft->masked_count, sizeof(*playbook->masked_by));
		for (size_t j = 0; j < draft->masked_count; j++) {
			const struct playbook *by =
			    playbook_find(ret, draft->masked[j].name);

			if (by != NULL)
				playbook->masked_by[playbook->masked_count++] =
				    by;
		}
	}
}

void
playbook_load(struct arena *arena, const struct playbook_source *source,
    struct playbook_set *ret, struct lint *lint)
{
	struct loader loader = {.arena = arena, .lint = lint, .source = source};

	*ret = (struct playbook_set){0};
	dir_load(&loader, source->shipped, false);
	dir_load(&loader, source->site, true);
	for (size_t i = 0; i < loader.count; i++)
		draft_read(&loader, loader.drafts[i]);
	strays_check(&loader, source->shipped);
	strays_check(&loader, source->site);
	playbook_masks_check(loader.drafts, loader.count, lint);
	patterns_apply(&loader);
	set_build(&loader, ret);
}

const struct playbook *
playbook_find(const struct playbook_set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->playbooks[i].name, name) == 0)
			return &set->playbooks[i];
	return NULL;
}

/* A file of anybody's: only looked at, nothing follows from it. */
static bool
text_load(
    struct arena *arena, const char *path, struct ini *ret, struct lint *lint)
{
	AUTO_BUF struct buf text = {0};
	struct why why = {0};

	if (file_read(AT_FDCWD, path, INI_FILE_BYTES_MAX, &text, &why) < 0) {
		lint_add(lint, path, 0, "%s", why.text);
		return false;
	}
	ini_parse_text(arena, path, buf_text(&text), text.length, ret, lint);
	return true;
}

/* DIR/NAME.ini.d/FILE lies over DIR/NAME.ini, or over the shipped NAME.ini. */
static const char *
base_of(struct arena *arena, const char *path, const char *file)
{
	const char *folder = arena_dup_n(
	    arena, path, file > path ? (size_t)(file - path) - 1 : 0);
	const char *base, *slash;

	if (!text_ends(folder, ".ini.d"))
		return path;
	base = stem_of(arena, folder, ".d");
	if (access(base, F_OK) == 0)
		return base;
	slash = strrchr(base, '/');
	return arena_printf(
	    arena, "%s/%s", CONFIG_PLAYBOOKS, slash != NULL ? slash + 1 : base);
}

static const char *
file_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

void
playbook_lint_file(struct arena *arena, const char *path,
    const struct action_spec *const *actions, struct lint *lint)
{
	struct playbook_draft *draft = arena_alloc(arena, 1, sizeof(*draft));
	struct playbook_reader reader = {
	    .arena = arena, .lint = lint, .actions = actions, .draft = draft};
	const char *base = base_of(arena, path, file_of(path));
	struct ini over;

	if (!text_ends(path, ".ini")) {
		lint_add(lint, path, 0, "a playbook's file ends in .ini");
		return;
	}
	draft->playbook.name = stem_of(arena, file_of(base), ".ini");
	draft->playbook.file = arena_dup(arena, base);
	if (!text_load(arena, base, &reader.ini, lint))
		return;
	if (base != path) {
		if (!text_load(arena, path, &over, lint))
			return;
		ini_overlay(arena, &reader.ini, &over);
	}
	playbook_read(&reader);
}
