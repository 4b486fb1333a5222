/*
 * test_change.c - the kinds "file" and "unit": checked, made, looked at, undone
 *
 * Purpose  each verb in all four places where a target can stand; and what an
 *          observer that lies could ask for
 * Input    a directory of its own below /tmp; no service is touched
 * Errors   a failed assertion
 * Runs as  any user
 * Source   change.h
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "agent/change/change.h"
#include "agent/change/file_walk.h"
#include "agent/change/unit_check.h"
#include "agent/probes/unit_names.h"
#include "tests/unit/unit.h"

static char root[64], queue[96], store[96], target[128], source[128];
static struct arena *arena;
static struct mta mta;
static struct mta_map map;
static struct mta_ops ops;
static struct change_host host;
static struct change change;
static struct why why;

static const char *const *
fake_build(struct arena *in, const struct mta *of, const struct mta_map *what)
{
	const char **argv = arena_alloc(in, 4, sizeof(*argv));

	(void)of;
	argv[0] = "/bin/cp";
	argv[1] = what->source;
	argv[2] = what->built;
	return argv;
}

static struct mta_path queue_dir;

static int
fake_paths(struct arena *in, const struct mta *of, const struct mta_path **ret,
    size_t *ret_count, struct why *reason)
{
	(void)in;
	(void)of;
	(void)reason;
	*ret = &queue_dir;
	*ret_count = 1;
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	(void)strcpy(root, "/tmp/test-change-XXXXXX");
	if (mkdtemp(root) == NULL)
		return -1;
	(void)snprintf(queue, sizeof(queue), "%s/queue", root);
	(void)snprintf(store, sizeof(store), "%s/store", root);
	(void)snprintf(target, sizeof(target), "%s/queue/dir", root);
	(void)snprintf(source, sizeof(source), "%s/map", root);
	arena = arena_new();
	why = (struct why){0};
	map = (struct mta_map){.type = "hash", .source = source};
	ops = (struct mta_ops){
	    .map_build = fake_build, .queue_paths = fake_paths};
	queue_dir = (struct mta_path){
	    .path = target, .uid = geteuid(), .gid = (gid_t)-1, .mode = 0700};
	mta = (struct mta){.kind = "postfix",
	    .ops = &ops,
	    .queue_dir = queue,
	    .maps = &map,
	    .map_count = 1};
	host =
	    (struct change_host){.arena = arena, .mta = &mta, .store = store};
	change = (struct change){
	    .id = 1, .kind = change_kind_find("file"), .target = target};
	return mkdir(queue, 0755) + mkdir(store, 0700) + mkdir(target, 0755);
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	arena = arena_free(arena);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command) == 0 ? 0 : -1;
}

static void
put(const char *path, const char *text, time_t at)
{
	struct timespec times[2] = {{.tv_sec = at}, {.tv_sec = at}};

	(void)unlink(path);
	assert_int_equal(
	    file_replace(AT_FDCWD, path, text, strlen(text), NULL, NULL), 0);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static enum change_found
found(void)
{
	enum change_found is;

	if (change.kind->look(&change, &host, &is, &why) < 0)
		fail_msg("look: %s", why.text);
	return is;
}

static int
check(void)
{
	return change.kind->check(&change, &host, &why);
}

static void
does(int (*step)(const struct change *, struct change_host *, struct why *))
{
	if (step(&change, &host, &why) < 0)
		fail_msg("%s", why.text);
}

static unsigned
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void
mode_change(unsigned before, unsigned after)
{
	change.verb = "mode";
	change.before = arena_printf(arena, "%u %u %04o", (unsigned)geteuid(),
	    (unsigned)getegid(), before);
	change.after = arena_printf(arena, "%u %u %04o", (unsigned)geteuid(),
	    (unsigned)getegid(), after);
}

static void
test_mode(void **state)
{
	(void)state;
	mode_change(0755, 0700);
	assert_int_equal(check(), 0);
	does(change.kind->capture);
	assert_int_equal(found(), CHANGE_IS_BEFORE);
	does(change.kind->perform);
	assert_int_equal(mode_of(target), 0700);
	assert_int_equal(found(), CHANGE_IS_AFTER);
	assert_int_equal(check(), -ESTALE);
	assert_int_equal(chmod(target, 0711), 0);
	assert_int_equal(found(), CHANGE_IS_FOREIGN);
	does(change.kind->undo);
	assert_int_equal(mode_of(target), 0755);
	does(change.kind->undo);
	assert_int_equal(found(), CHANGE_IS_BEFORE);
}

static void
test_mode_refused(void **state)
{
	(void)state;
	mode_change(0755, 0777);
	assert_int_equal(check(), -EPERM);
	mode_change(0755, 04755);
	assert_int_equal(check(), -EPERM);
	mode_change(0755, 0700);
	change.after = "nobody 0 0700";
	assert_int_equal(check(), -EPERM);
	change.after = "0 65534 0700";
	assert_int_equal(check(), -EPERM);
	change.after = "0 0";
	assert_int_equal(check(), -EINVAL);
	mode_change(0755, 0700);
	change.target = root;
	assert_int_equal(check(), -EPERM);
	assert_non_null(strstr(why.text, "not below"));
	change.target = arena_printf(arena, "%s/queue/../store", root);
	assert_int_equal(check(), -EINVAL);
	change.target = arena_printf(arena, "%s/link", queue);
	assert_int_equal(symlink(store, change.target), 0);
	assert_int_equal(check(), -EPERM);
}

/* What a lying observer could ask for: the queue opened to its group. */
static void
test_mode_not_listed(void **state)
{
	(void)state;
	mode_change(0755, 0770);
	assert_int_equal(check(), -EPERM);
	assert_non_null(strstr(why.text, "own list"));
	mode_change(0755, 02700);
	assert_int_equal(check(), -EPERM);
	assert_int_equal(chmod(target, 02755), 0);
	mode_change(02755, 02700);
	assert_int_equal(check(), 0);
	queue_dir.path = queue;
	assert_int_equal(check(), -EPERM);
	queue_dir.path = target;
	queue_dir.gid = getegid() + 1;
	assert_int_equal(check(), -EPERM);
	ops.queue_paths = NULL;
	assert_int_equal(check(), -EPERM);
}

