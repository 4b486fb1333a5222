/*
 * test_queue_move.c - hold, release, prune and back, and what can go wrong
 *
 * Purpose  no message is lost or doubled, wherever a change is interrupted
 * Input    a queue made here; in place of postsuper(1) a function that moves
 *          files as it does, and fails when told to (the real one is used in
 *          the tests on real hosts)
 * Errors   a failed assertion
 * Runs as  any user
 * Source   queue_prune.h
 */
#include <errno.h>

#include "agent/base/file.h"
#include "agent/change/change.h"
#include "agent/change/quarantine.h"
#include "agent/change/queue_prune.h"
#include "tests/unit/queue_dir.h"

#define NOW 1800000000

extern const struct change_kind change_queue_move;

static const char *const chosen[] = {
    "4F2A1B3C01", "4F2A1B3C02", "5F2A1B3C03", NULL};

struct world {
	struct queue_dir dir;
	char store[80];
	struct arena *arena;
	struct change change;
	struct change_host host;
};

/* How many messages the command handles before it stops, by verb. */
static size_t may_do[MTA_QUEUE_FLUSH_ALL + 1];

/* What the last try again was: the verb, of how many. */
static int flush_verb;
static size_t flush_count;

static void
path_of(const char *folder, const char *id, char path[static 128])
{
	if (strncmp(folder, "defer", 5) == 0)
		(void)snprintf(path, 128, "%s/%c/%s", folder, id[0], id);
	else
		(void)snprintf(path, 128, "%s/%s", folder, id);
}

static const struct queue_dir *the_dir;

/* What an admin releases just before the mail system deletes; or NULL. */
static const char *released;

static int
fake_command(const struct mta *mta, int verb, const char *queue,
    const char *const *ids, size_t count, struct why *why)
{
	char from[128], to[128];

	(void)mta;
	if (verb == MTA_QUEUE_FLUSH || verb == MTA_QUEUE_FLUSH_ALL) {
		flush_verb = verb;
		flush_count = count;
		return may_do[verb] > 0 ? 0 : why_set(why, -EIO, "no answer");
	}
	if (verb == MTA_QUEUE_DELETE && released != NULL) {
		path_of("hold", released, from);
		path_of("deferred", released, to);
		(void)renameat(the_dir->fd, from, the_dir->fd, to);
	}
	for (size_t i = 0; i < count && may_do[verb] > 0; i++, may_do[verb]--) {
		path_of(queue, ids[i], from);
		if (verb == MTA_QUEUE_DELETE) {
			path_of("defer", ids[i], to);
			if (unlinkat(the_dir->fd, from, 0) == 0)
				(void)unlinkat(the_dir->fd, to, 0);
			continue;
		}
		path_of(
		    verb == MTA_QUEUE_HOLD ? "hold" : "deferred", ids[i], to);
		(void)renameat(the_dir->fd, from, the_dir->fd, to);
	}
	return why_set(why, -EIO, "it cannot log");
}

static void
world_init(struct world *world, const char *verb)
{
	memset(world, 0, sizeof(*world));
	queue_dir_init(&world->dir);
	the_dir = &world->dir;
	world->dir.ops.queue_command = fake_command;
	for (size_t i = 0; i < ARRAY_COUNT(may_do); i++)
		may_do[i] = 1000;
	queue_dir_message(
	    &world->dir, "deferred/4/4F2A1B3C01", NOW, "", "a@b.test", NULL);
	queue_dir_message(
	    &world->dir, "deferred/4/4F2A1B3C02", NOW, "", "c@d.test", NULL);
	queue_dir_message(
	    &world->dir, "deferred/5/5F2A1B3C03", NOW, "", "e@f.test", NULL);
	for (int i = 10; i < 20; i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "deferred/4/4F2A1B3C%d", i);
		queue_dir_message(
		    &world->dir, path, NOW, "x@y.test", "a@b.test", NULL);
	}
	queue_dir_message(
	    &world->dir, "hold/AF2A1B3C99", NOW, "", "a@b.test", NULL);
	queue_dir_write(&world->dir, "defer/4/4F2A1B3C01", 0600, "a log\n", 6);
	(void)snprintf(
	    world->store, sizeof(world->store), "%s/store", world->dir.path);
	assert_int_equal(mkdir(world->store, 0700), 0);
	world->arena = arena_new();
	world->change = (struct change){.kind = &change_queue_move,
	    .verb = verb,
	    .detail = "deferred",
	    .items = chosen,
	    .item_count = 3};
	world->host = (struct change_host){.arena = world->arena,
	    .mta = &world->dir.mta,
	    .store = world->store};
}

