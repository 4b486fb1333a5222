/*
 * json.c - JSON through jansson
 *
 * Purpose  build, write and read reports, audit records and state
 * Input    texts from anywhere (made printable); documents that we wrote, or
 *          that somebody damaged
 * Errors   -EBADMSG when a document is not what json.h says; out of memory
 *          ends the process (mem.h)
 * Runs as  actor
 * Source   RFC 8259; jansson 2.14 manual
 */
#include "agent/base/json.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "agent/base/mem.h"
#include "agent/base/text.h"

/* Enough that 0.38 stays 0.38; the 17 of a double would write 0.1 as
 * 0.10000000000000001. */
#define JSON_REAL_DIGITS 15

/* Up to here a double holds every whole number: 2^53. */
#define JSON_WHOLE_MAX 9007199254740992.0

static void *
checked_alloc(size_t size)
{
	return mem_grow(NULL, 1, size);
}

/* Before the first object: jansson must not fail half-way. */
static void
library_init(void)
{
	static bool is_done;

	if (!is_done)
		json_set_alloc_funcs(checked_alloc, free);
	is_done = true;
}

static json_t *
inner(struct json *json)
{
	return (json_t *)json;
}

static const json_t *
inner_const(const struct json *json)
{
	return (const json_t *)json;
}

/* text itself when it is harmless, else a copy in `copy` that is */
static const char *
printable(const char *text, struct buf *copy)
{
	size_t length = strlen(text);

	if (text_is_printable(text, length))
		return text;
	text_escape(copy, text, length);
	return buf_text(copy);
}

static json_t *
text_new(const char *text)
{
	AUTO_BUF struct buf copy = {0};

	if (text == NULL)
		return json_null();
	return json_string(printable(text, &copy));
}

static void
set_new(struct json *object, const char *key, json_t *child)
{
	AUTO_BUF struct buf copy = {0};

	(void)json_object_set_new(inner(object), printable(key, &copy), child);
}

static json_t *
get(const struct json *object, const char *key)
{
	AUTO_BUF struct buf copy = {0};

	return json_object_get(inner_const(object), printable(key, &copy));
}

struct json *
json_object_new(void)
{
	library_init();
	return (struct json *)json_object();
}

struct json *
json_array_new(void)
{
	library_init();
	return (struct json *)json_array();
}

struct json *
json_free(struct json *json)
{
	json_decref(inner(json));
	return NULL;
}

void
json_set_text(struct json *object, const char *key, const char *text)
{
	set_new(object, key, text_new(text));
}

void
json_set_lines(struct json *object, const char *key, const char *text)
{
	AUTO_BUF struct buf lines = {0};

	while (text != NULL && *text != '\0') {
		size_t length = strcspn(text, "\n"), end = length;

		/* templates end a line with " \n" */
		while (end > 0 && text[end - 1] == ' ')
			end--;
		text_escape(&lines, text, end);
		text += length;
		if (*text == '\n')
			text++;
		if (*text != '\0')
			buf_add(&lines, "\n");
	}
	set_new(object, key,
	    text != NULL ? json_string(buf_text(&lines)) : json_null());
}

void
json_set_int(struct json *object, const char *key, int64_t number)
{
	set_new(object, key, json_integer(number));
}

void
json_set_real(struct json *object, const char *key, double number)
{
	if (!isfinite(number))
		set_new(object, key, json_null());
	else if (fabs(number) <= JSON_WHOLE_MAX && number == trunc(number))
		json_set_int(object, key, (int64_t)number);
	else
		set_new(object, key, json_real(number));
}

void
json_set_bool(struct json *object, const char *key, bool value)
{
	set_new(object, key, json_boolean(value));
}

void
json_set(struct json *object, const char *key, struct json *child)
{
	set_new(object, key, inner(child));
}

void
json_push_text(struct json *array, const char *text)
{
	(void)json_array_append_new(inner(array), text_new(text));
}

