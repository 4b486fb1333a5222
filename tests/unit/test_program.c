/*
 * test_program.c - helper programs: status, output, limits, deadline, no shell
 *
 * Purpose  unit tests of agent/sys/program.c and readonly.c
 * Input    none: /bin/sh and coreutils with fixed scripts
 * Errors   a failing assertion
 * Runs as  any user
 * Source   -
 */
#include <sys/wait.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/sys/program.h"

static struct program_result
run(const char *script, struct program program)
{
	const char *argv[] = {"/bin/sh", "-c", script, NULL};
	struct program_result result = {0};
	struct why why = {0};

	program.argv = argv;
	assert_int_equal(program_run(&program, &result, &why), 0);
	return result;
}

static void
result_done(struct program_result *result)
{
	buf_done(&result->output);
	buf_done(&result->errors);
}

static void
test_status_and_both_outputs(void **state)
{
	struct program_result got =
	    run("echo out; echo err >&2; exit 3", (struct program){0});

	(void)state;
	assert_int_equal(got.status, 3);
	assert_false(got.is_late);
	assert_string_equal(buf_text(&got.output), "out\n");
	assert_string_equal(buf_text(&got.errors), "err\n");
	result_done(&got);
}

static void
test_joined_keeps_the_order(void **state)
{
	struct program_result got = run(
	    "echo a; echo b >&2; echo c", (struct program){.is_joined = true});

	(void)state;
	assert_string_equal(buf_text(&got.output), "a\nb\nc\n");
	assert_string_equal(buf_text(&got.errors), "");
	result_done(&got);
}

static void
test_input_and_clean_environment(void **state)
{
	struct program_result got;

	(void)state;
	assert_int_equal(setenv("MAIL_CONFIG", "/tmp/evil", 1), 0);
	assert_int_equal(setenv("TZ", "UTC0", 1), 0);
	got = run("cat; env | grep -v ^PWD | grep -v ^_= | sort",
	    (struct program){.input = "one\n", .input_length = 4});
	assert_string_equal(buf_text(&got.output),
	    "one\nLC_ALL=C\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\nTZ=UTC0\n");
	result_done(&got);
}

static void
test_output_is_cut_and_never_blocks(void **state)
{
	struct program_result got = run(
	    "i=0; while [ $i -lt 30000 ]; do echo 12345678; i=$((i+1)); done; "
	    "exit 5",
	    (struct program){.output_max = 1000});

	(void)state;
	assert_true(got.is_cut);
	assert_int_equal(got.output.length, 1000);
	assert_int_equal(got.status, 5);
	result_done(&got);
}

static void
test_deadline_kills_the_group(void **state)
{
	struct program_result got = run("sleep 1000 & echo $!; sleep 1000",
	    (struct program){.deadline_ms = 200});
	pid_t grandchild = (pid_t)strtol(buf_text(&got.output), NULL, 10);

	(void)state;
	assert_true(got.is_late);
	assert_int_equal(got.status, 128 + 9);
	assert_true(grandchild > 1);
	/* a killed orphan may stay a zombie until init reaps it */
	for (int i = 0; i < 100; i++) {
		char path[64], text[256] = "";
		FILE *file;

		(void)snprintf(path, sizeof(path), "/proc/%d/stat", grandchild);
		file = fopen(path, "re");
		if (file == NULL)
			break;
		(void)!fgets(text, sizeof(text), file);
		(void)fclose(file);
		if (strstr(text, ") Z") != NULL || strstr(text, ") X") != NULL)
			break;
		assert_true(i < 99);
		(void)usleep(10000);
	}
	result_done(&got);
}

static void
test_child_left_behind_is_not_waited_for(void **state)
{
	struct program_result got = run("echo done; sleep 2 & exit 0",
	    (struct program){.deadline_ms = 1500});

	(void)state;
	assert_false(got.is_late);
	assert_int_equal(got.status, 0);
	assert_string_equal(buf_text(&got.output), "done\n");
	result_done(&got);
}

static void
test_not_there_and_not_absolute(void **state)
{
	const char *missing[] = {"/nonexistent/program", NULL};
	const char *relative[] = {"sh", "-c", "exit 0", NULL};
	struct program program = {.argv = missing};
	struct program_result got = {0};
	struct why why = {0};

	(void)state;
	assert_int_equal(program_run(&program, &got, &why), -ENOENT);
	assert_non_null(strstr(why.text, "/nonexistent/program"));
	program.argv = relative;
	assert_int_equal(program_run(&program, &got, &why), -EINVAL);
}

static void
test_read_only_writes_nothing(void **state)
{
	char path[] = "/tmp/mailfix-test-XXXXXX";
	char script[256];
	const char *argv[] = {"/bin/sh", "-c", script, NULL};
	struct program program = {.argv = argv, .is_read_only = true};
	struct program_result got = {0};
	struct why why = {0};
	int code;

	(void)state;
	assert_non_null(mkdtemp(path));
	(void)snprintf(script, sizeof(script),
	    "echo x >/dev/null && echo null; cd %s; "
	    "echo x >f 2>/dev/null || echo no; mkdir d 2>/dev/null || echo no",
	    path);
	code = program_run(&program, &got, &why);
	if (code != -EOPNOTSUPP) {
		assert_int_equal(code, 0);
		assert_string_equal(buf_text(&got.output), "null\nno\nno\n");
		result_done(&got);
	}
	assert_int_equal(rmdir(path), 0);
	if (code == -EOPNOTSUPP)
		skip();
}

static void
test_start_hands_over_a_pipe(void **state)
{
	const char *argv[] = {"/bin/echo", "hello", NULL};
	struct program program = {.argv = argv};
	struct why why = {0};
	char text[16] = "";
	pid_t pid = 0;
	int fd = -1, status = 0;

	(void)state;
	assert_int_equal(program_start(&program, &pid, &fd, &why), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(read(fd, text, sizeof(text) - 1), 6);
	assert_string_equal(text, "hello\n");
	(void)close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_status_and_both_outputs),
	    cmocka_unit_test(test_joined_keeps_the_order),
	    cmocka_unit_test(test_input_and_clean_environment),
	    cmocka_unit_test(test_output_is_cut_and_never_blocks),
	    cmocka_unit_test(test_deadline_kills_the_group),
	    cmocka_unit_test(test_child_left_behind_is_not_waited_for),
	    cmocka_unit_test(test_not_there_and_not_absolute),
	    cmocka_unit_test(test_read_only_writes_nothing),
	    cmocka_unit_test(test_start_hands_over_a_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
