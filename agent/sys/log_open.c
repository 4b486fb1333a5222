/*
 * log_open.c - where this host has its mail log: the actor's part
 *
 * Purpose  descriptors for the log's observer, which may open nothing itself
 * Input    names and attributes in /var/log and the journal's folders
 * Errors   negative errno with why
 * Runs as  actor; without root as the user
 * Source   Debian's and RHEL's rsyslog.conf for the names; logrotate.conf(5)
 *          (rename, dateext, compress); systemd-journald.service(8), "Files"
 */
#include "agent/sys/log_open.h"

#include <sys/stat.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "agent/base/text.h"

/* Names in a folder that are looked at: a journal may have thousands. */
#define NAMES_MAX 20000

#define MACHINE_ID_LENGTH 32

struct candidate {
	char name[NAME_MAX + 1];
	int64_t written_s;
	bool is_gzip;
};

/* The newest of what a folder has, newest last. */
struct candidates {
	struct candidate rows[8];
	size_t count, max;
};

static void
candidate_add(struct candidates *all, const struct candidate *one)
{
	size_t at;

	if (all->count == all->max) {
		if (one->written_s <= all->rows[0].written_s)
			return;
		all->count--;
		(void)memmove(&all->rows[0], &all->rows[1],
		    all->count * sizeof(all->rows[0]));
	}
	for (at = all->count;
	     at > 0 && all->rows[at - 1].written_s > one->written_s; at--)
		all->rows[at] = all->rows[at - 1];
	all->rows[at] = *one;
	all->count++;
}

/* ".1", "-20261122", ".2.gz", "-20261122-1700": what logrotate appends. */
static bool
is_rotated(const char *suffix, bool *ret_is_gzip)
{
	size_t length = strlen(suffix), digits = 0;

	*ret_is_gzip = text_ends(suffix, ".gz");
	if (*ret_is_gzip)
		length -= strlen(".gz");
	if (length < 2 || (suffix[0] != '.' && suffix[0] != '-'))
		return false;
	for (size_t i = 1; i < length; i++) {
		if (isdigit((unsigned char)suffix[i]))
			digits++;
		else if (strchr("-_.", suffix[i]) == NULL)
			return false;
	}
	return digits > 0;
}

static bool
is_system_journal(const char *name)
{
	/* "system.journal", "system@ID-...journal", and "~" of a broken one */
	return (text_starts(name, "system.") || text_starts(name, "system@")) &&
	       (text_ends(name, ".journal") || text_ends(name, ".journal~"));
}

/* What belongs to the log `base`; NULL: the journal. */
static int
folder_list(int dir_fd, const char *base, int64_t since_s,
    struct candidates *ret, struct why *why)
{
	AUTO_CLOSE int fd =
	    openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (dir == NULL)
		return why_errno(why, "list the folder of the log");
	(void)TAKE_FD(fd);
	for (size_t i = 0; i < NAMES_MAX && (entry = readdir(dir)) != NULL;
	     i++) {
		struct candidate one = {0};
		struct stat st;

		if (base != NULL ? !text_starts(entry->d_name, base) ||
		                       !is_rotated(entry->d_name + strlen(base),
		                           &one.is_gzip)
		                 : !is_system_journal(entry->d_name))
			continue;
		if (fstatat(dir_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) <
		        0 ||
		    !S_ISREG(st.st_mode) || st.st_mtim.tv_sec < since_s)
			continue;
		(void)snprintf(one.name, sizeof(one.name), "%s", entry->d_name);
		one.written_s = st.st_mtim.tv_sec;
		candidate_add(ret, &one);
	}
	(void)closedir(dir);
	return 0;
}

/* A link that only root can have made: where it leads. */
static int
link_follow(int dir_fd, const char *path, char ret[static LOG_PATH_MAX],
    struct why *why)
{
	AUTO_FREE char *real = NULL;
	struct stat st;

	if (fstat(dir_fd, &st) < 0)
		return why_errno(why, "look at the folder of %s", path);
	if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return why_set(why, -ELOOP,
		    "%s is a link in a folder that is not root's alone", path);
	real = realpath(path, NULL);
	if (real == NULL)
		return why_errno(why, "follow %s", path);
	if (strlen(real) >= LOG_PATH_MAX)
		return why_set(why, -ENAMETOOLONG, "%s leads too far", path);
	(void)snprintf(ret, LOG_PATH_MAX, "%s", real);
	return 0;
}

