/*
 * test_output.c - the result of a command in a file
 *
 * Purpose  who can read and write it then
 * Input    a directory of its own below /tmp
 * Errors   a failed assertion
 * Runs as  any user; what belongs to others only as root
 * Source   output.h
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/main/output.h"
#include "tests/unit/unit.h"

static struct stat
written(uid_t owner, mode_t mode)
{
	char place[] = "/tmp/test-output-XXXXXX", path[64];
	AUTO_BUF struct buf text = {0};
	struct options options = {.output = path};
	struct stat st = {0};
	int fd;

	assert_non_null(mkdtemp(place));
	(void)snprintf(path, sizeof(path), "%s/report", place);
	if (mode != 0) {
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		assert_true(fd >= 0);
		assert_int_equal(fchown(fd, owner, (gid_t)-1), 0);
		assert_int_equal(fchmod(fd, mode), 0);
		assert_int_equal(close(fd), 0);
	}
	buf_add(&text, "all is well");
	assert_int_equal(output_write(&options, &text, 1), 1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(place), 0);
	return st;
}

static void
test_rights(void **state)
{
	struct stat st = written(0, 0);

	(void)state;
	assert_int_equal(st.st_mode & 07777, 0644);
	st = written(geteuid(), 0640);
	assert_int_equal(st.st_mode & 07777, 0640);
	if (geteuid() != 0)
		return;
	/* made beforehand by somebody who would like to read or change it */
	st = written(12345, 0666);
	assert_int_equal(st.st_uid, 0);
	assert_int_equal(st.st_mode & 07777, 0644);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
