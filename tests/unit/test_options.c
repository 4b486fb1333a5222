/*
 * test_options.c - the command line
 *
 * Purpose  options and words in any order; errors name the nearest right name
 * Input    argument vectors
 * Errors   a failed assertion
 * Runs as  the test
 * Source   SPEC section 2
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/auto.h"
#include "agent/main/options.h"

static const char *const plain[] = {"text", "json", NULL};
static const struct command commands[] = {
    {.name = "",        .bit = FOR_RUN, .formats = plain},
    {.name = "facts", .bit = FOR_FACTS, .formats = plain},
    {.name = "undo",   .bit = FOR_UNDO, .formats = plain},
    {.name = NULL},
};

#define PARSE(options, why, ...)                                               \
	parse((options), (why), (const char *[]){"mailfix", __VA_ARGS__, NULL})

static int
parse(struct options *options, struct why *why, const char *const *argv)
{
	int argc = 0;

	while (argv[argc] != NULL)
		argc++;
	*options = (struct options){0};
	*why = (struct why){0};
	return options_parse(argc, argv, commands, options, why);
}

static void
test_run(void **state)
{
	struct options o;
	struct why why;

	(void)state;
	assert_int_equal(
	    PARSE(&o, &why, "disk-full", "-n", "--format=json", "queue*"), 0);
	assert_string_equal(o.command->name, "");
	assert_true(o.is_dry_run);
	assert_string_equal(o.format, "json");
	assert_int_equal(o.arg_count, 2);
	assert_string_equal(o.args[0], "disk-full");
	assert_string_equal(o.args[1], "queue*");
	assert_null(o.args[2]);
	free(o.args);
}

static void
test_values(void **state)
{
	static const char *const forms[][3] = {
	    {"-ox.json",        NULL,     NULL},
	    {"-o",              "x.json", NULL},
	    {"-qox.json",       NULL,     NULL},
	    {"--output",        "x.json", NULL},
	    {"--output=x.json", NULL,     NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(forms); i++) {
		const char *argv[] = {
		    "mailfix", forms[i][0], forms[i][1], NULL};
		struct options o;
		struct why why;

		assert_int_equal(parse(&o, &why, argv), 0);
		assert_string_equal(o.output, "x.json");
		assert_int_equal(o.arg_count, 0);
		free(o.args);
	}
}

static void
test_command(void **state)
{
	struct options o;
	struct why why;

	(void)state;
	assert_int_equal(PARSE(&o, &why, "-v", "facts", "queue"), 0);
	assert_string_equal(o.command->name, "facts");
	assert_true(o.is_verbose);
	assert_int_equal(o.arg_count, 1);
	free(o.args);
	/* a playbook may have the name of a command */
	assert_int_equal(PARSE(&o, &why, "--", "facts"), 0);
	assert_string_equal(o.command->name, "");
	assert_string_equal(o.args[0], "facts");
	free(o.args);
	assert_int_equal(PARSE(&o, &why, "undo", "--last"), 0);
	assert_true(o.is_last);
	free(o.args);
	assert_int_equal(PARSE(&o, &why, "undo", "--temporary"), 0);
	assert_true(o.is_temporary);
	free(o.args);
}

static void
test_errors(void **state)
{
	static const struct {
		const char *argv[4];
		const char *text;
	} cases[] = {
	    {{"mailfix", "--dryrun"},        "did you mean --dry-run?"      },
	    {{"mailfix", "--fromat=json"},   "did you mean --format?"       },
	    {{"mailfix", "--zzzz"},          "there is no option --zzzz"    },
	    {{"mailfix", "-x"},              "there is no option -x"        },
	    {{"mailfix", "--format"},        "--format needs a value"       },
	    {{"mailfix", "--format="},       "--format needs a value"       },
	    {{"mailfix", "--format=jsno"},   "did you mean json?"           },
	    {{"mailfix", "--color=alwaya"},  "did you mean always?"         },
	    {{"mailfix", "--yes=1"},         "--yes takes no value"         },
	    {{"mailfix", "--yes", "--auto"}, "do not go together"           },
	    {{"mailfix", "-n", "-y"},        "--dry-run changes nothing"    },
	    {{"mailfix", "-q", "-v"},        "do not go together"           },
	    {{"mailfix", "facts", "--yes"},  "--yes does not go with facts" },
	    {{"mailfix", "--last"},          "--last does not go with a run"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		const char *argv[5] = {cases[i].argv[0], cases[i].argv[1],
		    cases[i].argv[2], cases[i].argv[3], NULL};
		struct options o;
		struct why why;

		assert_true(parse(&o, &why, argv) < 0);
		if (strstr(why.text, cases[i].text) == NULL)
			fail_msg("\"%s\" instead of \"%s\"", why.text,
			    cases[i].text);
	}
}

static void
test_rows(void **state)
{
	(void)state;
	for (const struct option_row *a = option_rows; a->name != NULL; a++) {
		assert_true(a->commands != 0);
		assert_non_null(a->doc);
		for (const struct option_row *b = option_rows; b < a; b++) {
			assert_string_not_equal(a->name, b->name);
			assert_true(a->letter == 0 || a->letter != b->letter);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_run),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_command),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