/* The one of the names that was written last; 0: there is none. */
static int
name_choose(const char *dir, char ret[static LOG_PATH_MAX], struct why *why)
{
	static const char *const names[] = {"mail.log", "maillog"};
	AUTO_CLOSE int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int64_t newest = -1;
	int found = 0, r;

	if (dir_fd < 0)
		return errno == ENOENT ? 0 : why_errno(why, "open %s", dir);
	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		char path[LOG_PATH_MAX];
		struct stat st, at_end;

		if (fstatat(dir_fd, names[i], &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		if (fstatat(dir_fd, names[i], &at_end, 0) < 0 ||
		    !S_ISREG(at_end.st_mode) || at_end.st_mtim.tv_sec <= newest)
			continue;
		if (S_ISLNK(st.st_mode)) {
			r = link_follow(dir_fd, path, path, why);
			if (r < 0)
				return r;
		}
		newest = at_end.st_mtim.tv_sec;
		(void)memcpy(ret, path, sizeof(path));
		found = 1;
	}
	return found;
}

/* Older files beside the log: plain ones first. */
static size_t
rotated_open(int dir_fd, const char *base, int64_t since_s,
    struct log_opened *ret, size_t max)
{
	struct candidates all = {.max = 8};
	size_t count = 0;

	if (max < all.max)
		all.max = max;
	/* a folder that cannot be listed has no older files for us */
	if (max == 0 || folder_list(dir_fd, base, since_s, &all, NULL) < 0)
		return 0;
	for (int gzip = 0; gzip <= 1; gzip++)
		for (size_t i = all.count; i-- > 0;) {
			const struct candidate *one = &all.rows[i];

			if (one->is_gzip != (gzip == 1))
				continue;
			ret[count].is_gzip = one->is_gzip;
			if (file_open(
			        dir_fd, one->name, &ret[count].fd, NULL) == 0)
				count++;
		}
	return count;
}

int
log_open_files(const char *dir, int64_t since_s, struct log_opened *ret,
    size_t max, char ret_path[static LOG_PATH_MAX], struct why *why)
{
	AUTO_CLOSE int dir_fd = -1;
	char folder[LOG_PATH_MAX];
	const char *base;
	int r = name_choose(dir, ret_path, why);

	if (r <= 0 || max == 0)
		return r < 0 ? r : 0;
	base = strrchr(ret_path, '/') + 1;
	(void)snprintf(
	    folder, sizeof(folder), "%.*s", (int)(base - ret_path), ret_path);
	dir_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return why_errno(why, "open %s", folder);
	r = file_open(dir_fd, base, &ret[0].fd, why);
	if (r < 0)
		return r;
	ret[0].is_gzip = false;
	return 1 + (int)rotated_open(dir_fd, base, since_s, ret + 1, max - 1);
}

static bool
machine_id(char ret[static MACHINE_ID_LENGTH + 1])
{
	AUTO_CLOSE int fd = open("/etc/machine-id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, ret, MACHINE_ID_LENGTH) : 0;

	ret[MACHINE_ID_LENGTH] = '\0';
	return n == MACHINE_ID_LENGTH;
}

int
log_open_journal(const char *const *dirs, int64_t since_s, int *ret, size_t max,
    struct why *why)
{
	char id[MACHINE_ID_LENGTH + 1];
	int count = 0;

	if (!machine_id(id))
		return 0;
	for (; *dirs != NULL; dirs++) {
		struct candidates all = {.max = 8};
		char path[LOG_PATH_MAX];
		AUTO_CLOSE int fd = -1;
		int r;

		if (max - (size_t)count < all.max)
			all.max = max - (size_t)count;
		(void)snprintf(path, sizeof(path), "%s/%s", *dirs, id);
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 || all.max == 0)
			continue;
		r = folder_list(fd, NULL, since_s, &all, why);
		for (size_t i = all.count; r == 0 && i-- > 0;) {
			r = file_open(fd, all.rows[i].name, &ret[count], why);
			count += r == 0;
			/* vacuumed meanwhile, or not for this user */
			r = 0;
		}
	}
	return count;
}
