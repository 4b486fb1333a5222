/*
 * json.h - JSON through jansson; this file is the only one that sees it
 *
 * Objects keep the order in which members were added (jansson does). Texts
 * and keys from outside are made valid, printable UTF-8 on the way in (also by
 * json_parse), so a line break in a text is kept as the four characters \x0a.
 * struct json is opaque; `json_free` releases a tree; a child handed to its
 * parent belongs to the parent.
 */
#ifndef MAILFIX_BASE_JSON_H
#define MAILFIX_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/base/why.h"

struct json;

struct json *json_object_new(void); /* jansson has json_object() */
struct json *json_array_new(void);
struct json *json_free(struct json *json); /* NULL allowed; returns NULL */
AUTO_DEFINE(struct json, json_free);
#define AUTO_JSON AUTO(json_freep)

/*
 * Setters of an object. A NULL text is the JSON null, and so is a number that
 * is not finite; a whole number is written without a fraction.
 */
void json_set_text(struct json *object, const char *key, const char *text);
/* json_set_lines - as json_set_text, and the ends of its lines stay */
void json_set_lines(struct json *object, const char *key, const char *text);
void json_set_int(struct json *object, const char *key, int64_t number);
void json_set_real(struct json *object, const char *key, double number);
void json_set_bool(struct json *object, const char *key, bool value);
void json_set(struct json *object, const char *key, struct json *child);

void json_push_text(struct json *array, const char *text);
void json_push(struct json *array, struct json *child);

/*
 * Getters: NULL, or `otherwise`, when absent or of another type; borrowed.
 * json_get_real takes an integer too. Object and array may be NULL.
 */
const char *json_get_text(const struct json *object, const char *key);
int64_t json_get_int(
    const struct json *object, const char *key, int64_t otherwise);
double json_get_real(
    const struct json *object, const char *key, double otherwise);
bool json_get_bool(const struct json *object, const char *key, bool otherwise);
struct json *json_get(const struct json *object, const char *key);
size_t json_length(const struct json *array);
struct json *json_at(const struct json *array, size_t i);
const char *json_text(const struct json *item); /* of an array of texts */

/* json_write - compact on one line, or indented by two for people */
void json_write(struct buf *out, const struct json *json, bool is_indented);

/* Deeper than anything that we write; bounds the recursion of the parser. */
#define JSON_DEPTH_MAX 32

/*
 * json_parse - one object or array and nothing after it
 *
 * Errors are a key twice in one object, nesting deeper than JSON_DEPTH_MAX,
 * NUL, and whatever is not JSON (RFC 8259).
 * Returns 0, or -EBADMSG with why. *ret is the caller's.
 */
int json_parse(
    const char *text, size_t length, struct json **ret, struct why *why);

#endif
