/*
 * dir.c - the files of a directory of configuration
 *
 * Purpose  list files in an order that does not depend on the file system, and
 *          see that nobody but root can change them
 * Input    directories of root's
 * Errors   negative errno with why; lint for who may write
 * Runs as  actor; before the roles part
 * Source   sudoers(5) for the check of owner and mode
 */
#include "agent/base/dir.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"

static void
dir_close(DIR **dir)
{
	if (*dir != NULL)
		(void)closedir(*dir);
}

void
dir_trust(const char *path, const struct stat *st, struct lint *lint)
{
	if (geteuid() != 0)
		return;
	if (st->st_uid != 0)
		lint_add(lint, path, 0,
		    "owned by user %u: it decides what root does, so it must "
		    "belong to root",
		    (unsigned)st->st_uid);
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		lint_add(lint, path, 0,
		    "others than its owner may write to it (mode %04o): "
		    "chmod go-w",
		    (unsigned)st->st_mode & 07777);
}

static int
name_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
names_read(struct arena *arena, DIR *dir, const char *path, const char *suffix,
    struct dir_names *ret, struct why *why)
{
	const char **names = arena_alloc(arena, DIR_NAMES_MAX, sizeof(*names));
	const struct dirent *entry;
	size_t count = 0;

	while ((errno = 0, entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' ||
		    !text_ends(entry->d_name, suffix))
			continue;
		if (count == DIR_NAMES_MAX)
			return why_set(why, -E2BIG, "%s: more than %d files",
			    path, DIR_NAMES_MAX);
		names[count++] = arena_dup(arena, entry->d_name);
	}
	if (errno != 0)
		return why_errno(why, "read %s", path);
	qsort(names, count, sizeof(*names), name_compare);
	*ret = (struct dir_names){.names = names, .count = count};
	return 0;
}

int
dir_names(struct arena *arena, const char *path, const char *suffix,
    struct dir_names *ret, struct lint *lint, struct why *why)
{
	AUTO_CLOSE int fd =
	    open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
	AUTO(dir_close) DIR *dir = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return why_errno(why, "open %s", path);
	dir = fdopendir(fd);
	if (dir == NULL)
		return why_errno(why, "open %s", path);
	fd = -1; /* closed with dir */
	dir_trust(path, &st, lint);
	return names_read(arena, dir, path, suffix, ret, why);
}

const char *const *
dir_catalogue(struct arena *arena, const char *shipped, const char *site,
    const char *directory, struct lint *lint)
{
	struct dir_names names = {0};
	struct why why = {0};
	const char **paths;
	size_t n = 0;
	int r;

	if (directory != NULL) {
		const char *own = arena_printf(
		    arena, "%s%s", directory, strrchr(shipped, '/'));

		if (access(own, F_OK) == 0) {
			paths = arena_alloc(arena, 2, sizeof(*paths));
			paths[0] = own;
			return paths;
		}
	}
	r = dir_names(arena, site, ".ini", &names, lint, &why);
	if (r < 0 && r != -ENOENT)
		lint_add(lint, site, 0, "%s", why.text);
	paths = arena_alloc(arena, names.count + 2, sizeof(*paths));
	paths[n++] = shipped;
	for (size_t i = 0; i < names.count; i++)
		paths[n++] = arena_printf(arena, "%s/%s", site, names.names[i]);
	return paths;
}
