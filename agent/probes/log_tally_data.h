/*
 * log_tally_data.h - what the log's tally is made of
 *
 * No pointers, fixed sizes. Everything in it may come from a hostile file:
 * log_tally_check() has looked at what could harm (indices, lengths, ends of
 * texts); a count may be any number.
 */
#ifndef MAILFIX_PROBES_LOG_TALLY_DATA_H
#define MAILFIX_PROBES_LOG_TALLY_DATA_H

#include "agent/mail/step.h"
#include "agent/probes/log_tally.h"

#define US_PER_S      1000000LL
#define US_PER_MINUTE (60 * US_PER_S)

/*
 * The window in whole minutes, and the one that runs. A power of two, so that
 * the slot of a minute is its last bits.
 */
#define TALLY_MINUTES 16
_Static_assert(TALLY_MINUTES * 60 >= LOG_TALLY_WINDOW_S + 60, "all fit");

/*
 * Destinations that refuse nothing, or were pushed out of the details: sets of
 * 16. When 100,000 domains pass through in a window, 200 come to each set; one
 * of 100 messages loses its first with a probability of (1 - 15/200)^100.
 */
#define TALLY_LIGHT      8192
#define TALLY_LIGHT_WAYS 16

/* Destinations with all that a row of facts needs: 200 rows, and some room. */
#define TALLY_DETAILS 320
#define TALLY_INDEX   1024 /* a third full at most */

/* Clients: 200 rows of facts; in sets as above. */
#define TALLY_CLIENTS     1024
#define TALLY_CLIENT_WAYS 16

/* Attempts seen lately: 4 for each of the most processes that deliver. */
#define TALLY_RECENT      2048
#define TALLY_RECENT_WAYS 4

/* What a process was refused by a server that was not the last one it tried. */
#define TALLY_PENDING 128

/* Connections of clients that are open: as many as smtpd has processes. */
#define TALLY_OPEN 1024

#define TALLY_NAME_MAX       256 /* RFC 1035 section 2.3.4 */
#define TALLY_LIGHT_NAME_MAX 48  /* longer ones are followed once refused */
#define TALLY_TEXT_MAX       360 /* as much as a fact can hold */
#define TALLY_RELAY_MAX      120
#define TALLY_CAUSES         5 /* different causes of one destination */
#define TALLY_MOMENTS        32
#define TALLY_SECONDS        64
#define TALLY_TRANSPORTS     64
#define TALLY_TRANSPORT_MAX  32
#define TALLY_SKETCH         1024 /* error 3 % (Flajolet et al., 2007) */

/* How long clients stay: half powers of two of 1/8 s, up to a day. */
#define TALLY_STAYS  40
#define TALLY_STAY_S 0.125

#define TALLY_MAGIC   0x4c464d54U
#define TALLY_VERSION 1U /* of the struct; another one is begun anew */

/* From then on stamps are of whole seconds: 1 in 1000 is so by chance. */
#define TALLY_WHOLE_LINES 8

enum tally_total {
	TOTAL_LINES,
	TOTAL_SENT,
	TOTAL_DEFERRED,
	TOTAL_BOUNCED,
	TOTAL_REJECTED,
	TOTAL_R421_OUT,
	TOTAL_R421_IN,
	TOTAL_TIMEOUTS,
	TOTAL_REFUSED,
	TOTAL_LOST,
	TOTAL_AUTH_FAILURES,
	TOTAL_RELAY_AUTH,
	TOTAL_TLS_ERRORS,
	TOTAL_CONNECTIONS,
	TOTAL_IN_CLIENTS,
	TOTAL_IN_PROCESSES,
	TOTAL_IN_MILTER,
	TOTAL_IN_STORAGE,
	TOTAL_IN_LOOKUP,
	TOTAL_IN_SHUTDOWN,
	TOTAL_MAX
};

/* The latest of each, told as long as it is within the window. */
enum tally_text_of {
	TEXT_RELAY_AUTH_REPLY,
	TEXT_RELAY_AUTH_HOST,
	TEXT_FULL_SERVICE,
	TEXT_MILTER,
	TEXT_MILTER_ERROR,
	TEXT_LOOKUP,
	TEXT_LOOKUP_ERROR,
	TEXT_MAX
};

struct tally_text {
	int64_t at_us;
	char text[200];
};

/* What an attempt came to. Each counts once in an attempt. */
enum tally_outcome {
	OUTCOME_ATTEMPT,
	OUTCOME_SENT,
	OUTCOME_DEFERRED,
	OUTCOME_BOUNCED,
	OUTCOME_R421,
	OUTCOME_R4XX,
	OUTCOME_R5XX,
	OUTCOME_TIMEOUT,
	OUTCOME_REFUSED,
	OUTCOME_LOST,
	OUTCOME_DOWN, /* no connection was made */
	OUTCOME_MAX
};

