/*
 * ini_file.c - INI files: opened, and only when root alone may change them
 *
 * Purpose  a file's bytes for ini_parse_text(), or that it is masked
 * Input    paths of root's; who may write the file is checked
 * Errors   negative errno with why
 * Runs as  actor; before the roles part
 * Source   systemd.unit(5): a link to /dev/null masks; sudoers(5) for the check
 *          of owner and mode
 */
#include <sys/stat.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "agent/base/ini.h"

/* A file that others may write decides what root does: not with us. */
static void
trust_check(const char *path, int fd, struct lint *lint)
{
	struct stat st;

	if (geteuid() != 0 || fstat(fd, &st) != 0)
		return;
	if (st.st_uid != 0)
		lint_add(lint, path, 0,
		    "owned by user %u: it decides what root does, so it must "
		    "belong to root",
		    (unsigned)st.st_uid);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		lint_add(lint, path, 0,
		    "others than its owner may write to it (mode %04o): "
		    "chmod go-w",
		    (unsigned)st.st_mode & 07777);
}

static int
bytes_read(int fd, const char *path, struct buf *ret, struct why *why)
{
	char block[16384];
	ssize_t n;

	while ((n = read(fd, block, sizeof(block))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return why_errno(why, "read %s", path);
		buf_add_n(ret, block, (size_t)n);
		if (ret->length > INI_FILE_BYTES_MAX)
			break; /* ini_parse_text() says it */
	}
	return 0;
}

int
ini_read(struct arena *arena, int dirfd, const char *path, struct ini *ret,
    bool *ret_masked, struct lint *lint, struct why *why)
{
	char target[16];
	ssize_t length = readlinkat(dirfd, path, target, sizeof(target));
	AUTO_CLOSE int fd = -1;
	AUTO_BUF struct buf text = {0};
	int rc;

	if (length >= 0) {
		if ((size_t)length != strlen("/dev/null") ||
		    memcmp(target, "/dev/null", (size_t)length) != 0)
			return why_set(why, -ELOOP,
			    "%s is a link, and the only link that may stand "
			    "here is one to /dev/null",
			    path);
		*ret = (struct ini){0};
		*ret_masked = true;
		return 0;
	}
	rc = file_open(dirfd, path, &fd, why);
	if (rc < 0)
		return rc;
	rc = bytes_read(fd, path, &text, why);
	if (rc < 0)
		return rc;
	trust_check(path, fd, lint);
	ini_parse_text(arena, path, buf_text(&text), text.length, ret, lint);
	*ret_masked = false;
	return 0;
}
