/*
 * test_probe_files.c - the probes that compare files: map, chroot_file,
 * queue_path, disk
 *
 * Purpose  unit tests of these rows of the probe table
 * Input    a directory of its own with files of set times and modes
 * Errors   a failed assertion
 * Runs as  any user
 * Source   -
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/probe_run.h"

extern const struct probe probe_map, probe_chroot_file, probe_queue_path,
    probe_disk;

static char dir[64];

static const char *
at(struct arena *arena, const char *name)
{
	return arena_printf(arena, "%s/%s", dir, name);
}

static void
write_file(struct arena *arena, const char *name, const char *text,
    time_t changed_s, long changed_ns)
{
	struct timespec times[2] = {
	    {changed_s, changed_ns},
            {changed_s, changed_ns}
        };
	const char *path = at(arena, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(futimens(fd, times), 0);
	assert_int_equal(close(fd), 0);
}

static int
setup(void **state)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/mailfix-test-XXXXXX");
	assert_non_null(mkdtemp(dir));
	*state = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	static const char *const names[] = {"a", "a.db", "b", "b.db", "c",
	    "c.db", "d", "e.db", "etc/hosts", "etc/services"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)unlink(at(*state, names[i]));
	(void)rmdir(at(*state, "etc"));
	(void)rmdir(at(*state, "active"));
	(void)rmdir(at(*state, "hold"));
	*state = arena_free(*state);
	return rmdir(dir);
}

static const struct mta_ops ops = {.kind = "postfix"};

static void
test_map(void **state)
{
	struct mta mta = {.ops = &ops, .has_settings = true};
	struct mta_map maps[6] = {0};
	static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
	const struct fact_set *set;

	for (size_t i = 0; i < 6; i++)
		maps[i] = (struct mta_map){"hash", at(*state, names[i]),
		    arena_printf(*state, "%s/%s.db", dir, names[i]), "x_maps"};
	mta.maps = maps;
	mta.map_count = 6;
	write_file(*state, "a", "", 1000, 5);
	write_file(*state, "a.db", "", 1300, 5); /* built after */
	write_file(*state, "b", "", 1090, 0);
	write_file(*state, "b.db", "", 1000, 0); /* 90 s behind */
	write_file(*state, "c", "", 1000, 900);
	write_file(*state, "c.db", "", 1000, 0); /* nobody can tell */
	write_file(*state, "d", "", 1000, 0);    /* never built */
	write_file(*state, "e.db", "", 1000, 0); /* no source */
	set = probe_run(*state, &probe_map, &mta);
	assert_fact_bool(set, "map", maps[0].source, "stale", false);
	assert_true(
	    probe_cell(set, "map", maps[0].source, "behind").number == 0);
	assert_fact_bool(set, "map", maps[1].source, "stale", true);
	assert_true(
	    probe_cell(set, "map", maps[1].source, "behind").number == 90);
	assert_fact_bool(set, "map", maps[2].source, "stale", false);
	assert_fact_bool(set, "map", maps[3].source, "exists", false);
	assert_fact_bool(set, "map", maps[3].source, "stale", true);
	assert_true(probe_cell(set, "map", maps[3].source, "behind").kind ==
	            VALUE_UNKNOWN);
	assert_fact_bool(set, "map", maps[4].source, "exists", true);
	assert_fact_bool(set, "map", maps[4].source, "stale", false);
	assert_fact_bool(set, "map", maps[5].source, "exists", false);
	assert_fact_unknown(
	    set, "map", maps[5].source, "stale", "its source is not there");
}

static void
test_map_without_settings(void **state)
{
	struct mta mta = {
	    .ops = &ops, .has_settings = false, .settings_error = "broken"};
	const struct fact_set *set = probe_run(*state, &probe_map, &mta);
	const struct table *schema = schema_table_find("map", NULL);

	assert_int_equal(fact_table_get(set, schema)->state, FACT_UNKNOWN);
	assert_string_equal(fact_table_get(set, schema)->reason, "broken");
}

