/*
 * test_ini.c - INI files: every trap of the reader is an error with its line
 *
 * Purpose  nothing in a file is cut, joined or taken twice without a word
 * Input    fixed texts, and files made in a new folder
 * Errors   a failed assertion
 * Runs as  any user; the check of owner and mode needs root, else skipped
 * Source   agent/base/ini.h
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/base/ini.h"
#include "tests/unit/unit.h"

/* 198 bytes are the longest line, 199 too long. */
#define TEN "xxxxxxxxxx"
#define L190                                                                   \
	TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN    \
	    TEN TEN
#define LONG       "k = " L190 "xxxx"
#define N49        TEN TEN TEN TEN "xxxxxxxxx"
#define PART(text) text, sizeof(text) - 1

/* want: "section.key=value@line" for each entry, then "!line text" for errors */
static const struct {
	const char *text;
	size_t length;
	const char *want;
} cases[] = {
    {PART(""),                                                ""                                          },
    {PART("\n\n; c\n# c\n  ; c\n"),                           ""                                          },
    {PART("[a]\nk = v\n"),                                    "a.k=v@2\n"                                 },
    {PART("[a]\nk=v"),                                        "a.k=v@2\n"                                 },
    {PART("[a]\r\nk = v\r\n"),                                "a.k=v@2\n"                                 },
    {PART("\xef\xbb\xbf[a]\nk = v\n"),                        "a.k=v@2\n"                                 },
    {PART("[a]\nk =\n"),                                      "a.k=@2\n"                                  },
    {PART("[a]\nk = ; nothing\n"),                            "a.k=@2\n"                                  },
    {PART("[a]\nk = v ; comment\n"),                          "a.k=v@2\n"                                 },
    {PART("[a]\nk = v;no comment\n"),                         "a.k=v;no comment@2\n"                      },
    {PART("[a]\nk = v # no comment\n"),                       "a.k=v # no comment@2\n"                    },
    {PART("[a]\nk = a = b\n"),                                "a.k=a = b@2\n"                             },
    {PART("[a]\nsee = https://x\n"),                          "a.see=https://x@2\n"                       },
    {PART("[a] ; comment\nk = v\n"),                          "a.k=v@2\n"                                 },
    {PART("[fix a]\nk = v\n[fix b]\nk = v\n"),                "fix a.k=v@2\nfix b.k=v@4\n"                },
    {PART("[a]\nk = one\n  two\n\tthree\n"),                  "a.k=one two three@2\n"                     },
    {PART("[a]\nk =\n  two\n"),                               "a.k=two@2\n"                               },
    {PART("[a]\nk = one\n\n; c\n  ; c\n  two ; c\n"),         "a.k=one two@2\n"                           },
    {PART("[a]\nk = one\n  k2 = two\n"),                      "a.k=one k2 = two@2\n"                      },
    {PART("[a]\nk = one\n  [b]\n"),                           "a.k=one [b]@2\n"                           },
    {PART("[a]\nk = one\n  two;three\n"),                     "a.k=one two;three@2\n"                     },
    {PART("[a]\n" LONG "\n"),                                 "a.k=" L190 "xxxx@2\n"                      },
    {PART("[a]\n" LONG),                                      "a.k=" L190 "xxxx@2\n"                      },
    {PART("[a]\n" LONG "\r\nb = c\n"),                        "a.k=" L190 "xxxx@2\na.b=c@3\n"             },
    {PART("[a]\n" LONG "x\nb = c\n"),
     "a.b=c@3\n!2 longer than 198 bytes: continue it on an indented line\n"                               },
    {PART("[a]\nk = v\n" LONG LONG LONG "\n  lost\nb = c\n"),
     "a.k=v@2\na.b=c@5\n"
        "!3 longer than 198 bytes: continue it on an indented line\n"                                     },
    {PART("[a]\nk = v\n  " LONG "\nb = c\n"),
     "a.k=v@2\na.b=c@4\n"
        "!3 longer than 198 bytes: continue it on an indented line\n"                                     },
    {PART("[a]\nk = v\nk = w\n"),
     "a.k=v@2\na.k=w@3\n!3 'k' is already in line 2\n"                                                    },
    {PART("[a]\nk = v\nj = w\nk = v\n"),
     "a.k=v@2\na.j=w@3\na.k=v@4\n!4 'k' is already in line 2\n"                                           },
    {PART("[a]\nk = v\n[b]\nk = v\n[a]\nj = v\n"),
     "a.k=v@2\nb.k=v@4\n!5 section [a] is already in line 1\n"                                            },
    {PART("k = v\n[a]\nj = w\n"),                             "a.j=w@3\n!1 a key outside of a [section]\n"},
    {PART("k = v\n  more\n[a]\nj = w\n"),
     "a.j=w@4\n!1 a key outside of a [section]\n"                                                         },
    {PART("[a]\njust words\nk = v\n"),
     "a.k=v@3\n!2 neither a [section] nor 'key = value'\n"                                                },
    {PART("[a]\njust words"),                                 "!2 neither a [section] nor 'key = value'\n"},
    {PART("[a]\none\ntwo\n"),                                 "!2 neither a [section] nor 'key = value'\n"
                              "!3 neither a [section] nor 'key = value'\n"   },
    {PART("[a]\nk ; = v\n"),                                  "!2 neither a [section] nor 'key = value'\n"},
    {PART("[a]\nk = v\nwords\n  more\n"),
     "a.k=v@2\n!3 neither a [section] nor 'key = value'\n"                                                },
    {PART("[a]\n= v\n  more\nk = v\n"),                       "a.k=v@4\n!2 no key before '='\n"           },
    {PART("[a]\n  k = v\n  j = w\n"),
     "!2 an indented line, but there is no key above that it could continue\n"                            },
    {PART("  [a]\nk = v\n"),
     "!1 an indented line, but there is no key above that it could continue\n"
        "!2 a key outside of a [section]\n"                                                               },
    {PART("[a\nk = v\n"),                                     "!1 the section has no closing ']'\n"       },
    {PART("[a]\nk = v\n[b\nk = v\n[c]\nk = v\n"),
     "a.k=v@2\nc.k=v@6\n!3 the section has no closing ']'\n"                                              },
    {PART("[a] b\nk = v\n"),                                  "!1 text after the section's ']'\n"         },
    {PART("[a];c\nk = v\n"),                                  "!1 text after the section's ']'\n"         },
    {PART("[]\nk = v\n"),                                     "!1 wrong section name ''\n"                },
    {PART("[ a ]\nk = v\n"),                                  "!1 wrong section name ' a '\n"             },
    {PART("[a;b]\nk = v\n"),                                  "!1 wrong section name 'a;b'\n"             },
    {PART("[a ;b]\nk = v\n"),                                 "!1 wrong section name 'a ;b'\n"            },
    {PART("[" N49 "]\nk = v\n"),                              N49 ".k=v@2\n"                              },
    {PART("[" N49 "x]\nk = v\n  more\n"),
     "!1 the section's name is longer than 49 bytes\n"                                                    },
    {PART("[a]\n" N49 " = v\n"),                              "a." N49 "=v@2\n"                           },
    {PART("[a]\n" N49 "x = v\n  more\n"),
     "!2 the key is longer than 49 bytes\n"                                                               },
    {PART("[a]\nk = a\0b\nj = v\n"),                          "a.j=v@3\n!2 a NUL byte\n"                  },
    {PART("\0"),                                              "!1 a NUL byte\n"                           },
    {PART("[a]\nk = \xff\n"),
     "!2 not UTF-8, or a control character: 'k = \\xff'\n"                                                },
    {PART("[a]\nk = \033[2J\n"),
     "!2 not UTF-8, or a control character: 'k = \\x1b[2J'\n"                                             },
    {PART("[a]\nk = a\rb\n"),
     "!2 not UTF-8, or a control character: 'k = a\\x0db'\n"                                              },
    {PART("[a]\nk = a\vb\n"),
     "!2 not UTF-8, or a control character: 'k = a\\x0bb'\n"                                              },
    {PART("; \xe2\x80\xae\n[a]\nk = v\n"),
     "a.k=v@3\n!1 not UTF-8, or a control character: "
        "'; \\xe2\\x80\\xae'\n"                                                                           },
    {PART("[a]\nk = \xc3\xa4\n"),                             "a.k=\xc3\xa4@2\n"                          },
    {PART("[a]\nk\t=\tv\tw\t\n"),                             "a.k=v\tw@2\n"                              },
    {PART("[a]\nk : v\n"),                                    "a.k=v@2\n"                                 },
    {PART("\n\xef\xbb\xbf[a]\n"),
     "!2 not UTF-8, or a control character: '\\xef\\xbb\\xbf[a]'\n"                                       },
};

