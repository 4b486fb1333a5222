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
#include "agent/base/dir.h"
#include "agent/base/file.h"
#include "agent/base/ini.h"

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
	struct stat st;
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
	if (fstat(fd, &st) != 0)
		return why_errno(why, "stat %s", path);
	dir_trust(path, &st, lint);
	ini_parse_text(arena, path, buf_text(&text), text.length, ret, lint);
	*ret_masked = false;
	return 0;
}
