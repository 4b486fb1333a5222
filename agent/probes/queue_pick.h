/*
 * queue_pick.h - the oldest messages that match a query, in bounded memory
 */
#ifndef MAILFIX_PROBES_QUEUE_PICK_H
#define MAILFIX_PROBES_QUEUE_PICK_H

#include "agent/mta/queue_scan.h"
#include "agent/probes/queue_select.h"

/* One that matches; also the record that the observer sends. */
struct queue_picked {
	char id[MTA_QUEUE_ID_MAX]; /* NUL-padded */
	int64_t arrival_s;
	int64_t bytes;
};

struct queue_pick; /* heap */

struct queue_pick *queue_pick_new(
    const struct queue_query *query, int64_t now_s);
struct queue_pick *queue_pick_free(struct queue_pick *pick);

/* queue_pick_add - for queue_scan.visit; several threads at once */
void queue_pick_add(
    void *user, unsigned thread, const struct queue_message *message);

/*
 * queue_pick_end - the chosen ones, the oldest first
 * ret_matched, ret_in_state  all that matched, all that were seen
 */
const struct queue_picked *queue_pick_end(struct queue_pick *pick,
    size_t *ret_count, uint64_t *ret_matched, uint64_t *ret_in_state);

#endif
