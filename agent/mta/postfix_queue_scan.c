/*
 * postfix_queue_scan.c - walk the queue directory of Postfix
 *
 * Purpose  open every message of the wanted states and visit its envelope
 * Input    the queue directory and its files: hostile
 * Errors   a folder that cannot be read; a file that cannot is only counted
 * Runs as  the queue's observer, in the closed sandbox
 * Cost     a file costs openat, pread, close; threads share the folders. With
 *          more threads than processors a cold cache is read faster and a warm
 *          one as fast
 * Source   Postfix global/mail_open_ok.c (which files are messages)
 */
#include "agent/mta/postfix_queue_scan.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/mem.h"
#include "agent/mta/postfix_queue.h"
#include "agent/mta/postfix_queue_dirs.h"
#include "agent/mta/postfix_queue_file.h"

/* The C library's calls in a thread need little; the work space is apart. */
#define STACK_BYTES (128 * 1024)

struct worker {
	const struct queue_scan *scan;
	struct postfix_dirs *dirs;
	unsigned number;
	pthread_t thread;
	int fd; /* of the file at hand */
	uint64_t unfinished, unreadable;
	struct postfix_file file;
	struct postfix_batch batch;
};

static int64_t
read_at(void *user, void *bytes, size_t size, int64_t offset)
{
	const struct worker *worker = user;
	ssize_t n = pread(worker->fd, bytes, size, offset);

	return n < 0 ? -errno : n;
}

static int64_t
size_of(void *user)
{
	const struct worker *worker = user;
	struct stat st;

	return fstat(worker->fd, &st) == 0 ? st.st_size : 0;
}

static void
visit(void *user, const struct queue_message *message)
{
	struct worker *worker = user;

	worker->scan->visit(worker->scan->user, worker->number, message);
}

/*
 * Is it a message that cleanup(8) has not yet finished? Only incoming/ has
 * such files: all others were renamed there when they were complete.
 */
static bool
is_unfinished(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       (st.st_mode & S_IRWXU) != S_IRWXU;
}

static void
read_file(struct worker *worker, const char *name, unsigned type)
{
	const struct postfix_dir *dir = worker->batch.dir;
	AUTO_CLOSE int fd = -1;
	int r;

	if (!postfix_queue_id_ok(name)) {
		/* A temporary name that cleanup(8) is about to change. */
		if (dir->state == QUEUE_INCOMING && type == DT_REG)
			worker->unfinished++;
		else
			worker->unreadable++;
		return;
	}
	if (type != DT_REG && type != DT_UNKNOWN) {
		worker->unreadable++;
		return;
	}
	fd = openat(dir->fd, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		if (errno != ENOENT)
			worker->unreadable++;
		return;
	}
	if (dir->state == QUEUE_INCOMING && is_unfinished(fd)) {
		worker->unfinished++;
		return;
	}
	worker->fd = fd;
	r = postfix_file_parse(&worker->file, dir->state, name);
	if (r < 0)
		worker->unreadable++;
}

static void *
work(void *user)
{
	struct worker *worker = user;
	const char *name;
	unsigned type;

	while (postfix_dirs_next(worker->dirs, &worker->batch)) {
		while ((name = postfix_batch_name(&worker->batch, &type)))
			read_file(worker, name, type);
	}
	return NULL;
}

/* Start all workers but the first, which is us. Fewer threads do as well. */
static unsigned
start(struct worker *const *workers, unsigned count)
{
	pthread_attr_t attr;
	unsigned started = 1;

	if (pthread_attr_init(&attr) != 0)
		return started;
	(void)pthread_attr_setstacksize(&attr, STACK_BYTES);
	while (started < count && pthread_create(&workers[started]->thread,
	                              &attr, work, workers[started]) == 0)
		started++;
	(void)pthread_attr_destroy(&attr);
	return started;
}

static void
run(const struct queue_scan *scan, struct postfix_dirs *dirs,
    struct queue_scan_result *ret)
{
	struct worker *workers[QUEUE_SCAN_THREADS_MAX] = {0};
	unsigned started;

	for (unsigned i = 0; i < scan->threads; i++) {
		struct worker *worker = mem_alloc(1, sizeof(*worker));

		worker->scan = scan;
		worker->dirs = dirs;
		worker->number = i;
		worker->file.read = read_at;
		worker->file.size = size_of;
		worker->file.user = worker;
		worker->file.visit = visit;
		worker->file.visit_user = worker;
		worker->file.wants_account = scan->wants_account;
		workers[i] = worker;
	}
	started = start(workers, scan->threads);
	(void)work(workers[0]);
	for (unsigned i = 1; i < started; i++)
		(void)pthread_join(workers[i]->thread, NULL);
	for (unsigned i = 0; i < scan->threads; i++) {
		ret->unfinished += workers[i]->unfinished;
		ret->unreadable += workers[i]->unreadable;
		free(workers[i]);
	}
}

/* Files in a folder that is only counted; 0 when it is not there. */
static int
count_files(int queue_fd, const char *path, uint64_t *ret, struct why *why)
{
	AUTO_CLOSE int fd = openat(
	    queue_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	const struct dirent *entry;
	DIR *dir;

	*ret = 0;
	if (fd < 0)
		return errno == ENOENT ? 0 : why_errno(why, "open %s", path);
	dir = fdopendir(fd);
	if (dir == NULL)
		return why_errno(why, "read %s", path);
	fd = -1; /* the DIR's */
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			++*ret;
	(void)closedir(dir);
	return 0;
}

int
postfix_queue_scan(const struct queue_scan *scan, struct queue_scan_result *ret,
    struct why *why)
{
	AUTO_FREE struct postfix_dirs *dirs = mem_alloc(1, sizeof(*dirs));
	struct queue_scan_result result = {0};
	int r;

	if ((r = count_files(
	         scan->queue_fd, "maildrop", &result.maildrop, why)) < 0 ||
	    (r = count_files(scan->queue_fd, "corrupt", &result.corrupt, why)) <
	        0)
		return r;
	postfix_dirs_init(dirs, scan->queue_fd, scan->states);
	run(scan, dirs, &result);
	r = dirs->code;
	if (r < 0)
		(void)why_set(why, r, "read the queue's folder %s: %s",
		    dirs->failed, strerror(-r));
	postfix_dirs_done(dirs);
	if (r == 0)
		*ret = result;
	return r;
}
