/*
 * observe.c - take one look: start observers, gather facts, believe nothing
 *
 * Purpose  run the probes that the wanted tables need, in parallel
 * Input    what observers send; checked record by record (wire.c)
 * Errors   -EPROTO ends the look; all else is a table unknown, with its reason
 * Runs as  actor
 * Source   DESIGN "Two roles, one binary"
 */
#include "agent/probes/observe.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/fact/join.h"
#include "agent/probes/observer.h"
#include "agent/sys/landlock.h"

/* Without a pidfd we ask again after so long whether a process has ended. */
#define ASK_MS 2

/* More probes than there will ever be. */
#define PROBES_MAX 64

/* Filters are built once for each set of needs: four bits of them matter. */
#define FILTERS_MAX 16

/* Three remarks about the sandbox, some of probes, and the NULL. */
#define NOTES_MAX 8

_Static_assert(PROBE_NEEDS_READ_ALL == (int)SANDBOX_READ_ALL, "one list");
_Static_assert(PROBE_NEEDS_UNIX == (int)SANDBOX_UNIX, "one list");
_Static_assert(PROBE_NEEDS_INET == (int)SANDBOX_INET, "one list");
_Static_assert(PROBE_NEEDS_NETLINK == (int)SANDBOX_NETLINK, "one list");
_Static_assert(PROBE_NEEDS_THREADS == (int)SANDBOX_THREADS, "one list");
_Static_assert(PROBE_NEEDS_BELOW == (int)SANDBOX_BELOW, "one list");

struct look {
	const struct observe_request *request;
	struct fact_set *set;
	struct observer *observers;
	size_t count;
	bool is_root, has_seccomp, has_landlock;
	struct sandbox_user user;

	struct {
		unsigned needs;
		struct sandbox_filter filter;
	} filters[FILTERS_MAX];

	size_t filter_count;
	const char **notes;
	size_t note_count;
};

static void
note_add(struct look *look, const char *text)
{
	if (look->note_count + 1 < NOTES_MAX)
		look->notes[look->note_count++] = text;
}

/* What this host cannot give; said once, and we go on with what there is. */
static void
look_init(struct look *look)
{
	look->is_root = geteuid() == 0;
	look->has_seccomp = sandbox_has_seccomp();
	look->notes =
	    arena_alloc(look->set->arena, NOTES_MAX, sizeof(*look->notes));
	if (look->is_root) {
		sandbox_user_find(&look->user);
		if (look->user.is_substitute)
			note_add(look,
			    "Sandbox: there is no user _mailfix: observers "
			    "run as nobody.");
	}
	look->has_landlock = landlock_abi() > 0;
	if (!look->has_landlock)
		note_add(look, "Sandbox: no Landlock here: an observer may "
		               "read what its user may read.");
	if (!look->has_seccomp)
		note_add(look, "Sandbox: no seccomp here: observers may make "
		               "any system call.");
}

/* Wanted tables of this probe; false when there are none. */
static bool
allowed_fill(const struct look *look, const struct probe *probe, bool *allowed)
{
	bool has_any = false;
	size_t index = 0;

	for (size_t i = 0; probe->tables[i] != NULL; i++)
		if (schema_table_find(probe->tables[i], &index) != NULL &&
		    look->request->wanted[index])
			has_any = allowed[index] = true;
	return has_any;
}

static void
tables_clear(struct look *look, const bool *wanted)
{
	for (size_t i = 0; i < look->set->table_count; i++)
		if (wanted[i])
			look->set->tables[i] =
			    (struct fact_table){.schema = schema_tables[i]};
}

static void
observer_init(struct look *look, const struct probe *probe, bool *allowed)
{
	struct observer *observer = &look->observers[look->count++];
	struct probe_job *job = &observer->job;

	*job = (struct probe_job){
	    .probe = probe,
	    .arena = look->set->arena,
	    .config = look->request->config,
	    .mta = look->request->mta,
	    .mta_error = look->request->mta_error,
	    .is_root = look->is_root,
	    .may_keep = look->request->may_keep,
	    .history = look->request->history,
	    .egress = look->request->egress,
	    .throttles = look->request->throttles,
	    .replies = look->request->replies,
	    .blocklists = look->request->blocklists,
	    .facts = look->set,
	};
	for (size_t i = 0; i < PROBE_FDS_MAX; i++)
		job->fds[i] = -1;
	observer->allowed = allowed;
	observer->wire = observer->pidfd = -1;
	observer->state = OBSERVER_GONE;
	wire_reader_init(&observer->reader, look->set, allowed);
}

