/*
 * conf_file.c - a file of the mail system's configuration, read and replaced
 *
 * Purpose  what every edit of main.cf, master.cf and a lookup table shares
 * Input    files of the admin; others may edit them at any time
 * Errors   conf_file.h
 * Runs as  actor
 * Source   edit_file(3) of Postfix: the lock is flock(2) on FILE.tmp, mode 0600,
 *          which must still have that name when the lock is had
 */
#include "agent/change/conf_file.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "agent/base/text.h"
#include "agent/change/file_walk.h"

/* postconf -e holds it for some milliseconds. */
#define LOCK_TRIES   20U
#define LOCK_WAIT_NS 50000000L

/* dict_load_file() of Postfix: hot is what is younger than a full second. */
#define COOL_S 2

static const char *
lock_name(struct change_host *host, const char *leaf)
{
	return arena_printf(host->arena, "%s.tmp", leaf);
}

/* Has the lock's file still its name, and no other? */
static bool
lock_is_named(int dir, const char *name, int fd)
{
	struct stat by_name, by_fd;

	return fstatat(dir, name, &by_name, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstat(fd, &by_fd) == 0 && by_name.st_dev == by_fd.st_dev &&
	       by_name.st_ino == by_fd.st_ino;
}

static int
lock_take(int dir, const char *name, int *ret, struct why *why)
{
	const struct timespec wait = {.tv_nsec = LOCK_WAIT_NS};

	for (unsigned i = 0; i < LOCK_TRIES; i++) {
		AUTO_CLOSE int fd = openat(
		    dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

		if (fd < 0)
			return why_errno(why, "lock %s", name);
		if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
			if (!lock_is_named(dir, name, fd))
				continue;
			*ret = TAKE_FD(fd);
			return 0;
		}
		if (errno != EWOULDBLOCK && errno != EINTR)
			return why_errno(why, "lock %s", name);
		(void)nanosleep(&wait, NULL);
	}
	return why_set(
	    why, -EBUSY, "somebody edits it at this moment (%s)", name);
}

/* Our own user, in tests without root. */
static int
file_judge(const struct conf_file *file, struct why *why)
{
	const struct stat *st = &file->st;

	if (S_ISLNK(st->st_mode))
		return why_set(why, -EPERM,
		    "%s is a link: what it leads to may be shared, and is not "
		    "edited",
		    file->path);
	if (!S_ISREG(st->st_mode))
		return why_set(
		    why, -EPERM, "%s is not a regular file", file->path);
	if (st->st_nlink != 1)
		return why_set(why, -EPERM,
		    "%s has a second name (a hard link): it is not edited",
		    file->path);
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return why_set(
		    why, -EPERM, "%s does not belong to root", file->path);
	return 0;
}

static int
file_take(struct conf_file *file, struct why *why)
{
	int r;

	if (fstatat(file->dir, file->leaf, &file->st, AT_SYMLINK_NOFOLLOW) < 0)
		return why_errno(why, "stat %s", file->path);
	r = file_judge(file, why);
	if (r == 0)
		r = file_read(file->dir, file->leaf, CONF_FILE_BYTES_MAX,
		    &file->text, why);
	if (r < 0)
		return r;
	if (file->text.length > 0 &&
	    memchr(file->text.text, '\0', file->text.length) != NULL)
		return why_set(
		    why, -EPERM, "%s is not a text file", file->path);
	return 0;
}

int
conf_file_open(struct change_host *host, const char *leaf, bool is_locked,
    struct conf_file *ret, struct why *why)
{
	struct conf_file file = CONF_FILE_NONE;
	int r;

	if (host->mta->config_dir == NULL || host->mta->kind == NULL ||
	    strcmp(host->mta->kind, "postfix") != 0)
		return why_set(why, -EPERM, "there is no Postfix here");
	file.path =
	    arena_printf(host->arena, "%s/%s", host->mta->config_dir, leaf);
	r = file_walk(file.path, NULL, &file.dir, &file.leaf, why);
	if (r == 0 && is_locked)
		r = lock_take(file.dir, lock_name(host, leaf), &file.lock, why);
	if (r == 0)
		r = file_take(&file, why);
	if (r < 0) {
		conf_file_done(&file);
		return r;
	}
	*ret = file;
	return 0;
}

/* Removed while it is still locked: who waits for it makes another. */
void
conf_file_done(struct conf_file *file)
{
	if (file->lock >= 0) {
		AUTO_BUF struct buf name = {0};

		buf_addf(&name, "%s.tmp", file->leaf);
		(void)unlinkat(file->dir, name.text, 0);
	}
	auto_close(&file->lock);
	auto_close(&file->dir);
	buf_done(&file->text);
	*file = (struct conf_file)CONF_FILE_NONE;
}

int
conf_file_busy(const struct conf_file *file, struct why *why)
{
	AUTO_BUF struct buf name = {0};
	AUTO_CLOSE int fd = -1;

	buf_addf(&name, "%s.tmp", file->leaf);
	/* O_NONBLOCK: whatever may stand there. Not ours to open: not root */
	fd = openat(file->dir, name.text,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return why_set(why, -EBUSY, "somebody edits %s at this moment",
		    file->path);
	return 0;
}

struct postfix_text
conf_file_text(const struct conf_file *file)
{
	return (struct postfix_text){buf_text(&file->text), file->text.length};
}

/* An editor that knows no lock may have written in the meantime. */
static bool
file_is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/*
 * Postfix lets a main.cf of the last second "cool down", in case it is being
 * written: every process that starts waits for it. This one was whole at once.
 */
static void
file_cool(const struct conf_file *file)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}};

	(void)clock_gettime(CLOCK_REALTIME, &times[1]);
	times[1].tv_sec -= COOL_S;
	if (times[1].tv_sec > file->st.st_mtim.tv_sec)
		(void)utimensat(
		    file->dir, file->leaf, times, AT_SYMLINK_NOFOLLOW);
}

