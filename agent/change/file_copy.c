/*
 * file_copy.c - verb "copy": a system file copied into the chroot again
 *
 * Purpose  one verb of kind "file"
 * Input    target: the copy, which is the queue directory followed by the
 *          source; detail: the source; anything else is refused
 * Errors   -EPERM: not such a pair; -ESTALE: they are the same by now
 * Runs as  actor
 * Source   postfix-script of Debian, which makes these copies at start
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "agent/change/file_image.h"
#include "agent/change/file_verb.h"
#include "agent/change/file_walk.h"

/* services(5) has 12 KiB, a resolver's library some 100 KiB. */
#define COPY_BYTES_MAX (4U * 1024U * 1024U)

/* Whatever an observer tells: else it could have any file shown to all. */
static bool
copy_is_listed(const struct mta *mta, const char *source)
{
	const char *const *names =
	    mta->ops == NULL ? NULL : mta->ops->chroot_files;

	for (; names != NULL && *names != NULL; names++)
		if (source[0] == '/' && strcmp(*names, source + 1) == 0)
			return true;
	return false;
}

/* The closed set: a file of the host, below the same path in the chroot. */
static int
copy_check_pair(
    const struct change *change, const struct mta *mta, struct why *why)
{
	size_t length = mta->queue_dir == NULL ? 0 : strlen(mta->queue_dir);

	if (change->detail == NULL || !copy_is_listed(mta, change->detail) ||
	    !file_is_below(change->target, mta->queue_dir) ||
	    strcmp(change->target + length, change->detail) != 0)
		return why_set(why, -EPERM,
		    "%s is not the chroot's copy of a system file",
		    change->target);
	return 0;
}

/* Links are followed here: resolv.conf is one on many hosts, set by root. */
static int
copy_source_read(const char *source, struct buf *ret, struct why *why)
{
	AUTO_CLOSE int fd =
	    open(source, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return why_errno(why, "open %s", source);
	if (fstat(fd, &st) < 0)
		return why_errno(why, "stat %s", source);
	if (!S_ISREG(st.st_mode) || st.st_size > COPY_BYTES_MAX)
		return why_set(why, -EPERM,
		    "%s is not a regular file, or too large", source);
	while (ret->length <= COPY_BYTES_MAX) {
		char chunk[8192];
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return why_errno(why, "read %s", source);
		if (n == 0)
			return 0;
		buf_add_n(ret, chunk, (size_t)n);
	}
	return why_set(why, -EFBIG, "%s grows while it is read", source);
}

static int
copy_check(const struct change *change, struct change_host *host, int dir,
    const char *leaf, struct why *why)
{
	AUTO_BUF struct buf source = {0}, copy = {0};
	struct stat st;
	int r = copy_check_pair(change, host->mta, why);

	if (r == 0)
		r = copy_source_read(change->detail, &source, why);
	if (r < 0)
		return r;
	if (fstatat(dir, leaf, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return 0;
		return why_errno(why, "stat %s", change->target);
	}
	if (!S_ISREG(st.st_mode))
		return why_set(
		    why, -EPERM, "%s is not a regular file", change->target);
	r = file_read(dir, leaf, COPY_BYTES_MAX, &copy, why);
	if (r < 0)
		return r;
	if (source.length == copy.length &&
	    memcmp(buf_text(&source), buf_text(&copy), copy.length) == 0)
		return why_set(why, -ESTALE, "%s is the same as %s by now",
		    change->target, change->detail);
	return 0;
}

/* The new bytes are kept as well: what is put there is what was captured. */
static int
copy_capture(const struct change *change, struct change_host *host, int dir,
    const char *leaf, struct why *why)
{
	AUTO_BUF struct buf source = {0};
	AUTO_CLOSE int store = -1;
	const char *path = arena_printf(host->arena, "%s/new", host->store);
	int r = file_image_keep(host, "before", dir, leaf, why);

	if (r == 0)
		r = copy_source_read(change->detail, &source, why);
	if (r == 0)
		r = file_replace(AT_FDCWD, path, buf_text(&source),
		    source.length, NULL, why);
	if (r < 0)
		return r;
	store = open(host->store, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (store < 0)
		return why_errno(why, "open %s", host->store);
	return file_image_keep(host, "after", store, "new", why);
}

static int
copy_perform(const struct change *change, struct change_host *host, int dir,
    const char *leaf, struct why *why)
{
	AUTO_BUF struct buf bytes = {0};
	const char *path = arena_printf(host->arena, "%s/new", host->store);
	/* readable by all: that is what such copies are for */
	struct stat like = {.st_mode = S_IFREG | 0644,
	    .st_uid = geteuid(),
	    .st_gid = getegid()};
	struct file_image before;
	int r = file_image_get(host, "before", &before, why);

	(void)change;
	if (r == 0)
		r = file_read(AT_FDCWD, path, COPY_BYTES_MAX, &bytes, why);
	if (r < 0)
		return r;
	if (!before.is_absent)
		like = before.like;
	return file_replace(
	    dir, leaf, buf_text(&bytes), bytes.length, &like, why);
}

static int
copy_look(const struct change *change, struct change_host *host, int dir,
    const char *leaf, enum change_found *ret, struct why *why)
{
	struct file_image before, after;
	int is_before, is_after;
	int r = file_image_get(host, "before", &before, why);

	if (r == 0)
		r = file_image_get(host, "after", &after, why);
	if (r < 0)
		return r;
	is_before = file_image_is(&before, dir, leaf, why);
	is_after = file_image_is(&after, dir, leaf, why);
	if (is_before < 0 || is_after < 0)
		return is_before < 0 ? is_before : is_after;
	if (is_before == 1)
		*ret = CHANGE_IS_BEFORE;
	else if (is_after == 1)
		*ret = CHANGE_IS_AFTER;
	else {
		*ret = CHANGE_IS_FOREIGN;
		(void)why_set(why, 0,
		    "%s is neither as it was nor as this change left it",
		    change->target);
	}
	return 0;
}

static int
copy_undo(const struct change *change, struct change_host *host, int dir,
    const char *leaf, struct why *why)
{
	(void)change;
	return file_image_put(host, "before", dir, leaf, why);
}

const struct file_verb file_verb_copy = {
    .name = "copy",
    .check = copy_check,
    .capture = copy_capture,
    .perform = copy_perform,
    .look = copy_look,
    .undo = copy_undo,
};