/* All prepare before the first fork: they run as root and read no one's text. */
static void
observers_prepare(struct look *look, const struct probe *const *probes)
{
	struct arena *arena = look->set->arena;

	look->observers =
	    arena_alloc(arena, PROBES_MAX, sizeof(*look->observers));
	for (size_t i = 0; probes[i] != NULL && i < PROBES_MAX; i++) {
		bool *allowed =
		    arena_alloc(arena, look->set->table_count, sizeof(bool));

		if (allowed_fill(look, probes[i], allowed))
			observer_init(look, probes[i], allowed);
	}
	for (size_t i = 0; i < look->count; i++) {
		struct observer *observer = &look->observers[i];
		const struct probe *probe = observer->job.probe;
		struct why why = {0};

		if (probe->prepare != NULL &&
		    probe->prepare(&observer->job, &why) < 0) {
			wire_finish(&observer->reader, why.text);
			job_fds_close(&observer->job);
			observer->job.probe = NULL; /* not to be started */
		}
	}
}

/* What makes no difference to the filter is left out of its needs. */
static unsigned
filter_needs(unsigned needs)
{
	if ((needs & PROBE_NEEDS_NETLINK) != 0)
		needs |= PROBE_NEEDS_UNIX;
	return needs & (PROBE_NEEDS_UNIX | PROBE_NEEDS_INET |
	                   PROBE_NEEDS_THREADS | SANDBOX_NO_OPEN);
}

/* One that has no roots opens nothing; Landlock would see to that. */
static unsigned
sandbox_needs(const struct look *look, const struct probe *probe)
{
	return probe->needs |
	       (look->has_landlock || probe->roots != NULL ? 0
	                                                   : SANDBOX_NO_OPEN);
}

static const struct sandbox_filter *
filter_find(const struct look *look, unsigned needs)
{
	for (size_t i = 0; i < look->filter_count; i++)
		if (look->filters[i].needs == filter_needs(needs))
			return &look->filters[i].filter;
	return NULL;
}

/* All before the first fork: a page written later is copied for each child. */
static int
filters_build(struct look *look, struct why *why)
{
	for (size_t i = 0; look->has_seccomp && i < look->count; i++) {
		const struct probe *probe = look->observers[i].job.probe;
		size_t at = look->filter_count;
		unsigned needs;
		int r;

		if (probe == NULL ||
		    filter_find(look, sandbox_needs(look, probe)) != NULL)
			continue;
		assert(at < FILTERS_MAX);
		needs = filter_needs(sandbox_needs(look, probe));
		r = sandbox_filter_build(needs, &look->filters[at].filter, why);
		if (r < 0)
			return r;
		look->filters[at].needs = needs;
		look->filter_count++;
	}
	return 0;
}

static void
progress_tell(
    const struct look *look, const struct observer *observer, bool is_done)
{
	if (look->request->progress != NULL)
		look->request->progress(
		    look->request->user, observer->job.probe->name, is_done);
}

/* Those that wait for what the others tell, or the others. */
static void
observers_start(struct look *look, bool is_last)
{
	for (size_t i = 0; i < look->count; i++) {
		struct observer *observer = &look->observers[i];
		const struct probe *probe = observer->job.probe;
		struct sandbox sandbox = {0};
		struct why why = {0};

		if (probe == NULL || probe->is_last != is_last)
			continue;
		if (probe->told != NULL)
			probe->told(&observer->job);
		if (observer->job.note != NULL)
			note_add(look, observer->job.note);
		sandbox.needs = probe->needs;
		sandbox.user = look->is_root ? &look->user : NULL;
		sandbox.filter = filter_find(look, sandbox_needs(look, probe));
		if (observer_start(observer, sandbox, &why) < 0)
			wire_finish(&observer->reader, why.text);
		else
			progress_tell(look, observer, false);
	}
}

/* Fills fds with who is still here; how many. */
static nfds_t
wait_fill(const struct look *look, struct pollfd *fds, int *ret_timeout_ms)
{
	int64_t now = clock_boot_ms(), first = INT32_MAX;
	nfds_t count = 0;

	for (size_t i = 0; i < look->count; i++) {
		const struct observer *observer = &look->observers[i];
		int64_t left = observer->deadline_ms - now;

		if (observer->state == OBSERVER_GONE)
			continue;
		fds[count].fd = observer_poll_fd(observer);
		fds[count].events = POLLIN;
		if (fds[count].fd < 0 && left > ASK_MS)
			left = ASK_MS;
		if (left < first)
			first = left > 0 ? left : 0;
		count++;
	}
	*ret_timeout_ms = (int)first;
	return count;
}

