/*
 * mem.h - memory that is there or ends the process
 *
 * Allocation never returns NULL (as in Postfix's mymalloc(3)): a process that
 * is out of memory says so and ends with status 71 (EX_OSERR). That is safe
 * at any instant, because a crash is: an observer that dies yields no fact,
 * and an actor that dies leaves a durable intent that the next run settles.
 */
#ifndef MAILFIX_BASE_MEM_H
#define MAILFIX_BASE_MEM_H

#include <stddef.h>

/* mem_alloc - zeroed, heap, caller owns; free() it */
void *mem_alloc(size_t count, size_t size) __attribute__((returns_nonnull));

/* mem_grow - realloc for an array; new elements are not zeroed */
void *mem_grow(void *old, size_t count, size_t size)
    __attribute__((returns_nonnull));

char *mem_dup(const char *text) __attribute__((returns_nonnull));

/*
 * One arena holds what lives as long as a run: playbooks, facts, findings,
 * the plan. Freed in one call; nothing in it is freed alone.
 */
struct arena;

struct arena *arena_new(void) __attribute__((returns_nonnull));
struct arena *arena_free(struct arena *arena); /* NULL allowed; returns NULL */

/* arena_wipe - arena_free, and nothing of what was in it stays in memory */
struct arena *arena_wipe(struct arena *arena);

/* arena_alloc - zeroed and aligned for any type */
void *arena_alloc(struct arena *arena, size_t count, size_t size)
    __attribute__((returns_nonnull));

char *arena_dup(struct arena *arena, const char *text)
    __attribute__((returns_nonnull));

/* arena_dup_n - the first `length` bytes of text, NUL-terminated */
char *arena_dup_n(struct arena *arena, const char *text, size_t length)
    __attribute__((returns_nonnull));

char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3), returns_nonnull));

/* arena_bytes - bytes handed out so far, for limits and tests */
size_t arena_bytes(const struct arena *arena);

#endif
