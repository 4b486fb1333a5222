/*
 * file_image.h - a file as it was: bytes, owner, mode, time of change
 */
#ifndef MAILFIX_CHANGE_FILE_IMAGE_H
#define MAILFIX_CHANGE_FILE_IMAGE_H

#include <sys/stat.h>

#include "agent/base/hash.h"
#include "agent/change/change.h"

/* A built lookup table of a large site has some ten MiB; what is larger is
 * not changed at all, rather than changed without a way back. */
#define FILE_IMAGE_BYTES_MAX (64U * 1024U * 1024U)

struct file_image {
	bool is_absent;   /* there was no such file */
	struct stat like; /* mode, owner, st_mtim */
	char hash[HASH_HEX_MAX];
};

/*
 * file_image_keep - keep a file under `name` in the store; durable on return
 *
 * dir, leaf  the file; a link or a directory is refused
 * A second image of one name is refused: the first is the true one.
 */
int file_image_keep(struct change_host *host, const char *name, int dir,
    const char *leaf, struct why *why);

/* file_image_get - what was kept; -ENODATA when nothing was */
int file_image_get(struct change_host *host, const char *name,
    struct file_image *ret, struct why *why);

/*
 * file_image_take - keep the older change's image in the place of one's own
 * Durable on return, and the same when it is done again.
 */
int file_image_take(struct change_host *host, const char *name,
    struct change_host *older, struct why *why);

/* file_image_put - make the file as the image is; durable on return */
int file_image_put(struct change_host *host, const char *name, int dir,
    const char *leaf, struct why *why);

/* file_image_is - has the file the image's bytes? 1, 0, or negative errno */
int file_image_is(
    const struct file_image *image, int dir, const char *leaf, struct why *why);

#endif
