/*
 * queue_select.c - which messages match: ids, chosen by an observer
 *
 * Purpose  fork an observer, take its records, check each of them
 * Input    fixed-size records of a process that reads hostile files
 * Errors   -EPROTO: a record that cannot be; else as observer_pipe.c
 * Runs as  actor; the child as observer with CAP_DAC_READ_SEARCH
 * Source   DESIGN "Two roles, one binary"; pipe(7)
 */
#include "agent/probes/queue_select.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/clock.h"
#include "agent/probes/observer_pipe.h"
#include "agent/probes/queue_pick.h"
#include "agent/sys/sandbox.h"
#include "agent/sys/view.h"

/* As the queue's probe: a cold cache and a great many messages. */
#define DEADLINE_MS 60000
#define CPU_S       60
#define THREADS     4

#define NEEDS (SANDBOX_READ_ALL | SANDBOX_THREADS | SANDBOX_BELOW)

/* First on the pipe; `count` records follow, and nothing else. */
struct head {
	uint64_t magic, count, matched, in_state;
	int32_t code; /* negative errno: it failed, and why is `text` */
	char text[WHY_TEXT_MAX];
};

#define HEAD_MAGIC 0x6d61696c66697831U

struct select_job {
	const struct mta *mta;
	const struct queue_query *query;
	enum queue_state state;
	int64_t now_s;
	struct sandbox sandbox;
	int queue_fd, pipe[2];
	struct observer_pipe answer;
};

static int
shut_in(struct select_job *job, struct why *why)
{
	const char *const roots[] = {job->mta->queue_dir, NULL};
	int fds[] = {job->queue_fd, job->pipe[1]};
	int r = sandbox_drop(&job->sandbox, fds, ARRAY_COUNT(fds), why);

	job->queue_fd = fds[0];
	job->pipe[1] = fds[1];
	return r < 0 ? r : sandbox_seal(&job->sandbox, roots, why);
}

static void __attribute__((noreturn)) child(struct select_job *job)
{
	struct queue_pick *pick = queue_pick_new(job->query, job->now_s);
	struct head head = {.magic = HEAD_MAGIC};
	struct queue_scan scan = {
	    .states = 1U << job->state,
	    .threads = THREADS,
	    .wants_account = job->query->account != NULL,
	    .visit = queue_pick_add,
	    .user = pick,
	};
	const struct queue_picked *picked = NULL;
	struct queue_scan_result result;
	struct why why = {0};
	size_t count = 0;

	(void)setpgid(0, 0);
	head.code = shut_in(job, &why);
	scan.queue_fd = job->queue_fd;
	if (head.code == 0)
		head.code = job->mta->ops->queue_scan(&scan, &result, &why);
	if (head.code == 0)
		picked =
		    queue_pick_end(pick, &count, &head.matched, &head.in_state);
	head.count = count;
	memcpy(head.text, why.text, sizeof(head.text));
	observer_pipe_put(job->pipe[1], &head, sizeof(head));
	observer_pipe_put(job->pipe[1], picked, count * sizeof(*picked));
	_exit(0);
}

static int
head_check(
    const struct select_job *job, const struct head *head, struct why *why)
{
	size_t max = job->query->max == 0 || job->query->max > QUEUE_SELECT_MAX
	                 ? QUEUE_SELECT_MAX
	                 : job->query->max;

	if (head->magic != HEAD_MAGIC)
		return observer_pipe_lied(&job->answer, "no head", why);
	if (memchr(head->text, '\0', sizeof(head->text)) == NULL ||
	    head->code > 0)
		return observer_pipe_lied(
		    &job->answer, "a head that makes no sense", why);
	if (head->code < 0) /* its reasons are ours: no bytes of the queue */
		return why_set(why, head->code, "%s", head->text);
	if (head->count > max || head->count > head->matched ||
	    head->matched > head->in_state)
		return observer_pipe_lied(
		    &job->answer, "counts that cannot be", why);
	return 0;
}

static int
record_check(const struct select_job *job, const struct queue_picked *picked,
    struct why *why)
{
	if (memchr(picked->id, '\0', sizeof(picked->id)) == NULL ||
	    !job->mta->ops->queue_id_ok(picked->id))
		return observer_pipe_lied(
		    &job->answer, "an id that is none", why);
	if (picked->bytes < 0)
		return observer_pipe_lied(
		    &job->answer, "a size that cannot be", why);
	return 0;
}

