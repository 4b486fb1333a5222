/*
 * quarantine.h - messages taken out of the queue, byte for byte, with checksums
 *
 * Two files in a change's own directory: `messages.tar`, which any tar(1) can
 * read, and `manifest`, which says of each file in it where it was, whose, and
 * its SHA-256. The manifest is written last and ends with its own checksum:
 * without it there is no quarantine.
 */
#ifndef MAILFIX_CHANGE_QUARANTINE_H
#define MAILFIX_CHANGE_QUARANTINE_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include "agent/base/hash.h"
#include "agent/base/mem.h"
#include "agent/base/why.h"
#include "agent/mta/mta.h"

#define QUARANTINE_TAR      "messages.tar"
#define QUARANTINE_MANIFEST "manifest"

struct quarantine_file {
	char path[MTA_QUEUE_PATH_MAX]; /* below the queue: "hold/ID" */
	const char *id;                /* the end of path */
	uint64_t offset, size;         /* of its bytes in the archive */
	mode_t mode;                   /* permission bits */
	uid_t uid;
	gid_t gid;
	int64_t mtime_s, mtime_ns;
	char hash[HASH_HEX_MAX];
};

struct quarantine {
	const char *store; /* borrowed */
	struct quarantine_file *files;
	size_t count, size;
};

/*
 * quarantine_begin - start an archive in the store; heap
 *
 * -EEXIST: there is a manifest already, and nothing is touched. An archive
 * without a manifest is what a crash left, and is begun anew.
 */
struct quarantine_writer;
int quarantine_begin(
    const char *store, struct quarantine_writer **ret, struct why *why);
struct quarantine_writer *quarantine_writer_free(
    struct quarantine_writer *writer);

/*
 * quarantine_add - copy one file below queue_fd
 * Returns 0, -ENOENT when it is not there, or another negative errno.
 */
int quarantine_add(struct quarantine_writer *writer, int queue_fd,
    const char *path, struct why *why);

/*
 * quarantine_commit - make it durable, read it back, check every sum
 * Returns 0 when every byte is on the disk as it was in the queue, and the
 * manifest says so; else a negative errno.
 */
int quarantine_commit(struct quarantine_writer *writer, struct why *why);

/*
 * quarantine_open - read the manifest; heap, quarantine_free
 * Returns 1, 0 when there is none, or a negative errno (-EBADMSG: damaged).
 */
int quarantine_open(const struct mta *mta, const char *store,
    struct quarantine **ret, struct why *why);
struct quarantine *quarantine_free(struct quarantine *quarantine);

/*
 * quarantine_restore - put one file back where it was, as it was
 *
 * tar_fd  of the archive, opened for reading
 *
 * It appears whole or not at all, never over another file, and only when its
 * bytes still have their sum. Not synced: the caller syncs once.
 * Returns 0, 1 when the same file is there already, -EEXIST when another one
 * is, -EBADMSG when the archive is damaged, or another negative errno.
 */
int quarantine_restore(const struct quarantine_file *file, int tar_fd,
    int queue_fd, struct why *why);

/* quarantine_check - has the file in the archive its sum? 0 or -EBADMSG */
int quarantine_check(
    const struct quarantine_file *file, int tar_fd, struct why *why);

#endif
