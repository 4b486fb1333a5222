/*
 * log_store.c - what the log's probe remembers from run to run
 *
 * Purpose  place and tally in a mapped file with two slots
 * Input    the file: hostile
 * Errors   what is not whole or not of this version is as if it were not there
 * Runs as  log_store_open in the actor, the rest in the observer, which may not
 *          write to files (RLIMIT_FSIZE 0, no open for writing) but to a map
 * Cost     2.5 ms for a tally of 4 MiB, there and back
 * Source   mmap(2) on SIGBUS, posix_fallocate(3)
 */
#include "agent/probes/log_store.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/mem.h"

#define STORE_MAGIC 0x666d6c6f670a0d1aU /* "fmlog", and what no text survives */

/* Of this file's own layout; the tally has a version of its own. */
#define STORE_VERSION 1

#define PAGE 4096U

/* Of x86; elsewhere no harm. */
#define HUGE_PAGE ((size_t)2 << 20)

#define SLOTS 2U

struct head {
	uint64_t magic;
	uint32_t version, spare;
	uint64_t size; /* of the tally */
	uint64_t sequence;
	uint64_t sum; /* of all of the slot, with 0 in here */
	struct log_place place;
};

_Static_assert(sizeof(struct head) <= PAGE, "the head is a page");

static size_t
slot_size(size_t tally)
{
	return PAGE + (tally + PAGE - 1) / PAGE * PAGE;
}

int
log_store_open(const char *path, size_t tally, bool may_write, int *ret_fd,
    struct why *why)
{
	AUTO_CLOSE int fd = open(path,
	    (may_write ? O_RDWR | O_CREAT : O_RDONLY) | O_NOFOLLOW | O_NOCTTY |
	        O_NONBLOCK | O_CLOEXEC,
	    0600);
	off_t size = (off_t)(SLOTS * slot_size(tally));
	struct stat st;
	int r;