static void
build_change(void)
{
	map.built = arena_printf(arena, "%s/map.db", root);
	change.verb = "build";
	change.target = map.built;
	change.detail = arena_printf(arena, "hash:%s", source);
}

static void
test_build(void **state)
{
	struct stat before, after;

	(void)state;
	build_change();
	put(source, "new", 2000);
	put(map.built, "old", 1000);
	assert_int_equal(stat(map.built, &before), 0);
	assert_int_equal(check(), 0);
	does(change.kind->capture);
	assert_int_equal(found(), CHANGE_IS_BEFORE);
	/* cut off in the middle of the work */
	put(map.built, "ne", 3000);
	assert_int_equal(found(), CHANGE_IS_PARTIAL);
	does(change.kind->perform);
	assert_int_equal(found(), CHANGE_IS_AFTER);
	assert_int_equal(check(), -ESTALE);
	put(map.built, "others", 4000);
	assert_int_equal(found(), CHANGE_IS_FOREIGN);
	does(change.kind->undo);
	assert_int_equal(found(), CHANGE_IS_BEFORE);
	assert_int_equal(stat(map.built, &after), 0);
	assert_int_equal(before.st_mtime, after.st_mtime);
	/* the first image is the true one */
	assert_int_equal(change.kind->capture(&change, &host, &why), -EEXIST);
}

static void
test_build_anew(void **state)
{
	(void)state;
	build_change();
	put(source, "new", 2000);
	assert_int_equal(check(), 0);
	does(change.kind->capture);
	assert_int_equal(found(), CHANGE_IS_BEFORE);
	does(change.kind->perform);
	assert_int_equal(found(), CHANGE_IS_AFTER);
	does(change.kind->undo);
	assert_int_equal(access(map.built, F_OK), -1);
	assert_int_equal(found(), CHANGE_IS_BEFORE);
}

