/*
 * log_tell_destination.c - the table destination, from the tally
 *
 * Purpose  those that are slowed down, those that refuse most, the busiest
 * Input    the tally: hostile in its numbers and texts
 * Errors   none; what is not known is told so
 * Runs as  observer
 * Source   schema_log.c
 */
#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/probes/log_part.h"

/* As many as the table takes; schema_log.c. Some are for the busy ones. */
#define ROWS_MAX     200
#define ROWS_REFUSED 150

/* A destination that could be told; either of them. */
struct candidate {
	const struct tally_detail *detail;
	const struct tally_light *light;
	bool is_pinned;
	uint64_t refused, attempts;
};

static const struct {
	const char *column;
	enum tally_outcome outcome;
} columns[] = {
    {"attempts", OUTCOME_ATTEMPT },
    {"sent",     OUTCOME_SENT    },
    {"deferred", OUTCOME_DEFERRED},
    {"bounced",  OUTCOME_BOUNCED },
    {"r421",     OUTCOME_R421    },
    {"r4xx",     OUTCOME_R4XX    },
    {"r5xx",     OUTCOME_R5XX    },
    {"timeouts", OUTCOME_TIMEOUT },
    {"refused",  OUTCOME_REFUSED },
    {"lost",     OUTCOME_LOST    },
};

static int
compare_busy(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;

	if (left->attempts != right->attempts)
		return left->attempts > right->attempts ? -1 : 1;
	return strcmp(
	    left->detail != NULL ? left->detail->name : left->light->name,
	    right->detail != NULL ? right->detail->name : right->light->name);
}

static int
compare_worst(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;

	if (left->is_pinned != right->is_pinned)
		return left->is_pinned ? -1 : 1;
	if (left->refused != right->refused)
		return left->refused > right->refused ? -1 : 1;
	return compare_busy(a, b);
}

static uint32_t
light_sum(
    const struct tally_light *light, uint32_t now, enum tally_outcome outcome)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < TALLY_MINUTES; i++) {
		if (!tally_has(light->minute, now, i))
			continue;
		if (outcome == OUTCOME_SENT || outcome == OUTCOME_ATTEMPT)
			sum += light->sent[i];
		if (outcome == OUTCOME_R421 || outcome == OUTCOME_ATTEMPT ||
		    outcome == OUTCOME_DEFERRED)
			sum += light->r421[i];
		if (outcome == (enum tally_outcome)light->other_is ||
		    outcome == OUTCOME_ATTEMPT || outcome == OUTCOME_DEFERRED)
			sum += light->other[i];
	}
	return sum;
}

static uint32_t
sum_of(const struct candidate *row, uint32_t now, enum tally_outcome outcome)
{
	return row->detail != NULL ? tally_detail_sum(row->detail, now, outcome)
	                           : light_sum(row->light, now, outcome);
}

static bool
candidate_set(struct candidate *row, uint32_t now)
{
	for (int of = OUTCOME_R421; of < OUTCOME_DOWN; of++)
		row->refused += sum_of(row, now, (enum tally_outcome)of);
	row->attempts = sum_of(row, now, OUTCOME_ATTEMPT);
	row->is_pinned = row->detail != NULL && row->detail->is_pinned;
	return row->attempts != 0 || row->is_pinned;
}

static double
share(uint32_t part, uint32_t all)
{
	return all == 0 ? 0 : part >= all ? 1 : (double)part / all;
}

static void
tell_counts(const struct candidate *row, uint32_t now, struct fact_out *out)
{
	const uint32_t attempts = sum_of(row, now, OUTCOME_ATTEMPT);

	for (size_t i = 0; i < ARRAY_COUNT(columns); i++)
		fact_out_number(out, columns[i].column,
		    sum_of(row, now, columns[i].outcome));
	fact_out_number(
	    out, "share_421", share(sum_of(row, now, OUTCOME_R421), attempts));
	fact_out_number(out, "share_down",
	    row->detail == NULL
	        ? 0
	        : share(sum_of(row, now, OUTCOME_DOWN), attempts));
}

