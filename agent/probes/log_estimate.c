/*
 * log_estimate.c - how much a destination takes, from what it took
 *
 * Purpose  sessions served while others were refused; the accepted rate;
 *          messages in a connection
 * Input    sessions in the order of the log: hostile in their times
 * Errors   none; too little seen: not known
 * Runs as  observer
 * Source   Postfix: delays=a/b/c/d (log_adhoc.c) tell when a session began
 *
 * A session is logged at its end, with how long it took. So each that is
 * logged after a refusal and began before it was alive then: a refusal keeps a
 * moment, and what comes after counts itself there.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/probes/log_part.h"

/* Moments lie so far apart that they reach back over a few sessions. */
#define MOMENT_APART_US 50000
#define MOMENTS_A_STAY  8

/* How many of the newest moments tell: the limit may have changed before. */
#define MOMENTS_TOLD 12

/* delays= have two digits; a stamp is some milliseconds late. */
#define MARGIN_US    2000
#define MARGIN_SHARE 20 /* a 20th */
#define STAY_MAX_US  (600 * US_PER_S)

/* smtp_connection_cache_time_limit is 2 s, and a stamp some ms late. */
#define CACHED_US 2500000

/* An episode ends when this much was taken for this long. */
#define EPISODE_QUIET_US (120 * US_PER_S)
#define EPISODE_QUIET    20

/* What is taken in a burst is told of a minute: limits are "a minute". */
#define BURST_US US_PER_MINUTE

/* Refused for so long, a limit is one of longer windows than a minute. */
#define LONG_US (300 * US_PER_S)

/* Turns from taking to refusing: so many, or so far apart, tell the rate. */
#define ONSETS_MANY    8
#define ONSETS_MANY_US (10 * US_PER_S)
#define ONSETS_FAR_US  (45 * US_PER_S)

static int64_t
stay_of(const struct tally_session *session)
{
	const int64_t stay = session->end_us - session->start_us;

	return stay < 0 ? 0 : stay > STAY_MAX_US ? STAY_MAX_US : stay;
}

/* second_clear - the seconds that the ring has not seen */
static void
second_clear(struct tally_detail *detail, uint32_t second)
{
	if (second <= detail->busy_second)
		return;
	if (second - detail->busy_second >= TALLY_SECONDS)
		memset(detail->busy_ms, 0, sizeof(detail->busy_ms));
	else
		for (uint32_t at = detail->busy_second + 1; at <= second; at++)
			detail->busy_ms[at % TALLY_SECONDS] = 0;
	detail->busy_second = second;
}

/* busy_add - a session's time, spread over the seconds that it took */
static void
busy_add(struct tally_detail *detail, const struct tally_session *session)
{
	/* the stamp is cut: it ended half a second later, in the middle */
	int64_t end = session->end_us + US_PER_S / 2,
	        start = end - stay_of(session);
	const int64_t first = end - (TALLY_SECONDS - 1) * US_PER_S;

	second_clear(detail, (uint32_t)(end / US_PER_S));
	if (start < first)
		start = first;
	while (start < end) {
		const uint32_t second = (uint32_t)(start / US_PER_S);
		int64_t next = ((int64_t)second + 1) * US_PER_S;

		if (next > end)
			next = end;
		if (second + TALLY_SECONDS > detail->busy_second)
			detail->busy_ms[second % TALLY_SECONDS] +=
			    (uint32_t)((next - start) / 1000);
		start = next;
	}
}

/* moments_in - count a session at the moments at which it was open */
static void
moments_in(struct tally_detail *detail, const struct tally_session *session,
    bool is_served)
{
	const int64_t stay = stay_of(session);
	const int64_t start =
	    session->end_us - stay + stay / MARGIN_SHARE + MARGIN_US;

	for (size_t i = 0; i < TALLY_MOMENTS; i++) {
		struct tally_moment *moment = &detail->moments[i];

		if (moment->at_us == 0 || moment->at_us < start ||
		    moment->at_us > session->end_us)
			continue;
		if (moment->opened < UINT16_MAX)
			moment->opened++;
		if (is_served && moment->alive < UINT16_MAX)
			moment->alive++;
	}
}

/*
 * connection_of - a session with its connection's pause before it
 *
 * A connection that is kept for the next message is open to the other side
 * in between. conn_use=5 goes on with one that has had its 4th.
 */
