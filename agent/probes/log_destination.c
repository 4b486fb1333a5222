/*
 * log_destination.c - where the tally keeps a destination
 *
 * Purpose  two tables: those that take everything, and those that refuse
 * Input    domains of recipients: hostile
 * Errors   none; where there is no room the least goes
 * Runs as  observer
 * Source   none: a set-associative table, and a small one beside it
 *
 * A destination comes in light. What it refuses moves it among the details;
 * when those are full, the one that refused least goes back, with its counts.
 */
#include <string.h>

#include "agent/base/auto.h"
#include "agent/probes/log_part.h"

/* After such a pause what is sent is a new burst. */
#define PAUSE_S 60

/* RFC 1035, RFC 5321 (literals), RFC 6531 (UTF-8): none may be an address */
static bool
is_of_name(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
	       c == '-' || c == '_' || c == '[' || c == ']' || c == ':' ||
	       c >= 0x80;
}

struct span
tally_destination(const struct tally_line *line)
{
	const struct mta_throttle *sending = line->with->sending;
	const char *relay;

	if (!mta_relay_takes(sending, line->event))
		return line->event->domain;
	relay = sending->relay->name;
	return (struct span){relay, (uint32_t)strlen(relay)};
}

size_t
tally_name(struct span domain, char ret[static TALLY_NAME_MAX])
{
	uint32_t length = domain.length;

	if (domain.text == NULL)
		return 0;
	if (length != 0 && domain.text[length - 1] == '.')
		length--;
	if (length == 0 || length >= TALLY_NAME_MAX)
		return 0;
	for (uint32_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)domain.text[i];

		if (c >= 'A' && c <= 'Z')
			c = (unsigned char)(c + ('a' - 'A'));
		if (!is_of_name(c))
			return 0;
		ret[i] = (char)c;
	}
	ret[length] = '\0';
	return length;
}

uint32_t
tally_detail_sum(const struct tally_detail *detail, uint32_t minute,
    enum tally_outcome outcome)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; detail->hash != 0 && i < TALLY_MINUTES; i++)
		if (tally_has(detail->minute, minute, i))
			sum += detail->counts[i][outcome];
	return sum;
}

/* The index: open addressing; made anew when a detail goes. */

static void
index_add(struct log_tally *tally, size_t detail)
{
	size_t at = tally->details[detail].hash & (TALLY_INDEX - 1);

	while (tally->index[at] != 0)
		at = (at + 1) & (TALLY_INDEX - 1);
	tally->index[at] = (uint16_t)(detail + 1);
}

static void
index_make(struct log_tally *tally)
{
	memset(tally->index, 0, sizeof(tally->index));
	for (size_t i = 0; i < TALLY_DETAILS; i++)
		if (tally->details[i].hash != 0)
			index_add(tally, i);
}

struct tally_detail *
tally_detail_find(struct log_tally *tally, uint64_t hash)
{
	size_t at = hash & (TALLY_INDEX - 1);

	for (size_t i = 0; i < TALLY_INDEX && tally->index[at] != 0; i++) {
		struct tally_detail *detail =
		    &tally->details[tally->index[at] - 1];

		if (detail->hash == hash)
			return detail;
		at = (at + 1) & (TALLY_INDEX - 1);
	}
	return NULL;
}

/* Light ones. */

/* What was refused counts for more. */
#define REFUSED_WEIGHT 8

uint32_t
tally_light_weigh(const struct tally_light *light, uint32_t minute)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < TALLY_MINUTES; i++)
		if (tally_has(light->minute, minute, i))
			sum += light->sent[i] +
			       REFUSED_WEIGHT *
			           ((uint32_t)light->r421[i] + light->other[i]);
	return sum;
}

/* light_make - number of a new one; the name fits */
static size_t
light_make(struct log_tally *tally, uint64_t hash, const char *name)
{
	bool had_weight = false;
	const size_t i =
	    tally_slot_make(tally->light_slots, TALLY_LIGHT, hash, &had_weight);
	struct tally_light *light = &tally->light[i];

	if (had_weight)
		tally->lost_us = (int64_t)tally->minute * US_PER_MINUTE;
	memset(light, 0, sizeof(*light));
	light->minute = tally->minute;
	tally_copy(light->name, sizeof(light->name),
	    (struct span){name, (uint32_t)strlen(name)});
	return i;
}