static void
world_done(struct world *world)
{
	queue_dir_done(&world->dir);
	arena_free(world->arena);
}

static bool
is_there(const struct world *world, const char *path)
{
	return faccessat(world->dir.fd, path, F_OK, 0) == 0;
}

static enum change_found
look(struct world *world)
{
	enum change_found found = CHANGE_IS_FOREIGN;
	struct why why = {0};

	if (change_queue_move.look(&world->change, &world->host, &found, &why) <
	    0)
		fail_msg("look: %s", why.text);
	return found;
}

static int
perform(struct world *world)
{
	struct why why = {0};

	if (change_queue_move.check(&world->change, &world->host, &why) < 0 ||
	    change_queue_move.capture(&world->change, &world->host, &why) < 0)
		fail_msg("before: %s", why.text);
	return change_queue_move.perform(&world->change, &world->host, &why);
}

static int
undo(struct world *world)
{
	struct why why = {0};

	return change_queue_move.undo(&world->change, &world->host, &why);
}

static void
assert_all_back(struct world *world)
{
	assert_true(is_there(world, "deferred/4/4F2A1B3C01"));
	assert_true(is_there(world, "deferred/4/4F2A1B3C02"));
	assert_true(is_there(world, "deferred/5/5F2A1B3C03"));
	assert_true(is_there(world, "defer/4/4F2A1B3C01"));
	assert_true(is_there(world, "hold/AF2A1B3C99"));
	assert_false(is_there(world, "hold/4F2A1B3C01"));
	assert_int_equal(look(world), CHANGE_IS_BEFORE);
}

static void
test_hold(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "hold");
	assert_int_equal(perform(&world), 0);
	assert_true(is_there(&world, "hold/4F2A1B3C01"));
	assert_int_equal(look(&world), CHANGE_IS_AFTER);
	assert_int_equal(undo(&world), 0);
	assert_all_back(&world);
	world_done(&world);
}

/* What an admin held goes back to where it was: on hold. */
static void
test_prune_of_held(void **state)
{
	static const char *const more[] = {
	    "4F2A1B3C10", "4F2A1B3C11", "4F2A1B3C12", "4F2A1B3C13"};
	struct world world;
	struct why why = {0};

	(void)state;
	world_init(&world, "prune");
	(void)fake_command(
	    &world.dir.mta, MTA_QUEUE_HOLD, "deferred", chosen, 3, &why);
	(void)fake_command(
	    &world.dir.mta, MTA_QUEUE_HOLD, "deferred", more, 4, &why);
	world.change.detail = "hold";
	may_do[MTA_QUEUE_HOLD] = may_do[MTA_QUEUE_RELEASE] = 0;
	assert_int_equal(perform(&world), 0);
	assert_false(is_there(&world, "hold/4F2A1B3C01"));
	assert_true(is_there(&world, "hold/4F2A1B3C10"));
	assert_int_equal(look(&world), CHANGE_IS_AFTER);
	may_do[MTA_QUEUE_RELEASE] = 1000;
	assert_int_equal(undo(&world), 0);
	for (size_t i = 0; i < 3; i++) {
		char path[128];

		path_of("hold", chosen[i], path);
		assert_true(is_there(&world, path));
	}
	assert_int_equal(look(&world), CHANGE_IS_BEFORE);
	world_done(&world);
}

/* One that is released between the copy and the removal stays released. */
static void
test_prune_and_release(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "prune");
	released = chosen[0];
	assert_int_equal(perform(&world), -EIO);
	released = NULL;
	assert_true(is_there(&world, "deferred/4/4F2A1B3C01"));
	assert_false(is_there(&world, "deferred/4/4F2A1B3C02"));
	assert_int_equal(look(&world), CHANGE_IS_AFTER);
	assert_int_equal(undo(&world), 0);
	assert_all_back(&world);
	world_done(&world);
}

/* Cut off before the first move: who holds them now is an admin. */
static void
held_by_admin(const char *verb)
{
	struct world world;
	struct why why = {0};

	world_init(&world, verb);
	if (change_queue_move.capture(&world.change, &world.host, &why) < 0)
		fail_msg("capture: %s", why.text);
	(void)fake_command(
	    &world.dir.mta, MTA_QUEUE_HOLD, "deferred", chosen, 3, &why);
	assert_int_equal(look(&world), CHANGE_IS_BEFORE);
	assert_int_equal(undo(&world), 0);
	for (size_t i = 0; i < 3; i++) {
		char path[128];

		path_of("hold", chosen[i], path);
		assert_true(is_there(&world, path));
	}
	world_done(&world);
}

