/*
 * log_delivery.c - a message was tried: what is counted of it
 *
 * Purpose  attempts, not lines; refusals, with what a row of facts needs
 * Input    events of deliveries: hostile
 * Errors   none
 * Runs as  observer
 * Source   Postfix: a line for each recipient, at the end of its delivery
 */
#include <string.h>

#include "agent/base/auto.h"
#include "agent/mail/step.h"
#include "agent/probes/log_part.h"

/* Lines of one attempt whose duration is not told: as close as this. */
#define ATTEMPT_US (2 * US_PER_S)

/* Stamps may be of whole seconds. */
#define STAMP_US US_PER_S

/* A refusal without status waits this long for the line with it. */
#define PENDING_US (600 * US_PER_S)

/* One message at one destination, tried once, as it is counted. */
struct attempt {
	struct tally_line *line;
	struct tally_recent *recent;
	struct tally_detail *detail;
	const struct throttle *throttle; /* whose step tried it, or NULL */
	struct tally_session session;
};

/* A refusal or a failure, from a line with status or from one without. */
struct refusal {
	int code;
	enum reply_stage stage;
	enum log_net net;
	struct span text, relay, address;
};

static bool
once(struct attempt *attempt, int bit)
{
	const uint64_t mask = UINT64_C(1) << bit;
	const bool is_first = (attempt->recent->once & mask) == 0;

	attempt->recent->once |= mask;
	return is_first;
}

static void
count(struct attempt *attempt, enum tally_outcome outcome)
{
	if (attempt->detail != NULL)
		tally_detail_count(attempt->line, attempt->detail, outcome);
}

/* session_of - when it began: the delays of connection and transmission */
static struct tally_session
session_of(const struct tally_line *line)
{
	const struct log_event *event = line->event;
	struct tally_session session = {.start_us = line->time_us,
	    .end_us = line->time_us,
	    .conn_use = event->conn_use,
	    .is_whole = line->is_whole};
	double took_s = 0;

	if (event->setup_s > 0)
		took_s += event->setup_s;
	if (event->transfer_s > 0)
		took_s += event->transfer_s;
	/* more than a day is no session: never more than a double can hold */
	if (took_s < 86400)
		session.start_us -= (int64_t)(took_s * US_PER_S);
	return session;
}

/* recent_get - the attempt of this line: same message, process, no pause */
static struct tally_recent *
recent_get(struct tally_line *line, uint64_t destination, int64_t start_us)
{
	const struct log_event *event = line->event;
	struct log_tally *tally = line->tally;
	const uint64_t key =
	    tally_mix(tally_mix(line->id, destination), (uint64_t)event->pid);
	struct tally_recent *set, *oldest;

	set = &tally->recent[(key >> 32) % (TALLY_RECENT / TALLY_RECENT_WAYS) *
	                     TALLY_RECENT_WAYS];
	oldest = set;
	for (size_t i = 0; i < TALLY_RECENT_WAYS; i++) {
		if (set[i].key == key) {
			oldest = &set[i];
			break;
		}
		if (set[i].end_us < oldest->end_us)
			oldest = &set[i];
	}
	if (event->setup_s < 0 || event->transfer_s < 0)
		start_us -= ATTEMPT_US;
	if (oldest->key != key || start_us > oldest->end_us + STAMP_US)
		*oldest = (struct tally_recent){.key = key};
	oldest->end_us = line->time_us;
	return oldest;
}

/* Refusals without a status, by process. */
static struct tally_pending *
pending_slot(struct log_tally *tally, int32_t pid)
{
	return &tally->pending[(uint32_t)pid % TALLY_PENDING];
}

static uint64_t
queue_hash(const struct log_tally *tally, struct span queue_id)
{
	return queue_id.text == NULL
	           ? 0
	           : tally_hash(tally->seed, queue_id.text, queue_id.length);
}

/* Of this message to this destination: the process may go on with another. */
static const struct tally_pending *
pending_find(struct tally_line *line, uint64_t to)
{
	const int32_t pid = line->event->pid;
	const uint64_t id = line->id;
	struct tally_pending *pending = pending_slot(line->tally, pid);

	if (pending->at_us == 0 || pending->pid != pid)
		return NULL;
	if (line->time_us - pending->at_us > PENDING_US ||
	    (pending->queue_id != 0 && pending->queue_id != id) ||
	    (pending->destination != 0 && pending->destination != to)) {
		pending->at_us = 0;
		return NULL;
	}
	/* a failed connection is of the message that comes next */
	pending->queue_id = id;
	pending->destination = to;
	return pending;
}