static void
test_build_same_bytes(void **state)
{
	(void)state;
	build_change();
	put(source, "same", 2000);
	put(map.built, "same", 1000);
	does(change.kind->capture);
	does(change.kind->perform);
	assert_int_equal(found(), CHANGE_IS_AFTER);
	does(change.kind->undo);
	assert_int_equal(found(), CHANGE_IS_BEFORE);
}

static void
test_build_refused(void **state)
{
	(void)state;
	build_change();
	put(source, "new", 2000);
	change.detail = "hash:/etc/shadow";
	assert_int_equal(check(), -EPERM);
	change.detail = arena_printf(arena, "lmdb:%s", source);
	assert_int_equal(check(), -EPERM);
	build_change();
	map.built = "/etc/passwd";
	assert_int_equal(check(), -EPERM);
	map.built = change.target;
	assert_int_equal(symlink("/etc/passwd", change.target), 0);
	assert_int_equal(check(), -EPERM);
	assert_int_equal(unlink(change.target), 0);
	mta.ops = NULL;
	assert_int_equal(check(), -EPERM);
}

/* postmap runs as root and follows what the owner of a folder puts there. */
static void
test_build_in_foreign_place(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	build_change();
	map.source = arena_printf(arena, "%s/map", queue);
	map.built = arena_printf(arena, "%s/map.db", queue);
	change.target = map.built;
	change.detail = arena_printf(arena, "hash:%s", map.source);
	mta.owner = "mail";
	mta.owner_uid = 12345;
	put(map.source, "new", 2000);
	assert_int_equal(check(), 0);
	assert_int_equal(chown(queue, 12345, 0), 0);
	assert_int_equal(check(), -EPERM);
}

static void
test_build_fails(void **state)
{
	(void)state;
	build_change();
	put(source, "new", 2000);
	does(change.kind->capture);
	assert_int_equal(unlink(source), 0);
	assert_int_equal(change.kind->perform(&change, &host, &why), -EIO);
	assert_int_equal(found(), CHANGE_IS_BEFORE);
}

/* A file of the host that no mail system has in its chroot. */
static void
test_copy_secret(void **state)
{
	static const char *files[] = {NULL, NULL};
	const char *below = arena_printf(arena, "%s%s", queue, root);

	(void)state;
	assert_int_equal(file_mkdirs(below, 0755, &why), 0);
	put(source, "secret", 2000);
	change.verb = "copy";
	change.detail = source;
	change.target = arena_printf(arena, "%s%s", queue, source);
	ops.chroot_files = files;
	assert_int_equal(check(), -EPERM);
	files[0] = source + 1;
	assert_int_equal(check(), 0);
}

static void
test_copy_refused(void **state)
{
	(void)state;
	change.verb = "copy";
	put(source, "new", 2000);
	change.detail = source;
	assert_int_equal(check(), -EPERM);
	change.target = arena_printf(arena, "%s/dir/shadow", queue);
	change.detail = "/etc/passwd";
	assert_int_equal(check(), -EPERM);
	change.detail = NULL;
	assert_int_equal(check(), -EPERM);
	change.verb = "remove";
	assert_int_equal(check(), -EINVAL);
}

static void
test_walk(void **state)
{
	const char *name;
	int dir = -1;

	(void)state;
	assert_int_equal(file_walk(target, &mta, &dir, &name, &why), 0);
	assert_string_equal(name, "dir");
	auto_close(&dir);
	assert_int_equal(
	    file_walk("relative", &mta, &dir, &name, &why), -EINVAL);
	assert_int_equal(
	    file_walk("/tmp//x", &mta, &dir, &name, &why), -EINVAL);
	assert_int_equal(file_walk("/", &mta, &dir, &name, &why), -EINVAL);
	assert_int_equal(chmod(queue, 0777), 0);
	assert_int_equal(file_walk(target, &mta, &dir, &name, &why), -EPERM);
	assert_non_null(strstr(why.text, "everybody may write"));
	assert_int_equal(chmod(queue, 01777), 0);
	assert_int_equal(file_walk(target, &mta, &dir, &name, &why), 0);
	auto_close(&dir);
	assert_true(file_is_below("/a/b", "/a"));
	assert_true(file_is_below("/a/b", "/a/"));
	assert_false(file_is_below("/ab", "/a"));
	assert_false(file_is_below("/a", "/a"));
	assert_false(file_is_below("/a", "/"));
	assert_false(file_is_below("/a", NULL));
}