static void
test_chroot_file(void **state)
{
	static const char *const files[] = {
	    "etc/hosts", "etc/services", "etc/no such file", NULL};
	struct mta_ops chroot_ops = {.kind = "postfix", .chroot_files = files};
	struct mta mta = {
	    .ops = &chroot_ops, .queue_dir = dir, .is_chrooted = true};
	const struct fact_set *set;
	char copy[128];

	if (access("/etc/hosts", R_OK) < 0 || access("/etc/services", R_OK) < 0)
		skip();
	assert_int_equal(mkdir(at(*state, "etc"), 0700), 0);
	write_file(*state, "etc/hosts", "not the host's own\n", 1000, 0);
	set = probe_run(*state, &probe_chroot_file, &mta);
	(void)snprintf(copy, sizeof(copy), "%s/etc/hosts", dir);
	assert_fact_bool(set, "chroot_file", copy, "exists", true);
	assert_fact_bool(set, "chroot_file", copy, "stale", true);
	(void)snprintf(copy, sizeof(copy), "%s/etc/services", dir);
	assert_fact_bool(set, "chroot_file", copy, "exists", false);
	assert_fact_bool(set, "chroot_file", copy, "stale", true);
	assert_int_equal(
	    fact_table_get(set, schema_table_find("chroot_file", NULL))->count,
	    2);
	/* the same bytes are not stale */
	assert_int_equal(symlink("/etc/services", copy), 0);
	set = probe_run(*state, &probe_chroot_file, &mta);
	assert_fact_bool(set, "chroot_file", copy, "stale", false);
	/* and without a chroot there is nothing to tell */
	mta.is_chrooted = false;
	set = probe_run(*state, &probe_chroot_file, &mta);
	assert_int_equal(
	    fact_table_get(set, schema_table_find("chroot_file", NULL))->count,
	    0);
}

static int
two_paths(struct arena *arena, const struct mta *mta,
    const struct mta_path **ret, size_t *ret_count, struct why *why)
{
	struct mta_path *paths = arena_alloc(arena, 3, sizeof(*paths));

	(void)mta;
	(void)why;
	paths[0] = (struct mta_path){.path = at(arena, "active"),
	    .owner = "me",
	    .uid = geteuid(),
	    .gid = (gid_t)-1,
	    .mode = 0700};
	paths[1] = paths[0];
	paths[1].path = at(arena, "hold");
	paths[2] = paths[0];
	paths[2].path = at(arena, "gone");
	*ret = paths;
	*ret_count = 3;
	return 0;
}

static void
test_queue_path(void **state)
{
	struct mta_ops path_ops = {.kind = "postfix", .queue_paths = two_paths};
	struct mta mta = {.ops = &path_ops};
	const struct fact_set *set;

	assert_int_equal(mkdir(at(*state, "active"), 0700), 0);
	assert_int_equal(mkdir(at(*state, "hold"), 0700), 0);
	assert_int_equal(chmod(at(*state, "active"), 01700), 0);
	assert_int_equal(chmod(at(*state, "hold"), 0750), 0);
	set = probe_run(*state, &probe_queue_path, &mta);
	assert_fact_bool(
	    set, "queue_path", at(*state, "active"), "wrong", false);
	assert_fact_bool(set, "queue_path", at(*state, "hold"), "wrong", true);
	assert_non_null(strstr(
	    probe_cell(set, "queue_path", at(*state, "hold"), "mode").text,
	    " 0750"));
	assert_non_null(strstr(
	    probe_cell(set, "queue_path", at(*state, "hold"), "wanted").text,
	    " 0700"));
	assert_fact_bool(
	    set, "queue_path", at(*state, "gone"), "exists", false);
	assert_fact_bool(set, "queue_path", at(*state, "gone"), "wrong", true);
}

static void
test_disk(void **state)
{
	static const char *const none[] = {NULL};
	struct mta mta = {.ops = &ops,
	    .queue_dir = dir,
	    .mailbox_dirs = none,
	    .has_settings = true,
	    .message_size_limit = 1000,
	    .queue_minfree = 10};
	const struct fact_set *set = probe_run(*state, &probe_disk, &mta);
	const struct table *schema = schema_table_find("disk", NULL);
	const struct fact_table *table = fact_table_get(set, schema);
	bool is_found = false;

	assert_int_equal(table->state, FACT_KNOWN);
	for (size_t i = 0; i < table->count; i++) {
		const char *key = table->rows[i].key;

		if (!probe_cell(set, "disk", key, "holds_queue").is_true)
			continue;
		is_found = true;
		assert_true(
		    probe_cell(set, "disk", key, "needed").number == 1500);
		assert_int_equal(
		    probe_cell(set, "disk", key, "free").kind, VALUE_NUMBER);
	}
	assert_true(is_found);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_map, setup, teardown),
	    cmocka_unit_test_setup_teardown(
	        test_map_without_settings, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_chroot_file, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_queue_path, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_disk, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