static void
relay_set(
    char to[static TALLY_RELAY_MAX], struct span name, struct span address)
{
	size_t length;

	tally_copy(to, TALLY_RELAY_MAX, name);
	if (address.text == NULL ||
	    name.length + address.length + 3 > TALLY_RELAY_MAX)
		return;
	length = strlen(to);
	to[length++] = '[';
	tally_copy(to + length, TALLY_RELAY_MAX - length - 1, address);
	length += strlen(to + length);
	to[length++] = ']';
	to[length] = '\0';
}

void
tally_refusal(struct tally_line *line)
{
	const struct log_event *event = line->event;
	struct tally_pending *pending = pending_slot(line->tally, event->pid);
	struct span none = {NULL, 0};

	*pending = (struct tally_pending){.at_us = line->time_us,
	    .pid = event->pid,
	    .code = event->code,
	    .stage = (uint8_t)event->stage,
	    .net = (uint8_t)event->net,
	    .queue_id = queue_hash(line->tally, event->queue_id)};
	tally_peer(line);
	tally_copy(pending->text, sizeof(pending->text), event->reply);
	relay_set(pending->relay, event->relay,
	    event->relay.text == NULL ? none : event->address);
}

/* What a refusal counts as. */

static enum tally_outcome
outcome_of(const struct refusal *refusal)
{
	switch (refusal->net) {
	case LOG_NET_TIMEOUT:
		return OUTCOME_TIMEOUT;
	case LOG_NET_REFUSED:
		return OUTCOME_REFUSED;
	case LOG_NET_LOST:
		return OUTCOME_LOST;
	case LOG_NET_OK:
		break;
	case LOG_NET_UNREACHABLE:
	case LOG_NET_DNS:
		return OUTCOME_MAX;
	}
	if (refusal->code == 421)
		return OUTCOME_R421;
	if (refusal->code >= 400 && refusal->code < 500)
		return OUTCOME_R4XX;
	return refusal->code >= 500 ? OUTCOME_R5XX : OUTCOME_MAX;
}

static void
outcome_total(struct tally_line *line, enum tally_outcome outcome)
{
	switch (outcome) {
	case OUTCOME_R421:
		tally_total(line, TOTAL_R421_OUT);
		break;
	case OUTCOME_TIMEOUT:
		tally_total(line, TOTAL_TIMEOUTS);
		break;
	case OUTCOME_REFUSED:
		tally_total(line, TOTAL_REFUSED);
		break;
	case OUTCOME_LOST:
		tally_total(line, TOTAL_LOST);
		break;
	case OUTCOME_ATTEMPT:
	case OUTCOME_SENT:
	case OUTCOME_DEFERRED:
	case OUTCOME_BOUNCED:
	case OUTCOME_R4XX:
	case OUTCOME_R5XX:
	case OUTCOME_DOWN:
	case OUTCOME_MAX:
		break;
	}
}

/* Does going slower cure it? */
static bool
is_curable(enum reply_cause cause)
{
	return cause == REPLY_CAUSE_CONCURRENCY || cause == REPLY_CAUSE_RATE ||
	       cause == REPLY_CAUSE_MESSAGES_PER_CONNECTION ||
	       cause == REPLY_CAUSE_REMOTE_OVERLOAD;
}

/* cause_slot - of this cause; else a free one, else the one longest ago */
static struct tally_cause *
cause_slot(struct tally_detail *detail, enum reply_cause cause)
{
	struct tally_cause *oldest = &detail->causes[0];

	for (size_t i = 0; i < TALLY_CAUSES; i++) {
		struct tally_cause *slot = &detail->causes[i];

		if (slot->last_us != 0 && slot->cause == (uint8_t)cause)
			return slot;
		if (slot->last_us < oldest->last_us)
			oldest = slot;
	}
	memset(oldest, 0, sizeof(*oldest));
	oldest->cause = (uint8_t)cause;
	return oldest;
}

