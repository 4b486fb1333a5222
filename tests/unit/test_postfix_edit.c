/*
 * test_postfix_edit.c - Postfix's files, edited byte by byte and back
 *
 * Purpose  unit tests of agent/mta/postfix_edit*.c
 * Input    texts in this file
 * Errors   a failing assertion
 * Runs as  any user
 * Source   postconf(5), master(5), postmap(1)
 */
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/mta/postfix_edit.h"
#include "tests/unit/unit.h"

static struct postfix_text
text_of(const char *bytes)
{
	return (struct postfix_text){bytes, strlen(bytes)};
}

static const struct set_case {
	const char *was, *want_value, *want;
} set_cases[] = {
    {"p = old\n",                                            "old",          "p = new\n"                  },
    {"p=old\n",                                              "old",          "p=new\n"                    },
    {"p  =   old  \n",                                       "old",          "p  =   new  \n"             },
    {"p = old",                                              "old",          "p = new"                    },
    {"p = old\r\nq = 1\r\n",                                 "old",          "p = new\r\nq = 1\r\n"       },
    {"p =\n",                                                "",             "p = new\n"                  },
    {"p =",                                                  "",             "p = new"                    },
    {"p = \n",                                               "",             "p = new \n"                 },
    {"p =\n  old\n",                                         "old",          "p = new\n"                  },
    {"p = a,\n  b\nq = 1\n",                                 "a, b",         "p = new\nq = 1\n"           },
    {"p = a,\n# between\n\n\tb\n# after\nq = 1\n",           "a, b",
     "p = new\n# after\nq = 1\n"                                                                          },
    {"p\n = old\nq = 1\n",                                   "old",          "p\n = new\nq = 1\n"         },
    {"p\n# x = y\n = old\n",                                 "old",          "p\n# x = y\n = new\n"       },
    {"p = # no comment\n",                                   "# no comment", "p = new\n"                  },
    {"p = a = b\n",                                          "a = b",        "p = new\n"                  },
 /* the last one counts */
    {"p = first\nq = 1\np = last\n",                         "last",         "p = first\nq = 1\np = new\n"},
 /* what looks like it and is not */
    {"pp = 1\np-p = 2\n# p = 3\n#p = 4\np = 5\nq = p = 6\n", "5",
     "pp = 1\np-p = 2\n# p = 3\n#p = 4\np = new\nq = p = 6\n"                                             },
    {"q = 1\n p = 2\np = 3\n",                               "3",            "q = 1\n p = 2\np = new\n"   },
    {"  p = 1\np = 2\n",                                     "2",            "  p = 1\np = new\n"         },
 /* a trailing comment at the very end, without a newline */
    {"p = old\n  # c",                                       "old",          "p = new\n  # c"             },
};

static void
test_set_and_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(set_cases); i++) {
		const struct set_case *set = &set_cases[i];
		AUTO_BUF struct buf value = {0}, got = {0}, old = {0},
		                    back = {0};
		struct postfix_text text = text_of(set->was);
		struct postfix_line line = {0};

		assert_true(postfix_main_find(text, "p", &line, &value) > 0);
		assert_string_equal(buf_text(&value), set->want_value);
		postfix_main_set(text, &line, "new", &got);
		assert_string_equal(buf_text(&got), set->want);
		buf_add_n(&old, text.bytes + line.begin, line.end - line.begin);
		text = text_of(buf_text(&got));
		(void)postfix_main_find(text, "p", &line, NULL);
		postfix_edit_splice(
		    text, line.begin, line.end, buf_text(&old), &back);
		assert_string_equal(buf_text(&back), set->was);
	}
}

static void
test_not_set(void **state)
{
	static const char *const texts[] = {"", "\n", "# p = 1\n", " p = 1\n",
	    "q = 1\n p = 2\n", "p\n", "p 1\n", "P = 1\n", "q = 1\n# c\n\tp = 1",
	    "= p\n"};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
		struct postfix_line line;

		assert_int_equal(
		    postfix_main_find(text_of(texts[i]), "p", &line, NULL), 0);
	}
}

static void
test_long_value(void **state)
{
	AUTO_BUF struct buf text = {0}, value = {0}, got = {0};
	struct postfix_line line = {0};

	(void)state;
	buf_add(&text, "p = 0");
	for (unsigned i = 0; i < 200000; i++)
		buf_addf(&text, ",\n    host%u.example.com", i);
	buf_add(&text, "\nq = 1\n");
	assert_int_equal(
	    postfix_main_find((struct postfix_text){text.text, text.length},
	        "p", &line, &value),
	    1);
	assert_true(value.length > 4000000);
	assert_true(text_ends(value.text, " host199999.example.com"));
	postfix_main_set(
	    (struct postfix_text){text.text, text.length}, &line, "x", &got);
	assert_string_equal(buf_text(&got), "p = x\nq = 1\n");
}

