/*
 * test_log_store.c - what the log's probe keeps outlives everything
 *
 * Purpose  two slots, damage at every place, a kill between any two writes, a
 *          dry run, a file that is none of ours, a disk that fails
 * Input    files of its own
 * Errors   a failed assertion
 * Runs as  any user
 * Source   log_store.h
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/probes/log_store.h"
#include "tests/unit/unit.h"

/* Not a multiple of a page. */
#define TALLY 10048

#define SLOT (4096 + 12288)

struct world {
	char path[64];
	int fd;
};

static int
setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	struct why why = {0};
	int fd;

	assert_non_null(world);
	(void)snprintf(world->path, sizeof(world->path), "/tmp/store-XXXXXX");
	fd = mkstemp(world->path);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(unlink(world->path), 0);
	if (log_store_open(world->path, TALLY, true, &world->fd, &why) < 0)
		fail_msg("%s", why.text);
	*state = world;
	return 0;
}

static int
teardown(void **state)
{
	struct world *world = *state;

	(void)close(world->fd);
	(void)unlink(world->path);
	free(world);
	return 0;
}

static bool
is_even(const void *tally, size_t size)
{
	assert_int_equal(size, TALLY);
	return *(const unsigned char *)tally % 2 == 0;
}

/* What is there: the byte that it was filled with, -1 when there is nothing. */
static int
kept(const struct world *world)
{
	struct log_store store;
	int found;

	log_store_load(&store, world->fd, false, TALLY, is_even);
	found = store.is_new ? -1 : ((unsigned char *)store.tally)[TALLY - 1];
	for (size_t i = 0; i < TALLY; i++)
		assert_int_equal(
		    ((unsigned char *)store.tally)[i], found < 0 ? 0 : found);
	assert_int_equal(store.place.since_us, found < 0 ? 0 : found + 1);
	log_store_done(&store);
	return found;
}

static void
keep(const struct world *world, int byte)
{
	struct log_store store;
	struct why why = {0};

	log_store_load(&store, world->fd, true, TALLY, is_even);
	memset(store.tally, byte, TALLY);
	store.place = (struct log_place){.since_us = byte + 1};
	if (log_store_keep(&store, &why) < 0)
		fail_msg("%s", why.text);
	log_store_done(&store);
}

static void
goes_on(void **state)
{
	struct world *world = *state;

	assert_int_equal(kept(world), -1);
	for (int byte = 2; byte < 20; byte += 2) {
		keep(world, byte);
		assert_int_equal(kept(world), byte);
	}
	/* the reader does not like it */
	keep(world, 21);
	assert_int_equal(kept(world), -1);
	keep(world, 22);
	assert_int_equal(kept(world), 22);
}

static void
dry_run(void **state)
{
	struct world *world = *state;
	struct log_store store;
	struct why why = {0};

	keep(world, 2);
	log_store_load(&store, world->fd, false, TALLY, is_even);
	memset(store.tally, 4, TALLY);
	assert_int_equal(log_store_keep(&store, &why), 0);
	log_store_done(&store);
	assert_int_equal(kept(world), 2);
	/* nothing was there */
	log_store_load(&store, -1, true, TALLY, is_even);
	assert_true(store.is_new);
	assert_int_equal(log_store_keep(&store, &why), 0);
	log_store_done(&store);
}