static void
cause_count(struct attempt *attempt, const struct refusal *refusal,
    enum reply_cause cause)
{
	struct tally_line *line = attempt->line;
	struct tally_cause *slot = cause_slot(attempt->detail, cause);

	tally_advance(&slot->minute, line->tally->minute, slot->count,
	    sizeof(slot->count[0]));
	if (once(attempt, ONCE_CAUSE + (int)cause))
		slot->count[line->slot]++;
	slot->last_us = line->time_us;
	slot->stage = (uint8_t)refusal->stage;
	slot->code = (int16_t)refusal->code;
	tally_copy(slot->text, sizeof(slot->text), refusal->text);
	relay_set(slot->relay, refusal->relay, refusal->address);
}

/* per_session_add - a connection was cut after so many messages */
static void
per_session_add(struct tally_detail *detail, uint32_t conn_use)
{
	if (conn_use < 2 || conn_use > UINT16_MAX)
		return;
	detail->per_session[detail->per_session_next %
	                    ARRAY_COUNT(detail->per_session)] =
	    (uint16_t)(conn_use - 1);
	detail->per_session_next =
	    (detail->per_session_next + 1) % ARRAY_COUNT(detail->per_session);
}

static void
refusal_count(struct attempt *attempt, const struct refusal *refusal)
{
	struct tally_line *line = attempt->line;
	struct tally_detail *detail = attempt->detail;
	const enum tally_outcome outcome = outcome_of(refusal);
	enum reply_cause cause = REPLY_CAUSE_NETWORK;

	if (outcome != OUTCOME_MAX && once(attempt, (int)outcome)) {
		count(attempt, outcome);
		outcome_total(line, outcome);
	}
	if (refusal->net == LOG_NET_OK)
		cause = log_classify_cause(line->with->classify, refusal->text,
		    refusal->code, refusal->stage);
	line->cause = cause;
	cause_count(attempt, refusal, cause);
	if (detail->first_us == 0 ||
	    line->time_us - detail->last_us > LOG_TALLY_WINDOW_S * US_PER_S)
		detail->first_us = line->time_us;
	detail->last_us = line->time_us;
	if (refusal->net != LOG_NET_OK)
		return;
	if (cause == REPLY_CAUSE_MESSAGES_PER_CONNECTION)
		per_session_add(detail, line->event->conn_use);
	/* what nobody knows may be for the speed: 421 says so as a rule */
	if (is_curable(cause) ||
	    (cause == REPLY_CAUSE_UNKNOWN && refusal->code == 421)) {
		if (once(attempt, ONCE_EVIDENCE))
			tally_refused(detail, &attempt->session);
	} else if (refusal->stage > REPLY_STAGE_EHLO &&
	           once(attempt, ONCE_EVIDENCE)) {
		tally_served(detail, &attempt->session);
	}
	if (attempt->throttle != NULL && is_curable(cause) &&
	    once(attempt, ONCE_STEP))
		detail->step_refused++;
}

/* sketch_add - HyperLogLog: the longest run of zeros in each bucket */
static void
sketch_add(uint8_t sketch[static TALLY_SKETCH], uint64_t hash)
{
	const uint64_t rest = (hash / TALLY_SKETCH) | (UINT64_C(1) << 54);
	const uint8_t rank = (uint8_t)(__builtin_ctzll(rest) + 1);

	if (rank > sketch[hash % TALLY_SKETCH])
		sketch[hash % TALLY_SKETCH] = rank;
}

static void
taken(struct attempt *attempt)
{
	struct tally_detail *detail = attempt->detail;

	if (!once(attempt, OUTCOME_SENT))
		return;
	count(attempt, OUTCOME_SENT);
	if (attempt->throttle != NULL)
		detail->step_sent++;
	if (once(attempt, ONCE_EVIDENCE))
		tally_accepted(detail, &attempt->session);
}

