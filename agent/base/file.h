/*
 * file.h - files read and replaced safely
 *
 * Every descriptor is close-on-exec; the final component is never a link that
 * is followed; a replacement is written beside, synced, renamed, and its
 * directory synced, so that a crash leaves the old file or the new one.
 */
#ifndef MAILFIX_BASE_FILE_H
#define MAILFIX_BASE_FILE_H

#include <sys/stat.h>
#include <sys/types.h>

#include <stddef.h>

#include "agent/base/buf.h"
#include "agent/base/why.h"

/* file_open - regular file for reading; O_NOFOLLOW, O_NONBLOCK, O_NOCTTY */
int file_open(int dirfd, const char *path, int *ret_fd, struct why *why);

/*
 * file_open_link - as file_open, but links are followed
 *
 * For files that an admin may have linked, in folders that are not all root's:
 * a link there may lead to a device, so nothing but a regular file is opened.
 */
int file_open_link(const char *path, int *ret_fd, struct why *why);

/*
 * file_folder - a directory below another one, no step of the way a link
 *
 * path  relative, its first `length` bytes; for places where somebody else may
 *       put entries while we look
 * ret_fd  O_PATH; caller closes
 */
int file_folder(
    int dirfd, const char *path, size_t length, int *ret_fd, struct why *why);

/*
 * file_read - a whole regular file, at most max bytes
 *
 * Returns 0, -EFBIG when it is longer than max, or another negative errno.
 */
int file_read(
    int dirfd, const char *path, size_t max, struct buf *ret, struct why *why);

/* file_read_link - likewise, by file_open_link */
int file_read_link(
    const char *path, size_t max, struct buf *ret, struct why *why);

/*
 * file_replace - put bytes in the place of a file, durably
 *
 * path  a regular file, or not there yet; a link is refused with -ELOOP
 * like  mode and owner to take; NULL: 0600 root:root (without root: the
 *       user's own). An existing file's security label and ACL are kept when
 *       they can be.
 * Returns 0, or a negative errno; then the old file stands untouched, unless
 * why says that the new one is in place and only its directory could not be
 * synced. Nothing else is left in the directory.
 */
int file_replace(int dirfd, const char *path, const void *bytes, size_t length,
    const struct stat *like, struct why *why);

/* file_write_all - all bytes, whatever write(2) takes at a time */
int file_write_all(int fd, const void *bytes, size_t length, struct why *why);

/*
 * file_mkdirs - a directory and its parents, durably; mode as given, whatever
 * the umask, for those that are made
 *
 * A link on the way is followed only where nobody but root could have put it
 * (a host may have /var on another disk); the last component never is one.
 */
int file_mkdirs(const char *path, mode_t mode, struct why *why);

/* file_sync_dir - fsync a directory by path relative to dirfd */
int file_sync_dir(int dirfd, const char *path, struct why *why);

/* file_hash - SHA-256 as 64 hex digits of a file's bytes; why as file_read */
#define FILE_HASH_MAX 65
int file_hash(int dirfd, const char *path, char ret[static FILE_HASH_MAX],
    struct why *why);

#endif
