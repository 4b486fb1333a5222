/*
 * queue_census.c - what the queue holds: in all, by destination, by sender
 *
 * Purpose  count messages as they are visited, by several threads
 * Input    envelopes: hostile; only bytes and numbers here, nothing parsed
 * Errors   none
 * Runs as  the queue's observer, in the closed sandbox
 * Cost     totals are each thread's own; the two tables are locked once a
 *          message, for about 100 ns
 * Source   qshape(1); unlike qshape, which counts recipients, this counts
 *          messages
 */
#include "agent/probes/queue_census.h"

#include <pthread.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/mem.h"

static const int64_t ages_s[] = {
    [QUEUE_1H] = 3600,
    [QUEUE_6H] = 6 * 3600,
    [QUEUE_1D] = 86400,
    [QUEUE_2D] = 2 * 86400,
    [QUEUE_3D] = 3 * 86400,
};
_Static_assert(ARRAY_COUNT(ages_s) == QUEUE_AGES, "an age each");

/* One thread's own: no two of them share a cache line. */
struct counts {
	_Alignas(64) struct queue_totals totals;
	uint32_t message; /* number of the one at hand, from 1 */
};

struct queue_census {
	int64_t now_s, since_s;
	pthread_mutex_t lock;
	struct queue_top *destinations, *senders;
	struct counts counts[QUEUE_SCAN_THREADS_MAX];
};

struct queue_census *
queue_census_new(int64_t now_s, int64_t since_s, uint32_t seed)
{
	struct queue_census *census =
	    aligned_alloc(_Alignof(struct queue_census), sizeof(*census));

	memset(census, 0, sizeof(*census));
	census->now_s = now_s;
	census->since_s = since_s;
	(void)pthread_mutex_init(&census->lock, NULL);
	census->destinations = queue_top_new(seed);
	census->senders = queue_top_new(seed);
	for (size_t i = 0; i < ARRAY_COUNT(census->counts); i++)
		census->counts[i].message = 1;
	return census;
}

struct queue_census *
queue_census_free(struct queue_census *census)
{
	if (census == NULL)
		return NULL;
	(void)pthread_mutex_destroy(&census->lock);
	queue_top_free(census->destinations);
	queue_top_free(census->senders);
	free(census);
	return NULL;
}

static void
note_oldest(
    bool *has_oldest, int64_t *oldest_s, const struct queue_message *message)
{
	if (message->state == QUEUE_HOLD)
		return;
	if (!*has_oldest || message->arrival_s < *oldest_s)
		*oldest_s = message->arrival_s;
	*has_oldest = true;
}

static void
add_totals(const struct queue_census *census, struct queue_totals *totals,
    const struct queue_message *message)
{
	int64_t age_s = census->now_s - message->arrival_s;
	bool is_deferred = message->state == QUEUE_DEFERRED;
	bool is_bounce = is_deferred && message->sender.length == 0;

	totals->by_state[message->state]++;
	totals->bytes += message->bytes;
	totals->bounces += is_bounce;
	totals->arrived += message->arrival_s >= census->since_s;
	note_oldest(&totals->has_oldest, &totals->oldest_s, message);
	for (size_t i = 0; i < QUEUE_AGES && age_s >= ages_s[i]; i++) {
		totals->deferred_older[i] += is_deferred;
		totals->bounces_older[i] += is_bounce;
	}
}

static void
add_part(const struct queue_census *census, struct queue_part *part,
    const struct queue_message *message)
{
	int64_t age_s = census->now_s - message->arrival_s;
	bool is_deferred = message->state == QUEUE_DEFERRED;

	part->messages++;
	part->by_state[message->state]++;
	part->bytes += message->bytes;
	part->bounces += message->sender.length == 0;
	part->deferred_1h += is_deferred && age_s >= ages_s[QUEUE_1H];
	part->deferred_1d += is_deferred && age_s >= ages_s[QUEUE_1D];
	note_oldest(&part->has_oldest, &part->oldest_s, message);
}

/* The local part as it is (it may matter), the domain in lower case. */
static size_t
sender_key(const struct queue_text *sender, char key[static QUEUE_TOP_KEY_MAX])
{
	size_t length = sender->length;
	const char *at;

	if (length == 0) {
		memcpy(key, "<>", 2);
		return 2;
	}
	if (length > QUEUE_TOP_KEY_MAX)
		length = QUEUE_TOP_KEY_MAX;
	memcpy(key, sender->text, length);
	at = memrchr(key, '@', length);
	for (size_t i = at == NULL ? length : (size_t)(at - key); i < length;
	     i++) {
		if (key[i] >= 'A' && key[i] <= 'Z')
			key[i] = (char)(key[i] - 'A' + 'a');
	}
	return length;
}

static void
add_destinations(struct queue_census *census, unsigned thread,
    const struct queue_message *message)
{
	uint32_t number = census->counts[thread].message;

	for (size_t i = 0; i < message->recipient_count; i++) {
		char domain[QUEUE_DOMAIN_MAX];
		size_t length = queue_domain(&message->recipients[i], domain);
		struct queue_part *part =
		    queue_top_at(census->destinations, domain, length);

		if (part->last[thread] == number)
			continue;
		part->last[thread] = number;
		add_part(census, part, message);
	}
}

void
queue_census_add(
    void *user, unsigned thread, const struct queue_message *message)
{
	struct queue_census *census = user;
	struct counts *counts = &census->counts[thread];
	bool is_counted = message->is_last && message->is_whole;
	char key[QUEUE_TOP_KEY_MAX];
	size_t length = 0;

	if (is_counted) {
		add_totals(census, &counts->totals, message);
		length = sender_key(&message->sender, key);
	}
	if (is_counted || !message->is_last) {
		(void)pthread_mutex_lock(&census->lock);
		add_destinations(census, thread, message);
		if (is_counted)
			add_part(census,
			    queue_top_at(census->senders, key, length),
			    message);
		(void)pthread_mutex_unlock(&census->lock);
	}
	counts->message += message->is_last;
}

void
queue_census_totals(const struct queue_census *census, struct queue_totals *ret)
{
	struct queue_totals sum = {0};

	for (size_t t = 0; t < ARRAY_COUNT(census->counts); t++) {
		const struct queue_totals *one = &census->counts[t].totals;

		for (size_t i = 0; i < QUEUE_STATE_MAX; i++)
			sum.by_state[i] += one->by_state[i];
		for (size_t i = 0; i < QUEUE_AGES; i++) {
			sum.bounces_older[i] += one->bounces_older[i];
			sum.deferred_older[i] += one->deferred_older[i];
		}
		sum.bounces += one->bounces;
		sum.arrived += one->arrived;
		sum.bytes += one->bytes;
		if (one->has_oldest &&
		    (!sum.has_oldest || one->oldest_s < sum.oldest_s))
			sum.oldest_s = one->oldest_s;
		sum.has_oldest = sum.has_oldest || one->has_oldest;
	}
	*ret = sum;
}

struct queue_top *
queue_census_destinations(struct queue_census *census)
{
	return census->destinations;
}

struct queue_top *
queue_census_senders(struct queue_census *census)
{
	return census->senders;
}
