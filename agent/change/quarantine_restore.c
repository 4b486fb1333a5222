/*
 * quarantine_restore.c - the way back from the quarantine
 *
 * Purpose  read a manifest; put files back into the queue, whole or not at all
 * Input    the manifest: ours, yet checked like any file; bytes of messages
 * Errors   -EBADMSG: damaged, nothing is put back from it
 * Runs as  actor, as root
 * Source   open(2) O_TMPFILE, link(2): a name appears with its whole content
 *          and never takes another one's place
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/base/file.h"
#include "agent/change/quarantine.h"

/* 100,000 files (a message and its log each) take 13 MB. */
#define MANIFEST_BYTES_MAX (64U * 1024U * 1024U)

#define COPY_BYTES (64U * 1024U)

struct quarantine *
quarantine_free(struct quarantine *quarantine)
{
	if (quarantine == NULL)
		return NULL;
	free(quarantine->files);
	free(quarantine);
	return NULL;
}

/* "hold/ID", "defer/A/ID": a folder that we fill, and single characters. */
static bool
path_is_ours(const struct mta *mta, const char *path)
{
	const char *slash = strchr(path, '/'), *id = strrchr(path, '/');
	const char *const *log = mta->ops->queue_logs;
	size_t length;

	if (slash == NULL || !mta->ops->queue_id_ok(id + 1))
		return false;
	length = (size_t)(slash - path);
	for (const char *p = slash; p < id; p += 2)
		if (p[1] == '/' || p[1] == '.' || p[2] != '/')
			return false;
	if (length == strlen("hold") && strncmp(path, "hold", length) == 0)
		return true;
	for (; *log != NULL; log++)
		if (strlen(*log) == length && strncmp(path, *log, length) == 0)
			return true;
	return false;
}

static int
line_parse(
    const struct mta *mta, const char *line, struct quarantine_file *file)
{
	int end = 0;

	if (sscanf(line,
	        "%64[0-9a-f] %" SCNu64 " %" SCNu64 " %o %u %u %" SCNd64
	        ".%9" SCNd64 " %63[A-Za-z0-9/]%n",
	        file->hash, &file->offset, &file->size, &file->mode, &file->uid,
	        &file->gid, &file->mtime_s, &file->mtime_ns, file->path,
	        &end) != 9 ||
	    line[end] != '\0' || strlen(file->hash) != HASH_HEX_MAX - 1 ||
	    (file->mode & ~0777U) != 0 || file->size > INT64_MAX / 4 ||
	    file->offset > INT64_MAX / 4 || !path_is_ours(mta, file->path))
		return -EBADMSG;
	file->id = strrchr(file->path, '/') + 1;
	return 0;
}

/* Does it end with a line of its own sum? Returns where that line begins. */
static char *
last_line(struct buf *text, size_t *ret_count)
{
	char sum[HASH_HEX_MAX], want[HASH_HEX_MAX] = "";
	struct hash hash;
	char *last;

	if (text->length < 2 || text->text[text->length - 1] != '\n' ||
	    memchr(text->text, '\0', text->length) != NULL)
		return NULL;
	last = memrchr(text->text, '\n', text->length - 1);
	last = last == NULL ? text->text : last + 1;
	if (sscanf(last, "end %zu %64[0-9a-f]", ret_count, want) != 2)
		return NULL;
	hash_init(&hash);
	hash_add(&hash, text->text, (size_t)(last - text->text));
	hash_end(&hash, sum);
	return strcmp(sum, want) == 0 ? last : NULL;
}

static int
manifest_parse(
    const struct mta *mta, struct buf *text, struct quarantine *quarantine)
{
	size_t count = 0;
	char *last = last_line(text, &count), *line = text->text, *end;

	if (last == NULL || count > text->length)
		return -EBADMSG;
	quarantine->files = mem_alloc(count + 1, sizeof(*quarantine->files));
	for (; line < last; line = end + 1) {
		end = strchr(line, '\n');
		*end = '\0';
		if (quarantine->count == count ||
		    line_parse(
		        mta, line, &quarantine->files[quarantine->count]) < 0)
			return -EBADMSG;
		quarantine->count++;
	}
	return quarantine->count == count ? 0 : -EBADMSG;
}

