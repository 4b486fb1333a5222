/*
 * log_hash.h - hashes of names and ids of the log
 *
 * Where a name is kept must not be foreseen: the seed is each host's own.
 */
#ifndef MAILFIX_PROBES_LOG_HASH_H
#define MAILFIX_PROBES_LOG_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* tally_mix - two hashes to one */
static inline uint64_t
tally_mix(uint64_t a, uint64_t b)
{
	a ^= b + 0x9e3779b97f4a7c15U + (a << 6) + (a >> 2);
	a ^= a >> 31;
	return a * 0x94d049bb133111ebU;
}

/* tally_fold - a product of which each bit depends on all of both */
static inline uint64_t
tally_fold(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
	__extension__ typedef unsigned __int128 wide;
	const wide product = (wide)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
	return tally_mix(a, b);
#endif
}

/*
 * tally_hash_of - of text with these bits set in each of eight bytes
 * Words of eight bytes, the last one with some of those before it: no byte is
 * copied, and none behind the text is read.
 */
static inline uint64_t
tally_hash_of(uint64_t seed, const char *text, size_t length, uint64_t bits)
{
	uint64_t hash = seed ^ length * 0x9e3779b97f4a7c15U, part = 0;
	size_t at = 0;

	for (; length - at > sizeof(part); at += sizeof(part)) {
		memcpy(&part, text + at, sizeof(part));
		hash = tally_fold(
		    hash ^ (part | bits), seed | 0x94d049bb133111ebU);
	}
	if (length >= sizeof(part)) {
		memcpy(&part, text + length - sizeof(part), sizeof(part));
	} else {
		part = 0;
		for (; at < length; at++)
			part = part << 8 | (unsigned char)text[at];
	}
	hash = tally_fold(hash ^ (part | bits), 0xbf58476d1ce4e5b9U);
	hash = tally_mix(hash, seed);
	return hash != 0 ? hash : 1;
}

/* tally_hash - not to be foreseen; never 0 */
static inline uint64_t
tally_hash(uint64_t seed, const char *text, size_t length)
{
	return tally_hash_of(seed, text, length, 0);
}

/* tally_hash_folded - the same for letters in either case */
static inline uint64_t
tally_hash_folded(uint64_t seed, const char *text, size_t length)
{
	return tally_hash_of(seed, text, length, 0x2020202020202020U);
}

#endif