/* cause_most - of the window; NULL: it refused nothing */
static const struct tally_cause *
cause_most(const struct tally_detail *detail, uint32_t now, uint32_t *ret)
{
	const struct tally_cause *most = NULL;
	uint32_t most_count = 0;

	for (size_t i = 0; detail != NULL && i < TALLY_CAUSES; i++) {
		const struct tally_cause *cause = &detail->causes[i];
		uint32_t count = 0;

		if (cause->last_us == 0)
			continue;
		for (uint32_t at = 0; at < TALLY_MINUTES; at++)
			if (tally_has(cause->minute, now, at))
				count += cause->count[at];
		if (count > most_count ||
		    (count == most_count && count != 0 && most != NULL &&
		        cause->last_us > most->last_us)) {
			most = cause;
			most_count = count;
		}
	}
	*ret = most_count;
	return most;
}

/* usual_of - a number without a time is one of sessions, or in a session */
static double
usual_of(const struct reply_meaning *meaning, enum reply_cause cause)
{
	if ((cause == REPLY_CAUSE_RATE) != (meaning->usual_per_s > 0))
		return 0;
	return cause == REPLY_CAUSE_RATE ? meaning->usual / meaning->usual_per_s
	                                 : meaning->usual;
}

static void
tell_meaning(const struct reply_meaning *meaning, enum reply_cause cause,
    enum reply_stage stage, struct fact_out *out)
{
	const double rate = meaning->limit > 0 && meaning->per_s > 0
	                        ? meaning->limit / meaning->per_s
	                        : 0;

	fact_out_text(out, "cause", reply_cause_names[cause]);
	fact_out_text(out, "side", reply_side_names[meaning->side]);
	fact_out_text(out, "scope", reply_scope_names[meaning->scope]);
	fact_out_text(out, "stage", reply_stage_names[stage]);
	fact_out_text(out, "match", reply_match_names[meaning->match]);
	fact_out_text(
	    out, "remedy", meaning->remedy != NULL ? meaning->remedy : "");
	fact_out_number(out, "wait", meaning->wait_s);
	fact_out_number(out, "said_rate", rate);
	fact_out_number(out, "usual", usual_of(meaning, cause));
}

static void
tell_cause(const struct candidate *row, uint32_t now,
    const struct log_tally_with *with, struct fact_out *out)
{
	uint32_t count = 0;
	const struct tally_cause *most = cause_most(row->detail, now, &count);
	struct reply_meaning meaning = {0};
	enum reply_stage stage = REPLY_STAGE_UNKNOWN;
	enum reply_cause cause = REPLY_CAUSE_UNKNOWN;

	if (most != NULL) {
		stage = (enum reply_stage)most->stage;
		cause = (enum reply_cause)most->cause;
		log_classify_meaning(with->classify,
		    (struct span){most->text, (uint32_t)strlen(most->text)},
		    stage, &meaning);
	}
	if (meaning.cause != cause) {
		/* the budget was spent, or no server said a word */
		meaning = (struct reply_meaning){.match = REPLY_MATCH_GENERAL};
		if (cause == REPLY_CAUSE_NETWORK)
			meaning.side = REPLY_SIDE_NETWORK;
	}
	tell_meaning(&meaning, cause, stage, out);
	fact_out_number(out, "cause_count", count);
	fact_out_text(
	    out, "cause_text", most == NULL ? "" : reply_cause_text(cause));
	fact_out_text(out, "reply", most == NULL ? "" : most->text);
	fact_out_text(out, "relay", most == NULL ? "" : most->relay);
}

static void
tell_since(struct fact_out *out, const char *column, int64_t at_us,
    const struct log_tally_about *about)
{
	if (at_us == 0 ||
	    about->now_us - at_us > LOG_TALLY_WINDOW_S * US_PER_S * 2)
		fact_out_unknown(out, column, "it refused nothing");
	else
		fact_out_number(out, column,
		    at_us > about->now_us
		        ? 0
		        : (double)(about->now_us - at_us) / US_PER_S);
}

/* tell_estimates - what it takes, as far as refusals have shown it */
static void
tell_estimates(const struct candidate *row, const struct log_tally *tally,
    const struct log_tally_about *about, struct fact_out *out)
{
	static const char none[] = "it refused nothing";
	const struct tally_detail *detail = row->detail;
	const bool is_refused =
	    detail != NULL && detail->last_us != 0 && detail->first_us != 0;
	const int alive =
	    is_refused ? tally_alive(detail, tally_is_whole(tally)) : -1;
	const unsigned per_session = is_refused ? tally_per_session(detail) : 0;
	double rate;

	tell_since(
	    out, "first_refused", is_refused ? detail->first_us : 0, about);
	tell_since(
	    out, "last_refused", is_refused ? detail->last_us : 0, about);
	if (alive >= 0) {
		fact_out_number(out, "alive", alive);
		fact_out_number(out, "opened",
		    tally_opened(detail) > (unsigned)alive
		        ? tally_opened(detail)
		        : (unsigned)alive);
	} else {
		fact_out_unknown(out, "alive", none);
		fact_out_unknown(out, "opened", none);
	}
	if (is_refused && tally_rate(detail, &rate))
		fact_out_number(out, "accepted_rate", rate);
	else
		fact_out_unknown(out, "accepted_rate", none);
	if (per_session != 0)
		fact_out_number(out, "per_session", per_session);
	else
		fact_out_unknown(out, "per_session",
		    "it cut no connection after some messages");
}

