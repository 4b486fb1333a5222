/*
 * quarantine.c - messages into an archive with checksums
 *
 * Purpose  copy files of the queue, prove that the copy is good
 * Input    files of the queue: bytes, copied and never parsed
 * Errors   negative errno; without a manifest nothing was put away
 * Runs as  actor, as root
 * Cost     one sequential write, one fsync, one sequential read
 * Source   POSIX.1-2017 pax, "ustar Interchange Format"
 */
#include "agent/change/quarantine.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/base/file.h"
#include "agent/change/quarantine_tar.h"

#define WRITE_BYTES (1024U * 1024U)
#define READ_BYTES  (64U * 1024U)

struct quarantine_writer {
	struct quarantine quarantine;
	int dir, fd;
	uint64_t offset; /* in the archive, buffered bytes included */
	size_t length;
	unsigned char buffer[WRITE_BYTES];
};

int
quarantine_begin(
    const char *store, struct quarantine_writer **ret, struct why *why)
{
	AUTO_CLOSE int dir =
	    open(store, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	AUTO_CLOSE int fd = -1;
	struct quarantine_writer *writer;

	if (dir < 0)
		return why_errno(why, "open %s", store);
	if (faccessat(dir, QUARANTINE_MANIFEST, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return why_set(
		    why, -EEXIST, "%s has a quarantine already", store);
	if (unlinkat(dir, QUARANTINE_TAR, 0) < 0 && errno != ENOENT)
		return why_errno(why, "remove an unfinished archive");
	fd = openat(dir, QUARANTINE_TAR,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return why_errno(why, "create %s/%s", store, QUARANTINE_TAR);
	writer = mem_alloc(1, sizeof(*writer));
	writer->quarantine.store = store;
	writer->dir = TAKE_FD(dir);
	writer->fd = TAKE_FD(fd);
	*ret = writer;
	return 0;
}

struct quarantine_writer *
quarantine_writer_free(struct quarantine_writer *writer)
{
	if (writer == NULL)
		return NULL;
	auto_close(&writer->dir);
	auto_close(&writer->fd);
	free(writer->quarantine.files);
	free(writer);
	return NULL;
}

static int
flush(struct quarantine_writer *writer, struct why *why)
{
	int r = file_write_all(writer->fd, writer->buffer, writer->length, why);

	writer->length = 0;
	if (r < 0)
		why_prefix(
		    why, "%s/%s", writer->quarantine.store, QUARANTINE_TAR);
	return r;
}

static int
put(struct quarantine_writer *writer, const void *bytes, size_t length,
    struct why *why)
{
	const unsigned char *p = bytes;
	int r;

	writer->offset += length;
	while (length > 0) {
		size_t n = sizeof(writer->buffer) - writer->length;

		if (n > length)
			n = length;
		memcpy(writer->buffer + writer->length, p, n);
		writer->length += n;
		p += n;
		length -= n;
		if (writer->length == sizeof(writer->buffer) &&
		    (r = flush(writer, why)) < 0)
			return r;
	}
	return 0;
}

static int
pad(struct quarantine_writer *writer, struct why *why)
{
	static const unsigned char zeros[QUARANTINE_BLOCK];
	size_t over = writer->offset % QUARANTINE_BLOCK;

	return over == 0 ? 0 : put(writer, zeros, QUARANTINE_BLOCK - over, why);
}

/* As many bytes as fstat(2) told; a file that changes meanwhile is no good. */
static int
copy(struct quarantine_writer *writer, int fd, struct quarantine_file *file,
    struct why *why)
{
	unsigned char bytes[READ_BYTES];
	struct hash hash;
	uint64_t left = file->size;
	int r;

	hash_init(&hash);
	for (;;) {
		ssize_t n = read(fd, bytes, sizeof(bytes));

		if (n < 0)
			return why_errno(why, "read %s", file->path);
		if (n == 0)
			break;
		if ((uint64_t)n > left)
			return why_set(
			    why, -EBUSY, "%s is being written", file->path);
		left -= (uint64_t)n;
		hash_add(&hash, bytes, (size_t)n);
		if ((r = put(writer, bytes, (size_t)n, why)) < 0)
			return r;
		if (left == 0 && (size_t)n < sizeof(bytes))
			break;
	}
	hash_end(&hash, file->hash);
	return left == 0
	           ? pad(writer, why)
	           : why_set(why, -EBUSY, "%s is being written", file->path);
}

static struct quarantine_file *
append(struct quarantine *quarantine)
{
	if (quarantine->count == quarantine->size) {
		quarantine->size =
		    quarantine->size == 0 ? 256 : 2 * quarantine->size;
		quarantine->files = mem_grow(quarantine->files,
		    quarantine->size, sizeof(*quarantine->files));
	}
	memset(&quarantine->files[quarantine->count], 0,
	    sizeof(*quarantine->files));
	return &quarantine->files[quarantine->count];
}

int
quarantine_add(struct quarantine_writer *writer, int queue_fd, const char *path,
    struct why *why)
{
	struct quarantine_file *file = append(&writer->quarantine);
	const char *slash = strrchr(path, '/');
	unsigned char header[QUARANTINE_BLOCK];
	AUTO_CLOSE int folder = -1, fd = -1;
	struct stat st;
	int r;

	if (strlen(path) >= sizeof(file->path) || slash == NULL)
		return why_set(why, -ENAMETOOLONG, "%s", path);
	/* the mail system's user may put links in the way */
	r = file_folder(queue_fd, path, (size_t)(slash - path), &folder, why);
	if (r < 0 || (r = file_open(folder, slash + 1, &fd, why)) < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return why_errno(why, "stat %s", path);
	(void)snprintf(file->path, sizeof(file->path), "%s", path);
	file->size = (uint64_t)st.st_size;
	file->mode = st.st_mode & 0777;
	file->uid = st.st_uid;
	file->gid = st.st_gid;
	file->mtime_s = st.st_mtim.tv_sec;
	file->mtime_ns = st.st_mtim.tv_nsec;
	if ((r = quarantine_tar_header(file, header, why)) < 0 ||
	    (r = put(writer, header, sizeof(header), why)) < 0)
		return r;
	file->offset = writer->offset;
	if ((r = copy(writer, fd, file, why)) < 0)
		return r;
	writer->quarantine.count++;
	return 0;
}

int
quarantine_check(
    const struct quarantine_file *file, int tar_fd, struct why *why)
{
	unsigned char bytes[READ_BYTES];
	char got[HASH_HEX_MAX];
	struct hash hash;
	uint64_t at = 0;

	hash_init(&hash);
	while (at < file->size) {
		uint64_t left = file->size - at;
		ssize_t n = pread(tar_fd, bytes,
		    left < sizeof(bytes) ? (size_t)left : sizeof(bytes),
		    (off_t)(file->offset + at));

		if (n < 0)
			return why_errno(why, "read the archive");
		if (n == 0)
			break;
		hash_add(&hash, bytes, (size_t)n);
		at += (uint64_t)n;
	}
	hash_end(&hash, got);
	if (at != file->size || strcmp(got, file->hash) != 0)
		return why_set(
		    why, -EBADMSG, "the copy of %s is damaged", file->path);
	return 0;
}

static int
manifest_write(struct quarantine_writer *writer, struct why *why)
{
	const struct quarantine *quarantine = &writer->quarantine;
	AUTO_BUF struct buf text = {0};
	char sum[HASH_HEX_MAX];
	struct hash hash;

	for (size_t i = 0; i < quarantine->count; i++) {
		const struct quarantine_file *file = &quarantine->files[i];

		buf_addf(&text,
		    "%s %" PRIu64 " %" PRIu64 " %o %u %u %" PRId64 ".%09" PRId64
		    " %s\n",
		    file->hash, file->offset, file->size, file->mode, file->uid,
		    file->gid, file->mtime_s, file->mtime_ns, file->path);
	}
	hash_init(&hash);
	hash_add(&hash, buf_text(&text), text.length);
	hash_end(&hash, sum);
	buf_addf(&text, "end %zu %s\n", quarantine->count, sum);
	return file_replace(writer->dir, QUARANTINE_MANIFEST, text.text,
	    text.length, NULL, why);
}

int
quarantine_commit(struct quarantine_writer *writer, struct why *why)
{
	static const unsigned char end[2 * QUARANTINE_BLOCK];
	int r;

	if ((r = put(writer, end, sizeof(end), why)) < 0 ||
	    (r = flush(writer, why)) < 0)
		return r;
	if (fsync(writer->fd) < 0)
		return why_errno(why, "sync the archive");
	/* no longer from memory: what the disk has is what comes back */
	(void)posix_fadvise(writer->fd, 0, 0, POSIX_FADV_DONTNEED);
	for (size_t i = 0; i < writer->quarantine.count; i++) {
		r = quarantine_check(
		    &writer->quarantine.files[i], writer->fd, why);
		if (r < 0)
			return r;
	}
	return manifest_write(writer, why);
}
