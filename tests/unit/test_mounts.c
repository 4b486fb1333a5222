/*
 * test_mounts.c - mountinfo: escapes, order, the longest prefix
 *
 * Purpose  unit tests of agent/sys/mounts.c
 * Input    texts in this file
 * Errors   a failed assertion
 * Runs as  any user
 * Source   proc(5)
 */
#include <string.h>

#include "agent/sys/mounts.h"
#include "tests/unit/unit.h"

static const char mountinfo[] =
    "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
    "23 22 0:20 / /proc rw shared:2 master:1 - proc proc rw\n"
    "30 22 8:1 / /var rw - xfs /dev/sda1 rw\n"
    "31 30 8:2 /sub /var/spool\\040two rw,noatime - btrfs /dev/sd\\134b rw\n"
    "bad line\n"
    "32 22 8:3\n"
    "33 22 8:4 / /srv rw -\n"
    "34 22 0:30 / /var ro shared:9 - tmpfs over\\012lay rw\n"
    "35 22 0:31 / /variable rw - ext4 none ro,errors=remount-ro\n"
    "40 22 254:0 /opt/part /opt/part ro - ext4 /dev/vda rw\n"
    "41 22 0:40 /@ /a rw - btrfs /dev/sdc rw\n"
    "42 22 0:40 /@home /b rw - btrfs /dev/sdc rw";

static void
test_mounts(void **state)
{
	struct arena *arena = arena_new();
	struct mounts got;

	static const struct {
		const char *path, *point, *type;
	} want[] = {
	    {"/etc/postfix",       "/",              "ext4" },
	    {"/",	          "/",              "ext4" },
	    {"/var",               "/var",           "tmpfs"},
	    {"/var/spool/postfix", "/var",           "tmpfs"},
	    {"/var/spool two/x",   "/var/spool two", "btrfs"},
	    {"/variable",          "/variable",      "ext4" },
	    {"/variables",         "/",              "ext4" },
	    {"/proc/self",         "/proc",          "proc" },
 /* a part of what is mounted whole at / */
	    {"/opt/part/x",        "/",              "ext4" },
 /* beside each other: neither is a part of the other */
	    {"/b/x",               "/b",             "btrfs"},
	};

	(void)state;
	mounts_parse(arena, mountinfo, sizeof(mountinfo) - 1, &got);
	assert_int_equal(got.count, 9);
	assert_string_equal(got.mounts[3].device, "/dev/sd\\b");
	assert_string_equal(got.mounts[4].device, "over\nlay");
	/* a view that is read-only is not a file system that is */
	assert_false(got.mounts[4].is_read_only);
	assert_true(got.mounts[5].is_read_only);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		const struct mount *mount = mounts_find(&got, want[i].path);

		assert_non_null(mount);
		assert_string_equal(mount->point, want[i].point);
		assert_string_equal(mount->type, want[i].type);
	}
	arena_free(arena);
}

static void
test_nothing_mounted(void **state)
{
	struct arena *arena = arena_new();
	struct mounts got;

	(void)state;
	mounts_parse(arena, "", 0, &got);
	assert_int_equal(got.count, 0);
	assert_null(mounts_find(&got, "/"));
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mounts),
	    cmocka_unit_test(test_nothing_mounted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
