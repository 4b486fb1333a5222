/*
 * test_file.c - files read, replaced, directories made
 *
 * Purpose  links and oddities are refused; a replacement is whole or not there
 * Input    a directory of its own below TMPDIR
 * Errors   a failed assertion
 * Runs as  any user; more is tried as root
 * Source   -
 */
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "tests/unit/unit.h"

struct place {
	char path[64];
	int dir;
};

static int
setup(void **state)
{
	static struct place place;

	(void)snprintf(place.path, sizeof(place.path), "/tmp/test-file-XXXXXX");
	if (mkdtemp(place.path) == NULL)
		return -1;
	place.dir = open(place.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = &place;
	return place.dir < 0 ? -1 : 0;
}

static int
teardown(void **state)
{
	struct place *place = *state;
	char command[128];

	(void)close(place->dir);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", place->path);
	return system(command) == 0 ? 0 : -1;
}

static void
put(const struct place *place, const char *name, const char *text)
{
	AUTO_CLOSE int fd = openat(
	    place->dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, text, strlen(text), NULL), 0);
}

static void
check_text(const struct place *place, const char *name, const char *want)
{
	AUTO_BUF struct buf got = {0};

	assert_int_equal(file_read(place->dir, name, 1000, &got, NULL), 0);
	assert_string_equal(buf_text(&got), want);
}

/* How many entries, "." and ".." too: nothing may be left beside. */
static size_t
entry_count(const struct place *place)
{
	char command[160], text[32] = "";
	FILE *pipe;

	(void)snprintf(
	    command, sizeof(command), "ls -a '%s' | wc -l", place->path);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	assert_non_null(fgets(text, sizeof(text), pipe));
	(void)pclose(pipe);
	return strtoul(text, NULL, 10);
}

static void
test_read(void **state)
{
	struct place *place = *state;
	AUTO_BUF struct buf got = {0};
	struct why why = {0};

	put(place, "a", "0123456789");
	assert_int_equal(file_read(place->dir, "a", 10, &got, &why), 0);
	assert_string_equal(buf_text(&got), "0123456789");
	assert_int_equal(file_read(place->dir, "a", 9, &got, &why), -EFBIG);
	assert_int_equal(got.length, 10);
	assert_int_equal(file_read(place->dir, "b", 9, &got, &why), -ENOENT);
	assert_int_equal(symlinkat("a", place->dir, "l"), 0);
	assert_int_equal(file_read(place->dir, "l", 99, &got, &why), -ELOOP);
	assert_int_equal(mkfifoat(place->dir, "f", 0600), 0);
	assert_int_equal(file_read(place->dir, "f", 99, &got, &why), -EINVAL);
	assert_int_equal(file_read(place->dir, ".", 99, &got, &why), -EINVAL);
	/* no size is told for these */
	got.length = 0;
	assert_int_equal(
	    file_read(AT_FDCWD, "/proc/self/status", 1 << 20, &got, &why), 0);
	assert_true(got.length > 100);
}

