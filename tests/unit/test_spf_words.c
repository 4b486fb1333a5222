/*
 * test_spf_words.c - the words of `mailfix explain spf`
 *
 * Purpose  every form is understood, and what is not is named with what would
 *          be right
 * Input    fixed
 * Errors   a failed assertion
 * Runs as  any user
 * Source   SPEC section 2
 */
#include <errno.h>
#include <string.h>

#include "agent/main/spf_words.h"
#include "tests/unit/unit.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void
bad(const char *const *words, const char *says)
{
	struct spf_query query = {.domain = "untouched"};
	struct arena *arena = arena_new();
	struct why why = {0};

	assert_int_equal(spf_words_parse(arena, words, &query, &why), -EINVAL);
	if (strstr(why.text, says) == NULL)
		fail_msg("%s, and not %s", why.text, says);
	assert_string_equal(query.domain, "untouched");
	(void)arena_free(arena);
}

static void
forms(void **state)
{
	struct arena *arena = arena_new();
	struct spf_query query;
	struct why why = {0};

	(void)state;
	assert_int_equal(spf_words_parse(arena, WORDS("a.test", "from", "::1"),
	                     &query, &why),
	    0);
	assert_string_equal(query.domain, "a.test");
	assert_string_equal(query.address, "::1");
	assert_null(query.helo);
	assert_null(query.sender);
	assert_int_equal(spf_words_parse(arena,
	                     WORDS("a.test.", "sender", "x y@a.test", "helo",
	                         "[192.0.2.1]", "from", "192.0.2.1"),
	                     &query, &why),
	    0);
	assert_string_equal(query.sender, "x y@a.test");
	assert_string_equal(query.helo, "[192.0.2.1]");
	(void)arena_free(arena);
}

/* The examples of RFC 3492's kind; UTS #46 without its transitional part. */
static void
utf8(void **state)
{
	struct arena *arena = arena_new();
	struct spf_query query;
	struct why why = {0};

	(void)state;
	assert_int_equal(spf_words_parse(arena,
	                     WORDS("B\xc3\x9c"
	                           "CHER.test",
	                         "sender",
	                         "x@stra\xc3\x9f"
	                         "e.test",
	                         "from", "::1"),
	                     &query, &why),
	    0);
	assert_string_equal(query.domain, "xn--bcher-kva.test");
	assert_string_equal(query.sender, "x@xn--strae-oqa.test");
	(void)arena_free(arena);
}

static void
wrong(void **state)
{
	const char *const none[] = {NULL};

	(void)state;
	bad(none, "which domain?");
	bad(WORDS("a.test"), "from which address?");
	bad(WORDS("x@a.test", "from", "::1"), "give its domain");
	bad(WORDS("test", "from", "::1"), "is no domain");
	bad(WORDS("a..test", "from", "::1"), "is no domain");
	bad(WORDS("[192.0.2.1]", "from", "::1"), "is no domain");
	bad(WORDS("b\xc3.test", "from", "::1"), "is no domain");
	bad(WORDS("b\xc3\xbc..test", "from", "::1"), "is no domain");
	bad(WORDS("a.test", "from", "::1", "sender", "\xc3\xbc@a.test"),
	    "of ASCII");
	bad(WORDS("a.test", "from", "mx.a.test"), "is no address");
	bad(WORDS("a.test", "from", "192.0.2.0/24"), "is no address");
	bad(WORDS("a.test", "form", "::1"), "did you mean from?");
	bad(WORDS("a.test", "from"), "from which address?");
	bad(WORDS("a.test", "from", "::1", "helo"), "helo which name?");
	bad(WORDS("a.test", "from", "::1", "helo", ""), "1 to 255");
	bad(WORDS("a.test", "from", "::1", "sender", "\x1b[2J"), "1 to 320");
	bad(WORDS("a.test", "from", "::1", "from", "::2"), "twice");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(forms),
	    cmocka_unit_test(utf8),
	    cmocka_unit_test(wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
