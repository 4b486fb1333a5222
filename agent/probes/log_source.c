/*
 * log_source.c - the mail log of this host: a file, or the journal
 *
 * Purpose  choose one, and go on in it where the run before stopped
 * Input    file: hostile; place: hostile
 * Errors   negative errno with why
 * Runs as  log_source_open in the actor, the rest in the observer
 * Source   rsyslog.conf(5), systemd-journald.service(8)
 */
#include "agent/probes/log_source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* A file that lags so far behind the journal is no longer written. */
#define ALIVE_S 120

#define US_PER_S 1000000LL

int
log_source_open(struct log_source *source, const char *dir,
    const char *const *journal_dirs, int *fds, int64_t since_s, struct why *why)
{
	struct log_opened opened[LOG_INPUTS_MAX];
	int files, r = 0;

	*source = (struct log_source){.owner = source->owner};
	files = log_open_files(dir, since_s, opened, LOG_INPUTS_MAX,
	    source->path, &source->file_why);
	for (int i = 0; i < files; i++) {
		fds[i] = opened[i].fd;
		source->is_gzip[i] = opened[i].is_gzip;
	}
	source->file_count = files > 0 ? (size_t)files : 0;
	r = log_open_journal(journal_dirs, since_s, fds + LOG_INPUTS_MAX,
	    LOG_INPUTS_MAX, &source->journal_why);
	source->journal_count = r > 0 ? (size_t)r : 0;
	if (source->file_count > 0 || source->journal_count > 0)
		return 0;
	if (files < 0)
		return why_set(why, files, "%s", source->file_why.text);
	if (r < 0)
		return why_set(why, r, "%s", source->journal_why.text);
	return why_set(why, -ENODATA,
	    "there is no mail log to read: neither mail.log nor maillog in "
	    "%s, nor a journal",
	    dir);
}

void
log_source_enter(struct log_source *source, const int *fds)
{
	/* what writes the log writes the host's time, whatever our caller's is
	 */
	(void)unsetenv("TZ");
	tzset();
	if (source->journal_count > 0)
		(void)log_journal_open(fds + LOG_INPUTS_MAX,
		    source->journal_count, source->owner, &source->journal,
		    &source->journal_why);
}

void
log_source_done(struct log_source *source)
{
	source->journal = log_journal_free(source->journal);
}

bool
log_place_check(const struct log_place *place)
{
	return place->kind <= LOG_KIND_JOURNAL && place->since_us >= 0 &&
	       log_mark_check(&place->mark) &&
	       memchr(place->cursor, '\0', sizeof(place->cursor)) != NULL;
}

/* The newest line of the files; one without a line may be just begun. */
static void
files_newest(const struct log_source *source, const int *fds, int64_t now_us,
    struct log_newest *ret)
{
	*ret = (struct log_newest){0};
	for (size_t i = 0; i < source->file_count; i++) {
		struct log_newest line = {0};

		if (!source->is_gzip[i])
			log_newest_line(fds[i], now_us, &line);
		if (line.us > ret->us)
			*ret = line;
	}
}

/*
 * The journal, where the file is a copy of it: journald drops what rsyslog
 * does not take at once ("Forwarding to syslog missed 3239 messages"), so that
 * a file may lack a quarter of a burst. A file that others write, or that the
 * journal knows nothing of, is a log of its own.
 */
static enum log_kind
choose(struct log_source *source, const int *fds, int64_t now_us,
    const struct log_place *place)
{
	struct log_newest in_file;
	int64_t in_journal;

	if (source->file_count == 0)
		return source->journal != NULL ? LOG_KIND_JOURNAL
		                               : LOG_KIND_NONE;
	if (source->journal == NULL)
		return LOG_KIND_FILE;
	files_newest(source, fds, now_us, &in_file);
	if (place->kind == LOG_KIND_FILE && place->mark.newest_us > in_file.us)
		in_file.us = place->mark.newest_us;
	in_journal = log_journal_newest_us(source->journal);
	if (in_journal > in_file.us + ALIVE_S * US_PER_S)
		return LOG_KIND_JOURNAL;
	return log_journal_has(source->journal, &in_file) ? LOG_KIND_JOURNAL
	                                                  : LOG_KIND_FILE;
}

/* The other one before: only the time still tells where that was. */
static void
change_over(struct log_place *place, enum log_kind kind)
{
	if (place->kind == kind)
		return;
	place->kind = kind;
	place->cursor[0] = '\0';
	place->mark = (struct log_mark){.newest_us = place->mark.newest_us};
}

static int
file_follow(struct log_source *source, const int *fds, int64_t now_us,
    int64_t from_us, int64_t cut_ms, struct log_place *place,
    const struct log_sink *sink, struct log_read *ret, struct why *why)
{
	struct log_input inputs[LOG_INPUTS_MAX];

	for (size_t i = 0; i < source->file_count; i++)
		inputs[i] = (struct log_input){
		    .fd = fds[i], .is_gzip = source->is_gzip[i]};
	source->name = source->path;
	return log_follow(inputs, source->file_count, now_us, from_us, cut_ms,
	    &place->mark, sink, ret, why);
}

static int
journal_follow(struct log_source *source, int64_t from_us, int64_t cut_ms,
    struct log_place *place, const struct log_sink *sink, struct log_read *ret,
    struct why *why)
{
	int r;

	source->name = "journal";
	r = log_journal_read(source->journal, place->cursor,
	    place->mark.newest_us, from_us, cut_ms, sink, ret, why);
	place->mark.newest_us = ret->newest_us;
	return r;
}

int
log_source_read(struct log_source *source, const int *fds, int64_t now_us,
    int64_t from_us, int64_t cut_ms, struct log_place *place,
    const struct log_sink *sink, struct log_read *ret, struct why *why)
{
	enum log_kind kind = choose(source, fds, now_us, place);
	bool is_first = place->since_us == 0;
	int r;

	*ret = (struct log_read){0};
	if (kind == LOG_KIND_NONE)
		return why_set(why, -ENODATA, "%s",
		    source->journal_why.code != 0 ? source->journal_why.text
		                                  : "there is no mail log");
	source->is_journal = kind == LOG_KIND_JOURNAL;
	change_over(place, kind);
	r = kind == LOG_KIND_FILE ? file_follow(source, fds, now_us, from_us,
	                                cut_ms, place, sink, ret, why)
	                          : journal_follow(source, from_us, cut_ms,
	                                place, sink, ret, why);
	/* what is missing between makes the tables begin behind it */
	if (r == 0 && ret->since_us != 0 && (is_first || ret->has_gap))
		place->since_us = ret->since_us;
	return r;
}