int
quarantine_open(const struct mta *mta, const char *store,
    struct quarantine **ret, struct why *why)
{
	AUTO_CLOSE int dir =
	    open(store, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	AUTO_BUF struct buf text = {0};
	struct quarantine *quarantine;
	int r;

	if (dir < 0)
		return why_errno(why, "open %s", store);
	r = file_read(dir, QUARANTINE_MANIFEST, MANIFEST_BYTES_MAX, &text, why);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	quarantine = mem_alloc(1, sizeof(*quarantine));
	quarantine->store = store;
	if (manifest_parse(mta, &text, quarantine) < 0) {
		quarantine_free(quarantine);
		return why_set(why, -EBADMSG, "%s/%s is damaged", store,
		    QUARANTINE_MANIFEST);
	}
	*ret = quarantine;
	return 1;
}

/* One step down; a folder that is made gets its owner by its descriptor. */
static int
folder_step(const struct quarantine_file *file, int dir, const char *name,
    bool may_make, struct why *why)
{
	bool is_made = may_make && mkdirat(dir, name, 0700) == 0;
	int fd =
	    openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return why_errno(why, "open the folder of %s", file->path);
	if (is_made && fchown(fd, file->uid, file->gid) < 0) {
		int r =
		    why_errno(why, "give a folder of %s its owner", file->path);

		(void)close(fd);
		return r;
	}
	return fd;
}

/*
 * The folder that a path is in; single-character ones are made again. Step by
 * step: the mail system's user may put links in the way.
 */
static int
folder_open(const struct quarantine_file *file, int queue_fd, int *ret_fd,
    struct why *why)
{
	AUTO_CLOSE int dir = -1;
	char name[MTA_QUEUE_PATH_MAX];
	const char *end;

	for (const char *p = file->path; p < file->id; p = end + 1) {
		int fd;

		end = strchr(p, '/');
		(void)snprintf(name, sizeof(name), "%.*s", (int)(end - p), p);
		fd = folder_step(
		    file, dir < 0 ? queue_fd : dir, name, p != file->path, why);
		if (fd < 0)
			return fd;
		auto_close(&dir);
		dir = fd;
	}
	*ret_fd = TAKE_FD(dir);
	return 0;
}

static int
bytes_copy(
    const struct quarantine_file *file, int tar_fd, int fd, struct why *why)
{
	unsigned char bytes[COPY_BYTES];
	int r;

	for (uint64_t at = 0; at < file->size;) {
		uint64_t left = file->size - at;
		ssize_t n = pread(tar_fd, bytes,
		    left < sizeof(bytes) ? (size_t)left : sizeof(bytes),
		    (off_t)(file->offset + at));

		if (n <= 0)
			return why_set(why, -EBADMSG, "the archive is cut");
		if ((r = file_write_all(fd, bytes, (size_t)n, why)) < 0)
			return r;
		at += (uint64_t)n;
	}
	return 0;
}

static int
attributes_set(const struct quarantine_file *file, int fd, struct why *why)
{
	const struct timespec times[2] = {
	    {.tv_nsec = UTIME_NOW      },
	    { .tv_sec = file->mtime_s, .tv_nsec = file->mtime_ns},
	};

	if (fchmod(fd, file->mode) < 0 || futimens(fd, times) < 0 ||
	    fchown(fd, file->uid, file->gid) < 0)
		return why_errno(why, "give %s its owner", file->path);
	return 0;
}

/* What is there already: the same bytes? */
static int
is_same(const struct quarantine_file *file, int folder, struct why *why)
{
	char got[FILE_HASH_MAX];
	int r = file_hash(folder, file->id, got, why);

	if (r < 0)
		return r;
	if (strcmp(got, file->hash) != 0)
		return why_set(
		    why, -EEXIST, "another file has the name %s", file->path);
	return 1;
}

/* File systems without O_TMPFILE: no mail system takes this for a message. */
#define TEMPORARY "mailfix.tmp"

static int
temporary_open(int folder, bool *ret_is_named)
{
	int fd = openat(folder, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);

	*ret_is_named = fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR);
	if (!*ret_is_named)
		return fd;
	(void)unlinkat(folder, TEMPORARY, 0); /* of a crash */
	return openat(folder, TEMPORARY,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* link(2), and not rename(2): it never takes another file's place. */
static int
appear(const struct quarantine_file *file, int folder, int fd, bool is_named)
{
	char from[32];

	if (is_named)
		return linkat(folder, TEMPORARY, folder, file->id, 0);
	(void)snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, from, folder, file->id, AT_SYMLINK_FOLLOW);
}

int
quarantine_restore(const struct quarantine_file *file, int tar_fd, int queue_fd,
    struct why *why)
{
	AUTO_CLOSE int folder = -1, fd = -1;
	bool is_named = false;
	int r, code = 0;

	if ((r = quarantine_check(file, tar_fd, why)) < 0 ||
	    (r = folder_open(file, queue_fd, &folder, why)) < 0)
		return r;
	fd = temporary_open(folder, &is_named);
	if (fd < 0)
		return why_errno(why, "make a file for %s", file->path);
	r = bytes_copy(file, tar_fd, fd, why);
	if (r == 0)
		r = attributes_set(file, fd, why);
	if (r == 0 && appear(file, folder, fd, is_named) < 0)
		code = errno;
	if (is_named)
		(void)unlinkat(folder, TEMPORARY, 0);
	if (code == EEXIST)
		return is_same(file, folder, why);
	return code != 0 ? why_set(why, -code, "put back %s: %s", file->path,
	                       strerror(code))
	                 : r;
}