static void
test_walk_foreign_owner(void **state)
{
	const char *name;
	int dir = -1;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(queue, 12345, 12345), 0);
	assert_int_equal(file_walk(target, &mta, &dir, &name, &why), -EPERM);
	mta.owner = "mail";
	mta.owner_uid = 12345;
	assert_int_equal(file_walk(target, &mta, &dir, &name, &why), 0);
	auto_close(&dir);
	assert_int_equal(file_walk(target, NULL, &dir, &name, &why), -EPERM);
	assert_non_null(strstr(why.text, "user 12345"));
	assert_int_equal(chmod(queue, 0775), 0);
	assert_int_equal(file_walk(target, &mta, &dir, &name, &why), -EPERM);
	assert_non_null(strstr(why.text, "group 12345"));
}

static void
test_unit_names(void **state)
{
	static const char *const good[] = {"postfix@-.service",
	    "opendkim.service", "dovecot.service", "amavis.service"};
	static const char *const bad[] = {"", "ssh.service", "sshd.service",
	    "systemd-logind.service", "dbus.service", "multi-user.target",
	    "postfix.service; reboot", "../postfix.service", ".service",
	    "mailfix.service", "user@0.service", "post fix.service"};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(good); i++)
		assert_int_equal(unit_name_check(good[i], &why), 0);
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
		assert_int_equal(unit_name_check(bad[i], &why), -EPERM);
}

/* What is started or restarted belongs to mail, whatever an observer says. */
static void
test_unit_belongs(void **state)
{
	static const char *const own[] = {"postfix@-.service", NULL};
	static const struct mta_peer peer = {
	    .role = MTA_PEER_MILTER, .endpoint = "inet:localhost:8891"};
	static const struct config config = {.units = "auto, rescue-mail"};
	const char *const *all;
	AUTO_BUF struct buf text = {0};

	(void)state;
	ops.unit_names = own;
	mta.peers = &peer;
	mta.peer_count = 1;
	all = unit_names_all(arena, &mta, &config);
	for (; *all != NULL; all++)
		buf_addf(&text, "%s ", *all);
	assert_non_null(strstr(buf_text(&text),
	    "postfix@-.service opendkim.service rescue-mail.service "));
	host.config = &config;
	change.kind = change_kind_find("unit");
	change.verb = "start";
	change.target = "debug-shell.service";
	change.detail = "milter";
	assert_int_equal(check(), -EPERM);
	assert_non_null(strstr(why.text, "not known to belong to mail"));
	change.target = "opendkim.service";
	(void)check();
	assert_null(strstr(why.text, "not known to belong to mail"));
}

static void
test_lasting(void **state)
{
	(void)state;
	change.verb = "mode";
	assert_true(change_is_undoable(&change));
	change.kind = change_kind_find("unit");
	change.verb = "start";
	assert_true(change_is_undoable(&change));
	change.verb = "restart";
	assert_false(change_is_undoable(&change));
	assert_int_equal(effects_real.undo(&change, &host, &why), -EOPNOTSUPP);
	assert_int_equal(
	    effects_none.perform(&change, &host, &why), EFFECTS_SHOWN);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_mode),
	    CASE(test_mode_refused),
	    CASE(test_mode_not_listed),
	    CASE(test_build),
	    CASE(test_build_anew),
	    CASE(test_build_same_bytes),
	    CASE(test_build_refused),
	    CASE(test_build_in_foreign_place),
	    CASE(test_build_fails),
	    CASE(test_copy_secret),
	    CASE(test_copy_refused),
	    CASE(test_walk),
	    CASE(test_walk_foreign_owner),
	    CASE(test_unit_names),
	    CASE(test_unit_belongs),
	    CASE(test_lasting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
