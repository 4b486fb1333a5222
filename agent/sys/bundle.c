/*
 * bundle.c - files that only root may read, for a sealed observer, unread
 *
 * Purpose  bundle.h
 * Input    paths of root's own configuration; who owns the folder may have put
 *          anything there
 * Errors   of each file by itself
 * Runs as  actor (new, add*), observer (read)
 * Source   memfd_create(2), sendfile(2)
 */
#include "agent/sys/bundle.h"

#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include <errno.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"

int
bundle_new(struct why *why)
{
	int fd = memfd_create("mailfix", MFD_CLOEXEC);

	return fd < 0 ? why_errno(why, "memfd_create") : fd;
}

/* Only what is a file is opened for good. */
static int
file_only(const char *path, int *ret_fd, size_t *ret_length)
{
	AUTO_CLOSE int fd = -1;
	struct stat st;
	int r = file_open_link(path, &fd, NULL);

	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return -errno;
	*ret_fd = TAKE_FD(fd);
	*ret_length = (size_t)st.st_size;
	return 0;
}

static int
file_copy(int fd, int from, size_t length)
{
	while (length > 0) {
		ssize_t n = sendfile(fd, from, NULL, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0) /* it became shorter */
			return -EAGAIN;
		length -= (size_t)n;
	}
	return 0;
}

void
bundle_add(int fd, const char *path, size_t max, struct bundle_file *ret)
{
	AUTO_CLOSE int from = -1;

	*ret = (struct bundle_file){.offset = lseek(fd, 0, SEEK_END)};
	ret->error =
	    ret->offset < 0 ? -errno : file_only(path, &from, &ret->length);
	if (ret->error == 0 && ret->length > max)
		ret->error = -EFBIG;
	if (ret->error == 0)
		ret->error = file_copy(fd, from, ret->length);
}

void
bundle_add_text(int fd, const char *text, size_t max, struct bundle_file *ret)
{
	*ret = (struct bundle_file){
	    .offset = lseek(fd, 0, SEEK_END), .length = strlen(text)};
	ret->error = ret->offset < 0 ? -errno : 0;
	if (ret->error == 0 && ret->length > max)
		ret->error = -EFBIG;
	if (ret->error == 0)
		ret->error = file_write_all(fd, text, ret->length, NULL);
}

int
bundle_read(int fd, const struct bundle_file *file, struct buf *ret)
{
	char bytes[4096];
	size_t done = 0;

	if (file->error < 0)
		return file->error;
	while (done < file->length) {
		size_t rest = file->length - done;
		ssize_t n = pread(fd, bytes,
		    rest < sizeof(bytes) ? rest : sizeof(bytes),
		    file->offset + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EAGAIN;
		buf_add_n(ret, bytes, (size_t)n);
		done += (size_t)n;
	}
	return 0;
}