static void
test_replace(void **state)
{
	struct place *place = *state;
	struct stat st, like;

	put(place, "a", "old");
	assert_int_equal(fchmodat(place->dir, "a", 0640, 0), 0);
	assert_int_equal(fstatat(place->dir, "a", &like, 0), 0);
	assert_int_equal(
	    file_replace(place->dir, "a", "new text", 8, &like, NULL), 0);
	check_text(place, "a", "new text");
	assert_int_equal(fstatat(place->dir, "a", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_not_equal(st.st_ino, like.st_ino);
	assert_int_equal(file_replace(place->dir, "b", "x", 1, NULL, NULL), 0);
	assert_int_equal(fstatat(place->dir, "b", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_uid, geteuid());
	assert_int_equal(entry_count(place), 4);
}

static void
test_replace_by_path(void **state)
{
	struct place *place = *state;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/c", place->path);
	assert_int_equal(file_replace(AT_FDCWD, path, "x", 1, NULL, NULL), 0);
	check_text(place, "c", "x");
	assert_int_equal(
	    file_replace(place->dir, "none/c", "x", 1, NULL, NULL), -ENOENT);
	assert_int_equal(
	    file_replace(place->dir, "..", "x", 1, NULL, NULL), -EISDIR);
}

static void
test_replace_refuses(void **state)
{
	struct place *place = *state;
	struct why why = {0};

	put(place, "a", "old");
	assert_int_equal(symlinkat("a", place->dir, "l"), 0);
	assert_int_equal(
	    file_replace(place->dir, "l", "x", 1, NULL, &why), -ELOOP);
	assert_int_equal(mkdirat(place->dir, "d", 0700), 0);
	assert_int_equal(
	    file_replace(place->dir, "d", "x", 1, NULL, &why), -EINVAL);
	check_text(place, "a", "old");
	assert_int_equal(entry_count(place), 5);
}

/* A full disk, as far as a test may have one: a limit on file size. */
static void
test_replace_fails_clean(void **state)
{
	struct place *place = *state;
	struct rlimit old, small;
	struct why why = {0};
	int r;

	put(place, "a", "old");
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){.rlim_cur = 2, .rlim_max = old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	r = file_replace(place->dir, "a", "longer", 6, NULL, &why);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(r, -EFBIG);
	assert_non_null(strstr(why.text, "replace a: write"));
	check_text(place, "a", "old");
	assert_int_equal(entry_count(place), 3);
}

static void
test_mkdirs(void **state)
{
	struct place *place = *state;
	char path[256];
	struct stat st;
	mode_t old = umask(077);

	(void)snprintf(path, sizeof(path), "%s/x//y/z/", place->path);
	assert_int_equal(file_mkdirs(path, 0750, NULL), 0);
	assert_int_equal(file_mkdirs(path, 0700, NULL), 0);
	(void)umask(old);
	assert_int_equal(fstatat(place->dir, "x/y/z", &st, 0), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0750);
	/* the last one is a link: refused, whoever owns it */
	assert_int_equal(symlinkat("x", place->dir, "l"), 0);
	(void)snprintf(path, sizeof(path), "%s/l", place->path);
	assert_true(file_mkdirs(path, 0700, NULL) < 0);
	/* on the way: only where others cannot write */
	(void)snprintf(path, sizeof(path), "%s/l/new", place->path);
	assert_int_equal(file_mkdirs(path, 0700, NULL) == 0, geteuid() == 0);
	assert_int_equal(fchmodat(place->dir, ".", 0777, 0), 0);
	(void)snprintf(path, sizeof(path), "%s/l/other", place->path);
	assert_true(file_mkdirs(path, 0700, NULL) < 0);
	put(place, "file", "");
	(void)snprintf(path, sizeof(path), "%s/file/d", place->path);
	assert_int_equal(file_mkdirs(path, 0700, NULL), -ENOTDIR);
}

/* A pipe behind a link is seen, and not opened. */
static void
test_link(void **state)
{
	struct place *place = *state;
	AUTO_BUF struct buf text = {0};
	AUTO_CLOSE int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char path[96], event[256];

	put(place, "a", "abc");
	assert_int_equal(symlinkat("a", place->dir, "l"), 0);
	(void)snprintf(path, sizeof(path), "%s/l", place->path);
	assert_int_equal(file_read_link(path, 3, &text, NULL), 0);
	assert_string_equal(buf_text(&text), "abc");
	assert_int_equal(file_read_link(path, 2, &text, NULL), -EFBIG);
	assert_int_equal(mkfifoat(place->dir, "pipe", 0600), 0);
	assert_int_equal(symlinkat("pipe", place->dir, "p"), 0);
	(void)snprintf(path, sizeof(path), "%s/pipe", place->path);
	assert_true(inotify_add_watch(watch, path, IN_OPEN) >= 0);
	(void)snprintf(path, sizeof(path), "%s/p", place->path);
	assert_int_equal(file_read_link(path, 9, &text, NULL), -EINVAL);
	assert_true(read(watch, event, sizeof(event)) < 0);
	(void)snprintf(path, sizeof(path), "%s/none", place->path);
	assert_int_equal(file_read_link(path, 9, &text, NULL), -ENOENT);
}

static void
test_hash(void **state)
{
	struct place *place = *state;
	char got[FILE_HASH_MAX];

	put(place, "a", "abc");
	assert_int_equal(file_hash(place->dir, "a", got, NULL), 0);
	assert_string_equal(got, "ba7816bf8f01cfea414140de5dae2223"
	                         "b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(file_hash(place->dir, "none", got, NULL), -ENOENT);
	assert_int_equal(file_sync_dir(place->dir, ".", NULL), 0);
	assert_true(file_sync_dir(place->dir, "a", NULL) < 0);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	static const struct CMUnitTest tests[] = {
	    TEST(test_read),
	    TEST(test_replace),
	    TEST(test_replace_by_path),
	    TEST(test_replace_refuses),
	    TEST(test_replace_fails_clean),
	    TEST(test_mkdirs),
	    TEST(test_link),
	    TEST(test_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