int
conf_file_write(struct conf_file *file, const struct buf *text, struct why *why)
{
	struct stat now;
	int r;

	if (fstatat(file->dir, file->leaf, &now, AT_SYMLINK_NOFOLLOW) < 0)
		return why_errno(why, "stat %s", file->path);
	if (!file_is_same(&now, &file->st))
		return why_set(why, -ESTALE,
		    "%s was changed by somebody else just now", file->path);
	r = file_replace(file->dir, file->leaf, buf_text(text), text->length,
	    &file->st, why);
	if (r < 0)
		return r;
	file_cool(file);
	buf_clear(&file->text);
	buf_add_n(&file->text, buf_text(text), text->length);
	if (fstatat(file->dir, file->leaf, &file->st, AT_SYMLINK_NOFOLLOW) < 0)
		return why_errno(why, "stat %s", file->path);
	return 0;
}

/* A lock's file that nobody holds, and that says nothing, is left over. */
static void
lock_tidy(int dir, const char *name)
{
	AUTO_CLOSE int fd =
	    openat(dir, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size == 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
	    lock_is_named(dir, name, fd))
		(void)unlinkat(dir, name, 0);
}

void
conf_file_tidy(struct change_host *host, const char *leaf)
{
	const char *path, *name, *prefix;
	const struct dirent *entry;
	AUTO_CLOSE int dir = -1;
	DIR *list;
	int fd;

	if (host->mta->config_dir == NULL)
		return;
	path = arena_printf(host->arena, "%s/%s", host->mta->config_dir, leaf);
	if (file_walk(path, NULL, &dir, &name, NULL) < 0)
		return;
	lock_tidy(dir, lock_name(host, leaf));
	fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	list = fd < 0 ? NULL : fdopendir(fd);
	if (list == NULL) {
		auto_close(&fd);
		return;
	}
	/* file_replace() writes beside the target, with a name of this form */
	prefix = arena_printf(host->arena, ".%s.mailfix-", leaf);
	while ((entry = readdir(list)) != NULL)
		if (text_starts(entry->d_name, prefix))
			(void)unlinkat(dir, entry->d_name, 0);
	(void)closedir(list);
}
