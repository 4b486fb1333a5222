/*
 * log_tally.h - counts what the log tells, in memory of a fixed size
 *
 * One struct without pointers, so that it can lie in a mapped file and go on
 * where the run before stopped. Fed line by line; the same lines in any number
 * of pieces give the same contents. Times are those of the lines.
 *
 *   log_tally_begin(tally, seed);            or log_tally_check(tally, size)
 *   log_tally_clock(tally, now_us);
 *   for each line: log_tally_add(tally, &with, &event);
 *   log_tally_tell(tally, &with, &about, out);
 *
 * What is followed: counts of every minute for the whole log; for each
 * destination that takes everything, what it took; for each that refuses,
 * all that its row of facts needs; for each client, its own. Where there are
 * more of them than fit, those that refused least and had least go first: the
 * busy ones stay exact, and totals always are.
 */
#ifndef MAILFIX_PROBES_LOG_TALLY_H
#define MAILFIX_PROBES_LOG_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/fact/fact_out.h"
#include "agent/mail/log_event.h"
#include "agent/mail/throttle.h"
#include "agent/mta/mta.h"
#include "agent/probes/log_classify.h"

struct log_tally;

/* log_tally_size - bytes of a struct log_tally, a multiple of 64 */
size_t log_tally_size(void);

/* How far back the tables tell: 15 min, by whole minutes of the wall clock. */
#define LOG_TALLY_WINDOW_S 900

/* Users of this host, for people: uid 33 is www-data. */
struct log_users {
	size_t count;

	struct log_user {
		uint32_t uid;
		const char *name;
	} * users;
};

/* What lies beside the tally in this run, and is not kept. */
struct log_tally_with {
	struct log_classify *classify; /* never NULL */
	const struct throttle_list
	    *throttles;                     /* NULL: nothing is slowed down */
	const struct mta_throttle *sending; /* where mail goes; may be NULL */
	const char *networks;          /* our own clients'; NULL: not known */
	const struct log_users *users; /* by uid, sorted; may be NULL */
	const struct mta_filters *filters; /* who gives mail back; or NULL */
};

/*
 * log_tally_begin - empty, in memory of log_tally_size() bytes, aligned to 64
 * seed  from getrandom(2): where a domain is kept must not be foreseen
 */
void log_tally_begin(struct log_tally *tally, uint64_t seed);

/*
 * log_tally_check - may these bytes be gone on with?
 *
 * size  of what is mapped there
 * Hostile: whoever once broke into an observer may have written them. True:
 * of this version, and no contents can harm; counts may still be any.
 */
bool log_tally_check(const struct log_tally *tally, size_t size);

/*
 * log_tally_clock - what time it is, once before the first line of a run
 * Lines from later than a minute from now count as of now: a wrong stamp must
 * not throw the window away. A clock that was set back begins anew.
 */
void log_tally_clock(struct log_tally *tally, int64_t now_us);

/*
 * log_tally_add - one line of the mail system
 * Every line, whatever it tells: LOG_EVENT_NONE counts as a line. Older than
 * the window: nothing. Allocates nothing.
 */
void log_tally_add(struct log_tally *tally, const struct log_tally_with *with,
    const struct log_event *event);

/* What only the reader of the log knows. */
struct log_tally_about {
	int64_t now_us;
	const char *source; /* "journal", "/var/log/mail.log" */
	int64_t since_us;   /* the log was read from here on; 0: all of it */
	const struct mta *mta;
};

/*
 * log_tally_tell - the tables log, destination, client, account and
 * sender_domain; and ends them
 */
void log_tally_tell(const struct log_tally *tally,
    const struct log_tally_with *with, const struct log_tally_about *about,
    struct fact_out *out);

#endif