static void
describe(struct buf *out, const struct ini *ini, const struct lint *lint)
{
	for (size_t i = 0; i < ini->count; i++)
		buf_addf(out, "%s.%s=%s@%d\n", ini->entries[i].section,
		    ini->entries[i].key, ini->entries[i].value,
		    ini->entries[i].line);
	for (size_t i = 0; i < lint->count; i++)
		buf_addf(out, "!%d %s\n", lint->errors[i].line,
		    lint->errors[i].text);
}

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct arena *arena = arena_new();
		struct lint lint = {.arena = arena};
		AUTO_BUF struct buf got = {0};
		struct ini ini;

		ini_parse_text(arena, "f.ini", cases[i].text, cases[i].length,
		    &ini, &lint);
		describe(&got, &ini, &lint);
		if (strcmp(buf_text(&got), cases[i].want) != 0)
			print_error("case %zu:\n%s", i, cases[i].text);
		assert_string_equal(buf_text(&got), cases[i].want);
		lint_done(&lint);
		arena_free(arena);
	}
}

static void
test_sections(void **state)
{
	static const char text[] = "[a]\n[b]\nk = v\n\n[fix c]";
	struct arena *arena = arena_new();
	struct lint lint = {.arena = arena};
	struct ini ini;

	(void)state;
	ini_parse_text(arena, "f.ini", text, sizeof(text) - 1, &ini, &lint);
	assert_int_equal(lint.count, 0);
	assert_int_equal(ini.section_count, 3);
	assert_string_equal(ini.sections[2].name, "fix c");
	assert_int_equal(ini.sections[2].line, 5);
	assert_string_equal(ini.entries[0].file, "f.ini");
	arena_free(arena);
}

