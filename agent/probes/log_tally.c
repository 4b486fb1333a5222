/*
 * log_tally.c - counts what the log tells, in memory of a fixed size
 *
 * Purpose  begin, check, take a line and pass it to its part
 * Input    events of lines: hostile; what a run before kept: hostile
 * Errors   none; what cannot be gone on with is begun anew
 * Runs as  observer
 * Source   SPEC section 4: log, destination, client
 */
#include <string.h>

#include "agent/base/auto.h"
#include "agent/probes/log_part.h"

/* How far a line may be ahead of the clock: clocks of two hosts. */
#define AHEAD_US US_PER_MINUTE

size_t
log_tally_size(void)
{
	return sizeof(struct log_tally);
}

void
tally_advance(uint32_t *minute, uint32_t now, void *counts, size_t row_bytes)
{
	char *rows = counts;

	if (now <= *minute)
		return;
	if (now - *minute >= TALLY_MINUTES)
		memset(rows, 0, row_bytes * TALLY_MINUTES);
	else
		for (uint32_t at = *minute + 1; at <= now; at++)
			memset(rows + (at & (TALLY_MINUTES - 1)) * row_bytes, 0,
			    row_bytes);
	*minute = now;
}

long
tally_slot_find(const struct tally_slot *slots, size_t count, uint64_t hash)
{
	const size_t set = (hash >> 32) % (count / TALLY_WAYS) * TALLY_WAYS;

	for (size_t i = set; i < set + TALLY_WAYS; i++)
		if (slots[i].hash == hash)
			return (long)i;
	return -1;
}

size_t
tally_slot_make(
    struct tally_slot *slots, size_t count, uint64_t hash, bool *ret_had_weight)
{
	const size_t set = (hash >> 32) % (count / TALLY_WAYS) * TALLY_WAYS;
	size_t least = set;

	for (size_t i = set; i < set + TALLY_WAYS; i++) {
		if (slots[i].hash == 0) {
			least = i;
			break;
		}
		if (slots[i].weight < slots[least].weight ||
		    (slots[i].weight == slots[least].weight &&
		        slots[i].last_s < slots[least].last_s))
			least = i;
	}
	*ret_had_weight = slots[least].hash != 0 && slots[least].weight != 0;
	slots[least] = (struct tally_slot){.hash = hash};
	return least;
}

void
tally_copy(char *to, size_t size, struct span from)
{
	size_t length = from.length;

	if (from.text == NULL)
		length = 0;
	if (length >= size) {
		length = size - 1;
		/* not in the middle of a character of UTF-8 */
		while (length != 0 &&
		       ((unsigned char)from.text[length] & 0xc0U) == 0x80U)
			length--;
	}
	for (size_t i = 0; i < length; i++) {
		const unsigned char c = (unsigned char)from.text[i];

		to[i] = c < ' ' || c == 0x7f ? '?' : from.text[i];
	}
	to[length] = '\0';
}

void
tally_text_set(struct tally_line *line, enum tally_text_of of, struct span text)
{
	struct tally_text *kept = &line->tally->texts[of];

	kept->at_us = line->time_us;
	tally_copy(kept->text, sizeof(kept->text), text);
}

uint8_t
tally_transport(struct log_tally *tally, struct span name)
{
	if (name.text == NULL || name.length == 0 ||
	    name.length >= TALLY_TRANSPORT_MAX)
		return 0;
	for (uint8_t i = 1; i < TALLY_TRANSPORTS; i++) {
		if (tally->transports[i][0] == '\0')
			tally_copy(
			    tally->transports[i], TALLY_TRANSPORT_MAX, name);
		if (span_is(name, tally->transports[i]))
			return i;
	}
	return 0;
}

void
log_tally_begin(struct log_tally *tally, uint64_t seed)
{
	memset(tally, 0, sizeof(*tally));
	tally->magic = TALLY_MAGIC;
	tally->version = TALLY_VERSION;
	tally->size = sizeof(*tally);
	tally->seed = seed;
}

void
log_tally_clock(struct log_tally *tally, int64_t now_us)
{
	/* more than a line could be ahead: the clock was set back */
	if (tally->clock_us > now_us + AHEAD_US ||
	    (int64_t)tally->minute * US_PER_MINUTE > now_us + AHEAD_US)
		log_tally_begin(tally, tally->seed);
	tally->clock_us = now_us;
	/* the settings may have changed since */
	for (size_t i = 0; i < TALLY_CLIENTS; i++)
		tally->clients[i].own = 0;
	tally->pins_are_due = true;
}

