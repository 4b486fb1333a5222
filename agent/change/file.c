/*
 * file.c - changes of kind "file": build, mode, copy
 *
 * Purpose  one kind of change; row CHANGE(file) in change_table.def
 * Input    paths that an observer may have told: walked and judged first
 * Errors   -EPERM where it would do harm, -ESTALE where the file is not as
 *          planned, else negative errno
 * Runs as  actor
 * Source   DESIGN "Safety, in the order in which it is asked"
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/change/file_verb.h"
#include "agent/change/file_walk.h"

static const struct file_verb *const file_verbs[] = {
    &file_verb_build, &file_verb_mode, &file_verb_copy};

/* What every step needs: the verb, and the target's directory. */
struct file_place {
	const struct file_verb *verb;
	int dir;
	const char *leaf;
};

static int
place_find(const struct change *change, const struct change_host *host,
    struct file_place *ret, struct why *why)
{
	for (size_t i = 0; i < ARRAY_COUNT(file_verbs); i++)
		if (strcmp(file_verbs[i]->name, change->verb) == 0)
			ret->verb = file_verbs[i];
	if (ret->verb == NULL)
		return why_set(why, -EINVAL, "no such verb: %s", change->verb);
	return file_walk(change->target,
	    ret->verb->is_by_path ? NULL : host->mta, &ret->dir, &ret->leaf,
	    why);
}

static int
file_check(
    const struct change *change, struct change_host *host, struct why *why)
{
	struct file_place place = {.dir = -1};
	int r = place_find(change, host, &place, why);

	if (r == 0)
		r = place.verb->check(change, host, place.dir, place.leaf, why);
	auto_close(&place.dir);
	return r;
}

static int
file_capture(
    const struct change *change, struct change_host *host, struct why *why)
{
	struct file_place place = {.dir = -1};
	int r = place_find(change, host, &place, why);

	if (r == 0)
		r = place.verb->capture(
		    change, host, place.dir, place.leaf, why);
	auto_close(&place.dir);
	return r;
}

static int
file_perform(
    const struct change *change, struct change_host *host, struct why *why)
{
	struct file_place place = {.dir = -1};
	int r = place_find(change, host, &place, why);

	if (r == 0)
		r = place.verb->perform(
		    change, host, place.dir, place.leaf, why);
	auto_close(&place.dir);
	return r;
}

static int
file_look(const struct change *change, struct change_host *host,
    enum change_found *ret, struct why *why)
{
	struct file_place place = {.dir = -1};
	int r = place_find(change, host, &place, why);

	if (r == 0)
		r = place.verb->look(
		    change, host, place.dir, place.leaf, ret, why);
	auto_close(&place.dir);
	return r;
}

static int
file_undo(
    const struct change *change, struct change_host *host, struct why *why)
{
	struct file_place place = {.dir = -1};
	int r = place_find(change, host, &place, why);

	if (r == 0)
		r = place.verb->undo(change, host, place.dir, place.leaf, why);
	auto_close(&place.dir);
	return r;
}

/* file_replace() writes beside the target, with a name of this form. */
static void
file_tidy(const struct change *change, struct change_host *host)
{
	const char *leaf, *prefix;
	const struct dirent *entry;
	int dir = -1, fd;
	DIR *list;

	if (file_walk(change->target, host->mta, &dir, &leaf, NULL) < 0)
		return;
	fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	list = fd < 0 ? NULL : fdopendir(fd);
	prefix = arena_printf(host->arena, ".%s.mailfix-", leaf);
	while (list != NULL && (entry = readdir(list)) != NULL)
		if (text_starts(entry->d_name, prefix))
			(void)unlinkat(dir, entry->d_name, 0);
	if (list != NULL)
		(void)closedir(list);
	else
		auto_close(&fd);
	auto_close(&dir);
}

static const char *const verbs[] = {"build", "mode", "copy", NULL};

const struct change_kind change_file = {
    .name = "file",
    .verbs = verbs,
    .is_undoable = true,
    .check = file_check,
    .capture = file_capture,
    .perform = file_perform,
    .look = file_look,
    .undo = file_undo,
    .tidy = file_tidy,
};
