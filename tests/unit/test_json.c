/*
 * test_json.c - JSON built, written, read, refused
 *
 * Purpose  what json.h promises about texts, numbers, depth, bad documents
 * Input    fixed
 * Errors   a failed assertion
 * Runs as  any user
 * Source   RFC 8259
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/json.h"
#include "tests/unit/unit.h"

static void
check_text(const struct json *json, const char *want)
{
	AUTO_BUF struct buf got = {0};

	json_write(&got, json, false);
	assert_string_equal(buf_text(&got), want);
}

static void
test_build(void **state)
{
	AUTO_JSON struct json *object = json_object_new();
	struct json *list = json_array_new();

	(void)state;
	json_set_text(object, "z", "last letter first");
	json_set_int(object, "i", -9007199254740993);
	json_set_real(object, "share", 0.38);
	json_set_real(object, "tenth", 0.1);
	json_set_real(object, "whole", 412.0);
	json_set_real(object, "nan", (double)NAN);
	json_set_bool(object, "b", true);
	json_set_text(object, "none", NULL);
	json_push_text(list, "a");
	json_push(list, json_array_new());
	json_set(object, "list", list);
	check_text(object,
	    "{\"z\":\"last letter first\",\"i\":-9007199254740993,"
	    "\"share\":0.38,\"tenth\":0.1,\"whole\":412,\"nan\":null,"
	    "\"b\":true,\"none\":null,\"list\":[\"a\",[]]}");
}

static void
test_indented(void **state)
{
	AUTO_JSON struct json *object = json_object_new();
	AUTO_BUF struct buf got = {0};

	(void)state;
	json_set_int(object, "a", 1);
	json_write(&got, object, true);
	assert_string_equal(buf_text(&got), "{\n  \"a\": 1\n}");
}

/* What a log line may hold must not reach a terminal or break the document. */
static void
test_hostile_text(void **state)
{
	AUTO_JSON struct json *object = json_object_new();

	(void)state;
	json_set_text(object, "esc", "\033[2J\n");
	json_set_text(object, "bad", "\xff\xc0\x80");
	json_set_text(object, "rtl",
	    "a\xe2\x80\xae"
	    "b");
	json_set_text(object, "key\033", "x");
	check_text(object,
	    "{\"esc\":\"\\\\x1b[2J\\\\x0a\",\"bad\":\"\\\\xff\\\\xc0\\\\x80\","
	    "\"rtl\":\"a\\\\xe2\\\\x80\\\\xaeb\",\"key\\\\x1b\":\"x\"}");
	assert_string_equal(json_get_text(object, "key\033"), "x");
}

static void
test_lines(void **state)
{
	AUTO_JSON struct json *object = json_object_new();

	(void)state;
	json_set_lines(object, "two", "one \n\033two\n");
	json_set_lines(object, "empty", "");
	json_set_lines(object, "none", NULL);
	check_text(object,
	    "{\"two\":\"one\\n\\\\x1btwo\",\"empty\":\"\",\"none\":null}");
}

static void
test_get(void **state)
{
	static const char text[] = "{\"t\":\"x\",\"i\":7,\"r\":1.5,\"b\":false,"
	                           "\"l\":[\"p\",\"q\"],\"n\":null}";
	AUTO_JSON struct json *json = NULL;

	(void)state;
	assert_int_equal(json_parse(text, strlen(text), &json, NULL), 0);
	assert_string_equal(json_get_text(json, "t"), "x");
	assert_null(json_get_text(json, "i"));
	assert_null(json_get_text(json, "n"));
	assert_null(json_get_text(json, "absent"));
	assert_int_equal(json_get_int(json, "i", -1), 7);
	assert_int_equal(json_get_int(json, "r", -1), -1);
	assert_true(json_get_real(json, "r", 0) > 1.4);
	assert_true(json_get_real(json, "i", 0) > 6.9);
	assert_true(json_get_real(json, "t", -1) < 0);
	assert_false(json_get_bool(json, "b", true));
	assert_true(json_get_bool(json, "i", true));
	assert_int_equal(json_length(json_get(json, "l")), 2);
	assert_string_equal(json_text(json_at(json_get(json, "l"), 1)), "q");
	assert_null(json_at(json_get(json, "l"), 2));
	assert_null(json_text(json_get(json, "i")));
	assert_int_equal(json_length(NULL), 0);
	assert_null(json_get(NULL, "x"));
}

static void
test_parse_cleans(void **state)
{
	static const char text[] =
	    "{\"a\":[\"\\u001b[2J\"],\"k\\n\":{\"b\":1}}";
	AUTO_JSON struct json *json = NULL;

	(void)state;
	assert_int_equal(json_parse(text, strlen(text), &json, NULL), 0);
	check_text(json, "{\"a\":[\"\\\\x1b[2J\"],\"k\\\\x0a\":{\"b\":1}}");
}

static void
test_parse_refuses(void **state)
{
	static const char *const bad[] = {"", "{", "1", "\"x\"", "{} {}",
	    "{\"a\":1,\"a\":2}", "[\"\\u0000\"]", "[\"\xff\"]", "[1e999]",
	    "[01]", "[nan]", "{\"a\":}", "[1,]", "['a']"};
	struct json *json = NULL;
	char deep[2 * JSON_DEPTH_MAX + 4];
	struct why why;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		why = (struct why){0};
		assert_int_equal(
		    json_parse(bad[i], strlen(bad[i]), &json, &why), -EBADMSG);
		assert_int_equal(why.code, -EBADMSG);
		assert_null(json);
	}
	assert_int_equal(json_parse("{}\0", 3, &json, &why), -EBADMSG);
	(void)memset(deep, '[', JSON_DEPTH_MAX + 1);
	(void)memset(deep + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
	assert_int_equal(
	    json_parse(deep, 2 * JSON_DEPTH_MAX + 2, &json, &why), -EBADMSG);
	assert_non_null(strstr(why.text, "deeper"));
	assert_int_equal(
	    json_parse(deep + 1, 2 * JSON_DEPTH_MAX, &json, &why), 0);
	json_free(json);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_build),
	    cmocka_unit_test(test_indented),
	    cmocka_unit_test(test_hostile_text),
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_get),
	    cmocka_unit_test(test_parse_cleans),
	    cmocka_unit_test(test_parse_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
