/*
 * test_text.c - what may be shown, what is escaped, what was probably meant
 *
 * Purpose  no byte from outside reaches a terminal as a control
 * Input    fixed, and every byte and code point there is
 * Errors   a failed assertion
 * Runs as  any user
 * Source   RFC 3629; Markus Kuhn's classes of malformed UTF-8
 */
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/lint.h"
#include "agent/base/text.h"
#include "tests/unit/unit.h"

static const struct {
	const char *raw;
	size_t length;
	const char *want; /* escaped; the same as raw: printable */
} cases[] = {
    {"",                     0,  ""                         },
    {"plain",                5,  "plain"                    },
    {"back\\slash",          10, "back\\slash"              },
    {"\xc3\xa4\xe2\x82\xac", 5,  "\xc3\xa4\xe2\x82\xac"     },
    {"\xf0\x9f\x98\x80",     4,  "\xf0\x9f\x98\x80"         },
    {"a\033[2Jb",            6,  "a\\x1b[2Jb"               },
    {"a\tb\n",               4,  "a\\x09b\\x0a"             },
    {"a\0b",                 3,  "a\\x00b"                  },
    {"\x7f",                 1,  "\\x7f"                    },
    {"\xc2\x9b",             2,  "\\xc2\\x9b"               },
    {"\xe2\x80\xae",         3,  "\\xe2\\x80\\xae"          },
    {"\xe2\x81\xa6",         3,  "\\xe2\\x81\\xa6"          },
    {"\xe2\x80\x8f",         3,  "\\xe2\\x80\\x8f"          },
    {"\xd8\x9c",             2,  "\\xd8\\x9c"               },
    {"\xe2\x80\xa8",         3,  "\\xe2\\x80\\xa8"          },
    {"\xed\xa0\x80",         3,  "\\xed\\xa0\\x80"          },
    {"\xc0\x80",             2,  "\\xc0\\x80"               },
    {"\xc1\xbf",             2,  "\\xc1\\xbf"               },
    {"\xe0\x9f\xbf",         3,  "\\xe0\\x9f\\xbf"          },
    {"\xf0\x8f\xbf\xbf",     4,  "\\xf0\\x8f\\xbf\\xbf"     },
    {"\xf4\x90\x80\x80",     4,  "\\xf4\\x90\\x80\\x80"     },
    {"\xf8\x88\x80\x80\x80", 5,  "\\xf8\\x88\\x80\\x80\\x80"},
    {"\xff\xfe",             2,  "\\xff\\xfe"               },
    {"\x80",                 1,  "\\x80"                    },
    {"\xc3",                 1,  "\\xc3"                    },
    {"\xe2\x82",             2,  "\\xe2\\x82"               },
    {"\xe2\x82x",            3,  "\\xe2\\x82x"              },
    {"\xef\xbb\xbf",         3,  "\\xef\\xbb\\xbf"          },
    {"\xf3\xa0\x81\x81",     4,  "\\xf3\\xa0\\x81\\x81"     },
};

static void
test_escape(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		AUTO_BUF struct buf got = {0};
		bool is_plain = strlen(cases[i].want) == cases[i].length;

		text_escape(&got, cases[i].raw, cases[i].length);
		assert_string_equal(buf_text(&got), cases[i].want);
		assert_int_equal(
		    text_is_printable(cases[i].raw, cases[i].length), is_plain);
		assert_true(text_is_printable(got.text, got.length));
	}
}

/* Any two bytes: what comes out may be shown. */
static void
test_escape_all(void **state)
{
	(void)state;
	for (unsigned pair = 0; pair < 0x10000; pair++) {
		AUTO_BUF struct buf got = {0};
		char raw[3] = {(char)(pair >> 8), (char)(pair & 0xff), '!'};

		text_escape(&got, raw, sizeof(raw));
		assert_true(text_is_printable(got.text, got.length));
		assert_true(got.length >= sizeof(raw));
	}
}

static void
test_columns(void **state)
{
	(void)state;
	assert_int_equal(text_columns(""), 0);
	assert_int_equal(text_columns("plain"), 5);
	assert_int_equal(text_columns("\xc3\xa4\xc3\xb6"), 2);
	assert_int_equal(text_columns("e\xcc\x81"), 1); /* combining */
	assert_int_equal(
	    text_columns("\xe4\xbd\xa0\xe5\xa5\xbd"), 4); /* wide */
}

static void
test_nearest(void **state)
{
	static const char *const names[] = {"severity", "for-each", "when",
	    "for", "masked-by", "title", "see", NULL};

	(void)state;
	assert_string_equal(text_nearest("severty", names), "severity");
	assert_string_equal(text_nearest("serveity", names), "severity");
	assert_string_equal(text_nearest("Severity", names), "severity");
	assert_string_equal(text_nearest("foreach", names), "for-each");
	assert_string_equal(text_nearest("masked_by", names), "masked-by");
	assert_string_equal(text_nearest("tilte", names), "title");
	assert_string_equal(text_nearest("fro", names), "for");
	assert_string_equal(text_nearest("se", names), "see");
	assert_null(text_nearest("xyz", names));
	assert_null(text_nearest("", names));
	assert_null(text_nearest("severityseverityseverityseverityseverity"
	                         "severityseverityseverity",
	    names));
}

static void
test_small(void **state)
{
	(void)state;
	assert_true(text_equal(NULL, NULL));
	assert_false(text_equal(NULL, ""));
	assert_false(text_equal("a", NULL));
	assert_true(text_equal("a", "a"));
	assert_false(text_equal("a", "b"));
	assert_true(text_starts("prefix", "pre"));
	assert_false(text_starts("pr", "pre"));
	assert_true(text_ends("name.ini", ".ini"));
	assert_false(text_ends("ini", ".ini"));
	assert_true(text_ends("x", ""));
}

static void
test_lint_order(void **state)
{
	struct arena *arena = arena_new();
	struct lint lint = {.arena = arena};

	(void)state;
	lint_add(&lint, "b.ini", 2, "two");
	lint_add(&lint, "b.ini", 1, "one");
	lint_add(&lint, "a.ini", 9, "nine \033[0m");
	lint_add(&lint, "b.ini", 1, "another");
	lint_add(&lint, "b.ini", 1, "one");
	lint_add(&lint, "b.ini", 0, "as a whole");
	assert_int_equal(lint.count, 5);
	assert_string_equal(lint.errors[0].text, "nine \\x1b[0m");
	assert_string_equal(lint.errors[1].text, "as a whole");
	assert_string_equal(lint.errors[2].text, "one");
	assert_string_equal(lint.errors[3].text, "another");
	assert_string_equal(lint.errors[4].text, "two");
	for (int i = 0; i < 5000; i++)
		lint_add(&lint, "c.ini", i, "wrong");
	assert_int_equal(lint.count, 1001);
	lint_done(&lint);
	assert_int_equal(lint.count, 0);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_escape),
	    cmocka_unit_test(test_escape_all),
	    cmocka_unit_test(test_columns),
	    cmocka_unit_test(test_nearest),
	    cmocka_unit_test(test_small),
	    cmocka_unit_test(test_lint_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