static void
light_advance(struct tally_light *light, uint32_t minute)
{
	uint32_t was = light->minute;

	tally_advance(&was, minute, light->sent, sizeof(light->sent[0]));
	was = light->minute;
	tally_advance(&was, minute, light->r421, sizeof(light->r421[0]));
	tally_advance(
	    &light->minute, minute, light->other, sizeof(light->other[0]));
}

/* busy - one more was taken: since when, without a pause? */
static void
busy(uint32_t *since_s, uint32_t *count, uint32_t *last_s, int64_t time_us)
{
	const uint32_t now_s = (uint32_t)(time_us / US_PER_S);

	if (*count == 0 || now_s > *last_s + PAUSE_S) {
		*since_s = now_s;
		*count = 0;
	}
	(*count)++;
	if (now_s > *last_s)
		*last_s = now_s;
}

void
tally_light_sent(
    struct tally_line *line, uint64_t hash, const char *name, size_t length)
{
	struct log_tally *tally = line->tally;
	long found = tally_slot_find(tally->light_slots, TALLY_LIGHT, hash);
	struct tally_light *light;

	if (found < 0) {
		if (length >= TALLY_LIGHT_NAME_MAX)
			return;
		found = (long)light_make(tally, hash, name);
	}
	light = &tally->light[found];
	light_advance(light, tally->minute);
	light->sent[line->slot]++;
	light->transport = tally_transport(tally, line->event->transport);
	busy(&light->busy_s, &light->busy_count, &light->last_s, line->time_us);
	tally->light_slots[found].weight++;
	tally->light_slots[found].last_s = light->last_s;
}

/* light_take - what a destination had among the light ones, into its detail */
static void
light_take(const struct tally_light *light, struct tally_detail *detail)
{
	detail->minute = light->minute;
	detail->transport = light->transport;
	detail->busy_s = light->busy_s;
	detail->busy_count = light->busy_count;
	detail->last_s = light->last_s;
	for (size_t i = 0; i < TALLY_MINUTES; i++) {
		uint32_t *counts = detail->counts[i];
		const uint32_t refused =
		    (uint32_t)light->r421[i] + light->other[i];

		counts[OUTCOME_SENT] = light->sent[i];
		counts[OUTCOME_R421] = light->r421[i];
		counts[OUTCOME_DEFERRED] = refused;
		counts[OUTCOME_ATTEMPT] = light->sent[i] + refused;
		if (light->other_is > OUTCOME_R421 &&
		    light->other_is < OUTCOME_DOWN)
			counts[light->other_is] = light->other[i];
	}
}

static uint16_t
cut16(uint32_t value)
{
	return value > UINT16_MAX ? UINT16_MAX : (uint16_t)value;
}

/* light_give - back, when there is no room among the details */
static void
light_give(struct log_tally *tally, const struct tally_detail *detail)
{
	struct tally_light *light;
	uint32_t most = 0;
	size_t made;

	if (strlen(detail->name) >= TALLY_LIGHT_NAME_MAX) {
		tally->lost_us = (int64_t)tally->minute * US_PER_MINUTE;
		return;
	}
	made = light_make(tally, detail->hash, detail->name);
	light = &tally->light[made];
	light->minute = detail->minute;
	light->transport = detail->transport;
	light->busy_s = detail->busy_s;
	light->busy_count = detail->busy_count;
	light->last_s = detail->last_s;
	for (int of = OUTCOME_R4XX; of < OUTCOME_DOWN; of++) {
		const uint32_t sum = tally_detail_sum(
		    detail, tally->minute, (enum tally_outcome)of);

		if (sum > most) {
			most = sum;
			light->other_is = (uint8_t)of;
		}
	}
	for (size_t i = 0; i < TALLY_MINUTES; i++) {
		const uint32_t *counts = detail->counts[i];
		uint32_t tries = counts[OUTCOME_ATTEMPT];

		tries -=
		    tries < counts[OUTCOME_SENT] ? tries : counts[OUTCOME_SENT];
		tries -=
		    tries < counts[OUTCOME_R421] ? tries : counts[OUTCOME_R421];
		light->sent[i] = counts[OUTCOME_SENT];
		light->r421[i] = cut16(counts[OUTCOME_R421]);
		light->other[i] = cut16(tries);
	}
	tally->light_slots[made].weight =
	    tally_light_weigh(light, tally->minute);
	tally->light_slots[made].last_s =
	    (uint32_t)(detail->last_us / US_PER_S);
}