/* minute_begin - a minute that no line was of before */
static void
minute_begin(struct log_tally *tally, uint32_t minute)
{
	uint32_t was;

#define ADVANCE(rows)                                                          \
	do {                                                                   \
		was = tally->minute;                                           \
		tally_advance(&was, minute, rows, sizeof((rows)[0]));          \
	} while (0)
	ADVANCE(tally->totals);
	ADVANCE(tally->tried);
	ADVANCE(tally->connected);
	ADVANCE(tally->stays);
#undef ADVANCE
	tally->minute = minute;
	for (size_t i = 0; i < TALLY_DETAILS; i++) {
		const struct tally_detail *detail = &tally->details[i];

		tally->weight[i] = 0;
		for (int of = OUTCOME_R421; of < OUTCOME_DOWN; of++)
			tally->weight[i] += tally_detail_sum(
			    detail, minute, (enum tally_outcome)of);
	}
	for (size_t i = 0; i < TALLY_LIGHT; i++)
		if (tally->light_slots[i].weight != 0)
			tally->light_slots[i].weight =
			    tally_light_weigh(&tally->light[i], minute);
	for (size_t i = 0; i < TALLY_CLIENTS; i++)
		if (tally->client_slots[i].weight != 0)
			tally->client_slots[i].weight =
			    tally_client_weigh(&tally->clients[i], minute);
	for (size_t i = 0; i < TALLY_ACCOUNTS; i++)
		if (tally->accounts.slots[i].weight != 0)
			tally->accounts.slots[i].weight = tally_account_weigh(
			    &tally->accounts.rows[i], minute);
}

/* line_begin - its time and slot; false: it is too old */
static bool
line_begin(struct tally_line *line)
{
	struct log_tally *tally = line->tally;
	int64_t time_us = line->event->time_us;

	if (time_us > tally->clock_us + AHEAD_US)
		time_us = tally->clock_us;
	if (time_us < US_PER_MINUTE)
		return false;
	line->minute = (uint32_t)(time_us / US_PER_MINUTE);
	if (line->minute + TALLY_MINUTES <= tally->minute)
		return false;
	if (line->minute > tally->minute)
		minute_begin(tally, line->minute);
	line->time_us = time_us;
	line->slot = line->minute & (TALLY_MINUTES - 1);
	tally->whole = time_us % US_PER_S != 0 ? 0 : tally->whole + 1;
	line->is_whole = tally_is_whole(tally);
	return true;
}

static void (*const parts[LOG_EVENT_KIND_MAX])(struct tally_line *line) = {
    [LOG_EVENT_DELIVERY] = tally_delivery,
    [LOG_EVENT_REFUSAL] = tally_refusal,
    [LOG_EVENT_CLIENT_CONNECT] = tally_client,
    [LOG_EVENT_CLIENT_DISCONNECT] = tally_client,
    [LOG_EVENT_CLIENT_MESSAGE] = tally_client,
    [LOG_EVENT_CLIENT_REJECT] = tally_client,
    [LOG_EVENT_CLIENT_LIMIT] = tally_client,
    [LOG_EVENT_CLIENT_AUTH_FAILED] = tally_client,
    [LOG_EVENT_CLIENT_LOST] = tally_client,
    [LOG_EVENT_PROCESS_LIMIT] = tally_own,
    [LOG_EVENT_MILTER_DOWN] = tally_own,
    [LOG_EVENT_LOOKUP_FAILED] = tally_own,
    [LOG_EVENT_STORAGE] = tally_own,
    [LOG_EVENT_SHUTDOWN] = tally_own,
    [LOG_EVENT_TLS_ERROR] = tally_own,
    [LOG_EVENT_SASL_OUT_FAILED] = tally_own,
    [LOG_EVENT_SUBMIT] = tally_submitted,
    [LOG_EVENT_QUEUED] = tally_queued,
    [LOG_EVENT_NAMED] = tally_named,
};

void
log_tally_add(struct log_tally *tally, const struct log_tally_with *with,
    const struct log_event *event)
{
	struct tally_line line = {.tally = tally, .with = with, .event = event};

	if (tally->pins_are_due)
		tally_pins(tally, with->throttles);
	if (!line_begin(&line))
		return;
	tally_total(&line, TOTAL_LINES);
	if (event->kind < LOG_EVENT_KIND_MAX && parts[event->kind] != NULL)
		parts[event->kind](&line);
}

void
log_tally_tell(const struct log_tally *tally, const struct log_tally_with *with,
    const struct log_tally_about *about, struct fact_out *out)
{
	tally_tell_log(tally, with, about, out);
	/* hundreds of rows, and what each reply means */
	if (fact_out_is_wanted(out, "destination"))
		tally_tell_destinations(tally, with, about, out);
	if (fact_out_is_wanted(out, "client"))
		tally_tell_clients(tally, about, out);
	if (fact_out_is_wanted(out, "account"))
		tally_tell_accounts(tally, with, about, out);
	if (fact_out_is_wanted(out, "sender_domain"))
		tally_tell_domains(tally, about, out);
}
