/*
 * file_image.c - a file as it was: bytes, owner, mode, time of change
 *
 * Purpose  before-images, kept durably and put back whole
 * Input    files that are to be changed; images of the state directory
 * Errors   negative errno; -EBADMSG when an image is not what was kept
 * Runs as  actor
 * Source   rename(2), utimensat(2)
 */
#include "agent/change/file_image.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "agent/change/change_store.h"

static const char *
image_stat_name(struct change_host *host, const char *name)
{
	return arena_printf(host->arena, "%s.stat", name);
}

static const char *
image_path(struct change_host *host, const char *name)
{
	return arena_printf(host->arena, "%s/%s", host->store, name);
}

static void
image_hash(const struct buf *bytes, char ret[static HASH_HEX_MAX])
{
	struct hash hash;

	hash_init(&hash);
	hash_add(&hash, buf_text(bytes), bytes->length);
	hash_end(&hash, ret);
}

/* The bytes first: the line about them says that they are whole. */
static int
image_keep_bytes(struct change_host *host, const char *name, int dir,
    const char *leaf, const struct stat *st, struct why *why)
{
	AUTO_BUF struct buf bytes = {0};
	char hash[HASH_HEX_MAX];
	const char *text;
	int r = file_read(dir, leaf, FILE_IMAGE_BYTES_MAX, &bytes, why);

	if (r == 0)
		r = file_replace(AT_FDCWD, image_path(host, name),
		    buf_text(&bytes), bytes.length, NULL, why);
	if (r < 0)
		return r;
	image_hash(&bytes, hash);
	text = arena_printf(host->arena, "%o %u %u %" PRId64 " %" PRId64 " %s",
	    st->st_mode & 07777U, (unsigned)st->st_uid, (unsigned)st->st_gid,
	    (int64_t)st->st_mtim.tv_sec, (int64_t)st->st_mtim.tv_nsec, hash);
	return change_store_put(host, image_stat_name(host, name), text, why);
}

int
file_image_keep(struct change_host *host, const char *name, int dir,
    const char *leaf, struct why *why)
{
	const char *kept;
	struct stat st;
	int r = change_store_get(host, image_stat_name(host, name), &kept, why);

	if (r > 0)
		return why_set(why, -EEXIST,
		    "there is an image \"%s\" of this change already", name);
	if (r < 0)
		return r;
	if (fstatat(dir, leaf, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT)
			return why_errno(why, "stat %s", leaf);
		return change_store_put(
		    host, image_stat_name(host, name), "absent", why);
	}
	if (!S_ISREG(st.st_mode))
		return why_set(why, -EPERM, "%s is not a regular file", leaf);
	return image_keep_bytes(host, name, dir, leaf, &st, why);
}

int
file_image_get(struct change_host *host, const char *name,
    struct file_image *ret, struct why *why)
{
	struct file_image image = {0};
	const char *text;
	unsigned mode, uid, gid;
	int64_t seconds, nanoseconds;
	int r = change_store_get(host, image_stat_name(host, name), &text, why);

	if (r < 0)
		return r;
	if (r == 0)
		return why_set(why, -ENODATA, "no image \"%s\" was kept", name);
	if (strcmp(text, "absent") == 0) {
		image.is_absent = true;
		*ret = image;
		return 0;
	}
	/* NOLINTNEXTLINE(cert-err34-c): our own numbers, within their ranges */
	if (sscanf(text, "%o %u %u %" SCNd64 " %" SCNd64 " %64s", &mode, &uid,
	        &gid, &seconds, &nanoseconds, image.hash) != 6 ||
	    strlen(image.hash) != HASH_HEX_MAX - 1)
		return why_set(
		    why, -EBADMSG, "the image \"%s\" is damaged", name);
	image.like.st_mode = mode & 07777U;
	image.like.st_uid = uid;
	image.like.st_gid = gid;
	image.like.st_mtim.tv_sec = (time_t)seconds;
	image.like.st_mtim.tv_nsec = (long)nanoseconds;
	*ret = image;
	return 0;
}

int
file_image_take(struct change_host *host, const char *name,
    struct change_host *older, struct why *why)
{
	AUTO_BUF struct buf bytes = {0};
	const char *text = NULL;
	struct file_image image;
	int r = file_image_get(older, name, &image, why);

	if (r == 0 && !image.is_absent)
		r = file_read(AT_FDCWD, image_path(older, name),
		    FILE_IMAGE_BYTES_MAX, &bytes, why);
	if (r == 0 && !image.is_absent)
		r = file_replace(AT_FDCWD, image_path(host, name),
		    buf_text(&bytes), bytes.length, NULL, why);
	if (r < 0)
		return r;
	r = change_store_get(older, image_stat_name(older, name), &text, why);
	if (r <= 0)
		return r;
	return change_store_put(host, image_stat_name(host, name), text, why);
}

static int
image_put_absent(int dir, const char *leaf, struct why *why)
{
	if (unlinkat(dir, leaf, 0) < 0 && errno != ENOENT)
		return why_errno(why, "remove %s", leaf);
	return file_sync_dir(dir, ".", why);
}

int
file_image_put(struct change_host *host, const char *name, int dir,
    const char *leaf, struct why *why)
{
	AUTO_BUF struct buf bytes = {0};
	struct file_image image;
	char hash[HASH_HEX_MAX];
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}};
	int r = file_image_get(host, name, &image, why);

	if (r < 0)
		return r;
	if (image.is_absent)
		return image_put_absent(dir, leaf, why);
	r = file_read(AT_FDCWD, image_path(host, name), FILE_IMAGE_BYTES_MAX,
	    &bytes, why);
	if (r < 0)
		return r;
	image_hash(&bytes, hash);
	if (strcmp(hash, image.hash) != 0)
		return why_set(why, -EBADMSG,
		    "the image \"%s\" is not what was kept", name);
	r = file_replace(
	    dir, leaf, buf_text(&bytes), bytes.length, &image.like, why);
	if (r < 0)
		return r;
	times[1] = image.like.st_mtim;
	if (utimensat(dir, leaf, times, AT_SYMLINK_NOFOLLOW) < 0)
		return why_errno(why, "set the time of %s", leaf);
	return 0;
}

int
file_image_is(
    const struct file_image *image, int dir, const char *leaf, struct why *why)
{
	char hash[FILE_HASH_MAX];
	int r = file_hash(dir, leaf, hash, why);

	if (r == -ENOENT)
		return image->is_absent ? 1 : 0;
	if (r < 0)
		return r;
	return !image->is_absent && strcmp(hash, image->hash) == 0 ? 1 : 0;
}