/* failed - what the line with the status tells of a delivery that failed */
static void
failed(struct attempt *attempt)
{
	const struct log_event *event = attempt->line->event;
	const struct refusal refusal = {.code = event->code,
	    .stage = event->stage,
	    .net = event->net,
	    .text = event->reply,
	    .relay = event->relay,
	    .address = event->address};

	if (event->status == LOG_STATUS_DEFERRED &&
	    once(attempt, OUTCOME_DEFERRED)) {
		count(attempt, OUTCOME_DEFERRED);
		tally_total(attempt->line, TOTAL_DEFERRED);
	}
	if (event->status == LOG_STATUS_BOUNCED &&
	    once(attempt, OUTCOME_BOUNCED))
		count(attempt, OUTCOME_BOUNCED);
	if (event->net != LOG_NET_OK && event->stage == REPLY_STAGE_CONNECT &&
	    once(attempt, OUTCOME_DOWN))
		count(attempt, OUTCOME_DOWN);
	refusal_count(attempt, &refusal);
	if (event->stage == REPLY_STAGE_AUTH && event->net == LOG_NET_OK) {
		tally_total(attempt->line, TOTAL_RELAY_AUTH);
		tally_text_set(
		    attempt->line, TEXT_RELAY_AUTH_REPLY, event->reply);
		tally_text_set(
		    attempt->line, TEXT_RELAY_AUTH_HOST, event->relay);
	}
}

/* passed_over - a server before this one had refused it */
static void
passed_over(struct attempt *attempt, const struct tally_pending *pending)
{
	const struct refusal refusal = {
	    .code = pending->code,
	    .stage = pending->stage < REPLY_STAGE_MAX
	                 ? (enum reply_stage)pending->stage
	                 : REPLY_STAGE_UNKNOWN,
	    .net = pending->net <= LOG_NET_DNS ? (enum log_net)pending->net
	                                       : LOG_NET_OK,
	    .text = {pending->text,  (uint32_t)strlen(pending->text) },
	    .relay = {pending->relay, (uint32_t)strlen(pending->relay)}
        };

	refusal_count(attempt, &refusal);
}

/* with_detail - a destination that refuses, refused, or is slowed down */
static void
with_detail(struct attempt *attempt, const struct tally_pending *pending)
{
	struct tally_line *line = attempt->line;
	struct tally_detail *detail = attempt->detail;

	detail->transport =
	    tally_transport(line->tally, line->event->transport);
	if (detail->is_pinned)
		attempt->throttle = tally_step(line, detail);
	if (once(attempt, OUTCOME_ATTEMPT)) {
		count(attempt, OUTCOME_ATTEMPT);
		if (attempt->throttle != NULL)
			detail->step_attempts++;
	}
	if (pending != NULL)
		passed_over(attempt, pending);
	if (line->event->status == LOG_STATUS_SENT)
		taken(attempt);
	else
		failed(attempt);
}

void
tally_delivery(struct tally_line *line)
{
	const struct log_event *event = line->event;
	struct log_tally *tally = line->tally;
	struct attempt attempt = {.line = line, .session = session_of(line)};
	const struct tally_pending *pending;
	const bool is_sent = event->status == LOG_STATUS_SENT;
	char name[TALLY_NAME_MAX];
	const size_t length = tally_name(tally_destination(line), name);
	uint64_t hash;

	if (event->is_local)
		tally_given(line);
	if (event->is_repeat || event->is_local || length == 0)
		return;
	line->id = queue_hash(tally, event->queue_id);
	tally_outcome_soon(line);
	if (is_sent)
		tally_total(line, TOTAL_SENT);
	else if (event->status == LOG_STATUS_BOUNCED)
		tally_total(line, TOTAL_BOUNCED);
	hash = tally_hash(tally->seed, name, length);
	attempt.recent = recent_get(line, hash, attempt.session.start_us);
	pending = pending_find(line, hash);
	attempt.detail = tally_detail_find(tally, hash);
	if (attempt.detail == NULL && (!is_sent || pending != NULL))
		attempt.detail =
		    tally_detail_make(tally, hash, name, line->time_us);
	if (attempt.recent->once == 0)
		sketch_add(tally->tried[line->slot], hash);
	if (once(&attempt, ONCE_PEER))
		tally_peer(line);
	if ((is_sent || event->net == LOG_NET_OK ||
	        event->stage != REPLY_STAGE_CONNECT) &&
	    once(&attempt, ONCE_CONNECTED))
		sketch_add(tally->connected[line->slot], hash);
	if (attempt.detail != NULL) {
		with_detail(&attempt, pending);
	} else if (once(&attempt, OUTCOME_ATTEMPT)) {
		(void)once(&attempt, OUTCOME_SENT);
		tally_light_sent(line, hash, name, length);
	}
	tally_outcome(line);
}