/* Not counted for themselves, but once as well. */
enum tally_once {
	ONCE_CONNECTED = OUTCOME_MAX,
	ONCE_EVIDENCE,
	ONCE_STEP,
	ONCE_CAUSE = 32 /* and those above it, one each cause */
};

_Static_assert(ONCE_CAUSE + REPLY_CAUSE_MAX <= 64, "bits of an uint64_t");

/* A message being tried by a process: 50 recipients are one attempt. */
struct tally_recent {
	uint64_t key;
	int64_t end_us;
	uint64_t once; /* bits */
};

struct tally_light {
	uint64_t hash; /* 0: free */
	uint32_t minute;
	uint32_t busy_s, busy_count, last_s; /* since when without a pause */
	uint32_t sent[TALLY_MINUTES];
	uint16_t r421[TALLY_MINUTES], other[TALLY_MINUTES];
	uint8_t transport, other_is; /* enum tally_outcome */
	char name[TALLY_LIGHT_NAME_MAX];
};

/* A cause that a destination refuses for. */
struct tally_cause {
	uint8_t cause; /* enum reply_cause */
	uint8_t stage; /* enum reply_stage */
	int16_t code;
	uint32_t minute;
	uint32_t count[TALLY_MINUTES];
	int64_t last_us; /* 0: free */
	char text[TALLY_TEXT_MAX];
	char relay[TALLY_RELAY_MAX];
};

/* A moment at which a session was refused: how many others were served? */
struct tally_moment {
	int64_t at_us; /* 0: free */
	uint16_t alive, opened;
};

/*
 * An episode of refusals that going slower would have avoided. It ends when
 * much was accepted without any.
 */
struct tally_episode {
	int64_t from_us; /* what was accepted before it counts from here on */
	int64_t from15_us;
	int64_t first_us; /* refusal; 0: there is no episode */
	int64_t last_us;
	int64_t
	    onset_us; /* the last refusal that came after something accepted */
	uint32_t before, before15; /* accepted since from_us, from15_us */
	uint32_t during;           /* accepted since first_us */
	uint32_t at_onset;         /* during, at onset_us */
	uint32_t onsets;
	uint32_t since_last; /* accepted since last_us */
};

struct tally_detail {
	uint64_t hash; /* 0: free */
	char name[TALLY_NAME_MAX];
	uint32_t minute;
	uint8_t transport;
	uint8_t is_pinned; /* slowed down: stays */
	uint32_t busy_s, busy_count, last_s;
	uint32_t counts[TALLY_MINUTES][OUTCOME_MAX];
	struct tally_cause causes[TALLY_CAUSES];
	int64_t first_us, last_us; /* refusals of any cause */
	struct tally_episode episode;
	struct tally_moment moments[TALLY_MOMENTS];
	uint32_t moment_next;
	uint32_t stay_us; /* of a session, floating mean */
	/* for logs whose stamps are whole seconds: sessions' time in each */
	uint32_t busy_ms[TALLY_SECONDS], busy_second;
	uint16_t per_session[4]; /* messages before a connection was cut */
	uint32_t per_session_next;
	int64_t step_us; /* of the step that is counted below */
	uint32_t step_attempts, step_sent, step_refused;
};

/* A server of several that said no, until the line with the status comes. */
struct tally_pending {
	int64_t at_us; /* 0: free */
	uint64_t queue_id;
	int32_t pid;
	int16_t code;
	uint8_t stage, net;
	char text[TALLY_TEXT_MAX];
	char relay[TALLY_RELAY_MAX];
};

enum tally_client_count {
	CLIENT_CONNECTIONS,
	CLIENT_MESSAGES,
	CLIENT_R421,
	CLIENT_AUTH_FAILURES,
	CLIENT_REJECTS,
	CLIENT_COUNT_MAX
};

struct tally_client {
	uint64_t hash; /* 0: free */
	int64_t last_us;
	uint32_t minute;
	uint32_t counts[TALLY_MINUTES][CLIENT_COUNT_MAX];
	uint16_t open, at_once[TALLY_MINUTES];
	uint16_t why[LOG_WHY_MAX]; /* halved as the window goes on */
	uint8_t service;           /* as transports */
	char address[48], name[64];
};

struct tally_open {
	int64_t at_us; /* 0: free */
	uint64_t client;
	int32_t pid;
};

struct log_tally {
	uint32_t magic, version;
	uint64_t size, seed;
	int64_t clock_us; /* of the run */
	uint32_t minute;  /* the latest of any line */
	uint32_t whole;   /* lines in a row with a stamp of whole seconds */
	uint8_t pins_are_due;
	uint32_t totals[TALLY_MINUTES][TOTAL_MAX];
	uint8_t tried[TALLY_MINUTES][TALLY_SKETCH];
	uint8_t connected[TALLY_MINUTES][TALLY_SKETCH];
	uint32_t stays[TALLY_MINUTES][TALLY_STAYS];
	struct tally_text texts[TEXT_MAX];
	int64_t milter_us, lookup_us, full_us, reload_us; /* when it was last */
	int64_t lost_us; /* when a destination was last dropped altogether */
	char transports[TALLY_TRANSPORTS][TALLY_TRANSPORT_MAX];
	struct tally_recent recent[TALLY_RECENT];
	struct tally_pending pending[TALLY_PENDING];
	struct tally_open open[TALLY_OPEN];
	uint16_t index[TALLY_INDEX]; /* detail + 1; 0: none */
	uint32_t weight[TALLY_DETAILS];
	struct tally_light light[TALLY_LIGHT];
	struct tally_detail details[TALLY_DETAILS];
	struct tally_client clients[TALLY_CLIENTS];
} __attribute__((aligned(64)));

