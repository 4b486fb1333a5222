/*
 * log_destination.h - what the tally keeps of a destination
 */
#ifndef MAILFIX_PROBES_LOG_DESTINATION_H
#define MAILFIX_PROBES_LOG_DESTINATION_H

#include "agent/mail/reply.h"
#include "agent/mail/throttle.h"
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
#define TALLY_LIGHT 8192
#define TALLY_WAYS  16

/* Destinations with all that a row of facts needs: 200 rows, and some room. */
#define TALLY_DETAILS 320
#define TALLY_INDEX   1024 /* a third full at most */

/* Attempts seen lately: 4 for each of the most processes that deliver. */
#define TALLY_RECENT      2048
#define TALLY_RECENT_WAYS 4

/* What a process was refused by a server that was not the last one it tried. */
#define TALLY_PENDING 128

#define TALLY_NAME_MAX       256 /* RFC 1035 section 2.3.4 */
#define TALLY_LIGHT_NAME_MAX 48  /* longer ones are followed once refused */
#define TALLY_TEXT_MAX       360 /* as much as a fact can hold */
#define TALLY_RELAY_MAX      120
#define TALLY_CAUSES         5 /* different causes of one destination */
#define TALLY_MOMENTS        32
#define TALLY_LINKS          32 /* connections that may still be open */
#define TALLY_SECONDS        64

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
	ONCE_PEER,
	ONCE_CAUSE = 32 /* and those above it, one each cause */
};

_Static_assert(ONCE_CAUSE + REPLY_CAUSE_MAX <= 64, "bits of an uint64_t");

/* A message being tried by a process: 50 recipients are one attempt. */
struct tally_recent {
	uint64_t key;
	int64_t end_us;
	uint64_t once; /* bits */
};

/* Where a record of a set-associative table is; the record has its number. */
struct tally_slot {
	uint64_t hash;   /* 0: free */
	uint32_t weight; /* of the window; the least goes, then the oldest */
	uint32_t last_s;
};

struct tally_light {
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

/* A connection after a message, that the next one may go on with. */
struct tally_link {
	int64_t end_us; /* of that message; 0: free */
	uint32_t use;   /* it was the nth */
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
	struct tally_link links[TALLY_LINKS];
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
	uint64_t destination; /* hash of its domain; 0: not yet known */
	int32_t pid;
	int16_t code;
	uint8_t stage, net;
	char text[TALLY_TEXT_MAX];
	char relay[TALLY_RELAY_MAX];
};

/* log_estimate.c: what a destination takes */

/* A session: served, or refused for a cause that going slower cures. */
struct tally_session {
	int64_t start_us, end_us; /* equal: not told */
	uint32_t conn_use; /* the nth message of its connection; 0: the first */
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

#endif