static struct tally_session
connection_of(struct tally_detail *detail, const struct tally_session *session)
{
	struct tally_session whole = *session;
	const uint32_t use = session->conn_use > 1 ? session->conn_use : 1;
	struct tally_link *slot = &detail->links[0], *before = NULL;

	for (size_t i = 0; i < TALLY_LINKS; i++) {
		struct tally_link *one = &detail->links[i];

		if (one->end_us < slot->end_us)
			slot = one;
		if (one->end_us != 0 && one->use + 1 == use &&
		    one->end_us <= session->start_us + MARGIN_US &&
		    one->end_us + CACHED_US >= session->start_us &&
		    (before == NULL || one->end_us > before->end_us))
			before = one;
	}
	if (before != NULL) {
		slot = before;
		if (before->end_us < whole.start_us)
			whole.start_us = before->end_us;
	}
	*slot = (struct tally_link){.end_us = session->end_us, .use = use};
	return whole;
}

static void
stay_add(struct tally_detail *detail, const struct tally_session *session)
{
	const uint32_t stay = (uint32_t)stay_of(session);

	detail->stay_us =
	    detail->stay_us == 0
	        ? stay
	        : detail->stay_us - detail->stay_us / 8 + stay / 8;
}

void
tally_served(struct tally_detail *detail, const struct tally_session *session)
{
	const struct tally_session whole = connection_of(detail, session);

	stay_add(detail, &whole);
	moments_in(detail, &whole, true);
	busy_add(detail, &whole);
}

void
tally_accepted(struct tally_detail *detail, const struct tally_session *session)
{
	struct tally_episode *episode = &detail->episode;

	if (episode->first_us != 0 && episode->first_us <= session->end_us) {
		episode->during++;
		episode->since_last++;
	}
	tally_served(detail, session);
}

static void
moment_add(struct tally_detail *detail, const struct tally_session *session)
{
	int64_t apart = detail->stay_us / MOMENTS_A_STAY;
	struct tally_moment *moment =
	    &detail->moments[(detail->moment_next + TALLY_MOMENTS - 1) %
	                     TALLY_MOMENTS];

	if (apart < MOMENT_APART_US)
		apart = MOMENT_APART_US;
	if (session->is_whole && apart < US_PER_S)
		apart = US_PER_S;
	if (moment->at_us != 0 && session->end_us < moment->at_us + apart)
		return;
	moment = &detail->moments[detail->moment_next % TALLY_MOMENTS];
	*moment = (struct tally_moment){.at_us = session->end_us, .opened = 1};
	detail->moment_next = (detail->moment_next + 1) % TALLY_MOMENTS;
}

/* episode_begin - with what was taken just before the first refusal */
static void
episode_begin(struct tally_detail *detail, int64_t now_us)
{
	const uint32_t minute = (uint32_t)(now_us / US_PER_MINUTE);
	const int64_t past_us = now_us % US_PER_MINUTE,
	              since_us = (int64_t)detail->busy_s * US_PER_S;
	const bool is_burst =
	    detail->busy_count != 0 &&
	    (int64_t)detail->last_s * US_PER_S + BURST_US >= now_us;
	uint32_t last = 0, all = 0;
	struct tally_episode episode = {.first_us = now_us,
	    .last_us = now_us,
	    .onset_us = now_us,
	    .onsets = 1,
	    .from_us = now_us - BURST_US,
	    .from15_us = now_us - LOG_TALLY_WINDOW_S * US_PER_S};

	for (uint32_t i = 0; i < TALLY_MINUTES; i++) {
		const uint32_t count = detail->counts[i][OUTCOME_SENT];

		if (!tally_has(detail->minute, minute, i))
			continue;
		all += count;
		if (i == (minute & (TALLY_MINUTES - 1)))
			last += count;
		else if (i == ((minute - 1) & (TALLY_MINUTES - 1)))
			last += (uint32_t)((double)count *
			                   (double)(US_PER_MINUTE - past_us) /
			                   (double)US_PER_MINUTE);
	}
	episode.before = last;
	episode.before15 = all;
	if (is_burst && since_us > episode.from_us) {
		episode.from_us = since_us;
		episode.before = detail->busy_count;
	}
	if (is_burst && since_us > episode.from15_us) {
		episode.from15_us = since_us;
		episode.before15 = detail->busy_count;
	}
	detail->episode = episode;
}