	if (fd < 0 && errno == ENOENT && !may_write)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return why_errno(why, "open %s", path);
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1 ||
	    st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		return why_set(
		    why, -EPERM, "%s is not a file of our own", path);
	if (may_write && st.st_size != size) {
		if (st.st_size > size && ftruncate(fd, size) < 0)
			return why_errno(why, "cut %s", path);
		/* a hole could not be filled on a disk that is full */
		r = posix_fallocate(fd, 0, size);
		if (r != 0) {
			/* nor what little it got be kept from others */
			(void)unlink(path);
			return why_set(
			    why, -r, "make room for %s: %s", path, strerror(r));
		}
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* Four lanes of multiplication: as fast as memory; not against forgers. */
static uint64_t
sum_of(const void *bytes, size_t length, uint64_t seed)
{
	const unsigned char *at = bytes;
	uint64_t lanes[4] = {seed, seed + 1, seed + 2, seed + 3}, words[4];

	for (; length >= sizeof(words);
	     at += sizeof(words), length -= sizeof(words)) {
		(void)memcpy(words, at, sizeof(words));
		for (size_t i = 0; i < 4; i++) {
			lanes[i] = (lanes[i] ^ words[i]) * 0x9e3779b97f4a7c15U;
			lanes[i] ^= lanes[i] >> 29;
		}
	}
	for (; length > 0; at++, length--)
		lanes[0] = (lanes[0] ^ *at) * 0x100000001b3U;
	return ((lanes[0] * 31 + lanes[1]) * 31 + lanes[2]) * 31 + lanes[3];
}

static uint64_t
slot_sum(const struct head *head, const void *tally, size_t size)
{
	struct head copy;

	(void)memcpy(&copy, head, sizeof(copy));
	copy.sum = 0;
	return sum_of(tally, size, sum_of(&copy, sizeof(copy), 1));
}

/*
 * A page of a map whose disk has failed, or that somebody has cut away, is
 * SIGBUS. It must not look like an attack: the copy is given up instead.
 */
static sigjmp_buf bus_jump;

static void
bus_error(int number)
{
	siglongjmp(bus_jump, number);
}

/* 0, or -EIO. `copy` gets `user`. */
static int
guarded(void (*copy)(void *user), void *user)
{
	struct sigaction ours = {.sa_handler = bus_error}, before;
	int r = 0;

	(void)sigemptyset(&ours.sa_mask);
	(void)sigaction(SIGBUS, &ours, &before);
	if (sigsetjmp(bus_jump, 1) == 0)
		copy(user);
	else
		r = -EIO;
	(void)sigaction(SIGBUS, &before, NULL);
	return r;
}

struct copying {
	struct log_store *store;
	char *map;
	struct head head; /* as read, or to be written */
};

static bool
slot_read(struct copying *work, unsigned slot)
{
	struct log_store *store = work->store;
	const char *at = work->map + slot * slot_size(store->size);
	const struct head *head = &work->head;

	(void)memcpy(&work->head, at, sizeof(work->head));
	if (head->magic != STORE_MAGIC || head->version != STORE_VERSION ||
	    head->size != store->size || head->sequence == UINT64_MAX ||
	    head->sum != slot_sum(head, at + PAGE, store->size) ||
	    !log_place_check(&head->place))
		return false;
	(void)memcpy(store->tally, at + PAGE, store->size);
	store->is_new = false;
	store->sequence = head->sequence;
	store->slot = slot;
	store->place = head->place;
	return true;
}

/* The later one; the other only when that is not whole. */
static void
slots_read(void *user)
{
	struct copying *work = user;
	uint64_t sequences[SLOTS];
	unsigned later;

	for (unsigned i = 0; i < SLOTS; i++)
		(void)memcpy(&sequences[i],
		    work->map + i * slot_size(work->store->size) +
		        offsetof(struct head, sequence),
		    sizeof(sequences[i]));
	later = sequences[1] > sequences[0];
	if (!slot_read(work, later))
		(void)slot_read(work, !later);
}

static void *
map_file(const struct log_store *store, int protection)
{
	size_t size = SLOTS * slot_size(store->size);
	struct stat st;
	void *map;

	if (fstat(store->fd, &st) < 0 || st.st_size != (off_t)size)
		return NULL;
	map = mmap(NULL, size, protection, MAP_SHARED, store->fd, 0);
	return map == MAP_FAILED ? NULL : map;
}

/*
 * Zero. In pages as large as there are: a fault for each small one takes more
 * than all that is done with it.
 */
static void *
memory_get(size_t size)
{
	size_t whole = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
	void *memory = aligned_alloc(HUGE_PAGE, whole);

	if (memory == NULL)
		memory = mem_alloc(SIZE_MAX, 1); /* says so, and ends */
	(void)madvise(memory, whole, MADV_HUGEPAGE);
	(void)memset(memory, 0, size);
	return memory;
}

void
log_store_load(struct log_store *store, int fd, bool may_write, size_t tally,
    log_store_check *check)
{
	struct copying work = {.store = store};
	*store = (struct log_store){.fd = fd,
	    .may_write = may_write,
	    .is_new = true,
	    .slot = 1,
	    .size = tally};
	store->tally = memory_get(tally);
	work.map = fd >= 0 ? map_file(store, PROT_READ) : NULL;
	if (work.map == NULL)
		return;
	if (guarded(slots_read, &work) < 0 ||
	    (!store->is_new && !check(store->tally, store->size))) {
		(void)memset(store->tally, 0, store->size);
		store->place = (struct log_place){0};
		store->is_new = true;
	}
	(void)munmap(work.map, SLOTS * slot_size(store->size));
}

/* Only pages that differ: each that is written to goes to the disk. */
static void
pages_write(char *to, const char *from, size_t length)
{
	for (size_t at = 0; at < length; at += PAGE) {
		size_t n = length - at < PAGE ? length - at : PAGE;

		if (memcmp(to + at, from + at, n) != 0)
			(void)memcpy(to + at, from + at, n);
	}
}

static void
slot_write(void *user)
{
	struct copying *work = user;
	char *slot =
	    work->map + work->store->slot * slot_size(work->store->size);

	(void)memset(slot, 0, sizeof(work->head));
	pages_write(
	    slot + PAGE, (const char *)work->store->tally, work->store->size);
	(void)memcpy(slot, &work->head, sizeof(work->head));
}

int
log_store_keep(struct log_store *store, struct why *why)
{
	struct copying work = {.store = store};
	int r;

	if (store->fd < 0 || !store->may_write)
		return 0;
	work.map = map_file(store, PROT_READ | PROT_WRITE);
	if (work.map == NULL)
		return why_set(why, -EIO, "map what the log's probe keeps");
	store->slot = (store->slot + 1) % SLOTS;
	store->sequence++;
	/* also what lies between the members: it is summed */
	(void)memset(&work.head, 0, sizeof(work.head));
	work.head.magic = STORE_MAGIC;
	work.head.version = STORE_VERSION;
	work.head.size = store->size;
	work.head.sequence = store->sequence;
	(void)memcpy(&work.head.place, &store->place, sizeof(store->place));
	work.head.sum = slot_sum(&work.head, store->tally, store->size);
	r = guarded(slot_write, &work);
	(void)munmap(work.map, SLOTS * slot_size(store->size));
	return r < 0 ? why_set(why, r, "write what the log's probe keeps") : 0;
}

void
log_store_done(struct log_store *store)
{
	free(store->tally);
	store->tally = NULL;
}
