/*
 * disk.c - the file systems that mail touches
 *
 * Purpose  one read-only probe; row PROBE(disk) in probe_table.def
 * Input    /proc/self/mountinfo (names by anybody), statvfs(3)
 * Yields   table disk, a row for each mount
 * Unknown  the numbers of a mount that gives no answer in 2 s: each is asked by
 *          a thread of its own, so that one that hangs holds up no other
 * Errors   none
 * Runs as  observer, no privilege
 * Cost     a thread for each place; under 1 ms
 * Source   statvfs(3), df(1); postconf(5) queue_minfree
 */
#include <sys/statvfs.h>

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/base/auto.h"
#include "agent/probes/probe.h"
#include "agent/sys/mounts.h"

/* Local disks answer in microseconds; the probe itself has 5 s. */
#define DISK_ANSWER_S 2

/* queue, log, root, state, and mailbox directories */
#define DISK_PLACES_MAX 16U

/* smtpd wants room for a message and a half: postconf(5) queue_minfree */
#define DISK_MESSAGES_FREE 1.5

/* realpath(3) has a few paths on it; address space is limited. */
#define DISK_STACK_BYTES 131072U

/* One place that mail touches; the thread writes its answer, then `is_done`. */
struct place {
	const char *role, *path;
	const struct mounts *mounts;
	pthread_t thread;
	bool is_started;

	/* the answer */
	const struct mount *mount;
	struct statvfs stat;
	int error; /* of statvfs */
	bool is_done;
};

struct places {
	struct place places[DISK_PLACES_MAX];
	size_t count;
};

/* Guards is_done; the answers before it are then whole. */
static pthread_mutex_t disk_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t disk_answer = PTHREAD_COND_INITIALIZER;

static void
place_add(struct places *places, const char *role, const char *path)
{
	if (path != NULL && path[0] == '/' && places->count < DISK_PLACES_MAX)
		places->places[places->count++] =
		    (struct place){.role = role, .path = path};
}

static void
places_find(const struct probe_job *job, struct places *places)
{
	const struct mta *mta = job->mta;

	place_add(places, "root", "/");
	place_add(places, "log", "/var/log");
	place_add(places, "state", CONFIG_STATE);
	if (mta == NULL)
		return;
	place_add(places, "queue", mta->queue_dir);
	for (size_t i = 0;
	     mta->mailbox_dirs != NULL && mta->mailbox_dirs[i] != NULL; i++)
		place_add(places, "mailboxes", mta->mailbox_dirs[i]);
}

static void *
place_ask(void *arg)
{
	struct place *place = arg;
	char real[PATH_MAX];
	const struct mount *mount;
	struct statvfs stat = {0};
	int error = 0;

	/* a link may lead to another mount; what is not there yet will be here */
	mount = mounts_find(place->mounts,
	    realpath(place->path, real) != NULL ? real : place->path);
	if (mount == NULL)
		error = ENOENT;
	else if (statvfs(mount->point, &stat) < 0)
		error = errno;
	(void)pthread_mutex_lock(&disk_lock);
	place->mount = mount;
	place->stat = stat;
	place->error = error;
	place->is_done = true;
	(void)pthread_cond_signal(&disk_answer);
	(void)pthread_mutex_unlock(&disk_lock);
	return NULL;
}

static void
places_ask(struct places *places)
{
	pthread_attr_t attr;

	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, DISK_STACK_BYTES);
	for (size_t i = 0; i < places->count; i++) {
		struct place *place = &places->places[i];

		place->is_started = pthread_create(&place->thread, &attr,
		                        place_ask, place) == 0;
	}
	(void)pthread_attr_destroy(&attr);
}

/* Waits until all have answered or the time is over. */
static void
places_wait(struct places *places)
{
	struct timespec end;

	(void)clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += DISK_ANSWER_S;
	(void)pthread_mutex_lock(&disk_lock);
	for (size_t i = 0; i < places->count; i++)
		while (
		    places->places[i].is_started && !places->places[i].is_done)
			if (pthread_cond_timedwait(
			        &disk_answer, &disk_lock, &end) == ETIMEDOUT) {
				(void)pthread_mutex_unlock(&disk_lock);
				return;
			}
	(void)pthread_mutex_unlock(&disk_lock);
}