static void
test_held_by_admin(void **state)
{
	(void)state;
	held_by_admin("hold");
	held_by_admin("prune");
}

/* Where the mail system's user, taken over, puts a link in root's way. */
static void
test_links(void **state)
{
	static const char path[] = "defer/4/4F2A1B3C01";
	struct quarantine_writer *writer = NULL;
	struct quarantine *quarantine = NULL;
	struct why why = {0};
	struct world world;
	int tar;

	(void)state;
	world_init(&world, "prune");
	assert_int_equal(quarantine_begin(world.store, &writer, &why), 0);
	assert_int_equal(quarantine_add(writer, world.dir.fd, path, &why), 0);
	assert_int_equal(quarantine_commit(writer, &why), 0);
	quarantine_writer_free(writer);
	assert_int_equal(mkdirat(world.dir.fd, "elsewhere", 0700), 0);
	assert_int_equal(
	    renameat(world.dir.fd, path, world.dir.fd, "elsewhere/secret"), 0);
	assert_int_equal(unlinkat(world.dir.fd, "defer/4", AT_REMOVEDIR), 0);
	assert_int_equal(symlinkat("../elsewhere", world.dir.fd, "defer/4"), 0);
	assert_int_equal(
	    quarantine_open(&world.dir.mta, world.store, &quarantine, &why), 1);
	tar =
	    openat(world.dir.fd, "store/" QUARANTINE_TAR, O_RDONLY | O_CLOEXEC);
	assert_true(quarantine_restore(
	                &quarantine->files[0], tar, world.dir.fd, &why) < 0);
	assert_false(is_there(&world, "elsewhere/4F2A1B3C01"));
	quarantine_free(quarantine);
	assert_int_equal(close(tar), 0);
	/* and out of the queue */
	assert_int_equal(
	    unlinkat(world.dir.fd, "store/" QUARANTINE_MANIFEST, 0), 0);
	assert_int_equal(quarantine_begin(world.store, &writer, &why), 0);
	assert_true(
	    quarantine_add(writer, world.dir.fd, "defer/4/secret", &why) < 0);
	quarantine_writer_free(writer);
	world_done(&world);
}

static void
test_release(void **state)
{
	static const char *const held[] = {"AF2A1B3C99", NULL};
	struct world world;

	(void)state;
	world_init(&world, "release");
	assert_int_equal(mkdirat(world.dir.fd, "deferred/A", 0700), 0);
	world.change.detail = "hold";
	world.change.items = held;
	world.change.item_count = 1;
	assert_int_equal(perform(&world), 0);
	assert_true(is_there(&world, "deferred/A/AF2A1B3C99"));
	assert_int_equal(look(&world), CHANGE_IS_AFTER);
	assert_int_equal(undo(&world), 0);
	assert_true(is_there(&world, "hold/AF2A1B3C99"));
	world_done(&world);
}

static void
test_prune(void **state)
{
	char before[FILE_HASH_MAX], after[FILE_HASH_MAX];
	struct stat was, is;
	struct world world;

	(void)state;
	world_init(&world, "prune");
	assert_int_equal(
	    file_hash(world.dir.fd, "deferred/4/4F2A1B3C01", before, NULL), 0);
	assert_int_equal(
	    fstatat(world.dir.fd, "deferred/4/4F2A1B3C01", &was, 0), 0);
	assert_int_equal(perform(&world), 0);
	assert_false(is_there(&world, "deferred/4/4F2A1B3C01"));
	assert_false(is_there(&world, "hold/4F2A1B3C01"));
	assert_false(is_there(&world, "defer/4/4F2A1B3C01"));
	assert_true(is_there(&world, "deferred/4/4F2A1B3C10"));
	assert_int_equal(look(&world), CHANGE_IS_AFTER);
	assert_int_equal(undo(&world), 0);
	assert_all_back(&world);
	assert_int_equal(
	    file_hash(world.dir.fd, "deferred/4/4F2A1B3C01", after, NULL), 0);
	assert_string_equal(after, before);
	assert_int_equal(
	    fstatat(world.dir.fd, "deferred/4/4F2A1B3C01", &is, 0), 0);
	assert_int_equal(is.st_mode, was.st_mode);
	assert_int_equal(is.st_uid, was.st_uid);
	assert_int_equal(is.st_mtim.tv_sec, was.st_mtim.tv_sec);
	assert_int_equal(is.st_mtim.tv_nsec, was.st_mtim.tv_nsec);
	/* once more does nothing: they may be delivered by now */
	assert_int_equal(unlinkat(world.dir.fd, "deferred/4/4F2A1B3C01", 0), 0);
	assert_int_equal(undo(&world), 0);
	assert_false(is_there(&world, "deferred/4/4F2A1B3C01"));
	world_done(&world);
}

