/*
 * program_say.h - run a program that must succeed, and take what it says
 */
#ifndef MAILFIX_TESTS_UNIT_PROGRAM_SAY_H
#define MAILFIX_TESTS_UNIT_PROGRAM_SAY_H

#include <string.h>

#include "agent/base/buf.h"
#include "agent/sys/program.h"
#include "tests/unit/unit.h"

/* input: to its stdin, or NULL; ret: its stdout and stderr, nothing else */
static inline void
program_say(struct buf *ret, const char *input, const char *const *argv)
{
	const struct program program = {
	    .argv = argv,
	    .input = input,
	    .input_length = input != NULL ? strlen(input) : 0,
	    .is_joined = true,
	};
	struct program_result result = {0};
	struct why why = {0};

	assert_int_equal(program_run(&program, &result, &why), 0);
	if (result.status != 0)
		print_message("%s: %s\n", argv[0], buf_text(&result.output));
	assert_int_equal(result.status, 0);
	buf_clear(ret);
	buf_add(ret, buf_text(&result.output));
	buf_done(&result.output);
	buf_done(&result.errors);
}

#endif
