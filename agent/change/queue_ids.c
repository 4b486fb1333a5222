/*
 * queue_ids.c - lists of message ids: where they lie, kept in a store
 *
 * Purpose  what all verbs of queue-move share
 * Input    ids that an observer chose, checked one by one; our own lists,
 *          which end with their count so that a cut one is seen
 * Errors   -EINVAL, -EBADMSG, -EIO, or that of a system call
 * Runs as  actor, as root
 * Source   postsuper(1): its exit status says little, so only the folders do
 */
#include "agent/change/queue_ids.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "agent/mta/queue_scan.h"
#include "agent/probes/queue_select.h"

/* An id and a newline each, and the last line. */
#define LIST_BYTES_MAX ((QUEUE_SELECT_MAX + 1U) * MTA_QUEUE_ID_MAX)

/* As postfix_queue_find. */
#define DEPTH_MAX 4

/* A command that stopped half-way is started again; one that did nothing not */
#define MOVES_MAX 3

int
queue_work_open(const struct change *change, struct change_host *host,
    struct queue_work *ret, struct why *why)
{
	const struct mta *mta = host->mta;
	enum queue_state state;

	if (mta->ops == NULL || mta->ops->queue_command == NULL ||
	    mta->ops->queue_find == NULL || mta->ops->queue_depth == NULL)
		return why_set(why, -EOPNOTSUPP,
		    "the queue of this mail system cannot be changed");
	/* What is active is being delivered right now: nobody may touch it. */
	if (change->detail == NULL ||
	    queue_state_from_text(change->detail, &state) < 0 ||
	    (state != QUEUE_DEFERRED && state != QUEUE_HOLD))
		return why_set(why, -EINVAL,
		    "only deferred messages and those on hold can be changed");
	if (change->item_count > QUEUE_SELECT_MAX)
		return why_set(
		    why, -EINVAL, "more than %d messages", QUEUE_SELECT_MAX);
	for (size_t i = 0; i < change->item_count; i++)
		if (!mta->ops->queue_id_ok(change->items[i]))
			return why_set(why, -EINVAL, "an id that is none");
	ret->queue_fd = open(
	    mta->queue_dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (ret->queue_fd < 0)
		return why_errno(why, "open %s", mta->queue_dir);
	ret->host = host;
	ret->state = change->detail;
	return 0;
}

void
queue_work_done(struct queue_work *work)
{
	auto_close(&work->queue_fd);
	work->queue_fd = -1;
}

static unsigned
depth_of(struct queue_work *work, const char *folder)
{
	unsigned depth;

	for (size_t i = 0; i < QUEUE_FOLDERS_MAX; i++) {
		if (work->depths[i].folder == NULL) {
			depth = work->host->mta->ops->queue_depth(
			    work->queue_fd, folder);
			work->depths[i].folder = folder;
			work->depths[i].depth = depth;
			return depth;
		}
		if (strcmp(work->depths[i].folder, folder) == 0)
			return work->depths[i].depth;
	}
	return work->host->mta->ops->queue_depth(work->queue_fd, folder);
}

bool
queue_find(struct queue_work *work, const char *folder, const char *id,
    char ret_path[static MTA_QUEUE_PATH_MAX], struct stat *ret_st)
{
	return work->host->mta->ops->queue_find(work->queue_fd, folder,
	           depth_of(work, folder), id, ret_path, ret_st) > 0;
}

struct queue_ids
queue_ids_in(struct queue_work *work, const char *folder, struct queue_ids ids,
    bool is_not)
{
	const char **found =
	    arena_alloc(work->host->arena, ids.count + 1, sizeof(*found));
	char path[MTA_QUEUE_PATH_MAX];
	size_t count = 0;

	for (size_t i = 0; i < ids.count; i++)
		if (queue_find(work, folder, ids.ids[i], path, NULL) != is_not)
			found[count++] = ids.ids[i];
	return (struct queue_ids){.ids = found, .count = count};
}

bool
queue_id_is_anywhere(struct queue_work *work, const char *id,
    char ret_path[static MTA_QUEUE_PATH_MAX])
{
	/* twice: it may move on while we look */
	for (int i = 0; i < 2 * QUEUE_STATE_MAX; i++)
		if (queue_find(work,
		        queue_state_to_text(
		            (enum queue_state)(i % QUEUE_STATE_MAX)),
		        id, ret_path, NULL))
			return true;
	return false;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct queue_ids
queue_ids_without(
    struct arena *arena, struct queue_ids ids, struct queue_ids others)
{
	const char **left = arena_alloc(arena, ids.count + 1, sizeof(*left));
	const char **sorted =
	    arena_alloc(arena, others.count + 1, sizeof(*sorted));
	size_t count = 0;

	for (size_t i = 0; i < others.count; i++)
		sorted[i] = others.ids[i];
	qsort(sorted, others.count, sizeof(*sorted), compare);
	for (size_t i = 0; i < ids.count; i++)
		if (bsearch(&ids.ids[i], sorted, others.count, sizeof(*sorted),
		        compare) == NULL)
			left[count++] = ids.ids[i];
	return (struct queue_ids){.ids = left, .count = count};
}

static int
count_in(struct queue_work *work, int parent, const char *name, unsigned depth,
    size_t *count)
{
	int fd = openat(
	    parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	const struct dirent *entry;
	DIR *dir;
	int r = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if ((dir = fdopendir(fd)) == NULL) {
		(void)close(fd);
		return -errno;
	}
	while (r == 0 && (entry = readdir(dir)) != NULL) {
		if (work->host->mta->ops->queue_id_ok(entry->d_name))
			++*count;
		else if (entry->d_name[1] == '\0' && entry->d_name[0] != '.' &&
		         depth < DEPTH_MAX)
			r = count_in(work, fd, entry->d_name, depth + 1, count);
	}
	(void)closedir(dir);
	return r;
}

int
queue_count(
    struct queue_work *work, const char *folder, size_t *ret, struct why *why)
{
	size_t count = 0;
	int r = count_in(work, work->queue_fd, folder, 0, &count);

	if (r < 0)
		return why_set(why, r, "count the messages in %s: %s", folder,
		    strerror(-r));
	*ret = count;
	return 0;
}

static const char *
store_path(struct queue_work *work, const char *name)
{
	return arena_printf(
	    work->host->arena, "%s/%s", work->host->store, name);
}

int
queue_ids_save(struct queue_work *work, const char *name, struct queue_ids ids,
    struct why *why)
{
	AUTO_BUF struct buf text = {0};

	for (size_t i = 0; i < ids.count; i++) {
		buf_add(&text, ids.ids[i]);
		buf_add_char(&text, '\n');
	}
	buf_addf(&text, "= %zu\n", ids.count);
	return file_replace(AT_FDCWD, store_path(work, name), text.text,
	    text.length, NULL, why);
}

int
queue_ids_load(struct queue_work *work, const char *name, struct queue_ids *ret,
    struct why *why)
{
	struct arena *arena = work->host->arena;
	AUTO_BUF struct buf text = {0};
	size_t count = 0, told = 0;
	const char **ids;
	char *line, *end;
	int r = file_read(
	    AT_FDCWD, store_path(work, name), LIST_BYTES_MAX, &text, why);

	*ret = (struct queue_ids){0};
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	ids = arena_alloc(arena, text.length / 2 + 1, sizeof(*ids));
	for (line = text.text; (end = strchr(line, '\n')) != NULL;
	     line = end + 1) {
		*end = '\0';
		if (sscanf(line, "= %zu", &told) == 1)
			break;
		if (!work->host->mta->ops->queue_id_ok(line))
			return why_set(
			    why, -EBADMSG, "the list %s is damaged", name);
		ids[count++] = arena_dup(arena, line);
	}
	if (end == NULL || told != count)
		return why_set(why, -EBADMSG, "the list %s is cut", name);
	*ret = (struct queue_ids){.ids = ids, .count = count};
	return 1;
}

int
queue_ids_move(struct queue_work *work, int verb, const char *from,
    struct queue_ids ids, struct why *why)
{
	const struct mta *mta = work->host->mta;
	struct queue_ids left = queue_ids_in(work, from, ids, false);
	struct why reason = {0};

	for (int i = 0; i < MOVES_MAX && left.count > 0; i++) {
		size_t before = left.count;

		reason.text[0] = '\0';
		(void)mta->ops->queue_command(
		    mta, verb, from, left.ids, left.count, &reason);
		left = queue_ids_in(work, from, left, false);
		if (left.count == before)
			break;
	}
	if (left.count == 0)
		return 0;
	return why_set(why, -EIO,
	    "the mail system left %zu of %zu messages in %s%s%s", left.count,
	    ids.count, from, reason.text[0] != '\0' ? ": " : "", reason.text);
}
