/*
 * test_dir.c - which files a catalogue is read from
 *
 * Purpose  what is installed and the site's own, or another directory's
 * Input    a directory of its own below TMPDIR
 * Errors   a failed assertion
 * Runs as  any user
 * Source   dir.h
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/dir.h"
#include "tests/unit/unit.h"

static void
put(const char *directory, const char *name)
{
	char path[128];
	AUTO_CLOSE int fd = -1;

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
}

static const char *
leaf(const char *path)
{
	return strrchr(path, '/') + 1;
}

static void
catalogue(void **state)
{
	char path[] = "/tmp/test-dir-XXXXXX", command[64];
	struct arena *arena = arena_new();
	struct lint lint = {.arena = arena};
	const char *const *got;

	(void)state;
	assert_non_null(mkdtemp(path));
	put(path, "b.ini");
	put(path, "a.ini");
	put(path, "a.txt");
	/* the installed one first, be it there or not, and the site's by name */
	got = dir_catalogue(arena, "/none/list.ini", path, NULL, &lint);
	assert_string_equal(got[0], "/none/list.ini");
	assert_string_equal(leaf(got[1]), "a.ini");
	assert_string_equal(leaf(got[2]), "b.ini");
	assert_null(got[3]);
	/* a directory without one changes nothing; with one, it is the only */
	got = dir_catalogue(arena, "/none/list.ini", path, path, &lint);
	assert_string_equal(got[0], "/none/list.ini");
	assert_non_null(got[2]);
	put(path, "list.ini");
	got = dir_catalogue(arena, "/none/list.ini", path, path, &lint);
	assert_string_equal(leaf(got[0]), "list.ini");
	assert_memory_equal(got[0], path, strlen(path));
	assert_null(got[1]);
	/* a site need not have any; what is no directory is said */
	got = dir_catalogue(arena, "/none/list.ini", "/none/d", NULL, &lint);
	assert_null(got[1]);
	assert_int_equal(lint.count, 0);
	got = dir_catalogue(arena, "/none/list.ini", "/dev/null", NULL, &lint);
	assert_null(got[1]);
	assert_int_equal(lint.count, 1);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", path);
	assert_int_equal(system(command), 0);
	arena_free(arena);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(catalogue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