void
json_push(struct json *array, struct json *child)
{
	(void)json_array_append_new(inner(array), inner(child));
}

const char *
json_get_text(const struct json *object, const char *key)
{
	return json_string_value(get(object, key));
}

int64_t
json_get_int(const struct json *object, const char *key, int64_t otherwise)
{
	const json_t *item = get(object, key);

	return json_is_integer(item) ? json_integer_value(item) : otherwise;
}

double
json_get_real(const struct json *object, const char *key, double otherwise)
{
	const json_t *item = get(object, key);

	return json_is_number(item) ? json_number_value(item) : otherwise;
}

bool
json_get_bool(const struct json *object, const char *key, bool otherwise)
{
	const json_t *item = get(object, key);

	return json_is_boolean(item) ? json_is_true(item) : otherwise;
}

struct json *
json_get(const struct json *object, const char *key)
{
	return (struct json *)get(object, key);
}

size_t
json_length(const struct json *array)
{
	return json_array_size(inner_const(array));
}

struct json *
json_at(const struct json *array, size_t i)
{
	return (struct json *)json_array_get(inner_const(array), i);
}

const char *
json_text(const struct json *item)
{
	return json_string_value(inner_const(item));
}

static int
write_part(const char *bytes, size_t length, void *user)
{
	buf_add_n(user, bytes, length);
	return 0;
}

void
json_write(struct buf *out, const struct json *json, bool is_indented)
{
	size_t flags = JSON_REAL_PRECISION(JSON_REAL_DIGITS) | JSON_ENCODE_ANY;

	flags |= is_indented ? JSON_INDENT(2) : JSON_COMPACT;
	(void)json_dump_callback(inner_const(json), write_part, out, flags);
}

/* Depth of brackets outside of texts; says nothing about validity. */
static size_t
depth_of(const char *text, size_t length)
{
	size_t depth = 0, deepest = 0;
	bool is_text = false;

	for (size_t i = 0; i < length; i++) {
		char c = text[i];

		if (is_text && c == '\\')
			i++;
		else if (c == '"')
			is_text = !is_text;
		else if (!is_text && (c == '{' || c == '['))
			deepest = ++depth > deepest ? depth : deepest;
		else if (!is_text && (c == '}' || c == ']') && depth > 0)
			depth--;
	}
	return deepest;
}

static json_t *clean(json_t *json);

static json_t *
object_clean(json_t *object)
{
	json_t *copy = json_object(), *item;
	const char *key;

	json_object_foreach(object, key, item)
	{
		set_new((struct json *)copy, key, clean(item));
	}
	return copy;
}

static json_t *
array_clean(json_t *array)
{
	json_t *copy = json_array(), *item;
	size_t i;

	json_array_foreach(array, i, item)
	{
		(void)json_array_append_new(copy, clean(item));
	}
	return copy;
}

/* A copy with all texts printable; no deeper than JSON_DEPTH_MAX. */
static json_t *
clean(json_t *json)
{
	if (json_is_object(json))
		return object_clean(json);
	if (json_is_array(json))
		return array_clean(json);
	if (json_is_string(json))
		return text_new(json_string_value(json));
	return json_incref(json);
}

int
json_parse(const char *text, size_t length, struct json **ret, struct why *why)
{
	json_error_t error;
	json_t *raw;

	library_init();
	if (depth_of(text, length) > JSON_DEPTH_MAX)
		return why_set(why, -EBADMSG, "JSON nested deeper than %d",
		    JSON_DEPTH_MAX);
	raw = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
	if (raw == NULL)
		return why_set(why, -EBADMSG, "not JSON, line %d column %d: %s",
		    error.line, error.column, error.text);
	if (memchr(text, '\\', length) == NULL &&
	    text_is_printable(text, length)) {
		*ret =
		    (struct json *)raw; /* the usual case: nothing to clean */
		return 0;
	}
	*ret = (struct json *)clean(raw);
	json_decref(raw);
	return 0;
}
