/*
 * reply_catalogue.c - all rules about replies, in the order they are tried
 *
 * Purpose  replies.ini and the site's files made one list
 * Input    files of root's
 * Errors   of the content: to lint; a file that cannot be read: why
 * Runs as  actor; observers inherit the result
 * Source   SPEC section 6
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/config.h"
#include "agent/base/dir.h"
#include "agent/mail/reply_rule.h"

/* What is shipped has some hundred; a site may have as many. */
#define REPLY_RULES_MAX 2000

struct loader {
	struct arena *arena;
	struct lint *lint;
	struct reply_rule *rules; /* in the order they were read */
	size_t count, size;
	size_t shipped; /* how many are not a site's */
};

static struct reply_rule *
rule_find(struct loader *loader, const char *name)
{
	for (size_t i = 0; i < loader->count; i++)
		/* hundreds of names: few begin with the same letter */
		if (loader->rules[i].name[0] == name[0] &&
		    strcmp(loader->rules[i].name, name) == 0)
			return &loader->rules[i];
	return NULL;
}

/* A site's rule of a shipped name takes its place in front. */
static void
rule_keep(struct loader *loader, const struct reply_rule *rule)
{
	struct reply_rule *old = rule_find(loader, rule->name);

	if (old != NULL && (size_t)(old - loader->rules) >= loader->shipped) {
		*old = *rule;
		return;
	}
	if (old != NULL)
		old->is_broken = true; /* replaced: never tried */
	if (loader->count == loader->size) {
		loader->size = loader->size != 0 ? loader->size * 2 : 256;
		loader->rules =
		    mem_grow(loader->rules, loader->size, sizeof(*rule));
	}
	loader->rules[loader->count++] = *rule;
}

static void
rules_add(struct loader *loader, const struct ini *ini)
{
	size_t from = 0;

	for (size_t i = 0; i < ini->section_count; i++) {
		const struct ini_section *section = &ini->sections[i];
		struct reply_rule rule;
		size_t end;

		/* entries stand in the order of the file */
		while (from < ini->count &&
		       ini->entries[from].line < section->line)
			from++;
		for (end = from; end < ini->count; end++)
			if (ini->entries[end].section != section->name)
				break;
		if (!reply_rule_read(loader->arena, section,
		        ini->entries + from, end - from, &rule, loader->lint))
			continue;
		from = end;
		if (loader->count == REPLY_RULES_MAX)
			lint_add(loader->lint, section->file, section->line,
			    "more than %d rules", REPLY_RULES_MAX);
		else
			rule_keep(loader, &rule);
	}
}

/* The site's first, as the admin meant it; what is replaced falls out. */
static struct reply_catalogue *
catalogue_build(struct loader *loader)
{
	struct reply_catalogue *catalogue =
	    arena_alloc(loader->arena, 1, sizeof(*catalogue));

	catalogue->patterns = arena_new();
	catalogue->scratch = pattern_scratch_new(catalogue->patterns);
	catalogue->rules = arena_alloc(
	    loader->arena, loader->count, sizeof(*catalogue->rules));
	for (size_t i = loader->shipped; i < loader->count; i++)
		catalogue->rules[catalogue->count++] = loader->rules[i];
	for (size_t i = 0; i < loader->shipped; i++)
		if (!loader->rules[i].is_broken)
			catalogue->rules[catalogue->count++] = loader->rules[i];
	return catalogue;
}

/* A site's patterns are few, and nobody may have tried them. */
static void
site_compile(const struct loader *loader, struct reply_catalogue *catalogue)
{
	size_t site = loader->count - loader->shipped;

	for (size_t i = 0; i < site; i++) {
		struct why why = {0};

		if (reply_pattern_of(catalogue, &catalogue->rules[i], &why) < 0)
			lint_add(loader->lint, catalogue->rules[i].file,
			    catalogue->rules[i].regex_line, "%s", why.text);
	}
}

int
reply_catalogue_load(struct arena *arena, const char *const *paths,
    struct lint *lint, struct reply_catalogue **ret, struct why *why)
{
	struct loader loader = {.arena = arena, .lint = lint};
	struct reply_catalogue *catalogue;
	size_t before = lint->count;
	int rc = 0;

	for (size_t i = 0; rc == 0 && paths[i] != NULL; i++) {
		struct ini ini = {0};
		bool is_masked = false;

		rc = ini_read(
		    arena, AT_FDCWD, paths[i], &ini, &is_masked, lint, why);
		if (rc == 0)
			rules_add(&loader, &ini);
		if (i == 0)
			loader.shipped = loader.count;
	}
	if (rc == 0) {
		catalogue = catalogue_build(&loader);
		site_compile(&loader, catalogue);
		if (lint->count == before)
			*ret = TAKE(catalogue);
		else
			rc = why_set(why, -EINVAL, "replies: see the errors");
		(void)reply_catalogue_free(catalogue);
	}
	free(loader.rules);
	return rc;
}

struct reply_catalogue *
reply_catalogue_free(struct reply_catalogue *catalogue)
{
	if (catalogue != NULL)
		catalogue->patterns = arena_free(catalogue->patterns);
	return NULL;
}

size_t
reply_catalogue_count(const struct reply_catalogue *catalogue)
{
	return catalogue->count;
}

const char *const *
reply_catalogue_paths(
    struct arena *arena, const char *directory, struct lint *lint)
{
	return dir_catalogue(
	    arena, CONFIG_REPLIES, CONFIG_REPLIES_SITE, directory, lint);
}
