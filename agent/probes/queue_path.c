/*
 * queue_path.c - directories of the queue and who may use them
 *
 * Purpose  one read-only probe; row PROBE(queue_path) in probe_table.def
 * Input    the mail system's own list of its directories; stat(2)
 * Yields   table queue_path, a row for each directory
 * Unknown  the list cannot be read; a directory that may not be looked at
 * Errors   none
 * Runs as  observer, may look into directories of others
 * Cost     one system call a directory
 * Source   postfix-files; postfix(1) check, upgrade-configuration
 */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/probes/probe.h"

/* "leave the group as it is", as mta_path has it */
#define GROUP_ANY ((gid_t)-1)

/*
 * Bits beyond these do no harm: Debian's packages set the sticky one on
 * maildrop and the set-group-ID one on public.
 */
#define MODE_COMPARED 0777U

struct queue_path_state {
	const struct mta_path *paths;
	size_t count;
	struct why why;
};

static int
queue_path_prepare(struct probe_job *job, struct why *why)
{
	struct queue_path_state *state =
	    arena_alloc(job->arena, 1, sizeof(*state));

	(void)why;
	job->state = state;
	if (job->mta != NULL && job->mta->ops != NULL &&
	    job->mta->ops->queue_paths != NULL)
		(void)job->mta->ops->queue_paths(job->arena, job->mta,
		    &state->paths, &state->count, &state->why);
	return 0;
}

/* The name of an id, where it is one of those that this list knows. */
static const char *
user_text(
    const struct queue_path_state *state, uid_t uid, char *number, size_t size)
{
	for (size_t i = 0; i < state->count; i++)
		if (state->paths[i].uid == uid)
			return state->paths[i].owner;
	(void)snprintf(number, size, "%u", uid);
	return number;
}

static const char *
group_text(
    const struct queue_path_state *state, gid_t gid, char *number, size_t size)
{
	if (gid == 0)
		return "root";
	for (size_t i = 0; i < state->count; i++)
		if (state->paths[i].group != NULL && state->paths[i].gid == gid)
			return state->paths[i].group;
	(void)snprintf(number, size, "%u", gid);
	return number;
}

static void
path_out(const struct queue_path_state *state, const struct mta_path *path,
    struct fact_out *out)
{
	char user[16], group[16], text[256];
	const char *group_now = "root";
	struct stat st = {0};
	int error = lstat(path->path, &st) < 0 ? errno : 0;

	fact_out_row(out, "queue_path", path->path);
	if (error != 0 && error != ENOENT) {
		fact_out_unknown(out, "exists", "%s", strerror(error));
		return;
	}
	fact_out_bool(out, "exists", error == 0);
	if (error == 0) {
		group_now = group_text(state, st.st_gid, group, sizeof(group));
		(void)snprintf(text, sizeof(text), "%s %s %04o",
		    user_text(state, st.st_uid, user, sizeof(user)), group_now,
		    st.st_mode & 07777);
		fact_out_text(out, "mode", text);
		fact_out_bool(out, "wrong",
		    !S_ISDIR(st.st_mode) || st.st_uid != path->uid ||
		        (path->gid != GROUP_ANY && st.st_gid != path->gid) ||
		        (st.st_mode & MODE_COMPARED) !=
		            (path->mode & MODE_COMPARED));
	} else {
		fact_out_unknown(out, "mode", "it is not there");
		fact_out_bool(out, "wrong", true);
	}
	(void)snprintf(text, sizeof(text), "%s %s %04o", path->owner,
	    path->group != NULL ? path->group : group_now,
	    path->mode | (st.st_mode & 07777U & ~MODE_COMPARED));
	fact_out_text(out, "wanted", text);
}

static void
queue_path_collect(struct probe_job *job, struct fact_out *out)
{
	const struct queue_path_state *state = job->state;

	if (job->mta == NULL || job->mta_error != NULL) {
		fact_out_table_unknown(out, "queue_path", "%s",
		    job->mta_error != NULL ? job->mta_error : "not looked for");
		return;
	}
	if (state->why.code != 0) {
		fact_out_table_unknown(
		    out, "queue_path", "%s", state->why.text);
		return;
	}
	for (size_t i = 0; i < state->count; i++)
		path_out(state, &state->paths[i], out);
	fact_out_table_end(out, "queue_path");
}

static const char *const queue_path_tables[] = {"queue_path", NULL};

const struct probe probe_queue_path = {
    .name = "queue_path",
    .tables = queue_path_tables,
    .needs = PROBE_NEEDS_READ_ALL,
    .deadline_ms = 3000,
    .prepare = queue_path_prepare,
    .collect = queue_path_collect,
};