/* One byte is wrong, anywhere in the newer slot: the older one holds. */
static void
damaged(void **state)
{
	struct world *world = *state;
	AUTO_CLOSE int fd = open(world->path, O_RDWR | O_CLOEXEC);
	unsigned char byte;
	off_t at;

	keep(world, 2);
	keep(world, 4);
	for (unsigned i = 0; i < 3000; i++) {
		at = SLOT + (i < 500 ? i : 4096 + (i * 7) % TALLY);
		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= 1;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		/* behind the head nothing is summed, nor read */
		if (kept(world) != 2 && i < 370)
			fail_msg("byte %u", i);
		if (i >= 500)
			assert_int_equal(kept(world), 2);
		byte ^= 1;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	assert_int_equal(kept(world), 4);
}

/*
 * Killed while it writes: pages of the older slot are the new ones up to any
 * place, in any order; the newer slot is as it was.
 */
static void
killed(void **state)
{
	struct world *world = *state;
	AUTO_CLOSE int fd = open(world->path, O_RDWR | O_CLOEXEC);
	static unsigned char before[SLOT], after[SLOT], mixed[SLOT];

	keep(world, 2);
	keep(world, 4);
	assert_int_equal(pread(fd, before, SLOT, 0), SLOT);
	keep(world, 6);
	assert_int_equal(pread(fd, after, SLOT, 0), SLOT);
	for (unsigned which = 0; which < 16; which++) {
		memcpy(mixed, before, SLOT);
		for (unsigned page = 0; page < 4; page++)
			if ((which & (1U << page)) != 0)
				memcpy(mixed + page * 4096, after + page * 4096,
				    4096);
		assert_int_equal(pwrite(fd, mixed, SLOT, 0), SLOT);
		/* all written: the new one; else the one in between */
		assert_int_equal(kept(world), which == 15 ? 6 : 4);
	}
	for (size_t cut = 0; cut < SLOT - 4096; cut += 61) {
		memcpy(mixed, before, SLOT);
		memset(mixed, 0, 400);
		memcpy(mixed + 4096, after + 4096, cut);
		assert_int_equal(pwrite(fd, mixed, SLOT, 0), SLOT);
		assert_int_equal(kept(world), 4);
	}
	/* and it goes on */
	keep(world, 8);
	assert_int_equal(kept(world), 8);
}

static void
other_sizes(void **state)
{
	struct world *world = *state;
	struct log_store store;
	struct why why = {0};
	int fd = -1;

	keep(world, 2);
	/* as another version left it */
	assert_int_equal(
	    log_store_open(world->path, 3 * TALLY, false, &fd, &why), 0);
	log_store_load(&store, fd, false, 3 * TALLY, is_even);
	assert_true(store.is_new);
	log_store_done(&store);
	(void)close(fd);
	assert_int_equal(
	    log_store_open(world->path, 3 * TALLY, true, &fd, &why), 0);
	log_store_load(&store, fd, true, 3 * TALLY, is_even);
	assert_true(store.is_new);
	assert_int_equal(log_store_keep(&store, &why), 0);
	log_store_done(&store);
	(void)close(fd);
}

/* Cut away under the map: it is given up, and nobody dies. */
static void
cut_away(void **state)
{
	struct world *world = *state;
	struct log_store store;
	struct why why = {0};

	keep(world, 2);
	log_store_load(&store, world->fd, true, TALLY, is_even);
	assert_int_equal(truncate(world->path, SLOT), 0);
	assert_true(log_store_keep(&store, &why) < 0);
	log_store_done(&store);
	assert_int_equal(kept(world), -1);
}

static void
not_ours(void **state)
{
	struct world *world = *state;
	struct why why = {0};
	char other[80];
	int fd = -1;

	(void)snprintf(other, sizeof(other), "%s.2", world->path);
	assert_int_equal(link(world->path, other), 0);
	assert_true(log_store_open(world->path, TALLY, true, &fd, &why) < 0);
	assert_int_equal(unlink(other), 0);
	assert_int_equal(symlink(world->path, other), 0);
	assert_true(log_store_open(other, TALLY, true, &fd, &why) < 0);
	assert_int_equal(unlink(other), 0);
	assert_int_equal(chmod(world->path, 0644), 0);
	assert_true(log_store_open(world->path, TALLY, true, &fd, &why) < 0);
	assert_int_equal(mkfifo(other, 0600), 0);
	assert_true(log_store_open(other, TALLY, true, &fd, &why) < 0);
	assert_int_equal(unlink(other), 0);
	/* not there: a dry run makes none */
	assert_int_equal(log_store_open(other, TALLY, false, &fd, &why), 0);
	assert_int_equal(fd, -1);
	assert_int_equal(access(other, F_OK), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(goes_on),
	    TEST(dry_run),
	    TEST(damaged),
	    TEST(killed),
	    TEST(other_sizes),
	    TEST(cut_away),
	    TEST(not_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