/* Details. */

/* detail_room - a free one, else the one that refused least and longest ago */
static struct tally_detail *
detail_room(struct log_tally *tally)
{
	size_t least = TALLY_DETAILS;

	for (size_t i = 0; i < TALLY_DETAILS; i++) {
		if (tally->details[i].hash == 0)
			return &tally->details[i];
		if (tally->details[i].is_pinned)
			continue;
		if (least == TALLY_DETAILS ||
		    tally->weight[i] < tally->weight[least] ||
		    (tally->weight[i] == tally->weight[least] &&
		        tally->details[i].last_us <
		            tally->details[least].last_us))
			least = i;
	}
	/* no more than half are ever pinned: there is one */
	light_give(tally, &tally->details[least]);
	tally->details[least].hash = 0;
	index_make(tally);
	return &tally->details[least];
}

struct tally_detail *
tally_detail_make(
    struct log_tally *tally, uint64_t hash, const char *name, int64_t time_us)
{
	/* before room is made: that may push this very one out of light */
	const long found =
	    tally_slot_find(tally->light_slots, TALLY_LIGHT, hash);
	struct tally_light taken = {0};
	struct tally_detail *detail;

	if (found >= 0) {
		taken = tally->light[found];
		tally->light_slots[found] = (struct tally_slot){0};
	}
	detail = detail_room(tally);
	memset(detail, 0, sizeof(*detail));
	detail->hash = hash;
	detail->minute = tally->minute;
	detail->last_us = time_us;
	tally_copy(detail->name, sizeof(detail->name),
	    (struct span){name, (uint32_t)strlen(name)});
	if (found >= 0)
		light_take(&taken, detail);
	tally->weight[detail - tally->details] = 0;
	index_add(tally, (size_t)(detail - tally->details));
	return detail;
}

void
tally_detail_count(struct tally_line *line, struct tally_detail *detail,
    enum tally_outcome outcome)
{
	tally_advance(&detail->minute, line->tally->minute, detail->counts,
	    sizeof(detail->counts[0]));
	detail->counts[line->slot][outcome]++;
	if (outcome >= OUTCOME_R421 && outcome < OUTCOME_DOWN)
		line->tally->weight[detail - line->tally->details]++;
	if (outcome == OUTCOME_SENT)
		busy(&detail->busy_s, &detail->busy_count, &detail->last_s,
		    line->time_us);
}

void
tally_pins(struct log_tally *tally, const struct throttle_list *throttles)
{
	/* half of the details stay for those that are not slowed down yet */
	size_t room = TALLY_DETAILS / 2;
	char name[TALLY_NAME_MAX];

	tally->pins_are_due = false;
	for (size_t i = 0; i < TALLY_DETAILS; i++)
		tally->details[i].is_pinned = false;
	for (size_t i = 0; throttles != NULL && i < throttles->count; i++) {
		const char *domain = throttles->rows[i].domain;
		const size_t length = tally_name(
		    (struct span){domain, (uint32_t)strlen(domain)}, name);
		struct tally_detail *detail;
		uint64_t hash;

		if (length == 0 || room == 0)
			continue;
		room--;
		hash = tally_hash(tally->seed, name, length);
		detail = tally_detail_find(tally, hash);
		if (detail == NULL)
			detail = tally_detail_make(
			    tally, hash, name, throttles->rows[i].since_us);
		detail->is_pinned = true;
	}
}
