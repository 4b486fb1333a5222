/*
 * test_base64.c - letters of RFC 4648, and what is none
 *
 * Purpose  both ways, white space, missing padding, what was cut
 * Input    fixed
 * Errors   a failed assertion
 * Runs as  any user
 * Source   RFC 4648 section 10 (test vectors)
 */
#include <errno.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/base64.h"
#include "tests/unit/unit.h"

static const struct {
	const char *plain, *letters;
} vectors[] = {
    {"",       ""        },
    {"f",      "Zg=="    },
    {"fo",     "Zm8="    },
    {"foo",    "Zm9v"    },
    {"foob",   "Zm9vYg=="},
    {"fooba",  "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

static void
assert_reads(const char *letters, const char *want)
{
	uint8_t got[64];
	size_t length = 99, bad = 99;

	assert_int_equal(
	    base64_read(letters, strlen(letters), got, &length, &bad), 0);
	assert_int_equal(length, strlen(want));
	assert_memory_equal(got, want, length);
}

static void
both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
		AUTO_BUF struct buf out = {0};

		base64_add(&out, vectors[i].plain, strlen(vectors[i].plain));
		assert_string_equal(buf_text(&out), vectors[i].letters);
		assert_reads(vectors[i].letters, vectors[i].plain);
	}
	assert_reads("Zm9v YmE", "fooba");
	assert_reads(" Z\tm9v\r\n Yg = =", "foob");
	assert_reads("//79", "\xff\xfe\xfd");
}

static void
wrong(void **state)
{
	static const struct {
		const char *letters;
		int r;
		size_t bad;
	} cases[] = {
	    {"Zm9\"v",   -EINVAL,  3},
	    {"Zm9v\xc3", -EINVAL,  4},
	    {"Zm9v=",    -EINVAL,  4},
	    {"Zg===",    -EINVAL,  4},
	    {"Zg==Zg==", -EINVAL,  4},
	    {"Zm8=x",    -EINVAL,  4},
	    {"Zm9vY",    -EBADMSG, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		const char *letters = cases[i].letters;
		size_t length = 77, bad = 0;
		uint8_t got[64];

		assert_int_equal(
		    base64_read(letters, strlen(letters), got, &length, &bad),
		    cases[i].r);
		assert_int_equal(length, 77);
		assert_int_equal(bad, cases[i].bad);
	}
	{
		size_t length = 0, bad = 0;
		uint8_t got[64];

		assert_int_equal(
		    base64_read("Zm\0v", 4, got, &length, &bad), -EINVAL);
		assert_int_equal(bad, 2);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_ways),
	    cmocka_unit_test(wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