static void
test_limits(void **state)
{
	struct arena *arena = arena_new();
	struct lint lint = {.arena = arena};
	AUTO_BUF struct buf text = {0};
	struct ini ini;

	(void)state;
	buf_add(&text, "[a]\n");
	for (int i = 0; i < 4097; i++)
		buf_addf(&text, "k%d = v\n", i);
	ini_parse_text(arena, "f.ini", text.text, text.length, &ini, &lint);
	assert_int_equal(ini.count, 4096);
	assert_int_equal(lint.count, 1);
	assert_int_equal(lint.errors[0].line, 4098);
	assert_string_equal(lint.errors[0].text, "too many keys in this file");
	lint_done(&lint);
	lint.arena = arena;
	while (text.length <= INI_FILE_BYTES_MAX)
		buf_add(&text, "; much more\n");
	ini_parse_text(arena, "f.ini", text.text, text.length, &ini, &lint);
	assert_int_equal(ini.count, 0);
	assert_string_equal(lint.errors[0].text, "larger than 256 KiB");
	lint_done(&lint);
	arena_free(arena);
}

static void
file_make(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
test_files(void **state)
{
	char dir[] = "/tmp/test_ini.XXXXXX";
	struct arena *arena = arena_new();
	struct lint lint = {.arena = arena};
	struct why why = {0};
	struct ini ini;
	bool is_masked = true;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
	file_make("good.ini", "[a]\nk = v\n");
	assert_int_equal(symlink("/dev/null", "masked.ini"), 0);
	assert_int_equal(symlink("good.ini", "link.ini"), 0);
	assert_int_equal(mkdir("dir.ini", 0755), 0);

	assert_int_equal(ini_read(arena, AT_FDCWD, "good.ini", &ini, &is_masked,
	                     &lint, &why),
	    0);
	assert_false(is_masked);
	assert_int_equal(ini.count, 1);
	assert_int_equal(ini_read(arena, AT_FDCWD, "masked.ini", &ini,
	                     &is_masked, &lint, &why),
	    0);
	assert_true(is_masked);
	assert_int_equal(ini.count, 0);
	assert_int_equal(lint.count, 0);
	assert_int_equal(ini_read(arena, AT_FDCWD, "link.ini", &ini, &is_masked,
	                     &lint, &why),
	    -ELOOP);
	assert_non_null(strstr(why.text, "only link that may stand here"));
	assert_int_equal(ini_read(arena, AT_FDCWD, "none.ini", &ini, &is_masked,
	                     &lint, &why),
	    -ENOENT);
	assert_true(ini_read(arena, AT_FDCWD, "dir.ini", &ini, &is_masked,
	                &lint, &why) < 0);
	assert_int_equal(unlink("good.ini"), 0);
	assert_int_equal(unlink("masked.ini"), 0);
	assert_int_equal(unlink("link.ini"), 0);
	assert_int_equal(rmdir("dir.ini"), 0);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(dir), 0);
	arena_free(arena);
}

static void
test_trust(void **state)
{
	char dir[] = "/tmp/test_ini.XXXXXX";
	struct arena *arena = arena_new();
	struct lint lint = {.arena = arena};
	struct ini ini;
	bool is_masked;

	(void)state;
	if (geteuid() != 0) {
		arena_free(arena);
		skip();
	}
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
	file_make("a.ini", "[a]\nk = v\n");
	assert_int_equal(chmod("a.ini", 0664), 0);
	assert_int_equal(chown("a.ini", 12345, 0), 0);
	assert_int_equal(
	    ini_read(arena, AT_FDCWD, "a.ini", &ini, &is_masked, &lint, NULL),
	    0);
	assert_int_equal(lint.count, 2);
	assert_non_null(strstr(lint.errors[0].text, "owned by user 12345"));
	assert_non_null(strstr(lint.errors[1].text, "mode 0664"));
	lint_done(&lint);
	assert_int_equal(unlink("a.ini"), 0);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(dir), 0);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_sections),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_files),
	    cmocka_unit_test(test_trust),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
