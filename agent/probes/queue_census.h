/*
 * queue_census.h - what the queue holds: in all, by destination, by sender
 */
#ifndef MAILFIX_PROBES_QUEUE_CENSUS_H
#define MAILFIX_PROBES_QUEUE_CENSUS_H

#include "agent/probes/queue_top.h"

/* Ages at which messages are counted. */
enum queue_age { QUEUE_1H, QUEUE_6H, QUEUE_1D, QUEUE_2D, QUEUE_3D, QUEUE_AGES };

struct queue_totals {
	uint64_t by_state[QUEUE_STATE_MAX];
	uint64_t bounces; /* deferred, null sender */
	uint64_t bounces_older[QUEUE_AGES], deferred_older[QUEUE_AGES];
	uint64_t arrived; /* since since_s */
	int64_t bytes;
	bool has_oldest;
	int64_t oldest_s; /* earliest arrival of those not on hold */
};

struct queue_census; /* heap */

/*
 * queue_census_new - an empty census
 * now_s, since_s  for ages; for counting what arrived since (0: nobody asks)
 */
struct queue_census *queue_census_new(
    int64_t now_s, int64_t since_s, uint32_t seed);
struct queue_census *queue_census_free(struct queue_census *census);

/*
 * queue_census_add - for queue_scan.visit: count one message or a part of it
 *
 * user  the census. A message counts once for its sender and once for each
 * distinct domain among its waiting recipients. A message that turns out to be
 * damaged is not counted, but for the domains of parts that came before.
 */
void queue_census_add(
    void *user, unsigned thread, const struct queue_message *message);

/* queue_census_totals - when all threads are done */
void queue_census_totals(
    const struct queue_census *census, struct queue_totals *ret);

struct queue_top *queue_census_destinations(struct queue_census *census);
struct queue_top *queue_census_senders(struct queue_census *census);

#endif
