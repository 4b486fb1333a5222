/*
 * queue_top.c - what the queue holds for each key, in bounded memory
 *
 * Purpose  a hash table that never grows
 * Input    keys that senders chose: any bytes, as many as they like
 * Errors   none: the memory is there from the start
 * Runs as  the queue's observer; the caller locks
 * Source   FNV-1a, RFC 9923, seeded so that a sender cannot choose collisions
 */
#include "agent/probes/queue_top.h"

#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/mem.h"

/* Twice the keys: searches stay short. A power of two. */
#define SLOTS (2 * QUEUE_TOP_KEYS)

/* Keys of 64 bytes on average; more of them, and some are dropped earlier. */
#define KEY_BYTES (64 * QUEUE_TOP_KEYS)

struct queue_top {
	uint32_t seed;
	size_t count;
	size_t key_bytes;
	uint64_t error;
	uint16_t slots[SLOTS]; /* index of a part + 1; 0: free */
	uint16_t order[QUEUE_TOP_KEYS];
	struct queue_part parts[QUEUE_TOP_KEYS];
	char keys[KEY_BYTES + QUEUE_TOP_KEY_MAX + 1];
};

struct queue_top *
queue_top_new(uint32_t seed)
{
	/* zeroed by the kernel: pages that are never used cost nothing */
	struct queue_top *top = mem_alloc(1, sizeof(*top));

	top->seed = seed;
	return top;
}

struct queue_top *
queue_top_free(struct queue_top *top)
{
	free(top);
	return NULL;
}

static uint32_t
hash_of(uint32_t seed, const char *key, size_t length)
{
	uint32_t hash = 2166136261U ^ seed;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)key[i]) * 16777619U;
	return hash ^ (hash >> 15);
}

static void
insert(struct queue_top *top, uint32_t hash, size_t index)
{
	size_t slot = hash % SLOTS;

	while (top->slots[slot] != 0)
		slot = (slot + 1) % SLOTS;
	top->slots[slot] = (uint16_t)(index + 1);
}

/* Messages of the part in the middle: half of the parts have no more. */
static uint32_t
median(const struct queue_top *top)
{
	uint32_t low = 0, high = UINT32_MAX;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		size_t below = 0;

		for (size_t i = 0; i < top->count; i++)
			below += top->parts[i].messages <= middle;
		if (below * 2 >= top->count)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Drop the half with the fewest messages, and move the others together. */
static void
drop_half(struct queue_top *top)
{
	uint32_t most = median(top);
	size_t kept = 0, bytes = 0;

	memset(top->slots, 0, sizeof(top->slots));
	for (size_t i = 0; i < top->count; i++) {
		struct queue_part *part = &top->parts[i];
		uint32_t key = part->key;

		if (part->messages <= most)
			continue;
		memmove(
		    top->keys + bytes, top->keys + key, part->key_length + 1U);
		part->key = (uint32_t)bytes;
		bytes += part->key_length + 1U;
		top->parts[kept] = *part;
		insert(top, part->hash, kept);
		kept++;
	}
	top->count = kept;
	top->key_bytes = bytes;
	top->error += most;
}

static struct queue_part *
add(struct queue_top *top, const char *key, size_t length, uint32_t hash)
{
	struct queue_part *part;

	if (top->count == QUEUE_TOP_KEYS ||
	    top->key_bytes + length + 1 > KEY_BYTES)
		drop_half(top);
	part = &top->parts[top->count];
	memset(part, 0, sizeof(*part));
	part->key = (uint32_t)top->key_bytes;
	part->key_length = (uint16_t)length;
	part->hash = hash;
	memcpy(top->keys + top->key_bytes, key, length);
	top->keys[top->key_bytes + length] = '\0';
	top->key_bytes += length + 1;
	insert(top, hash, top->count++);
	return part;
}

struct queue_part *
queue_top_at(struct queue_top *top, const char *key, size_t length)
{
	uint32_t hash;

	if (length > QUEUE_TOP_KEY_MAX)
		length = QUEUE_TOP_KEY_MAX;
	hash = hash_of(top->seed, key, length);
	for (size_t slot = hash % SLOTS; top->slots[slot] != 0;
	     slot = (slot + 1) % SLOTS) {
		struct queue_part *part = &top->parts[top->slots[slot] - 1];

		if (part->hash == hash && part->key_length == length &&
		    memcmp(top->keys + part->key, key, length) == 0)
			return part;
	}
	return add(top, key, length, hash);
}

uint64_t
queue_top_error(const struct queue_top *top)
{
	return top->error;
}

size_t
queue_top_count(const struct queue_top *top)
{
	return top->count;
}

static int
compare(const void *a, const void *b, void *user)
{
	const struct queue_top *top = user;
	const struct queue_part *x = &top->parts[*(const uint16_t *)a];
	const struct queue_part *y = &top->parts[*(const uint16_t *)b];

	if (x->messages != y->messages)
		return x->messages > y->messages ? -1 : 1;
	return strcmp(top->keys + x->key, top->keys + y->key);
}

size_t
queue_top_sort(struct queue_top *top)
{
	for (size_t i = 0; i < top->count; i++)
		top->order[i] = (uint16_t)i;
	qsort_r(top->order, top->count, sizeof(top->order[0]), compare, top);
	return top->count;
}

const struct queue_part *
queue_top_part(const struct queue_top *top, size_t i)
{
	return &top->parts[top->order[i]];
}

const char *
queue_top_key(const struct queue_top *top, const struct queue_part *part)
{
	return top->keys + part->key;
}
