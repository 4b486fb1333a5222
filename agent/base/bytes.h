/*
 * bytes.h - find bytes eight at a time
 *
 * A loop over the bytes of a short word ends where the processor does not
 * expect it, and that costs more than the word; memchr(3) knows one byte only.
 * A result has bit 7 of each byte that matches; of several the first is right,
 * those behind it may be too many.
 */
#ifndef MAILFIX_BASE_BYTES_H
#define MAILFIX_BASE_BYTES_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BYTES_EACH(c) ((uint64_t)(unsigned char)(c)*0x0101010101010101U)
#define BYTES_HIGH    BYTES_EACH(0x80)

/* The first of them is the lowest. */
static inline uint64_t
bytes_load(const char *at)
{
	uint64_t word;

	(void)memcpy(&word, at, sizeof(word));
	return le64toh(word);
}

/* bytes_below - those less than c, which is 128 at most */
static inline uint64_t
bytes_below(uint64_t word, unsigned char c)
{
	return (word - BYTES_EACH(c)) & ~word & BYTES_HIGH;
}

static inline uint64_t
bytes_are(uint64_t word, char c)
{
	return bytes_below(word ^ BYTES_EACH(c), 1);
}

/* bytes_first - number of the first that matches; found is not 0 */
static inline size_t
bytes_first(uint64_t found)
{
	return (size_t)__builtin_ctzll(found) / 8;
}

#endif