static int
compare_ids(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* An id that comes twice would be counted twice. */
static int
ids_check(const struct select_job *job, const char *const *ids, size_t count,
    struct why *why)
{
	AUTO_FREE const char **sorted = mem_alloc(count + 1, sizeof(*sorted));

	if (count > 0)
		memcpy(sorted, ids, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare_ids);
	for (size_t i = 1; i < count; i++)
		if (strcmp(sorted[i - 1], sorted[i]) == 0)
			return observer_pipe_lied(
			    &job->answer, "an id twice", why);
	return 0;
}

static int
take(struct arena *arena, const struct select_job *job,
    struct queue_selection *ret, struct why *why)
{
	struct queue_selection all = {0};
	struct head head;
	const char **ids;
	int r;

	r = observer_pipe_get(&job->answer, &head, sizeof(head), why);
	if (r < 0 || (r = head_check(job, &head, why)) < 0)
		return r;
	ids = arena_alloc(arena, head.count + 1, sizeof(*ids));
	for (size_t i = 0; i < head.count; i++) {
		struct queue_picked picked;
		double age_s;

		r = observer_pipe_get(
		    &job->answer, &picked, sizeof(picked), why);
		if (r < 0 || (r = record_check(job, &picked, why)) < 0)
			return r;
		ids[i] = arena_dup(arena, picked.id);
		all.bytes += (double)picked.bytes;
		age_s = (double)job->now_s - (double)picked.arrival_s;
		if (age_s > all.oldest_s)
			all.oldest_s = age_s;
	}
	all.ids = ids;
	all.count = head.count;
	all.matched = head.matched;
	all.in_state = head.in_state;
	if ((r = ids_check(job, ids, all.count, why)) < 0)
		return r;
	*ret = all;
	return 0;
}

static int
run(struct arena *arena, struct select_job *job, struct queue_selection *ret,
    struct why *why)
{
	pid_t pid;
	int r;

	if (pipe2(job->pipe, O_CLOEXEC) < 0)
		return why_errno(why, "make a pipe");
	job->answer = (struct observer_pipe){
	    .fd = job->pipe[0],
	    .of = "the queue",
	    .deadline_ms = clock_boot_ms() + DEADLINE_MS,
	    .patience_s = DEADLINE_MS / 1000,
	};
	job->sandbox.parent = getpid();
	pid = fork();
	if (pid == 0)
		child(job);
	if (pid > 0)
		(void)setpgid(pid, pid); /* whoever comes first */
	auto_close(&job->pipe[1]);
	job->pipe[1] = -1;
	if (pid < 0)
		return why_errno(why, "fork");
	r = take(arena, job, ret, why);
	if (r == 0)
		r = observer_pipe_end(&job->answer, why);
	return observer_pipe_reap(&job->answer, pid, r, why);
}

int
queue_select(struct arena *arena, const struct mta *mta,
    const struct queue_query *query, struct queue_selection *ret,
    struct why *why)
{
	struct sandbox_filter filter = {0};
	struct sandbox_user user = {0};
	struct select_job job = {
	    .mta = mta,
	    .query = query,
	    .now_s = clock_now_s(),
	    .sandbox = {.needs = NEEDS, .cpu_s = CPU_S},
	    .queue_fd = -1,
	    .pipe = {-1,             -1            },
	};
	int r;

	if (mta->ops == NULL || mta->ops->queue_scan == NULL)
		return why_set(why, -EOPNOTSUPP, "this queue cannot be read");
	if (queue_state_from_text(query->state, &job.state) < 0)
		return why_set(
		    why, -EINVAL, "there is no state %s", query->state);
	if (geteuid() == 0) {
		sandbox_user_find(&user);
		job.sandbox.user = &user;
	}
	if (sandbox_has_seccomp()) {
		if ((r = sandbox_filter_build(NEEDS, &filter, why)) < 0)
			return r;
		job.sandbox.filter = &filter;
	}
	r = view_open(mta->queue_dir, &job.queue_fd, why);
	if (r == 0)
		r = run(arena, &job, ret, why);
	auto_close(&job.queue_fd);
	auto_close(&job.pipe[0]);
	auto_close(&job.pipe[1]);
	sandbox_filter_done(&filter);
	return r;
}