void
tally_refused(struct tally_detail *detail, const struct tally_session *session)
{
	struct tally_episode *episode = &detail->episode;
	const int64_t now_us = session->end_us;

	moments_in(detail, session, false);
	moment_add(detail, session);
	if (episode->first_us == 0 || now_us < episode->first_us ||
	    (now_us - episode->last_us >= EPISODE_QUIET_US &&
	        episode->since_last >= EPISODE_QUIET)) {
		episode_begin(detail, now_us);
		return;
	}
	if (episode->since_last != 0) {
		episode->onsets++;
		episode->onset_us = now_us;
		episode->at_onset = episode->during;
	}
	episode->since_last = 0;
	if (now_us > episode->last_us)
		episode->last_us = now_us;
}

bool
tally_rate(const struct tally_detail *detail, double *ret)
{
	const struct tally_episode *episode = &detail->episode;
	const int64_t span = episode->onset_us - episode->first_us,
	              long_us = episode->last_us - episode->first_us,
	              since = episode->last_us - episode->onset_us;
	const bool is_long = long_us >= LONG_US;
	int64_t all;

	if (episode->first_us == 0)
		return false;
	/* from one turn to another: whole windows of any limit */
	if (span > 0 && since <= 2 * span + BURST_US &&
	    (span >= ONSETS_FAR_US ||
	        (episode->onsets >= ONSETS_MANY && span >= ONSETS_MANY_US))) {
		*ret = (double)episode->at_onset * US_PER_S / (double)span;
		return true;
	}
	all = episode->last_us -
	      (is_long ? episode->from15_us : episode->from_us);
	if (all < BURST_US)
		all = BURST_US;
	*ret = ((double)(is_long ? episode->before15 : episode->before) +
	           episode->during - episode->since_last) *
	       US_PER_S / (double)all;
	return true;
}

static int
compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* whole_alive - from how much of a second sessions took; stamps are too rough */
static int
whole_alive(const struct tally_detail *detail, int64_t at_us)
{
	const uint32_t second = (uint32_t)(at_us / US_PER_S);
	uint64_t sum = 0;

	for (uint32_t at = second - 1; at <= second + 1; at++)
		if (at <= detail->busy_second &&
		    at + TALLY_SECONDS > detail->busy_second)
			sum += detail->busy_ms[at % TALLY_SECONDS];
	/* of three seconds, up to the next number: there are always pauses */
	return (int)((sum + 2500) / 3000);
}

int
tally_alive(const struct tally_detail *detail, bool is_whole)
{
	int alive[MOMENTS_TOLD], any[MOMENTS_TOLD], *of = alive;
	size_t count = 0, any_count = 0;
	int64_t seen_us = 0;

	for (size_t i = 0; i < TALLY_MOMENTS; i++)
		if (detail->moments[i].at_us > seen_us)
			seen_us = detail->moments[i].at_us;
	for (size_t i = 1; i <= TALLY_MOMENTS; i++) {
		const struct tally_moment *moment =
		    &detail->moments[(detail->moment_next + TALLY_MOMENTS - i) %
		                     TALLY_MOMENTS];
		int value = moment->alive;

		if (moment->at_us == 0)
			continue;
		if (is_whole)
			value = whole_alive(detail, moment->at_us);
		if (any_count < MOMENTS_TOLD)
			any[any_count++] = value;
		/* sessions that were open then have ended since */
		if (count < MOMENTS_TOLD &&
		    moment->at_us + 2 * (int64_t)detail->stay_us <= seen_us)
			alive[count++] = value;
	}
	if (any_count == 0)
		return -1;
	if (count < 3) {
		of = any;
		count = any_count;
	}
	qsort(of, count, sizeof(*of), compare);
	/* not the very most: times are rounded */
	return of[count >= 10 ? count - 2 : count - 1];
}

unsigned
tally_opened(const struct tally_detail *detail)
{
	unsigned most = 0;

	for (size_t i = 0; i < TALLY_MOMENTS; i++)
		if (detail->moments[i].opened > most)
			most = detail->moments[i].opened;
	return most;
}

unsigned
tally_per_session(const struct tally_detail *detail)
{
	unsigned least = 0;

	for (size_t i = 0; i < ARRAY_COUNT(detail->per_session); i++)
		if (detail->per_session[i] != 0 &&
		    (least == 0 || detail->per_session[i] < least))
			least = detail->per_session[i];
	return least;
}
