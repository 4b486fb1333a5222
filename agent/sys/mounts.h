/*
 * mounts.h - which mounted file system a path is on
 */
#ifndef MAILFIX_SYS_MOUNTS_H
#define MAILFIX_SYS_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/mem.h"
#include "agent/base/why.h"

struct mount {
	const char *point;  /* where: "/var/spool" */
	const char *type;   /* "ext4" */
	const char *device; /* "/dev/sda1", "overlay"; anybody's text */
	const char *number; /* of the file system: "254:0" */
	const char *root;   /* which part of it stands here: "/" */
	/* the file system as a whole; not what a sandbox makes of its view */
	bool is_read_only;
};

struct mounts {
	struct mount *mounts; /* in the order in which they were mounted */
	size_t count;
};

/* A container host may have thousands; more than this are not read. */
#define MOUNTS_MAX       8192U
#define MOUNTS_BYTES_MAX (4U * 1024U * 1024U)

/*
 * mounts_parse - text of /proc/self/mountinfo; lines that are not whole are
 * skipped
 */
void mounts_parse(
    struct arena *arena, const char *text, size_t length, struct mounts *ret);

/* mounts_read - those of this process */
int mounts_read(struct arena *arena, struct mounts *ret, struct why *why);

/*
 * mounts_find - the mount that holds an absolute path without links or dots
 * The last one mounted wins where several are at the same place. Where it only
 * shows a part of a file system that is mounted whole elsewhere (systemd does
 * so in the sandbox of a service), that place is told: one file system has one
 * name, whoever looks. NULL: none.
 */
const struct mount *mounts_find(const struct mounts *mounts, const char *path);

#endif
