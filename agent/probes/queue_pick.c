/*
 * queue_pick.c - the oldest messages that match a query, in bounded memory
 *
 * Purpose  choose while the queue is walked; a heap keeps the oldest
 * Input    envelopes: hostile; compared only
 * Errors   none
 * Runs as  the queue's observer, in the closed sandbox
 * Source   Knuth, TAOCP vol. 3, section 5.2.3 (heap); RFC 5321 section 2.3.11
 *          (domains without regard to case, local parts with it)
 */
#include "agent/probes/queue_pick.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/base/mem.h"

struct thread_match {
	_Alignas(64) bool has_destination;
};

struct queue_pick {
	const struct queue_query *query;
	int64_t now_s;
	size_t max;
	pthread_mutex_t lock;
	struct thread_match threads[QUEUE_SCAN_THREADS_MAX];
	uint64_t in_state, matched;
	size_t count, size;
	struct queue_picked *heap; /* the youngest on top */
};

struct queue_pick *
queue_pick_new(const struct queue_query *query, int64_t now_s)
{
	struct queue_pick *pick =
	    aligned_alloc(_Alignof(struct queue_pick), sizeof(*pick));

	memset(pick, 0, sizeof(*pick));
	pick->query = query;
	pick->now_s = now_s;
	pick->max = query->max == 0 || query->max > QUEUE_SELECT_MAX
	                ? QUEUE_SELECT_MAX
	                : query->max;
	(void)pthread_mutex_init(&pick->lock, NULL);
	return pick;
}

struct queue_pick *
queue_pick_free(struct queue_pick *pick)
{
	if (pick == NULL)
		return NULL;
	(void)pthread_mutex_destroy(&pick->lock);
	free(pick->heap);
	free(pick);
	return NULL;
}

static bool
sender_matches(const char *want, const struct queue_text *sender)
{
	size_t length = strlen(want), local;
	const char *at;

	if (strcmp(want, "<>") == 0)
		return sender->length == 0;
	if (length != sender->length)
		return false;
	at = strrchr(want, '@');
	local = at == NULL ? length : (size_t)(at - want);
	return memcmp(want, sender->text, local) == 0 &&
	       strncasecmp(
	           want + local, sender->text + local, length - local) == 0;
}

static bool
has_destination(const char *want, const struct queue_message *message)
{
	char domain[QUEUE_DOMAIN_MAX];

	for (size_t i = 0; i < message->recipient_count; i++) {
		(void)queue_domain(&message->recipients[i], domain);
		if (strcasecmp(domain, want) == 0)
			return true;
	}
	return false;
}

/*
 * account_matches - to the byte: another's mail must not be taken for it
 *
 * What has the null sender answers a stranger's message: a bounce, a receipt,
 * the vacation reply that an LMTP server gives to sendmail(1). The uid of that
 * program did not choose to send it, and its users' mail must not be held for
 * what strangers make it answer.
 */
static bool
account_matches(const char *want, const struct queue_message *message)
{
	const struct {
		const char *kind;
		const struct queue_text *text;
	} accounts[] = {
	    {"login:",  &message->login },
	    {"uid:",    &message->uid   },
	    {"client:", &message->client},
	};

	if (message->sender.length == 0)
		return false;
	for (size_t i = 0; i < ARRAY_COUNT(accounts); i++) {
		const size_t length = strlen(accounts[i].kind);
		const struct queue_text *text = accounts[i].text;

		if (strncmp(want, accounts[i].kind, length) == 0)
			return text->text != NULL &&
			       strlen(want + length) == text->length &&
			       memcmp(want + length, text->text,
			           text->length) == 0;
	}
	return false;
}

static bool
matches(const struct queue_pick *pick, const struct queue_message *message)
{
	const struct queue_query *query = pick->query;
	double age_s = (double)(pick->now_s - message->arrival_s);

	if (query->older_s > 0 && age_s <= query->older_s)
		return false;
	if (query->larger_bytes > 0 &&
	    (double)message->bytes <= query->larger_bytes)
		return false;
	if (query->account != NULL && !account_matches(query->account, message))
		return false;
	return query->sender == NULL ||
	       sender_matches(query->sender, &message->sender);
}

/* Younger, or the same age and a later id: the choice does not hang on luck. */
static int
compare(const void *a, const void *b)
{
	const struct queue_picked *x = a, *y = b;

	if (x->arrival_s != y->arrival_s)
		return x->arrival_s < y->arrival_s ? -1 : 1;
	return strcmp(x->id, y->id);
}

static void
swap(struct queue_picked *a, struct queue_picked *b)
{
	struct queue_picked c = *a;

	*a = *b;
	*b = c;
}

static void
sift_up(struct queue_picked *heap, size_t i)
{
	for (; i > 0 && compare(&heap[i], &heap[(i - 1) / 2]) > 0;
	     i = (i - 1) / 2)
		swap(&heap[i], &heap[(i - 1) / 2]);
}

static void
sift_down(struct queue_picked *heap, size_t count)
{
	for (size_t i = 0, child; (child = 2 * i + 1) < count; i = child) {
		if (child + 1 < count &&
		    compare(&heap[child + 1], &heap[child]) > 0)
			child++;
		if (compare(&heap[i], &heap[child]) >= 0)
			return;
		swap(&heap[i], &heap[child]);
	}
}

static void
keep(struct queue_pick *pick, const struct queue_picked *one)
{
	if (pick->count == pick->max) {
		if (compare(one, &pick->heap[0]) >= 0)
			return;
		pick->heap[0] = *one;
		sift_down(pick->heap, pick->count);
		return;
	}
	if (pick->count == pick->size) {
		pick->size = pick->size == 0 ? 1024 : 2 * pick->size;
		pick->heap =
		    mem_grow(pick->heap, pick->size, sizeof(*pick->heap));
	}
	pick->heap[pick->count] = *one;
	sift_up(pick->heap, pick->count++);
}

void
queue_pick_add(void *user, unsigned thread, const struct queue_message *message)
{
	struct queue_pick *pick = user;
	struct thread_match *match = &pick->threads[thread];
	struct queue_picked one = {0};
	bool is_match;

	if (pick->query->destination == NULL ||
	    has_destination(pick->query->destination, message))
		match->has_destination = true;
	if (!message->is_last)
		return;
	is_match = match->has_destination && matches(pick, message);
	match->has_destination = false;
	if (!message->is_whole)
		return;

	(void)snprintf(one.id, sizeof(one.id), "%s", message->id);
	one.arrival_s = message->arrival_s;
	one.bytes = message->bytes;
	(void)pthread_mutex_lock(&pick->lock);
	pick->in_state++;
	if (is_match) {
		pick->matched++;
		keep(pick, &one);
	}
	(void)pthread_mutex_unlock(&pick->lock);
}

const struct queue_picked *
queue_pick_end(struct queue_pick *pick, size_t *ret_count,
    uint64_t *ret_matched, uint64_t *ret_in_state)
{
	if (pick->count > 0)
		qsort(pick->heap, pick->count, sizeof(*pick->heap), compare);
	*ret_count = pick->count;
	*ret_matched = pick->matched;
	*ret_in_state = pick->in_state;
	return pick->heap;
}
