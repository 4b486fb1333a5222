/*
 * chroot_file.c - copies of system files in the mail system's chroot
 *
 * Purpose  one read-only probe; row PROBE(chroot_file) in probe_table.def
 * Input    files below /etc and their copies: root's own, compared by bytes
 * Yields   table chroot_file, a row for each file of the host that is copied;
 *          no rows where nothing runs in a chroot
 * Unknown  a file that cannot be read, or is too long to compare
 * Errors   none
 * Runs as  observer
 * Cost     reads a few kB twice
 * Source   Debian's configure-instance.sh, Postfix's chroot-setup examples
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/probes/probe.h"

/* /etc/services has 12 kB, a large hosts file some 100. */
#define CHROOT_FILE_BYTES_MAX (1024U * 1024U)
#define CHROOT_CHUNK          8192U

static const char *const *
chroot_file_roots(struct probe_job *job)
{
	/* links of /etc/resolv.conf and /etc/localtime lead there */
	static const char *const system[] = {"/etc", "/usr/share/zoneinfo",
	    "/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager",
	    "/run/connman"};
	const char **roots =
	    arena_alloc(job->arena, ARRAY_COUNT(system) + 2, sizeof(*roots));

	(void)memcpy(roots, system, sizeof(system));
	if (job->mta != NULL && job->mta->queue_dir != NULL)
		roots[ARRAY_COUNT(system)] =
		    arena_printf(job->arena, "%s/etc", job->mta->queue_dir);
	return roots;
}

/* Returns bytes read, or a negative errno; a chunk is full but at the end. */
static ssize_t
chunk_read(int fd, char *bytes)
{
	size_t length = 0;

	while (length < CHROOT_CHUNK) {
		ssize_t n = read(fd, bytes + length, CHROOT_CHUNK - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		length += (size_t)n;
	}
	return (ssize_t)length;
}

/* 1: the same bytes, 0: others, or a negative errno */
static int
files_compare(int left, int right)
{
	char a[CHROOT_CHUNK], b[CHROOT_CHUNK];

	for (size_t total = 0; total < CHROOT_FILE_BYTES_MAX;) {
		ssize_t n = chunk_read(left, a), m = chunk_read(right, b);

		if (n < 0 || m < 0)
			return (int)(n < 0 ? n : m);
		if (n != m || memcmp(a, b, (size_t)n) != 0)
			return 0;
		if (n < (ssize_t)CHROOT_CHUNK)
			return 1;
		total += (size_t)n;
	}
	return -EFBIG;
}

static void
file_out(const char *source, const char *copy, struct fact_out *out)
{
	AUTO_CLOSE int from =
	    open(source, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	AUTO_CLOSE int to = -1;
	int from_error = from < 0 ? errno : 0, to_error, same;

	if (from_error == ENOENT)
		return; /* nothing to copy */
	to = open(copy, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	to_error = to < 0 ? errno : 0;
	fact_out_row(out, "chroot_file", copy);
	fact_out_text(out, "source", source);
	if (to_error == 0 || to_error == ENOENT)
		fact_out_bool(out, "exists", to_error == 0);
	else
		fact_out_unknown(out, "exists", "%s", strerror(to_error));
	if (to_error == ENOENT) {
		fact_out_bool(out, "stale", true);
		return;
	}
	same = from_error != 0 ? -from_error
	       : to_error != 0 ? -to_error
	                       : files_compare(from, to);
	if (same < 0)
		fact_out_unknown(out, "stale", "%s", strerror(-same));
	else
		fact_out_bool(out, "stale", same == 0);
}

static void
chroot_file_collect(struct probe_job *job, struct fact_out *out)
{
	const struct mta *mta = job->mta;

	if (mta == NULL || job->mta_error != NULL) {
		fact_out_table_unknown(out, "chroot_file", "%s",
		    job->mta_error != NULL ? job->mta_error : "not looked for");
		return;
	}
	if (mta->services_error != NULL) {
		fact_out_table_unknown(
		    out, "chroot_file", "%s", mta->services_error);
		return;
	}
	for (size_t i = 0; mta->ops != NULL && mta->is_chrooted &&
	                   mta->ops->chroot_files != NULL &&
	                   mta->ops->chroot_files[i] != NULL;
	     i++) {
		const char *name = mta->ops->chroot_files[i];

		file_out(arena_printf(job->arena, "/%s", name),
		    arena_printf(job->arena, "%s/%s", mta->queue_dir, name),
		    out);
	}
	fact_out_table_end(out, "chroot_file");
}

static const char *const chroot_file_tables[] = {"chroot_file", NULL};

const struct probe probe_chroot_file = {
    .name = "chroot_file",
    .tables = chroot_file_tables,
    .deadline_ms = 3000,
    .roots = chroot_file_roots,
    .collect = chroot_file_collect,
};
