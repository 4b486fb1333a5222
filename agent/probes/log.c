/*
 * log.c - the mail log: what was sent, what was refused, by whom and why
 *
 * Purpose  one probe; row PROBE(log) in probe_table.def; fills log, destination
 *          and client: from the source, line by line, through the mail
 *          system's grammar, into the tally
 * Input    log lines: hostile; what the run before kept: hostile
 * Errors   a log that cannot be read: its tables are unknown
 * Runs as  observer, which opens nothing: it gets descriptors
 * Cost     for 10,000 new lines 23 ms of CPU with 200 destinations and as
 *          many clients to tell, however long the log is: 2 ms for the lines,
 *          5 ms for what is kept; for 1 GB 1.6 times what mawk takes to count
 *          one word
 * Source   SPEC section 4: log, destination, client
 */
#include <sys/random.h>

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/probes/log_store.h"
#include "agent/probes/log_tally.h"
#include "agent/probes/probe.h"

#define KEPT_PATH CONFIG_STATE "/log.tally"

#define US_PER_S 1000000LL

/*
 * What one run reads at most: 10 GB. A host that logs more in 15 minutes, or
 * whose disk is slow, goes on in the next run.
 */
#define READ_MS     14000
#define DEADLINE_MS 20000

/* In job->fds. */
enum { FD_KEPT, FD_SOURCE };

_Static_assert(FD_SOURCE + LOG_SOURCE_FDS <= PROBE_FDS_MAX, "all fit");

/* Where names of uids are from, and how many are taken. */
#define USERS_PATH "/etc/passwd"
#define USERS_MAX  4096

struct log_look {
	struct log_users users;
	struct log_source source;
	struct log_store store;
	struct log_tally_with with;
	const struct mta_ops *ops;
	int64_t now_us;
};

static const char *const log_tables[] = {
    "log", "destination", "client", "account", "sender_domain", NULL};

/* Without it each run counts the window anew: no reason to tell less. */
static void
kept_open(struct probe_job *job)
{
	struct why why;

	if (!job->is_root)
		return;
	/* the state makes it when it is first written, after this look */
	if (job->may_keep && file_mkdirs(CONFIG_STATE, 0750, &why) < 0)
		return;
	(void)log_store_open(KEPT_PATH, log_tally_size(), job->may_keep,
	    &job->fds[FD_KEPT], &why);
}

static int
compare_users(const void *a, const void *b)
{
	const uint32_t left = ((const struct log_user *)a)->uid,
	               right = ((const struct log_user *)b)->uid;

	return left < right ? -1 : left > right;
}

/*
 * users_read - the names of uids, for people
 * The file alone: a directory service may be slow, and who it is that sends is
 * told by the uid.
 */
static void
users_read(struct log_users *users, struct arena *arena)
{
	FILE *file = fopen(USERS_PATH, "re");
	struct passwd *entry;

	if (file == NULL)
		return;
	users->users = arena_alloc(arena, USERS_MAX, sizeof(*users->users));
	while (users->count < USERS_MAX && (entry = fgetpwent(file)) != NULL)
		users->users[users->count++] =
		    (struct log_user){.uid = entry->pw_uid,
		        .name = arena_dup(arena, entry->pw_name)};
	(void)fclose(file);
	qsort(users->users, users->count, sizeof(*users->users), compare_users);
}

static int
log_prepare(struct probe_job *job, struct why *why)
{
	static const char *const journals[] = {LOG_JOURNAL_DIR, NULL};
	struct log_look *look = arena_alloc(job->arena, 1, sizeof(*look));
	int64_t now_s = clock_now_s();

	job->state = look;
	if (job->mta->ops == NULL)
		return why_set(why, -ENODATA, "%s",
		    job->mta_error != NULL ? job->mta_error
		                           : "no mail system was found here");
	if (job->mta->ops->log_parse == NULL)
		return why_set(why, -EOPNOTSUPP,
		    "the log of %s cannot be read yet", job->mta->kind);
	look->ops = job->mta->ops;
	look->source.owner = job->mta->owner_uid;
	users_read(&look->users, job->arena);
	kept_open(job);
	return log_source_open(&look->source, LOG_DIR, journals,
	    &job->fds[FD_SOURCE], now_s - LOG_TALLY_WINDOW_S, why);
}

static int
log_enter(struct probe_job *job, struct why *why)
{
	struct log_look *look = job->state;

	(void)why;
	log_source_enter(&look->source, &job->fds[FD_SOURCE]);
	return 0;
}

/* log_sink: user is the look. */
static void
line_take(void *user, const struct log_line *line)
{
	struct log_look *look = user;
	struct log_event event;

	(void)look->ops->log_parse(line, &event);
	log_tally_add(look->store.tally, &look->with, &event);
}

static bool
tally_check(const void *tally, size_t size)
{
	return log_tally_check(tally, size);
}

static void
tally_load(struct log_look *look, const struct probe_job *job)
{
	uint64_t seed = 0;

	log_store_load(&look->store, job->fds[FD_KEPT], job->may_keep,
	    log_tally_size(), tally_check);
	if (look->store.is_new) {
		if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
			seed = (uint64_t)look->now_us;
		log_tally_begin(look->store.tally, seed);
	}
	log_tally_clock(look->store.tally, look->now_us);
}

static int
log_read(struct log_look *look, const struct probe_job *job, struct why *why)
{
	const struct log_sink sink = {.line = line_take, .user = look};
	/* whole minutes, as the tally counts */
	int64_t minute_us = 60 * US_PER_S,
	        from_us = (look->now_us / minute_us) * minute_us -
	                  LOG_TALLY_WINDOW_S * US_PER_S;
	struct log_read read;

	return log_source_read(&look->source, &job->fds[FD_SOURCE],
	    look->now_us, from_us, clock_boot_ms() + READ_MS,
	    &look->store.place, &sink, &read, why);
}

static void
log_collect(struct probe_job *job, struct fact_out *out)
{
	struct log_look *look = job->state;
	struct why why = {0}, kept = {0};
	int r;

	look->now_us = clock_now_s() * US_PER_S;
	look->with = (struct log_tally_with){
	    .classify = log_classify_new(job->replies),
	    .throttles = job->throttles,
	    .sending = job->mta != NULL ? job->mta->throttle : NULL,
	    .networks = job->mta != NULL ? job->mta->clients.networks : NULL,
	    .users = &look->users,
	    .filters = job->mta != NULL ? &job->mta->filters : NULL,
	};
	tally_load(look, job);
	r = log_read(look, job, &why);
	if (r == 0) {
		struct log_tally_about about = {
		    .now_us = look->now_us,
		    .source = look->source.name,
		    .since_us = look->store.place.since_us,
		    .mta = job->mta,
		};

		/* one that cannot be written is told by nothing: the next run
		 * counts the window anew */
		(void)log_store_keep(&look->store, &kept);
		log_tally_tell(look->store.tally, &look->with, &about, out);
	}
	for (size_t i = 0; r < 0 && log_tables[i] != NULL; i++)
		fact_out_table_unknown(out, log_tables[i], "%s", why.text);
	(void)log_classify_free(look->with.classify);
	log_source_done(&look->source);
	log_store_done(&look->store);
}

const struct probe probe_log = {
    .name = "log",
    .tables = log_tables,
    .root_for = "the mail log",
    .deadline_ms = DEADLINE_MS,
    .prepare = log_prepare,
    .enter = log_enter,
    .collect = log_collect,
};
