/*
 * test_hash.c - SHA-256 against the examples of its standard
 *
 * Purpose  the hash is the right one, whatever the pieces it is fed in
 * Input    fixed
 * Errors   a failed assertion
 * Runs as  any user
 * Source   FIPS 180-4, NIST "Examples with Intermediate Values" for SHA-256
 */
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/hash.h"
#include "tests/unit/unit.h"

static const struct {
	const char *text, *want;
} cases[] = {
    {"",                                                         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc",                                                      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"                                                            },
};

static void
test_examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		char got[HASH_HEX_MAX];
		struct hash hash;

		hash_init(&hash);
		hash_add(&hash, cases[i].text, strlen(cases[i].text));
		hash_end(&hash, got);
		assert_string_equal(got, cases[i].want);
	}
}

static void
test_pieces(void **state)
{
	const char *text = cases[2].text;

	(void)state;
	for (size_t cut = 0; cut <= strlen(text); cut++) {
		char got[HASH_HEX_MAX];
		struct hash hash;

		hash_init(&hash);
		hash_add(&hash, text, cut);
		hash_add(&hash, text + cut, strlen(text) - cut);
		hash_end(&hash, got);
		assert_string_equal(got, cases[2].want);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_examples),
	    cmocka_unit_test(test_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