static void
test_append_and_back(void **state)
{
	static const struct {
		const char *was;
		bool gains_end;
	} cases[] = {
	    {"",             false},
	    {"q = 1\n",      false},
	    {"q = 1",        true },
	    {"q = 1\r\n",    false},
	    {"q = 1\n  # c", true },
	    {"# c\n\n",      false},
	    {"q = 1\n   ",   true },
	    {"  q = 1\n",    false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		AUTO_BUF struct buf got = {0}, one = {0}, back = {0},
		                    want = {0};
		struct postfix_line line = {0};

		postfix_edit_append(
		    text_of(cases[i].was), "a = 1\nb = 2\n", &got);
		assert_int_equal(postfix_main_find(
		                     text_of(buf_text(&got)), "b", &line, NULL),
		    1);
		postfix_edit_remove(text_of(buf_text(&got)), &line, &one);
		assert_int_equal(postfix_main_find(
		                     text_of(buf_text(&one)), "a", &line, NULL),
		    1);
		postfix_edit_remove(text_of(buf_text(&one)), &line, &back);
		buf_addf(&want, "%s%s", cases[i].was,
		    cases[i].gains_end ? "\n" : "");
		assert_string_equal(buf_text(&back), buf_text(&want));
	}
}

/* What others have put around our lines since stays. */
static void
test_remove_among_others(void **state)
{
	AUTO_BUF struct buf text = {0}, got = {0};
	struct postfix_line line = {0};

	(void)state;
	buf_addf(&text, "q = 1\n%sa = 1\n# theirs\nr = 2\n", postfix_edit_mark);
	(void)postfix_main_find(text_of(text.text), "a", &line, NULL);
	postfix_edit_remove(text_of(text.text), &line, &got);
	assert_string_equal(buf_text(&got), "q = 1\n# theirs\nr = 2\n");
	/* a line of theirs between the mark and ours: only ours goes */
	buf_clear(&text);
	buf_clear(&got);
	buf_addf(&text, "%sz = 1\na = 1\n  2\nr = 2\n", postfix_edit_mark);
	(void)postfix_main_find(text_of(text.text), "a", &line, NULL);
	postfix_edit_remove(text_of(text.text), &line, &got);
	assert_true(text_ends(buf_text(&got), "z = 1\nr = 2\n"));
	assert_true(text_starts(buf_text(&got), "# Added by mailfix"));
}

static const struct limit_case {
	const char *was, *name, *type, *want;
} limit_cases[] = {
    {"smtp inet n - y - - smtpd\n",                                            "smtp", "inet",
     "smtp inet n - y - 200 smtpd\n"                           },
    {"smtp      inet  n       -       y       -       100     smtpd\n"
     "  -o x=y\n",                                                        "smtp", "inet",
     "smtp      inet  n       -       y       -       200     smtpd\n"
        "  -o x=y\n"                                           },
    {"smtp unix - - y - - smtp\nsmtp\tinet\tn\n# c - 5\n\t-\ty -\r\n 7 smtpd",
     "smtp",                                                                           "inet",
     "smtp unix - - y - - smtp\nsmtp\tinet\tn\n# c - 5\n\t-\ty -\r\n 200 "
        "smtpd"                                                },
    {"#smtp inet n - y - - smtpd\nsmtp unix - - n - 1 smtp\n",                 "smtp", "unix",
     "#smtp inet n - y - - smtpd\nsmtp unix - - n - 200 smtp\n"},
};

static void
test_limit(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(limit_cases); i++) {
		const struct limit_case *limit = &limit_cases[i];
		struct postfix_text text = text_of(limit->was);
		struct postfix_line line = {0};
		AUTO_BUF struct buf got = {0};
		size_t begin = 0, end = 0;

		assert_int_equal(
		    postfix_master_find(text, limit->name, limit->type, &line),
		    1);
		assert_true(postfix_master_limit(text, &line, &begin, &end));
		postfix_edit_splice(text, begin, end, "200", &got);
		assert_string_equal(buf_text(&got), limit->want);
	}
}

static void
test_service_not_there(void **state)
{
	struct postfix_text text =
	    text_of("smtp unix - - y - - smtp\n smtp inet n - y - - smtpd\n"
	            "smtps inet n - y - - smtpd\nshort inet n\n");
	struct postfix_line line = {0};
	size_t begin, end;

	(void)state;
	assert_int_equal(postfix_master_find(text, "smtp", "inet", &line), 0);
	assert_int_equal(postfix_master_find(text, "short", "inet", &line), 1);
	assert_false(postfix_master_limit(text, &line, &begin, &end));
}

static const struct row_case {
	const char *was, *key, *value, *want;
} row_cases[] = {
    {"",                                        "b.test", "x:", "b.test\tx:\n"                        },
    {"# c\n",                                   "b.test", "x:", "# c\nb.test\tx:\n"                   },
    {"a.test\ty:\nc.test\tz:\n",                "b.test",
     "x:",                                                      "a.test\ty:\nb.test\tx:\nc.test\tz:\n"},
    {"a.test\ty:",                              "b.test", "x:", "a.test\ty:\nb.test\tx:\n"            },
    {"a.test\ty:",                              "b.test", NULL, "a.test\ty:"                          },
    {"a.test\ty:\nB.Test z:\n  more\nc.test\n", "b.test",
     "x:",                                                      "a.test\ty:\nb.test\tx:\nc.test\n"    },
    {"a.test\ty:\nb.test\tx:\n",                "b.test", NULL, "a.test\ty:\n"                        },
    {"ab.test\ty:\n",                           "a.test", "x:", "a.test\tx:\nab.test\ty:\n"           },
    {"a.tes\ty:\n",                             "a.test", "x:", "a.tes\ty:\na.test\tx:\n"             },
};

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(row_cases); i++) {
		const struct row_case *row = &row_cases[i];
		AUTO_BUF struct buf got = {0}, value = {0};
		struct postfix_line line;

		postfix_table_set(
		    text_of(row->was), row->key, row->value, &got);
		assert_string_equal(buf_text(&got), row->want);
		assert_int_equal(postfix_table_find(text_of(buf_text(&got)),
		                     row->key, &line, &value),
		    row->value != NULL);
		assert_string_equal(
		    buf_text(&value), row->value != NULL ? row->value : "");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_set_and_back),
	    cmocka_unit_test(test_not_set),
	    cmocka_unit_test(test_long_value),
	    cmocka_unit_test(test_append_and_back),
	    cmocka_unit_test(test_remove_among_others),
	    cmocka_unit_test(test_limit),
	    cmocka_unit_test(test_service_not_there),
	    cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