/* The command stops after 0, 1, 2 messages of each verb, for ever. */
static void
test_half_way(void **state)
{
	static const int verbs[] = {MTA_QUEUE_HOLD, MTA_QUEUE_DELETE};

	(void)state;
	for (size_t v = 0; v < ARRAY_COUNT(verbs); v++) {
		for (size_t done = 0; done < 3; done++) {
			struct world world;
			int r;

			world_init(&world, "prune");
			may_do[verbs[v]] = done;
			r = perform(&world);
			assert_int_equal(r, -EIO);
			if (done > 0 || verbs[v] == MTA_QUEUE_DELETE)
				assert_int_equal(
				    look(&world), CHANGE_IS_PARTIAL);
			assert_int_equal(undo(&world), 0);
			assert_all_back(&world);
			world_done(&world);
		}
	}
}

/* A crash after the removal and before its record. */
static void
test_crash_before_gone(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "prune");
	assert_int_equal(perform(&world), 0);
	assert_int_equal(
	    unlinkat(world.dir.fd, "store/" QUEUE_LIST_GONE, 0), 0);
	assert_int_equal(look(&world), CHANGE_IS_PARTIAL);
	assert_int_equal(undo(&world), 0);
	assert_all_back(&world);
	world_done(&world);
}

/* A crash of the undo after one was put back, released and delivered. */
static void
test_crash_in_undo(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "prune");
	assert_int_equal(perform(&world), 0);
	may_do[MTA_QUEUE_RELEASE] = 1;
	assert_int_equal(undo(&world), -EIO);
	assert_int_equal(unlinkat(world.dir.fd, "deferred/4/4F2A1B3C01", 0), 0);
	may_do[MTA_QUEUE_RELEASE] = 1000;
	assert_int_equal(undo(&world), 0);
	assert_false(is_there(&world, "deferred/4/4F2A1B3C01"));
	assert_false(is_there(&world, "hold/4F2A1B3C01"));
	assert_true(is_there(&world, "deferred/4/4F2A1B3C02"));
	assert_true(is_there(&world, "deferred/5/5F2A1B3C03"));
	world_done(&world);
}

static void
test_id_in_use(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "prune");
	assert_int_equal(perform(&world), 0);
	queue_dir_message(&world.dir, "incoming/4F2A1B3C02", NOW, "new@x.test",
	    "n@n.test", NULL);
	assert_int_equal(undo(&world), -EEXIST);
	assert_true(is_there(&world, "deferred/4/4F2A1B3C01"));
	assert_false(is_there(&world, "deferred/4/4F2A1B3C02"));
	/* later, when the id is free again, the rest comes back */
	assert_int_equal(unlinkat(world.dir.fd, "incoming/4F2A1B3C02", 0), 0);
	assert_int_equal(undo(&world), 0);
	assert_all_back(&world);
	world_done(&world);
}

/* Whatever byte of the archive or the manifest is changed: it is noticed. */
static void
tamper(const struct world *world, const char *name, off_t at)
{
	char path[64], c;
	int fd;

	(void)snprintf(path, sizeof(path), "store/%s", name);
	fd = openat(world->dir.fd, path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &c, 1, at), 1);
	c ^= 1;
	assert_int_equal(pwrite(fd, &c, 1, at), 1);
	assert_int_equal(close(fd), 0);
}

static void
test_tampered(void **state)
{
	struct world world;
	enum change_found found;

	(void)state;
	world_init(&world, "prune");
	assert_int_equal(perform(&world), 0);
	tamper(&world, QUARANTINE_TAR, 600);
	assert_true(undo(&world) < 0);
	assert_false(is_there(&world, "deferred/4/4F2A1B3C01"));
	assert_true(is_there(&world, "deferred/4/4F2A1B3C02"));
	world_done(&world);

	for (off_t at = 0; at < 500; at += 7) {
		world_init(&world, "prune");
		assert_int_equal(perform(&world), 0);
		tamper(&world, QUARANTINE_MANIFEST, at);
		assert_int_equal(undo(&world), -EBADMSG);
		assert_int_equal(change_queue_move.look(
		                     &world.change, &world.host, &found, NULL),
		    -EBADMSG);
		world_done(&world);
	}
}

