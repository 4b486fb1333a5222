/*
 * log_pipe.c - events from who parses to who counts, each in a thread
 *
 * Purpose  a ring of buffers with their events between two threads
 * Input    events: their texts are hostile
 * Errors   without a thread all is done by the caller, in turns
 * Runs as  observer, in the closed sandbox
 * Cost     a lock for each buffer
 * Source   pthread_cond_wait(3)
 */
#include "agent/probes/log_pipe.h"

#include <pthread.h>

#include "agent/base/mem.h"

/* One is filled, one is counted, two smooth what is uneven between. */
#define BATCHES 4

/*
 * Lines of 64 bytes fill a buffer of 256 KiB; where they are shorter, the
 * caller counts what it has before it goes on.
 */
#define EVENTS_MAX 4096

/* Turns before a thread is worth its 50 us: 2 MiB. */
#define TURNS_ALONE 8

struct batch {
	char *buffer;
	struct log_event *events;
	size_t count;
};

struct log_pipe {
	void (*take)(void *user, const struct log_event *event);
	void *user;
	struct batch batches[BATCHES];
	unsigned turns, filling; /* the caller's own */
	bool has_thread;
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t more, room;
	unsigned filled, emptied;
	bool is_ended;
};

struct log_pipe *
log_pipe_new(size_t buffer_bytes,
    void (*take)(void *user, const struct log_event *event), void *user)
{
	struct log_pipe *pipe = mem_alloc(1, sizeof(*pipe));

	pipe->take = take;
	pipe->user = user;
	for (size_t i = 0; i < BATCHES; i++) {
		pipe->batches[i].buffer = mem_alloc(1, buffer_bytes);
		pipe->batches[i].events =
		    mem_alloc(EVENTS_MAX, sizeof(struct log_event));
	}
	(void)pthread_mutex_init(&pipe->lock, NULL);
	(void)pthread_cond_init(&pipe->more, NULL);
	(void)pthread_cond_init(&pipe->room, NULL);
	return pipe;
}

static void
batch_take(struct log_pipe *pipe, struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		pipe->take(pipe->user, &batch->events[i]);
	batch->count = 0;
}

static void *
count(void *user)
{
	struct log_pipe *pipe = user;

	(void)pthread_mutex_lock(&pipe->lock);
	for (;;) {
		while (pipe->emptied == pipe->filled && !pipe->is_ended)
			(void)pthread_cond_wait(&pipe->more, &pipe->lock);
		if (pipe->emptied == pipe->filled)
			break;
		(void)pthread_mutex_unlock(&pipe->lock);
		batch_take(pipe, &pipe->batches[pipe->emptied % BATCHES]);
		(void)pthread_mutex_lock(&pipe->lock);
		pipe->emptied++;
		(void)pthread_cond_signal(&pipe->room);
	}
	(void)pthread_mutex_unlock(&pipe->lock);
	return NULL;
}

/* Wait until at most so many batches are to be counted by the thread. */
static void
wait_for(struct log_pipe *pipe, unsigned left)
{
	(void)pthread_mutex_lock(&pipe->lock);
	while (pipe->filled - pipe->emptied > left)
		(void)pthread_cond_wait(&pipe->room, &pipe->lock);
	(void)pthread_mutex_unlock(&pipe->lock);
}

struct log_event *
log_pipe_add(struct log_pipe *pipe)
{
	struct batch *batch = &pipe->batches[pipe->filling];

	if (batch->count == EVENTS_MAX) {
		wait_for(pipe, 0);
		batch_take(pipe, batch);
	}
	return &batch->events[batch->count++];
}

char *
log_pipe_turn(struct log_pipe *pipe)
{
	struct batch *batch = &pipe->batches[pipe->filling];

	if (pipe->turns++ == 0)
		return batch->buffer;
	if (!pipe->has_thread && pipe->turns > TURNS_ALONE) {
		pipe->filled = pipe->emptied = pipe->filling;
		pipe->has_thread =
		    pthread_create(&pipe->thread, NULL, count, pipe) == 0;
	}
	if (!pipe->has_thread) {
		batch_take(pipe, batch);
	} else {
		(void)pthread_mutex_lock(&pipe->lock);
		pipe->filled++;
		(void)pthread_cond_signal(&pipe->more);
		(void)pthread_mutex_unlock(&pipe->lock);
		/* the next one must be free of what was in it */
		wait_for(pipe, BATCHES - 1);
	}
	pipe->filling =
	    pipe->has_thread ? pipe->filled % BATCHES : !pipe->filling;
	return pipe->batches[pipe->filling].buffer;
}

struct log_pipe *
log_pipe_free(struct log_pipe *pipe)
{
	if (pipe == NULL)
		return NULL;
	if (pipe->has_thread) {
		wait_for(pipe, 0);
		(void)pthread_mutex_lock(&pipe->lock);
		pipe->is_ended = true;
		(void)pthread_cond_signal(&pipe->more);
		(void)pthread_mutex_unlock(&pipe->lock);
		(void)pthread_join(pipe->thread, NULL);
	}
	batch_take(pipe, &pipe->batches[pipe->filling]);
	(void)pthread_cond_destroy(&pipe->more);
	(void)pthread_cond_destroy(&pipe->room);
	(void)pthread_mutex_destroy(&pipe->lock);
	for (size_t i = 0; i < BATCHES; i++) {
		free(pipe->batches[i].buffer);
		free(pipe->batches[i].events);
	}
	free(pipe);
	return NULL;
}
