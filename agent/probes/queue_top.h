/*
 * queue_top.h - what the queue holds for each key, in bounded memory
 *
 * Exact as long as there are at most QUEUE_TOP_KEYS keys. Beyond, the half
 * with the fewest messages is dropped whenever the table is full: what is then
 * told of a key is at least what is so, and falls short by no more than
 * queue_top_error() messages. (Misra and Gries, "Finding repeated elements",
 * 1982, with the batched drop of Anderson et al., IMC 2017.)
 */
#ifndef MAILFIX_PROBES_QUEUE_TOP_H
#define MAILFIX_PROBES_QUEUE_TOP_H

#include "agent/mta/queue_scan.h"

#define QUEUE_TOP_KEYS 8192

/* Domains have at most 255 bytes, addresses 320 (RFC 5321 section 4.5.3.1). */
#define QUEUE_TOP_KEY_MAX 320

struct queue_part {
	uint32_t key, hash; /* private: where it is kept */
	uint16_t key_length;
	bool has_oldest;
	uint32_t messages, by_state[QUEUE_STATE_MAX];
	uint32_t bounces, deferred_1h, deferred_1d;
	int64_t bytes, oldest_s;               /* time of arrival */
	uint32_t last[QUEUE_SCAN_THREADS_MAX]; /* message of a thread */
};

struct queue_top; /* heap */

struct queue_top *queue_top_new(uint32_t seed);
struct queue_top *queue_top_free(struct queue_top *top);

/* queue_top_at - the part of a key, made when it is new; never NULL */
struct queue_part *queue_top_at(
    struct queue_top *top, const char *key, size_t length);

/* queue_top_error - messages that a part may fall short by; 0: exact */
uint64_t queue_top_error(const struct queue_top *top);

/* queue_top_count - keys; only a lower bound when queue_top_error() is not 0 */
size_t queue_top_count(const struct queue_top *top);

/*
 * queue_top_sort - the parts with the most messages first, then by key
 * Nothing may be added afterwards. Returns how many there are.
 */
size_t queue_top_sort(struct queue_top *top);
const struct queue_part *queue_top_part(const struct queue_top *top, size_t i);
const char *queue_top_key(
    const struct queue_top *top, const struct queue_part *part);

#endif