static void
test_refused(void **state)
{
	static const char *const bad[] = {"../x", NULL};
	static const char *const most[] = {"4F2A1B3C01", "4F2A1B3C02",
	    "5F2A1B3C03", "4F2A1B3C10", "4F2A1B3C11", "4F2A1B3C12",
	    "4F2A1B3C13", NULL};
	static const char *const none[] = {"ABCDEF0123", NULL};
	struct world world;
	struct why why = {0};

	(void)state;
	world_init(&world, "prune");
	world.change.items = bad;
	world.change.item_count = 1;
	assert_int_equal(
	    change_queue_move.check(&world.change, &world.host, &why), -EINVAL);
	world.change.items = most;
	world.change.item_count = 7;
	assert_int_equal(
	    change_queue_move.check(&world.change, &world.host, &why), -EPERM);
	world.change.item_count = 6;
	assert_int_equal(
	    change_queue_move.check(&world.change, &world.host, &why), 0);
	/* a dry run makes no store, and asks for room all the same */
	world.host.store =
	    arena_printf(world.arena, "%s/not/there", world.store);
	assert_int_equal(
	    change_queue_move.check(&world.change, &world.host, &why), 0);
	world.change.items = none;
	world.change.item_count = 1;
	assert_int_equal(
	    change_queue_move.check(&world.change, &world.host, &why), -ESTALE);
	world.change.detail = "active";
	assert_int_equal(
	    change_queue_move.check(&world.change, &world.host, &why), -EINVAL);
	world_done(&world);
}

static int
step(struct world *world,
    int (*what)(const struct change *, struct change_host *, struct why *))
{
	struct why why = {0};

	return what(&world->change, &world->host, &why);
}

static int
flush(struct world *world)
{
	int r = step(world, change_queue_move.check);

	flush_verb = -1;
	if (r == 0)
		r = step(world, change_queue_move.capture);
	return r < 0 ? r : step(world, change_queue_move.perform);
}

static void
test_flush_few(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "flush");
	assert_int_equal(flush(&world), 0);
	assert_int_equal(flush_verb, MTA_QUEUE_FLUSH);
	assert_int_equal(flush_count, 3);
	assert_false(change_is_undoable(&world.change));
	assert_true(change_is_traceless(&world.change));
	world_done(&world);
}

static void
test_flush_nearly_all(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "flush");
	for (int i = 10; i < 20; i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "deferred/4/4F2A1B3C%d", i);
		(void)unlinkat(world.dir.fd, path, 0);
	}
	assert_int_equal(flush(&world), 0);
	assert_int_equal(flush_verb, MTA_QUEUE_FLUSH_ALL);
	world_done(&world);
}

static void
test_flush_fails(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "flush");
	may_do[MTA_QUEUE_FLUSH] = 0;
	assert_int_equal(flush(&world), -EIO);
	world_done(&world);
}

/* Beside other changes it stands in nobody's way. */
static void
test_flush_aside(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "flush");
	world.change.base = "mailfix_transport";
	may_do[MTA_QUEUE_FLUSH] = 0;
	assert_int_equal(flush(&world), 0);
	assert_int_equal(flush_verb, MTA_QUEUE_FLUSH);
	for (size_t i = 0; chosen[i] != NULL; i++) {
		char path[128];

		(void)snprintf(path, sizeof(path), "deferred/%c/%s",
		    chosen[i][0], chosen[i]);
		(void)unlinkat(world.dir.fd, path, 0);
	}
	assert_int_equal(flush(&world), 0);
	assert_int_equal(flush_verb, -1);
	world.change.base = NULL;
	assert_int_equal(flush(&world), -ESTALE);
	world_done(&world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hold),
	    cmocka_unit_test(test_held_by_admin),
	    cmocka_unit_test(test_links),
	    cmocka_unit_test(test_release),
	    cmocka_unit_test(test_prune),
	    cmocka_unit_test(test_prune_of_held),
	    cmocka_unit_test(test_prune_and_release),
	    cmocka_unit_test(test_half_way),
	    cmocka_unit_test(test_crash_before_gone),
	    cmocka_unit_test(test_crash_in_undo),
	    cmocka_unit_test(test_id_in_use),
	    cmocka_unit_test(test_tampered),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_flush_few),
	    cmocka_unit_test(test_flush_nearly_all),
	    cmocka_unit_test(test_flush_fails),
	    cmocka_unit_test(test_flush_aside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