/* How it ended, into its tables and the result. */
static void
observer_conclude(
    struct look *look, struct observer *observer, struct observe_result *ret)
{
	progress_tell(look, observer, true);
	if (observer->end == OBSERVER_CLEAN) {
		wire_finish(&observer->reader, "the probe did not tell");
		return;
	}
	wire_finish(&observer->reader,
	    arena_printf(look->set->arena, "the probe %s", observer->text));
	if (observer->end < OBSERVER_TAINTED)
		return;
	ret->is_tainted = true;
	if (ret->text == NULL || observer->end == OBSERVER_LIED)
		ret->text =
		    arena_printf(look->set->arena, "the observer of %s %s",
		        observer->job.probe->name, observer->text);
}

/* Returns -EPROTO as soon as one has lied. */
static int
observers_listen(struct look *look, struct observe_result *ret, struct why *why)
{
	struct pollfd fds[PROBES_MAX] = {0};
	int timeout_ms;
	nfds_t count;

	while ((count = wait_fill(look, fds, &timeout_ms)) > 0) {
		if (poll(fds, count, timeout_ms) < 0 && errno != EINTR)
			return why_errno(why, "wait for observers");
		for (size_t i = 0; i < look->count; i++) {
			struct observer *observer = &look->observers[i];

			if (observer->state == OBSERVER_GONE)
				continue;
			observer_turn(observer);
			if (observer->state == OBSERVER_GONE ||
			    observer->end == OBSERVER_LIED)
				observer_conclude(look, observer, ret);
			if (observer->end == OBSERVER_LIED)
				return why_set(why, -EPROTO, "%s", ret->text);
		}
	}
	return 0;
}

/* Kill whoever is left, and wait for them as long as that makes sense. */
static void
observers_end(struct look *look)
{
	struct pollfd fds[PROBES_MAX] = {0};
	int timeout_ms;
	nfds_t count;

	for (size_t i = 0; i < look->count; i++)
		observer_stop(&look->observers[i]);
	while ((count = wait_fill(look, fds, &timeout_ms)) > 0) {
		(void)poll(fds, count, timeout_ms);
		for (size_t i = 0; i < look->count; i++)
			if (look->observers[i].state != OBSERVER_GONE)
				observer_turn(&look->observers[i]);
	}
	for (size_t i = 0; i < look->count; i++)
		observer_done(&look->observers[i]);
	for (size_t i = 0; i < look->filter_count; i++)
		sandbox_filter_done(&look->filters[i].filter);
}

/* Tables that nobody told about, or all of them when the look is void. */
static void
tables_finish(struct look *look, bool is_void, const char *reason)
{
	for (size_t i = 0; i < look->set->table_count; i++) {
		struct fact_table *table = &look->set->tables[i];

		if (look->request->wanted[i] &&
		    (is_void || table->state == FACT_ABSENT))
			fact_table_set_unknown(look->set, table, reason);
	}
}

int
observe_with(const struct probe *const *probes,
    const struct observe_request *request, struct fact_set *set,
    struct observe_result *ret, struct why *why)
{
	struct look look = {.request = request, .set = set};
	struct why local = {0};
	const char *rest = NULL;
	int r;

	*ret = (struct observe_result){0};
	look_init(&look);
	ret->notes = look.notes;
	tables_clear(&look, request->wanted);
	observers_prepare(&look, probes);
	r = filters_build(&look, &local);
	for (int is_last = 0; r == 0 && is_last <= 1; is_last++) {
		observers_start(&look, is_last != 0);
		r = observers_listen(&look, ret, &local);
	}
	observers_end(&look);
	if (r < 0) {
		ret->is_tainted = true;
		if (ret->text == NULL)
			ret->text = arena_dup(set->arena, local.text);
		tables_finish(&look, true,
		    arena_printf(
		        set->arena, "the look was stopped: %s", ret->text));
		return why_set(why, r, "%s", local.text);
	}
	tables_finish(&look, false, "no probe tells about it");
	if (request->mta != NULL && request->mta->throttle != NULL &&
	    request->mta->throttle->relay != NULL)
		rest = request->mta->throttle->relay->name;
	fact_join(set, rest);
	return 0;
}

int
observe(const struct observe_request *request, struct fact_set *set,
    struct observe_result *ret, struct why *why)
{
	return observe_with(probe_table, request, set, ret, why);
}