static void
tell_step(const struct candidate *row, const char *name,
    const struct log_tally_with *with, struct fact_out *out)
{
	const struct throttle *throttle = throttle_find(with->throttles, name);
	const struct tally_detail *detail = row->detail;
	/* counts of another step are none of this one */
	const bool has = throttle != NULL && detail != NULL &&
	                 detail->step_us == throttle->since_us;

	fact_out_text(out, "step", throttle != NULL ? throttle->step : "");
	if (throttle != NULL)
		fact_out_number(out, "step_age", throttle->age_s);
	else
		fact_out_unknown(out, "step_age", "it is not slowed down");
	fact_out_number(out, "step_attempts", has ? detail->step_attempts : 0);
	fact_out_number(out, "step_sent", has ? detail->step_sent : 0);
	fact_out_number(out, "step_refused", has ? detail->step_refused : 0);
	fact_out_number(out, "step_share",
	    has ? share(detail->step_refused, detail->step_attempts) : 0);
	fact_out_text(out, "too_much",
	    throttle != NULL && throttle->too_much != NULL ? throttle->too_much
	                                                   : "");
	fact_out_number(
	    out, "rise_wait", throttle != NULL ? throttle->rise_wait_s : 0);
	fact_out_number(out, "pause", throttle != NULL ? throttle->pause_s : 0);
}

static void
tell_row(const struct candidate *row, const struct log_tally *tally,
    const struct log_tally_with *with, const struct log_tally_about *about,
    struct fact_out *out)
{
	const uint32_t now = (uint32_t)(about->now_us / US_PER_MINUTE);
	const char *name =
	    row->detail != NULL ? row->detail->name : row->light->name;
	const uint8_t transport = row->detail != NULL ? row->detail->transport
	                                              : row->light->transport;
	static const char *const joined[] = {"queued", "active", "oldest"};

	fact_out_row(out, "destination", name);
	tell_counts(row, now, out);
	tell_cause(row, now, with, out);
	tell_estimates(row, tally, about, out);
	fact_out_text(
	    out, "transport", tally->transports[transport % TALLY_TRANSPORTS]);
	tell_step(row, name, with, out);
	for (size_t i = 0; i < ARRAY_COUNT(joined); i++)
		fact_out_unknown(out, joined[i], "the queue was not looked at");
	fact_out_unknown(out, "group", "no name server was asked");
	fact_out_unknown(out, "moved", "no name server was asked");
	fact_out_unknown(out, "concurrency", "the log does not tell");
}

void
tally_tell_destinations(const struct log_tally *tally,
    const struct log_tally_with *with, const struct log_tally_about *about,
    struct fact_out *out)
{
	const uint32_t now = (uint32_t)(about->now_us / US_PER_MINUTE);
	AUTO_FREE struct candidate *rows =
	    mem_alloc(TALLY_DETAILS + TALLY_LIGHT, sizeof(*rows));
	size_t count = 0;

	for (size_t i = 0; i < TALLY_DETAILS; i++) {
		rows[count] = (struct candidate){.detail = &tally->details[i]};
		count += tally->details[i].hash != 0 &&
		         candidate_set(&rows[count], now);
	}
	for (size_t i = 0; i < TALLY_LIGHT; i++) {
		if (tally->light_slots[i].hash == 0)
			continue;
		rows[count] = (struct candidate){.light = &tally->light[i]};
		count += candidate_set(&rows[count], now);
	}
	qsort(rows, count, sizeof(*rows), compare_worst);
	if (count > ROWS_REFUSED)
		qsort(rows + ROWS_REFUSED, count - ROWS_REFUSED, sizeof(*rows),
		    compare_busy);
	for (size_t i = 0; i < count && i < ROWS_MAX; i++)
		tell_row(&rows[i], tally, with, about, out);
	fact_out_table_end(out, "destination");
}
