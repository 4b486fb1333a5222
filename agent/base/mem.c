/*
 * mem.c - memory that is there or ends the process
 *
 * Purpose  checked heap, and the arena of a run
 * Input    sizes of our own making; products are checked for overflow
 * Errors   out of memory ends the process with status 71 (mem.h says why)
 * Runs as  both roles
 * Source   sysexits(3) EX_OSERR; Unbound's util/regional.h for the idea of one
 *          arena per unit of work
 */
#include "agent/base/mem.h"

#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

/* A block holds hundreds of cells; larger objects get a block of their own. */
#define ARENA_BLOCK_BYTES 16384U

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	max_align_t data[];
};

struct arena {
	struct arena_block *blocks;
	size_t bytes;
};

static void __attribute__((noreturn)) mem_die(void)
{
	static const char text[] = "mailfix: out of memory\n";

	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(EX_OSERR);
}

void *
mem_alloc(size_t count, size_t size)
{
	void *p = calloc(count != 0 ? count : 1, size != 0 ? size : 1);

	if (p == NULL)
		mem_die();
	return p;
}

void *
mem_grow(void *old, size_t count, size_t size)
{
	void *p = reallocarray(old, count != 0 ? count : 1, size);

	if (p == NULL)
		mem_die();
	return p;
}

char *
mem_dup(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(mem_alloc(1, size), text, size);
}

struct arena *
arena_new(void)
{
	return mem_alloc(1, sizeof(struct arena));
}

struct arena *
arena_free(struct arena *arena)
{
	if (arena == NULL)
		return NULL;
	while (arena->blocks != NULL) {
		struct arena_block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
	free(arena);
	return NULL;
}

struct arena *
arena_wipe(struct arena *arena)
{
	for (struct arena_block *block = arena != NULL ? arena->blocks : NULL;
	     block != NULL; block = block->next)
		explicit_bzero(block->data, block->size);
	return arena_free(arena);
}

static struct arena_block *
block_new(size_t size)
{
	struct arena_block *block;

	if (size > SIZE_MAX / 2)
		mem_die();
	block = mem_alloc(1, sizeof(*block) + size);
	block->size = size;
	return block;
}

void *
arena_alloc(struct arena *arena, size_t count, size_t size)
{
	struct arena_block *block = arena->blocks;
	size_t bytes, align = _Alignof(max_align_t);
	void *p;

	if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
		mem_die();
	bytes = (bytes + align - 1) / align * align;
	if (block == NULL || block->size - block->used < bytes) {
		block = block_new(
		    bytes > ARENA_BLOCK_BYTES / 4 ? bytes : ARENA_BLOCK_BYTES);
		if (block->size == bytes && arena->blocks != NULL) {
			/* keep filling the block at the head */
			block->next = arena->blocks->next;
			arena->blocks->next = block;
		} else {
			block->next = arena->blocks;
			arena->blocks = block;
		}
	}
	p = (char *)block->data + block->used;
	block->used += bytes;
	arena->bytes += bytes;
	return p;
}

char *
arena_dup(struct arena *arena, const char *text)
{
	return arena_dup_n(arena, text, strlen(text));
}

char *
arena_dup_n(struct arena *arena, const char *text, size_t length)
{
	char *copy = arena_alloc(arena, length + 1, 1);

	(void)memcpy(copy, text, length);
	return copy;
}

char *
arena_printf(struct arena *arena, const char *format, ...)
{
	va_list ap, again;
	char *text;
	int length;

	va_start(ap, format);
	va_copy(again, ap);
	length = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (length < 0)
		length = 0;
	text = arena_alloc(arena, (size_t)length + 1, 1);
	(void)vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	return text;
}

size_t
arena_bytes(const struct arena *arena)
{
	return arena->bytes;
}
