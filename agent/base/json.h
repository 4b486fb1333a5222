/*
 * json.h - JSON through jansson; this file is the only one that sees it
 *
 * Objects keep the order in which members were added (jansson does). Texts
 * from outside are made valid, printable UTF-8 on the way in. struct json is
 * opaque; `json_free` releases a tree; a child handed to its parent belongs to
 * the parent.
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

struct json *json_object(void);
struct json *json_array(void);
struct json *json_free(struct json *json); /* NULL allowed; returns NULL */
AUTO_DEFINE(struct json, json_free);
#define AUTO_JSON AUTO(json_freep)

/* Setters of an object. A NULL text is the JSON null. */
void json_set_text(struct json *object, const char *key, const char *text);
void json_set_int(struct json *object, const char *key, int64_t number);
void json_set_real(struct json *object, const char *key, double number);
void json_set_bool(struct json *object, const char *key, bool value);
void json_set(struct json *object, const char *key, struct json *child);

void json_push_text(struct json *array, const char *text);
void json_push(struct json *array, struct json *child);

/* Getters: NULL, or `otherwise`, when absent or of another type; borrowed. */
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

/*
 * json_parse - one document and nothing after it; duplicate keys are an error
 * Returns 0, or -EBADMSG with why. *ret is the caller's.
 */
int json_parse(
    const char *text, size_t length, struct json **ret, struct why *why);

#endif