static void
numbers_out(const struct statvfs *stat, struct fact_out *out)
{
	double block = (double)stat->f_frsize;
	double used = (double)stat->f_blocks - (double)stat->f_bfree;
	double inodes = (double)stat->f_files;
	double for_users = used + (double)stat->f_bavail;
	double inodes_used = inodes - (double)stat->f_ffree;
	double inodes_for_users = inodes_used + (double)stat->f_favail;

	if (stat->f_blocks != 0 && for_users > 0) {
		fact_out_number(out, "total", (double)stat->f_blocks * block);
		fact_out_number(out, "free", (double)stat->f_bavail * block);
		fact_out_number(out, "used", used / for_users);
	} else {
		fact_out_unknown(out, "total", "it does not tell its size");
		fact_out_unknown(out, "free", "it does not tell its size");
		fact_out_unknown(out, "used", "it does not tell its size");
	}
	fact_out_number(out, "inodes_total", inodes);
	fact_out_number(out, "inodes_free", (double)stat->f_favail);
	/* btrfs and others make inodes as they need them and say 0 */
	fact_out_number(out, "inodes_used",
	    inodes > 0 && inodes_for_users > 0 ? inodes_used / inodes_for_users
	                                       : 0);
}

static void
numbers_unknown(const struct place *place, struct fact_out *out)
{
	static const char *const columns[] = {"total", "free", "used",
	    "read_only", "inodes_total", "inodes_free", "inodes_used"};
	char reason[128];

	if (!place->is_done)
		(void)snprintf(reason, sizeof(reason),
		    "no answer in %d s; the mount may hang", DISK_ANSWER_S);
	else
		(void)snprintf(reason, sizeof(reason), "statvfs: %s",
		    strerror(place->error));
	for (size_t i = 0; i < ARRAY_COUNT(columns); i++)
		fact_out_unknown(out, columns[i], "%s", reason);
}

/* Which of the places are on this mount, in words. */
static void
roles_out(const struct places *places, const struct mount *mount,
    const struct mta *mta, struct fact_out *out)
{
	char role[128] = "";
	bool holds_queue = false, holds_log = false;

	for (size_t i = 0; i < places->count; i++) {
		const struct place *place = &places->places[i];

		if (place->mount != mount)
			continue;
		holds_queue |= strcmp(place->role, "queue") == 0;
		holds_log |= strcmp(place->role, "log") == 0;
		if (strstr(role, place->role) != NULL)
			continue;
		if (role[0] != '\0')
			(void)strncat(
			    role, ", ", sizeof(role) - strlen(role) - 1);
		(void)strncat(
		    role, place->role, sizeof(role) - strlen(role) - 1);
	}
	fact_out_text(out, "role", role);
	fact_out_bool(out, "holds_queue", holds_queue);
	fact_out_bool(out, "holds_log", holds_log);
	if (!holds_queue)
		fact_out_number(out, "needed", 0);
	else if (mta->has_settings)
		fact_out_number(out, "needed",
		    mta->queue_minfree >
		            DISK_MESSAGES_FREE * mta->message_size_limit
		        ? mta->queue_minfree
		        : DISK_MESSAGES_FREE * mta->message_size_limit);
	else
		fact_out_unknown(out, "needed",
		    "the settings of the mail system cannot be read");
}

static void
disk_collect(struct probe_job *job, struct fact_out *out)
{
	struct places *places = arena_alloc(job->arena, 1, sizeof(*places));
	struct mounts mounts;
	struct why why = {0};

	if (mounts_read(job->arena, &mounts, &why) < 0) {
		fact_out_table_unknown(out, "disk", "%s", why.text);
		return;
	}
	places_find(job, places);
	for (size_t i = 0; i < places->count; i++)
		places->places[i].mounts = &mounts;
	places_ask(places);
	places_wait(places);
	(void)pthread_mutex_lock(&disk_lock);
	for (size_t i = 0; i < places->count; i++)
		if (!places->places[i].is_done)
			places->places[i].mount =
			    mounts_find(&mounts, places->places[i].path);
	for (size_t i = 0; i < places->count; i++) {
		const struct place *place = &places->places[i];
		bool is_first = place->mount != NULL;

		for (size_t j = 0; j < i; j++)
			is_first &= places->places[j].mount != place->mount;
		if (!is_first)
			continue;
		fact_out_row(out, "disk", place->mount->point);
		fact_out_text(out, "device", place->mount->device);
		fact_out_text(out, "type", place->mount->type);
		roles_out(places, place->mount, job->mta, out);
		if (place->is_done && place->error == 0)
			numbers_out(&place->stat, out);
		else
			numbers_unknown(place, out);
		/* not statvfs(3): in a sandbox of systemd all seems so */
		if (place->is_done && place->error == 0)
			fact_out_bool(
			    out, "read_only", place->mount->is_read_only);
	}
	(void)pthread_mutex_unlock(&disk_lock);
	fact_out_table_end(out, "disk");
}

static const char *const *
disk_roots(struct probe_job *job)
{
	static const char *const roots[] = {"/proc/self/mountinfo", NULL};

	(void)job;
	return roots;
}

static const char *const disk_tables[] = {"disk", NULL};

const struct probe probe_disk = {
    .name = "disk",
    .tables = disk_tables,
    .needs = PROBE_NEEDS_THREADS,
    .deadline_ms = 5000,
    .roots = disk_roots,
    .collect = disk_collect,
};
