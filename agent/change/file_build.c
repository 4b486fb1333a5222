/*
 * file_build.c - verb "build": a lookup table built anew from its source
 *
 * Purpose  one verb of kind "file"
 * Input    target: the built file; detail: "type:source", both of the mail
 *          system's own settings, or it is refused
 * Errors   -EPERM: no setting names this table; -ESTALE: it is not older than
 *          its source by now; else negative errno
 * Runs as  actor; the mail system's own program does the work
 * Source   postmap(1), postalias(1): they write the built file in place, so
 *          that a crash can leave it half made
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "agent/base/text.h"
#include "agent/change/change_store.h"
#include "agent/change/file_image.h"
#include "agent/change/file_verb.h"
#include "agent/sys/program.h"

/* 1,000,000 rows take postmap some seconds; a hanging disk takes for ever. */
#define BUILD_MS         60000U
#define BUILD_OUTPUT_MAX 4096U /* the first complaint is shown */

static const struct mta_map *
build_map_find(const struct change *change, const struct mta *mta)
{
	const char *colon =
	    change->detail == NULL ? NULL : strchr(change->detail, ':');

	for (size_t i = 0; colon != NULL && i < mta->map_count; i++) {
		const struct mta_map *map = &mta->maps[i];
		size_t length = strlen(map->type);

		if (strcmp(map->built, change->target) == 0 &&
		    strcmp(map->source, colon + 1) == 0 &&
		    length == (size_t)(colon - change->detail) &&
		    strncmp(map->type, change->detail, length) == 0)
			return map;
	}
	return NULL;
}

static bool
build_is_older(const struct stat *built, const struct stat *source)
{
	if (built->st_mtim.tv_sec != source->st_mtim.tv_sec)
		return built->st_mtim.tv_sec < source->st_mtim.tv_sec;
	return built->st_mtim.tv_nsec < source->st_mtim.tv_nsec;
}

static int
build_check(const struct change *change, struct change_host *host, int dir,
    const char *leaf, struct why *why)
{
	const struct mta_map *map = build_map_find(change, host->mta);
	struct stat source, built;

	if (map == NULL || host->mta->ops == NULL ||
	    host->mta->ops->map_build == NULL)
		return why_set(why, -EPERM,
		    "no setting of the mail system names %s", change->target);
	if (stat(map->source, &source) < 0)
		return why_errno(why, "stat %s", map->source);
	if (fstatat(dir, leaf, &built, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return 0;
		return why_errno(why, "stat %s", change->target);
	}
	if (!S_ISREG(built.st_mode) || built.st_nlink != 1)
		return why_set(why, -EPERM,
		    "%s is a link or not a regular file", change->target);
	if (!build_is_older(&built, &source))
		return why_set(why, -ESTALE, "%s is not older than %s by now",
		    change->target, map->source);
	return 0;
}

static int
build_capture(const struct change *change, struct change_host *host, int dir,
    const char *leaf, struct why *why)
{
	(void)change;
	return file_image_keep(host, "before", dir, leaf, why);
}

static int
build_run(
    const struct change *change, struct change_host *host, struct why *why)
{
	struct program program = {
	    .output_max = BUILD_OUTPUT_MAX,
	    .deadline_ms = BUILD_MS,
	    .is_joined = true,
	};
	struct program_result result = {0};
	AUTO_BUF struct buf text = {0};
	int r;

	program.argv = host->mta->ops->map_build(
	    host->arena, host->mta, build_map_find(change, host->mta));
	r = program_run(&program, &result, why);
	if (r < 0)
		return r;
	text_escape(&text, buf_text(&result.output),
	    strcspn(buf_text(&result.output), "\n"));
	buf_done(&result.output);
	buf_done(&result.errors);
	if (result.is_late)
		return why_set(why, -ETIME, "%s: not built in %u s",
		    change->target, BUILD_MS / 1000);
	if (result.status != 0)
		return why_set(why, -EIO, "%s: status %d: %s", program.argv[0],
		    result.status, buf_text(&text));
	return 0;
}

static int
build_perform(const struct change *change, struct change_host *host, int dir,
    const char *leaf, struct why *why)
{
	char hash[FILE_HASH_MAX];
	AUTO_CLOSE int fd = -1;
	int r = build_run(change, host, why);

	if (r < 0)
		return r;
	/* the program may not have synced what it wrote */
	r = file_open(dir, leaf, &fd, why);
	if (r < 0)
		return r;
	r = fsync(fd) < 0 ? why_errno(why, "sync %s", change->target) : 0;
	if (r == 0)
		r = file_sync_dir(dir, ".", why);
	if (r == 0)
		r = file_hash(dir, leaf, hash, why);
	if (r == 0)
		r = change_store_put(host, "after", hash, why);
	return r;
}

/* The same bytes may come out again: then the time tells. */
static bool
build_is_untouched(const struct file_image *before, int dir, const char *leaf)
{
	struct stat st;

	if (before->is_absent ||
	    fstatat(dir, leaf, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return true;
	return st.st_mtim.tv_sec == before->like.st_mtim.tv_sec &&
	       st.st_mtim.tv_nsec == before->like.st_mtim.tv_nsec;
}

static int
build_look_after(const struct change *change, struct change_host *host, int dir,
    const char *leaf, enum change_found *ret, struct why *why)
{
	char hash[FILE_HASH_MAX] = "";
	const char *after;
	int r = change_store_get(host, "after", &after, why);

	if (r < 0)
		return r;
	if (r == 0) {
		*ret = CHANGE_IS_PARTIAL;
		return 0;
	}
	r = file_hash(dir, leaf, hash, why);
	if (r < 0 && r != -ENOENT)
		return r;
	*ret = strcmp(hash, after) == 0 ? CHANGE_IS_AFTER : CHANGE_IS_FOREIGN;
	if (*ret == CHANGE_IS_FOREIGN)
		(void)why_set(why, 0, "%s was built again or changed since",
		    change->target);
	return 0;
}

static int
build_look(const struct change *change, struct change_host *host, int dir,
    const char *leaf, enum change_found *ret, struct why *why)
{
	struct file_image before;
	int r = file_image_get(host, "before", &before, why);

	if (r == 0)
		r = file_image_is(&before, dir, leaf, why);
	if (r < 0)
		return r;
	if (r == 1 && build_is_untouched(&before, dir, leaf)) {
		*ret = CHANGE_IS_BEFORE;
		return 0;
	}
	return build_look_after(change, host, dir, leaf, ret, why);
}

static int
build_undo(const struct change *change, struct change_host *host, int dir,
    const char *leaf, struct why *why)
{
	(void)change;
	return file_image_put(host, "before", dir, leaf, why);
}

const struct file_verb file_verb_build = {
    .name = "build",
    .is_by_path = true,
    .check = build_check,
    .capture = build_capture,
    .perform = build_perform,
    .look = build_look,
    .undo = build_undo,
};