/* A line as the parts get it: its time is within the window. */
struct tally_line {
	struct log_tally *tally;
	const struct log_tally_with *with;
	const struct log_event *event;
	int64_t time_us;
	uint32_t minute, slot;
	bool is_whole; /* stamps are of whole seconds */
};

static inline bool
tally_is_whole(const struct log_tally *tally)
{
	return tally->whole >= TALLY_WHOLE_LINES;
}

static inline void
tally_total(struct tally_line *line, enum tally_total total)
{
	line->tally->totals[line->slot][total]++;
}

/* tally_hash - not to be foreseen; never 0 */
uint64_t tally_hash(uint64_t seed, const char *text, size_t length);

/* tally_mix - two hashes to one */
static inline uint64_t
tally_mix(uint64_t a, uint64_t b)
{
	a ^= b + 0x9e3779b97f4a7c15U + (a << 6) + (a >> 2);
	a ^= a >> 31;
	return a * 0x94d049bb133111ebU;
}

/*
 * tally_advance - empty the slots of minutes that have gone by
 * counts  TALLY_MINUTES rows of row_bytes
 */
void tally_advance(
    uint32_t *minute, uint32_t now, void *counts, size_t row_bytes);

/*
 * tally_has - is a slot of a record within the window that ends with `now`?
 * minute  until when the record was advanced
 */
static inline bool
tally_has(uint32_t minute, uint32_t now, uint32_t slot)
{
	const uint32_t is = minute - ((minute - slot) & (TALLY_MINUTES - 1));

	return now - is < TALLY_MINUTES;
}

/* tally_copy - cut to size, ended, without what is not printable */
void tally_copy(char *to, size_t size, struct span from);

void tally_text_set(
    struct tally_line *line, enum tally_text_of of, struct span text);

/* tally_transport - its number; 0: too many of them */
uint8_t tally_transport(struct log_tally *tally, struct span name);

/* The parts. */
void tally_delivery(struct tally_line *line);
void tally_refusal(struct tally_line *line);
void tally_client(struct tally_line *line);
void tally_own(struct tally_line *line);

/* log_destination.c: where a destination is kept */

/* tally_name - lower case, without a dot at the end; 0: none that can be */
size_t tally_name(struct span domain, char ret[static TALLY_NAME_MAX]);

struct tally_detail *tally_detail_find(struct log_tally *tally, uint64_t hash);
struct tally_detail *tally_detail_make(
    struct log_tally *tally, uint64_t hash, const char *name, int64_t time_us);
void tally_detail_count(struct tally_line *line, struct tally_detail *detail,
    enum tally_outcome outcome);
void tally_light_sent(
    struct tally_line *line, uint64_t hash, const char *name, size_t length);
void tally_pins(struct log_tally *tally, const struct throttle_list *throttles);
uint32_t tally_detail_sum(const struct tally_detail *detail, uint32_t minute,
    enum tally_outcome outcome);

/* log_estimate.c: what a destination takes */

/* A session: served, or refused for a cause that going slower cures. */
struct tally_session {
	int64_t start_us, end_us; /* equal: not told */
	bool is_whole;
};

void tally_accepted(
    struct tally_detail *detail, const struct tally_session *session);
void tally_served(
    struct tally_detail *detail, const struct tally_session *session);
void tally_refused(
    struct tally_detail *detail, const struct tally_session *session);

/* -1, 0, or false: not known */
int tally_alive(const struct tally_detail *detail, bool is_whole);
unsigned tally_opened(const struct tally_detail *detail);
bool tally_rate(const struct tally_detail *detail, double *ret);
unsigned tally_per_session(const struct tally_detail *detail);

/* The tables. */
void tally_tell_log(const struct log_tally *tally,
    const struct log_tally_about *about, struct fact_out *out);
void tally_tell_destinations(const struct log_tally *tally,
    const struct log_tally_with *with, const struct log_tally_about *about,
    struct fact_out *out);
void tally_tell_clients(const struct log_tally *tally,
    const struct log_tally_about *about, struct fact_out *out);

/* tally_distinct - how many different ones a sketch has seen in the window */
double tally_distinct(const struct log_tally *tally, uint32_t now,
    const uint8_t (*sketch)[TALLY_SKETCH]);

#endif
