/*
 * fuzz_mounts.c - any bytes as /proc/self/mountinfo
 *
 * Purpose  every mount has an absolute point, and a path finds one above it
 * Input    the bytes of the file
 * Errors   abort
 * Runs as  any user
 * Source   mounts.h
 */
#include <string.h>

#include "agent/sys/mounts.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	const struct mount *found;
	struct mounts mounts;

	mounts_parse(arena, (const char *)data, size, &mounts);
	FUZZ_PROMISE(mounts.count <= MOUNTS_MAX);
	for (size_t i = 0; i < mounts.count; i++) {
		FUZZ_PROMISE(mounts.mounts[i].point[0] == '/');
		FUZZ_PROMISE(strlen(mounts.mounts[i].type) <= size);
		FUZZ_PROMISE(strlen(mounts.mounts[i].device) <= size);
		found = mounts_find(&mounts, mounts.mounts[i].point);
		FUZZ_PROMISE(found != NULL);
		FUZZ_PROMISE(
		    strlen(found->point) <= strlen(mounts.mounts[i].point));
	}
	arena_free(arena);
	return 0;
}
